"""Transforms of functions that use Tensors on a graph: what comes back stays on that graph."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minigrad as mg
from minigrad.testing import check_grads
from tests.support.comparing import leaf

X, V = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])


def f(w, x):
    return (np.tanh(w * x) * x).sum()


def total(tree):
    """Every number in a result, weighted, in one."""
    leaves = tree if isinstance(tree, list | tuple) else [tree]
    return sum(
        (total(t) if isinstance(t, list | tuple) else (t * np.cos(np.arange(np.size(t))).reshape(
            np.shape(t))).sum()) * (k + 1)
        for k, t in enumerate(leaves)
    )


# Each applies a transform, to plain arrays, to a function that closes over w.
TRANSFORMS = {
    "grad": lambda w: mg.grad(lambda x: f(w, x))(X),
    "value_and_grad": lambda w: mg.value_and_grad(lambda x: f(w, x))(X),
    "has_aux": lambda w: mg.value_and_grad(lambda x: (f(w, x), w * x), has_aux=True)(X),
    "aux alone": lambda w: mg.grad(lambda x: ((x * x).sum(), w * x), has_aux=True)(X),
    "argnums": lambda w: mg.grad(lambda x, y: f(w, x) * y.sum(), argnums=(0, 1))(X, V),
    "keyword": lambda w: mg.grad(lambda x, w: f(w, x))(X, w=w),
    "argument": lambda w: mg.grad(f, argnums=1)(w, X),
    "dict": lambda w: mg.grad(lambda p: f(w, p["a"]) + p["b"] * w.sum())({"a": X, "b": 2.0})["a"],
    "vjp": lambda w: mg.vjp(lambda x: np.tanh(w * x), X)[1](V)[0],
    "vjp value": lambda w: mg.vjp(lambda x: np.tanh(w * x), X)[0],
    "jvp": lambda w: mg.jvp(lambda x: np.tanh(w * x), [X], [V]),
    "jvp along w": lambda w: mg.jvp(np.tanh, [X], [w])[1],
    "vjp of w": lambda w: mg.vjp(np.tanh, X)[1](w)[0],
    "jacobian": lambda w: mg.jacobian(lambda x: np.tanh(w * x) * x.sum())(X),
    "hessian": lambda w: mg.hessian(lambda x: f(w, x))(X),
    "hvp": lambda w: mg.hvp(lambda x: f(w, x), X, V),
    "hvp along w": lambda w: mg.hvp(lambda x: (x**3).sum(), X, w),
    "nested": lambda w: mg.grad(lambda x: (mg.grad(lambda y: f(w, y * x))(X) ** 2).sum())(V),
    "two levels": lambda w: mg.grad(lambda x: mg.grad(lambda y: (w * x * y**3).sum())(V).sum())(X),
    "checkpoint inside": lambda w: mg.grad(lambda x: mg.checkpoint(lambda y: f(w, y), x))(X),
    "checkpoint outside": lambda w: mg.checkpoint(lambda x: mg.grad(lambda y: f(w, y))(x), X),
    "op inside": lambda w: mg.grad(lambda x: f(np.exp(w), x))(X),
    "result": lambda w: [mg.grad(f, argnums=1)(u, X) for u in (np.exp(w), w[::-1])],
    "linear": lambda w: mg.grad(lambda x: (w * x).sum())(X),
    "in a thread": lambda w: in_a_thread(lambda: mg.grad(lambda x: f(w, x))(X)),
    "generator": lambda w: mg.grad(lambda x: sum(f(w, x * k) for k in range(3)))(X),
}


def in_a_thread(call):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


@pytest.mark.parametrize("name", TRANSFORMS)
def test_what_is_closed_over_gets_its_gradient(name):
    """Orders 1 and 2 with respect to what f closes over, against finite differences in it."""
    w = leaf([0.3, -0.5, 0.9])
    (total(TRANSFORMS[name](w)) + (w * 2).sum()).backward()
    assert w.grad is not None

    def g(w):
        return total(TRANSFORMS[name](w if isinstance(w, mg.Tensor) else mg.tensor(w)))

    check_grads(g, w.numpy(), order=2)
    np.testing.assert_allclose(w.grad.numpy() - 2, mg.grad(g)(w.numpy()), rtol=1e-10)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_under_no_grad_arrays_come_back(name):
    """Where nothing records, the same numbers come back without a graph."""
    w = leaf([0.3, -0.5, 0.9])
    expected = total(TRANSFORMS[name](w)).item()
    with mg.no_grad():
        found = TRANSFORMS[name](w)
        assert not getattr(total(found), "requires_grad", False)
    np.testing.assert_allclose(getattr(total(found), "_data", total(found)), expected, rtol=1e-12)
    if name in ("grad", "linear", "hessian", "jacobian", "hvp", "vjp", "nested"):
        assert type(found) is np.ndarray


def test_the_example_of_the_readers():
    """(w*2 + Σ ∂/∂x Σ w x²).backward() gives w the 2 and the 2 Σ x."""
    w = mg.tensor(1.0, requires_grad=True)
    (w * 2 + mg.grad(lambda x: (w * x * x).sum())(X).sum()).backward()
    assert w.grad.item() == 14.0


def test_arrays_stay_arrays():
    """Nothing on a graph is closed over, only constants, detached values and leaves of f's own."""
    w, constant = leaf([0.3, -0.5, 0.9]), mg.tensor(V)
    for g in (
        lambda x: (x * constant).sum(),
        lambda x: (x * w.detach()).sum(),
        lambda x: (x * leaf([1.0, 2.0, 3.0]) * w.numpy()).sum(),
        lambda x: (x * x).sum() + w.sum().detach(),
        lambda x: f(V, x),
    ):
        assert type(mg.grad(g)(X)) is np.ndarray
        assert type(mg.hessian(g)(X)) is np.ndarray
        assert type(mg.jvp(g, [X], [V])[1]) is np.ndarray
        assert type(mg.vjp(g, X)[1](1.0)[0]) is np.ndarray


