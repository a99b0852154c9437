"""Ops that act entry by entry give NumPy's values, to the bit, however they are called."""

import operator

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import MutationError, NoDerivativeError
from minigrad.testing import check_grads
from tests.support.comparing import leaf, same, tensor

SPECIAL = np.array(
    [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e3, -1e3, 1e4, -1e4, np.inf, -np.inf, np.nan]
)
UNARY = [
    np.absolute, np.arccos, np.arccosh, np.arcsin, np.arcsinh, np.arctan, np.arctanh, np.cbrt,
    np.ceil, np.cos, np.cosh, np.deg2rad, np.degrees, np.exp, np.exp2, np.expm1, np.fabs, np.fix,
    np.floor, np.log, np.log10, np.log1p, np.log2, np.nan_to_num, np.negative, np.positive,
    np.rad2deg, np.radians, np.reciprocal, np.rint, np.round, np.sign, np.sin, np.sinc, np.sinh,
    np.sqrt, np.square, np.tan, np.tanh, np.trunc,
]
BINARY = [
    np.add, np.arctan2, np.copysign, np.divide, np.float_power, np.floor_divide, np.fmax, np.fmin,
    np.fmod, np.heaviside, np.hypot, np.logaddexp, np.logaddexp2, np.maximum, np.minimum,
    np.multiply, np.power, np.remainder, np.subtract,
]
FLOATS = [np.float16, np.float32, np.float64]
TYPES = [*FLOATS, np.int8, np.int32, np.int64]


def by_dtype(array):
    return str(np.dtype(array))


# -- values


@pytest.mark.parametrize("dtype", TYPES, ids=by_dtype)
@pytest.mark.parametrize("function", UNARY, ids=lambda f: f.__name__)
def test_functions_of_one_argument(function, dtype):
    """np.f(tensor) is np.f(array) to the bit: special values, dtypes, 0-d, empty, strided."""
    values = SPECIAL if np.dtype(dtype).kind == "f" else np.array([0, 1, -1, 3, 7])
    array = values.astype(dtype)
    with np.errstate(all="ignore"):
        for a in (array, array[:1].reshape(()), array[:0], array[::-2], array[:4].reshape(2, 2).T):
            wanted = function(np.array(a))  # NumPy's own last bits depend on the memory layout
            same(function(tensor(a)), wanted)
            method = getattr(mg.Tensor, function.__name__, None)
            if method is not None:
                same(method(tensor(a)), wanted)


@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_functions_of_two_arguments(function):
    """NumPy's values and promotion, whichever side is a tensor, an array or a Python number."""
    grid = np.repeat(SPECIAL, len(SPECIAL)), np.tile(SPECIAL, len(SPECIAL))
    with np.errstate(all="ignore"):
        for x, y in (grid, (grid[0].astype("f4"), grid[1].astype("f4"))):
            same(function(tensor(x), tensor(y)), function(x, y))
        for a in TYPES:
            for b in TYPES:
                x, y = np.array([[1, 2, 5]], a), np.array([[2], [3]], b)
                wanted = function(x, y)
                for left in (x, tensor(x)):
                    for right in (y, tensor(y)):
                        if left is not x or right is not y:
                            same(function(left, right), wanted)
            for number in (2, 0.5, True, np.float64(3), np.float32(3)):
                x = np.array([1, 3], a)
                same(function(tensor(x), number), function(x, number))
                same(function(number, tensor(x)), function(number, x))


OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
    operator.pow, operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne,
]
IN_PLACE = [
    operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv,
    operator.imod, operator.ipow,
]
BITS = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]


@pytest.mark.parametrize("op", OPERATORS, ids=lambda f: f.__name__)
def test_operators(op):
    """Every operator, the tensor on either side, with arrays, scalars and Python numbers."""
    x, y = np.array([[1.5], [-2.0]]), np.array([2.0, 3.0, -4.0])
    with np.errstate(invalid="ignore"):  # (-2) ** 0.5
        same(op(leaf(x), leaf(y)), op(x, y))
        same(op(leaf(x), y), op(x, y))
        same(op(x, leaf(y)), op(x, y))
        for number in (2, 2.0, -3, 0.5, np.float32(2), np.int64(3)):
            for dtype in FLOATS:
                a = x.astype(dtype)
                same(op(leaf(a), number), op(a, number))
                same(op(number, leaf(a)), op(number, a))
            whole = np.array([1, 2, 3])
            if not (op is operator.pow and number == -3):
                same(op(mg.tensor(whole), number), op(whole, number))
            same(op(number, mg.tensor(whole)), op(number, whole))


