"""What mypy cannot read in NumPy's stubs: that a function of NumPy makes a Tensor of a Tensor.

They promise an array, or Any, which ``mypy --strict`` does not let a function return as a Tensor;
and some, most of np.linalg among them, take arrays of numbers only. With these two lines in
pyproject.toml, NumPy's functions take Tensors, and ``np.tanh(x)``, ``np.concatenate([x, y])``,
``np.linalg.inv(x)`` and ``array @ x`` are Tensors for mypy, as they are at run time::

    [tool.mypy]
    plugins = ["minigrad_mypy"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mypy.nodes import Expression, ListExpr, TupleExpr
from mypy.plugin import FunctionSigContext, MethodSigContext, Plugin
from mypy.types import (
    AnyType,
    FunctionLike,
    Instance,
    TupleType,
    Type,
    TypeOfAny,
    TypeVarType,
    UnionType,
    get_proper_type,
)

from minigrad.engine.dispatch import HANDLERS

__all__ = ["TensorPlugin", "plugin"]

TENSOR = "minigrad.engine.tensor.Tensor"
_NO_ARRAYS = {"allclose", "array_equal", "array_equiv", "ndim", "shape", "size"}  # they give none
_ANSWERED = {f.__name__ for f in HANDLERS if hasattr(f, "__name__")} - _NO_ARRAYS
_OPERATORS = {
    f"__{name}__"
    for name in (
        "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "divmod", "and", "or",
        "xor", "lshift", "rshift", "lt", "le", "gt", "ge", "eq", "ne",
    )
}


class TensorPlugin(Plugin):
    """The hooks: for NumPy's functions, for its ufuncs, and for the operators of its arrays."""

    def get_function_signature_hook(
        self, fullname: str
    ) -> Callable[[FunctionSigContext], FunctionLike] | None:
        """For a function of NumPy that Tensors answer."""
        module, _, name = fullname.rpartition(".")
        return _of_tensors if module.startswith("numpy.") and name in _ANSWERED else None

    def get_method_signature_hook(
        self, fullname: str
    ) -> Callable[[MethodSigContext], FunctionLike] | None:
        """For a ufunc's call, or its ``reduce`` and the like, and for ``array + tensor``."""
        owner, _, name = fullname.rpartition(".")
        ufunc = owner.startswith("numpy._typing._ufunc.")
        operator = owner in ("numpy.ndarray", "numpy._ArrayOrScalarCommon") and name in _OPERATORS
        return _of_tensors if ufunc or operator else None


def _of_tensors(call: FunctionSigContext | MethodSigContext) -> FunctionLike:
    """The signature of a call: where a Tensor is given it takes anything, and it gives Tensors."""
    signature, tensor = call.default_signature, None
    kinds = list(signature.arg_types)
    for k, given in enumerate(call.args):
        types = map(call.api.get_expression_type, _items(given))
        if found := next(_tensors(types), None):
            tensor, kinds[k] = found, AnyType(TypeOfAny.special_form)
    if tensor is None:
        return signature
    return signature.copy_modified(arg_types=kinds, ret_type=_with(tensor, signature.ret_type))


def _items(expressions: Iterable[Expression]) -> Iterator[Expression]:
    """The expressions, and of lists their items: one of a Tensor and an array is no list of Tensors
    for mypy."""
    for expression in expressions:
        if isinstance(expression, ListExpr | TupleExpr):
            yield from _items(expression.items)
        else:
            yield expression


def _tensors(types: Iterable[Type]) -> Iterator[Instance]:
    """The class Tensor, for each Tensor among the types, or in their lists and tuples."""
    for given in types:
        kind = get_proper_type(given)
        if isinstance(kind, TupleType | UnionType):
            yield from _tensors(kind.items)
        elif isinstance(kind, Instance):
            yield from (Instance(base, []) for base in kind.type.mro if base.fullname == TENSOR)
            yield from _tensors(kind.args)


def _with(tensor: Instance, result: Type) -> Type:
    """`result` with Tensors in the place of arrays, NumPy's scalars, and what may be anything."""
    kind = get_proper_type(result)
    if isinstance(kind, AnyType | TypeVarType):
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
