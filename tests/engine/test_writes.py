"""Writes into tensors: what is written keeps its graph, what is overwritten loses it, and no write
is lost without a word."""

import operator

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import GraphLossError, MutationError
from minigrad.testing import check_grads
from tests.support.comparing import leaf

RNG = np.random.default_rng(0)
W = RNG.normal(size=(3, 4))
MASK = RNG.random((3, 4)) < 0.5

# Each writes something made of w (3, 4) into `out`, zeros of the same shape.
WRITES = {
    "whole": lambda out, w: operator.setitem(out, ..., w * 2),
    "slice": lambda out, w: operator.setitem(out, slice(1, None), w[:2] * 3),
    "step": lambda out, w: operator.setitem(out, (slice(None), slice(None, None, -2)), w[:, :2]),
    "row": lambda out, w: operator.setitem(out, 1, w[0] * w[2]),
    "negative": lambda out, w: operator.setitem(out, (-1, -1), w[0, 0] ** 2),
    "number": lambda out, w: operator.setitem(out, (0, slice(None)), w.sum()),
    "mask": lambda out, w: operator.setitem(out, MASK, np.exp(w)[MASK]),
    "tensor mask": lambda out, w: operator.setitem(out, out + MASK > 0.5, w[0, 0]),
    "row mask": lambda out, w: operator.setitem(out, np.array([True, False, True]), w[1]),
    "comparison": lambda out, w: operator.setitem(out, w > 0, w.mean()),
    "fancy": lambda out, w: operator.setitem(out, ([0, 2], [1, 3]), w[1, :2] * 5),
    "repeated": lambda out, w: operator.setitem(out, [1, 1], w[:2] * 5),
    "tensor index": lambda out, w: operator.setitem(out, mg.tensor([2, 0]), w[:2]),
    "newaxis": lambda out, w: operator.setitem(out, (None, 0), w[:1] * 2),
    "broadcast": lambda out, w: operator.setitem(out, (slice(None), 1), w[:, 0] * 2),
    "leading axes": lambda out, w: operator.setitem(out, 2, w[None, :1] * 2),
    "twice": lambda out, w: [operator.setitem(out, 0, w[k]) for k in (0, 1)],
    "constant": lambda out, w: [operator.setitem(out, ..., w), operator.setitem(out, 1, 7.0)],
    "list": lambda out, w: [
        operator.setitem(out, ..., w), operator.setitem(out, (0, slice(2)), [1, 2])],
    "own entries": lambda out, w: [
        operator.setitem(out, ..., w), operator.setitem(out, 0, out[1] * out[2])],
    "add to an entry": lambda out, w: operator.setitem(out, 0, operator.iadd(out[0] * 1, w[0])),
    "+=": lambda out, w: operator.iadd(out, w * 2),
    "several operators": lambda out, w: operator.imul(operator.isub(out, w), w + 1),
    "** and /": lambda out, w: [
        operator.iadd(out, w * w + 1), operator.ipow(out, 2), operator.itruediv(out, 3 + w)],
    "copy_": lambda out, w: out.copy_(w * 2),
    "copy_ of a row": lambda out, w: out.copy_(w[0] * 2),
    "fill_": lambda out, w: out.fill_(w.sum()),
    "add_": lambda out, w: out.add_(w),
    "chained": lambda out, w: out.add_(w).mul_(w).sub_(2 * w).div_(w * w + 1),
    "clamp_": lambda out, w: out.add_(w).clamp_(-0.4, 0.6),
    "masked_fill_": lambda out, w: out.add_(w).masked_fill_(MASK, w[0, 0]),
    "zero_": lambda out, w: out.add_(w).zero_().add_(w * w),
    "index_put_": lambda out, w: out.index_put_(([0, 1], [2, 3]), w[0, :2]),
    "functions": lambda out, w: out.add_(w).tanh_().exp_().neg_().abs_().sqrt_(),
    "data": lambda out, w: setattr(out, "data", w * 2),
}


def written(name):
    def f(w):
        out = mg.tensor(np.zeros((3, 4)))
        WRITES[name](out, w if isinstance(w, mg.Tensor) else mg.tensor(w))
        return out

    return f


@pytest.mark.parametrize("name", WRITES)
def test_what_is_written_keeps_its_graph(name):
    """By every way of writing, gradients of order 1 and 2 are those of finite differences."""
    check_grads(written(name), W, order=2)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("mode", ["backward", "jvp", "jacobian", "checkpoint"])
def test_in_every_mode(name, mode):
    """backward(), forward mode and checkpoints see the same graph as the Jacobian does."""
    f, u, v = written(name), RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
    step = 1e-6
    expected = (u * (f(W + step * v).numpy() - f(W - step * v).numpy())).sum() / (2 * step)
    w = leaf(W)
    if mode == "backward":
        (f(w) * u).sum().backward()
        found = (w.grad.numpy() * v).sum()
    elif mode == "checkpoint":
        (mg.checkpoint(f, w) * u).sum().backward()
        found = (w.grad.numpy() * v).sum()
    elif mode == "jvp":
        found = (u * mg.jvp(f, [W], [v])[1]).sum()
    else:
        found = np.einsum("ij,ijkl,kl", u, mg.jacobian(f)(W), v)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_the_loop_of_the_textbooks():
    """out[i] = w * i in a loop, into a tensor without a graph."""
    w, out = leaf([2.0])[0], mg.tensor(np.zeros(3))
    w = mg.tensor(2.0, requires_grad=True)
    for i in range(3):
        out[i] = w * i
    assert out.requires_grad
    assert not out.is_leaf
    out.sum().backward()
    assert w.grad.item() == 3.0


