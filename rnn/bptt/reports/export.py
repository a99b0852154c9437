"""A report in other forms: JSON, and a table of pandas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from .rows import ReportRow

__all__ = ["from_json", "to_frame", "to_json"]

ARRAYS = ("norms", "parts", "cosines")
TUPLES = ("steps", "outside_uses")
NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
NAMES = [field.name for field in fields(ReportRow)]


def to_json(loss: float, rows: Sequence[ReportRow], indent: int | None) -> str:
    """The loss and the rows. JSON has no numbers for what is not finite, so these are the words
    "NaN", "Infinity" and "-Infinity", as in JSON of protocol buffers."""
    found = [
        {name: _plain(getattr(row, name)) for name in NAMES} | {"half_life": _plain(row.half_life)}
        for row in rows
    ]
    whole = {"report": 1, "loss": _plain(loss), "rows": found}
    return json.dumps(whole, allow_nan=False, ensure_ascii=False, indent=indent)


def from_json(text: str) -> tuple[float, list[ReportRow]]:
    """What ``to_json`` wrote; raises ValueError for another text."""
    try:
        whole = json.loads(text)
        if whole["report"] != 1:
            raise KeyError("report")
        return float(whole["loss"]), [_row(given) for given in whole["rows"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"Report.from_json: wanted the text of Report.to_json, version 1; {error!r}"
        ) from error


def to_frame(rows: Sequence[ReportRow]) -> Any:
    """A line for each step of each row, and one for what is outside, whose step and lag are NA."""
    try:
        import pandas as pd  # type: ignore[import-untyped]  # it ships no types
    except ImportError as error:
        raise ImportError("Report.to_frame needs pandas: pip install pandas") from error

    lines: list[dict[str, Any]] = []
    outside: set[str] = set()
    for row in rows:
        about: dict[str, Any] = {
            "weight": row.weight, "layer": row.layer, "direction": row.direction,
            "parameter": row.parameter, "gate": row.gate, "place": row.place,
        }
        numbers = {"total": row.total, "half_life": row.half_life}
        for step, lag, *each in zip(
            row.steps, row.lags, row.norms, row.parts, row.cosines, strict=True
        ):
            values = dict(zip(("norm", "part", "cosine"), map(float, each), strict=True))
            lines.append(about | {"step": int(step), "lag": int(lag)} | values | numbers)
        if row.outside_uses and row.name not in outside:
            outside.add(row.name)
            lines.append(about | {"place": None, "direction": "", "part": row.outside} | numbers)
    columns = [
        "weight", "layer", "direction", "parameter", "gate", "place", "step", "lag", "norm", "part",
        "cosine", "total", "half_life",
    ]
    frame = pd.DataFrame(lines, columns=columns)
    return frame.astype({"step": "Int64", "lag": "Int64"})


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(value) if np.isfinite(value) else NOT_FINITE[str(float(value))]
    return int(value) if isinstance(value, np.integer) else value


def _row(given: dict[str, Any]) -> ReportRow:
    found = {name: given[name] for name in NAMES}
    for name in ARRAYS:
        found[name] = np.array([float(value) for value in found[name]])
    for name in TUPLES:
        found[name] = tuple(found[name])
    return ReportRow(**found | {name: float(found[name]) for name in ("total", "outside")})
