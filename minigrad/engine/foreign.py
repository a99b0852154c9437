"""Objects of other libraries on their way into an op.

Numbers and arrays of numbers pass. What is an array underneath becomes one, value by position.
What would lose something (a mask, a graph, records, exact fractions) is refused by name, with the
fix.
"""

from __future__ import annotations

import numbers
from decimal import Decimal
from typing import Any

import numpy as np

__all__ = ["is_foreign", "operand", "refuse_masked", "require_numbers"]

_NUMBERS = frozenset({
    bool, int, float, complex, np.bool_, np.int64, np.int32, np.float64, np.float32, np.float16,
})

# By the root module of the class: what it is, and how its values are had.
_FRAMEWORKS = {
    "torch": ("a PyTorch tensor", "{}.detach().cpu().numpy()"),
    "jax": ("a JAX array", "np.asarray({})"),
    "jaxlib": ("a JAX array", "np.asarray({})"),
    "tensorflow": ("a TensorFlow tensor", "{}.numpy()"),
    "cupy": ("a CuPy array", "{}.get()"),
    "mlx": ("an MLX array", "np.array({})"),
    "autograd": ("a variable of autograd", "{}._value"),
}


_SPARSE = "a sparse matrix ({}) is no array of NumPy's; pass value.toarray()"


def operand(value: Any) -> Any:
    """`value` as a number or an array of numbers; NotImplemented if its class opts out of NumPy's
    arithmetic (``__array_ufunc__ = None``), so that its own operator runs. Raises TypeError."""
    kind = type(value)
    if kind in _NUMBERS or (kind is np.ndarray and value.dtype.kind in "biufc"):
        return value
    return _converted(value)


def _converted(value: Any) -> Any:
    if value is None:  # an operand that some ops can do without
        return None
    if getattr(type(value), "__array_ufunc__", True) is None:
        return NotImplemented
    refuse_masked(value)
    _refuse_known(value)
    array = np.asarray(value)
    require_numbers(array, value)
    return array


def is_foreign(value: Any) -> bool:
    """Whether `value` is an array of another library, or a subclass of NumPy's."""
    if type(value) is np.ndarray or isinstance(value, np.generic):
        return False
    return hasattr(value, "__array__") or hasattr(value, "tocsr")


def refuse_masked(value: Any) -> None:
    """Raise TypeError if `value` is a masked array, or a list that holds one."""
    if isinstance(value, (list, tuple)):
        for part in value:
            if not isinstance(part, (float, int)):
                refuse_masked(part)
    elif isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            "a masked array would lose its mask; pass value.filled(number), or np.where "
            "with np.ma.getmaskarray(value)"
        )


def _refuse_known(value: Any) -> None:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(value, np.matrix):
        raise TypeError(
            "a np.matrix has operators of its own (its * is a matrix product); pass "
            "np.asarray(value), and write @ for products"
        )
    if isinstance(value, np.ndarray) and kind.__array_ufunc__ is not np.ndarray.__array_ufunc__:
        raise TypeError(f"{name} has arithmetic of its own; pass np.asarray(value)")
    for base in kind.__mro__:
        root, _, rest = base.__module__.partition(".")
        if root in _FRAMEWORKS:
            what, fix = _FRAMEWORKS[root]
            raise TypeError(
                f"{what} ({name}) cannot be mixed with Tensors: neither library would see the "
                f"other's graph; pass {fix.format('value')}"
            )
        if root == "scipy" and rest.startswith("sparse"):
            raise TypeError(_SPARSE.format(name))
    if isinstance(value, Decimal) or (
        isinstance(value, numbers.Number) and not isinstance(value, (complex, np.generic))
        and not isinstance(value, (numbers.Integral, float))
    ):
        raise TypeError(f"a {kind.__name__} is no number of NumPy's; pass float(value)")


def require_numbers(array: np.ndarray[Any, Any], value: Any) -> None:
    """Raise TypeError, with the fix, unless `array`, made of `value`, holds numbers."""
    kind = array.dtype.kind
    if kind in "biufc":
        return
    name = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    if hasattr(value, "tocsr"):
        raise TypeError(_SPARSE.format(name))
    if kind in "mM":
        raise TypeError(
            f"{_short(array.dtype)} holds dates or durations, no numbers; convert them first: "
            f"(value - value[0]) / np.timedelta64(1, 'D')"
        )
    if kind == "V":
        raise TypeError(
            f"a structured array (dtype {_short(array.dtype)}) holds records, no numbers; pass one "
            f"field, as in value['{(array.dtype.names or ('name',))[0]}']"
        )
    if kind in "US":
        raise TypeError(
            f"text (dtype {_short(array.dtype)}) holds no numbers; np.asarray(value).astype(float) "
            f"reads them from it"
        )
    if array.ndim:
        raise TypeError(
            f"an array of Python objects (dtype {_short(array.dtype)}) holds no numbers and has no "
            f"derivative; convert it: .astype(float)"
        )
    raise TypeError(
        f"a value of type {name} is no array of numbers; convert it. (A class with operators of "
        f"its own sets __array_ufunc__ = None, and they are called.)"
    )


def _short(dtype: Any) -> str:
    text = str(dtype)
    return text if len(text) <= 40 else text[:37] + "..."
