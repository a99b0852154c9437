"""Objects of other libraries as operands: what is an array underneath becomes one, by position;
the rest is refused by name, with the fix, on either side of every operator."""

import array
import operator
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor
from minigrad.engine.tensor import detached
from minigrad.errors import GradientError, GraphLossError
from tests.support.comparing import leaf
from tests.support.foreign import (
    VALUES,
    ArrayOnly,
    Labelled,
    OptedOut,
    Plain,
    Quantity,
    Sparse,
    framework,
)
from tests.support.many import for_each

X = np.array([1.5, 2.5, 3.5])
OPERATORS = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
}
COMPARISONS = {name: getattr(operator, name) for name in ("lt", "le", "gt", "ge", "eq", "ne")}
FUNCTIONS = {
    "np.add": np.add, "np.maximum": np.maximum, "np.matmul": np.matmul, "np.dot": np.dot,
    "np.where": lambda a, b: np.where([True, False, True], a, b),
    "np.stack": lambda a, b: np.stack([a, b]), "np.arctan2": np.arctan2, "np.inner": np.inner,
    "mse_loss": mg.functional.mse_loss,
}
GIVE_NUMBERS = {**OPERATORS, **FUNCTIONS}
TWO = {**GIVE_NUMBERS, **COMPARISONS}

ARRAYS = {
    "labelled": Labelled(VALUES),
    "whole numbers with labels": Labelled([3, 1, 2]),
    "array only": ArrayOnly(VALUES),
    "subclass": VALUES.view(Plain),
    "big-endian": VALUES.astype(">f8"),
    "list": [3.0, 1.0, 2.0],
    "tuple": (3, 1, 2),
    "range": range(3, 0, -1),
    "array.array": array.array("d", VALUES),
    "memoryview": memoryview(VALUES),
    "data": Tensor(VALUES).data,
}
_RECORDS = np.array([(1.0, 2), (2.0, 3), (3.0, 4)], dtype=[("a", float), ("b", int)])
REFUSED = {
    "masked": (np.ma.array(VALUES, mask=[0, 1, 0]), "masked array"),
    "sparse": (Sparse(), r"sparse matrix .*toarray\(\)"),
    "structured": (_RECORDS, r"structured array .*value\['a'\]"),
    "recarray": (_RECORDS.view(np.recarray), r"structured array .*value\['a'\]"),
    "dates": (np.array(["2020", "2021", "2022"], "M8[Y]"), "dates or durations"),
    "durations": (np.array([1, 2, 3], "m8[s]"), "dates or durations"),
    "date": (np.datetime64("2020"), "dates or durations"),
    "objects": (np.array([1, Fraction(1, 2), 3], dtype=object), "Python objects"),
    "text": (np.array(["3", "1", "2"]), "text"),
    "list of text": (["3", "1", "2"], "text"),
    "labelled text": (Labelled(np.array(["3", "1", "2"])), "text"),
    "Fraction": (Fraction(1, 2), r"Fraction .*float\(value\)"),
    "Decimal": (Decimal("0.5"), r"Decimal .*float\(value\)"),
    "list of Fractions": ([Fraction(1, 2)] * 3, "Python objects"),
    "dict": ({"a": 1}, "dict"),
    "quantity": (VALUES.view(Quantity), "arithmetic of its own"),
    "PyTorch": (framework("torch"), r"PyTorch .*detach\(\)\.cpu\(\)\.numpy\(\)"),
    "PyTorch's Parameter": (framework("torch.nn.parameter"), "PyTorch"),
    "JAX": (framework("jaxlib._jax"), r"JAX .*np\.asarray"),
    "TensorFlow": (framework("tensorflow.python.framework.ops"), r"TensorFlow .*\.numpy\(\)"),
}


@pytest.fixture
def matrix():
    with pytest.warns(PendingDeprecationWarning):
        return np.matrix(np.diag(VALUES))


@for_each(ARRAYS, TWO)
def test_arrays_underneath(name, function):
    """Values, dtype and gradient are those of the plain array, on either side, whether or not the
    Tensor requires grad."""
    value, call = ARRAYS[name], TWO[function]
    array = np.array(value, dtype=np.asarray(value).dtype.newbyteorder("="))
    for sides in (lambda x, y: call(x, y), lambda x, y: call(y, x)):
        wanted = sides(X, array)
        for requires_grad in (False, True):
            x, plain = (Tensor(X, requires_grad=requires_grad) for _ in range(2))
            found, expected = sides(x, value), sides(plain, array)
            assert isinstance(found, Tensor)
            assert found.dtype == np.asarray(wanted).dtype
            np.testing.assert_array_equal(found.numpy(), wanted)
            assert found.requires_grad == expected.requires_grad
        if found.requires_grad:
            found.sum().backward()
            expected.sum().backward()
            np.testing.assert_array_equal(x.grad.numpy(), plain.grad.numpy())


@for_each(REFUSED, GIVE_NUMBERS)
def test_refused_by_name(name, function):
    """The error says what was received and what to pass instead; nothing gets in as an object."""
    (value, words), call = REFUSED[name], GIVE_NUMBERS[function]
    for sides in (lambda x: call(x, value), lambda x: call(value, x)):
        if call is operator.pow and name == "Fraction":
            continue  # Fraction ** y is float ** y, which Fraction itself computes
        with pytest.raises(TypeError) as raised:
            sides(leaf(X))
        assert_words(raised.value, words, sides)


