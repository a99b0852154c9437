"""The LSTM's relatives: what was there before it, and what was added to it or taken away."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import Parameter, Tensor
from minigrad.checks import Rng, as_size
from minigrad.functional import layer_norm
from minigrad.ops.shape.joining import split

from .gated import GatedCell
from .lstm import LSTMCell

__all__ = [
    "CoupledLSTMCell", "LSTM1997Cell", "LayerNormLSTMCell", "PeepholeLSTMCell", "ProjectedLSTMCell",
]

Pair = tuple[Tensor, Tensor]


class LSTM1997Cell(GatedCell):
    """The LSTM before it had a forget gate: i, g, o = σ, tanh, σ of x_t W_xh + h_{t-1} W_hh + b_h,

    c_t = c_{t-1} + i ⊙ g,    h_t = o ⊙ tanh(c_t);    the output is h_t, the state (h_t, c_t).

    x: (B, K) or token indices (B,); h, c: (B, H); W_xh: (K, 3H); W_hh: (H, 3H); b_h: (3H,).
    Gate order: i, g, o. The arguments are those of GatedCell.

    Hochreiter and Schmidhuber, Long short-term memory (1997); they squash with scaled sigmoids
    where tanh stands here.

    >>> LSTM1997Cell(5, 3).W_hh.shape
    (3, 9)
    """

    gates = ("i", "g", "o")
    states = ("h", "c")

    def step(self, x: Tensor, state: Pair) -> tuple[Tensor, Pair]:
        h, c = state
        z = self.preactivation(x, h)                                     # (B, 3H)
        i, g, o = self.squashed(z, "σφσ")
        c = c + i * g
        h = o * self.phi(c)
        return h, (h, c)


class CoupledLSTMCell(GatedCell):
    """An LSTM that forgets as much as it writes: i, g, o = σ, tanh, σ as in LSTM1997Cell, and

    c_t = (1 - i) ⊙ c_{t-1} + i ⊙ g,    h_t = o ⊙ tanh(c_t).

    Shapes, gate order (i, g, o) and arguments are those of LSTM1997Cell. It is the LSTM whose
    forget gate has the weights of the input gate with the opposite sign.

    Greff et al., LSTM: a search space odyssey (2017): CIFG.

    >>> CoupledLSTMCell(5, 3).W_hh.shape
    (3, 9)
    """

    gates = ("i", "g", "o")
    states = ("h", "c")

    def step(self, x: Tensor, state: Pair) -> tuple[Tensor, Pair]:
        h, c = state
        z = self.preactivation(x, h)                                     # (B, 3H)
        i, g, o = self.squashed(z, "σφσ")
        c = c + i * (g - c)
        h = o * self.phi(c)
        return h, (h, c)


class PeepholeLSTMCell(LSTMCell):
    """An LSTM whose gates see the memory: with z = x_t W_xh + h_{t-1} W_hh + b_h,

    i = σ(z_i + w_ci ⊙ c_{t-1}),    f = σ(z_f + w_cf ⊙ c_{t-1}),    g = tanh(z_g),
    c_t = f ⊙ c_{t-1} + i ⊙ g,    o = σ(z_o + w_co ⊙ c_t),    h_t = o ⊙ tanh(c_t).

    w_ci, w_cf, w_co: (H,). All else, and the arguments, as in LSTMCell.

    Gers and Schmidhuber, Recurrent nets that time and count (2000).

    >>> PeepholeLSTMCell(5, 3).w_cf.shape
    (3,)
    """

    def _make_parameters(self, rng: np.random.Generator) -> None:
        super()._make_parameters(rng)
        self.w_ci, self.w_cf, self.w_co = (self.uniform(rng, self.hidden_size) for _ in "ifo")

    def step(self, x: Tensor, state: Pair) -> tuple[Tensor, Pair]:
        h, c = state
        i, f, g, o = split(self.sums(x, h), 4, axis=-1)                  # each (B, H)
        i = self.sigma(self.clipped(i + self.w_ci * c))
        f = self.sigma(self.clipped(f + self.w_cf * c))
        c = f * c + i * self.phi(self.clipped(g))
        o = self.sigma(self.clipped(o + self.w_co * c))
        h = o * self.phi(c)
        return h, (h, c)


class LayerNormLSTMCell(LSTMCell):
    """An LSTM that normalises its sums over the units, so that their scale does not drift:

    z = LN(x_t W_xh) ⊙ gain_x + LN(h_{t-1} W_hh) ⊙ gain_h + b_h,    c_t = f ⊙ c_{t-1} + i ⊙ g,
    h_t = o ⊙ tanh(LN(c_t) ⊙ gain_c + b_c),    LN(a) = (a - mean) / √(variance + eps).

    The mean over all 4H sums of a step, as in the paper. gain_x, gain_h: (4H,), at first 1; gain_c
    (H,), at first 1; b_c (H,), at first 0. All else, and the arguments, as in LSTMCell; it has one
    bias or none.

    Ba, Kiros and Hinton, Layer normalization (2016), equations 20 to 22.

    Raises ValueError for two biases, of which LN takes one away, and unless eps is above 0.

    >>> LayerNormLSTMCell(5, 3).gain_x.shape
    (12,)
    """

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
        eps: float = 1e-5,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        if biases == 2:
            raise ValueError(
                "LayerNormLSTMCell(biases=2): the mean would take a bias before LN away again; "
                "wanted 0 or 1"
            )
        if not eps > 0:
            raise ValueError(f"LayerNormLSTMCell(eps={eps!r}): wanted a number above 0")
        super().__init__(
            input_size, hidden_size, bias, biases=biases, forget_bias=forget_bias,
            activation=activation, recurrent_activation=recurrent_activation, clip=clip,
            dtype=dtype, rng=rng,
        )
        self.eps = float(eps)

    def _make_parameters(self, rng: np.random.Generator) -> None:
        super()._make_parameters(rng)
        width, H = self.W_xh.shape[1], self.hidden_size
        self.gain_x = Parameter(np.ones(width), dtype=self.dtype)
        self.gain_h = Parameter(np.ones(width), dtype=self.dtype)
        self.gain_c = Parameter(np.ones(H), dtype=self.dtype)
        self.b_c = Parameter(np.zeros(H), dtype=self.dtype)

    def sums(self, x: Tensor, h: Tensor) -> Tensor:
        width = self.W_xh.shape[1]
        from_x = layer_norm(self.project(x), width, self.gain_x, eps=self.eps)
        from_h = layer_norm(h @ self.W_hh, width, self.gain_h, eps=self.eps)
        z: Tensor = from_x + from_h
        return z + self.b_h if self.biases else z

    def step(self, x: Tensor, state: Pair) -> tuple[Tensor, Pair]:
        h, c = state
        z = self.preactivation(x, h)                                     # (B, 4H)
        i, f, g, o = self.squashed(z, "σσφσ")
        c = f * c + i * g
        shown = layer_norm(c, self.hidden_size, self.gain_c, self.b_c, eps=self.eps)
        h = o * self.phi(shown)
        return h, (h, c)


class ProjectedLSTMCell(LSTMCell):
    """An LSTM with fewer outputs than memory: c_t as in LSTMCell, h_t = (o ⊙ tanh(c_t)) W_hp.

    projection_size: P, below H. h: (B, P); c: (B, H); W_hh: (P, 4H); W_hp: (H, P).
    All else, and the other arguments, as in LSTMCell. PyTorch calls it proj_size.

    Sak, Senior and Beaufays, Long short-term memory recurrent neural network architectures for
    large scale acoustic modeling (2014).

    Raises ValueError for a projection to as many units, or more.

    >>> h, c = ProjectedLSTMCell(5, 3, 2).initial_state(4)
    >>> h.shape, c.shape
    ((4, 2), (4, 3))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        projection_size: int,
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
        self.projection_size = as_size(projection_size, "projection_size", "ProjectedLSTMCell")
        super().__init__(
            input_size, hidden_size, bias, biases=biases, forget_bias=forget_bias,
            activation=activation, recurrent_activation=recurrent_activation, clip=clip,
            dtype=dtype, rng=rng,
        )
        if self.projection_size >= self.hidden_size:
            raise ValueError(
                f"ProjectedLSTMCell(hidden_size={self.hidden_size}, "
                f"projection_size={projection_size}): wanted a projection to fewer units"
            )

    def _make_parameters(self, rng: np.random.Generator) -> None:
        super()._make_parameters(rng)
        self.W_hp = self.uniform(rng, self.hidden_size, self.projection_size)

    @property
    def state_sizes(self) -> dict[str, int]:
        return {"h": self.projection_size, "c": self.hidden_size}

    @property
    def output_size(self) -> int:
        return self.projection_size

    def step(self, x: Tensor, state: Pair) -> tuple[Tensor, Pair]:
        full, (_, c) = super().step(x, state)                            # (B, H)
        h = full @ self.W_hp                                             # (B, P)
        return h, (h, c)
