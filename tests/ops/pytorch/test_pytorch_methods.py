"""PyTorch's methods and functions, against numbers that PyTorch gave, and by differences."""

import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.testing import check_grads
from tests.support.pytorch_calls import (
    ARRAYS,
    CALLS,
    CONSTANTS,
    NUMBERS,
    alike,
    parts,
    run,
    summary,
    weights,
)

WANTED = dict(
    line.split(" -> ") for line in NUMBERS.read_text(encoding="utf-8").splitlines()
)


def found(call):
    """A call's line, as in the file."""
    leaves, result = run(call, mg.tensor, np.float64, mg.functional, np.float32)
    for y in parts(result):
        if isinstance(y, mg.Tensor) and y.requires_grad:
            y.backward(weights(y.shape, y.dtype), retain_graph=True)
    grads = {name: x.grad.numpy() for name, x in leaves.items() if x.grad is not None}
    values = [y.detach().numpy() if isinstance(y, mg.Tensor) else y for y in parts(result)]
    return summary(values, None if WANTED[call].endswith(" none") else grads)


@pytest.mark.parametrize("call", CALLS)
def test_numbers_of_pytorch(call):
    """Shapes, dtypes, values and gradients are those that PyTorch gave."""
    rtol = 1e-6 if "F32" in call else 1e-8 if "gamma" in call else 1e-9  # its trigamma is not exact
    assert alike(found(call), WANTED[call], rtol), found(call)


# Without a derivative to check: steps, kinks (cdist(x, x) at 0), other dtypes, constants.
WITHOUT = (
    r"ties|holes|empty|round|floor|trunc|fix|sign|sgn|heaviside|argm|F32|short|float\(|detach"
    r"|cdist\(x, x\)|eps=0\.5|similarity\(x, w"
)
SMOOTH = [call for call in CALLS if not re.search(WITHOUT, call)]


@pytest.mark.parametrize("call", SMOOTH)
def test_derivatives(call):
    """Of order 1 and 2, by differences."""
    names = [n for n in ARRAYS if re.search(rf"\b{n}\b", call)]
    fixed = {"F": mg.functional, **{name: mg.tensor(a) for name, a in CONSTANTS.items()}}

    def results(*xs):
        return parts(eval(call, {**dict(zip(names, xs, strict=True)), **fixed}))

    first = results(*[mg.tensor(ARRAYS[n], requires_grad=True) for n in names])
    live = [k for k, y in enumerate(first) if getattr(y, "requires_grad", False) and y.size]
    if live:
        check_grads(
            lambda *xs: tuple(results(*xs)[k] for k in live), *[ARRAYS[n] for n in names], full=12
        )
