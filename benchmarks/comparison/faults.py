"""Three wrong derivatives of tanh: which checker notices?

- factor: the slope is 1.001 times too large;
- far: the slope is right where |x| < 2, and 0 beyond: the inputs given are 0.5 and -1;
- second: the slope is right, and a constant for the second derivative.

Each checker has what it offers turned on: order 2 where there is one, float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["SEEN"]

GIVEN = np.array([0.5, -1.0])
FAULTS = ("factor", "far", "second")


def slope(fault: str, x: Any, y: Any, module: Any, constant: Callable[[Any], Any]) -> Any:
    """The derivative, with a fault unless that is ""; `module` has `where`."""
    right = (1 - y) * (1 + y)
    if fault == "factor":
        return right * 1.001
    if fault == "far":
        return module.where(abs(x) < 2, right, 0 * right)
    return constant(right) if fault == "second" else right


def verdicts(check: Callable[[str], Any]) -> str:
    """Of each fault whether `check` raises; it has to pass where there is none."""
    check("")
    found = {}
    for fault in FAULTS:
        try:
            check(fault)
        except Exception as error:  # each has an error of its own
            found[fault] = "found" if _is_verdict(error) else f"{type(error).__name__}"
        else:
            found[fault] = "passes"
    return ", ".join(f"{fault} {verdict}" for fault, verdict in found.items())


def _is_verdict(error: Exception) -> bool:
    return isinstance(error, AssertionError) or type(error).__name__ == "GradcheckError"


def _ours(fault: str) -> Any:
    import minigrad as mg
    from minigrad.engine.tensor import detached

    @mg.primitive("()->()", name=f"tanh_{fault}",
                  vjps=(lambda g, x, out: g * slope(fault, x, out, np, detached),))
    def op(x: Any) -> Any:
        """tanh(x)"""
        return np.tanh(x)

    return op


def _without(check: Callable[[Any], Any]) -> Callable[[str], Any]:
    """`check` of an op with a fault, which is not in the catalogue afterwards."""
    from minigrad.engine.op import OPS

    def run(fault: str) -> Any:
        op = _ours(fault)
        try:
            check(op)
        finally:
            del OPS[op.op.name]

    return run


def minigrad__grads() -> str:
    """`check_grads(order=2)`."""
    from minigrad.testing import check_grads

    return verdicts(_without(lambda op: check_grads(op, GIVEN, order=2)))


def minigrad__op() -> str:
    """`check_op`, which draws its own inputs."""
    from minigrad.testing import check_op

    return verdicts(_without(lambda op: check_op(op, seed=0)))


def torch() -> str:
    """`gradcheck` and `gradgradcheck`."""
    import torch

    def check(fault: str) -> None:
        class Wrong(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                return torch.tanh(x)

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                (x,) = ctx.saved_tensors
                return g * slope(fault, x, torch.tanh(x), torch, lambda s: s.detach())

        x = torch.tensor(GIVEN, requires_grad=True)
        torch.autograd.gradcheck(Wrong.apply, x)
        torch.autograd.gradgradcheck(Wrong.apply, x)

    return verdicts(check)


def jax() -> str:
    """`jax.test_util.check_grads(order=2, modes=["rev"])`."""
    import jax
    from jax.test_util import check_grads

    def check(fault: str) -> None:
        @jax.custom_vjp
        def wrong(x: Any) -> Any:
            return jax.numpy.tanh(x)

        def back(x: Any, g: Any) -> tuple[Any]:
            y = jax.numpy.tanh(x)
            return (g * slope(fault, x, y, jax.numpy, jax.lax.stop_gradient),)

        wrong.defvjp(lambda x: (wrong(x), x), back)
        with jax.enable_x64(True):
            check_grads(wrong, (GIVEN,), order=2, modes=["rev"])

    return verdicts(check)


def autograd() -> str:
    """`autograd.test_util.check_grads(modes=["rev"], order=2)`."""
    import autograd.numpy as anp
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads
    from autograd.tracer import getval

    def constant(value: Any) -> Any:
        while (inner := getval(value)) is not value:
            value = inner
        return value

    def check(fault: str) -> None:
        wrong = primitive(np.tanh)
        defvjp(wrong, lambda y, x: lambda g: g * slope(fault, x, anp.tanh(x), anp, constant))
        check_grads(wrong, modes=["rev"], order=2)(GIVEN)

    return verdicts(check)


def advect() -> str:
    """`check_primitive` with `"jvp"`, `"transpose"` and `"nested"`, of one sample."""
    import advect
    from advect.testing import check_primitive

    def check(fault: str) -> None:
        @advect.primitive(name=f"minigrad.{fault}")
        def wrong(x: Any) -> Any:
            return np.tanh(x)

        @wrong.def_abstract
        def shape(x: Any) -> Any:
            return x.spec

        @wrong.def_jvp
        def forward(y: Any, primals: Any, tangents: Any) -> Any:  # its transpose is made of this
            (x,), (v,) = primals, tangents
            return slope(fault, x, np.tanh(x), np, advect.stop_gradient) * v

        checks = ("abstract", "jvp", "transpose", "nested")
        check_primitive(wrong, primals=(GIVEN,), check=checks)

    return verdicts(check)


SEEN = (minigrad__grads, minigrad__op, torch, jax, autograd, advect)
