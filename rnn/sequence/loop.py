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
from ..cells.state import pack, unpack

__all__ = ["SequenceResult", "again", "check_state", "run", "stack", "walk"]

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
    T, B, names = len(inputs), len(inputs[0]), tuple(cell.state_sizes)
    first = start + T if reverse else start - 1
    entering = {
        f"{part}_{first}": value
        for part, value in zip(names, unpack(state), strict=True)
        if not value.requires_grad
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
                    check_state(cell, new, B)
                    _check_output(cell, output, zeros, mask)
                    checked = True
                if rows is not None and not rows.all():
                    output, new = _select_step(rows, output, at_padding, new, state)
                shown, state = output, new
        finally:
            local.state = before
        entering = entering if skipped else {}
        for part, value in zip(names, unpack(state), strict=False):
            node = value._node
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
    parts = tuple(_select(rows, after, before) for after, before in pairs)
    # An output that is a part of the state stays one, so that a loss of the outputs depends on
    # the states that are returned.
    same = [k for k, part in enumerate(unpack(new)) if part is output]
    return _select(rows, parts[same[0]] if same else output, at_padding), pack(parts)


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


def check_state(cell: Cell, state: Any, batch: int) -> None:
    """Raise if ``step`` returned something that it could not take as a state."""
    try:
        cell.as_state(state, batch)
        fits = state is not None
    except (TypeError, ValueError) as error:
        error.add_note(f"this is the state that {type(cell).__name__}.step returned")
        raise
    if not fits:
        raise TypeError(f"{type(cell).__name__}.step returned None as its state")


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


def _select(rows: Array, new: Tensor, old: Tensor) -> Tensor:
    """The rows of `new` where True, else those of `old`."""
    if new is old or rows.all():
        return new
    found: Any = np.where(rows[:, None], new, old)
    return found if isinstance(found, Tensor) else tensor(found)


def stack(values: Iterable[Tensor]) -> Tensor:
    """The tensors along a new first axis."""
    stacked: Any = np.stack(list(values))  # NumPy's function, recorded for Tensors
    return stacked  # type: ignore[no-any-return]  # a Tensor
