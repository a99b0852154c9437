"""What the caller hands to an op stays the caller's: changing it later changes no gradient."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.op import OPS
from minigrad.testing import drawn_calls


def _floats(a):
    return isinstance(a, np.ndarray) and a.dtype.kind in "iuf" and a.flags.writeable and a.size


@pytest.mark.parametrize("name", OPS)
def test_arrays_changed_after_the_call(name):
    """For each op and each of its arguments: the arrays beside it are overwritten between the call
    and the backward pass, and the gradient is that of the call."""
    for call in drawn_calls(name, 6):
        for i in call.live:
            wanted = _gradient(call, i, overwrite=False)
            np.testing.assert_array_equal(_gradient(call, i, overwrite=True), wanted)


def _gradient(call, i, overwrite):
    args = [np.array(a) if isinstance(a, np.ndarray) else a for a in call.args]
    args[i] = x = mg.tensor(args[i], requires_grad=True)
    with np.errstate(all="ignore"):
        try:
            outputs = [y for y in call(*args) if y.dtype.kind == "f"]
        except (ValueError, IndexError):  # of empty arrays, some
            return 0.0
        total = sum(((y * (k + 1)).sum() for k, y in enumerate(outputs)), mg.tensor(0.0))
    if overwrite:
        for a in args:
            if _floats(a):
                a[...] = a[(0,) * a.ndim] // 2 if a.dtype.kind in "iu" else 0.75 * a + 0.1
    if total.requires_grad:
        total.backward()
    return 0.0 if x.grad is None else x.grad.numpy()


@pytest.mark.parametrize("use", [np.multiply, np.matmul, lambda x, a: np.clip(x, a, 9.0)])
def test_arrays_changed_after_a_call_by_its_definition(use):
    """Under detect_anomaly ops are called by their definition, which copies them too."""
    gradients = []
    for change in (False, True):
        x, a = mg.tensor([1.0, 5.0], requires_grad=True), np.array([3.0, 4.0])
        with mg.detect_anomaly():
            y = use(x, a)
        if change:
            a[:] = 7.0, 0.5
        y.sum().backward()
        gradients.append(x.grad.numpy())
    np.testing.assert_array_equal(*gradients)


INDICES = {
    "an array": lambda x, a: x[a],
    "beside a number": lambda x, a: x[a, 1],
    "beside a slice": lambda x, a: x[:, a],
    "two": lambda x, a: x[a, a],
    "a mask": lambda x, a: x[a > 0],
    "take": lambda x, a: np.take(x, a, axis=0),
    "take_along_axis": lambda x, a: np.take_along_axis(x, a[:, None], axis=1),
    "embedding": lambda x, a: mg.functional.embedding(a, x),
    "index_put": lambda x, a: mg.functional.index_put(x, (a, 1), np.zeros(2)),
}


@pytest.mark.parametrize("name", INDICES)
def test_indices_changed_after_the_call(name):
    """Also of arrays within an index."""
    gradients = []
    for change in (False, True):
        x, index = mg.tensor(np.ones((2, 2)), requires_grad=True), np.array([1, 1])
        y = INDICES[name](x, index)
        if change:
            index[:] = 0
        y.backward(1.0 + np.arange(y.size).reshape(y.shape))
        gradients.append(x.grad.numpy())
    np.testing.assert_array_equal(*gradients)


@pytest.mark.parametrize("use", [np.add, np.multiply, np.matmul, lambda a, b: np.stack([a, b])])
def test_masked_arrays_are_refused(use):
    """An array with a mask would lose it on the way into an op, on either side."""
    x, masked = mg.tensor([1.0, 2.0], requires_grad=True), np.ma.array([1.0, 2.0], mask=[0, 1])
    for operands in ((x, masked), (masked, x), (x.detach(), masked)):
        with pytest.raises(TypeError, match=r"mask.*filled"):
            use(*operands)
