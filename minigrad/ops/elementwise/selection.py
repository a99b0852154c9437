"""Ops that choose between values, entry by entry. A cotangent goes to what was chosen."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.declared import declare, implements
from ...engine.domain import DISTINCT
from ...engine.primitive import primitive
from ...engine.tensor import Tensor, detached
from ..common import refuse
from ..rules import passed

__all__ = ["as_mask", "clip", "fmax", "fmin", "maximum", "minimum", "nan_to_num", "where"]


def _won(g: Any, x: Any, y: Any, beats: Any, nan_wins: bool) -> Any:
    """The cotangent of x where it beats y: all of it, or half where neither beats the other."""
    x, y = detached(x), detached(y)
    wins = beats(x, y)
    open = ~(wins | beats(y, x))  # ties and NaN
    if not open.any():
        return passed(g, wins)
    only_x, only_y = np.isnan(x) & ~np.isnan(y), np.isnan(y) & ~np.isnan(x)
    wins = wins | (only_x if nan_wins else only_y)
    tie = open & ~only_x & ~only_y
    return passed(np.where(tie, 0.5 * g, g), wins | tie)


def _extreme(function: Any, formula: str, beats: Any, nan_wins: bool) -> Any:
    return primitive(
        "(),()->()", formula=f"{formula}; ½ each at ties", domains=(DISTINCT, DISTINCT),
        vjps=(
            lambda g, x, y: _won(g, x, y, beats, nan_wins),
            lambda g, x, y: _won(g, y, x, beats, nan_wins),
        ),
        numpy=[function], methods=[function.__name__],
    )(function)


maximum = _extreme(np.maximum, "the larger of x and y, NaN if one is", np.greater, True)
minimum = _extreme(np.minimum, "the smaller of x and y, NaN if one is", np.less, True)
fmax = _extreme(np.fmax, "the larger of x and y, or the one that is not NaN", np.greater, False)
fmin = _extreme(np.fmin, "the smaller of x and y, or the one that is not NaN", np.less, False)


def _draw_clip(rng: np.random.Generator) -> Any:
    """Numbers below, inside and above two bounds, for tests."""
    x = np.array([[-2.0, -0.4, 0.3], [0.7, 1.6, 2.5]]) + rng.uniform(-0.2, 0.2, (2, 3))
    return (x, rng.uniform(-1.4, -0.9, 3), rng.uniform(1.1, 1.3, (2, 1))), {}


def _less(x: Any, y: Any) -> Any:
    """Where x < y; nowhere for a bound that is not given."""
    return np.False_ if x is None or y is None else np.less(detached(x), detached(y))


@primitive(
    "(),(),()->()", name="clip", samples=_draw_clip, domains=(DISTINCT,) * 3,
    vjps=(
        lambda g, x, min, max: passed(g, ~(_less(x, min) | _less(max, x))),
        lambda g, x, min, max: passed(g, _less(x, min) & ~_less(max, min)),
        lambda g, x, min, max: passed(g, _less(max, x) | _less(max, min)),
    ),
)
def _clip(x: Any, min: Any, max: Any) -> Any:
    """min(max(x, min), max); slope 1 on the bounds"""
    return np.clip(x, min, max)


def clip(x: Any, min: Any = None, max: Any = None) -> Any:
    """x with what is below `min` or above `max` moved there; None for no bound.

    The slope is 1 inside and on the bounds, and a bound gets the cotangent of what it has moved.
    """
    return _clip(x, min, max)


@implements(np.clip)
def _numpy_clip(
    a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *,
    min: Any = None, max: Any = None, **keywords: Any,
) -> Any:
    """min(max(a, a_min), a_max), or with min and max; None for no bound; slope 1 on the bounds."""
    refuse("clip", out=out, **keywords)
    if not (a_min is None and a_max is None) and not (min is None and max is None):
        raise ValueError("clip: a_min, a_max and min, max mean the same; give one pair")
    return _clip(a, a_min if min is None else min, a_max if max is None else max)


@primitive(
    samples=lambda rng: ((np.array([[np.nan, np.inf, rng.normal()], [-np.inf, 1.5, -2.0]]),), {}),
    vjps=(lambda g, x: passed(g, np.isfinite(detached(x))),), numpy=[np.nan_to_num],
)
def nan_to_num(
    x: Any, *, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """x with numbers in the place of NaN and ±∞; slope 0 there"""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@primitive(
    "(),(),()->()", moves_data=True, name="where",
    vjps=(
        None,
        lambda g, condition: passed(g, np.not_equal(condition, 0)),
        lambda g, condition: passed(g, np.equal(condition, 0)),
    ),
    samples=lambda rng: (
        (rng.random((2, 3)) < 0.5, rng.normal(size=(2, 3)), rng.normal(size=3)), {}
    ),
)
def _where(condition: Any, x: Any, y: Any) -> Any:
    """x where condition, else y"""
    return np.where(condition, x, y)


@implements(np.where)
def where(condition: Any, *values: Any) -> Any:
    """``where(condition, x, y)`` is x where condition, else y; ``where(condition)`` the indices
    at which condition holds."""
    if len(values) == 1:
        raise ValueError("where: either both or neither of x and y should be given")
    return _where(condition, *values) if values else np.nonzero(condition)


def as_mask(mask: Any, what: str) -> Any:
    """`mask` as an array of booleans; one of a step that is being traced (`scan`) as it is."""
    mask = detached(mask)
    mask = mask if isinstance(mask, Tensor) else np.asarray(mask)
    if mask.dtype != bool:
        raise TypeError(f"{what} has dtype {mask.dtype}, wanted bool")
    return mask


declare(methods={"clip": _numpy_clip}, whose="Tensor")
declare(methods={"clamp": clip}, whose="PyTorch")
