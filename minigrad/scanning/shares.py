"""The plan of a step for some rows of its batch: its equations, traced again with fewer rows.

The backward program is made anew by the rules of the ops, so that no shape in it is that of the
whole batch.
"""

from __future__ import annotations

import threading
from typing import Any

from ..engine.op import OPS
from ..errors import TraceError
from .batch import Batch
from .plan import Plan
from .program import Equation, Program, Var, evaluate
from .step import Traced
from .trace import Trace

__all__ = ["share_of"]

_SHAPED = frozenset({OPS["broadcast_to"], OPS["reshape"]})
_SQUEEZE = OPS["squeeze"]
_lock = threading.Lock()


def share_of(plan: Plan, batch: Batch, size: int, arrays: dict[str, list[Any]]) -> Plan:
    """The plan for `size` rows, made at the first call.

    arrays: rows of the inputs of `plan`, of x for the steps of one sequence: their values are those
    that a step is traced with.
    """
    with _lock:
        if size not in plan.shares:
            traced = _traced_again(plan, batch, size, arrays)
            try:
                plan.shares[size] = Plan(traced, plan.passes)
            finally:
                traced.trace.close()
        return plan.shares[size]


def _traced_again(plan: Plan, batch: Batch, size: int, arrays: dict[str, list[Any]]) -> Traced:
    program, trace = plan.program, Trace()
    inputs = {
        group: [
            trace.input(a[0] if group == "x" else a, active, v.name)
            for a, active, v in zip(arrays[group], plan.active[group], variables, strict=True)
        ]
        for group, variables in program.inputs.items()
    }
    known: dict[Var, Any] = {
        v: t for group, variables in program.inputs.items()
        for v, t in zip(variables, inputs[group], strict=True)
    }
    equations = [_resized(e, batch, size) for e in program.equations]
    records = any(map(any, plan.active.values()))
    with trace.writing(record=records):
        found = evaluate(Program(program.inputs, equations, program.outputs), known)
    for old, new in zip(program.equations, trace.equations, strict=True):
        new.line = old.line
        for v, w in zip(old.outs, new.outs, strict=True):
            w.name = v.name
            if w.shape != _shape(v, batch, size):
                raise TraceError(
                    f"scan: {old.op.name} ({old.line}) cannot be run for {size} rows of a batch; "
                    f"pass workers=1"
                )
    groups = {group: [t.symbol for t in tracers] for group, tracers in inputs.items()}
    outputs = {group: [t.symbol for t in tracers] for group, tracers in found.items()}
    small = Program(groups, list(trace.equations), outputs)
    return Traced(trace, small, small.equations, [], inputs, found, lambda flat: flat)


def _resized(equation: Equation, batch: Batch, size: int) -> Equation:
    """An equation whose keywords are those for some rows, be it a single one."""
    params = equation.params
    if equation.op in _SHAPED:
        params = {**params, "shape": _shape(equation.outs[0], batch, size)}
    elif equation.op is _SQUEEZE and params["axis"] is None:
        (x,) = equation.args
        params = {**params, "axis": tuple(k for k, n in enumerate(x.shape) if n == 1)}
    return Equation(
        equation.op, equation.args, params, equation.outs, equation.line, equation.active
    )


def _shape(v: Var, batch: Batch, size: int) -> tuple[int, ...]:
    """The shape of a variable of which there are `size` rows."""
    axis = batch.axis.get(v)
    return tuple(size if axis == k else n for k, n in enumerate(v.shape))
