"""Functional transforms: exact, composable, with containers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg


def cubic(x):
    return (x**3).sum()


def test_grad_of_nested_containers():
    """The gradient has the structure of the argument."""
    params = {"w": np.array([1.0, 2.0]), "b": (3.0, [np.float64(4.0)])}
    g = mg.grad(lambda p: (p["w"] ** 2).sum() * p["b"][0] + p["b"][1][0])(params)
    assert np.array_equal(g["w"], [6.0, 12.0])
    assert np.array_equal(g["b"][0], 5.0)
    assert np.array_equal(g["b"][1][0], 1.0)
    assert isinstance(g["w"], np.ndarray)


def test_value_and_grad_argnums_and_aux():
    """argnums selects arguments, has_aux passes anything through."""
    f = lambda x, y: ((x * y).sum(), {"x": x})  # noqa: E731  # as a user would write it
    (value, aux), (gy, gx) = mg.value_and_grad(f, argnums=(1, 0), has_aux=True)(
        np.array([1.0, 2.0]), np.array([3.0, 4.0])
    )
    assert value == 11.0
    assert np.array_equal(gy, [1.0, 2.0])
    assert np.array_equal(gx, [3.0, 4.0])
    assert np.array_equal(aux["x"], [1.0, 2.0])
    assert isinstance(aux["x"], np.ndarray)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mg.grad(cubic)(np.array([1, 2])), "float"),
        (lambda: mg.grad(lambda x: x)(np.ones(2)), r"\(2,\).*jacobian"),
        (lambda: mg.grad(cubic, argnums=2)(np.ones(2)), "argnums=2"),
        (lambda: mg.jvp(cubic, [np.ones(2)], [np.ones(3)]), r"\(3,\).*\(2,\)"),
        (lambda: mg.jvp(cubic, [np.ones(2)], []), "0 directions"),
        (lambda: mg.vjp(lambda x: (x, x), np.ones(2))[1](np.ones(2)), "2"),
    ],
)
def test_mistakes_are_explained(call, message):
    """Wrong dtypes, results, positions and directions raise with what was received."""
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_nested_grads_do_not_confuse_their_variables():
    """A closed-over outer variable is a constant to the inner derivative, also if it is equal."""
    assert mg.grad(lambda x: x * mg.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert mg.grad(lambda x: x * mg.grad(lambda y: x * y)(x))(3.0) == 6.0
    inner = lambda x: mg.grad(lambda y: (x * y**2).sum())(np.ones(3)).sum()  # noqa: E731
    assert mg.grad(inner)(2.0) == 6.0


@given(st.floats(-1.5, 1.5))
def test_derivatives_of_any_order(x):
    """Four times the derivative of e^{2x} is 16 e^{2x}."""
    f = lambda x: np.exp(2 * x)  # noqa: E731
    for _ in range(4):
        f = mg.grad(f)
    assert np.isclose(f(x), 16 * np.exp(2 * x), rtol=1e-12)


def test_jacobian_hessian_hvp_vjp_jvp_agree():
    """All of them are views of the same derivatives."""
    rng = np.random.default_rng(0)
    a, x, v = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=2)
    f = lambda x: np.tanh(a @ x)  # noqa: E731
    jac = (1 - np.tanh(a @ x) ** 2)[:, None] * a
    assert np.allclose(mg.jacobian(f)(x), jac, rtol=1e-12)
    y, pullback = mg.vjp(f, x)
    assert isinstance(y, np.ndarray)
    u = rng.normal(size=3)
    assert np.allclose(pullback(u)[0], u @ jac)
    assert np.allclose(pullback(2 * u)[0], 2 * (u @ jac))
    value, tangent = mg.jvp(f, [x], [v])
    assert np.array_equal(value, y)
    assert np.allclose(tangent, jac @ v)
    g = lambda x: f(x).sum()  # noqa: E731
    hess = mg.hessian(g)(x)
    assert np.allclose(hess, hess.T)
    assert np.allclose(mg.hvp(g, x, v), hess @ v)
    assert np.allclose(mg.grad(lambda x: (mg.grad(g)(x) * v).sum())(x), hess @ v)


def test_jacobian_of_structures_and_empty():
    """Structure of the result outside, of the argument inside; no outputs give no rows."""
    jac = mg.jacobian(lambda p: {"s": p[0] + p[1], "d": p[0] - p[1]})([np.ones(2), np.ones(2)])
    assert np.array_equal(jac["d"][1], -np.eye(2))
    assert mg.jacobian(lambda x: x[:0])(np.ones(3)).shape == (0, 3)


def test_tensors_in_tensors_out():
    """Given a tensor that requires grad, the result is a tensor on its graph."""
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    g = mg.grad(cubic)(x)
    assert g.requires_grad
    g.sum().backward()
    assert np.array_equal(x.grad.numpy(), [6.0, 12.0])
    plain = mg.grad(cubic)(mg.tensor([1.0, 2.0]))
    assert isinstance(plain, mg.Tensor)
    assert not plain.requires_grad


def test_transforms_record_inside_no_grad():
    """grad works under no_grad: it is a function of arrays like any other."""
    with mg.no_grad():
        assert np.array_equal(mg.grad(cubic)(np.array([1.0])), [3.0])
        assert not mg.is_grad_enabled()


def test_linear_function_has_zero_hessian():
    """A second derivative that does not depend on the variable is zero, not an error."""
    assert np.array_equal(mg.hessian(lambda x: x.sum())(np.ones(2)), np.zeros((2, 2)))
    assert np.array_equal(mg.hvp(lambda x: x.sum(), np.ones(2), np.ones(2)), np.zeros(2))
    assert np.array_equal(mg.jvp(lambda x: np.ones(2), [1.0], [1.0])[1], np.zeros(2))


def test_checkpoint_changes_memory_and_nothing_else():
    """Values, gradients and second derivatives are those of the plain function."""
    rng = np.random.default_rng(0)
    w = mg.tensor(rng.normal(size=(3, 3)), requires_grad=True)

    def step(h):
        return np.tanh(h @ w), h.sum()

    def run(x, step):
        total = 0.0
        for _ in range(3):
            x, s = step(x)
            total = total + (x * s).sum()
        return total

    x = rng.normal(size=(2, 3))
    run(mg.tensor(x), step).backward()
    plain, w.grad = w.grad, None
    run(mg.tensor(x), lambda h: mg.checkpoint(step, h)).backward()
    assert np.allclose(w.grad.numpy(), plain.numpy(), rtol=1e-12)
    h1 = mg.hessian(lambda x: run(x, step))(x)
    h2 = mg.hessian(lambda x: run(x, lambda h: mg.checkpoint(step, h)))(x)
    assert np.allclose(h1, h2, rtol=1e-9)


def test_checkpoint_notices_another_result():
    """Randomness or an update in between raises instead of giving a wrong gradient."""
    rng = np.random.default_rng(0)
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    y = mg.checkpoint(lambda x: x * rng.normal(size=2), x).sum()
    with pytest.raises(mg.errors.GradientError, match="something else"):
        y.backward()
    assert x.grad is None


def test_checkpoint_uses_memory_of_the_square_root():
    """On a chain of T steps, √T pieces of √T steps hold far fewer arrays than T."""
    import tracemalloc

    def piece(h, n):
        for _ in range(n):
            h = np.tanh(h * 1.01)
        return h

    def peak(run):
        x = mg.tensor(np.full(10_000, 0.1), requires_grad=True)
        tracemalloc.start()
        run(x).sum().backward()
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top, x.grad.numpy()

    def pieces(x):
        for _ in range(10):
            x = mg.checkpoint(piece, x, 10)
        return x

    plain, g1 = peak(lambda x: piece(x, 100))
    small, g2 = peak(pieces)
    assert np.array_equal(g1, g2)
    assert small < 0.5 * plain
