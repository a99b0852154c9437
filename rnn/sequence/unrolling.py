"""Running a cell over a sequence: every op on the tape, every step under its own scope.

Backpropagation through time is what the tape does with the result; nothing here knows of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minigrad import Tensor, scope, tensor
from minigrad.engine.tensor import as_tensor
from minigrad.scanning.generators import GENERATORS
from minigrad.transforms.tree import tree_map

from ..cells import Cell, State
from ..cells.state import with_own_generators
from .loop import stack, walk
from .ways import chosen_way, over_all

__all__ = ["arguments_of", "detach", "each_step", "results_of", "steps", "unroll", "unrolled"]


def unroll(
    cell: Cell, xs: Any, state: Any = None, name: str | None = None, *, start: int = 1,
    how: str | None = "unroll",
) -> tuple[Tensor, State]:
    """The outputs of `cell` at all steps, stacked (T, B, H), and the state after the last.

    xs: the inputs (T, B, K), or integers (T, B): token indices; or a list of T Tensors (B, K). Or
        one sequence: (T, K), or integers (T,); results and state have no axis of the batch then.
    state: the state before the first step; zeros if it is left out.
    name: the scope of the steps, ``name[t=1]`` and so on (default: ``cell.name``).
    start: the number of the first step, for sequences that are run in pieces.
    how: "unroll", every op on the tape; or the same results by "scan", for speed, or "checkpoint",
        for memory, as in ``Recurrent.forward``.

    Raises ValueError or TypeError for T = 0, and for ranks, sizes, batch sizes and states that do
    not fit, before anything is computed.

    >>> from rnn import LSTMCell
    >>> cell = LSTMCell(5, 3)
    >>> outputs, (h, c) = unroll(cell, np.zeros((4, 2, 5)))
    >>> outputs.shape, h.shape
    ((4, 2, 3), (2, 3))
    """
    return unrolled(cell, xs, with_own_generators(state), name, start, how)


def unrolled(
    cell: Cell, xs: Any, state: Any, name: str | None, start: int, how: str | None = "unroll"
) -> tuple[Tensor, State]:
    """``unroll`` from a state whose generators are its own to draw from."""
    inputs, before, one = arguments_of(cell, xs, state)
    how = chosen_way(how, "unroll", len(inputs))
    if how != "unroll":
        outputs, last = over_all(cell, stack(inputs), before, name or cell.name, how, start)
    else:
        pairs = list(walk(cell, inputs, before, name or cell.name, start))
        outputs, last = stack([output for output, _ in pairs]), pairs[-1][1]
    return results_of(cell, outputs, last, one)


def arguments_of(cell: Cell, xs: Any, state: Any) -> tuple[Sequence[Tensor], State, bool]:
    """The inputs as T Tensors and the state, with the axis of the batch; whether they had none."""
    inputs, one = _inputs_of(cell, xs)
    given = cell.with_batch(state) if one and state is not None else state
    return inputs, cell.as_state(given, len(inputs[0])), one


def results_of(cell: Cell, outputs: Tensor, last: State, one: bool) -> tuple[Tensor, State]:
    """The outputs and the last state, of `one` sequence without the axis of the batch."""
    return (outputs[:, 0], cell.without_batch(last)) if one else (outputs, last)


def steps(
    cell: Cell, xs: Any, state: Any = None, name: str | None = None, *, start: int = 1
) -> Iterator[tuple[Tensor, State]]:
    """The pairs (output, state) of `cell` step by step; the arguments are those of ``unroll``.

    The arguments are checked at the call, the steps are run as they are asked for. The states are
    those on the tape, of which ``rnn.bptt`` can be asked, and these have the axis of the batch:
    of one sequence pass ``xs[:, None]``, or it is a ValueError.

    Raises ValueError for a sequence without the axis of the batch.

    >>> from rnn import ElmanCell
    >>> states = [h for _, h in steps(ElmanCell(5, 3), np.zeros((4, 2, 5)))]
    >>> len(states)
    4
    """
    inputs, one = _inputs_of(cell, xs)
    if one:
        raise ValueError(
            f"steps({type(cell).__name__}, xs): xs is one sequence without the axis of the batch, "
            f"which the states on the tape have; pass a batch of one, xs[:, None]"
        )
    before = cell.as_state(with_own_generators(state), len(inputs[0]))
    return walk(cell, inputs, before, name or cell.name, start)


def _inputs_of(cell: Cell, xs: Any) -> tuple[Sequence[Tensor], bool]:
    """`xs` as T Tensors with the axis of the batch, in the dtype of the cell; whether it had none.
    """
    if not isinstance(cell, Cell):
        what = f"the class {cell.__name__}" if isinstance(cell, type) else type(cell).__name__
        raise TypeError(
            f"unroll(cell, xs): received {what} as the cell; wanted a Cell, such as "
            f"LSTMCell(input_size, hidden_size). A layer runs by itself: layer(xs)"
        )
    owner = type(cell).__name__
    if isinstance(xs, list | tuple) and any(isinstance(x, Tensor) for x in xs):
        rows = [x if isinstance(x, Tensor) else tensor(x) for x in xs]
        one = all(map(cell.lacks_batch, rows))
        inputs = [cell.as_input(x[None] if one else x) for x in rows]
        batches = {len(x) for x in inputs}
        if len(batches) > 1:
            raise ValueError(
                f"unroll({owner}, xs): the inputs have batch sizes {sorted(batches)}; wanted one "
                f"and the same at every step"
            )
        return inputs, one
    whole = xs if isinstance(xs, Tensor) else tensor(xs)
    one = cell.lacks_batch(whole, sequence=True)
    whole = cell.as_input(whole[:, None] if one else whole, sequence=True)
    if len(whole) == 0:
        raise ValueError(
            f"unroll({owner}, xs): xs has no steps (T = 0, shape {np.shape(xs)}); wanted at least "
            f"one. The time axis comes first: (T, B, K)"
        )
    return whole.unbind(), one


def each_step(
    function: Callable[..., Any], *sequences: Any, name: str = "output", start: int = 1
) -> list[Any]:
    """``function(a_t, b_t, ...)`` for every step t of the sequences, under ``scope(name, t=t)``.

    What stands after the cell, such as an output layer or a loss, is so drawn in the column of
    its step and counted there by the ledger. Sequences are Tensors or arrays (T, ...), or lists.

    Raises ValueError for sequences of unequal length.

    >>> double = each_step(lambda h: 2 * h, np.arange(3.0))
    >>> [float(h) for h in double]
    [0.0, 2.0, 4.0]
    """
    lengths = {len(s) for s in sequences}
    if len(lengths) != 1:
        raise ValueError(
            f"each_step: the sequences have {', '.join(map(str, map(len, sequences)))} steps; "
            f"wanted equally many"
        )
    rows = [s.unbind() if isinstance(s, Tensor) else s for s in sequences]
    results = []
    for t, items in enumerate(zip(*rows, strict=True), start):
        with scope(name, t=t):
            results.append(function(*items))
    return results


def detach(state: Any) -> Any:
    """The same values without their past: what a state needs to be carried on into new windows.

    state: a Tensor or an array; a nested structure of them, such as a tuple, list, dict or
        dataclass of states; or None. Generators of random numbers stay as they are.

    Raises TypeError for what is no Tensor.

    >>> from rnn import LSTMCell
    >>> _, state = LSTMCell(5, 3)(np.zeros((2, 5)))
    >>> [part.requires_grad for part in detach(state)]
    [False, False]
    """
    return tree_map(_detached, state)


def _detached(part: Any) -> Any:
    if isinstance(part, GENERATORS):
        return part
    if not isinstance(part, Tensor | np.ndarray):
        raise TypeError(
            f"detach(state): received {type(part).__name__}; wanted a Tensor or a structure of "
            f"them, such as a tuple"
        )
    return as_tensor(part).detach()