def test_a_pullback_answers_each_cotangent():
    """One with a graph gives Tensors on it, the next plain one arrays again."""
    w = leaf([0.3, -0.5, 0.9])
    _, pullback = mg.vjp(np.sin, X)
    (g,) = pullback(w)
    assert g.requires_grad
    assert type(pullback(V)[0]) is np.ndarray
    (g * V).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), np.cos(X) * V)


def test_a_tensor_that_every_call_fills():
    """A buffer outside, filled anew by each call, leads back to variables of calls that are over:
    nobody can ask for their gradients, and arrays come back as the first time."""
    buffer = mg.tensor(np.zeros(3))

    def fills(x):
        for i in range(3):
            buffer[i] = x[i] ** 2
        return buffer.sum()

    for _ in range(3):
        g = mg.grad(fills)(X)
        assert type(g) is np.ndarray
        np.testing.assert_array_equal(g, 2 * X)


def test_grad_of_a_tensor_under_no_grad():
    """A Tensor that requires grad is a value as any other where nothing records; the gradient is
    not zero for that."""
    x = leaf([1.0, 2.0])
    with mg.no_grad():
        g = mg.grad(lambda x: (x**3).sum())(x)
    assert isinstance(g, mg.Tensor)
    assert not g.requires_grad
    np.testing.assert_array_equal(g.numpy(), [3.0, 12.0])


def test_threads_inside_a_transform():
    """Transforms that an outer function starts in other threads stay on its graph."""

    def outer(x):
        def inner(k):
            return mg.grad(lambda y: (x * y**k).sum())(X).sum()

        with ThreadPoolExecutor(3) as pool:
            return sum(pool.map(inner, (2, 3, 4)))

    expected = 2 * X + 3 * X**2 + 4 * X**3
    np.testing.assert_allclose(mg.grad(outer)(V), expected)
    w = leaf(V)
    outer(w).backward()
    np.testing.assert_allclose(w.grad.numpy(), expected)


def slopes(loss, parameters, step=1e-6):
    """∂loss/∂parameter by central differences, for each entry of each."""
    found = []
    for p in parameters:
        values, slope = p.numpy().copy(), np.zeros(p.shape)
        for index in np.ndindex(p.shape):
            moved = []
            for sign in (1, -1):
                changed = values.copy()
                changed[index] += sign * step
                p.data = changed
                moved.append(loss().item())
            slope[index] = (moved[0] - moved[1]) / (2 * step)
        p.data = values
        found.append(slope)
    return found


class Net(mg.Module):
    def __init__(self, inputs):
        rng = np.random.default_rng(0)
        self.V, self.b = mg.Parameter(rng.normal(size=(inputs, 4))), mg.Parameter(np.zeros(4))
        self.u = mg.Parameter(rng.normal(size=4))

    def forward(self, x):
        return np.tanh(x @ self.V + self.b) @ self.u


def test_gradient_penalty():
    """WGAN-GP: the norm of the critic's gradient at given points trains the critic."""
    critic, points = Net(2), np.random.default_rng(1).normal(size=(5, 2))

    def loss():
        g = mg.grad(lambda x: critic(x).sum())(points)
        return ((np.sqrt((g * g).sum(axis=1) + 1e-12) - 1) ** 2).mean() + critic(points).mean()

    loss().backward()
    for p, slope in zip(critic.parameters(), slopes(loss, list(critic.parameters())), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("how", ["nested grad", "hessian", "jvp of grad", "hvp"])
def test_physics_loss(how):
    """u_xx = f as a loss: second derivatives in x, then the gradient in the parameters."""
    net, xs = Net(1), [0.1, 0.5, 0.8]

    def u(x):
        return net(np.reshape(x, (1,)))

    second = {
        "nested grad": lambda x: mg.grad(mg.grad(u))(x),
        "hessian": lambda x: mg.hessian(u)(x),
        "jvp of grad": lambda x: mg.jvp(mg.grad(u), [x], [1.0])[1],
        "hvp": lambda x: mg.hvp(u, x, 1.0),
    }[how]

    def loss():
        return sum((second(x) + np.sin(x)) ** 2 for x in xs) + u(0.0) ** 2

    loss().backward()
    for p, slope in zip(net.parameters(), slopes(loss, list(net.parameters())), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), slope, rtol=1e-5, atol=1e-7)


def test_something_else_than_a_function():
    """A Tensor in the place of the function says which function takes Tensors."""
    w = leaf([1.0])
    y = (w * w).sum()
    for call in (
        lambda: mg.grad(y, w), lambda: mg.value_and_grad(y), lambda: mg.jacobian(y, w),
        lambda: mg.hessian(y), lambda: mg.vjp(y, w), lambda: mg.jvp(y, [w], [w]),
        lambda: mg.hvp(y, w, w),
    ):
        with pytest.raises(TypeError, match=r"takes a function.*mg\.gradients\(y, \[w\]\)"):
            call()
    with pytest.raises(TypeError, match="takes a function, and received None"):
        mg.grad(None)
