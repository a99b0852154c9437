"""The one place where methods come to Tensor, and handlers to NumPy's functions.

What is attached is what the records and the functions made of ops have declared
(``minigrad.engine.declared``), in whatever order they were imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..engine.declared import FUNCTIONS, METHODS, Over, attach_with
from ..engine.dispatch import HANDLERS
from .forms import Form, caller, form_of
from .help_text import tell
from .numpy.ufuncs import ufunc_methods
from .page import PAGE
from .reduce.masked import COMPOSED, part_of

__all__ = ["install"]


def install(tensor_class: type) -> None:
    """Attach to the class the methods that are declared now, and later those to come; the
    names of attributes that the class itself defines are taken."""
    own = {name for base in tensor_class.__mro__[:-1] for name in vars(base)}

    def attach(functions: Iterable[Any], methods: Iterable[str]) -> None:
        for function in functions:
            _handle(function)
        made = {name: _method(name) for name in methods}  # first: `tell` changes copied help
        for name, method in made.items():
            tell(name, method)
            put(name, method)

    def put(name: str, value: Any) -> None:
        setattr(tensor_class, name, value)

    put("__doc__", PAGE)
    attach_with(attach, own)


def _handle(function: Any) -> None:
    """Make the function of NumPy do with Tensors what is declared, in its own words and order."""
    call = FUNCTIONS[function]
    if isinstance(function, np.ufunc):
        HANDLERS[function] = call
        HANDLERS.update(ufunc_methods(function, call))
    elif hasattr(call, "op"):
        part = part_of(function) if function in COMPOSED else None
        form = Form(call.op.name, call, function=function, part=part, explained=True)
        HANDLERS[function] = caller(form)
    else:
        HANDLERS[function] = call


def _method(name: str) -> Any:
    """PyTorch's meaning where that is declared, else NumPy's; its errors name it."""
    if name in METHODS["Tensor"]:
        return METHODS["Tensor"][name]
    of_numpy, of_pytorch = METHODS["NumPy"].get(name), METHODS["PyTorch"].get(name)
    if isinstance(of_pytorch, Over):
        base = of_pytorch.function or of_numpy or getattr(np, name)
        method = of_pytorch.make(_resolved(base))
    else:
        method = _resolved(of_pytorch or of_numpy)
    if isinstance(method, property) or name.startswith("__"):
        return method
    form = form_of(method)
    if form.names(name):
        return method
    return caller(form._replace(name=name, explained=True), like=method)


def _resolved(method: Any) -> Any:
    """A method; where it is a function of NumPy, what that does with Tensors."""
    known = not isinstance(method, property) and method in HANDLERS
    return HANDLERS[method] if known else method
