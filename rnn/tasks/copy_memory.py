"""Copy memory: hold S symbols for T steps, then say them in their order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.checks import Rng, as_generator, as_size

__all__ = ["CopyMemory"]

Array = np.ndarray[Any, Any]


class CopyMemory:
    """``tokens, targets = CopyMemory(T=50).draw(batch, rng)``: what was said T steps ago?

    tokens: S symbols out of K at random, T - 1 blanks, a mark that asks, S blanks.
    targets: T + S blanks, then the S symbols. Both are integers (T + 2S, B): symbols are 0 to
    K - 1, the blank is K, the mark K + 1, so that K + 2 tokens go in and K + 1 come out.

    T, S, K: how long to wait, how many symbols to hold, and out of how many.

    baseline: the mean cross-entropy, in nats per step, of a predictor without a memory: it knows
    when blanks are due, and for the S symbols it can only guess: S ln K / (T + 2S). With T = 50
    it is 10 ln 8 / 70 = 0.2971.

    Raises ValueError or TypeError for arguments that are not positive integers.
    Hochreiter and Schmidhuber, Long short-term memory (1997), has a forerunner as experiment 5c;
    this form is that of Arjovsky, Shah and Bengio, Unitary evolution recurrent neural networks
    (2016), section 5.1.

    >>> tokens, targets = CopyMemory(T=5, S=3).draw(1, np.random.default_rng(0))
    >>> tokens[:, 0], targets[:, 0]
    (array([6, 5, 4, 8, 8, 8, 8, 9, 8, 8, 8]), array([8, 8, 8, 8, 8, 8, 8, 8, 6, 5, 4]))
    >>> round(CopyMemory(T=50).baseline, 4)
    0.2971
    """

    def __init__(self, T: int = 50, S: int = 10, K: int = 8) -> None:
        self.T, self.S, self.K = (
            as_size(value, name, "CopyMemory") for name, value in (("T", T), ("S", S), ("K", K))
        )

    @property
    def input_size(self) -> int:
        """K + 2: the symbols, the blank, the mark."""
        return self.K + 2

    @property
    def output_size(self) -> int:
        """K + 1: the symbols and the blank."""
        return self.K + 1

    @property
    def baseline(self) -> float:
        """S ln K / (T + 2S)."""
        return self.S * math.log(self.K) / (self.T + 2 * self.S)

    def draw(self, batch: int, rng: Rng = None) -> tuple[Array, Array]:
        """`batch` sequences and what is to be said at each step, each (T + 2S, B).

        rng: a Generator, which goes on from call to call; a seed gives the same batch at each.
        """
        B, rng = as_size(batch, "batch", "CopyMemory.draw"), as_generator(rng, "CopyMemory.draw")
        S, blank = self.S, self.K
        said = rng.integers(self.K, size=(S, B))
        tokens = np.full((self.T + 2 * S, B), blank)
        tokens[:S] = said
        tokens[-S - 1] = blank + 1                                       # the mark
        targets = np.full_like(tokens, blank)
        targets[-S:] = said
        return tokens, targets

    def __repr__(self) -> str:
        return f"CopyMemory(T={self.T}, S={self.S}, K={self.K})"
