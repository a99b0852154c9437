"""Writes into tensors: what is written keeps its graph, what is overwritten loses it, and no write
is lost without a word."""

import operator
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.engine.op import OPS
from minigrad.engine.views import source_of
from minigrad.errors import GraphLossError, MutationError
from minigrad.testing import check_grads, drawn_calls
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


# -- views

VIEWS = {
    "x[0]": lambda x: x[0],
    "x[0][1:]": lambda x: x[0][1:],
    "x[:, ::2]": lambda x: x[:, ::2],
    "x[..., None]": lambda x: x[..., None],
    "T": lambda x: x.T,
    "transpose": lambda x: np.transpose(x, (1, 0)),
    "reshape": lambda x: x.reshape(4, 3),
    "reshape of T": lambda x: x.T.T.reshape(-1),
    "view": lambda x: x.view(-1),
    "ravel": lambda x: np.ravel(x),
    "flatten": lambda x: np.reshape(x, -1),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, 1),
    "expand_dims": lambda x: np.expand_dims(x, 0),
    "unsqueeze": lambda x: x.unsqueeze(0),
    "squeeze": lambda x: x[None].squeeze(),
    "split": lambda x: np.split(x, 3)[1],
    "chunk": lambda x: x.chunk(2)[1],
    "unbind": lambda x: x.unbind()[2],
    "iteration": lambda x: list(x)[1],
    "flip": lambda x: np.flip(x, 0),
    "broadcast": lambda x: np.broadcast_to(x, (2, 3, 4)),
    "detach": lambda x: x.detach(),
    "detached row": lambda x: x.detach()[1],
}
HOW = {
    "v[...] = 1": lambda v: operator.setitem(v, ..., 1.0),
    "v[0] = 1": lambda v: operator.setitem(v, 0, 1.0),
    "v += 1": lambda v: operator.iadd(v, 1.0),
    "v.zero_()": lambda v: v.zero_(),
    "v.copy_(v)": lambda v: v.copy_(v),
}


PARTS = {"x[0]", "x[:, ::2]", "x[..., None]"}


@pytest.mark.parametrize("made", ["constant", "leaf", "result"])
@pytest.mark.parametrize("view", VIEWS)
def test_writes_through_views_are_refused(view, made):
    """NumPy and PyTorch would write to x as well: while x lives, no write to a view of it is
    silently its own affair, whatever x is, and nothing has changed."""
    x = {"constant": mg.tensor(W), "leaf": leaf(W), "result": leaf(W) * 1}[made]
    v = VIEWS[view](x)
    before = v.numpy().copy()
    for how, write in HOW.items():
        if how == "v += 1" and view in PARTS:
            continue
        with pytest.raises(MutationError, match=r"view of tensor of shape .*clone\(\)"):
            write(v)
    assert np.array_equal(x.numpy(), W)
    assert np.array_equal(v.numpy(), before)


@pytest.mark.parametrize("view", sorted(PARTS))
def test_operators_in_place_write_through_parts(view):
    """v = x[index]; v += 1 writes to x, again and again, as in NumPy; to a leaf it is refused; and
    once x has been written to otherwise, v is no part of it any more."""
    wanted = W.copy()
    x, part = leaf(W) * 1, VIEWS[view](wanted)
    v = VIEWS[view](x)
    for _ in range(2):
        v += 1
        part += 1
        assert np.array_equal(x.numpy(), wanted)
        assert np.array_equal(v.numpy(), part)
    x[0, 0] = 9.0
    with pytest.raises(MutationError, match="view"):
        v += 1
    w = leaf(W)
    v = VIEWS[view](w)
    with pytest.raises(MutationError, match="leaf"):
        v += 1
    with mg.no_grad():
        v += 1
    assert np.array_equal(VIEWS[view](w).numpy(), VIEWS[view](W) + 1)


@pytest.mark.parametrize("name", OPS)
def test_every_op_marks_its_views(name):
    """A result that shares memory with an argument is known as a view of it, and no other is."""
    for call in drawn_calls(name, 4):
        arrays = [isinstance(a, np.ndarray) and a.dtype.kind in "biuf" for a in call.args]
        args = [mg.tensor(a) if b else a for a, b in zip(call.args, arrays, strict=True)]
        with np.errstate(all="ignore"):
            outputs = call(*args)
        for y in outputs:
            if isinstance(y, mg.Tensor) and y.size:
                shared = [
                    a for a, b in zip(args, arrays, strict=True)
                    if b and np.shares_memory(np.asarray(y._data), np.asarray(a._data))
                ]
                number = isinstance(y._data, np.generic)  # to PyTorch a view, to NumPy a number
                assert number or any(source_of(y) is a for a in shared) == bool(shared)
                assert number or shared or source_of(y) is None


@pytest.mark.parametrize("view", VIEWS)
def test_no_false_alarms(view):
    """A tensor that nobody sees parts of, a copy, or a view of what is gone is written to."""
    for make in (
        lambda: VIEWS[view](mg.tensor(W)), lambda: VIEWS[view](leaf(W) * 2).clone(),
        lambda: VIEWS[view](leaf(W)) * 2, lambda: np.copy(VIEWS[view](mg.tensor(W))),
    ):
        v = make()
        v[0] = 1.0
        v += 1.0
        assert (v[0].numpy() == 2.0).all()
    x = mg.tensor(W)
    x = VIEWS[view](x)
    x[...] = 3.0
    x.add_(1)
    assert (x.numpy() == 4.0).all()