def test_unary_operators_and_divmod():
    """-x, +x, abs(x), round(x, n), divmod and ~, as on arrays."""
    x = np.array([1.26, -2.5, 0.0])
    same(-leaf(x), -x)
    same(+leaf(x), x)
    same(abs(leaf(x)), abs(x))
    same(round(leaf(x), 1), x.round(1))
    same(round(leaf(x)), x.round())
    for found, wanted in (
        (divmod(leaf(x), 0.7), divmod(x, 0.7)),
        (divmod(3.0, leaf(x[:2])), divmod(3.0, x[:2])),
        (np.divmod(leaf(x), 2), np.divmod(x, 2)),
        (np.modf(leaf(x)), np.modf(x)),
        (np.modf(leaf([np.inf])), np.modf([np.inf])),
    ):
        for a, b in zip(found, wanted, strict=True):
            same(a, b)
    same(~mg.tensor([1, 2]), ~np.array([1, 2]))
    same(~mg.tensor([True, False]), np.array([False, True]))


def test_bits():
    """& | ^ << >> on integers and truth values; on floats NumPy's error names the function."""
    x = np.array([1, 6, 12])
    for op in BITS:
        same(op(mg.tensor(x), 2), op(x, 2))
        same(op(2, mg.tensor(x)), op(2, x))
    same((mg.tensor([1.0, 2.0]) > 1) & mg.tensor([True, True]), np.array([False, True]))
    with pytest.raises(TypeError, match="bitwise_and"):
        leaf([1.0]) & 1


@pytest.mark.parametrize("op", IN_PLACE, ids=lambda f: f.__name__)
def test_in_place_operators(op):
    """x op= y: a write to x, for all who see x, as in NumPy; to a leaf under no_grad() only."""
    values, other = np.array([4.0, 9.0]), np.array([2.0, 3.0])
    wanted = op(values.copy(), other)
    x = before = mg.tensor(values)
    x = op(x, other)
    assert x is before
    same(x, wanted)
    same(values, [4.0, 9.0])
    w = kept = leaf(values)
    with mg.no_grad():
        w = op(w, other)
    assert w is kept
    same(w, wanted)
    with pytest.raises(MutationError, match="no_grad"):
        op(w, other)
    y = op(w * 1, leaf(other))
    same(y, op(wanted.copy(), other))
    assert y.requires_grad


def test_in_place_keeps_shape_and_dtype():
    """As in NumPy, the result takes the place of x, or does not fit."""
    x = mg.tensor(np.ones(2, np.float32))
    x += np.ones(2)
    same(x, np.full(2, 2, np.float32))
    with pytest.raises(ValueError, match=r"shape \(2,\).*\(3, 2\)"):
        x += np.ones((3, 2))
    whole = mg.tensor([1, 2])
    with pytest.raises(TypeError, match=r"int64.*float64"):
        whole /= 2


def test_outer():
    """np.add.outer and its like: every entry with every entry."""
    x, y = np.array([1.0, 2.0]), np.array([[3.0, 4.0, 5.0]])
    for function in (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.power, np.less):
        same(function.outer(leaf(x), y), function.outer(x, y))
        same(function.outer(x, leaf(y)), function.outer(x, y))
    check_grads(lambda a, b: np.multiply.outer(a, b), x, y)


def test_clip():
    """Every way to write it, with bounds that are None, arrays and crossed."""
    x = np.array([-2.0, -1.0, 0.0, 1.0, 2.0, np.nan])
    t = leaf(x)
    for found, wanted in (
        (np.clip(t, -1, 1), np.clip(x, -1, 1)),
        (np.clip(t, a_min=-1, a_max=None), np.clip(x, -1, None)),
        (np.clip(t, min=0), np.maximum(x, 0)),
        (np.clip(t, max=0), np.minimum(x, 0)),
        (t.clip(-1, 1), x.clip(-1, 1)),
        (t.clip(max=1), x.clip(max=1)),
        (t.clamp(-1), np.maximum(x, -1)),
        (np.clip(t, 1, -1), np.clip(x, 1, -1)),
        (np.clip(x, leaf([[0.0], [1.0]]), 1.5), np.clip(x, [[0.0], [1.0]], 1.5)),
    ):
        same(found, wanted)
    same(np.clip(leaf(x, np.float32), -1, 1), np.clip(x.astype(np.float32), -1, 1))


