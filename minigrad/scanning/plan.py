"""Plans: what is made of a step once, and used for every sequence that it fits.

A step is traced at every call, so what it refers to is read anew, and a plan cannot be stale. The
plan is found by what the trace says: ops, shapes, dtypes, constants, what needs a gradient. Mostly
it is the one that such arguments had before, which the trace follows (`following`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from ..engine.context import local
from .batch import Batch, batch_of
from .draws import seen_again
from .emit import emitted
from .explaining import explained, flops
from .following import Written
from .loops import loops_of
from .naming import name_results, name_step
from .passes import PASSES
from .program import Program
from .source import compiled
from .step import Traced, Tree, traced, transposed

__all__ = ["Plan", "forget", "plan_of"]

_WORTH_A_COPY = 4  # so many steps gain more than it costs to lay out weights for them
_MOST = 64  # plans that are kept: the oldest goes first
_plans: dict[Any, Plan] = {}
_last: WeakValueDictionary[Any, Plan] = WeakValueDictionary()  # by arguments, for a trace to follow
_lock = threading.Lock()


class Plan:
    """The programs of a step, the source that was written for them, and the functions.

    program, transpose: one step forwards and backwards (None where nothing needs a gradient).
    active, live: which of the inputs, and which of the results, are on the graph.
    flops: those of products in the forward loop, a step.
    """

    def __init__(self, step: Traced, passes: frozenset[str]) -> None:
        name_step(step)
        self.active = {
            group: [t._node is not None for t in ts] for group, ts in step.inputs.items()
        }
        self.live = {
            group: [k for k, t in enumerate(ts) if t._node is not None]
            for group, ts in step.outputs.items()
        }
        self.program: Program = step.program
        self.written = Written(step.program.inputs, self.active, step.written, step.program.outputs)
        self.transpose: Program | None = None
        if any(self.live.values()):
            self.transpose = transposed(step, sink="sink" in passes)
            name_results(self.transpose.equations)
        loops = loops_of(self.program, self.transpose, self.live)
        for name, transformed in PASSES.items():
            if name in passes:
                loops = transformed(loops)
        lines = emitted(loops)
        self._loops, self.passes = loops, passes
        self.flops = sum(map(flops, loops.first.body))
        self.makes = False  # arrays at each step, so that it has to be seen whether it draws
        self.shares: dict[int, Plan] = {}  # the same for fewer rows (`shares`)
        self.source, functions = compiled(lines, "a step", self)
        self.forward: Callable[..., Any] = functions["forward"]
        self.backward: Callable[..., Any] = functions.get("backward", _nothing)

    @cached_property
    def batch(self) -> Batch | str:
        """The rows that workers may share out among them, or why there are none."""
        return batch_of(self.program, self.live)

    def explain(self) -> str:
        """What the passes did, what is saved for the backward pass, how many flops a step has, and
        whether several workers may run it."""
        shared = "one" if isinstance(self.batch, str) else f"up to {self.batch.size}"
        return f"{explained(self._loops, self.passes)}\nworkers      {shared}: {self.batch}"

    def __repr__(self) -> str:
        return f"<plan of {len(self.program.equations)} equations a step; print its .source>"


def forget() -> None:
    """Let go of all plans: whatever is called is planned anew."""
    with _lock:
        _plans.clear()
        _last.clear()


def _nothing(*args: Any) -> None:
    """The backward pass of a step of which nothing needs a gradient."""


class Found(NamedTuple):
    """A plan for a step; what the step refers to; what it draws at each step; and how its output
    is put together."""

    plan: Plan
    captured: list[Any]
    drawn: list[Any]
    rebuild: Callable[[list[Any]], Any]


def plan_of(
    step: Callable[[Any, Any], Any], state: Tree, x: Tree, active: Sequence[bool],
    x_active: Sequence[bool], passes: frozenset[str], T: int, fresh: bool,
) -> Found:
    """The plan for a step that runs T times, made if there is none yet, or if it is to be `fresh`:
    one that is there has the names of the code that it was made for."""
    if T < _WORTH_A_COPY:
        passes -= {"layout"}
    arguments = (
        tuple([(a.shape, a.dtype) for a in (*state[0], *x[0])]), tuple(active), tuple(x_active),
        local.state.record, passes,
    )
    last = None if fresh else _last.get(arguments)
    traces: list[Traced] = []

    def trace(named: bool, before: Plan | None = None) -> Traced:
        written = None if before is None else before.written
        like = traces[-1] if traces else None
        traces.append(traced(step, state, x, active, x_active, named, written, like))
        return traces[-1]

    try:
        found, drawn = trace(False, last), list[Any]()
        if last is not None and found.followed:
            return Found(last, found.captured, drawn, found.rebuild)
        key = found.key(), passes
        plan = _plans.get(key)
        if fresh or plan is None or plan.makes:
            seen = seen_again(found, trace, T, step, thorough=plan is None)
            found, drawn = seen.found, seen.drawn
            key = found.key(), passes
            plan = None if fresh else _plans.get(key)
            if plan is None:
                plan = Plan(seen.named, passes)
                plan.makes = seen.made
                with _lock:
                    _plans[key] = plan
                    if len(_plans) > _MOST:
                        del _plans[next(iter(_plans))]
        if not plan.makes:
            _last[arguments] = plan
        return Found(plan, found.captured, drawn, found.rebuild)
    finally:
        for one in traces:
            one.trace.close()
