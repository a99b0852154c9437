"""The training step of `benchmarks.lstm` as one would write it by hand in NumPy, for speed.

Feature-major: a state is (H, B), so that the product of a step is ``U @ h`` with the gates as
blocks of rows; tokens are looked up for all steps at once; products with weights that no step waits
for come after the loop; slopes are made for a block of steps that the cache holds; every buffer is
made once. It is what a compiled step is measured against.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .task import Shape, batch, weights
from .workload import Workload

__all__ = ["lstm"]

Array = np.ndarray[Any, Any]

BLOCK = 8  # steps whose slopes are made at once


def lstm(shape: Shape, one_hot: bool = False, dtype: Any = np.float32) -> Workload:
    """The step with tokens; `one_hot` must be False."""
    if one_hot:
        raise ValueError("by hand there are tokens only")
    T, B, H, V = shape
    given = weights(shape, dtype)
    order = np.r_[0:2 * H, 3 * H:4 * H, 2 * H:3 * H]       # i, f, g, o -> i, f, o, g
    W_xh, W_hh, b_h = (given[k][..., order] for k in ("W_xh", "W_hh", "b_h"))
    W_hq, b_q = given["W_hq"], given["b_q"]
    xs, targets = batch(shape)
    place = targets.reshape(-1), np.arange(T * B)
    ones = np.eye(V, dtype=dtype)

    def empty(*size: int) -> Array:
        return np.empty(size, dtype)

    z, dz = empty(T, 4 * H, B), empty(T, 4 * H, B)
    h, c = np.zeros((T + 1, H, B), dtype), np.zeros((T + 1, H, B), dtype)
    tanh_c, slope_c, dh = empty(T, H, B), empty(T, H, B), empty(T, H, B)
    x_rows, hidden, logits = empty(4 * H, T * B), empty(H, T, B), empty(V, T * B)
    work, dc, back = empty(H, B), empty(H, B), empty(H, B)
    slopes = empty(BLOCK, 4 * H, B)
    found: dict[str, Array] = {}

    def forward() -> float:
        U = np.ascontiguousarray(W_hh.T)                   # (4H, H)
        np.take(np.ascontiguousarray((W_xh + b_h).T), xs.reshape(-1), axis=1, out=x_rows)
        x = x_rows.reshape(4 * H, T, B).transpose(1, 0, 2)
        for t in range(T):
            gates = z[t]                                   # (4H, B)
            np.matmul(U, h[t], out=gates)
            gates += x[t]
            s, g = gates[: 3 * H], gates[3 * H:]
            np.negative(s, out=s)
            np.exp(s, out=s)
            s += 1
            np.reciprocal(s, out=s)
            np.tanh(g, out=g)
            i, f, o = s[:H], s[H:2 * H], s[2 * H:]
            np.multiply(f, c[t], out=c[t + 1])
            np.multiply(i, g, out=work)
            c[t + 1] += work
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])
        np.copyto(hidden, h[1:].transpose(1, 0, 2))
        np.matmul(W_hq.T, hidden.reshape(H, T * B), out=logits)
        logits.__iadd__(b_q[:, None])
        logits.__isub__(logits.max(axis=0))
        picked = logits[place]
        np.exp(logits, out=logits)
        total = logits.sum(axis=0)
        logits.__itruediv__(total)
        return float((np.log(total) - picked).mean())

    def backward(loss: float) -> None:
        logits[place] -= 1
        logits.__imul__(dtype(1 / (T * B)))
        found["W_hq"] = hidden.reshape(H, T * B) @ logits.T
        found["b_q"] = logits.sum(axis=1)
        np.copyto(dh, (W_hq @ logits).reshape(H, T, B).transpose(1, 0, 2))
        dc[...] = 0
        back[...] = 0
        for end in range(T, 0, -BLOCK):
            start = max(end - BLOCK, 0)
            _slopes(start, end)
            for t in reversed(range(start, end)):
                slope = slopes[t - start]
                total = dh[t]
                total += back
                np.multiply(total, slope_c[t], out=work)
                dc.__iadd__(work)
                here = dz[t]
                np.multiply(slope[: 2 * H].reshape(2, H, B), dc, out=here[: 2 * H].reshape(2, H, B))
                np.multiply(slope[2 * H:3 * H], total, out=here[2 * H:3 * H])
                np.multiply(slope[3 * H:], dc, out=here[3 * H:])
                dc.__imul__(z[t, H:2 * H])
                np.matmul(W_hh, here, out=back)
        flat = np.ascontiguousarray(dz.transpose(1, 0, 2)).reshape(4 * H, T * B)
        before = np.ascontiguousarray(h[:-1].transpose(1, 0, 2)).reshape(H, T * B)
        gradients = {
            "W_xh": ones[xs.reshape(-1)].T @ flat.T, "W_hh": before @ flat.T,
            "b_h": flat.sum(axis=1),
        }
        for name, g in gradients.items():
            found[name] = np.empty_like(g)
            found[name][..., order] = g

    def _slopes(start: int, end: int) -> None:
        """σ' = σ (1 - σ) and tanh' = 1 - tanh², each with what else its gate is multiplied by."""
        gates, slope = z[start:end], slopes[: end - start]
        i, g, o = gates[:, :H], gates[:, 3 * H:], gates[:, 2 * H:3 * H]
        sigmoids = gates[:, : 3 * H]
        np.subtract(1, sigmoids, out=slope[:, : 3 * H])
        slope[:, : 3 * H] *= sigmoids
        slope[:, :H] *= g
        slope[:, H:2 * H] *= c[start:end]
        slope[:, 2 * H:3 * H] *= tanh_c[start:end]
        np.multiply(g, g, out=slope[:, 3 * H:])
        np.subtract(1, slope[:, 3 * H:], out=slope[:, 3 * H:])
        slope[:, 3 * H:] *= i
        s = slope_c[start:end]
        np.multiply(tanh_c[start:end], tanh_c[start:end], out=s)
        np.subtract(1, s, out=s)
        s *= o

    return Workload(forward, backward, lambda: found)
