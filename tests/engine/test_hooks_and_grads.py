"""Hooks, `.grad` and writes, in the details: order, dtypes, shapes, aliases."""

import threading
import time
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.op import OPS
from minigrad.errors import NoDerivativeError
from tests.support.comparing import leaf


def test_hooks_run_in_the_order_of_registration():
    """Each hook gets what the one before it returned."""
    x = leaf([1.0])
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(g.item()) or g + 1)
    y.register_hook(lambda g: seen.append(g.item()) or g * 10)
    y.sum().backward()
    assert seen == [1.0, 2.0]
    assert x.grad.item() == 40.0


def test_removing_a_hook_leaves_the_others():
    """What register_hook returns removes that hook, also a second time, and no other."""
    x, seen = leaf([1.0]), []
    remove = [x.register_hook(lambda g, k=k: seen.append(k)) for k in range(3)]
    remove[1]()
    remove[1]()
    (x * 2).sum().backward()
    assert seen == [0, 2]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_hooks_see_and_give_the_dtype_of_the_tensor(dtype):
    """Whatever dtype the cotangent and the result of a hook have, it is converted."""
    x = mg.tensor(np.ones(2, dtype), requires_grad=True)
    y, seen = x * dtype(2), []
    y.register_hook(lambda g: seen.append(g.dtype) or g.numpy().astype(np.float64) * 3)
    x.register_hook(lambda g: seen.append(g.dtype) or np.array([5.0, 7.0]))
    y.retain_grad()
    y.backward(np.ones(2))
    assert seen == [dtype, dtype]
    assert x.grad.dtype == y.grad.dtype == dtype
    np.testing.assert_array_equal(x.grad, [5, 7])
    np.testing.assert_array_equal(y.grad, [3, 3])


@pytest.mark.parametrize("shape", [(3, 2), (6,), (1, 2, 3), ()])
def test_a_gradient_has_the_shape_of_its_tensor(shape):
    """Another shape is refused, with as many entries too, and `.grad` stays."""
    x = mg.tensor(np.ones((2, 3)), requires_grad=True)
    (x * 2).sum().backward()
    with pytest.raises(ValueError, match=r"wanted \(2, 3\)"):
        x.grad = np.ones(shape)
    np.testing.assert_array_equal(x.grad, np.full((2, 3), 2.0))


def test_what_is_assigned_is_copied():
    """The caller's array stays the caller's: writeable, and no way to change the tensor."""
    for write in ("data", "index", "grad"):
        x, given = leaf([0.0, 0.0]), np.array([1.0, 2.0])
        if write == "data":
            x.data = given
        elif write == "index":
            with mg.no_grad():
                x[:] = given
        else:
            x.grad = given
        given[0] = 9.0
        np.testing.assert_array_equal(x.grad if write == "grad" else x.detach(), [1, 2])


def test_contributions_of_threads_that_meet(monkeypatch):
    """A thread that adds to `.grad` and is interrupted in the middle of it loses nothing."""
    add = mg.Tensor.__add__

    def slowly(self, other):
        total = add(self, other)
        time.sleep(0.002)  # any other thread runs now
        return total

    w = leaf([1.0, 2.0])
    losses = [[(w * 3.0).sum() for _ in range(5)] for _ in range(4)]
    threads = [
        threading.Thread(target=lambda mine=mine: [loss.backward() for loss in mine])
        for mine in losses
    ]
    monkeypatch.setattr(mg.Tensor, "__add__", slowly)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(w.grad, [60, 60])


def test_leaves_are_freed_by_reference_counts(collector_off):
    """A leaf with a gradient, a hook and a graph closes no cycle: it goes with its last name."""
    for use in (lambda x: None, lambda x: (x * x).sum().backward(), lambda x: x.register_hook(len)):
        x = leaf([1.0, 2.0])
        use(x)
        watch = weakref.ref(x)
        del x
        assert watch() is None


def test_a_rule_that_gives_complex_numbers_is_refused():
    """A real gradient would be a part of it: an error, and not its real part."""
    @mg.primitive(name="_turned", vjps=(lambda g: 1j * g,))
    def turned(x):
        """x, with a rule that belongs to i x"""
        return np.array(x)

    x = leaf([1.0, 2.0])
    try:
        with pytest.raises(NoDerivativeError, match="complex"):
            turned(x).sum().backward()
    finally:
        del OPS["_turned"]
    assert x.grad is None
