"""The adding problem: two numbers among T are marked; what is their sum?"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.checks import Rng, as_float_dtype, as_generator, as_size

__all__ = ["Adding"]

Array = np.ndarray[Any, Any]


class Adding:
    """``xs, targets = Adding(T=100).draw(batch, rng)``: the sum of the two marked numbers.

    xs (T, B, 2): at every step a number from U[0, 1], and a mark that is 1 at two steps and 0 at
    the others: one in the first half of the sequence, steps 1 to ⌊T/2⌋, one in the second, each
    uniformly. targets (B, 1): x at the one + x at the other, to be known at the last step.
    T: at least 2. dtype: of both arrays.

    baseline: the mean squared error of the constant 1, which is the mean: 2 · 1/12 = 1/6. No
    predictor that has lost both numbers does better; with the second one alone it is 1/12.

    Raises ValueError or TypeError for other arguments.
    Hochreiter and Schmidhuber, Long short-term memory (1997), experiment 4, in the form of Le,
    Jaitly and Hinton, A simple way to initialize recurrent networks of rectified linear units
    (2015), with one mark in each half as in Arjovsky, Shah and Bengio, Unitary evolution recurrent
    neural networks (2016).

    >>> xs, targets = Adding(T=100).draw(32, np.random.default_rng(0))
    >>> xs.shape, targets.shape, xs[..., 1].sum(axis=0)[:3]
    ((100, 32, 2), (32, 1), array([2., 2., 2.], dtype=float32))
    """

    input_size = 2
    output_size = 1
    baseline = 1 / 6

    def __init__(self, T: int = 100, *, dtype: Any = np.float32) -> None:
        self.T = as_size(T, "T", "Adding")
        if self.T < 2:
            raise ValueError(f"Adding(T={T}): wanted 2 or more steps, one for each number")
        self.dtype = as_float_dtype(dtype, "Adding")

    def draw(self, batch: int, rng: Rng = None) -> tuple[Array, Array]:
        """`batch` sequences and their sums: (T, B, 2) and (B, 1).

        rng: a Generator, which goes on from call to call; a seed gives the same batch at each.
        """
        B, rng, T = as_size(batch, "batch", "Adding.draw"), as_generator(rng, "Adding.draw"), self.T
        xs = np.zeros((T, B, 2), self.dtype)
        xs[..., 0] = rng.random((T, B))
        first, second = rng.integers(T // 2, size=B), rng.integers(T // 2, T, size=B)
        each = np.arange(B)
        xs[first, each, 1] = xs[second, each, 1] = 1
        targets = xs[first, each, 0] + xs[second, each, 0]
        return xs, targets[:, None]

    def __repr__(self) -> str:
        return f"Adding(T={self.T})"
