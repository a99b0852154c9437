"""vmap: what it gives is what the loop gives, for any program, at any order."""

import numpy as np
import pytest

import minigrad as mg

rng = np.random.default_rng(0)
W, XS, YS = rng.normal(size=(4, 3)), rng.normal(size=(5, 4)), rng.normal(size=5)


def loss(w, x, y):
    return (np.tanh(x @ w).sum() - y) ** 2


def test_values():
    """Elementwise, products, several results, axes anywhere, whole arguments, keywords."""
    np.testing.assert_array_equal(mg.vmap(np.tanh)(XS), np.tanh(XS))
    np.testing.assert_allclose(mg.vmap(lambda x: x @ W)(XS), XS @ W)
    np.testing.assert_allclose(mg.vmap(lambda w, x: x @ w, (None, 0))(W, XS), XS @ W)
    np.testing.assert_allclose(mg.vmap(lambda x: x @ W, in_axes=1, out_axes=1)(XS.T), (XS @ W).T)
    np.testing.assert_allclose(mg.vmap(lambda x: x @ W, in_dims=-1, out_dims=-1)(XS.T), (XS @ W).T)
    np.testing.assert_array_equal(mg.vmap(lambda x, *, y: x + y)(XS, y=YS), XS + YS[:, None])
    total, parts = mg.vmap(lambda p: (p["a"] * p["b"], [p["a"]]), out_axes=(1, 0))(
        {"a": XS, "b": YS})
    np.testing.assert_array_equal(total, (XS * YS[:, None]).T)
    np.testing.assert_array_equal(parts[0], XS)


def test_branches_in_python():
    """Each example takes its own branch, which a batched program cannot."""
    f = mg.vmap(lambda x: x * 2 if x.sum() > 0 else -x)
    np.testing.assert_array_equal(f(XS), np.where(XS.sum(1, keepdims=True) > 0, XS * 2, -XS))


def test_gradients():
    """On Tensors the graph is kept: the gradient of the batch is the sum of those of the examples,
    and grad inside gives each of them; hessians too."""
    each = mg.vmap(mg.grad(loss), in_axes=(None, 0, 0))(W, XS, YS)
    np.testing.assert_allclose(each, [mg.grad(loss)(W, x, y) for x, y in zip(XS, YS, strict=True)])
    w = mg.tensor(W, requires_grad=True)
    mg.vmap(loss, (None, 0, 0))(w, XS, YS).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), each.sum(0))
    whole = mg.grad(lambda w: mg.vmap(loss, (None, 0, 0))(w, XS, YS).sum())(W)
    np.testing.assert_allclose(whole, each.sum(0))
    f = mg.vmap(mg.hessian(lambda x: (np.sin(x) * x).sum()))
    wanted = [np.diag(2 * np.cos(x) - x * np.sin(x)) for x in XS]
    np.testing.assert_allclose(f(XS), wanted, atol=1e-12)
    nested = mg.vmap(mg.vmap(mg.grad(np.tanh)))(XS)
    np.testing.assert_allclose(nested, 1 - np.tanh(XS) ** 2)


@pytest.mark.parametrize(("call", "parts"), [
    (lambda: mg.vmap(np.add)(XS, YS[:3]), ("3 and 5 entries", "one number")),
    (lambda: mg.vmap(np.tanh)(np.zeros((0, 2))), ("0 entries", "at least 1")),
    (lambda: mg.vmap(np.tanh, None)(XS), ("no entries",)),
    (lambda: mg.vmap(np.tanh)(1.0), ("no axis 0", "in_axes", "None")),
    (lambda: mg.vmap(np.tanh, 2)(XS), ("(5, 4)", "no axis 2")),
    (lambda: mg.vmap(np.add, (0,))(XS, YS), ("in_axes=(0,)", "2 arguments")),
    (lambda: mg.vmap(np.tanh, out_axes=(0, 1))(XS), ("out_axes=(0, 1)",)),
])
def test_errors(call, parts):
    """Say what does not fit, and how to say what was meant."""
    with pytest.raises(ValueError, match="vmap") as error:
        call()
    for part in parts:
        assert part in str(error.value)
