"""The pullback of one plan, written out: its definition without the loop and the questions.

The source is generated, shown by tracebacks and debuggers, and kept as ``source``. A law of
minigrad.testing holds it equal to the definition, ``pulled_back`` in ``pullback``.

>>> import minigrad as mg
>>> print(written_out(mg.catalogue("tanh")[0].plan(1)).source)
def pullback_of_tanh(node, g, saved, needed, lazily, totals):
    if isinstance(g, Cotangent):
        return pulled_back(node, g, saved, needed, lazily, totals)
    out, = saved
    p0, = node.parents
    if p0 in needed:
        c = rule_0(g, out)
        if type(c) is ndarray and c.shape == p0.shape and c.dtype is p0.dtype is not half:
            t0 = totals.get(p0)
            totals[p0] = c if t0 is None else t0 + c
        else:
            hand_on(totals, p0, fitted(c, p0, node, 0))
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np

from . import pullback as definition
from .lazy import LazySum
from .op import Plan, Rule

__all__ = ["compiled", "source_of", "when_needed", "written_out"]

_number = count(1)

# What else has a name in the source.
_TAKEN = {
    *vars(definition), "LazySum",
    "node", "g", "c", "saved", "needed", "lazily", "totals", "item", "ndarray",
    "half", "type", "isinstance",
}


def when_needed(plan: Plan) -> Callable[..., None]:
    """The pullback of a plan, written out when the first sweep calls it."""

    def pull(*args: Any) -> None:
        plan.pull = written_out(plan)
        plan.pull(*args)

    return pull


def written_out(plan: Plan) -> Any:
    """The pullback of a plan, compiled from its source; of a joint rule the definition."""
    if plan.joint is not None:
        return definition.pulled_back
    names: dict[str, Any] = {f"rule_{step.place}": step.rule for step in plan.steps}
    names |= {"LazySum": LazySum, "ndarray": np.ndarray}
    names["half"] = np.dtype(np.float16)  # which is added up with care
    for i in plan.lazy:
        names[f"collect_{i}"], names[f"total_{i}"] = plan.op.lazy[i]
    return compiled(source_of(plan), f"pullback of {plan.op.name}", {**vars(definition), **names})


def compiled(source: str, what: str, names: dict[str, Any]) -> Any:
    """The function that a source defines, which can name `names`; tracebacks show its lines."""
    file = f"<{what}, {next(_number)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    found: dict[str, Any] = {}
    exec(compile(source, file, "exec"), names, found)
    (function,) = found.values()
    function.source = source
    return function


def source_of(plan: Plan) -> str:
    """The function that hands on the contributions of a node, for this plan."""
    op = plan.op.name if plan.op.name.isidentifier() else "op"
    lines = [
        f"def pullback_of_{op}(node, g, saved, needed, lazily, totals):",
        "    if isinstance(g, Cotangent):",
        "        return pulled_back(node, g, saved, needed, lazily, totals)",
    ]
    if plan.keep:
        lines.append(f"    {''.join(f'{_variable(name)}, ' for name in plan.keep).strip()} = saved")
    parents = "".join(f"p{i}, " for i in range(len(plan.op.arguments)))
    lines.append(f"    {parents.strip()} = node.parents")
    for step in plan.steps:
        lines += [f"    if p{step.place} in needed:"]
        lines += [f"        {line}" for line in _handed_on(plan, step.place, step.rule)]
    return "\n".join([*lines, ""])


def _handed_on(plan: Plan, i: int, rule: Rule) -> Iterator[str]:
    """What makes one contribution and adds it to the total of its parent."""
    p, indent = f"p{i}", ""
    if plan.op.argument(i) in plan.keep:
        yield f"if {p}.plan is None and {p}.written < node.key:"
        yield f"    check_written(node, {i}, {p})"
    if i in plan.lazy:
        collected = _arguments(plan, plan.op.lazy[i].collect)
        yield f"item = collect_{i}({collected}) if lazily and {p}.plan is None else None"
        yield "if item is not None:"
        yield f"    hand_on(totals, {p}, LazySum(item, total_{i}, {p}, (node, {i})))"
        yield "else:"
        indent = "    "
    for line in (
        f"c = rule_{i}({_arguments(plan, rule)})",
        f"if type(c) is ndarray and c.shape == {p}.shape and c.dtype is {p}.dtype is not half:",
        f"    t{i} = totals.get({p})",
        f"    totals[{p}] = c if t{i} is None else t{i} + c",
        "else:",
        f"    hand_on(totals, {p}, fitted(c, {p}, node, {i}))",
    ):
        yield indent + line


def _arguments(plan: Plan, rule: Rule) -> str:
    return ", ".join(["g", *map(_variable, plan.op.needs(rule))])


def _variable(name: str) -> str:
    """The name of a value that is saved, where it is not taken."""
    numbered = name[:1] in ("p", "t") and name[1:].isdigit()  # p0, t0
    return f"{name}_" if name in _TAKEN or numbered else name
