"""Temporal order: two symbols among a hundred others count, and which of them came first."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.checks import Rng, as_generator, as_size

__all__ = ["TemporalOrder"]

Array = np.ndarray[Any, Any]


class TemporalOrder:
    """``tokens, lengths, classes = TemporalOrder().draw(batch, rng)``: XX, XY, YX or YY?

    A sequence begins with E, ends with B, and in between consists of a, b, c, d at random; but at
    the steps t₁ and t₂ stands X or Y, each with probability 1/2. Its class, to be known at its
    last step, is 0 for X then X, 1 for X then Y, 2 for Y then X, 3 for Y then Y.

    lengths, first, second: between which numbers the length of a sequence and its steps t₁ and t₂
    are drawn, uniformly, both ends included; steps count from 1. The defaults are those of
    experiment 6a.

    tokens: (T, B) integers, the places of symbols in ``symbols``, with T the largest possible
    length; after the end of a sequence B is repeated. lengths: (B,), for ``Recurrent`` and
    ``rnn.last``. classes: (B,).

    baseline: the share of wrong answers of guessing, 3/4.

    Raises ValueError or TypeError for limits that do not fit into each other.
    Hochreiter and Schmidhuber, Long short-term memory (1997), experiment 6a, where it took 31,390
    sequences, and 1 of 2,560 was wrong.

    >>> task = TemporalOrder()
    >>> tokens, lengths, classes = task.draw(3, np.random.default_rng(0))
    >>> tokens.shape, lengths, classes
    ((110, 3), array([100, 103, 110]), array([1, 3, 2]))
    >>> "".join(task.symbols[k] for k in tokens[:20, 0])
    'EbadcccdbaddabXcbbdc'
    """

    symbols = "EBabcdXY"
    input_size = 8
    output_size = 4
    baseline = 3 / 4

    def __init__(
        self,
        lengths: tuple[int, int] = (100, 110),
        first: tuple[int, int] = (10, 20),
        second: tuple[int, int] = (50, 60),
    ) -> None:
        self.first = _between(first, "first", 2)         # E stands at step 1
        self.second = _between(second, "second", self.first[1] + 1)
        self.lengths = _between(lengths, "lengths", self.second[1] + 1)

    def draw(self, batch: int, rng: Rng = None) -> tuple[Array, Array, Array]:
        """`batch` sequences, their lengths and their classes: (T, B), (B,) and (B,).

        rng: a Generator, which goes on from call to call; a seed gives the same batch at each.
        """
        who = "TemporalOrder.draw"
        B, rng = as_size(batch, "batch", who), as_generator(rng, who)
        T, each = self.lengths[1], np.arange(B)

        def within(limits: tuple[int, int]) -> Array:
            return rng.integers(limits[0], limits[1], size=B, endpoint=True)

        tokens = rng.integers(2, 6, size=(T, B))                         # a, b, c, d
        tokens[0] = 0                                                    # E
        lengths = within(self.lengths)
        tokens[np.arange(1, T + 1)[:, None] >= lengths] = 1              # B
        early, late = rng.integers(2, size=(2, B))                       # 0 is X, 1 is Y
        tokens[within(self.first) - 1, each] = 6 + early
        tokens[within(self.second) - 1, each] = 6 + late
        return tokens, lengths, 2 * early + late

    def __repr__(self) -> str:
        return f"TemporalOrder(lengths={self.lengths}, first={self.first}, second={self.second})"


def _between(limits: Any, name: str, low: int) -> tuple[int, int]:
    """`limits` as a pair of integers (first, last), low ≤ first ≤ last; both may occur."""
    wanted = (
        f"TemporalOrder({name}={limits!r}): wanted two integers (first, last), "
        f"{low} ≤ first ≤ last"
    )
    if not isinstance(limits, tuple | list) or len(limits) != 2:
        raise TypeError(wanted)
    first, last = (as_size(limit, name, "TemporalOrder") for limit in limits)
    if not low <= first <= last:
        raise ValueError(wanted)
    return first, last
