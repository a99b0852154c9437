"""The loss of a sequence of labels whose places in time are not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.tensor import detached
from ..ops.common import composite
from ..ops.reduce.reductions import logsumexp

__all__ = ["ctc_loss"]


@composite()
def ctc_loss(
    log_probs: Any, targets: Any, input_lengths: int | Sequence[int],
    target_lengths: int | Sequence[int], blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """-ln Σ_paths Π_t p(path_t): over all paths that are the target once repetitions are made one
    and blanks are taken out.

    log_probs: ln p (T, N, C), as of ``log_softmax``; or (T, C) of one sequence.
    targets: labels (N, S), or those of all sequences one after the other (Σ target_lengths,).
    input_lengths, target_lengths: the length of each sequence and of each target; what log_probs
        and targets hold behind these may be anything.
    blank: the class that stands for no label.
    reduction: "mean" (of each loss over the length of its target, then over the batch), "sum" or
        "none".
    zero_infinity: 0 in place of the ∞ of a target that no path of that length can be.

    Raises ValueError for shapes, lengths and words that do not fit, IndexError for labels that are
    no class, or the blank. (Graves et al., "Connectionist temporal classification", 2006.)

    >>> even = np.log(np.full((2, 1, 2), 0.5))      # of the 4 paths, a-, -a and aa are the label a
    >>> float(np.exp(-ctc_loss(even, np.array([[1]]), [2], [1])))
    0.75
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is {reduction!r}, wanted 'mean', 'sum' or 'none'")
    alone = np.ndim(log_probs) == 2
    y = log_probs[:, None] if alone else log_probs
    if np.ndim(y) != 3:
        raise ValueError(f"log_probs has shape {np.shape(y)}, wanted (T, N, C) or (T, C)")
    T, N, C = np.shape(y)
    steps = _lengths(input_lengths, "input_lengths", N, T)
    labels, sizes = _labels(targets, target_lengths, N)
    _check_labels(labels, sizes, C, blank)

    states = np.full((N, 2 * labels.shape[1] + 1), blank)                # - a - b - ... -
    states[:, 1::2] = np.where(np.arange(labels.shape[1]) < sizes[:, None], labels, blank)
    skips = np.zeros(states.shape, bool)                                 # a blank left out
    skips[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    seen = np.take_along_axis(y, np.broadcast_to(states, (T, *states.shape)), axis=2)
    none = np.full((N, 2), -np.inf, seen.dtype)
    alpha = np.where(np.arange(states.shape[1]) < 2, seen[0], -np.inf)   # (N, 2S + 1)
    for t in range(1, T):
        wide = np.concatenate([none, alpha], axis=1)
        ways = [alpha, wide[:, 1:-1], np.where(skips, wide[:, :-2], -np.inf)]
        after = _log_sum(ways) + seen[t]
        alpha = np.where(t < steps[:, None], after, alpha)
    rows = np.arange(N)
    last = alpha[rows, 2 * sizes]
    before = np.where(sizes > 0, alpha[rows, np.maximum(2 * sizes - 1, 0)], -np.inf)
    losses = -_log_sum([last, before])
    if zero_infinity:
        losses = np.where(np.isinf(detached(losses)), 0, losses)
    if reduction == "mean":
        return np.mean(losses / np.maximum(sizes, 1).astype(losses.dtype))
    if reduction == "sum":
        return np.sum(losses)
    return losses[0] if alone else losses


def _log_sum(terms: Sequence[Any]) -> Any:
    return logsumexp(np.stack(terms), axis=0)


def _lengths(value: Any, name: str, N: int, most: int) -> Any:
    lengths = np.atleast_1d(np.asarray(detached(value)))
    if lengths.dtype.kind not in "iu" and lengths.size:
        raise TypeError(f"{name} has dtype {lengths.dtype}, wanted integers")
    if lengths.shape != (N,) or lengths.min(initial=0) < 0 or lengths.max(initial=0) > most:
        raise ValueError(f"{name} is {lengths.tolist()}, wanted {N} from 0 to {most}")
    return lengths.astype(np.intp)


def _labels(targets: Any, target_lengths: Any, N: int) -> tuple[Any, Any]:
    """The labels (N, S), whatever stands behind their lengths; and these."""
    labels = np.asarray(detached(targets))
    if labels.dtype.kind not in "iu" and labels.size:
        raise TypeError(f"targets has dtype {labels.dtype}, wanted integers")
    labels = labels.astype(np.intp)
    if labels.ndim == 2:
        if len(labels) != N:
            raise ValueError(f"targets has shape {labels.shape}, wanted ({N}, S)")
        return labels, _lengths(target_lengths, "target_lengths", N, labels.shape[1])
    sizes = _lengths(target_lengths, "target_lengths", N, labels.size)
    if labels.ndim != 1 or sizes.sum() != labels.size:
        raise ValueError(
            f"targets has shape {labels.shape}, wanted ({N}, S), or the labels of all sequences, "
            f"({sizes.sum()},)"
        )
    rows = np.zeros((N, sizes.max(initial=0)), np.intp)
    rows[np.arange(rows.shape[1]) < sizes[:, None]] = labels
    return rows, sizes


def _check_labels(labels: Any, sizes: Any, C: int, blank: int) -> None:
    if not 0 <= blank < C:
        raise ValueError(f"blank is {blank}, wanted a class from 0 to {C - 1}")
    used = labels[np.arange(labels.shape[1]) < sizes[:, None]]
    wrong = (used < 0) | (used >= C) | (used == blank)
    if wrong.any():
        raise IndexError(
            f"targets holds {used[wrong][0]}, wanted classes from 0 to {C - 1} without the blank "
            f"{blank}"
        )
