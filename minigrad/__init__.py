"""minigrad: write NumPy, get gradients of any order.

Read the code in this order: op, tape, tensor, backward, primitive, transforms; then any of ops/.
"""

from typing import TYPE_CHECKING, Any

from . import errors, functional
from . import ops as _ops
from .backward import gradients
from .batching import vmap
from .checkpointing import checkpoint
from .context import detect_anomaly, enable_grad, is_grad_enabled, no_grad, scope
from .contributions import contributions
from .draw import draw
from .jacobians import hessian, hvp, jacobian
from .listing import Tape
from .memory import keep_freed_memory as _keep_freed_memory
from .module import Module
from .primitive import primitive
from .suggest import unknown_name as _unknown_name
from .table import ops
from .tensor import Parameter, Tensor, tensor
from .transforms import grad, jvp, value_and_grad, vjp

if TYPE_CHECKING:
    from . import init, optim, testing
    from .io import load, save

__version__ = "0.1.0"  # pyproject.toml reads it here

__all__ = [
    "Module", "Parameter", "Tape", "Tensor", "checkpoint", "contributions", "detect_anomaly",
    "draw", "enable_grad", "errors", "functional", "grad", "gradients", "hessian", "hvp", "init",
    "is_grad_enabled", "jacobian", "jvp", "load", "no_grad", "ops", "optim", "primitive", "save",
    "scope", "tensor", "testing", "value_and_grad", "vjp", "vmap",
]

del _ops  # imported for what it attaches to Tensor
_keep_freed_memory()

# Imported at the first use: what costs time, or needs a package that not everybody has.
_LATER = {
    "init": "init", "io": "io", "load": "io", "optim": "optim", "save": "io", "testing": "testing",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise _unknown_name("minigrad", name, __all__)
    import importlib

    module = importlib.import_module(f"minigrad.{_LATER[name]}")
    return module if _LATER[name] == name else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
