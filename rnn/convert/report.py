"""What ``explain`` found, as an object and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from minigrad.console import printable

from .weights import Weights

__all__ = ["Explanation", "Match"]


class Match(NamedTuple):
    """A reading and how well it reproduces the outputs.

    error: the largest absolute difference. told: the convention in words, by property.
    weights: the arrays read so. frameworks: who has this convention, and the call that reads it.

    >>> import numpy as np
    >>> from rnn import GRUCell, unroll
    >>> from rnn.convert import explain, to_torch
    >>> cell, xs = GRUCell(4, 3, rng=0), np.random.default_rng(0).normal(size=(5, 2, 4))
    >>> match = explain(to_torch(cell), xs, unroll(cell, xs)[0]).best
    >>> match.frameworks
    ('PyTorch: from_torch(state_dict)',)
    >>> match.told["update"], match.error < 1e-6
    ('z keeps: z ⊙ h + (1 - z) ⊙ n', True)
    """

    error: float
    told: dict[str, str]
    weights: Weights
    frameworks: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """What ``explain`` found; print it to read it.

    matches: all readings, the best first. Only the first (eight or more) are tried on all of the
        data; the errors of the others are those of the first steps of the first sequences.
    tolerance: the largest error with which a reading fits.
    data: the sizes of the inputs and outputs, in words.

    >>> import numpy as np
    >>> from rnn import RNNCell, unroll
    >>> from rnn.convert import explain, to_torch
    >>> cell, xs = RNNCell(4, 3, rng=0), np.random.default_rng(0).normal(size=(5, 2, 4))
    >>> found = explain(to_torch(cell), xs, unroll(cell, xs)[0])
    >>> found.verdict, found.weights
    ('one', Weights(rnn 4 → 3, float32, gates=h, biases=2, nonlinearity=tanh))
    """

    matches: tuple[Match, ...]
    tolerance: float
    data: str

    @property
    def fits(self) -> tuple[Match, ...]:
        """The readings that reproduce the outputs."""
        return tuple(match for match in self.matches if match.error <= self.tolerance)

    @property
    def verdict(self) -> str:
        """ "one" reading fits, "several", or "none"."""
        return ("none", "one")[len(self.fits)] if len(self.fits) < 2 else "several"

    @property
    def best(self) -> Match:
        """The reading with the smallest error."""
        return self.matches[0]

    @property
    def runner_up(self) -> Match | None:
        """The best reading that does not fit; if none fits, the second best."""
        at = max(1, len(self.fits))
        return self.matches[at] if len(self.matches) > at else None

    @property
    def settled(self) -> dict[str, str]:
        """The properties in which all readings that fit agree."""
        if not self.fits:
            return {}
        told = [match.told for match in self.fits]
        return {k: v for k, v in told[0].items() if all(other.get(k) == v for other in told)}

    @property
    def open(self) -> dict[str, tuple[str, ...]]:
        """The properties that the data leave open, with the values that fit."""
        keys = dict.fromkeys(key for match in self.fits for key in match.told)
        return {
            key: tuple(dict.fromkeys(match.told.get(key, "-") for match in self.fits))
            for key in keys
            if key not in self.settled
        }

    @property
    def weights(self) -> Weights:
        """The weights as the one reading that fits gives them; ``.cell()`` makes a cell of them.

        Raises ValueError, with the whole text, if none fits or several do.
        """
        if self.verdict != "one":
            raise ValueError(f"the convention is not settled\n{self}")
        return self.best.weights

    @printable
    def __str__(self) -> str:
        return "\n".join(_lines(self))

    __repr__ = __str__


def _lines(report: Explanation) -> Iterator[str]:
    """The text of a report."""
    fits, best = report.fits, report.best
    yield f"{len(report.matches)} readings of the weights tried; {report.data}"
    if not fits:
        yield f"None fits: the best is off by {best.error:.2g}, more than {report.tolerance:.2g}"
        yield from _table(best.told)
        yield "Check the initial state, and that the data belong to one layer in one direction."
        yield "Not tried: other activations (hard sigmoid), layer normalisation, projections"
        return
    if len(fits) == 1:
        yield f"One fits, with errors up to {best.error:.2g}"
        yield from _table(best.told)
    else:
        yield f"{len(fits)} fit, with errors up to {fits[-1].error:.2g}. They agree in"
        yield from _table(report.settled)
        yield "and cannot be told apart by these data in"
        yield from _table({key: "; or ".join(values) for key, values in report.open.items()})
        yield "More steps, other inputs or a state that is not 0 may tell"
    for name in dict.fromkeys(name for match in fits for name in match.frameworks):
        yield f"As in {name}"
    if report.runner_up:
        told = {k: v for k, v in report.runner_up.told.items() if best.told.get(k) != v}
        yield f"The next best is off by {report.runner_up.error:.2g}; it differs in"
        yield from _table(told)


def _table(told: Mapping[str, str]) -> Iterator[str]:
    width = max(map(len, told), default=0)
    return (f"  {key:{width}}  {value}" for key, value in told.items())
