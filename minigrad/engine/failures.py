"""What a failed call says: the error of its forward again, with the op and what it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from ..errors import MinigradError, describe
from .op import Op
from .variable import detached

__all__ = ["explain", "explained"]

# NumPy's own exceptions, the most specific first: an op that fails raises the same kind, explained.
_KINDS: tuple[type[Exception], ...] = (
    np.exceptions.AxisError,
    np.linalg.LinAlgError,
    IndexError,
    ValueError,
    TypeError,
)


def explain(
    error: Exception, op: str, names: Sequence[str], arrays: Sequence[Any], params: dict[str, Any]
) -> NoReturn:
    """Raise `error` again, of the same kind, with the op and what it received; one that minigrad
    has made says enough."""
    if isinstance(error, MinigradError):
        raise error
    received = [f"{name}: {describe(a)}" for name, a in zip(names, arrays, strict=False)]
    received += [f"{name}={describe(value)}" for name, value in params.items()]
    kind = next((k for k in _KINDS if isinstance(error, k)), TypeError)
    raise kind(f"{op}({', '.join(received)}): {error}") from error


def explained(error: Exception, op: Op, args: Sequence[Any], params: Mapping[str, Any]) -> NoReturn:
    """Raise an error of the forward again, with the op and what it received."""
    arrays = list(map(detached, args))
    said = {key: value for key, value in params.items() if value is not op.params.get(key)}
    explain(error, op.name, op.arguments, [arrays] if op.variadic else arrays, said)
