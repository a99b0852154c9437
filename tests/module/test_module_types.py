"""Module.astype and its kin: another precision in place, for everybody who holds the parameters."""

import copy

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad import optim
from minigrad.engine.tensor import Parameter, Tensor
from minigrad.errors import MutationError
from minigrad.module import Module
from tests.support.interrupts import interrupted_anywhere

FLOATS = [np.float16, np.float32, np.float64]
CELLS = [
    rnn.ElmanCell, rnn.LSTMCell, rnn.GRUCell, rnn.CoupledLSTMCell,
    rnn.PeepholeLSTMCell, rnn.LayerNormLSTMCell, rnn.LSTM1997Cell, rnn.MGUCell,
]
OPTIMIZERS = {
    "SGD": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9),
    "RMSprop": lambda ps: optim.RMSprop(ps, eps=1e-2, centered=True, momentum=0.5),
    "Adagrad": lambda ps: optim.Adagrad(ps, eps=1e-2),
    "Adam": lambda ps: optim.Adam(ps, eps=1e-2, amsgrad=True),
    "AdamW": lambda ps: optim.AdamW(ps, eps=1e-2),
    "Orthogonal": lambda ps: optim.Orthogonal(optim.SGD(ps, lr=0.1, momentum=0.9), ps[0]),
}


class Net(Module):
    def __init__(self, dtype=np.float32):
        self.W = Parameter(np.eye(2, dtype=dtype))
        self.parts = [Parameter(np.array([0.1, 0.7], dtype))]
        self.steps = Parameter(3, requires_grad=False)
        self.mean = Parameter(np.full(2, 0.3, dtype), requires_grad=False)
        self.tied = self.W

    def forward(self, x):
        return np.tanh(x @ self.W + self.parts[0])


@pytest.mark.parametrize("before", FLOATS)
@pytest.mark.parametrize("after", FLOATS)
def test_values_and_gradients_are_converted(before, after):
    """Float parameters, trained or not, and gradients have NumPy's conversion of what they had;
    integers stay; objects, ties, names and requires_grad too."""
    net = Net(before)
    net(np.ones((3, 2), before)).sum().backward()
    old = [(p, p.numpy(), p.grad, p.name, p.requires_grad) for p in net.parameters()]
    assert net.astype(after) is net
    for p, (same, value, grad, name, trained) in zip(net.parameters(), old, strict=True):
        assert p is same
        wanted = after if value.dtype.kind == "f" else value.dtype
        np.testing.assert_array_equal(p.numpy(), value.astype(wanted), strict=True)
        assert (p.name, p.requires_grad) == (name, trained)
        if grad is None:
            assert p.grad is None
        else:
            np.testing.assert_array_equal(p.grad.numpy(), grad.numpy().astype(after), strict=True)
    assert net.tied is net.W
    out = net(np.ones((3, 2), after)).sum()
    out.backward()
    assert out.dtype == after
    assert {p.grad.dtype for p in net.parameters() if p.requires_grad} == {np.dtype(after)}


def test_short_names():
    """double, float and half are PyTorch's names of float64, float32 and float16."""
    net = Net()
    assert net.double().W.dtype == np.float64
    assert net.float().W.dtype == np.float32
    assert net.half().W.dtype == np.float16
    assert net.astype("float64").W.dtype == np.float64
    assert net.astype(">f4").W.dtype is np.dtype(np.float32)


@pytest.mark.parametrize("dtype", [int, bool, complex, "U3", object, None, "no", 3, np.ones(2)])
def test_types_that_are_no_floats(dtype):
    """What is no float type is refused by name, and nothing changes."""
    net = Net()
    if dtype is None:
        net.astype(dtype)  # NumPy's meaning of None
        assert net.W.dtype == np.float64
        return
    with pytest.raises(TypeError, match=r"astype\(dtype\): received .*wanted a float type"):
        net.astype(dtype)
    assert net.W.dtype == np.float32


