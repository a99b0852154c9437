"""The loop over time: one cell over one sequence, every step under its own scope.

It runs in either direction, and each sequence of the batch up to its own end. ``rnn.unroll`` and
the layers are built on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, tensor
from minigrad.engine.context import Scope, local

from ..cells import Cell, State
from ..cells.state import pack, unpack

__all__ = ["Run", "run", "walk"]

Array = np.ndarray[Any, Any]


def walk(
    cell: Cell,
    inputs: Sequence[Tensor],
    state: State,
    name: str,
    start: int = 1,
    *,
    reverse: bool = False,
    own: Array | None = None,
    held: Array | None = None,
) -> Iterator[tuple[Tensor, State]]:
    """The pairs (output, state) of `cell` over T Tensors (B, K), in the order of the steps.

    inputs, state: as ``cell.as_input`` and ``cell.as_state`` give them.
    name: the scope of the steps. start: the number of the first input.
    reverse: from the last input to the first; t is the place in the sequence all the same.
    own: booleans (T, B), as ``own_steps`` makes them. A sequence keeps its state, and has outputs
        0, at steps that are not its own; so in reverse it begins at its own last step. A step
        that is nobody's is not run; if all are, the first is, for gradients that are 0 and not
        missing.
    held: booleans (T, B): where, at steps that are not its own, a sequence has the output of the
        step that was run before, and not 0. Before the first of its own that is 0 too.
    """
    T, B, names = len(inputs), len(inputs[0]), tuple(cell.state_sizes)
    first = start + T if reverse else start - 1
    entering = {
        f"{part}_{first}": value
        for part, value in zip(names, unpack(state), strict=True)
        if not value.requires_grad
    }
    nothing = tensor(np.zeros((B, cell.output_size), cell.dtype))
    somebody, checked = own is None or bool(own.any()), False
    shown = nothing
    labels = {part: {"name": part} for part in names}    # for all steps: `put` makes a new one
    for k in reversed(range(T)) if reverse else range(T):
        here = None if own is None else own[k]
        nobody = here is not None and not here.any() and (somebody or checked)
        if not (nobody or inputs[k].requires_grad):
            entering["x"] = inputs[k]
        before = local.frame    # as `scope` does it, which costs more than an op
        local.frame = before.under(Scope(name, start + k, before.scope, entering))
        try:
            rest = nothing if held is None else _chosen(held[k], shown, nothing)
            if nobody:
                shown = rest
            else:
                output, new = cell.checked_step(inputs[k], state)
                if not checked:
                    _check_state(cell, new, B)
                    _check_output(cell, output, nothing, own)
                    checked = True
                shown, state = (output, new) if here is None or here.all() else _masked(
                    here, output, rest, new, state
                )
        finally:
            local.frame = before
        entering = entering if nobody else {}
        for part, value in zip(names, unpack(state), strict=False):
            node = value._node
            if node is not None and node.plan is not None:
                if node.extra is None:
                    node.extra = labels[part]
                elif node.name is None:
                    node.put(name=part)
        yield shown, state


def _masked(
    here: Array, output: Tensor, rest: Tensor, new: State, old: State
) -> tuple[Tensor, State]:
    """Output and state of a step that is not everybody's: the others keep `rest` and `old`."""
    pairs = zip(unpack(new), unpack(old), strict=True)
    kept = tuple(_chosen(here, after, before) for after, before in pairs)
    # An output that is a part of the state stays one, so that a loss of the outputs depends on
    # the states that are returned.
    same = [k for k, part in enumerate(unpack(new)) if part is output]
    return _chosen(here, kept[same[0]] if same else output, rest), pack(kept)


class Run(NamedTuple):
    """outputs and states: by place in the sequence; last: the state that was computed last."""

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
    own: Array | None = None,
    held: Array | None = None,
) -> Run:
    """All of ``walk``, by place. state: before the first step that is run; zeros for None."""
    given = cell.as_state(state, len(inputs[0]))
    pairs = list(walk(cell, inputs, given, name, start, reverse=reverse, own=own, held=held))
    last = pairs[-1][1]
    if reverse:
        pairs.reverse()
    return Run([output for output, _ in pairs], [after for _, after in pairs], last)


def _check_state(cell: Cell, state: Any, batch: int) -> None:
    """Raise if ``step`` returned something that it could not take as a state."""
    try:
        cell.as_state(state, batch)
        fits = state is not None
    except (TypeError, ValueError) as error:
        error.add_note(f"this is the state that {type(cell).__name__}.step returned")
        raise
    if not fits:
        raise TypeError(f"{type(cell).__name__}.step returned None as its state")


def _check_output(cell: Cell, output: Tensor, nothing: Tensor, own: Array | None) -> None:
    """Raise if an output has not the width that the class declares, where that is needed."""
    if own is not None and output.shape != nothing.shape:
        raise ValueError(
            f"{type(cell).__name__}.step returned an output of shape {output.shape}; wanted (B, "
            f"output_size) = {nothing.shape}, to put 0 where there is padding; let the class "
            f"define the property output_size"
        )


def _chosen(here: Array, new: Tensor, old: Tensor) -> Tensor:
    """The rows of `new` where `here`, else those of `old`."""
    if new is old or here.all():
        return new
    chosen: Any = np.where(here[:, None], new, old)
    return chosen if isinstance(chosen, Tensor) else tensor(chosen)
