"""Convolution and correlation of sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.primitive import primitive
from ...engine.tensor import as_tensor
from ..common import composite

__all__ = ["convolve", "correlate"]


def _padded(g: Any, n: int, m: int, mode: str) -> Any:
    """The cotangent of the full convolution, of which `mode` gave a part."""
    short = min(n, m)
    before = {"full": 0, "same": (short - 1) // 2, "valid": short - 1}[mode]
    after = n + m - 1 - before - g.shape[0]
    return np.concatenate([np.zeros(before, g.dtype), g, np.zeros(after, g.dtype)])


def _convolve_back(g: Any, n: int, other: Any, mode: str) -> Any:
    """For the operand of length n: the correlation of the cotangent with the other operand."""
    m = other.shape[0]
    return np.convolve(_padded(g, n, m, mode), other[::-1], "full")[m - 1 : m - 1 + n]


@primitive(
    "(n),(m)->(k)", name="convolve",
    vjps=(
        lambda g, a_shape, v, mode: _convolve_back(g, a_shape[0], v, mode),
        lambda g, a, v_shape, mode: _convolve_back(g, v_shape[0], a, mode),
    ),
    samples=lambda rng: (
        (rng.normal(size=rng.integers(1, 6)), rng.normal(size=rng.integers(1, 6))),
        {"mode": str(rng.choice(["full", "same", "valid"]))},
    ),
)
def _convolve(a: Any, v: Any, *, mode: str = "full") -> Any:
    """yₖ = Σᵢ aᵢ vₖ₋ᵢ"""
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"mode is {mode!r}, wanted 'full', 'same' or 'valid'")
    if np.ndim(a) != 1 or np.ndim(v) != 1:
        raise ValueError(f"a has shape {np.shape(a)} and v {np.shape(v)}; wanted one axis each")
    return np.convolve(a, v, mode)  # type: ignore[call-overload]  # checked above


@composite(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """yₖ = Σᵢ aᵢ vₖ₋ᵢ, for k as `mode` says: all ("full"), as many as the longer of a and v has
    ("same"), or those for which no term is missing ("valid")."""
    return _convolve(*[np.atleast_1d(as_tensor(x)) for x in (a, v)], mode=mode)


@composite(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """cₖ = Σᵢ aᵢ₊ₖ vᵢ"""
    a, v = as_tensor(a), as_tensor(v)
    if a.ndim != 1 or v.ndim != 1:
        raise ValueError(f"a has shape {a.shape} and v {v.shape}; wanted one axis each")
    if a.shape[0] < v.shape[0]:  # NumPy exchanges the two, which reverses the result
        return convolve(v, a[::-1], mode=mode)[::-1]
    return convolve(a, v[::-1], mode=mode)