def test_where_nan_to_num_and_round():
    """Their keywords, and np.where with one argument."""
    x = np.array([[1.25, np.nan], [np.inf, -np.inf]])
    numbers = {"nan": 7, "posinf": 1, "neginf": 2}
    same(np.nan_to_num(leaf(x), **numbers), np.nan_to_num(x, **numbers))
    same(np.round(leaf(x), 1), np.round(x, 1))
    same(leaf(x).round(decimals=1), np.round(x, 1))
    same(leaf([125.0]).round(-1), np.round([125.0], -1))
    same(np.where(np.isnan(leaf(x)), 0, leaf(x)), np.where(np.isnan(x), 0, x))
    low = x.astype(np.float32)
    same(np.where(x > 0, 1.0, leaf(low)), np.where(x > 0, 1.0, low))
    for found, wanted in zip(np.where(leaf(x) > 0), np.where(x > 0), strict=True):
        same(found, wanted)


REFUSED = [
    lambda t: np.add(t, 1, out=np.zeros(2)),
    lambda t: np.exp(t, where=[True, False]),
    lambda t: np.multiply(t, 2, dtype=np.float32),
    lambda t: np.clip(t, 0, 1, out=np.zeros(2)),
    lambda t: np.add(np.ones(2), t, out=np.ones(2)),
    lambda t: operator.iadd(np.ones(2), t),
    lambda t: np.spacing(t),
    lambda t: np.nextafter(t, 1.0),
    lambda t: np.copyto(t, 1.0),
    lambda t: np.subtract.at(np.zeros(3), [0], t),
]


@pytest.mark.parametrize("call", REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_recorded_is_refused(call):
    """No option is dropped in silence, and no function falls back to an array."""
    with pytest.raises(NoDerivativeError):
        call(leaf([1.0, 2.0]))


def test_a_ufunc_that_would_write_into_a_tensor():
    """``np.add.at`` writes into its first argument, and a Tensor is not written to in secret."""
    for t in (leaf([1.0, 2.0]), mg.tensor([1.0, 2.0])):
        with pytest.raises(MutationError, match=r"np\.add\.at would write into a Tensor"):
            np.add.at(t, [0], 1)
        same(t, [1.0, 2.0])


def test_errors_name_the_op_and_its_operands():
    """What does not broadcast is reported with shapes and dtypes."""
    with pytest.raises(ValueError, match=r"multiply\(x: \(2,\) float64, y: \(3,\) float64\)"):
        leaf([1.0, 2.0]) * np.ones(3)
    with pytest.raises(ValueError, match=r"where\(condition: \(3,\) bool"):
        np.where(np.ones(3, bool), leaf([1.0, 2.0]), 0)


def test_comparisons_have_no_gradient():
    """They give truth values that do not require grad, also inside a recorded expression."""
    x = leaf([1.0, 2.0])
    for result in (x > 1, x == 1, np.isfinite(x), np.isclose(x, 1), np.logical_not(x)):
        assert isinstance(result, mg.Tensor)
        assert result.dtype == bool
        assert not result.requires_grad
    assert np.array_equal(x, [1.0, 2.0]) is True
    assert int(np.argmax(x)) == 1
    (x * (x > 1)).sum().backward()
    same(x.grad, np.array([0.0, 1.0]))


def test_counts_and_full_like():
    """Counts have no gradient, sums of weights have one, and so has a value that fills an array."""
    x, weights = np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0])
    same(np.bincount(mg.tensor(x), minlength=5), np.bincount(x, minlength=5))
    same(np.bincount(x, leaf(weights)), np.bincount(x, weights))
    check_grads(lambda w: np.bincount(x, w), weights)
    same(np.full_like(leaf(weights), 7), np.full_like(weights, 7))
    check_grads(lambda v: np.full_like(mg.tensor(weights), v), np.array(2.0))
    with pytest.raises(ValueError, match=r"bincount.*\(2,\)"):
        np.bincount(x, leaf([1.0, 2.0]))


def test_integers_have_no_gradient():
    """What is computed as integers does not require grad, whatever went in."""
    x = leaf([1.5, 2.5])
    for y in (np.sum(x, dtype=int), np.cumsum(x, dtype=int), x.astype(int), x > 1):
        assert not y.requires_grad
