"""The GRU cell, in the four forms that are in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.checks import Rng
from minigrad.ops.shape.joining import split

from .base import bias_count
from .gated import GatedCell

__all__ = ["GRUCell"]


class GRUCell(GatedCell):
    """r, z = σ of x_t W_xh + h_{t-1} W_hh + biases, a candidate n, and h_t between h_{t-1} and n.

    reset: where r acts in the candidate.
        "after" the product: n = tanh(x_t W_xn + b_xn + r ⊙ (h_{t-1} W_hn + b_hn))
            (PyTorch, cuDNN, Keras by default, ONNX with linear_before_reset=1);
        "before" the product: n = tanh(x_t W_xn + b_xn + (r ⊙ h_{t-1}) W_hn + b_hn)
            (Cho et al.; Keras with reset_after=False; ONNX by default).
    update: what the update gate z measures.
        "keep" what is kept: h_t = z ⊙ h_{t-1} + (1 - z) ⊙ n (PyTorch, Keras, ONNX, Cho et al.);
        "new" what is new: h_t = (1 - z) ⊙ h_{t-1} + z ⊙ n (Chung et al. and many texts).
        The two are one model with the sign of z's weights changed.
    bias: whether there is one. biases: by default 2 (b_xh, b_hh) with reset "after", where b_hn
        stands inside r ⊙ (...) and so is not the same as more b_xn; 1 (b_h, in the place of b_xh)
        with reset "before".

    The output and the state are h_t. x: (B, K) or token indices (B,); h: (B, H); W_xh: (K, 3H);
    W_hh: (H, 3H); biases (3H,). Gate order: r, z, n, as in PyTorch.
    activation, recurrent_activation: what stands for tanh and σ in these; see GatedCell.
    clip: of the sums inside of tanh and σ; see Cell.
    The other arguments are those of Cell. Raises ValueError for other words.

    Cho et al., Learning phrase representations using RNN encoder-decoder (2014); Chung et al.,
    Empirical evaluation of gated recurrent neural networks on sequence modeling (2014).

    >>> cell = GRUCell(5, 3, reset="before", update="new")
    >>> h, state = cell(np.zeros((2, 5)))
    >>> h.shape, cell.conventions()
    ((2, 3), {'gates': ('r', 'z', 'n'), 'biases': 1, 'reset': 'before', 'update': 'new'})
    """

    gates = ("r", "z", "n")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        reset: str = "after",
        update: str = "keep",
        biases: int | None = None,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        clip: float | None = None,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        if reset not in ("before", "after"):
            raise ValueError(f"GRUCell(reset={reset!r}): wanted 'before' or 'after' the product")
        if update not in ("keep", "new"):
            raise ValueError(f"GRUCell(update={update!r}): wanted 'keep' or 'new'")
        biases = bias_count(bias, biases, 2 if reset == "after" else 1, "GRUCell")
        super().__init__(
            input_size, hidden_size, biases=biases, activation=activation,
            recurrent_activation=recurrent_activation, clip=clip, dtype=dtype, rng=rng,
        )
        self.reset, self.update = reset, update

    def step(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        x_r, x_z, x_n = split(self.input_part(x), 3, axis=-1)            # each (B, H)
        h_r, h_z, *h_n = self._from_state(h)
        r, z = self.sigma(self.clipped(x_r + h_r)), self.sigma(self.clipped(x_z + h_z))
        seen = r * h_n[0] if self.reset == "after" else self.state_block(r * h, "n")
        n = self.phi(self.clipped(x_n + seen))
        h = n + z * (h - n) if self.update == "keep" else h + z * (n - h)
        return h, h

    def _from_state(self, h: Tensor) -> Sequence[Tensor]:
        """h W_hr, h W_hz and, where r acts after it, h W_hn, with their biases: each (B, H)."""
        if self.reset == "after":
            return split(self.state_part(h), 3, axis=-1)
        return split(self.state_block(h, "r", "z"), 2, axis=-1)

    def conventions(self) -> dict[str, Any]:
        return {**super().conventions(), "reset": self.reset, "update": self.update}
