"""A branch that was not taken contributes nothing: 0, where a product with it would be 0·∞ = NaN.

In ``np.where(x > 0, x * np.log(x), 0)`` the cotangent at x = 0 is 0, but the slope is infinite. A
sweep that ends in NaN is made again with rules that give 0 for a cotangent of 0. It costs nothing
where there is no NaN, and takes away none that comes from a value that the result depends on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .op import Plan, Rule

__all__ = ["guarded", "worth_repeating"]


def worth_repeating(results: Mapping[Any, Any], visited: Sequence[Any]) -> bool:
    """Whether a gradient may hold a NaN, and no hook would be called a second time."""
    totals = (np.add.reduce(_plain(g), axis=None) for g in results.values())
    if not any(map(np.isnan, totals)):
        return False
    return not any("hooks" in (node.extra or ()) for node in (*visited, *results))


def _plain(value: Any) -> Any:
    return getattr(value, "_data", value)


def guarded(plan: Plan) -> tuple[Any, ...]:
    """The steps of a plan whose op works entry by entry, their NaN set to 0 where g is 0."""
    if set(plan.op.signature) - set("(),->"):
        return plan.steps
    return tuple((i, _guard(rule), place) for i, rule, place in plan.steps)


def _guard(rule: Rule) -> Rule:
    def apply(g: Any, saved: Any) -> Any:
        c = rule(g, saved)
        unused = np.isnan(_plain(c))
        return np.where(unused & (_plain(g) == 0), 0, c) if unused.any() else c

    return apply
