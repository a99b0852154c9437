"""A Tensor as a hyperparameter: those that users learn have a gradient, the others refuse a Tensor
that would get none, and take one that needs none as its value."""

import inspect

import numpy as np
import pytest

import minigrad as mg
import minigrad.functional as F
from minigrad import Tensor
from minigrad.engine.arguments import apply
from minigrad.engine.op import OPS
from minigrad.errors import NoDerivativeError
from minigrad.testing import check_grads

_rng = np.random.default_rng(11)
X = _rng.normal(size=(2, 3))
Y = X + np.array([[0.4, -2.1, 1.9], [-0.3, 2.5, 0.6]])

# Each learned one: a function of the operands and of it, and where it lies.
LEARNED = {
    "leaky_relu.negative_slope": (F.leaky_relu, (X,), 0.2),
    "leaky_relu.negative_slope, negative": (F.leaky_relu, (X,), -0.3),
    "elu.alpha": (F.elu, (X,), 0.7),
    "elu.alpha, negative": (F.elu, (X,), -0.7),
    "celu.alpha": (F.celu, (X,), 1.3),
    "softplus.beta": (F.softplus, (X,), 1.7),
    "huber_loss.delta": (F.huber_loss, (X, Y), 1.1),
    "smooth_l1_loss.beta": (F.smooth_l1_loss, (X, Y), 1.1),
    "smooth_l1_loss.beta, none": (
        lambda x, y, beta: F.smooth_l1_loss(x, y, "none", beta), (X, Y), 1.1),
}
SHAPES = {
    "one": np.ones(()), "per channel": np.array([1.0, 0.9, 1.15]),
    "per row": np.array([[1.0], [0.9]]),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", LEARNED)
def test_learned(name, shape):
    """Orders 1 and 2 in everything at once, of one number, one a channel, one a row; by position
    and by keyword."""
    function, operands, value = LEARNED[name]
    key = name.partition(".")[2].partition(",")[0]
    calls = [lambda *xs: function(*xs[:-1], **{key: xs[-1]})]
    if len(operands) == 1:
        calls.append(function)
    for call in calls:
        check_grads(call, *operands, value * SHAPES[shape])


def test_learned_single_numbers():
    """What bounds a divisor from below, and the fraction of a quantile, have their slopes too."""
    for call in (
        lambda x, eps: F.normalize(x, eps=eps),
        lambda x, eps: F.cosine_similarity(x, Y, eps=eps),
        lambda x, q: np.quantile(x, q / 30, axis=-1),
    ):
        check_grads(call, X, np.array(9.0))


def test_extremes():
    """Where the exponential has died out, so has its slope in the hyperparameter: none is NaN."""
    x = np.array([-np.inf, -1e6, -1.0, 0.0, 1.0, 1e6, np.inf])
    for function in (F.leaky_relu, F.elu, F.celu, F.softplus):
        a = Tensor(1.0, requires_grad=True)
        finite = x[1:-1] if function is F.leaky_relu else x
        function(finite, a).sum()
        for value in finite:
            a = Tensor(1.0, requires_grad=True)
            function(np.array(value), a).backward()
            assert np.isfinite(a.grad.numpy()), (function.__name__, value)


def test_a_slope_is_learned():
    """leaky_relu with a learned slope (PReLU) finds the slope of its data."""
    x = np.linspace(-2, 2, 41)
    target, slope = np.where(x > 0, x, 0.3 * x), mg.Parameter(0.0)
    for _ in range(60):
        slope.grad = None
        F.mse_loss(F.leaky_relu(x, slope), target).backward()
        with mg.no_grad():
            slope -= 0.5 * slope.grad
    assert abs(slope.item() - 0.3) < 1e-3


# Each refused one, as a call in which `h` is the hyperparameter, with a value that it may have.
REFUSED = {
    "F.hardtanh(x, h, 1.0)": -1.0, "F.hardtanh(x, max_val=h)": 1.0,
    "F.cross_entropy(x, [0, 2], label_smoothing=h)": 0.1, "F.layer_norm(x, 3, eps=h)": 1e-5,
    "F.normalize(x, p=h)": 2.0, "F.dropout(x, h)": 0.5, "F.softplus(x, threshold=h)": 1.0,
    "F.batch_norm(x, None, None, training=True, eps=h)": 1e-5,
    "np.nan_to_num(x, nan=h)": 0.5, "np.nan_to_num(x, posinf=h)": 9.0,
    "np.linalg.lstsq(x, y, h)": 1e-9, "x.norm(h)": 3.0, "x.tile(h)": 2.0,
    "np.median(x, axis=h)": 1.0, "np.sum(x, axis=h)": 1.0, "x.sum(h)": 1.0,
    "x.sum(axis=(0, h))": 1.0,
    "np.var(x, ddof=h)": 1.0, "x.std(correction=h)": 1.0, "np.std(x, ddof=h)": 1.0,
    "np.linalg.norm(x, axis=0, ord=h)": 3.0, "np.linalg.vector_norm(x, ord=h)": 3.0,
    "np.linalg.pinv(x, rcond=h)": 1e-9, "np.linalg.matrix_power(x @ x.T, h)": 2.0,
    "np.round(x, h)": 1.0, "np.roll(x, h)": 1.0, "np.tile(x, h)": 2.0, "np.tile(x, (h, 1))": 2.0,
    "np.repeat(x, h)": 2.0, "np.expand_dims(x, h)": 0.0, "x.reshape(h, 2)": 3.0,
    "np.transpose(x, (1, h))": 0.0, "np.diff(x, n=h)": 1.0, "np.moveaxis(x, h, 1)": 0.0,
    "np.pad(x, h)": 1.0, "np.pad(x, 1, constant_values=h)": 2.0, "np.split(x, h)": 2.0,
    "np.split(x, 1, axis=h)": 1.0, "np.cov(x, ddof=h)": 1.0, "np.tensordot(x, y.T, h)": 1.0,
    "np.real_if_close(x, h)": 100.0, "np.trace(x, h)": 1.0, "np.linspace(x, y, h)": 4.0,
    "np.unwrap(x, h)": 4.0, "np.stack([x, y], h)": 1.0, "np.concatenate([x, y], axis=h)": 1.0,
}


def run(call, h):
    x, y = Tensor(X, requires_grad=True), Tensor(Y, requires_grad=True)
    try:
        return eval(call, {"np": np, "F": F, "x": x, "y": y, "h": h})
    except TypeError as error:
        if "unexpected keyword argument" in str(error):
            pytest.skip(f"NumPy {np.__version__}: {error}")
        raise


@pytest.mark.parametrize("call", REFUSED)
def test_refused_on_the_graph(call):
    """A Tensor that requires grad is refused where it would lose its gradient, in any container, by
    position or keyword; no warning, no half a gradient."""
    with pytest.raises(TypeError, match=r"requires grad|integer|graph|derivative|learn"):
        run(call, Tensor(REFUSED[call], requires_grad=True))


@pytest.mark.parametrize("call", REFUSED)
def test_constants_are_values(call):
    """A Tensor that needs no gradient stands for its value: the results are those of the number."""
    value = REFUSED[call]
    if value == int(value) and any(word in call for word in _WHOLE):
        value = int(value)
    if "dropout" in call:
        call = call.replace("h)", "h, rng=3)")
    found, wanted = run(call, Tensor(value)), run(call, value)
    if not isinstance(wanted, list | tuple):
        found, wanted = [found], [wanted]
    for a, b in zip(found, wanted, strict=True):
        if not isinstance(b, Tensor):  # a rank, say
            assert a == b
            continue
        assert a.dtype == b.dtype
        assert not isinstance(a._data, Tensor)
        np.testing.assert_array_equal(a.numpy(), b.numpy())


_WHOLE = (
    "axis", "sum", "round", "roll", "tile", "repeat", "expand", "reshape", "transpose", "diff",
    "moveaxis", "pad", "split", "power", "tensordot", "trace", "linspace", "stack", "concatenate",
)


def test_every_number_is_decided():
    """Each keyword of a record that is a number of its own is refused by the one check; whoever
    adds one that users learn makes it an array argument, with a rule."""
    for op in list(OPS.values()):
        if not getattr(op.forward, "__module__", "").startswith("minigrad."):
            continue
        for p in inspect.signature(op.forward).parameters.values():
            if p.kind is p.KEYWORD_ONLY and "float" in str(p.annotation):
                with pytest.raises(NoDerivativeError, match=f"{p.name}.detach"):
                    apply(
                        op, [Tensor(X)] * len(op.arguments),
                        {p.name: Tensor(0.5, requires_grad=True)},
                    )


def test_own_ops_too():
    """The check is where ops are called, so that a user's op has it."""
    before = dict(OPS)

    @mg.primitive("()->()", vjps=(lambda g, scale: g * scale,))
    def scaled_by_keyword(x, *, scale=1.0):
        """scale · x"""
        return x * scale

    @mg.primitive("(),()->()", vjps=(lambda g, scale: g * scale, lambda g, x: g * x))
    def scaled_by_array(x, scale=1.0):
        """scale · x"""
        return x * scale

    x, scale = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    with pytest.raises(NoDerivativeError, match=r"scaled_by_keyword\(\.\.\., scale="):
        scaled_by_keyword(x, scale=scale)
    with pytest.raises(NoDerivativeError, match="scale"):
        scaled_by_keyword(x, scale={"a": [scale]})
    assert scaled_by_keyword(x, scale=Tensor(3.0)).item() == 6.0
    with mg.no_grad():
        assert scaled_by_keyword(x, scale=scale).item() == 6.0
    assert scaled_by_array(x).item() == 2.0
    scaled_by_array(x, scale=scale).backward()
    assert (x.grad.item(), scale.grad.item()) == (3.0, 2.0)
    with pytest.raises(TypeError, match=r"scaled_by_array\(\) missing .*'x'"):
        scaled_by_array()
    OPS.clear()
    OPS.update(before)
