"""The training step of `benchmarks.lstm` by a layer that runs on ``scan``, beside what it is
measured against: the plan written by hand, and PyTorch's fused layer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import by_hand
from .lstm import Shape, batch, weights
from .scan import fused
from .workload import Workload

__all__ = ["SYSTEMS"]


def layer(shape: Shape, how: str = "scan") -> Workload:
    """``rnn.LSTM``, tokens to outputs, with a linear head; how: as the layer takes it."""
    import minigrad as mg
    from minigrad.functional import cross_entropy
    from rnn import LSTM

    values = weights(shape)
    lstm = LSTM(shape.V, shape.H, how=how)
    for name in ("W_xh", "W_hh", "b_h"):
        getattr(lstm.cell, name).data = values[name]
    W_hq, b_q = mg.Parameter(values["W_hq"]), mg.Parameter(values["b_q"])
    parameters = {name: getattr(lstm.cell, name) for name in ("W_xh", "W_hh", "b_h")}
    parameters |= {"W_hq": W_hq, "b_q": b_q}
    xs, targets = batch(shape)

    def forward() -> Any:
        hs, _ = lstm(xs)                                                 # (T, B, H)
        return cross_entropy(hs.reshape(-1, shape.H) @ W_hq + b_q, targets.reshape(-1))

    def backward(loss: Any) -> None:
        for p in parameters.values():
            p.zero_grad()
        loss.backward()

    def gradients() -> dict[str, np.ndarray[Any, Any]]:
        return {name: p.grad.numpy() for name, p in parameters.items()}

    return Workload(forward, backward, gradients)


SYSTEMS = {"minigrad": layer, "by_hand": by_hand.lstm, "torch": fused}
