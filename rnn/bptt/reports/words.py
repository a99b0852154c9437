"""How the numbers of a report are written: percents, lags, rows of blocks, a table of steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["blocks", "lag", "number", "percent", "step_lines"]

Array = np.ndarray[Any, Any]

MOST = 40       # lines of a table of steps: of more of them the first and the last


def percent(part: float) -> str:
    """A part of a whole; – where it is not known.

    >>> percent(0.3712), percent(-0.05), percent(float("nan"))
    ('37.1 %', '-5 %', '–')
    """
    return "–" if np.isnan(part) else f"{100 * part:.3g} %"


def number(value: float, form: str) -> str:
    """A number in a form such as ".2f", without a minus before zeros; – where it is not known.

    >>> number(-0.001, ".2f"), number(-0.5, ".2f")
    ('0.00', '-0.50')
    """
    text = "–" if np.isnan(value) else format(value, form)
    return text.removeprefix("-") if text.strip("-0.") == "" else text


def lag(value: float, longest: int) -> str:
    """A half-life; > longest where the gradient does not fall so far.

    >>> lag(3.0, 9), lag(float("inf"), 9)
    ('3', '> 9')
    """
    return f"> {longest}" if value == np.inf else number(value, ".0f")


def blocks(norms: Array, width: int) -> str:
    """Norms over time as a row of blocks, the largest full; · is exactly 0, ? not a number. Where
    there are more steps than room, each block is the largest of several.

    >>> blocks(np.array([0.0, 0.1, 0.5, 1.0]), width=14)
    '·▁▄█'
    """
    place = (np.arange(len(norms)) * width) // max(len(norms), width)
    found = [float(norms[place == k].max()) for k in np.unique(place)]
    top = max((n for n in found if np.isfinite(n)), default=0.0)
    heights = "·▁▂▃▄▅▆▇█"
    return "".join(
        heights[int(np.ceil(8 * (n / top))) if n else 0] if np.isfinite(n) else "?" for n in found
    )


def step_lines(steps: Sequence[int], lags: Array, columns: Sequence[Array]) -> list[str]:
    """A table with a line for each step: its norm, part and cosine are the `columns`."""
    norms, parts, cosines = columns
    lines = [f"{'t':>5}  {'lag':>5}  {'‖G_t‖':>10}  {'part':>11}  {'cosine':>7}"]
    for k, t in enumerate(steps):
        if len(steps) > MOST and MOST // 2 <= k < len(steps) - MOST // 2:
            lines += [f"{'…':>5}"] if k == MOST // 2 else []
            continue
        lines.append(
            f"{t:>5}  {lags[k]:>5}  {norms[k]:>10.4g}  {percent(parts[k]):>11}  "
            f"{number(cosines[k], '.3f'):>7}"
        )
    return lines
