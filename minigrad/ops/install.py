"""The one place where methods come to Tensor, and handlers to NumPy's functions.

What is attached is what the records and the functions made of ops have declared
(``minigrad.engine.declared``), in whatever order they were imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..engine.declared import FUNCTIONS, METHODS, Over, attach_with
from ..engine.dispatch import HANDLERS
from .numpy.ufuncs import ufunc_methods
from .reduce.masked import COMPOSED, take_where

__all__ = ["install"]


def install(tensor_class: type) -> None:
    """Attach to the class the methods that are declared now, and later those to come; the
    names of attributes that the class itself defines are taken."""
    own = {name for base in tensor_class.__mro__[:-1] for name in vars(base)}

    def attach(functions: Iterable[Any], methods: Iterable[str]) -> None:
        for function in functions:
            _handle(function)
        for name in methods:
            setattr(tensor_class, name, _method(name))

    attach_with(attach, own)


def _handle(function: Any) -> None:
    call = FUNCTIONS[function]
    HANDLERS[function] = take_where(function, call) if function in COMPOSED else call
    if isinstance(function, np.ufunc):
        HANDLERS.update(ufunc_methods(function, call))


def _method(name: str) -> Any:
    """PyTorch's meaning where that is declared, else NumPy's."""
    of_numpy, of_pytorch = METHODS["NumPy"].get(name), METHODS["PyTorch"].get(name)
    if not isinstance(of_pytorch, Over):
        return _resolved(of_pytorch or of_numpy)
    return of_pytorch.make(_resolved(of_numpy or getattr(np, name)))


def _resolved(method: Any) -> Callable[..., Any]:
    """A method; where it is a function of NumPy, what that does with Tensors."""
    known = not isinstance(method, property) and method in HANDLERS
    return HANDLERS[method] if known else method
