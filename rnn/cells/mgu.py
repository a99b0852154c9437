"""The minimal gated unit: a GRU with one gate."""

from __future__ import annotations

from minigrad import Tensor
from minigrad.ops.shape.joining import split

from .gated import GatedCell

__all__ = ["MGUCell"]


class MGUCell(GatedCell):
    """f = σ(x_t W_xf + h_{t-1} W_hf + b_f),    n = tanh(x_t W_xn + (f ⊙ h_{t-1}) W_hn + b_n),

    h_t = (1 - f) ⊙ h_{t-1} + f ⊙ n;    the output and the state are h_t.

    x: (B, K) or token indices (B,); h: (B, H); W_xh: (K, 2H); W_hh: (H, 2H); b_h: (2H,).
    Gate order: f, n. The arguments are those of GatedCell. It is the GRU with reset="before" and
    update="new" whose two gates are one.

    Zhou, Wu, Zhang and Zhou, Minimal gated unit for recurrent neural networks (2016).

    >>> MGUCell(5, 3).W_hh.shape
    (3, 6)
    """

    gates = ("f", "n")

    def step(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        x_f, x_n = split(self.input_part(x), 2, axis=-1)                 # each (B, H)
        f = self.sigma(self.clipped(x_f + self.state_block(h, "f")))
        n = self.phi(self.clipped(x_n + self.state_block(f * h, "n")))
        h = h + f * (n - h)
        return h, h
