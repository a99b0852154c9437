"""What mypy cannot read in NumPy's stubs: that a function of NumPy makes a Tensor of a Tensor.

They promise an array, or Any, which ``mypy --strict`` does not let a function return as a Tensor.
With these two lines in pyproject.toml, ``np.tanh(x)``, ``np.concatenate([x, y])`` and ``array @ x``
are Tensors for mypy, as they are at run time::

    [tool.mypy]
    plugins = ["minigrad.mypy_plugin"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mypy.plugin import FunctionContext, MethodContext, Plugin
from mypy.types import AnyType, Instance, TupleType, Type, UnionType, get_proper_type

from .engine.dispatch import HANDLERS

__all__ = ["TensorPlugin", "plugin"]

TENSOR = "minigrad.engine.tensor.Tensor"
_NUMBERS = {"allclose", "array_equal", "array_equiv", "ndim", "shape", "size"}  # give no arrays
_KNOWN = {f.__name__ for f in HANDLERS if hasattr(f, "__name__")} - _NUMBERS
_OPERATORS = {
    f"__{name}__"
    for name in "add sub mul truediv floordiv mod pow matmul divmod and or xor lshift rshift lt le "
    "gt ge eq ne".split()
}

Hook = Callable[[Any], Type]


class TensorPlugin(Plugin):
    """The hooks: NumPy's functions, its ufuncs, and the operators of its arrays."""

    def get_function_hook(self, fullname: str) -> Hook | None:
        """For a function of NumPy that Tensors answer."""
        module, _, name = fullname.rpartition(".")
        return _of_tensors if module.startswith("numpy") and name in _KNOWN else None

    def get_method_hook(self, fullname: str) -> Hook | None:
        """For a ufunc's call, or its ``reduce`` and the like, and for ``array + tensor``."""
        owner, _, name = fullname.rpartition(".")
        ufunc = owner.startswith("numpy._typing._ufunc.")
        operator = owner in ("numpy.ndarray", "numpy._ArrayOrScalarCommon") and name in _OPERATORS
        return _of_tensors if ufunc or operator else None


def _of_tensors(call: FunctionContext | MethodContext) -> Type:
    """The type of a call: what NumPy says, with Tensors for its arrays if one was given."""
    given = [argument for arguments in call.arg_types for argument in arguments]
    tensor = next(_tensors(given), None)
    return call.default_return_type if tensor is None else _with(tensor, call.default_return_type)


def _tensors(types: Iterable[Type]) -> Iterator[Instance]:
    """The class Tensor, for each Tensor among the types, or in their lists and tuples."""
    for given in types:
        kind = get_proper_type(given)
        if isinstance(kind, TupleType | UnionType):
            yield from _tensors(kind.items)
        elif isinstance(kind, Instance):
            for base in kind.type.mro:
                if base.fullname == TENSOR:
                    yield Instance(base, [])
            yield from _tensors(kind.args)


def _with(tensor: Instance, result: Type) -> Type:
    """`result` with Tensors in the place of arrays, NumPy's scalars, and what may be anything."""
    kind = get_proper_type(result)
    if isinstance(kind, AnyType):
        return tensor
    if isinstance(kind, UnionType):
        parts = [_with(tensor, item) for item in kind.items]
        return parts[0] if all(part == parts[0] for part in parts) else UnionType(parts)
    if isinstance(kind, TupleType):
        return kind.copy_modified(items=[_with(tensor, item) for item in kind.items])
    if isinstance(kind, Instance):
        if kind.type.has_base("numpy.ndarray") or kind.type.has_base("numpy.generic"):
            return tensor
        if kind.type.fullname in ("builtins.list", "builtins.tuple"):
            return kind.copy_modified(args=[_with(tensor, item) for item in kind.args])
    return result


def plugin(version: str) -> type[Plugin]:
    """What mypy asks for."""
    return TensorPlugin
