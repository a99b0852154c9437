"""The functions that are ops under PyTorch's names: written from what the records declare.

A record says ``functional="huber_loss(input, target, reduction, delta)"``: the name, and what its
arguments are called, in PyTorch's order. Defaults, annotations and the help text are those of the
record. What is written can be read: `source` has it, and tracebacks show it.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable
from typing import Any

from ..engine.declared import FUNCTIONAL
from ..ops.forms import Form, caller
from ..ops.pytorch.words import either

__all__ = ["generated", "written"]

_TEMPLATE = "def {name}({parameters}):\n    return op({arguments})\n"
_WORDS = {"dim": "axis", "keepdim": "keepdims"}


def generated() -> dict[str, Callable[..., Any]]:
    """The functions that all records declare, by name."""
    return {how.partition("(")[0]: written(how, call) for how, call in FUNCTIONAL.items()}


def written(how: str, call: Any) -> Any:
    """The function that calls an op as `how` says; ``.source`` is its text.

    >>> from minigrad.ops.nn.losses import huber_loss
    >>> print(written("huber_loss(input, target, reduction, delta)", huber_loss).source)
    def huber_loss(input, target, reduction='mean', delta=1.0):
        return op(input, target, delta, reduction=reduction)
    """
    op = call.op
    name, _, rest = how.removesuffix(")").partition("(")
    named = {_own(word, op): word for word in rest.split(", ")}
    given = inspect.signature(call).parameters
    missing = object()
    defaults = {own: given[own].default for own in named if given[own].default is not missing}
    parameters = [
        word if defaults[own] is inspect.Parameter.empty else f"{word}={defaults[own]!r}"
        for own, word in named.items()
    ]
    arguments = [named[own] for own in op.arguments]
    arguments += [f"{own}={named[own]}" for own in op.params if own in named]
    source = _TEMPLATE.format(
        name=name, parameters=", ".join(parameters), arguments=", ".join(arguments)
    )
    place = f"<minigrad.functional.{name}>"
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
    space: dict[str, Any] = {"op": call}
    exec(compile(source, place, "exec"), space)
    function = space[name]
    function.__annotations__ = {word: given[own].annotation for own, word in named.items()}
    function.__annotations__["return"] = "Any"
    return _helpful(function, call, source, named)


def _own(word: str, op: Any) -> str:
    """What the record calls an argument that PyTorch calls `word`."""
    known = (*op.arguments, *op.params)
    return word if word in known else _WORDS.get(word, op.arguments[0])


def _helpful(function: Any, call: Any, source: str, named: dict[str, str]) -> Any:
    """The function with its help text; NumPy's words too; and constants that are none refused."""
    op = call.op
    function.__doc__, function.__module__ = call.__doc__, call.__module__
    constants = tuple(
        (place, word) for place, (own, word) in enumerate(named.items())
        if own in op.defaults and op.rules[op.arguments.index(own)] is None
    )
    if constants:  # class weights, say: no rule would see that they require grad
        function = caller(Form(function.__name__, function, metadata=constants))
    if not _WORDS.keys().isdisjoint(named.values()):
        function = either(function)
    function.op, function.source = op, source
    return function
