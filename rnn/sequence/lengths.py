"""Sequences of unequal length, or with holes, in one batch: which steps are whose, as a mask.

What lies behind the end of a sequence, or in a hole, is padding. It may hold anything, NaN
included: inputs are replaced by 0 before they meet a weight, because 0 · NaN in the product of a
backward pass is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, tensor
from minigrad.checks import as_flag
from minigrad.engine.tensor import detached

__all__ = ["Masks", "as_lengths", "as_mask", "as_masks", "length_mask", "without_padding"]

Array = np.ndarray[Any, Any]


def as_lengths(
    lengths: Any, T: int, B: int, owner: str, hint: str = "", least: int = 0
) -> Array:
    """`lengths` as an array of B integers from `least` to T, or an error that says what is wrong.

    hint: what to add where there is one length for each of T sequences.
    """
    wanted = f"wanted {B} integers, one for each sequence of the input"
    try:
        given = np.asarray(detached(lengths))
    except ValueError:  # lists of different lengths
        raise TypeError(f"{owner}: lengths is a nested list; {wanted}") from None
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise TypeError(
            f"{owner}: lengths has shape {given.shape} and dtype {given.dtype}; {wanted}"
        )
    if len(given) != B:
        more = f"; {hint}" if hint and len(given) == T else ""
        raise ValueError(f"{owner}: received {len(given)} lengths; {wanted}{more}")
    for b, n in enumerate(given.tolist()):
        if not least <= n <= T:
            raise ValueError(
                f"{owner}: lengths[{b}] = {n}; wanted {least} to {T}, the number of steps of the "
                f"input"
            )
    return given.astype(np.intp)


def length_mask(lengths: Array, T: int) -> Array:
    """Whether step t belongs to sequence b: booleans (T, B)."""
    steps: Array = np.arange(T)[:, None] < lengths
    return steps


def without_padding(xs: Tensor, mask: Array) -> Tensor:
    """The sequence (T, B, K), or tokens (T, B), with zeros in the place of what is padding."""
    if xs.ndim == 2:
        return tensor(np.where(mask, xs.numpy(), 0))
    clean: Any = np.where(mask[:, :, None], xs, 0)
    return clean if isinstance(clean, Tensor) else tensor(clean)


class Masks(NamedTuple):
    """Which steps of a batch are run, as ``rnn.sequence.loop.walk`` takes it; None for all.

    mask: booleans (T, B), False at padding. repeat: at which padding a sequence has the output of
    the step before and not 0.
    """

    mask: Array | None = None
    repeat: Array | None = None


def as_mask(mask: Any, T: int, B: int, axes: Sequence[str], owner: str, hint: str = "") -> Array:
    """`mask` as booleans (T, B), or an error that says what is wrong.

    axes: in which order the user has them, of ("T", "B"), ("B", "T") or ("T",).
    """
    given = np.asarray(detached(mask))
    wanted = tuple({"T": T, "B": B}[axis] for axis in axes)
    if given.dtype.kind != "b":
        raise TypeError(
            f"{owner}: mask has dtype {given.dtype}; wanted booleans, True for the steps that are "
            f"a sequence's own, such as tokens != 0"
        )
    if given.shape != wanted:
        more = f"; {hint}" if hint and given.shape == wanted[::-1] else ""
        raise ValueError(
            f"{owner}: mask has shape {given.shape}; wanted {wanted}, that is ({', '.join(axes)}"
            f"{',' if len(axes) == 1 else ''}){more}"
        )
    by_step = given.reshape(T, B) if len(axes) == 1 else given
    return np.array(by_step.T if axes[0] == "B" else by_step)


def as_masks(
    lengths: Any, mask: Any, zero: Any, T: int, B: int, axes: Sequence[str], owner: str, hint: str
) -> Masks:
    """Which steps are to be run, from what a user says of them (``Recurrent.forward``).

    zero: whether a step that `mask` leaves out has the output 0. axes: those of `mask`; of ("T",)
        the length is one integer.
    """
    zero = as_flag(zero, "zero_output_for_mask", owner)
    if zero and mask is None:
        raise ValueError(f"{owner}(zero_output_for_mask=True): there is no mask; pass mask=")
    within = None
    if lengths is not None:
        if len(axes) == 1 and np.ndim(detached(lengths)) == 0:
            lengths = [detached(lengths)]
        within = length_mask(as_lengths(lengths, T, B, owner, hint), T)
    if mask is None:
        return Masks(within)
    given = as_mask(mask, T, B, axes, owner, hint)
    within = np.ones((T, B), bool) if within is None else within
    return Masks(given & within, None if zero else ~given & within)
