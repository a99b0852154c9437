"""Calls written as text, evaluated on arrays and on Tensors: the same text is the test's name."""

import functools
import re

import numpy as np
import pytest

from minigrad import Tensor
from minigrad.testing import check_grads

_rng = np.random.default_rng(7)

# The operands that expressions can name: entries differ pairwise, no matrix is near a singular one.
ARRAYS = {
    "s": np.array(0.7),
    "v": _rng.normal(size=3),
    "w": _rng.normal(size=4),
    "m": _rng.normal(size=(2, 3)),
    "q": _rng.normal(size=(3, 3)) + 3 * np.eye(3),
    "p": _rng.normal(size=(3, 3)) + 3 * np.eye(3),
    "t": _rng.normal(size=(2, 3, 4)),
    "u": _rng.normal(size=(4, 3, 2)),
    "n": _rng.normal(size=(2, 3, 3)) + 3 * np.eye(3),
    "one": _rng.normal(size=(1, 3, 1)),
    "e": np.zeros((0, 3)),
    "f": np.zeros((2, 0)),
}
CONSTANTS = {"np": np, "mask": np.array([[True, False, True], [False, True, True]])}


def used(expression):
    """The operands that an expression names."""
    return [name for name in ARRAYS if re.search(rf"\b{name}\b", expression)]


compiled = functools.cache(lambda expression: compile(expression, "<the call>", "eval"))


def evaluate(expression, values):
    return eval(compiled(expression), {**CONSTANTS, **values})


def agrees(expression):
    """Assert that a call gives on Tensors what it gives on arrays: types of sequences, shapes,
    dtypes and values; and that its gradients of order 1 and 2 are right."""
    names = used(expression)
    try:
        wanted = evaluate(expression, ARRAYS)
    except TypeError as error:
        if "unexpected keyword" not in str(error):
            raise
        pytest.skip(f"NumPy {np.__version__}: {error}")
    for requires_grad in (False, True):
        tensors = {n: Tensor(ARRAYS[n], requires_grad=requires_grad) for n in names}
        compare(evaluate(expression, tensors), wanted, requires_grad)
    low = {n: ARRAYS[n].astype(np.float32) for n in names}
    compare(
        evaluate(expression, {n: Tensor(a) for n, a in low.items()}),
        evaluate(expression, low), rtol=1e-4, atol=1e-5,
    )
    if any(ARRAYS[n].size for n in names):
        check_grads(
            lambda *xs: evaluate(expression, dict(zip(names, xs, strict=True))),
            *(ARRAYS[n] for n in names), names=names, full=12,
        )


def compare(found, wanted, requires_grad=None, rtol=1e-12, atol=1e-12):
    """Assert that `found` is `wanted` with Tensors in the place of arrays."""
    if isinstance(wanted, tuple | list):
        assert type(found) is type(wanted)
        assert len(found) == len(wanted)
        for a, b in zip(found, wanted, strict=True):
            compare(a, b, requires_grad, rtol, atol)
        return
    assert isinstance(found, Tensor)
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found.numpy(), wanted, rtol=rtol, atol=atol)
    if requires_grad is not None and found.dtype.kind == "f":
        assert found.requires_grad == requires_grad


def message(expression, error, *parts):
    """Assert that a call on Tensors that require grad raises `error`, its text holding `parts`."""
    tensors = {n: Tensor(ARRAYS[n], requires_grad=True) for n in used(expression)}
    with pytest.raises(error) as raised:
        evaluate(expression, tensors)
    for part in parts:
        assert part in str(raised.value), f"{part!r} is not in: {raised.value}"


def cases(text):
    """The calls in a table, those left out that this NumPy does not have."""
    found = [part.strip() for line in text.split("\n") for part in line.split(";") if part.strip()]
    return [call for call in found if _known(call.partition("(")[0].split("."))]


def _known(names):
    thing = np
    for name in names[1:] if names[0] == "np" else ():
        thing = getattr(thing, name, None)
    return thing is not None
