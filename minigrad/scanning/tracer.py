"""Tensors that stand for the arrays of every step: what a step is run on while it is traced.

A tracer knows its shape and dtype. Each op that meets one is written down as an equation. Whoever
asks for its values gets an error, because they would be those of one step only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partialmethod
from typing import Any, NoReturn

import numpy as np

from ..engine.callers import caller_line
from ..engine.dispatch import WITHOUT_GRADIENT, call_function, call_ufunc, on_graph
from ..engine.tensor import Tensor, wrap
from ..errors import TraceError
from .atoms import replaced
from .program import Var

__all__ = ["NeedsTape", "Tracer", "unwrapped"]


class NeedsTape(Exception):  # a signal: scan answers it by running every step
    """The step does what only a tape can, such as registering a hook."""


def _plain(what: str) -> Callable[..., NoReturn]:
    def refuse(self: Tracer, *args: Any, **keywords: Any) -> NoReturn:
        self._refuse(what)

    return refuse


_AS_INDEX = "use as a plain index", "np.asarray()"  # what a list and an array ask for in table[i]


class Tracer(Tensor):
    """A Tensor without values of its own; `tracing` writes down what is done with it.

    symbol: what stands for it in equations. value: that of the step that is run, from which the
    shapes of results are found.
    """

    __slots__ = ("symbol", "tracing")

    symbol: Var
    tracing: Any

    @property
    def value(self) -> Any:
        return self.tracing.value(self.symbol)

    # What detaches a Tensor to look at its values goes on with a tracer: it is as good as they.

    @property
    def _data(self) -> Any:
        return self if self._node is None else self.detach()

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        return self.symbol.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.symbol.dtype  # type: ignore[no-any-return]  # a dtype

    @property
    def ndim(self) -> int:  # type: ignore[override]
        return len(self.symbol.shape)

    @property
    def size(self) -> int:  # type: ignore[override]
        return int(np.prod(self.symbol.shape))

    @property
    def base(self) -> None:  # type: ignore[override]
        """No view of anything, as far as writes are concerned."""

    def detach(self) -> Tracer:
        return self.tracing.tracer(self.symbol)  # type: ignore[no-any-return]  # a Tracer

    def __repr__(self) -> str:
        return f"Tracer({self.symbol!r})"

    # -- writes: the name stands for the new value from now on

    def _become(self, result: Any) -> None:
        self.symbol, self._node = result.symbol, result._node

    def _check_write(self, what: str) -> None:
        pass

    def _inplace(self, result: Any) -> Any:
        self._become(result)
        return self

    # -- values

    def _refuse(self, what: str) -> NoReturn:
        made = self.tracing.origin(self.symbol)
        index = what in _AS_INDEX and self.dtype.kind in "biu"
        hint = "index a Tensor by it, mg.tensor(table)[i] for table[i], " if index else ""
        raise TraceError(
            f"scan: {what} of {made} at {caller_line()} asks for values, and a trace stands for "
            f"every step, whatever its values: {hint}choose entries with np.where, take "
            f"numbers that are the same at every step from outside, or run the step as it is, with "
            f"how='unroll'"
        )

    __bool__ = _plain("the truth value (if, while, and, or, not)")
    __float__ = _plain("float()")
    __int__ = _plain("int()")
    __index__ = _plain(_AS_INDEX[0])
    __complex__ = _plain("complex()")
    __array__ = _plain(_AS_INDEX[1])
    __contains__ = _plain("the question `in`")
    __format__ = _plain("a format")
    item = _plain(".item()")
    tolist = _plain(".tolist()")
    numpy = _plain(".numpy()")
    backward = _plain(".backward()")

    data = property(_plain(".data"))

    def _leave(self, what: str, quiet: bool = False) -> None:
        self._refuse(what)

    def _needs_tape(self, *args: Any, **keywords: Any) -> NoReturn:
        raise NeedsTape

    register_hook = _needs_tape
    retain_grad = _needs_tape

    # -- NumPy's functions

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        if self._has_no_op((ufunc, method), ufunc, (inputs, kwargs)):
            return self.tracing.plainly(function, inputs, kwargs)
        with self.tracing.calling((ufunc, method)):
            return call_ufunc(ufunc, method, inputs, kwargs, _wrap)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func is np.shape:  # which rules ask for most
            return self.shape
        if func in _METADATA:
            return func(*replaced(args, _alike), **replaced(kwargs, _alike))
        if self._has_no_op(func, func, (args, kwargs)):
            return self.tracing.plainly(func, args, kwargs)
        name = f"{func.__module__}.{func.__name__}".replace("numpy", "np", 1)
        with self.tracing.calling(func):
            return call_function(func, name, args, kwargs, _wrap)

    def _has_no_op(self, call: Any, function: Any, given: Any) -> bool:
        """Whether NumPy's own function is what is run at each step: it has no gradient, or the
        call has come back here because there is no op for it and no gradient is wanted."""
        if function in WITHOUT_GRADIENT:
            return True
        return call in self.tracing.calls and not on_graph(given)

    __hash__ = Tensor.__hash__


# Operators without a derivative, which Tensor has from functions that look at values.
for _name, _ufunc in {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
    "lshift": np.left_shift, "rshift": np.right_shift,
}.items():
    _here = partialmethod(lambda self, other, of: of(self, other), of=_ufunc)
    _there = partialmethod(lambda self, other, of: of(other, self), of=_ufunc)
    setattr(Tracer, f"__{_name}__", _here)
    setattr(Tracer, f"__r{_name}__", _there)
setattr(Tracer, "__invert__", lambda self: np.invert(self))  # noqa: B010  # as above

# Of these the answer is in the shape and the dtype.
_METADATA = {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.common_type, np.isrealobj,
    np.iscomplexobj, np.zeros_like, np.ones_like, np.empty_like, np.tril_indices_from,
    np.triu_indices_from, np.diag_indices_from,
}


def _alike(leaf: Any) -> Any:
    """An array of the shape and dtype of a tracer."""
    return np.empty(leaf.shape, leaf.dtype) if isinstance(leaf, Tracer) else leaf


def _wrap(data: Any, node: Any) -> Any:
    """`wrap`, which leaves a tracer as it is."""
    return data if isinstance(data, Tracer) else wrap(data, node)


def unwrapped(value: Any) -> Any:
    """The tracer in a Tensor that was put around one."""
    if type(value) is Tracer or not isinstance(value, Tensor):
        return value
    inner = unwrapped(value._data)
    if not isinstance(inner, Tracer):
        return value
    if value._node is None:
        return inner
    return inner.tracing.tracer(inner.symbol, value._node)
