"""Names for generated source: the user's where there is one, else what a result is made of.

A variable that is bound again and again, as ``i = sigmoid(i)``, is the last of its results; those
before it are called ``pre_i``. What becomes of a part of the state is called ``h_new``. A cotangent
has the name of its variable behind ``d_``.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..engine.op import OPS
from .program import Equation, Var
from .step import Traced

__all__ = ["name_results", "name_step"]

_TURNING = {OPS["swapaxes"], OPS["transpose"]}
_LONGEST = 8  # letters of a name that is made of others


def name_step(step: Traced) -> None:
    """Call the variables of a step what the user's code calls them."""
    names, program = step.trace.frames, step.program
    for tracer, given in step.trace.captured:
        tracer.symbol.name = tracer.symbol.name or names.captured.get(id(given)) or names.of(given)
    given = {v for group in ("state", "x") for v in program.inputs[group]}
    new = {v for v in program.outputs["state"] if isinstance(v, Var)}
    same: dict[str, list[Var]] = {}
    for var, name in names.found.items():
        same.setdefault(name, []).append(var)
    for name, variables in same.items():
        made = [v for v in variables if v not in given]
        for v in variables:
            if v.name:
                continue
            if v in given or (v is made[-1] and len(variables) == len(made)):
                v.name = name
            else:
                v.name = f"{name}_new" if v in new else f"pre_{name}" if v is not made[-1] else name
    name_results(program.equations)


def name_results(equations: Iterable[Equation]) -> None:
    """Name results without a name by their op and operands: f_c, tanh_c, h_U."""
    for equation in equations:
        operands = [a.name for a in equation.args if isinstance(a, Var)]
        joined = "_".join(operands)
        if len(operands) == 1 and len(equation.args) == 1:
            turned = equation.op in _TURNING
            joined = f"{operands[0]}_T" if turned else f"{equation.op.name}_{operands[0]}"
        elif len(operands) < len(equation.args):
            joined = ""
        for out in equation.outs:
            short = 0 < len(joined) <= _LONGEST and all(operands)
            out.name = out.name or (joined if short else equation.op.name.rpartition(" ")[2])
