"""PyTorch's names: methods that NumPy has as functions, and dim= and keepdim=."""

import inspect

import numpy as np
import pytest

import minigrad as mg
from minigrad import functional as F

M = np.random.default_rng(0).normal(size=(3, 4))

PICK = np.array([[1], [0], [3]])
# A method, and what it is in NumPy.
SAME = {
    "view": (lambda t: t.view(2, 6), M.reshape(2, 6)),
    "view(-1)": (lambda t: t.view(-1), M.ravel()),
    "view_as": (lambda t: t.view_as(np.zeros(12)), M.ravel()),
    "reshape_as": (lambda t: t.reshape_as(np.zeros((6, 2))), M.reshape(6, 2)),
    "expand": (lambda t: t.expand(2, -1, 4), np.broadcast_to(M, (2, 3, 4))),
    "expand_as": (lambda t: t[:1].expand_as(M), np.broadcast_to(M[:1], (3, 4))),
    "t": (lambda t: t.t(), M.T),
    "contiguous": (lambda t: t.t().contiguous(), M.T),
    "neg": (lambda t: t.neg(), -M),
    "arithmetic": (lambda t: t.add(1).mul(2).sub(3).div(4), ((M + 1) * 2 - 3) / 4),
    "matmul": (lambda t: t.matmul(t.T).mm(t), M @ M.T @ M),
    "mv": (lambda t: t.mv(t[0]), M @ M[0]),
    "bmm": (lambda t: t[None].bmm(t.T[None]), (M @ M.T)[None]),
    "outer": (lambda t: t[0].outer(t[1]), np.outer(M[0], M[1])),
    "tril": (lambda t: t.tril(), np.tril(M)),
    "triu": (lambda t: t.triu(1), np.triu(M, 1)),
    "tile": (lambda t: t.tile((2, 1)), np.tile(M, (2, 1))),
    "movedim": (lambda t: t.movedim(0, 1).swapdims(0, 1), M),
    "rsqrt": (lambda t: t.exp().rsqrt(), np.exp(M) ** -0.5),
    "masked_fill": (lambda t: t.masked_fill(M > 0, 2.0), np.where(M > 0, 2.0, M)),
    "index_select": (lambda t: t.index_select(dim=1, index=[0, 0]), M[:, [0, 0]]),
    "gather": (lambda t: t.gather(dim=1, index=PICK), np.take_along_axis(M, PICK, 1)),
    "index_put": (lambda t: t.index_put((0, 0), 5.0)[0, 0], np.array(5.0)),
    "sum": (lambda t: t.sum(dim=1, keepdim=True), M.sum(1, keepdims=True)),
    "mean": (lambda t: t.mean(dim=(0, 1)), M.mean()),
    "prod": (lambda t: t.prod(dim=0), M.prod(0)),
    "amax": (lambda t: t.amax(dim=0), M.max(0)),
    "cumsum": (lambda t: t.cumsum(dim=1), M.cumsum(1)),
    "logsumexp": (lambda t: t.logsumexp(dim=1), np.log(np.exp(M).sum(1))),
    "softmax": (lambda t: t.softmax(dim=0).sum(dim=0), np.ones(4)),
    "squeeze": (lambda t: t.unsqueeze(dim=0).squeeze(dim=0), M),
    "unbind": (lambda t: t.unbind(dim=1)[2], M[:, 2]),
    "flip": (lambda t: t.flip(dims=(0,)), M[::-1]),
    "roll": (lambda t: t.roll(shifts=1, dims=0), np.roll(M, 1, 0)),
    "norm": (lambda t: t.norm(p=1, dim=1), np.abs(M).sum(1)),
    "split": (lambda t: t.split(3, dim=1)[1], M[:, 3:]),
    "split in lengths": (lambda t: t.split([1, 3], dim=1)[1], M[:, 1:]),
    "chunk": (lambda t: t.chunk(2)[0], M[:2]),
    "numel and dim": (lambda t: t * t.numel() * t.dim(), M * 24),
    "real and conj": (lambda t: t.real + t.conj() + t.imag, 2 * M),
}


@pytest.mark.parametrize("name", SAME)
def test_same_as_numpy(name):
    """The value is NumPy's, and the gradient flows."""
    method, wanted = SAME[name]
    x = mg.tensor(M, requires_grad=True)
    y = method(x)
    assert y.dtype == np.float64
    np.testing.assert_allclose(y.numpy(), wanted, rtol=1e-13)
    assert y.requires_grad


