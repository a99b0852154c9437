"""The training step of `benchmarks.task` as one would write it by hand in NumPy, for speed.

Gates are blocks, (4, B, H) with those of one function side by side: a product of a state with four
blocks of weights, one sigmoid for three gates. Biases are added to the table of tokens, whose rows
are looked up for all steps at once; products that no step waits for come after the loop; slopes are
made for a block of steps that the cache holds; every buffer is made once. It was taken over from
what was measured to be the fastest: feature-major states, (H, B), lose in transposing what is read
before and behind the loop what they gain in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .task import Shape, batch, weights
from .workload import Workload

__all__ = ["lstm"]

Array = np.ndarray[Any, Any]

NUMBERS = 131072  # of one slope that are made at once


def lstm(shape: Shape, one_hot: bool = False, dtype: Any = np.float32) -> Workload:
    """The step with tokens; `one_hot` must be False."""
    if one_hot:
        raise ValueError("by hand there are tokens only")
    T, B, H, V = shape
    W_xh, W_hh, b_h, W_hq, b_q = weights(shape, dtype).values()
    xs, targets = batch(shape)
    place = targets.reshape(-1), np.arange(T * B)
    block = max(NUMBERS // (3 * B * H), 1)                 # steps whose slopes are made at once
    one = np.ones((), dtype)

    def empty(*size: int) -> Array:
        return np.empty(size, dtype)

    U, table, x = empty(4, H, H), empty(4, V, H), empty(T, 4, B, H)
    U_T, z = empty(4 * H, H), empty(4, B, H)
    h, c = np.zeros((T + 1, B, H), dtype), np.zeros((T + 1, B, H), dtype)
    ifo, g, tanh_c = empty(T, 3, B, H), empty(T, B, H), empty(T, B, H)
    logits = empty(V, T * B)
    dh, dz = empty(T, B, H), empty(T, B, 4 * H)
    dc, back, work = empty(B, H), empty(B, H), empty(B, H)
    s_ifo, s_g, s_c = empty(block, 3, B, H), empty(block, B, H), empty(block, B, H)
    found: dict[str, Array] = {}

    def blocks(w: Array, out: Array) -> None:
        """The columns i, f, g, o of a weight as blocks i, f, o, g."""
        for k, column in enumerate((0, 1, 3, 2)):
            out[k] = w[:, column * H : (column + 1) * H]

    def forward() -> float:
        blocks(W_hh, U)
        blocks(W_xh + b_h, table)
        rows = xs[:, None] + np.arange(0, 4 * V, V)[:, None]         # (T, 4, B)
        np.take(table.reshape(4 * V, H), rows, axis=0, out=x, mode="clip")
        sigmoids, tanhs = z[:3], z[3]
        for t in range(T):
            np.matmul(h[t], U, out=z)
            np.add(z, x[t], out=z)
            s, after = ifo[t], c[t + 1]
            np.negative(sigmoids, out=s)
            np.exp(s, out=s)
            np.add(s, one, out=s)
            np.divide(one, s, out=s)
            np.tanh(tanhs, out=g[t])
            np.multiply(s[1], c[t], out=after)
            np.multiply(s[0], g[t], out=work)
            np.add(after, work, out=after)
            np.tanh(after, out=tanh_c[t])
            np.multiply(s[2], tanh_c[t], out=h[t + 1])
        np.matmul(W_hq.T, h[1:].reshape(T * B, H).T, out=logits)
        np.add(logits, b_q[:, None], out=logits)
        np.subtract(logits, logits.max(axis=0), out=logits)
        picked = logits[place]
        np.exp(logits, out=logits)
        total = logits.sum(axis=0)
        np.divide(logits, total, out=logits)
        return float((np.log(total) - picked).mean())

    def backward(loss: float) -> None:
        logits[place] -= 1
        np.multiply(logits, dtype(1 / (T * B)), out=logits)
        found["W_hq"] = h[1:].reshape(T * B, H).T @ logits.T
        found["b_q"] = logits.sum(axis=1)
        np.matmul(logits.T, W_hq.T, out=dh.reshape(T * B, H))
        np.copyto(U_T, W_hh.T)
        dc[...] = 0
        back[...] = 0
        for end in range(T, 0, -block):
            start = max(end - block, 0)
            slopes(start, end)
            for t in reversed(range(start, end)):
                s, d = s_ifo[t - start], dz[t]
                np.add(dh[t], back, out=back)
                np.multiply(s_c[t - start], back, out=work)
                np.add(dc, work, out=dc)
                np.multiply(s[0], dc, out=d[:, :H])
                np.multiply(s[1], dc, out=d[:, H : 2 * H])
                np.multiply(s_g[t - start], dc, out=d[:, 2 * H : 3 * H])
                np.multiply(s[2], back, out=d[:, 3 * H :])
                np.multiply(dc, ifo[t, 1], out=dc)
                np.matmul(d, U_T, out=back)
        flat = dz.reshape(T * B, 4 * H)
        found["W_hh"] = h[:-1].reshape(T * B, H).T @ flat
        found["b_h"] = flat.sum(axis=0)
        found["W_xh"] = by_token(flat)

    def slopes(start: int, end: int) -> None:
        """σ' = σ (1 - σ) and tanh' = 1 - tanh², each with what else its gate is multiplied by."""
        s, here, n = ifo[start:end], slice(start, end), end - start
        np.subtract(one, s, out=s_ifo[:n])
        s_ifo[:n] *= s
        for k, factor in enumerate((g, c, tanh_c)):
            s_ifo[:n, k] *= factor[here]
        for slope, y, factor in ((s_g, g, s[:, 0]), (s_c, tanh_c, s[:, 2])):
            np.multiply(y[here], y[here], out=slope[:n])
            np.subtract(one, slope[:n], out=slope[:n])
            slope[:n] *= factor

    def by_token(d: Array) -> Array:
        """The rows of d summed by token."""
        sums, order, end = np.zeros((V, 4 * H), dtype), xs.reshape(-1).argsort(kind="stable"), 0
        for v, count in enumerate(np.bincount(xs.reshape(-1), minlength=V)):
            start, end = end, end + count
            np.add.reduce(d.take(order[start:end], axis=0, mode="clip"), axis=0, out=sums[v])
        return sums

    return Workload(forward, backward, lambda: found)