def test_augmented_assignment_to_a_part():
    """x[i] += y writes to x, however x is indexed, once."""
    w = leaf([1.0, 2.0, 3.0])
    x, rows = mg.tensor(np.zeros((2, 3))), {"r": mg.tensor(np.zeros(3))}
    x[0] += w
    x[1, 1:] += w[1:]
    x[:, 0] -= 2 * w[0]
    x[0, 1] *= w[2]
    x[x > 3] /= 2
    rows["r"] += w
    np.testing.assert_allclose(x.numpy(), [[-1, 3, 3], [-2, 2, 3]])
    (x.sum() + rows["r"].sum()).backward()
    np.testing.assert_allclose(w.grad.numpy(), [1 - 2 - 2 + 1, 1.5 + 1 + 1, 1 + 1 + 1 + 1])
    for row in mg.tensor(np.zeros((2, 3))):  # the whole is gone
        row += 1
    assert len([n for n in mg.Tape(x) if n.op and n.op.name == "index_put"]) == 5
    row = next(iter(x))
    with pytest.raises(MutationError):
        row += 1
    windows = np.lib.stride_tricks.sliding_window_view(x.detach(), 2, 0)
    with pytest.raises(MutationError):
        windows += 1
    first = x[0, 0]
    first += 1  # to NumPy a number
    assert first.item() == 0.0
    with pytest.raises(MutationError):
        x[0, 0].zero_()


def test_exchanging_rows():
    """Parts are values: x[i], x[j] = x[j], x[i] exchanges rows, with their gradients."""
    w = leaf(np.arange(12.0).reshape(4, 3))
    x = w * 1
    x[0], x[2] = x[2], x[0]
    assert np.array_equal(x.numpy(), np.arange(12.0).reshape(4, 3)[[2, 1, 0, 3]])
    (x * np.arange(4.0)[:, None]).sum().backward()
    assert np.array_equal(w.grad.numpy()[:, 0], [2, 1, 0, 3])
    mixed = mg.tensor(np.arange(10.0))
    random.Random(0).shuffle(mixed)
    assert sorted(mixed.tolist()) == list(range(10))


def test_a_state_that_is_detached_again_and_again():
    """The memory of what a tensor is a view of does not grow along a chain of views."""
    import tracemalloc

    h = mg.tensor(np.zeros(2))
    tracemalloc.start()
    for step in range(10_000):
        h = h.detach().reshape(1, 2)[0]
        if step == 100:
            before = tracemalloc.get_traced_memory()[0]
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 2_000
    h[0] = 1.0


# -- random programs

SIZE = 5
INDICES = st.one_of(
    st.integers(-SIZE, SIZE - 1),
    st.slices(SIZE),
    st.just(...),
    st.lists(st.booleans(), min_size=SIZE, max_size=SIZE).map(np.array),
    st.lists(st.integers(-SIZE, SIZE - 1), min_size=1, max_size=4),
)
VALUES = st.sampled_from(["w", "constant", "own", "product"])
STEPS = st.tuples(st.sampled_from(["=", "+=", "*=", "add_", "fill_", "masked_fill_"]),
                  INDICES, VALUES, st.integers(0, SIZE - 1))


def run(program, w, out):
    """The program with writes."""
    for kind, index, value, k in program:
        number = {"w": w[k], "constant": 1.5, "own": out[k] * 0.5, "product": w[k] * out[0]}[value]
        if kind == "=":
            out[index] = number
        elif kind == "+=":
            out[index] += number
        elif kind == "*=":
            out *= number
        elif kind == "add_":
            out.add_(number)
        elif kind == "fill_":
            out.fill_(number)
        else:
            out.masked_fill_(np.arange(SIZE) > k, number)
    return out


def run_functionally(program, w, out):
    """The same without a write: every step makes a new array with np.where."""
    for kind, index, value, k in program:
        number = {"w": w[k], "constant": 1.5, "own": out[k] * 0.5, "product": w[k] * out[0]}[value]
        picked = np.zeros(SIZE, bool)
        picked[index] = True
        if kind == "=":
            out = np.where(picked, number, out)
        elif kind == "+=":
            out = np.where(picked, out + number, out)
        elif kind == "*=":
            out = out * number
        elif kind == "add_":
            out = out + number
        elif kind == "fill_":
            out = out * 0 + number
        else:
            out = np.where(np.arange(SIZE) > k, number, out)
    return out


@given(st.lists(STEPS, max_size=6))
def test_random_programs(program):
    """A program of writes computes what the same program without writes does in plain NumPy, and
    its gradient is that of finite differences."""
    values, u = np.linspace(0.5, 1.3, SIZE), np.linspace(1, 2, SIZE)
    start = np.linspace(-1, 1, SIZE)
    w = leaf(values)
    out = run(program, w, mg.tensor(start))
    expected = run_functionally(program, values, start)
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-12, atol=1e-12)
    step, slopes = 1e-6, np.zeros(SIZE)
    for k, e in enumerate(np.eye(SIZE)):
        up = run_functionally(program, values + step * e, start)
        down = run_functionally(program, values - step * e, start)
        slopes[k] = (u * (up - down)).sum() / (2 * step)
    if out.requires_grad:
        (out * u).sum().backward()
    found = np.zeros(SIZE) if w.grad is None else w.grad.numpy()
    np.testing.assert_allclose(found, slopes, rtol=1e-5, atol=1e-6 * (1 + abs(slopes).max()))


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