def test_conversions():
    """Conversions by name; of floats the gradient comes back in the dtype of x."""
    x = mg.tensor(M, requires_grad=True)
    for name, dtype in {"float": "f4", "double": "f8", "half": "f2"}.items():
        y = getattr(x, name)()
        assert y.dtype == dtype
        assert y.requires_grad
    assert x.to(np.float32).dtype == np.float32
    assert [x.long().dtype, x.int().dtype, x.bool().dtype] == [np.int64, np.int32, np.bool_]
    assert x.eq(M).dtype == x.isnan().dtype == np.bool_
    assert (x.nbytes, x.itemsize) == (M.nbytes, 8)


def test_in_place():
    """A hand-written training step as in PyTorch; a leaf refuses to be written to while recording,
    and a result while not."""
    w = mg.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    with mg.no_grad():
        w.sub_(0.5 * w.grad)
    assert w.tolist() == [0, 0]
    w.grad.zero_()
    assert w.grad.tolist() == [0, 0]
    c = mg.tensor([1.0, 5.0])
    assert c.add_(1).mul_(2).div_(4).clamp_(max=2.0) is c
    assert c.tolist() == [1, 2]
    assert c.copy_([7, 8]).fill_(3).tolist() == [3, 3]
    y = w * 2
    with pytest.raises(mg.errors.MutationError, match=r"^\.add_\(\): .*leaf"):
        w.add_(1)
    with mg.no_grad(), pytest.raises(mg.errors.MutationError, match=r"^\.zero_\(\).*op multiply"):
        y.zero_()
    y.zero_().sum().backward()
    assert w.grad.tolist() == [0, 0]


def test_errors():
    """Shapes and lengths that do not fit say so."""
    x = mg.tensor(M)
    for call, match in (
        (lambda: x.view(5), "5"), (lambda: x[None].t(), "two axes"),
        (lambda: x.chunk(0), "chunks=0"), (lambda: x.split(0), "length of 0"),
        (lambda: x.split([1, 1]), "add up to 3"),
    ):
        with pytest.raises(ValueError, match=match):
            call()


# -- minigrad.functional

INPUTS = (
    "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "silu", "mish", "softsign", "softplus",
    "sigmoid", "logsigmoid", "tanh", "hardtanh", "hardsigmoid", "gelu", "glu", "softmax", "softmin",
    "log_softmax", "logsumexp", "erf", "erfc",
)


@pytest.mark.parametrize("name", INPUTS)
def test_the_first_argument_is_input(name):
    """By position or as input=, with one result."""
    function = getattr(F, name)
    assert next(iter(inspect.signature(function).parameters)) == "input"
    np.testing.assert_array_equal(function(input=M), function(M))


def test_options_by_position():
    """In PyTorch's order."""
    np.testing.assert_array_equal(F.leaky_relu(M, 0.2), np.where(M > 0, M, 0.2 * M))
    np.testing.assert_array_equal(F.hardtanh(M, -0.5, 0.25), np.clip(M, -0.5, 0.25))
    np.testing.assert_array_equal(F.elu(M, 2.0), F.elu(M, alpha=2.0))
    index = np.array([[0], [3], [3]])
    np.testing.assert_array_equal(F.gather(input=M, dim=1, index=index), F.gather(M, 1, index))
    wanted = F.scatter_add(M, 1, index, np.ones((3, 1)))
    found = F.scatter_add(input=M, dim=1, index=index, src=np.ones((3, 1)))
    np.testing.assert_array_equal(found, wanted)
    assert F.softmax(M, -1, dtype=np.float32).dtype == np.float32


def test_softplus_has_a_threshold_on_request():
    """Above it the value is x and the slope 1; without one the formula is exact."""
    x = mg.tensor([1.0, 6.0], requires_grad=True)
    y = F.softplus(x, 2.0, 10.0)
    assert y[1].item() == 6.0
    y.sum().backward()
    assert x.grad[1].item() == 1.0
    np.testing.assert_allclose(F.softplus(np.array([21.0])), np.logaddexp(0, 21.0), rtol=1e-15)


def test_embedding_padding():
    """The padding row is looked up and gets no gradient."""
    w = mg.tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
    for padding, kept in ((1, [2, 0, 1]), (-1, [2, 1, 0])):
        w.zero_grad()
        rows = F.embedding(np.array([0, 0, 1, 2]), w, padding)
        np.testing.assert_array_equal(rows.numpy(), w.numpy()[[0, 0, 1, 2]])
        rows.sum().backward()
        np.testing.assert_array_equal(w.grad.numpy()[:, 0], kept)
    with pytest.raises(IndexError, match="padding_idx is 3"):
        F.embedding(np.array([0]), w, 3)


def test_conv1d_takes_tuples_of_one():
    """stride=(2,), as PyTorch's modules pass it."""
    x, w = np.ones((1, 1, 8)), np.ones((1, 1, 3))
    found = F.conv1d(x, w, stride=(2,), padding=(1,), dilation=(1,))
    np.testing.assert_array_equal(found, F.conv1d(x, w, stride=2, padding=1))
