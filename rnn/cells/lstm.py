"""The LSTM cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.checks import Rng

from .gated import GatedCell

__all__ = ["LSTMCell"]


class LSTMCell(GatedCell):
    """i, f, g, o = σ, σ, φ, σ of x_t W_xh + h_{t-1} W_hh + b_h, and with them

    c_t = f ⊙ c_{t-1} + i ⊙ g,    h_t = o ⊙ φ(c_t);    the output is h_t, the state (h_t, c_t).

    x: (B, K) or token indices (B,); h, c: (B, H); W_xh: (K, 4H); W_hh: (H, 4H); b_h: (4H,).
    Gate order: i, f, g, o (input, forget, candidate, output), as in PyTorch.
    forget_bias: the initial bias of the forget gate (1.0 keeps the memory open at the start);
        by default it is drawn like the others. With two biases b_xh gets it and b_hh gets 0.
    activation, recurrent_activation: φ, by default tanh, and σ, by default sigmoid; see GatedCell.
    clip: of the sums that the gates squash, c_t not among them; see Cell.
    The other arguments are those of Cell.

    Hochreiter and Schmidhuber, Long short-term memory (1997); forget gate: Gers, Schmidhuber and
    Cummins, Learning to forget (2000).

    >>> cell = LSTMCell(5, 3, forget_bias=1.0)
    >>> output, (h, c) = cell(np.zeros((2, 5)))
    >>> output is h, c.shape
    (True, (2, 3))
    """

    gates = ("i", "f", "g", "o")
    states = ("h", "c")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        biases: int | None = None,
        forget_bias: float | None = None,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        clip: float | None = None,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, bias, biases=biases, activation=activation,
            recurrent_activation=recurrent_activation, clip=clip, dtype=dtype, rng=rng,
        )
        if forget_bias is not None:
            self._set_forget_bias(forget_bias)

    def _set_forget_bias(self, value: float) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise TypeError(f"{type(self).__name__}(forget_bias={value!r}): wanted a number")
        filled, forget = np.full(self.hidden_size, value, self.dtype), self.gate("f")
        if self.biases == 0:
            raise ValueError(f"{type(self).__name__}(forget_bias={value!r}): it has no bias to set")
        if self.biases == 1:
            forget.b_h = filled
        else:
            forget.b_xh, forget.b_hh = filled, np.zeros_like(filled)

    def step(self, x: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        h, c = state
        z = self.preactivation(x, h)                                     # (B, 4H)
        i, f, g, o = self.squashed(z, "σσφσ")                            # each (B, H)
        c = f * c + i * g
        h = o * self.phi(c)
        return h, (h, c)
