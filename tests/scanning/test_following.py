"""A step that is the same as before is not planned anew, and whatever has changed in it is seen."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.arguments import apply
from minigrad.engine.op import Op
from minigrad.functional import dropout
from minigrad.module import Module
from minigrad.scanning.trace import Trace
from tests.support.steps import weight

T, B, H = 3, 2, 3
FACTOR = 1.0
rng0 = np.random.default_rng(0)
XS, H0 = rng0.normal(size=(T, B, H)), rng0.normal(size=(B, H))


def activation(z):
    return np.tanh(z)


class Inner(Module):
    def __init__(self):
        self.gain, self.on = mg.Parameter(rng0.normal(size=H)), True

    def forward(self, h):
        return h * self.gain if self.on else h


class Net(Module):
    """A step that depends on everything that a step may depend on."""

    scale = 1.0

    def __init__(self):
        rng = np.random.default_rng(1)
        self.W, self.V = (mg.Parameter(rng.normal(size=(H, H))) for _ in range(2))
        self.inner, self.layers, self.options = Inner(), [self.W, self.V], {"order": 1}
        self.shift, self.rng = rng.normal(size=H), np.random.default_rng(2)
        self.index, self.axis, self.keep = np.array([0, 2, 1]), -1, mg.tensor(rng.normal(size=H))
        self.numbers = itertools.repeat(0.5)
        self.training = False

    def squash(self, z):
        return activation(z)

    def step(self, x, h):
        for W in self.layers[: self.options["order"]]:
            h = h @ W
        h = self.inner(self.squash(h + x + self.shift)) * (FACTOR * self.scale)
        h = h[:, self.index] + self.keep * next(self.numbers)
        if self.training:
            h = dropout(h, 0.5, rng=self.rng)
        return h.sum(axis=self.axis, keepdims=True), h


def _set(path, value):
    def change(net, monkeypatch):
        *to, name = path.split(".")
        owner = net
        for part in to:
            owner = getattr(owner, part)
        monkeypatch.setattr(owner, name, value)

    return change


def _write(path, value):
    def change(net, monkeypatch):
        array = getattr(net, path)
        array[...] = value

    return change


def _untie(net, monkeypatch):
    monkeypatch.setitem(net.options, "order", 2)
    net.layers[1] = net.layers[0]


HERE = __name__
CHANGES = {
    "a global": lambda net, m: m.setattr(f"{HERE}.FACTOR", 2.0),
    "a global of another type": lambda net, m: m.setattr(f"{HERE}.FACTOR", np.float64(1.0)),
    "a global function": lambda net, m: m.setattr(f"{HERE}.activation", np.sin),
    "a class attribute": lambda net, m: m.setattr(Net, "scale", -1.0),
    "an attribute": _set("shift", np.ones(H)),
    "an attribute of another shape": _set("shift", np.ones((B, H))),
    "an attribute of another dtype": _set("shift", np.ones(H, np.float32)),
    "an attribute that is a number now": _set("shift", 0.5),
    "an attribute that needs a gradient now": _set("shift", mg.tensor(H0, requires_grad=True)),
    "a constant in place": _write("shift", 3.0),
    "an index in place": _write("index", [2, 1, 0]),
    "an index": _set("index", np.array([0, 0, 1])),
    "a mask for an index": _set("index", [2, 0]),
    "an axis": _set("axis", 0),
    "an attribute of a module within": _set("inner.on", False),
    "a parameter of a module within": _set("inner.gain", mg.Parameter(np.full(H, 0.5))),
    "a parameter that is frozen": lambda net, m: net.inner.gain.requires_grad_(False),
    "a tensor that needs a gradient": lambda net, m: net.keep.requires_grad_(True),
    "a list in place": lambda net, m: net.layers.insert(0, mg.Parameter(np.eye(H))),
    "a list that is longer": _set("options", {"order": 2}),
    "a weight that is used twice": _untie,
    "a dict": lambda net, m: m.setitem(net.options, "order", 0),
    "a flag": _set("training", True),
    "a method": _set("squash", lambda z: np.cos(z)),
    "a method of the class": lambda net, m: m.setattr(Net, "squash", lambda self, z: np.exp(-z)),
    "a method of a class within": lambda net, m: m.setattr(Inner, "forward", lambda self, h: h),
    "a generator": _set("numbers", itertools.repeat(0.25)),
    "an iterator": _set("numbers", iter([2.0] * 50)),
}


def _run(net, how):
    """Outputs, last state, and the gradients of all that needs one."""
    net.rng = np.random.default_rng(7)
    h0, xs = mg.tensor(H0, requires_grad=True), mg.tensor(XS, requires_grad=True)
    if np.ndim(net.index) and len(net.index) < H:
        h0 = mg.tensor(H0[:, :2])
    ys, last = mg.scan(net.step, h0, xs, how=how)
    named = dict(net.named_parameters()) | {"keep": net.keep, "shift": net.shift, "xs": xs}
    leaves = {k: v for k, v in named.items() if isinstance(v, mg.Tensor) and v.requires_grad}
    gradients = mg.gradients((ys * ys).sum() + last.sum(), list(leaves.values()), allow_unused=True)
    found = {"ys": ys, "last": last} | dict(zip(leaves, gradients, strict=True))
    return {k: None if v is None else v.detach().numpy() for k, v in found.items()}


def _outcome(net, how):
    try:
        return _run(net, how)
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_seen(what, monkeypatch):
    """Outputs and gradients are those of the loop after each change, and after most are undone."""
    net = Net()
    for _ in range(2):
        _run(net, "scan")
    with monkeypatch.context() as undone_later:
        CHANGES[what](net, undone_later)
        for _ in range(2):
            _compare(net)
    _compare(net)


def _compare(net):
    found, wanted = _outcome(net, "scan"), _outcome(net, "unroll")
    if not isinstance(wanted, dict):
        assert not isinstance(found, dict)
        return
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        if value is None:
            assert found[name] is None or not found[name].any()
        else:
            np.testing.assert_allclose(found[name], value, rtol=1e-11, atol=1e-13, err_msg=name)
            assert found[name].dtype == value.dtype


def _computed(monkeypatch):
    """The ops whose values traces compute from now on."""
    found, honest = [], Trace._results

    def watching(self, op, *given):
        found.append(op.name)
        return honest(self, op, *given)

    monkeypatch.setattr(Trace, "_results", watching)
    return found


def test_what_is_the_same_is_followed(monkeypatch):
    """The second call computes nothing to find its plan; one with a change computes from there on,
    and what it needs from before."""
    net = Net()
    _run(net, "scan")
    computed = _computed(monkeypatch)
    _run(net, "scan")
    assert computed == []
    net.axis = 0
    _run(net, "scan")
    assert computed.count("sum") >= 1


def test_ops_of_a_users_own_tell_their_shapes(monkeypatch):
    """The result of one may have any shape: it is computed each time."""
    size = SimpleNamespace(rows=1)
    own = Op(
        lambda x: np.array(x[: size.rows]), name="some_rows", arguments=("x",), params={},
        signature="(n)->(m)", formula="x[:rows]", rules=[None],
    )

    def step(x, h):
        return apply(own, [h], {}), h + x

    for rows in (1, 2, 1):
        size.rows = rows
        ys, _ = mg.scan(step, mg.tensor(H0, requires_grad=True), XS)
        assert ys.shape == (T, rows, H)


def test_results_are_told_apart():
    """The same ops, and other ones of their results; and what is a result and needs a gradient."""
    order, w = [0, 1], mg.tensor(np.ones(H))

    def step(x, state):
        a, b = state
        both = np.tanh(a + x), b * x
        return w, (both[order[0]], both[order[1]])

    def run(how):
        start = mg.tensor(H0, requires_grad=True), mg.tensor(H0 + 1, requires_grad=True)
        (ys, last) = mg.scan(step, start, XS, how=how)
        (g,) = mg.gradients((last[0] * 2 + last[1]).sum(), start[:1])
        return [ys.requires_grad, ys.detach().numpy(), g.numpy()]

    for change in (lambda: None, order.reverse, lambda: w.requires_grad_(True)):
        change()
        for found, wanted in zip(run("scan"), run("unroll"), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_what_leads_to_nothing_may_go():
    """Ops, and what they refer to, that no result needs."""
    spare = [mg.tensor(np.ones(H))]

    def step(x, h):
        h = np.tanh(h + x)
        for v in spare:
            h * v
        return h, h

    start = mg.tensor(H0, requires_grad=True)
    first, _ = mg.scan(step, start, XS)
    for change in (spare.clear, lambda: spare.append(mg.tensor(np.ones(H)))):
        change()
        ys, _ = mg.scan(step, start, XS)
        np.testing.assert_array_equal(ys.detach().numpy(), first.detach().numpy())


def test_arguments_are_told_apart():
    """Other shapes, dtypes, what needs a gradient, and no_grad, in turn."""
    W = weight(np.random.default_rng(3), H, H)

    def step(x, h):
        h = np.tanh(h @ W + x).astype(h.dtype)
        return h, h

    for _ in range(2):
        for dtype in (np.float64, np.float32):
            for rows in (1, 2):
                for needs in (True, False):
                    h0 = mg.tensor(H0[:rows].astype(dtype), requires_grad=needs)
                    results = []
                    for how in ("scan", "unroll"):
                        with mg.no_grad():
                            silent, _ = mg.scan(step, h0, XS[:, :rows], how=how)
                        assert not silent.requires_grad
                        ys, _ = mg.scan(step, h0, XS[:, :rows], how=how)
                        results += [mg.gradients((ys * ys).sum(), [W])[0].numpy()]
                        np.testing.assert_array_equal(silent.numpy(), ys.detach().numpy())
                    np.testing.assert_allclose(*results, rtol=1e-6)
