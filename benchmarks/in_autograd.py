"""The task in HIPS autograd, from which minigrad has its idea: a loop over the steps in NumPy."""

from __future__ import annotations

from typing import Any

import numpy

from .task import Shape, batch, weights
from .workload import Workload

__all__ = ["loop"]


def loop(shape: Shape, kind: str = "lstm") -> Workload:
    """An LSTM. Tokens are one product with one-hot rows: the gradient of an index is slow there."""
    if kind != "lstm":
        raise ValueError(f"in_autograd.loop(kind={kind!r}): there is an LSTM only")
    import autograd.numpy as np
    from autograd import make_vjp

    T, B, H, V = shape
    names, values = zip(*weights(shape).items(), strict=True)
    xs, targets = batch(shape)
    rows = numpy.eye(V, dtype=numpy.float32)[xs].reshape(T * B, V)
    zeros, wanted = numpy.zeros((B, H), numpy.float32), targets.reshape(-1)
    one, half = numpy.float32(1), numpy.float32(0.5)
    found: dict[str, Any] = {}

    def sigmoid(z: Any) -> Any:
        return half * (np.tanh(half * z) + one)

    def loss(W_xh: Any, W_hh: Any, b_h: Any, W_hq: Any, b_q: Any) -> Any:
        x = np.reshape(np.dot(rows, W_xh) + b_h, (T, B, 4 * H))
        h = c = zeros
        hs = []
        for t in range(T):
            z = x[t] + np.dot(h, W_hh)                                   # (B, 4H)
            i, f, g, o = (z[:, k * H:(k + 1) * H] for k in range(4))
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            hs.append(h)
        logits = np.dot(np.concatenate(hs), W_hq) + b_q                  # (T·B, V)
        logits = logits - np.max(logits, axis=1, keepdims=True)
        picked = logits[numpy.arange(T * B), wanted]
        return np.mean(np.log(np.sum(np.exp(logits), axis=1)) - picked)

    pending: list[Any] = []

    def forward() -> Any:
        vjp, value = make_vjp(loss, tuple(range(len(values))))(*values)
        pending[:] = [vjp]
        return value

    def backward(value: Any) -> None:
        vjp = pending.pop()
        found.update(zip(names, vjp(numpy.ones((), numpy.float32)), strict=True))

    return Workload(forward, backward, lambda: dict(found))
