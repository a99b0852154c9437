"""The matrix products of the LSTM's training step and nothing else: what remains for a system that
does all of the rest in no time.

The products of the step by hand (`by_hand`), with its shapes and layout: feature-major, weights
turned beforehand, outputs made once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .task import Shape, weights
from .workload import Workload

__all__ = ["products"]

Array = np.ndarray[Any, Any]


def products(shape: Shape, kind: str = "lstm") -> Workload:
    """Of what they are multiplied with the values do not matter: it has no loss."""
    if kind != "lstm":
        raise ValueError(f"products(kind={kind!r}): there is an LSTM only")
    T, B, H, V = shape
    given = weights(shape)
    W, W_hq = given["W_hh"], given["W_hq"]                               # (H, 4H), (H, V)
    U, W_qh = np.ascontiguousarray(W.T), np.ascontiguousarray(W_hq.T)
    rng = np.random.default_rng(2)

    def some(*size: int) -> Array:
        return rng.uniform(-1, 1, size).astype(np.float32)

    h, dz = some(T, H, B), some(T, 4 * H, B)
    hidden, flat = some(H, T * B), some(4 * H, T * B)
    d_logits, rows = some(V, T * B), some(V, T * B)
    z, back = np.empty((4 * H, B), np.float32), np.empty((H, B), np.float32)
    logits, d_hidden = np.empty_like(d_logits), np.empty_like(hidden)
    d_W, d_W_xh, d_W_hq = np.empty_like(W), np.empty((V, 4 * H), np.float32), np.empty_like(W_hq)

    def forward() -> None:
        for t in range(T):
            np.matmul(U, h[t], out=z)
        np.matmul(W_qh, hidden, out=logits)

    def backward(nothing: None) -> None:
        np.matmul(W_hq, d_logits, out=d_hidden)
        np.matmul(hidden, d_logits.T, out=d_W_hq)
        for t in reversed(range(T)):
            np.matmul(W, dz[t], out=back)
        np.matmul(hidden, flat.T, out=d_W)
        np.matmul(rows, flat.T, out=d_W_xh)

    return Workload(forward, backward, dict)
