"""What an op says it is: which functions of NumPy, and which methods of Tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .dispatch import HANDLERS
from .numpy_calls import numpy_handler
from .tensor import Tensor

__all__ = ["declare"]


def declare(call: Any, functions: Sequence[Any] = (), methods: Sequence[str] = ()) -> None:
    """Make an op, by the function that `primitive` has made of it, what NumPy's `functions` do with
    Tensors, and a method under each name in `methods`."""
    handlers = {function: numpy_handler(call.op, function, call) for function in functions}
    HANDLERS.update(handlers)
    for method in methods:  # a method takes what NumPy's function of that name takes
        same = getattr(np, method, None)
        plain = isinstance(same, np.ufunc)
        setattr(Tensor, method, call if plain else handlers.get(same, call))