def test_values_too_large_are_refused():
    """A value or a gradient that would become Inf is named, and nothing changes; an Inf stays."""
    net = Net()
    net.parts[0].data = np.array([np.inf, 1.0], np.float32)
    net.half()
    assert net.parts[0].tolist() == [np.inf, 1.0]
    net.float()
    net.parts[0].data = np.array([7e4, 1.0], np.float32)
    with pytest.raises(ValueError, match=r"parts\.0 holds values up to 7e\+04, .* ends at 6.55e"):
        net.half()
    net.parts[0].data = np.ones(2, np.float32)
    net.parts[0].grad = Tensor(np.array([-1e5, 1.0], np.float32))
    with pytest.raises(ValueError, match=r"parts\.0\.grad holds"):
        net.half()
    assert {net.W.dtype, net.parts[0].grad.dtype} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_go_on(name):
    """An optimizer that holds the parameters takes the step in float64 that one does whose whole
    state was converted by hand."""
    net = Net()
    params = [p for p in net.parameters() if p.requires_grad]
    optimizer = OPTIMIZERS[name](params)

    def give(ps, seed):
        rng = np.random.default_rng(seed)
        for p in ps:
            p.grad = Tensor(rng.normal(size=p.shape).astype(p.dtype))

    give(params, 1)
    optimizer.step()
    twins = [Parameter(p.numpy().astype(np.float64)) for p in params]
    twin = OPTIMIZERS[name](twins)
    twin.load_state_dict({
        key: value.astype(np.float64) if isinstance(value, np.ndarray) else value
        for key, value in optimizer.state_dict().items()
    })
    net.double()
    for seed in (2, 3):
        give(params, seed)
        give(twins, seed)
        optimizer.step()
        twin.step()
    for p, other in zip(params, twins, strict=True):
        np.testing.assert_allclose(p.numpy(), other.numpy(), rtol=1e-6)
        assert p.dtype == np.float64
    arrays = [v for v in optimizer.state_dict().values() if isinstance(v, np.ndarray) and v.ndim]
    assert {a.dtype for a in arrays} <= {np.dtype(np.float64)}


@pytest.mark.parametrize("kind", CELLS)
def test_cells(kind):
    """A converted cell equals one that was made in the new type, in outputs and gradients."""
    cell, twin = kind(3, 2, rng=0), kind(3, 2, rng=1, dtype=np.float64)
    x = np.random.default_rng(2).normal(size=(4, 5, 3))
    rnn.unroll(cell, x)[0].sum().backward()  # whatever it keeps, it has kept
    cell.double().zero_grad()
    twin.load_state_dict(cell.state_dict())
    assert cell.dtype == np.float64
    results = []
    for one in (cell, twin):
        outputs, _ = rnn.unroll(one, x)
        (outputs**2).sum().backward()
        results.append([outputs.numpy(), *(p.grad.numpy() for p in one.parameters())])
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b, strict=True)


