"""A leaf written to between forward and backward: MutationError, or the right gradient; never
another one. Each op that needs the value has to notice."""

import contextlib

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.arguments import definition
from minigrad.engine.op import OPS
from minigrad.errors import MutationError
from minigrad.optim import SGD
from minigrad.testing import drawn_calls
from minigrad.testing.calls import caller

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3))

# What multiplies by a weight: its value is needed for the gradient of the other factor.
PRODUCTS = {
    "matmul": (np.matmul, X, W),
    "weight on the left": (lambda x, w: w @ x, X.T, W),
    "vector": (np.matmul, X[0], W),
    "stack": (np.matmul, np.stack([X, 2 * X]), W),
    "dot": (np.dot, X, W),
    "inner": (np.inner, X, W),
    "tensordot": (lambda x, w: np.tensordot(x, w, 1), X, W),
    "einsum": (lambda x, w: np.einsum("nk,km->nm", x, w), X, W),
    "linear": (mg.functional.linear, X, W),
    "linear with bias": (lambda x, w: mg.functional.linear(x, w, np.ones(3)), X, W),
    "multiply": (np.multiply, X, W[0]),
}


def leaves(x=X, w=W):
    x = mg.tensor(x, requires_grad=True, name="x")
    return x, mg.tensor(w, requires_grad=True, name="w")


@pytest.mark.parametrize("uses", [1, 2, 16, 17, 40])
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_notice(name, uses):
    """Whichever factor is written to, after one use or many, backward names it and the op, and
    no gradient is written."""
    for written in (0, 1):
        f, *values = PRODUCTS[name]
        pair = leaves(*values)
        loss = sum((f(*pair) ** 2).sum() for _ in range(uses))
        with mg.no_grad():
            pair[written][0] = 9.0
        with pytest.raises(MutationError, match=f"^{'xw'[written]} was written to .* after op"):
            loss.backward()
        assert pair[0].grad is None
        assert pair[1].grad is None


VIEWS = {
    "slice": lambda w: w[:, :2], "row": lambda w: w[0], "transpose": lambda w: w.T,
    "reshape": lambda w: w.reshape(-1).reshape(3, 3), "part": lambda w: np.split(w, [2], axis=1)[0],
    "view of a view": lambda w: w.T[::-1][:, 1:].T, "diagonal": lambda w: np.diagonal(w),
    "unstacked": lambda w: list(w)[1], "broadcast": lambda w: np.broadcast_to(w, (2, 3, 3)),
}
COPIES = {
    "index": lambda w: w[[0, 1]], "mask": lambda w: w[np.eye(3, dtype=bool)],
    "clone": lambda w: w.clone(), "sum": lambda w: w + 0.0, "repeat": lambda w: np.repeat(w, 2),
    "take": lambda w: np.take(w, [0, 2], axis=1), "a view of a copy": lambda w: w.clone()[:, :2],
}


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("name", VIEWS)
def test_views_of_a_leaf_notice(name, watched):
    """A write to a leaf whose part another factor's gradient needs is an error that names the leaf,
    as in PyTorch; also where calls go by their definition."""
    _, w = leaves()
    view = np.shape(VIEWS[name](W))
    x = mg.tensor(np.ones(view), requires_grad=True)
    with mg.detect_anomaly() if watched else contextlib.nullcontext():
        loss = (x * VIEWS[name](w)).sum()
    w.data = 2 * W
    with pytest.raises(MutationError, match=r"^w was written to .* after op multiply"):
        loss.backward()
    assert x.grad is None


@pytest.mark.parametrize("name", [*VIEWS, *COPIES])
def test_views_whose_values_nobody_needs(name):
    """A sum needs no values, and a copy is a value of its own: the write changes no gradient."""
    _, w = leaves()
    part = {**VIEWS, **COPIES}[name](w)
    x = mg.tensor(np.ones(part.shape), requires_grad=True)
    loss = (x * part if name in COPIES else x + part).sum()
    wanted = part.numpy().copy() if name in COPIES else np.ones(part.shape)
    w.data = 2 * W
    loss.backward()
    np.testing.assert_array_equal(x.grad, wanted)


