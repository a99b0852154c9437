"""What a page carries, as JSON: arrays small enough to be shown whole, and text that stays text.

A whole array of more than 8 numbers is sent as 16-bit integers with one scale: what is seen of it
has three digits. Of a larger one the norms of all rows and columns are sent, or its norm alone.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

__all__ = ["as_json", "packed"]

_LIMITS = (4096, 1024, 256, 64, 16, 1)  # the most numbers of an array that is sent whole
_STEPS = 32767
_NAN = -32768


def packed(tree: Any, most: int = 80_000) -> Any:
    """`tree`, of dicts, lists and arrays, with floats of six digits and each array packed.

    most: how many numbers all arrays together may have; if it is more, the larger ones lose theirs.
    """
    sizes = [(array.size, _sides(array)) for array in _arrays(tree)]
    for limit in _LIMITS:
        if sum(size if size <= limit else sides for size, sides in sizes) <= most:
            return _packed(tree, limit, True)
    whole = (m for m in _LIMITS if sum(size for size, _ in sizes if size <= m) <= most)
    return _packed(tree, next(whole, 0), False)


def _sides(array: np.ndarray[Any, Any]) -> int:
    """How many rows and columns an array has."""
    return array.size // array.shape[-1] + array.shape[-1] if array.ndim > 1 and array.size else 0


def _arrays(tree: Any) -> Iterator[np.ndarray[Any, Any]]:
    if isinstance(tree, np.ndarray | np.generic):
        yield np.asarray(tree)
    elif isinstance(tree, dict | list | tuple):
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from _arrays(part)


def _packed(tree: Any, limit: int, sides: bool) -> Any:
    if isinstance(tree, dict):
        return {key: _packed(value, limit, sides) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_packed(value, limit, sides) for value in tree]
    if isinstance(tree, np.ndarray | np.generic):  # a 0-d array is often one of NumPy's numbers
        return _array(np.asarray(tree), limit, sides)
    return _number(tree) if isinstance(tree, float) else tree


def _number(value: Any) -> float | str:
    """Six significant digits; what JSON has no number for as the word that JavaScript reads."""
    value = float(value)
    if math.isfinite(value):
        return float(f"{value:.6g}")
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _array(array: np.ndarray[Any, Any], limit: int, sides: bool) -> dict[str, Any]:
    if array.dtype.kind not in "fiub":
        return {"shape": list(array.shape), "dtype": str(array.dtype)}
    values = array.astype(float)
    found = {"shape": list(array.shape), "norm": _number(np.linalg.norm(values))}
    if values.size <= min(limit, 8):
        return found | {"values": [_number(v) for v in values.flat]}
    if values.size <= limit:
        return found | _whole(values)
    if not sides or values.ndim < 2:
        return found
    matrix = values.reshape(-1, values.shape[-1])
    rows, columns = np.linalg.norm(matrix, axis=1), np.linalg.norm(matrix, axis=0)
    return found | {"rows": _whole(rows), "columns": _whole(columns)}


def _whole(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    """All entries, as parts of the largest finite one: NaN is the lowest integer."""
    finite = np.abs(values[np.isfinite(values)])
    scale = float(finite.max()) if finite.size else 0.0
    with np.errstate(all="ignore"):
        parts = np.clip(np.nan_to_num(values / (scale or 1.0)), -1, 1) * _STEPS
    parts[np.isnan(values)] = _NAN
    data = base64.b64encode(np.rint(parts).astype("<i2").tobytes()).decode()
    return {"scale": _number(scale), "data": data}


def as_json(tree: Any) -> str:
    """JSON that can stand inside of a ``<script>``: nothing ends that, or begins a comment."""
    text = json.dumps(tree, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
