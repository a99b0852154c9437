"""The Elman cell, the vanilla recurrent network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor
from minigrad.functional import relu, sigmoid, tanh

from .base import Cell

__all__ = ["ElmanCell", "RNNCell"]


class Nonlinearity(NamedTuple):
    """φ, and the largest value of |φ'|."""

    function: Callable[[Any], Any]
    slope: float


NONLINEARITIES = {
    "tanh": Nonlinearity(tanh, 1.0),
    "relu": Nonlinearity(relu, 1.0),
    "sigmoid": Nonlinearity(sigmoid, 0.25),
    "identity": Nonlinearity(lambda z: z, 1.0),
}


class ElmanCell(Cell):
    """h_t = φ(x_t W_xh + h_{t-1} W_hh + b_h); the output is h_t.

    x: (B, K) or token indices (B,); h: (B, H); W_xh: (K, H); W_hh: (H, H); b_h: (H,).
    nonlinearity: φ, one of "tanh", "relu", "sigmoid", "identity".
    The other arguments are those of Cell. Raises ValueError for an unknown nonlinearity.

    Elman, Finding structure in time, Cognitive Science 14 (1990).

    >>> cell = ElmanCell(5, 3, nonlinearity="relu")
    >>> h, state = cell(np.zeros((2, 5)))
    >>> h.shape, state is h
    ((2, 3), True)
    """

    name = "rnn"
    gates = ("h",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        nonlinearity: str = "tanh",
        biases: int | None = None,
        dtype: Any = np.float32,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        if nonlinearity not in NONLINEARITIES:
            raise ValueError(
                f"ElmanCell(nonlinearity={nonlinearity!r}): wanted one of "
                f"{', '.join(map(repr, NONLINEARITIES))}"
            )
        super().__init__(input_size, hidden_size, bias, biases=biases, dtype=dtype, rng=rng)
        self.nonlinearity = nonlinearity

    def step(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        h = NONLINEARITIES[self.nonlinearity].function(self.preactivation(x, state))
        return h, h

    def conventions(self) -> dict[str, Any]:
        return {**super().conventions(), "nonlinearity": self.nonlinearity}


RNNCell = ElmanCell
