"""An error names the function that was called, and not another one that it is made of."""

import inspect

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor
from minigrad.engine.dispatch import HANDLERS

_rng = np.random.default_rng(5)


def normal(*shape):
    return mg.tensor(_rng.normal(size=shape) + 0.1, requires_grad=True)


OPERANDS = [
    (normal(3, 3),), (normal(3, 3), normal(3, 3)), (normal(4), normal(4)), (normal(4), 2),
    (normal(4), np.array([0, 1])), ([normal(3), normal(3)],), (normal(3, 4), 0, 1),
    (normal(4), 0.3),
    (normal(3, 3), (3, 3)), ("ij->ji", normal(3, 3)), (normal(4), normal(4), normal(4)),
    (np.array([True, False, True, True]), normal(4), normal(4)),
]
BAD = {
    "axis": [99, "no", 1.5, (0, 0)], "axes": [99, "no", (0, 0)], "out": [np.zeros(1)],
    "dtype": [complex], "mode": ["no"], "casting": ["no"], "keepdims": ["x"],
    "where": [np.array([1.5])], "initial": [[1, 2]], "subok": [True], "ord": ["no"],
}
WRONG = ["nonsense", np.array([1.5, 2.5, 3.5]), -7]
UFUNC = ("out", "dtype", "where", "casting", "subok", "axis", "axes")
# NumPy's own words on an argument, before a Tensor is met at all.
BEFORE = (
    "argument for", "'out' must be a tuple", "Device not understood", "order must be", "only",
    "`tol` and `rtol`",
)


def _functions():
    found = {}
    for function in HANDLERS:
        if isinstance(function, np.ufunc):
            found[f"np.{function.__name__}"] = function
        elif callable(function):
            found[f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)] = function
    return found


FUNCTIONS = _functions()


def _keywords(function):
    if isinstance(function, np.ufunc):
        return UFUNC
    try:
        return list(inspect.signature(function).parameters)
    except ValueError:  # written in C
        return ("axis", "axes", "out", "dtype", "casting")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_name_what_was_called(name):
    """Whatever option is wrong, the message speaks of the function that was called."""
    function, short = FUNCTIONS[name], name.rpartition(".")[2]
    for operands in OPERANDS:
        try:
            result = function(*operands)
        except Exception:  # a function of something else
            continue
        if isinstance(result, np.ndarray):  # no Tensor was met
            continue
        for keyword in _keywords(function):
            for value in BAD.get(keyword, WRONG):
                try:
                    function(*operands, **{keyword: value})
                except (AttributeError, RuntimeError):  # NumPy looks at none, or says so
                    pass
                except (ValueError, TypeError, IndexError) as error:
                    text = str(error)
                    if text.startswith(BEFORE) or "multiple values" in text:
                        continue
                    assert name in text or text.startswith((f"{short}(", f"{short}:"))


@pytest.mark.parametrize("call", [
    "np.gradient(x, axis=7)", "np.gradient(x, edge_order=5)", "np.full_like(x, x[0], order='F')",
    "np.nan_to_num(x, nan=x)", "np.max(x, axis=4)", "np.trapezoid(x, axis=4)",
    "np.vstack([x, x[:1]])", "np.take(x, 9)", "np.linspace(x, 1j)",
    "np.absolute(x, out=np.zeros(3))", "np.add(x, x, where=[True, False, True])",
    "np.linalg.norm(x, axis=4)",
])
def test_made_of_others(call):
    """Functions made of other ops, and ops under several names, report under the one called."""
    name = call.partition("(")[0]
    if not hasattr(np, name.split(".")[1]):
        pytest.skip(f"NumPy {np.__version__} has no {name}")
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    with pytest.raises((ValueError, TypeError, IndexError)) as raised:
        eval(call, {"np": np, "x": x})
    assert str(raised.value).startswith((name, name.rpartition(".")[2]))
