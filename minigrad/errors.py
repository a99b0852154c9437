"""Every error and warning of minigrad, and how messages describe a value.

Each error also inherits from the built-in exception that NumPy or Python would raise, so that
``except ValueError`` keeps working.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AnomalyError", "FileFormatError", "GradientError", "GradientWarning", "GraphFreedError",
    "GraphLossError", "GraphLossWarning", "MinigradError", "MutationError", "NoDerivativeError",
    "StateDictError", "TraceError",
]


class MinigradError(Exception):
    """Base class of the errors below."""


class NoDerivativeError(MinigradError, TypeError):
    """A NumPy function, or an option of one, for which minigrad has no derivative."""


class GraphLossError(NoDerivativeError):
    """A value on the graph that would become a plain number while a transform differentiates."""


class GraphLossWarning(UserWarning):
    """A value on the graph has become a plain number: no gradient flows back through that."""


class GradientWarning(UserWarning):
    """A ``.grad`` that was asked for where none is kept: at the result of an op."""


class GradientError(MinigradError, RuntimeError):
    """A backward pass that cannot start, or a rule whose result does not fit its argument."""


class GraphFreedError(GradientError):
    """A second backward through a graph whose saved values an earlier one has freed."""


class MutationError(MinigradError, RuntimeError):
    """A write to a value that a live graph needs."""


class TraceError(MinigradError, TypeError):
    """A step of ``scan`` that does something which cannot be replayed for the other steps."""


class AnomalyError(MinigradError, FloatingPointError):
    """The first NaN or Inf, reported under ``detect_anomaly()``."""


class StateDictError(MinigradError, KeyError):
    """A state dict whose keys, shapes or types do not fit; nothing was loaded."""

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return str(self.args[0]) if self.args else ""


class FileFormatError(MinigradError, ValueError):
    """A file that is truncated, damaged or not what it should be."""


def describe(value: Any) -> str:
    """One operand in a message: shape and dtype of an array, the value of a small thing."""
    if isinstance(value, type):
        return value.__name__
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{tuple(value.shape)} {value.dtype}"
    if isinstance(value, list | tuple) and any(hasattr(v, "shape") for v in value):
        return f"[{', '.join(map(describe, value))}]"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
