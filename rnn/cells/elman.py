"""The Elman cell, the vanilla recurrent network."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.checks import Rng

from .activations import activation, applied, name_of
from .base import Cell

__all__ = ["ElmanCell", "RNNCell"]


class ElmanCell(Cell):
    """h_t = φ(x_t W_xh + h_{t-1} W_hh + b_h); the output is h_t.

    x: (B, K) or token indices (B,); h: (B, H); W_xh: (K, H); W_hh: (H, H); b_h: (H,).
    nonlinearity: φ, "tanh", "relu", "sigmoid", "identity", or another of those that GatedCell
        knows; or a function of a Tensor. clip: of the sum inside φ; see Cell.
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
        nonlinearity: Any = "tanh",
        biases: int | None = None,
        clip: float | None = None,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        self.nonlinearity = activation(nonlinearity, "nonlinearity", "ElmanCell")
        super().__init__(
            input_size, hidden_size, bias, biases=biases, clip=clip, dtype=dtype, rng=rng
        )

    def step(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = applied(self.nonlinearity, self.preactivation(x, h))
        return h, h

    def conventions(self) -> dict[str, Any]:
        return {**super().conventions(), "nonlinearity": name_of(self.nonlinearity)}


RNNCell = ElmanCell
