"""Graphs and backward passes: what must work, and what must fail with an explanation."""

import copy
import gc
import sys
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.differentiation import sweep_from
from minigrad.errors import GradientError, GraphFreedError, NoDerivativeError
from tests.support.comparing import leaf


def chain(n, x):
    y = x
    for _ in range(n):
        y = y * 1.0
    return y


def test_long_chains_do_not_recurse():
    """100,000 chained ops: forward, backward, repr, deepcopy and freeing need no recursion."""
    limit = sys.getrecursionlimit()
    x = leaf([1.0, 2.0])
    y = chain(100_000, x)
    assert "op=multiply" in repr(y)
    assert np.array_equal(copy.deepcopy(y.detach()).numpy(), [1.0, 2.0])
    y.sum().backward()
    assert np.array_equal(x.grad.numpy(), [1.0, 1.0])
    del y
    assert sys.getrecursionlimit() == limit


def test_second_backward_raises_unless_kept():
    """A freed graph says so; a kept one adds exactly the same gradient again."""
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    y.backward()
    with pytest.raises(GraphFreedError, match="retain_graph=True"):
        y.backward()
    assert np.array_equal(x.grad.numpy(), [2.0, 4.0])
    z = (x * x).sum()
    x.grad = None
    z.backward(retain_graph=True)
    z.backward()
    assert np.array_equal(x.grad.numpy(), [4.0, 8.0])


def test_freed_even_where_nothing_was_saved():
    """The second backward raises also for ops whose rules save nothing."""
    x = leaf([1.0])
    y = (x + 1.0).sum()
    y.backward()
    with pytest.raises(GraphFreedError):
        y.backward()


def test_carried_state_without_detach_teaches():
    """Using a state of a freed window names the step and says to detach."""
    w = leaf([0.5], name="w")
    h = mg.tensor(np.ones(1))
    for window in range(2):
        for t in (1, 2):
            with mg.scope("cell", t=t):
                h = np.tanh(w * h)
        if window == 0:
            h.sum().backward()
    with pytest.raises(GraphFreedError, match=r"carried over from step t=2 .*detach") as caught:
        h.sum().backward()
    assert "cell[t=1]" in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: (x * 2).backward(), r"needs the cotangent.*\(2,\)"),
        (lambda x: (x * 2).backward(np.ones(3)), r"\(3,\).*wanted shape \(2,\)"),
        (lambda x: (x * 2).backward(np.ones(2, complex)), "complex128.*float64"),
        (lambda x: (x * 2).backward(np.array(["a", "b"])), "<U1"),
        (lambda x: mg.tensor([1.0]).backward(), "requires_grad=True"),
        (lambda x: x.detach().backward(np.ones(2)), "does not require grad"),
    ],
)
def test_backward_that_cannot_start(make, message):
    """What cannot be differentiated raises GradientError with what was received and wanted."""
    with pytest.raises(GradientError, match=message):
        make(leaf([1.0, 2.0]))


def test_cotangent_of_another_float_dtype_is_cast():
    """A float32 or integer cotangent of a float64 result is used in float64."""
    for dtype in (np.float32, int):
        x = leaf([1.0, 2.0])
        (x * 3).backward(np.ones(2, dtype))
        assert x.grad.dtype == np.float64
        assert np.array_equal(x.grad.numpy(), [3.0, 3.0])


def test_unused_leaf_has_no_gradient():
    """`.grad` of a leaf that the result does not depend on stays None; transforms give zeros."""
    x, unused = leaf([1.0]), leaf([2.0])
    (x * 2).sum().backward()
    assert unused.grad is None
    g = mg.grad(lambda a, b: a * 2, argnums=(0, 1))(1.0, 2.0)
    assert np.array_equal(g[1], 0.0)


def test_same_tensor_twice_and_diamonds():
    """x*x, x+x and paths that meet again add up."""
    x = leaf([3.0])
    (x * x + np.add(x, x)).sum().backward()
    assert x.grad.item() == 8.0
    x.grad = None
    a = np.tanh(x)
    ((a * 2) * (a + x)).sum().backward()
    t = np.tanh(3.0)
    assert np.isclose(x.grad.item(), 2 * (1 - t * t) * (t + 3) + 2 * t * (1 - t * t + 1))


def test_exception_in_backward_leaves_gradients_alone():
    """After a rule or hook has raised, no .grad has changed, and a retry gives the right sum."""
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    y = x * w
    boom = []

    def hook(g):
        if not boom:
            boom.append(1)
            raise RuntimeError("boom")

    z = (y * w).sum()
    y.register_hook(hook)
    with pytest.raises(RuntimeError, match="boom"):
        z.backward()
    assert x.grad is None
    assert w.grad is None
    z.backward()
    assert np.array_equal(w.grad.numpy(), 2 * x.numpy() * w.numpy())


def test_hooks_see_and_replace_the_complete_gradient():
    """A hook runs once, on the sum of all contributions; its result is what flows on."""
    x = leaf([1.0])
    y = x * 2
    seen = []
    remove = y.register_hook(lambda g: seen.append(g.item()))
    y.register_hook(lambda g: g * 10)
    (y * 3 + y * 4).sum().backward(retain_graph=True)
    assert seen == [7.0]
    assert x.grad.item() == 140.0
    remove()
    (y * 1).sum().backward()
    assert seen == [7.0]
    y = x * 1
    y.register_hook(lambda g: np.ones(2))
    with pytest.raises(GradientError, match=r"shape \(2,\)"):
        y.sum().backward()


