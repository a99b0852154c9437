"""From the outputs of a head to the next token: the likeliest one, or one drawn by chance."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import Tensor, tensor
from minigrad.checks import Rng, as_generator
from minigrad.engine.tensor import detached

__all__ = ["greedy", "sampled"]


def greedy(y: Any) -> Tensor:
    """The index of the largest entry, as the next token: (B, Q) → (B,); of equal ones the first.

    Raises ValueError for NaN, which is no largest entry, and where there are no entries.

    >>> greedy(np.array([[0.1, 0.7, 0.2], [3.0, 1.0, 2.0]]))
    Tensor([1, 0])
    """
    return tensor(np.argmax(_logits(y, "greedy"), axis=-1))


def _logits(y: Any, owner: str) -> Any:
    """The values of `y`, or an error where no token can be chosen by them."""
    values = np.asarray(detached(y))
    if values.dtype.kind not in "biuf" or values.ndim == 0 or values.shape[-1] == 0:
        raise ValueError(
            f"{owner}(y): received shape {values.shape} and dtype {values.dtype}; wanted (..., Q) "
            f"real numbers, Q ≥ 1"
        )
    if np.isnan(values).any():
        first = [int(k) for k in np.argwhere(np.isnan(values))[0]]
        raise ValueError(f"{owner}(y): the entry at {first} is NaN, so no token can be chosen")
    return values


def sampled(rng: Rng = None, temperature: float = 1.0) -> Any:
    """A function that draws the next token from softmax(y / temperature): (B, Q) → (B,).

    rng: a Generator or a seed for the draws.
    temperature: towards 0 the largest entry always wins, which is ``greedy``; above 1 the others
        get more of a chance. The largest entry of y is subtracted before it is divided, in float64,
        so that no temperature and no dtype of y is too small.
    An entry -Inf is a token that is never drawn.

    Raises ValueError for a temperature that is not a finite number above 0, and at the call for y
    with NaN, with +Inf, or with a row of nothing but -Inf; TypeError for no number.

    >>> draw = sampled(0, temperature=0.5)
    >>> [draw(np.array([[0.0, 50.0]])).item() for _ in range(5)]
    [1, 1, 1, 1, 1]
    """
    if isinstance(temperature, bool | np.bool) or not isinstance(
        temperature, int | float | np.number
    ):
        raise TypeError(
            f"sampled(temperature={temperature!r}): wanted a number above 0, and no Tensor: "
            f"nothing is differentiated through a draw"
        )
    if not 0 < temperature < np.inf:
        limit = "; the limit at 0 is rnn.greedy" if temperature == 0 else ""
        raise ValueError(
            f"sampled(temperature={temperature!r}): wanted a finite number above 0{limit}"
        )
    generator, scale = as_generator(rng, "sampled"), float(temperature)

    def draw(y: Any) -> Tensor:
        values = _logits(y, "sampled").astype(np.float64)
        largest = values.max(axis=-1, keepdims=True)
        if np.isinf(largest).any():
            row = [int(k) for k in np.argwhere(np.isinf(largest[..., 0]))[0]]
            raise ValueError(
                f"sampled(y): the largest entry of row {row} is infinite; wanted a finite one"
            )
        with np.errstate(over="ignore"):  # -Inf, never drawn, is right for a temperature near 0
            scaled = (values - largest) / scale
        return greedy(scaled + generator.gumbel(size=values.shape))

    return draw
