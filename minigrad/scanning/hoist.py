"""The hoist pass: what does not depend on the carried state is computed before the loop.

What depends on weights alone (a sum of two biases, a transpose) runs once, whatever it is. What
depends on the inputs as well (x_t W for all t) is one call for all steps, where the op allows it:
one product of T · B rows in the place of T products of B rows.

Measured, one thread, of a training step of an LSTM on tokens with T = 1,000, B = 1, H = 64: 18 %;
with T = 64, B = 32: 9 % at H = 64, nothing to speak of at H = 256.
"""

from __future__ import annotations

from collections.abc import Callable

from .loops import Loops
from .program import Equation, Var
from .stacked import can_stack

__all__ = ["hoist"]

def hoist(loops: Loops) -> Loops:
    """The loops, with what can be known before them taken out."""
    constant = loops.constant()
    for loop in (loops.first, loops.second):
        once = _reachable(loop.body, constant, lambda equation: True)
        loop.once += once
        loop.body = _without(loop.body, once)
        constant.update(v for e in once for v in e.outs)
    known = constant | set(loops.forward.inputs["x"])

    def stacks(equation: Equation) -> bool:
        return can_stack(equation, lambda v: v not in constant)

    ahead = _reachable(loops.first.body, known, stacks)
    loops.first.ahead += ahead
    loops.first.body = _without(loops.first.body, ahead)
    loops.done += [f"hoisted, at once for all inputs: {e.op.name} {e.outs[0]!r}" for e in ahead]
    return loops


def _reachable(
    body: list[Equation], known: set[Var], allowed: Callable[[Equation], bool]
) -> list[Equation]:
    """The equations that need nothing but what is known, in order."""
    known, found = set(known), []
    for equation in body:
        if known.issuperset(equation.uses()) and allowed(equation):
            found.append(equation)
            known.update(equation.outs)
    return found


def _without(body: list[Equation], moved: list[Equation]) -> list[Equation]:
    gone = set(map(id, moved))
    return [e for e in body if id(e) not in gone]
