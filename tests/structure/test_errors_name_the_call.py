"""An error speaks of what was called, under the name that the user has written."""

import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import minigrad.functional as F
from minigrad.engine.tensor import Tensor

X = mg.tensor(np.ones((2, 3)), requires_grad=True)
# What hardly any argument can be: of another shape, no number, on the graph, out of range.
WRONG = [np.ones((5, 7)), "text", mg.tensor(np.ones(4), requires_grad=True), 99, -99, (9, 9, 9)]
# Its own words for a wrong argument are those of the class, or of Python.
WITHOUT_NAME = {"new_tensor", "type", "numpy", "retain_grad", "register_hook"}


def _calls() -> Iterator[tuple[str, Callable[..., Any], tuple[Any, ...]]]:
    functions = {name: getattr(F, name) for name in F.__all__}
    methods = {
        name: method for name, method in vars(Tensor).items()
        if callable(method) and not name.startswith("_") and name not in WITHOUT_NAME
    }
    for name, function in [*functions.items(), *methods.items()]:
        own = getattr(function, "__name__", name) if name in functions else name
        for wrong in WRONG:
            for given in ((wrong,), (X,), (X, wrong), (X, wrong, wrong), (X, wrong, wrong, wrong)):
                yield own, function, given


def _fits(function: Callable[..., Any], given: tuple[Any, ...]) -> bool:
    """Whether a call has the right number of arguments; otherwise Python says what is wrong."""
    try:
        inspect.signature(function).bind(*given)
    except TypeError:
        return False
    return True


def test_every_error_names_the_function_or_method() -> None:
    """Of functional and of Tensor: x.mm(y) is mm's, x.clamp's is clamp's, F.softmin's is softmin's,
    whatever ops are inside."""
    checked, nameless = 0, {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, function, given in _calls():
            try:
                if isinstance(given[0], Tensor) or name in F.__all__:
                    function(*given)
            except (ValueError, TypeError, IndexError) as error:
                if not _fits(function, given):
                    continue
                checked += 1
                if not re.search(rf"(?<!\w){re.escape(name)}(?![a-z0-9])", str(error)):
                    nameless[f"{name}{[getattr(g, 'shape', g) for g in given]}"] = str(error)[:90]
            except Exception:  # a LinAlgError, an error of the class: of another kind
                continue
    assert checked > 1000
    assert not nameless, nameless


@pytest.mark.parametrize(("call", "name"), [
    ("F.softmin(x, 5)", "softmin"), ("F.smooth_l1_loss(x, x[0])", "smooth_l1_loss"),
    ("x.clamp(np.ones(7))", "clamp"), ("x.mm(x)", "mm"), ("x.sub(np.ones(7))", "sub"),
    ("x.clone().neg_(3)", "neg_"), ("F.glu(x, dim=1)", "glu"), ("x.movedim(7, 0)", "movedim"),
    ("x.unsqueeze(x)", "unsqueeze"), ("x.max(axis=7)", "max"), ("F.mse(x, x[0])", "mse_loss"),
])
def test_some_of_them(call: str, name: str) -> None:
    """The message begins with the name and a parenthesis, or a colon."""
    with pytest.raises((ValueError, TypeError, IndexError)) as raised:
        eval(call, {"F": F, "x": X, "np": np})
    assert re.match(rf"\.?{name}[(:]", str(raised.value)), raised.value
