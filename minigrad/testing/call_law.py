"""The law of calls: a generated function does what the definition of a call does."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.arguments import definition
from ..engine.modes import no_grad, scope
from ..engine.outputs import OUTPUT
from ..engine.tensor import Tensor, detached
from ..engine.views import source_of
from .calls import caller, leaf
from .trial import LawBroken, Trial, demand, same_bits

__all__ = ["generated_call"]

Function = Callable[..., Any]


def generated_call(t: Trial) -> None:
    """The function that users call, which is generated, does what its definition does: outputs,
    what is on the tape and saved there, under which scope, views of arguments, errors."""
    functions = caller(t.call.op), definition(t.call.op)
    args, live = t.call.args, t.live
    numbers = [i for i, a in enumerate(args) if isinstance(a, np.ndarray | np.generic)]
    floats = [i for i in numbers if np.asarray(args[i]).dtype.kind == "f"]  # also without a rule
    for chosen in {(), live, *((i,) for i in [*live, *floats])}:
        for constant in (False, True):  # the other arrays as they are, or as Tensors
            given = [
                leaf(a, i in chosen) if i in chosen or (constant and i in numbers) else a
                for i, a in enumerate(args)
            ]
            with scope("law", t=1):
                _compare(t, *_called(t, functions, given))
            with no_grad():
                _compare(t, *_called(t, functions, given))
    for i in numbers:
        for wrong in (np.zeros((2, 0, 3, 1, 7)), "text"):
            for first in (False, True):
                given = [wrong if i == j else leaf(a) if first and i != j and j in live else a
                         for j, a in enumerate(args)]
                _compare(t, *_called(t, functions, given))


def _called(t: Trial, functions: Sequence[Function], args: Sequence[Any]) -> list[Any]:
    """The result of each function, or its error."""
    found: list[Any] = []
    for function in functions:
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # NumPy's about empty arrays
                found.append(function(*args, **t.call.params))
        except Exception as error:  # of any kind: both must raise the same
            found.append(error)
    return found


def _compare(t: Trial, generated: Any, defined: Any) -> None:
    if isinstance(defined, Exception):
        same = type(generated) is type(defined) and str(generated) == str(defined)
        demand(same, f"the call raises {generated!r}, by its definition {defined!r}")
        return
    if not t.call.op.multiple:
        generated, defined = (generated,), (defined,)
    demand(len(generated) == len(defined), "the call has another number of results")
    for a, b in zip(generated, defined, strict=True):
        demand(type(a) is type(b), f"the call gives {type(a)}, by its definition {type(b)}")
        same_bits(a, b, "the call differs from its definition")
        if isinstance(a, Tensor):
            demand(source_of(a) is source_of(b), "the call marks another view than its definition")
            _compare_nodes(a._node, b._node)


def _compare_nodes(a: Any, b: Any) -> None:
    demand((a is None) == (b is None), "the call is recorded, and by its definition not, or not so")
    if a is None:
        return
    if a.pullback is OUTPUT:
        a, b = a.parents[0], b.parents[0]
    for name in ("pullback", "parents", "shape", "dtype", "extra"):
        one, other = getattr(a, name), getattr(b, name)
        if one != other:
            raise LawBroken(f"its node has the {name} {one}, by the definition {other}")
    demand(str(a.scope) == str(b.scope), f"its scope is {a.scope}, by the definition {b.scope}")
    for name, one, other in zip(a.pullback.residuals, a.saved, b.saved, strict=True):
        _compare_saved(name, one, other)


def _compare_saved(name: str, one: Any, other: Any) -> None:
    if isinstance(one, tuple | list):
        demand(type(one) is type(other) and len(one) == len(other), f"it saves another {name}")
        for part, right in zip(one, other, strict=True):
            _compare_saved(name, part, right)
    elif isinstance(one, np.ndarray | np.generic):
        same_bits(one, other, f"what it saves as {name}")
    else:
        demand(one == other or one is other, f"it saves {one!r} as {name}, wanted {other!r}")
    demand(detached(one) is one, f"it saves a Tensor as {name}")
