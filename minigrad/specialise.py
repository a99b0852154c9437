"""The pullback of one plan, written out: its definition without the loop and the questions.

The source is generated, shown by tracebacks and debuggers, and kept as ``source``. A law of
minigrad.testing holds it equal to the definition in ``minigrad.pullback``.

>>> import minigrad as mg
>>> print(written_out(mg.ops("tanh")[0].plan(1)).source)
def pullback_of_tanh(node, g, saved, needed, lazily):
    if isinstance(g, Chosen):
        return pullback(node, g, saved, needed, lazily)
    out_ = saved
    found = []
    parent = node.parents[0]
    if parent in needed:
        c = rule_0(g, out_)
        if type(c) is not ndarray or c.dtype is not parent.dtype or c.shape != parent.shape:
            c = fitted(c, parent, node, 0)
        found.append((parent, c))
    return found
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np

from . import pullback as definition
from .op import Plan, Rule

__all__ = ["source_of", "specialised", "written_out"]

_number = count(1)


def specialised(plan: Plan) -> Callable[..., Any]:
    """The pullback of a plan, from now on the one that the sweep calls."""
    plan.pull = written_out(plan)
    return plan.pull


def written_out(plan: Plan) -> Callable[..., Any]:
    """The pullback of a plan, compiled from its source; of a joint rule the definition."""
    if plan.joint is not None:
        return definition.pullback
    names: dict[str, Any] = {f"rule_{step.place}": step.rule for step in plan.steps}
    for i in plan.lazy:
        names[f"collect_{i}"], names[f"total_{i}"] = plan.op.lazy[i]
    source, file = source_of(plan), f"<pullback of {plan.op.name}, {next(_number)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    found: dict[str, Any] = {}
    exec(compile(source, file, "exec"), {**vars(definition), "ndarray": np.ndarray, **names}, found)
    (pull,) = found.values()
    pull.source = source
    return pull  # type: ignore[no-any-return]  # a function


def source_of(plan: Plan) -> str:
    """The function that hands a cotangent to the parents of a node, for this plan."""
    name = plan.op.name if plan.op.name.isidentifier() else "op"
    lines = [
        f"def pullback_of_{name}(node, g, saved, needed, lazily):",
        "    if isinstance(g, Chosen):",
        "        return pullback(node, g, saved, needed, lazily)",
    ]
    if plan.keep:
        lines.append(f"    {', '.join(f'{kept}_' for kept in plan.keep)} = saved")
    lines.append("    found = []")
    for step in plan.steps:
        lines += [f"    parent = node.parents[{step.place}]", "    if parent in needed:"]
        lines += [f"        {line}" for line in _handed_on(plan, step.place, step.rule)]
    return "\n".join([*lines, "    return found", ""])


def _handed_on(plan: Plan, i: int, rule: Rule) -> Iterator[str]:
    """What makes one contribution and appends it."""
    if plan.op.argument(i) in plan.keep:
        yield "if parent.plan is None:"
        yield f"    check_written(node, {i}, parent)"
    indent = ""
    if i in plan.lazy:
        collected = _arguments(plan, plan.op.lazy[i].collect)
        yield f"item = collect_{i}({collected}) if lazily and parent.plan is None else None"
        yield "if item is not None:"
        yield f"    c = LazySum(item, total_{i}, parent, (node, {i}))"
        yield "else:"
        indent = "    "
    yield f"{indent}c = rule_{i}({_arguments(plan, rule)})"
    yield (
        f"{indent}if type(c) is not ndarray or c.dtype is not parent.dtype "
        f"or c.shape != parent.shape:"
    )
    yield f"{indent}    c = fitted(c, parent, node, {i})"
    yield "found.append((parent, c))"


def _arguments(plan: Plan, rule: Rule) -> str:
    return ", ".join(["g", *(f"{name}_" for name in plan.op.needs(rule))])
