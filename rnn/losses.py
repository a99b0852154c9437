"""One loss from the losses of all steps: their sum, their mean, or the last.

The order of axes is fixed, never guessed from sizes: time, batch, then classes; with `batch_first`
batch, time, classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.checks import as_flag, as_word
from minigrad.engine.tensor import as_tensor, detached
from minigrad.functional import cross_entropy as of_rows

from .sequence.lengths import as_lengths, length_mask
from .sequence.loop import stack

__all__ = ["cross_entropy", "over_time"]


def over_time(
    losses: Any, reduction: str = "mean", lengths: Any = None, *, batch_first: bool = False
) -> Any:
    """L = Σ_t ℓ_t, (1/T) Σ_t ℓ_t or ℓ_T, as a scalar; of several sequences the mean over them.

    losses: ℓ (T,) or (T, B), with batch_first (B, T); or a list of T Tensors () or (B,).
    reduction: "sum", "mean" or "last".
    lengths: B integers from 1 to T: sequence b ends at step lengths[b], and what `losses` holds
        after that counts nowhere. "last" is then the step at which each sequence ends, and "mean"
        each sequence's mean over its own steps. The "sum" of a sequence of length 0 is 0; it has
        no "mean" and no "last".
    batch_first: which axis of a matrix is time; sizes say nothing.

    Raises ValueError or TypeError for other words, ranks and lengths.

    >>> over_time(np.array([1.0, 2.0, 6.0]), "sum").item(), over_time([1.0, 2.0, 6.0]).item()
    (9.0, 3.0)
    >>> over_time(np.array([[1.0, 1.0], [2.0, np.nan]]), "last", lengths=[2, 1]).item()
    1.5
    """
    as_word(reduction, "reduction", "over_time", ("sum", "mean", "last"))
    by_step = isinstance(losses, Sequence) and any(isinstance(loss, Tensor) for loss in losses)
    values = _steps(losses, by_step)
    swapped = as_flag(batch_first, "batch_first", "over_time") and not by_step and values.ndim == 2
    values = values.swapaxes(0, 1) if swapped else values
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
    least = 0 if reduction == "sum" else 1
    hint = "" if swapped or T == B else "pass batch_first=True if losses is (B, T)"
    ends = as_lengths(lengths, T, B, "over_time", hint, least)
    step = np.arange(1, T + 1)[:, None]                                  # (T, 1)
    counted = step == ends if reduction == "last" else step <= ends      # (T, B)
    total = np.where(counted, values, 0).sum(axis=0)
    return (total / ends.astype(values.dtype) if reduction == "mean" else total).mean()


def _steps(losses: Any, by_step: bool) -> Any:
    if by_step:
        return stack(losses)
    return losses if isinstance(losses, Tensor) else np.asarray(losses)


def cross_entropy(
    logits: Any,
    targets: Any,
    reduction: str = "mean",
    lengths: Any = None,
    *,
    batch_first: bool = False,
) -> Any:
    """``over_time`` of ℓ_t = -ln softmax(y_t)[target_t], from logits y: the classes come last.

    logits: (T, B, V) or (T, V), with batch_first (B, T, V): outputs of a layer and a head, as they
        are. The last axis is that of the classes, whatever the sizes. (In PyTorch's
        ``cross_entropy``, and so in ``minigrad.functional``, it is axis 1: there pass
        ``logits.reshape(-1, V)`` and ``targets.reshape(-1)``.)
    targets: tokens from 0 to V - 1 in the shape of logits without the last axis.
    reduction, lengths: as in ``over_time``; "none" for all ℓ, with 0 at padding. Logits and targets
        behind the end of a sequence may be anything.

    Raises ValueError for shapes that do not fit, IndexError for a token that is not there, and what
    ``over_time`` raises.

    >>> logits = np.zeros((2, 2, 2))
    >>> logits[..., 1] = 3.0                                 # all steps are for token 1
    >>> losses = cross_entropy(logits, np.array([[1, 1], [0, 1]]), "none")
    >>> losses.shape, losses.argmax().item()
    ((2, 2), 2)
    """
    as_word(reduction, "reduction", "cross_entropy", ("sum", "mean", "last", "none"))
    y, tokens = as_tensor(logits), np.asarray(detached(targets))
    if y.ndim not in (2, 3) or tokens.shape != y.shape[:-1]:
        axes = "(B, T, V)" if batch_first else "(T, B, V)"
        raise ValueError(
            f"cross_entropy: received logits {y.shape} and targets {tokens.shape}; wanted logits "
            f"{axes}, the classes last, and one target for each step: {y.shape[:-1]}"
        )
    turned = as_flag(batch_first, "batch_first", "cross_entropy") and y.ndim == 3
    if turned:
        y, tokens = y.swapaxes(0, 1), tokens.swapaxes(0, 1)
    V = y.shape[-1]
    if lengths is not None:
        if y.ndim == 2:
            raise ValueError(
                f"cross_entropy(lengths=...): logits has shape {y.shape}, wanted (T, B, V)"
            )
        T, B = tokens.shape
        mask = length_mask(as_lengths(lengths, T, B, "cross_entropy"), T)   # (T, B)
        y = as_tensor(np.where(mask[..., None], y, 0))
        tokens = np.where(mask, tokens, 0)
    losses = of_rows(y.reshape(-1, V), tokens.reshape(-1), reduction="none").reshape(y.shape[:-1])
    if lengths is not None:
        losses = np.where(mask, losses, 0)
    if reduction == "none":
        return losses.swapaxes(0, 1) if turned else losses
    return over_time(losses, reduction, lengths)
