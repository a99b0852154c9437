"""The loop over time: one cell over one sequence, every step under its own scope.

It runs in either direction, and each sequence of the batch up to its own end. ``rnn.unroll`` and
the layers are built on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, tensor
from minigrad.engine.context import Scope, local

from ..cells import Cell, State
from ..cells.state import repacked, unpack

__all__ = ["SequenceResult", "again", "check_rows", "rows_of", "run", "stack", "walk"]

Array = np.ndarray[Any, Any]


def walk(
    cell: Cell,
    inputs: Sequence[Tensor],
    state: State,
    name: str,
    start: int = 1,
    *,
    reverse: bool = False,
    mask: Array | None = None,
    repeat: Array | None = None,
) -> Iterator[tuple[Tensor, State]]:
    """The pairs (output, state) of `cell` over T Tensors (B, K), in the order of the steps.

    inputs, state: as ``cell.as_input`` and ``cell.as_state`` give them.
    name: the scope of the steps. start: the number of the first input.
    reverse: from the last input to the first; t is the place in the sequence all the same.
    mask: booleans (T, B), as ``length_mask`` makes them: True at the steps of a sequence, False at
        padding, where it keeps its state and has outputs 0; so in reverse it begins at its own
        last step. A step that is padding for all is not run; if every step is, the first is run,
        for gradients that are 0 and not missing.
    repeat: booleans (T, B): at which padding a sequence has the output of the step that was run
        before, and not 0. Before its first step that is 0 too.
    """
    T, B, names = len(inputs), len(inputs[0]), cell.state_names(state)
    first = start + T if reverse else start - 1
    entering = {
        f"{part}_{first}": value
        for part, value in zip(names, unpack(state), strict=True)
        if isinstance(value, Tensor) and not value.requires_grad
    }
    zeros = tensor(np.zeros((B, cell.output_size), cell.dtype))
    all_padding, checked = mask is not None and not mask.any(), False
    shown = zeros
    labels = {part: {"name": part} for part in names}    # for all steps: `put` makes a new one
    for k in reversed(range(T)) if reverse else range(T):
        rows = None if mask is None else mask[k]
        skipped = rows is not None and not rows.any() and (checked or not all_padding)
        if not (skipped or inputs[k].requires_grad):
            entering["x"] = inputs[k]
        before = local.state    # as `scope` does it, which costs more than an op
        local.state = before.under(Scope(name, start + k, before.scope, entering))
        try:
            at_padding = zeros if repeat is None else again(repeat[k], shown, zeros)
            if skipped:
                shown = at_padding
            else:
                output, new = cell.checked_step(inputs[k], state)
                if not checked:
                    _check_output(cell, output, zeros, mask)
                    checked = True
                if rows is not None and not rows.all():
                    output, new = _select_step(rows, output, at_padding, new, state)
                shown, state = output, new
        finally:
            local.state = before
        entering = entering if skipped else {}
        for part, value in zip(names, unpack(state), strict=True):
            node = getattr(value, "_node", None)    # a generator has none
            if node is not None and node.pullback is not None:
                if node.extra is None:
                    node.extra = labels[part]
                elif node.name is None:
                    node.put(name=part)
        yield shown, state


def _select_step(
    rows: Array, output: Tensor, at_padding: Tensor, new: State, old: State
) -> tuple[Tensor, State]:
    """Output and state of a step that is padding for some: those have `at_padding` and `old`."""
    pairs = zip(unpack(new), unpack(old), strict=True)
    parts = [_select(rows, after, before) for after, before in pairs]
    # An output that is a part of the state stays one, so that a loss of the outputs depends on
    # the states that are returned.
    same = [k for k, part in enumerate(unpack(new)) if part is output]
    return _select(rows, parts[same[0]] if same else output, at_padding), repacked(parts, new)


class SequenceResult(NamedTuple):
    """outputs, states: one for each input, in their order. last: the state computed last, which
    in reverse is that after the first input."""

    outputs: list[Tensor]
    states: list[State]
    last: State


def run(
    cell: Cell,
    inputs: Sequence[Tensor],
    state: State | None,
    name: str,
    start: int = 1,
    *,
    reverse: bool = False,
    mask: Array | None = None,
    repeat: Array | None = None,
) -> SequenceResult:
    """The whole walk at once, its results in the order of the inputs also in reverse.

    state: before the first step that is run; zeros for None. For the rest see ``walk``.
    """
    given = cell.as_state(state, len(inputs[0]))
    pairs = list(walk(cell, inputs, given, name, start, reverse=reverse, mask=mask, repeat=repeat))
    last = pairs[-1][1]
    if reverse:
        pairs.reverse()
    outputs, states = [output for output, _ in pairs], [after for _, after in pairs]
    return SequenceResult(outputs, states, last)


def check_rows(cell: Cell, state: State, mask: Array | None) -> None:
    """Raise if a part of the state is one number for sequences that end at different steps."""
    if mask is None or np.all(mask == mask[:, :1]):
        return
    for name, part in zip(cell.state_names(state), unpack(state), strict=True):
        if isinstance(part, Tensor) and part.ndim == 0:
            raise ValueError(
                f"{type(cell).__name__}: state {name} has no axes, so it is one number for "
                f"sequences that do not all take the same steps, by lengths= or mask=; let "
                f"initial_state make one for each, of shape (batch,)"
            )


def _check_output(cell: Cell, output: Tensor, zeros: Tensor, mask: Array | None) -> None:
    """Raise if an output has not the width that the class declares, where that is needed."""
    if mask is not None and output.shape != zeros.shape:
        raise ValueError(
            f"{type(cell).__name__}.step returned an output of shape {output.shape}; wanted (B, "
            f"output_size) = {zeros.shape}, to put 0 where there is padding; let the class "
            f"define the property output_size"
        )


def again(rows: Array, shown: Tensor, zeros: Tensor) -> Tensor:
    """What padding shows: what was shown before where `rows` says so, else 0."""
    return _select(rows, shown, zeros) if rows.any() else zeros


def _select(rows: Array, new: Any, old: Any) -> Any:
    """The rows of `new` where True, else those of `old`; of what has no rows, the new one."""
    if new is old or rows.all() or getattr(new, "ndim", 0) == 0:
        return new
    found: Any = rows_of(rows, new, old)
    return found if isinstance(found, Tensor) else tensor(found)


def rows_of(rows: Any, new: Any, old: Any) -> Any:
    """The rows of `new` where True, else those of `old`, for arrays (B, ...) of any rank."""
    if np.ndim(new) == 0:
        return new
    return np.where(rows.reshape(-1, *[1] * (np.ndim(new) - 1)), new, old)


def stack(values: Iterable[Tensor]) -> Tensor:
    """The tensors along a new first axis."""
    stacked: Any = np.stack(list(values))  # NumPy's function, recorded for Tensors
    return stacked  # type: ignore[no-any-return]  # a Tensor