def test_hooks_on_leaves_and_retained_gradients():
    """Hooks work on leaves; retain_grad keeps an intermediate gradient."""
    x = leaf([2.0])
    x.register_hook(lambda g: g * 0.5)
    y = x * x
    y.retain_grad()
    (y * 3).sum().backward()
    assert x.grad.item() == 6.0
    assert y.grad.item() == 3.0


def test_requires_grad_needs_floats():
    """Integers, booleans and complex numbers cannot require grad; text is no tensor at all."""
    for data in ([1, 2], [True], [1j]):
        with pytest.raises(TypeError, match="float"):
            mg.tensor(data, requires_grad=True)
    for data in (["a"], [None, 1], [[1], [1, 2]]):
        with pytest.raises((TypeError, ValueError)):
            mg.tensor(data)


def test_memory_is_flat_with_the_collector_off(collector_off):
    """No reference cycles: graphs are freed by reference counts alone, also with create_graph."""
    x = leaf([1.0, 2.0])
    y = np.tanh(x * x)
    watch = weakref.ref(y)
    y.sum().backward()
    del y
    assert watch() is None

    z = (x * x * x).sum()
    (g,) = sweep_from([z], [None], [x], create_graph=True).values()
    (h,) = sweep_from([g.sum()], [None], [x]).values()
    assert np.allclose(h, [6.0, 12.0])
    watch = weakref.ref(g)
    del z, g, h
    assert watch() is None

    for step in range(201):
        a, b = np.split(np.tanh(x * 2), 2)
        (a * b).sum().backward()
        if step == 0:  # what is made once has been made
            before = len(gc.get_objects())
    assert len(gc.get_objects()) - before < 10
    assert gc.collect() == 0


def test_numpy_functions_without_derivative_raise():
    """Nothing falls back to an array quietly; the message names the function and the ways out."""
    x = leaf([1.0, 2.0])
    with pytest.raises(NoDerivativeError, match=r"np\.nextafter.*primitive"):
        np.nextafter(x, 1.0)
    with pytest.raises(NoDerivativeError, match=r"np\.spacing"):
        np.spacing(x)
    with pytest.raises(TypeError, match=r"detach\(\)"):
        np.asarray(x)
    with pytest.raises(TypeError, match="detach"):
        mg.tensor(x)
    assert np.array_equal(np.asarray(x.detach()), [1.0, 2.0])


def test_failed_op_names_itself_and_its_operands():
    """A shape error carries the op's name and the shapes and dtypes that it received."""
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"add\(x: \(2,\) float64, y: \(3,\) float64\)"):
        x + np.ones(3)
    with pytest.raises(ValueError, match=r"matmul\(x: \(2,\) float64, y: \(3, 2\) float64\)"):
        x @ np.ones((3, 2))
    with pytest.raises(np.exceptions.AxisError, match=r"sum\(x: \(2,\) float64, axis=3\)"):
        x.sum(axis=3)


def test_gradient_keeps_the_dtype_of_its_tensor():
    """float32 times float64 computes in float64; each gradient comes back in its own dtype."""
    a = mg.tensor(np.ones(3, np.float32), requires_grad=True)
    b = mg.tensor(np.ones(3), requires_grad=True)
    y = a * b
    assert y.dtype == np.float64
    y.sum().backward()
    assert a.grad.dtype == np.float32
    assert b.grad.dtype == np.float64
    assert (a * 2.0).dtype == np.float32


def test_rule_with_a_wrong_shape_is_named():
    """A rule whose result cannot be un-broadcast to its argument raises GradientError."""
    from minigrad.engine.op import OPS

    @mg.primitive(vjps=(lambda g: np.ones(5),), name="_misfit")
    def misfit(x):
        """x"""
        return np.array(x)

    try:
        with pytest.raises(GradientError, match=r"'_misfit' for argument 'x'.*\(5,\).*\(2,\)"):
            misfit(leaf([1.0, 2.0])).sum().backward()
    finally:
        del OPS["_misfit"]


def test_deferred_products_equal_the_contributions():
    """A weight used in many products, and otherwise, gets the sum of all its contributions."""
    rng = np.random.default_rng(0)
    w = mg.tensor(rng.normal(size=(3, 3)), requires_grad=True)
    h, total = mg.tensor(rng.normal(size=(2, 3))), 0.0
    for _ in range(4):
        h = np.tanh(h @ w)
        total = total + (h * h).sum() + (w @ h.T).sum()
    total = total + (w * w).sum()
    uses = mg.contributions(total, [w])[0]
    assert len(uses) == 10
    total.backward()
    assert np.allclose(w.grad.numpy(), sum(use.value for use in uses), rtol=1e-12)


def test_user_primitive_and_its_mistakes():
    """A user's op works like any other; a rule that names the unknown is refused at once."""
    from minigrad.engine.op import OPS

    @mg.primitive("()->()", vjps=(lambda g, x: g * 3 * x**2,), name="_cube")
    def cube(x):
        """x³"""
        return x**3

    try:
        assert np.allclose(mg.grad(mg.grad(cube))(2.0), 12.0)
        with pytest.raises(ValueError, match="already registered"):
            mg.primitive(name="_cube")(lambda x: x)
        with pytest.raises(TypeError, match=r"names \['z'\].*out, x"):
            mg.primitive(vjps=(lambda g, z: g,), name="_other")(lambda x: x)
    finally:
        del OPS["_cube"]
