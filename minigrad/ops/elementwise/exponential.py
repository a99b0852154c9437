"""Exponentials and logarithms, entry by entry."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.domain import POSITIVE, Domain
from ...engine.primitive import primitive
from ...engine.tensor import detached
from .activations import sigmoid

__all__ = [
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "logaddexp", "logaddexp2",
]

LN2, LN10 = math.log(2), math.log(10)

exp = primitive(
    formula="eˣ", vjps=(lambda g, out: g * out,), numpy=[np.exp], methods=["exp"]
)(np.exp)

exp2 = primitive(
    formula="2ˣ", vjps=(lambda g, out: g * (out * LN2),), numpy=[np.exp2], methods=["exp2"]
)(np.exp2)

expm1 = primitive(
    formula="eˣ - 1", vjps=(lambda g, out: g * (out + 1),),
    numpy=[np.expm1], methods=["expm1"],
)(np.expm1)

log = primitive(
    formula="ln x", domains=(POSITIVE,), vjps=(lambda g, x: g / x,),
    numpy=[np.log], methods=["log"],
)(np.log)

log2 = primitive(
    formula="log₂ x", domains=(POSITIVE,), vjps=(lambda g, x: g / x / LN2,),
    numpy=[np.log2], methods=["log2"],
)(np.log2)

log10 = primitive(
    formula="log₁₀ x", domains=(POSITIVE,), vjps=(lambda g, x: g / x / LN10,),
    numpy=[np.log10], methods=["log10"],
)(np.log10)

log1p = primitive(
    formula="ln(1 + x)", domains=(Domain(low=-1.0),), vjps=(lambda g, x: g / (1 + x),),
    numpy=[np.log1p], methods=["log1p"],
)(np.log1p)


def _share(x: Any, y: Any) -> Any:
    """eˣ / (eˣ + eʸ), without overflow at any order; ½ each where both are the same infinity."""
    equal = (detached(x) == detached(y)) & np.isinf(detached(x))
    return sigmoid(np.where(equal, 0, x) - np.where(equal, 0, y))


logaddexp = primitive(
    "(),()->()", formula="ln(eˣ + eʸ)", numpy=[np.logaddexp],
    vjps=(lambda g, x, y: g * _share(x, y), lambda g, x, y: g * _share(y, x)),
)(np.logaddexp)

logaddexp2 = primitive(
    "(),()->()", formula="log₂(2ˣ + 2ʸ)", numpy=[np.logaddexp2],
    vjps=(
        lambda g, x, y: g * _share(LN2 * x, LN2 * y), lambda g, x, y: g * _share(LN2 * y, LN2 * x)
    ),
)(np.logaddexp2)
