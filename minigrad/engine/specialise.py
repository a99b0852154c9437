"""A pullback written out as one function: its definition without the loop and the questions.

The source is generated, shown by tracebacks and debuggers, and kept as ``source``. A law of
minigrad.testing holds it equal to the definition, ``pull_back`` in ``pullback``.

>>> import minigrad as mg
>>> print(written_out(mg.catalogue("tanh")[0].pullback(1)).source)
def pullback_of_tanh(node, g, saved, needed, lazily, totals):
    if type(g) is not ndarray and isinstance(g, Cotangent):
        return pull_back(node, g, saved, needed, lazily, totals)
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
from functools import lru_cache
from itertools import count
from types import CodeType
from typing import Any

import numpy as np

from . import pullback as definition
from .expressions import expression_of
from .lazy import LazySum
from .op import Pullback, Rule

__all__ = ["compiled", "source_of", "when_needed", "written_out"]

_number = count(1)

# What else has a name in the source.
_TAKEN = {
    *vars(definition), "LazySum",
    "node", "g", "c", "saved", "needed", "lazily", "totals", "item", "ndarray",
    "half", "type", "isinstance",
}


def when_needed(pullback: Pullback) -> Callable[..., None]:
    """A pullback written out when the first sweep calls it."""

    def pull(*args: Any) -> None:
        pullback.generated = written_out(pullback)
        pullback.generated(*args)

    return pull


def written_out(pullback: Pullback) -> Any:
    """A pullback compiled from its source; of a joint rule the definition."""
    if pullback.joint is not None:
        return definition.pull_back
    names: dict[str, Any] = {f"rule_{step.place}": step.rule for step in pullback.steps}
    names |= {"LazySum": LazySum, "ndarray": np.ndarray}
    names["half"] = np.dtype(np.float16)  # which is added up with care
    for i in pullback.lazy:
        names[f"collect_{i}"], names[f"total_{i}"] = pullback.op.lazy[i]
    what = f"pullback of {pullback.op.name}"
    return compiled(source_of(pullback), what, {**vars(definition), **names})


def compiled(source: str, what: str, names: dict[str, Any]) -> Any:
    """The function that a source defines, which can name `names`; tracebacks show its lines."""
    found: dict[str, Any] = {}
    exec(_code(source, what), names, found)
    (function,) = found.values()
    function.source = source
    return function


@lru_cache(maxsize=1024)
def _code(source: str, what: str) -> CodeType:
    """What Python makes of a source; the same for records of the same form and name."""
    file = f"<{what}, {next(_number)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    return compile(source, file, "exec")


def source_of(pullback: Pullback) -> str:
    """The function that hands on the contributions of a node."""
    op = pullback.op.name if pullback.op.name.isidentifier() else "op"
    lines = [
        f"def pullback_of_{op}(node, g, saved, needed, lazily, totals):",
        "    if type(g) is not ndarray and isinstance(g, Cotangent):",
        "        return pull_back(node, g, saved, needed, lazily, totals)",
    ]
    if pullback.residuals:
        saved = "".join(f"{_variable(name)}, " for name in pullback.residuals)
        lines.append(f"    {saved.strip()} = saved")
    if len(pullback.op.arguments) == 2:
        lines.append("    p0, p1 = node.first, node.second")
    else:
        parents = "".join(f"p{i}, " for i in range(len(pullback.op.arguments)))
        lines.append(f"    {parents.strip()} = node.parents")
    for step in pullback.steps:
        lines += [f"    if p{step.place} in needed:"]
        lines += [f"        {line}" for line in _handed_on(pullback, step.place, step.rule)]
    return "\n".join([*lines, ""])


def _handed_on(pullback: Pullback, i: int, rule: Rule) -> Iterator[str]:
    """What makes one contribution and adds it to the total of its parent."""
    p, indent = f"p{i}", ""
    if pullback.op.argument(i) in pullback.residuals:
        yield f"if {p}.written < node.key if {p}.pullback is None else {p}.extra is not None:"
        yield f"    check_written(node, {i}, {p})"
    if i in pullback.lazy:
        collected = _arguments(pullback, pullback.op.lazy[i].collect)
        yield f"item = collect_{i}({collected}) if lazily and {p}.pullback is None else None"
        yield "if item is not None:"
        yield f"    hand_on(totals, {p}, LazySum(item, total_{i}, {p}, (node, {i})))"
        yield "else:"
        indent = "    "
    value, shaped = _value(pullback, i, rule)
    fits = f"{shaped}.shape == {p}.shape and c.dtype is {p}.dtype is not half"
    for line in (
        f"c = {value}",
        f"if type(c) is ndarray and {fits}:",
        f"    t{i} = totals.get({p})",
        f"    totals[{p}] = c if t{i} is None else t{i} + c",
        "else:",
        f"    hand_on(totals, {p}, fitted(c, {p}, node, {i}))",
    ):
        yield indent + line


def _value(pullback: Pullback, i: int, rule: Rule) -> tuple[str, str]:
    """A contribution, and the name of what has its shape. Arithmetic of an elementwise op's
    cotangent, result and arguments stands here as it is: it has the shape of the node."""
    op, needs = pullback.op, pullback.op.needs(rule)
    known = all(n in ("out", *op.arguments) and _variable(n) == n for n in needs)
    if op.elementwise and known and (expression := expression_of(rule)):
        return expression, "node"
    return f"rule_{i}({_arguments(pullback, rule)})", "c"


def _arguments(pullback: Pullback, rule: Rule) -> str:
    return ", ".join(["g", *map(_variable, pullback.op.needs(rule))])


def _variable(name: str) -> str:
    """The name of a value that is saved, where it is not taken."""
    numbered = name[:1] in ("p", "t") and name[1:].isdigit()  # p0, t0
    return f"{name}_" if name in _TAKEN or numbered else name
