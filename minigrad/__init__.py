"""minigrad: write NumPy, get gradients of any order.

Read engine/ in this order: op, node, tensor, backward, primitive; then transforms/, then any of
ops/.
"""

from typing import TYPE_CHECKING

from . import errors, functional, ops
from .drawing import draw
from .engine.letting_go import free_one_by_one as _free_one_by_one
from .engine.memory import keep_freed_memory as _keep_freed_memory
from .engine.modes import enable_grad, is_grad_enabled, no_grad, scope
from .engine.primitive import primitive
from .engine.tensor import Parameter, Tensor, tensor
from .module import Module
from .observe.anomaly import detect_anomaly
from .observe.contributions import contributions
from .observe.tape import Tape
from .ops.table import catalogue
from .suggest import unknown_name as _unknown_name
from .transforms.batching import vmap
from .transforms.checkpointing import checkpoint
from .transforms.derivatives import grad, jvp, value_and_grad, vjp
from .transforms.gradients import gradients
from .transforms.jacobians import hessian, hvp, jacobian

if TYPE_CHECKING:
    from . import init, optim, testing
    from .io import load, save
    from .scanning.run import scan

__version__ = "0.1.0"  # pyproject.toml reads it here

__all__ = [
    "Module", "Parameter", "Tape", "Tensor", "catalogue", "checkpoint", "contributions",
    "detect_anomaly", "draw", "enable_grad", "errors", "functional", "grad", "gradients",
    "hessian", "hvp", "init", "is_grad_enabled", "jacobian", "jvp", "load", "no_grad", "ops",
    "optim", "primitive", "save", "scan", "scope", "tensor", "testing", "value_and_grad", "vjp",
    "vmap",
]

_keep_freed_memory()
_free_one_by_one()

# Imported at the first use: what costs time, or needs a package that not everybody has.
_LATER = {
    "init": "init", "io": "io", "load": "io", "optim": "optim", "save": "io",
    "scan": "scanning.run", "testing": "testing",
}


if not TYPE_CHECKING:  # for a type checker there is no other name

    def __getattr__(name):
        if name not in _LATER:
            raise _unknown_name("minigrad", name, __all__)
        import importlib

        module = importlib.import_module(f"minigrad.{_LATER[name]}")
        globals()[name] = found = module if _LATER[name] == name else getattr(module, name)
        return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
