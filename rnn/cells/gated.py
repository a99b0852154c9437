"""What cells with gates have in common: two functions, one for gates and one for candidates."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.checks import Rng
from minigrad.ops.shape.joining import split

from .activations import activation, applied, name_of
from .base import Cell

__all__ = ["GatedCell"]


class GatedCell(Cell):
    """A cell whose gates are σ of its sums, and whose candidates are φ of them.

    activation: φ, by default "tanh": of what is written to the memory, and of an LSTM's c_t on its
        way to h_t. recurrent_activation: σ, by default "sigmoid". Either is one of "tanh", "relu",
        "sigmoid", "identity", "hard_sigmoid" (clip(z/6 + 1/2, 0, 1), as in PyTorch and Keras 3),
        "hard_sigmoid_02" (clip(0.2 z + 0.5, 0, 1), the hard_sigmoid of Keras 1 and 2 and of ONNX),
        "softsign", "softplus", "elu"; or a function of a Tensor. (Keras' names for the two.)
    The other arguments are those of Cell. Raises ValueError for other words.

    A subclass says in ``step`` which blocks are gates, as in

    >>> class Minimal(GatedCell):
    ...     gates = ("f", "n")
    ...     def step(self, x, h):
    ...         f, n = self.squashed(self.preactivation(x, h), "σφ")
    ...         h = h + f * (n - h)
    ...         return h, h
    >>> cell = Minimal(5, 3, recurrent_activation="hard_sigmoid")
    >>> cell(np.zeros((2, 5)))[0].shape, cell.conventions()["recurrent_activation"]
    ((2, 3), 'hard_sigmoid')
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        biases: int | None = None,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        clip: float | None = None,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        self._set_activations(activation, recurrent_activation)
        super().__init__(
            input_size, hidden_size, bias, biases=biases, clip=clip, dtype=dtype, rng=rng
        )

    def _set_activations(self, candidate: Any, gate: Any) -> None:
        owner = type(self).__name__
        self.activation = activation(candidate, "activation", owner)
        self.recurrent_activation = activation(gate, "recurrent_activation", owner)

    def squashed(self, z: Tensor, kinds: str) -> tuple[Tensor, ...]:
        """z (B, n·H) cut into n blocks, "σ" those of gates and "φ" those of candidates."""
        blocks = zip(kinds, split(z, len(kinds), axis=-1), strict=True)
        return tuple([self.sigma(b) if kind == "σ" else self.phi(b) for kind, b in blocks])

    def sigma(self, z: Tensor) -> Tensor:
        """σ(z)."""
        return applied(self.recurrent_activation, z)

    def phi(self, z: Tensor) -> Tensor:
        """φ(z)."""
        return applied(self.activation, z)

    def conventions(self) -> dict[str, Any]:
        chosen = {
            name: name_of(getattr(self, name))
            for name, usual in (("activation", "tanh"), ("recurrent_activation", "sigmoid"))
            if getattr(self, name) != usual
        }
        return {**super().conventions(), **chosen}