@pytest.mark.parametrize("order", ["forward", "backward", "twice"])
def test_a_recurrence_that_fills_an_array(order):
    """An RNN that writes outs[t] = h trains as one that stacks a list: values, gradients of all
    weights, forward mode and second derivatives."""
    T = 5
    x, U, h0 = RNG.normal(size=(T, 2, 3)), RNG.normal(size=(4, 4)) / 2, np.zeros((2, 4))
    weight = RNG.normal(size=(3, 4))

    def stacked(weight):
        h, outs = mg.tensor(h0), [None] * T
        for t in steps:
            h = np.tanh(x[t] @ weight + h @ U)
            outs[t] = h
        return (np.stack(outs) ** 3).sum()

    def filled(weight):
        h, outs = mg.tensor(h0), mg.tensor(np.zeros((T, 2, 4)))
        for t in steps:
            h = np.tanh(x[t] @ weight + h @ U)
            if order == "twice":
                outs[t] = h * 7
            outs[t] = h
        return (outs**3).sum()

    steps = list(range(T))[:: -1 if order == "backward" else 1]
    v = RNG.normal(size=weight.shape)
    for transform in (
        lambda f: mg.value_and_grad(f)(weight), lambda f: mg.jvp(f, [weight], [v]),
        lambda f: [mg.hessian(f)(weight)], lambda f: [mg.hvp(f, weight, v)],
    ):
        for found, expected in zip(transform(filled), transform(stacked), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_the_older_value_stays_with_those_who_used_it():
    """What was computed from the value before a write keeps its gradient; no version is checked."""
    w = leaf([1.0, 2.0])
    y = w * 3
    squares = y * y
    y[0] = 10.0
    cubes = y**3
    (squares.sum() + cubes.sum()).backward()
    np.testing.assert_allclose(w.grad.numpy(), [18.0, 36.0 + 3 * 36 * 3])


def test_a_leaf_is_written_to_under_no_grad_only():
    """A leaf that requires grad refuses while recording, by every way; under no_grad it takes the
    plain value of what is written."""
    for name, write in WRITES.items():
        if name in ("data", "add to an entry"):
            continue
        w, source = leaf(W), leaf(W)
        with pytest.raises(MutationError, match=r"no_grad\(\)"):
            write(w, source)
        assert np.array_equal(w.numpy(), W)
        with mg.no_grad():
            write(w, source)
        assert w.is_leaf
        assert w.requires_grad


def test_under_no_grad_values_are_written():
    """Recording nothing, a tensor without a graph takes the value and stays without."""
    w, out = leaf([1.0, 2.0]), mg.tensor(np.zeros(2))
    with mg.no_grad():
        out[0] = w[1] * 3
        out += w
        out.mul_(w)
    assert not out.requires_grad
    assert np.array_equal(out.numpy(), [7.0, 4.0])


def test_a_result_refuses_writes_under_no_grad():
    """A result whose value is exchanged behind its graph would have a wrong gradient."""
    w = leaf([1.0, 2.0])
    y = w * 2
    with mg.no_grad():
        for write in (
            lambda: operator.setitem(y, 0, 1.0), lambda: y.zero_(), lambda: operator.iadd(y, 1),
        ):
            with pytest.raises(MutationError, match=r"under no_grad\(\).*op multiply"):
                write()
    with pytest.raises(MutationError, match=r"result of op multiply.*t\[\.\.\.\] = value"):
        y.data = np.zeros(2)
    assert np.array_equal(y.numpy(), [2.0, 4.0])


@pytest.mark.parametrize("dtype", [int, bool, np.uint8])
def test_integers_refuse_what_has_a_gradient(dtype):
    """Numbers on the graph would lose it in a tensor of integers or truth values."""
    w, out = leaf([1.0, 2.0]), mg.tensor(np.zeros(2, dtype))
    for write in (lambda: operator.setitem(out, 0, w[0]), lambda: out.fill_(w[0])):
        with pytest.raises(GraphLossError, match=rf"{out.dtype}, which has no gradient"):
            write()
    out[0] = w[0].detach()
    out[1] = 1.7
    assert out.tolist() == np.array([1, 1], dtype).tolist()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_stays(dtype):
    """A write casts to the dtype of the tensor, as NumPy does; gradients have their own."""
    w, out = leaf([1.0, 2.0]), mg.tensor(np.zeros(2, dtype))
    out[0] = w[0] * 3
    out += w
    out.mul_(w)
    assert out.dtype == dtype
    out.sum().backward()
    assert w.grad.dtype == np.float64
    np.testing.assert_allclose(w.grad.numpy(), [8.0, 4.0])


def test_failed_writes_change_nothing():
    """A write whose shapes do not fit names its operands and leaves value and graph."""
    w, out = leaf([1.0, 2.0]), mg.tensor(np.zeros(3))
    for value in (np.zeros(2), w):
        with pytest.raises(ValueError, match=r"\(3,\) float64"):
            out[:] = value
    with pytest.raises(IndexError, match="7"):
        out[7] = w[0]
    with pytest.raises(IndexError, match="7"):
        out[7] = 1.0
    with pytest.raises(ValueError, match="single number"):
        out.fill_(np.ones(3))
    with pytest.raises(TypeError, match=r"np\.stack"):
        out[:2] = [w[0], w[1]]
    assert not out.requires_grad
    assert np.array_equal(out.numpy(), [0, 0, 0])


def test_names_hooks_and_retained_gradients():
    """The name stays; a hook of the old value sees the gradient there, retain_grad() follows."""
    w, seen = leaf([1.0, 2.0]), []
    y = w * 3
    y.name = "y"
    y.retain_grad()
    y.register_hook(lambda g: seen.append(g.numpy().tolist()))
    y[0] = w[1]
    assert y.name == "y"
    (y * np.array([5.0, 7.0])).sum().backward()
    assert seen == [[0.0, 7.0]]
    assert y.grad.tolist() == [5.0, 7.0]
    assert w.grad.tolist() == [0.0, 26.0]


def test_detach_in_place():
    """detach_() cuts where it is called; what was computed before keeps its graph."""
    w = leaf([1.0])
    y = w * 2
    z = y * 3
    assert y.detach_() is y
    assert not y.requires_grad
    (y * w + z).sum().backward()
    assert w.grad.tolist() == [8.0]


def test_state_of_a_module():
    """Parameters that are state (requires_grad=False) take part in the graph of what is written to
    them, as in PyTorch; loading a state makes them plain values again."""
    module, w = mg.Module(), leaf([1.0, 2.0])
    module.running = mg.Parameter(np.zeros(2), requires_grad=False)
    module.running[...] = 0.9 * module.running + 0.1 * w
    assert isinstance(module.running, mg.Parameter)
    assert module.running.name == "running"
    module.running.sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), [0.1, 0.1])
    module.load_state_dict({"running": np.ones(2)})
    assert not module.running.requires_grad
    assert module.running.is_leaf
    with mg.no_grad():
        module.running.mul_(w)
    assert module.running.tolist() == [1.0, 2.0]