@pytest.mark.parametrize("kind", [rnn.RNN, rnn.LSTM, rnn.GRU])
def test_layers(kind):
    """So do stacked layers in both directions, to and fro."""
    layer = kind(3, 2, num_layers=2, bidirectional=True, rng=0)
    x = np.random.default_rng(2).normal(size=(4, 5, 3))
    before = layer(x)[0].numpy()
    wide = layer.double()(x)[0]
    assert wide.dtype == np.float64
    np.testing.assert_allclose(wide.numpy(), before, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(layer.float()(x)[0].numpy(), before, strict=True)


def test_graphs_from_before():
    """A graph that saved an old value raises at backward; one that saved none gives a gradient in
    the new type."""
    net = Net()
    loss = (net.W * net.W).sum()
    offset = (net.parts[0] + 1.0).sum()
    net.double()
    with pytest.raises(MutationError, match="was written to"):
        loss.backward()
    offset.backward()
    assert net.parts[0].grad.dtype == np.float64


def test_hooks_stay():
    """A hook on a parameter is called with gradients of the new type."""
    net, seen = Net(), []
    net.W.register_hook(lambda g: seen.append(g.dtype))
    net.double()(np.ones((1, 2))).sum().backward()
    assert seen == [np.dtype(np.float64)]


def test_an_interrupt_converts_all_or_nothing():
    """Ctrl-C at any bytecode leaves all parameters and gradients in one type."""

    def prepare():
        net = Net()
        for p in (net.W, net.parts[0]):
            p.grad = Tensor(np.ones(p.shape, p.dtype))
        net.inner = rnn.ElmanCell(1, 1)
        return net

    def state(net):
        kinds = {p.dtype for p in net.parameters() if p.dtype.kind == "f"}
        kinds |= {p._node.dtype for p in net.parameters() if p.requires_grad}
        kinds |= {p.grad.dtype for p in (net.W, net.parts[0])}
        return kinds | {net.inner.dtype}

    seen = interrupted_anywhere(prepare, lambda net: net.double(), state)
    assert seen["before"]
    assert seen["after"]


def test_a_copy_of_model_optimizer_and_schedule_is_a_whole():
    """Copied together they belong to each other: steps of the copy reach the copied parameters."""
    net = Net()
    optimizer = optim.Adam([{"params": net.W}, {"params": net.parts, "lr": 0.5}], lr=0.1)
    schedule = optim.StepLR(optimizer, 1, gamma=0.5)
    net2, optimizer2, schedule2 = copy.deepcopy((net, optimizer, schedule))
    assert optimizer2.params[0] is net2.W is net2.tied
    assert optimizer2.param_groups[1]["params"][0] is net2.parts[0]
    assert schedule2.optimizer is optimizer2
    before = [p.tolist() for p in net.parameters()]
    net2(np.ones((1, 2), np.float32)).sum().backward()
    optimizer2.step()
    schedule2.step()
    assert [p.tolist() for p in net.parameters()] == before
    assert net.W.grad is None
    assert schedule.get_last_lr() == [0.1, 0.5]
    assert schedule2.get_last_lr() == [0.05, 0.25]
    assert net2.W.tolist() != net.W.tolist()
    orthogonal = optim.Orthogonal(optim.SGD(net.W, lr=0.1, momentum=0.9), net.W)
    net3, copied = copy.deepcopy((net, orthogonal))
    net3.W.grad = Tensor(np.arange(4, dtype=np.float32).reshape(2, 2))
    copied.step()
    assert net3.W.tolist() != net.W.tolist() == before[0]
    assert copied.state_dict()["0.steps"] == 1
    assert orthogonal.state_dict()["0.steps"] == 0


def test_freezing():
    """requires_grad_(False) trains nothing inside, and optimizers pass over it; True undoes it."""
    net = Net()
    net.head = Net()
    optimizer = optim.SGD(net.parameters(), lr=1.0, momentum=0.9)
    assert net.head.requires_grad_(False) is net.head
    before = net.head.W.tolist()
    net(np.ones((1, 2), np.float32)).sum().backward()
    optimizer.step()
    assert net.head.W.tolist() == before
    assert net.head.W.grad is None
    net.head.requires_grad_()
    assert net.head.W.requires_grad
    assert not net.head.steps.requires_grad  # an integer


def test_what_is_inside():
    """children are one level down, in lists too; apply reaches all modules and itself last."""
    net = Net()
    net.one, net.more = Net(), [Net(), {"k": Net()}]
    net.one.deep = Net()
    net.again = net.one
    assert [name for name, _ in net.named_children()] == ["one", "more.0", "more.1.k"]
    assert list(net.children()) == [net.one, net.more[0], net.more[1]["k"]]
    seen = []
    assert net.apply(seen.append) is net
    assert [id(m) for m in seen[:-1]] == [id(m) for m in net.modules()][1:]
    assert seen[-1] is net


def test_deleting_and_sharing_parameters():
    """A deleted parameter is gone from everything; a shared one is one, in state and step."""
    net = Net()
    del net.tied, net.steps
    assert [name for name, _ in net.named_parameters()] == ["W", "parts.0", "mean"]
    assert "steps" not in net.state_dict()
    with pytest.raises(AttributeError, match="steps"):
        net.steps  # noqa: B018
    net.steps = Parameter(1.0)
    other = Net()
    other.W = net.W
    both = Module()
    both.a, both.b = net, other
    optimizer = optim.SGD(both.parameters(), lr=1.0)
    assert sum(p is net.W for p in optimizer.params) == 1
    net.W.grad = Tensor(np.ones((2, 2), np.float32))
    optimizer.step()
    np.testing.assert_array_equal(other.W.numpy(), np.eye(2) - 1.0)
    both.double()
    assert other.W.dtype == np.float64
    both.load_state_dict(both.state_dict())
    assert mg.Module.load_state_dict(both, both.state_dict()).missing_keys == []
