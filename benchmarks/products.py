"""The matrix products of the LSTM's training step and nothing else: what remains for a system that
does all of the rest in no time.

The products of the step by hand (`by_hand`), with its shapes and layout: a state with the blocks of
the gates, weights turned beforehand, outputs made once. The gradient of the table of tokens is made
of sums of rows, no product.
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
    U = np.stack(np.split(W, 4, axis=-1))                                # (4, H, H)
    U_T = np.ascontiguousarray(W.T)
    rng = np.random.default_rng(2)

    def some(*size: int) -> Array:
        return rng.uniform(-1, 1, size).astype(np.float32)

    h, dz, d_logits = some(T, B, H), some(T, B, 4 * H), some(V, T * B)
    hidden, flat = h.reshape(T * B, H), dz.reshape(T * B, 4 * H)
    z, back = np.empty((4, B, H), np.float32), np.empty((B, H), np.float32)
    logits, d_hidden = np.empty_like(d_logits), np.empty_like(hidden)
    d_W, d_W_hq = np.empty_like(W), np.empty_like(W_hq)

    def forward() -> None:
        for t in range(T):
            np.matmul(h[t], U, out=z)
        np.matmul(W_hq.T, hidden.T, out=logits)

    def backward(nothing: None) -> None:
        np.matmul(d_logits.T, W_hq.T, out=d_hidden)
        np.matmul(hidden.T, d_logits.T, out=d_W_hq)
        for t in reversed(range(T)):
            np.matmul(dz[t], U_T, out=back)
        np.matmul(hidden.T, flat, out=d_W)

    return Workload(forward, backward, dict)
