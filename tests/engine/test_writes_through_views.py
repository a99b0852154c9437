"""Writes through views: refused by name, or carried through; and random programs of writes."""

import operator
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.engine.op import OPS
from minigrad.engine.views import source_of
from minigrad.errors import MutationError
from minigrad.testing import drawn_calls
from tests.support.comparing import leaf

RNG = np.random.default_rng(0)
W = RNG.normal(size=(3, 4))

# Each writes something made of w (3, 4) into `out`, zeros of the same shape.
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