def assert_words(error, words, sides):
    """The refusal, or, from an operator of the other library, what ``np.asarray(tensor)`` says."""
    text = str(error)
    assert re.search(words, text) or isinstance(error, GraphLossError), text


def test_matrices(matrix):
    """A np.matrix, whose ``*`` is a matrix product, is refused on either side."""
    for call in (operator.mul, operator.add, operator.matmul, np.matmul, np.add):
        for sides in (lambda x, f=call: f(x, matrix), lambda x, f=call: f(matrix, x)):
            with pytest.raises(TypeError, match="matrix"):
                sides(leaf(X))


@pytest.mark.parametrize("name", [
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lt", "le", "gt", "ge",
    "eq", "ne",
])
@pytest.mark.parametrize("requires_grad", [False, True])
def test_classes_that_opt_out(name, requires_grad):
    """With ``__array_ufunc__ = None`` the other class's operators run, reflected ones too; NumPy's
    functions refuse it by name."""
    x, other = Tensor(X, requires_grad=requires_grad), OptedOut()
    call = getattr(operator, name)
    assert call(x, other) == "its own"
    assert call(other, x) == "its own"
    for function in (np.add, lambda a, b: np.where([True, False, True], a, b)):
        with pytest.raises(TypeError, match="OptedOut"):
            function(leaf(X), other)


@pytest.mark.parametrize("call", [
    np.ma.add, np.ma.multiply, np.ma.maximum, np.ma.dot, np.ma.where, np.ma.concatenate,
    np.ma.array, np.ma.sum, np.ma.exp, np.ma.sqrt, operator.add, operator.iadd, operator.mul,
    operator.lt,
], ids=lambda f: f"{type(f).__name__} {f.__name__}")
def test_masked_arrays_never_lose_the_graph(call):
    """What numpy.ma does with a tensor on the graph raises; with a constant it is what it does with
    an array."""
    def run(x):
        masked = np.ma.array(VALUES, mask=[0, 1, 0])
        if call is np.ma.where:
            return call(masked > 1, masked, x)
        if call is np.ma.concatenate:
            return call([masked, x])
        one = call in (np.ma.array, np.ma.sum, np.ma.exp, np.ma.sqrt)
        return call(x) if one else call(masked, x)

    with pytest.raises(GraphLossError):
        run(leaf(X))
    found, wanted = run(Tensor(X)), run(X)
    np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(wanted))
    np.testing.assert_array_equal(np.ma.filled(found, 0.0), np.ma.filled(wanted, 0.0))


def test_writes_to_masked_arrays():
    """A value on the graph is not written to a masked array."""
    masked = np.ma.array(VALUES, mask=[0, 1, 0])
    before = masked.copy()
    with pytest.raises(GraphLossError):
        masked[:] = leaf(X)
    np.testing.assert_array_equal(masked.data, before.data)
    masked[:] = Tensor(X)
    np.testing.assert_array_equal(masked.data, X)


DOORS = {
    "Tensor": lambda value: Tensor(value),
    "an index": lambda value: leaf(X)[value],
    "a cotangent": lambda value: leaf(X).backward(value),
    ".data =": lambda value: setattr(leaf(X), "data", value),
    "x[...] =": lambda value: Tensor(X).__setitem__(slice(None), value),
    "x[...] = on the graph": lambda value: (leaf(X) * 2).__setitem__(slice(None), value),
    "a hook": lambda value: hooked(value),
    "np.take": lambda value: np.take(leaf(X), value),
    "mg.grad": lambda value: mg.grad(lambda x: (x * x).sum())(value),
}


def hooked(value):
    x = leaf(X)
    y = x * 2
    y.register_hook(lambda g: value)
    y.sum().backward()
    return x.grad


@pytest.mark.parametrize("door", DOORS)
def test_every_door(door):
    """Wherever values come in, arrays underneath are taken by position, and masks are not lost."""
    whole = door in ("an index", "np.take")
    array = np.array([2, 0, 1]) if whole else VALUES
    for value in (Labelled(array), ArrayOnly(array), array.astype(array.dtype.newbyteorder(">"))):
        found, wanted = DOORS[door](value), DOORS[door](array)
        if wanted is not None:
            np.testing.assert_array_equal(*map(detached, (found, wanted)))
    with pytest.raises(GradientError if door == "a cotangent" else TypeError, match="mask"):
        DOORS[door](np.ma.array(array, mask=[0, 1, 0]))


def test_tensors_of_dates_and_records():
    """The constructor says what it cannot hold, and what to pass."""
    for value, words in (
        (_RECORDS, "structured"), (np.array(["2020"], "M8[Y]"), "dates"),
        ([Fraction(1, 2)], "objects"),
        (Sparse(), "toarray"), ({"a": 1}, "dict"), ([np.ma.array([1.0], mask=[1])], "mask"),
        (None, "NoneType"), (["a"], "text"),
    ):
        with pytest.raises(TypeError, match=words):
            mg.tensor(value)


def test_operands_that_change_later():
    """An operand is taken as it is at the call, also when it lets NumPy see its own memory."""
    class Shared(ArrayOnly):
        def __array__(self, dtype=None, copy=None):
            return self.values

    values = VALUES.copy()
    for call in (operator.mul, np.dot, np.matmul):
        x = leaf(X)
        y = call(x, Shared(values))
        before = values.copy()
        values[:] = 100.0
        y.sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), before)
        values[:] = VALUES
