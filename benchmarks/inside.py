"""How long each statement of a compiled scan takes: its source, with a look at the clock behind
every line.

The source is what ``scan.plan(...).source`` prints; a statement is counted by the function that it
calls, and by whether it stands in a loop over time.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, NamedTuple

from .timing import timer

__all__ = ["Kernel", "Probe", "watching"]


class Kernel(NamedTuple):
    """What is called ("" for views and names), and whether at every step."""

    name: str
    looped: bool


class Probe:
    """Seconds of plans that were made while it was `watching`.

    within: whether to look at every statement, which costs time itself; else only how long the two
    functions of a plan take is measured, and "trace": tracing a step, and finding its plan.
    """

    def __init__(self) -> None:
        self.within, self.now = False, timer()
        self.forget()

    def forget(self) -> None:
        """Start afresh. seconds: of the functions. ticks: the statements, as they were run."""
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.ticks: list[tuple[Kernel, float]] = []

    def wrapped(self, name: str, plain: Callable[..., Any], ticking: Callable[..., Any]) -> Any:
        """A function of a plan, timed."""

        def timed(*args: Any) -> Any:
            start = self.now()
            try:
                return (ticking if self.within else plain)(*args)
            finally:
                self.seconds[name] += self.now() - start

        return timed


@contextmanager
def watching(probe: Probe) -> Iterator[None]:
    """Plans that are made in this block report to the probe; in it, their traces do."""
    from minigrad.scanning import plan, run

    compiled: Any = plan.compiled
    traced: Any = run.plan_of

    def reporting(*args: Any) -> tuple[str, dict[str, Any]]:
        source, found = compiled(*args)
        ticking = with_ticks(source, dict(found), probe)
        names = [name for name in ("forward", "backward") if name in found]
        return source, found | {n: probe.wrapped(n, found[n], ticking[n]) for n in names}

    plan.compiled = reporting
    run.plan_of = probe.wrapped("trace", traced, traced)
    plan.forget()  # one that is there already would not report
    try:
        yield
    finally:
        plan.compiled, run.plan_of = compiled, traced
        plan.forget()


def with_ticks(source: str, names: dict[str, Any], probe: Probe) -> dict[str, Any]:
    """The functions of the source, with a tick behind every statement.

    >>> probe, source = Probe(), "def f(x):\\n  for t in range(3):\\n    x = abs(x)\\n  return x"
    >>> with_ticks(source, {}, probe)["f"](-2), probe.ticks[0][0], len(probe.ticks)
    (2, Kernel(name='abs', looped=True), 3)
    """
    kernels: list[Kernel] = []
    tree = ast.parse(source)
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            function.body = [_call("_start"), *_ticked(function.body, kernels, looped=False)]
    ast.fix_missing_locations(tree)
    last = [0.0]

    def start() -> None:
        last[0] = perf_counter()

    def tick(k: int) -> None:
        probe.ticks.append((kernels[k], perf_counter() - last[0]))
        last[0] = perf_counter()  # what the counting takes is nobody's

    names |= {"_start": start, "_tick": tick}
    exec(compile(tree, "<source with ticks>", "exec"), names)
    return names


def _ticked(body: list[ast.stmt], kernels: list[Kernel], looped: bool) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    for statement in body:
        found.append(statement)
        if isinstance(statement, ast.With | ast.For | ast.If | ast.Try | ast.While):
            inside = looped or isinstance(statement, ast.For | ast.While)
            for block in ("body", "orelse", "finalbody"):
                if inner := getattr(statement, block, None):
                    setattr(statement, block, _ticked(inner, kernels, inside))
        elif not isinstance(statement, ast.Return | ast.FunctionDef):
            found.append(_call("_tick", len(kernels)))
            kernels.append(Kernel(_called(statement), looped))
    return found


def _called(statement: ast.stmt) -> str:
    """The function whose call is the statement, or the value that it binds."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).removeprefix("np.")
    return ""


def _call(name: str, *args: int) -> ast.stmt:
    return ast.Expr(ast.Call(ast.Name(name, ast.Load()), [ast.Constant(a) for a in args], []))
