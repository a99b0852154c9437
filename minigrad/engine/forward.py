"""What a forward function returns, checked before anything is made of it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import NoDerivativeError

if TYPE_CHECKING:
    from .op import Op

__all__ = ["checked", "refuse_complex"]


def checked(forward: Any, name: str, multiple: bool) -> Any:
    """`forward`, with an error of its own if a user's returns something else than arrays."""
    if isinstance(forward, np.ufunc) or getattr(forward, "__module__", "").startswith("minigrad."):
        return forward

    @functools.wraps(forward)
    def call(*args: Any, **params: Any) -> Any:
        out = forward(*args, **params)
        found = out if multiple and isinstance(out, tuple) else (out,)
        if not all(hasattr(o, "dtype") for o in found):
            wanted = "a tuple of arrays (multiple=True)" if multiple else "an array"
            hint = "" if multiple else ", or a tuple of arrays with multiple=True"
            raise TypeError(f"the forward of op {name!r} returned {out!r}, wanted {wanted}{hint}")
        return out

    return call


def refuse_complex(out: Any, op: Op) -> None:
    """Raise if an op that is about to be recorded has made a complex result of a real operand."""
    if any(o.dtype.kind == "c" for o in (out if op.multiple else (out,))):
        raise NoDerivativeError(
            f"{op.name}: the result is complex, and an operand requires grad; minigrad "
            f"differentiates real numbers only. Keep real and imaginary part in two Tensors "
            f"(np.cos(x) and np.sin(x) for np.exp(1j * x)); for spectra use fft, ifft, rfft and "
            f"irfft of minigrad.functional, which take and give such pairs"
        )
