"""Randomised truncation: short windows, and on average over the cuts the full gradient.

Truncated BPTT always leaves out what lies before its windows: its gradient is biased. Here the
graph is cut at random with probability p, and where it is not cut, what flows back is multiplied by
1/(1 - p). That factor, 0 where it is cut, has mean 1, so the gradient is unbiased. The price is
variance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.checks import Rng, as_generator, as_probability
from minigrad.transforms.tree import tree_map

from ...sequence.unrolling import detach
from .windows import Runner, Window, joined, runner

__all__ = ["power_law", "randomized"]

Cuts = Callable[[int], float]


def randomized(
    model: Any,
    xs: Any,
    p: float | Cuts,
    state: Any = None,
    rng: Rng = None,
) -> Iterator[Window]:
    """Run `model` over `xs` in windows of random length, whose gradients sum to an unbiased one.

    model, xs, state: those of ``rnn.bptt.truncated``, and so are the windows that it yields.
    p: the probability of a cut after a step, in [0, 1); or a function of the number of steps since
        the last cut, such as ``power_law(20)``. Windows have 1/p steps on average.
    rng: a Generator, a seed or None (fresh entropy) for the cuts.

    Between two steps of one window the gradient on its way back is multiplied by 1/(1 - p), and at
    a cut by 0: its mean over the cuts is that of full BPTT, at fixed parameters. The mean square of
    what comes back over k steps grows by the factor (1 - p)^-k, so it stays bounded for long
    sequences only where the gradient vanishes faster than (1 - p)^(k/2). Where it does not, let p
    fall with the length of the window.
    Raises ValueError for p outside of [0, 1) or no steps, TypeError for a p that is no number.
    Tallec and Ollivier, Unbiasing truncated backpropagation through time (2017).

    >>> from rnn import GRUCell
    >>> xs, ys = np.ones((8, 2, 5)), np.zeros((8, 2, 3))
    >>> for window in randomized(GRUCell(5, 3, rng=0), xs, p=0.4, rng=1):
    ...     loss = ((window.outputs - ys[window.where]) ** 2).sum()
    ...     loss.backward()
    ...     print(window.where.start, window.where.stop)
    0 3
    3 5
    5 8
    """
    if callable(p):
        cuts = p
    else:
        try:
            chance = as_probability(p, "p", "randomized")
        except TypeError as error:
            raise TypeError(
                f"{error}, or a function of the number of steps since the last cut"
            ) from None
        cuts = lambda steps: chance  # noqa: E731  # a constant as a function
    if len(xs) == 0:
        raise ValueError("randomized(model, xs): xs has no steps (T = 0); wanted at least one")
    generator = as_generator(rng, "randomized")
    return _randomized(runner(model, "randomized"), xs, cuts, generator, state)


def power_law(mean: float, alpha: float = 4.0) -> Cuts:
    """A probability of cutting that falls with the length l of the window: α / ((α - 1) l₀ + l).

    mean: l₀ > 1, the mean length of a window. alpha: α > 1; the probability of a length falls as
        l^-α for large l, so that a smaller α gives more long windows.

    p falls with the length, so that the many factors 1/(1 - p) of a long window stay near 1.
    Tallec and Ollivier (2017).
    Raises TypeError or ValueError for anything but numbers above 1.

    >>> [round(power_law(10)(l), 4) for l in (1, 10, 100)]
    [0.129, 0.1, 0.0308]
    """
    for name, value in (("mean", mean), ("alpha", alpha)):
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise TypeError(f"power_law({name}={value!r}): wanted a number above 1")
        if not 1 < value < np.inf:
            raise ValueError(f"power_law({name}={value!r}): wanted a number above 1")
    return lambda length: float(alpha / ((alpha - 1) * mean + length))


def _randomized(
    run: Runner, xs: Any, cuts: Cuts, rng: np.random.Generator, state: Any
) -> Iterator[Window]:
    begin, outputs, state = 0, [], detach(state)
    for t in range(len(xs)):
        output, state = run(xs[t : t + 1], state, t + 1)
        outputs.append(output)
        end = t + 1
        chance = as_probability(cuts(end - begin), f"p({end - begin})", "randomized")
        if end == len(xs) or rng.random() < chance:
            state = detach(state)
            yield Window(joined(outputs), state, slice(begin, end))
            begin, outputs = end, []
        else:
            state = _weighted(state, 1 / (1 - chance))


def _weighted(state: Any, factor: float) -> Any:
    """The same state; the gradient that comes back through it is multiplied by `factor`."""
    def weighted(part: Any) -> Any:
        if not isinstance(part, Tensor) or not part.requires_grad or factor == 1:
            return part
        # On a copy: the part may also be the output of its step, whose loss must not be scaled.
        carried: Tensor = part.clone()
        carried.register_hook(lambda g: g * factor)
        return carried

    return tree_map(weighted, state)
