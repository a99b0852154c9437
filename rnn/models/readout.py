"""From the outputs of a layer to what a task asks for: an affine head, and the last output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import Parameter, Tensor, init
from minigrad.checks import Rng, as_flag, as_generator, as_size
from minigrad.engine.tensor import as_tensor, detached
from minigrad.module import Module

from ..sequence.lengths import as_lengths

__all__ = ["Readout", "last"]

_ELSEWHERE = {"weight": ("PyTorch's Linear", "weight.T"), "kernel": ("Keras' Dense", "kernel")}


class Readout(Module):
    """y = h W_hq + b_q: (..., H) → (..., Q).

    input_size, output_size: H and Q. bias: whether there is b_q. dtype, rng: as in Cell.
    The parameters are drawn from U(-1/√H, 1/√H).

    >>> Readout(3, 2)(np.zeros((4, 5, 3))).shape
    (4, 5, 2)
    """

    def __init__(
        self,
        input_size: int,
        output_size: int,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        H = as_size(input_size, "input_size", "Readout")
        Q = as_size(output_size, "output_size", "Readout")
        rng = as_generator(rng, "Readout")

        def drawn(*shape: int) -> Parameter:
            return Parameter(init.recurrent_uniform(shape, hidden_size=H, rng=rng, dtype=dtype))

        self.W_hq = drawn(H, Q)
        self.b_q = drawn(Q) if bias else None

    def forward(self, h: Any) -> Tensor:
        y: Tensor = as_tensor(h) @ self.W_hq
        return y if self.b_q is None else y + self.b_q

    def explain_keys(self, unexpected: Sequence[str]) -> str:
        """What loads the parameters of PyTorch's ``nn.Linear`` or Keras' ``Dense``."""
        for name in unexpected:
            last = name.replace("/", ".").rpartition(".")[2]
            if last in _ELSEWHERE and f"{name.removesuffix(last)}bias" in unexpected:
                whose, matrix = _ELSEWHERE[last]
                return (
                    f"These are names of {whose}: readout.load_state_dict({{'W_hq': {matrix}, "
                    f"'b_q': bias}}) reads them"
                )
        return ""


def last(
    outputs: Any,
    lengths: Any = None,
    *,
    directions: int = 1,
    reverse: bool = False,
    batch_first: bool = False,
) -> Tensor:
    """The output of a layer after the last step of each sequence: (T, B, H) → (B, H).

    outputs: of a layer; of one sequence without the axis of the batch (T, H), with result (H,).
    lengths: as they were given to the layer; a sequence of length 0 gets zeros.
    directions: 2 for a layer that sets two directions side by side. The reverse one ends at step
        1, so its half is taken there.
    reverse: of a layer with reverse=True, which ends at step 1.
    batch_first: outputs are (B, T, H).

    Raises ValueError or TypeError for shapes and lengths that do not fit.

    >>> last(np.array([[[1.0], [2.0]], [[3.0], [0.0]]]), lengths=[2, 1])
    Tensor([[3.],
            [2.]])
    """
    if np.ndim(outputs) == 2:
        ends = None if lengths is None else np.atleast_1d(detached(lengths))
        return last(as_tensor(outputs)[:, None], ends, directions=directions, reverse=reverse)[0]
    if np.ndim(outputs) != 3 or np.shape(outputs)[1 if batch_first else 0] == 0:
        axes = "(B, T, H)" if batch_first else "(T, B, H)"
        raise ValueError(f"last(outputs): received shape {np.shape(outputs)}; wanted {axes}, T ≥ 1")
    if directions not in (1, 2) or np.shape(outputs)[2] % directions:
        raise ValueError(
            f"last(directions={directions!r}): wanted 1; or 2, and outputs of an even width, not "
            f"{np.shape(outputs)[2]}"
        )
    if as_flag(reverse, "reverse", "last") and directions == 2:
        raise ValueError("last(reverse=True, directions=2): of two directions one is in reverse")
    given = as_tensor(outputs)
    by_step = given.swapaxes(0, 1) if batch_first else given
    T, B, H = by_step.shape
    ends = as_lengths([T] * B if lengths is None else lengths, T, B, "last")
    if reverse:
        return by_step[0]    # of a sequence of length 0 it is 0
    if lengths is None:
        final = by_step[-1]
    else:
        picked = by_step[np.maximum(ends, 1) - 1, np.arange(B)]          # (B, H)
        final = np.where(ends[:, None] > 0, picked, 0)
    if directions == 1:
        return as_tensor(final)
    return as_tensor(np.concatenate([final[:, : H // 2], by_step[0, :, H // 2 :]], axis=1))
