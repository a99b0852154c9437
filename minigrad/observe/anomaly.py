"""Where the first NaN or Inf arose, forward or backward: who observes every op of a thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.callers import caller_line
from ..engine.context import InterpreterState
from ..engine.modes import Bare
from ..engine.node import Node
from ..errors import AnomalyError, describe

__all__ = ["detect_anomaly"]


class _Detector:
    """Raises AnomalyError at the first value that is not finite."""

    def called(self, node: Node, out: Any, arrays: Sequence[Any]) -> None:
        node.put(where=caller_line())
        _check_finite(out, node, "forward", arrays)

    def contributed(self, parent: Node, node: Node, contribution: Any) -> None:
        _check_finite(contribution, node, "backward")


_DETECTOR = _Detector()


class detect_anomaly(Bare):
    """Raise AnomalyError at the op, time step and source line where a NaN or Inf first arises,
    forward or backward. Slower: use it to find the fault, then take it out.

    >>> import numpy as np, minigrad as mg
    >>> with np.errstate(divide="ignore"), mg.detect_anomaly(), mg.scope("rnn", t=3):
    ...     np.log(mg.tensor([1.0, 0.0], requires_grad=True))
    Traceback (most recent call last):
    minigrad.errors.AnomalyError: first Inf in the forward of log in rnn[t=3], called at ...
    """

    def _changed(self, state: InterpreterState) -> InterpreterState:
        return state.but(observer=_DETECTOR)


def _check_finite(value: Any, node: Node, phase: str, inputs: Sequence[Any] = ()) -> None:
    """Raise, naming the op, its step and its source line, if `value` is not finite."""
    for array in value if isinstance(value, tuple) else (value,):
        array = np.asarray(getattr(array, "_data", array))
        if array.dtype.kind not in "fc" or np.isfinite(array).all():
            continue
        bad = "NaN" if np.isnan(array).any() else "Inf"
        where = (node.extra or {}).get("where")
        line = f", called at {where}" if where else " (its call was not under detect_anomaly)"
        operands = f"; its inputs: {', '.join(map(describe, inputs))}" if inputs else ""
        raise AnomalyError(f"first {bad} in the {phase} of {node}{line}{operands}")
