"""What every system is given: tokens → a recurrent layer → a linear head → mean cross-entropy of
the next token, and the gradients of all parameters, in float32. All start from the same weights.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["KINDS", "Shape", "batch", "weights"]

Array = np.ndarray[Any, Any]

KINDS = ("lstm", "gru", "elman", "own")
"""Cells; "own" is an LSTM with layer norm and peepholes, as somebody would write it who needs it:

    z = LN(x_t W_xh + h W_hh) gain + b_h,  i, f, g, o = blocks of z,  c' = σ(f + p_f c) c
    + σ(i + p_i c) tanh(g),  h' = σ(o + p_o c') tanh(LN(c') gain_c + b_c)
"""


class Shape(NamedTuple):
    """Steps, sequences, hidden units, and the number of different tokens."""

    T: int
    B: int
    H: int
    V: int


def weights(shape: Shape, dtype: Any = np.float32, kind: str = "lstm") -> dict[str, Array]:
    """U(-1/√H, 1/√H), gains 1 more; gates in blocks: i, f, g, o of an LSTM, r, z, n of a GRU."""
    _, _, H, V = shape
    rng = np.random.default_rng(0)
    wide = {"gru": 3 * H, "elman": H}.get(kind, 4 * H)
    biases: list[str] = ["b_xh", "b_hh"] if kind == "gru" else ["b_h"]
    sizes: dict[str, tuple[int, ...]] = {"W_xh": (V, wide), "W_hh": (H, wide)}
    sizes |= dict.fromkeys(biases, (wide,)) | {"W_hq": (H, V), "b_q": (V,)}
    if kind == "own":
        sizes |= {"gain": (wide,)} | dict.fromkeys(("p_i", "p_f", "p_o", "gain_c", "b_c"), (H,))
    found = {k: rng.uniform(-1, 1, s).astype(dtype) / dtype(H**0.5) for k, s in sizes.items()}
    return {k: v + dtype(1) if k.startswith("gain") else v for k, v in found.items()}


def batch(shape: Shape) -> tuple[Array, Array]:
    """Tokens (T, B), and the tokens that follow them."""
    tokens = np.random.default_rng(1).integers(0, shape.V, (shape.T + 1, shape.B))
    return tokens[:-1], tokens[1:]