def test_an_element_of_a_constant_among_results():
    """A chain of writes in float32, in columns, reversed and transposed layouts."""
    w = leaf(np.arange(6.0).reshape(2, 3))
    plain = np.zeros((2, 3))
    for layout in (plain, np.zeros((3, 2)).T, plain[::-1], np.zeros((2, 6))[:, ::2]):
        out, w.grad = mg.tensor(layout), None
        out[:, 1] = w[:, 2]
        out[::-1, 0] = w[:, 0]
        out[1] *= 3
        (out * np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]])).sum().backward()
        np.testing.assert_allclose(w.grad.numpy(), [[24.0, 0.0, 2.0], [1.0, 0.0, 48.0]])


@pytest.mark.parametrize("create_graph", [False, True])
def test_writes_to_gradients_stay_there(create_graph):
    """A gradient that several tensors have is each one's own: scaling one in place leaves the
    others, the cotangent that was given, and what a transform returns for another argument."""
    a, b, c = leaf([1.0]), leaf([2.0]), mg.tensor([5.0])
    (a + b).backward(c, create_graph=create_graph)
    a.grad.zero_()
    a.grad += 1
    assert (a.grad.item(), b.grad.item(), c.item()) == (1.0, 5.0, 5.0)
    one, two = mg.gradients(a + b, [a, b], create_graph=create_graph)
    one.mul_(3)
    assert (one.item(), two.item()) == (3.0, 1.0)
    one, two = mg.grad(lambda x, y: (x + y).sum(), argnums=(0, 1))(a, b)
    one.mul_(3)
    assert (one.item(), two.item()) == (3.0, 1.0)
    one, two = mg.vjp(lambda x, y: x + y, a, b)[1](c)
    one.mul_(3)
    assert (one.item(), two.item(), c.item()) == (15.0, 5.0, 5.0)


@pytest.mark.parametrize("create_graph", [False, True])
def test_writes_of_hooks(create_graph):
    """A hook that writes to its gradient and returns it has replaced it; one that forgets to return
    it is told so, and nobody else's gradient has changed."""
    a, b = leaf([1.0]), leaf([2.0])
    remove = a.register_hook(lambda g: g.mul_(3))
    (a + b).sum().backward(create_graph=create_graph)
    assert (a.grad.item(), b.grad.item()) == (3.0, 1.0)
    remove()
    a.register_hook(lambda g: g.mul_(3) and None)
    with pytest.raises(mg.errors.GradientError, match=r"has written to .*return the new gradient"):
        (a + b).sum().backward(create_graph=create_graph)
    assert (a.grad.item(), b.grad.item()) == (3.0, 1.0)