@pytest.mark.parametrize("at", range(3))
def test_one_use_before_the_write_is_enough(at):
    """Of several uses of a weight, of which some come after the write, the earlier one counts."""
    x, w = leaves()
    h = x
    for k in range(3):
        if k == at:
            with mg.no_grad():
                w *= 0.5
        h = np.tanh(h @ w)
    if at == 0:
        h.sum().backward()
        assert w.grad is not None
        return
    with pytest.raises(MutationError, match=r"^w was written to"):
        h.sum().backward()


WAYS = {
    "data": lambda w: setattr(w, "data", W + 1),
    "item": lambda w: w.__setitem__(0, 1.0),
    "in place": lambda w: w.__imul__(2.0),
    "optimizer": lambda w: SGD([w], lr=0.1).step(),
}


@pytest.mark.parametrize("way", WAYS)
def test_all_ways_to_write(way):
    """By ``.data``, an index, an in-place operator or an optimizer."""
    x, w = leaves()
    (x @ w).sum().backward()
    loss = np.tanh(x @ w).sum()
    with mg.no_grad():
        WAYS[way](w)
    before = w.grad.numpy().copy()
    with pytest.raises(MutationError, match=r"^w was written to .* after op matmul"):
        loss.backward()
    assert np.array_equal(w.grad.numpy(), before)


@pytest.mark.parametrize(
    "back",
    [
        lambda loss, x, w: loss.backward(),
        lambda loss, x, w: loss.backward(create_graph=True),
        lambda loss, x, w: mg.contributions(loss, [x, w]),
        lambda loss, x, w: mg.contributions(loss, [w]),
    ],
    ids=["backward", "create_graph", "contributions", "of the weight"],
)
def test_all_ways_to_go_back(back):
    """Recorded or use by use, as in a plain backward pass."""
    x, w = leaves()
    loss = (np.tanh(x @ w) ** 2).sum()
    with mg.no_grad():
        w += 1.0
    with pytest.raises(MutationError, match=r"^w was written to .* after op matmul"):
        back(loss, x, w)


def test_a_pullback_is_of_the_function_as_it_was():
    """A weight that a function closes over and that is written to after ``vjp`` leaves the pullback
    of the other argument as it was."""
    _, w = leaves()
    _, pullback = mg.vjp(lambda x: x @ w, X)
    w.data = np.zeros((3, 3))
    np.testing.assert_allclose(pullback(np.ones((4, 3)))[0].numpy(), np.ones((4, 3)) @ W.T)


@pytest.mark.parametrize("name", OPS)
def test_every_op_notices(name):
    """For each op and each argument: an error if the call has saved the value, and else the
    gradients that there would be without the write."""
    for call in drawn_calls(name, 4):
        for i in call.live if all(map(np.size, call.args)) else ():
            args, total, saved = _recorded(call)
            args[i].data = args[i].numpy() / 2 + 0.25
            if call.op.argument(i) in saved:
                with pytest.raises(MutationError, match=f"after op {name}"):
                    total.backward()
                assert all(args[k].grad is None for k in call.live)
            elif total.requires_grad:
                total.backward()
                untouched, again, _ = _recorded(call)
                again.backward()
                for k in call.live:
                    np.testing.assert_array_equal(args[k].grad, untouched[k].grad)


def _recorded(call):
    """The arguments of a call as leaves, a number made of its results, and what it saves."""
    args = list(call.args)
    for i in call.live:
        args[i] = mg.tensor(args[i], requires_grad=True)
    with np.errstate(all="ignore"):
        outputs = [y for y in call(*args) if y.dtype.kind == "f"]
        total = sum(((y * (k + 1)).sum() for k, y in enumerate(outputs)), mg.tensor(0.0))
    node = outputs[0]._node if outputs else None
    if node is not None and call.op.multiple:
        node = node.parents[0]
    return args, total, () if node is None else node.pullback.residuals


@pytest.mark.parametrize("function", [caller(OPS["getitem"]), definition(OPS["getitem"])])
def test_one_entry_has_memory_of_its_own(function):
    """x[0] is a number: a write to x leaves it, and the gradient of what was made of it, as it is;
    by the call that is generated and by its definition."""
    x = mg.tensor([3.0, 5.0], requires_grad=True)
    y = function(x, index=0) ** 2
    with mg.no_grad():
        x[0] = 7.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [6.0, 0.0])
