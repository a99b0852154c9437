"""A branch that was not taken contributes nothing: 0, where a product with it would be 0·∞ = NaN.

In ``np.where(x > 0, x * np.log(x), 0)`` the cotangent at x = 0 is 0, but the slope is infinite. A
sweep that ends in NaN is made again with rules that give 0 for a cotangent of 0. It costs nothing
where there is no NaN, and takes away none that comes from a value that the result depends on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .op import Op

__all__ = ["taken", "worth_repeating"]


def worth_repeating(results: Mapping[Any, Any], visited: Sequence[Any]) -> bool:
    """Whether a gradient may hold a NaN, and no hook would be called a second time."""
    totals = (np.add.reduce(_plain(g), axis=None) for g in results.values())
    if not any(map(np.isnan, totals)):
        return False
    return not any("hooks" in (node.extra or ()) for node in (*visited, *results))


def _plain(value: Any) -> Any:
    return getattr(value, "_data", value)


def taken(c: Any, g: Any, op: Op) -> Any:
    """A rule's result `c`, its NaN set to 0 where g is 0, if the op works entry by entry."""
    if set(op.signature) - set("(),->"):
        return c
    unused = np.isnan(_plain(c))
    return np.where(unused & (_plain(g) == 0), 0, c) if unused.any() else c
