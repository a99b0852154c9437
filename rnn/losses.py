"""One loss from the losses of all steps: their sum, their mean, or the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import Tensor

from .layers.lengths import as_lengths
from .unroll import stack

__all__ = ["over_time"]


def over_time(losses: Any, reduction: str = "mean", lengths: Any = None) -> Any:
    """L = Σ_t ℓ_t, (1/T) Σ_t ℓ_t or ℓ_T, as a scalar; of several sequences the mean over them.

    losses: ℓ (T,) or (T, B), or a list of T Tensors () or (B,).
    reduction: "sum", "mean" or "last".
    lengths: B integers from 1 to T: sequence b ends at step lengths[b], and what `losses` holds
        after that counts nowhere. "last" is then the step at which each sequence ends, and "mean"
        each sequence's mean over its own steps. The "sum" of a sequence of length 0 is 0; it has
        no "mean" and no "last".

    Raises ValueError or TypeError for other words, ranks and lengths.

    >>> float(over_time(np.array([1.0, 2.0, 6.0]), "sum")), float(over_time([1.0, 2.0, 6.0]))
    (9.0, 3.0)
    >>> float(over_time(np.array([[1.0, 1.0], [2.0, np.nan]]), "last", lengths=[2, 1]))
    1.5
    """
    if reduction not in ("sum", "mean", "last"):
        raise ValueError(f"over_time(reduction={reduction!r}): wanted 'sum', 'mean' or 'last'")
    values = _steps(losses)
    if values.ndim not in (1, 2) or 0 in values.shape:
        raise ValueError(
            f"over_time(losses): received shape {values.shape}; wanted (T,) or (T, B), T ≥ 1 and "
            f"B ≥ 1: one loss for each step, and for each sequence"
        )
    if lengths is None:
        if reduction == "last":
            return values[-1].mean()
        total = values.sum(axis=0)
        return (total / len(values) if reduction == "mean" else total).mean()
    if values.ndim != 2:
        raise ValueError(f"over_time(lengths=...): losses has shape {values.shape}, wanted (T, B)")
    T, B = values.shape
    ends = as_lengths(lengths, T, B, "over_time", least=0 if reduction == "sum" else 1)
    step = np.arange(1, T + 1)[:, None]                                  # (T, 1)
    counted = step == ends if reduction == "last" else step <= ends      # (T, B)
    total = np.where(counted, values, 0).sum(axis=0)
    return (total / ends.astype(values.dtype) if reduction == "mean" else total).mean()


def _steps(losses: Any) -> Any:
    if isinstance(losses, Sequence) and any(isinstance(loss, Tensor) for loss in losses):
        return stack(losses)
    return losses if isinstance(losses, Tensor) else np.asarray(losses)
