"""Ways to run a cell over a whole sequence, with one result.

"unroll" puts every op of every step on the tape: for seeing. "scan" runs a program that is made of
one step: for speed. "checkpoint" keeps the states between √T pieces and runs each piece again in
the backward pass: for memory. None, which layers start with, is "scan" where that is faster and the
cell can be traced, and "unroll" elsewhere.

What asks for single steps of a scan (pictures, the ledger, Jacobians, second derivatives) opens it,
and sees the steps as "unroll" leaves them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import compress
from typing import Any

import numpy as np

from minigrad import Tensor, scan, scope
from minigrad.engine.context import local
from minigrad.engine.opening import hollow, opens_as
from minigrad.engine.tensor import as_tensor
from minigrad.errors import TraceError
from minigrad.scanning.held import generators_apart
from minigrad.scanning.ragged import within
from minigrad.scanning.replay import Labels
from minigrad.scanning.run import scanned
from minigrad.scanning.tracer import NeedsTape
from minigrad.scanning.windows import in_windows

from ..cells import Cell, State
from ..cells.state import repacked, unpack
from .before import Before
from .loop import again, rows_of, run, stack

__all__ = ["HOWS", "as_how", "chosen_way", "idle_steps", "over_all"]

Array = np.ndarray[Any, Any]
Step = Callable[[Any, Any], tuple[Any, Any]]

HOWS = ("scan", "unroll", "checkpoint")

FEWEST = 16  # steps for which a trace pays, measured for RNN, GRU and LSTM


def as_how(how: Any, owner: str) -> Any:
    """`how` as one of HOWS or None, or an error."""
    if how is not None and how not in HOWS:
        words = ", ".join(map(repr, HOWS))
        raise ValueError(f"{owner}(how={how!r}): wanted one of {words}, or None to let it choose")
    return how


def chosen_way(how: Any, owner: str, T: int) -> str | None:
    """`how`, checked, for T steps; None is left where the cell is to be scanned if it can be. Not
    where there are few steps, or a second derivative is under way, which has all of them run one by
    one again for each of its sweeps. All is "unroll" where somebody watches every op."""
    given: str | None = as_how(how, owner)
    if local.state.watched:
        return "unroll"
    return "unroll" if given is None and (T < FEWEST or local.state.nested > 1) else given


def over_all(
    cell: Cell,
    xs: Tensor,
    state: State,
    name: str,
    how: str | None,
    start: int = 1,
    *,
    reverse: bool = False,
    mask: Array | None = None,
    repeat: Array | None = None,
    workers: int | None = None,
) -> tuple[Tensor, State]:
    """The outputs (T, B, H) of `cell` by "scan" or "checkpoint", and the state computed last.

    xs: (T, B, K), or tokens (T, B); xs, state: as ``cell.as_input`` and ``cell.as_state`` give
    them. how: None for a scan where the cell can be traced, else "unroll". workers: as in
    ``minigrad.scan``. The rest is what
    ``rnn.sequence.loop.walk`` takes, and the results are those of the walk.
    """
    before = Before(cell, state)
    numbers = np.arange(start, start + len(xs))
    labels = Labels(
        name, local.state.scope, numbers.tolist(), inputs=("x",), parts=_array_names(cell, state),
        start=start + len(xs) if reverse else start - 1,
    )

    def step(x: Any, state: Any) -> tuple[Any, Any]:
        output, new = cell.checked_step(x, state)
        if how != "checkpoint" and (changed := before.changed()):
            raise TraceError(
                f"how='scan': a step of {type(cell).__name__} changes {changed}, and a trace is "
                f"run once, and not at every step; let that be a part of the state, or run the "
                f"cell with how='unroll'"
            )
        if how is None and before.drew():
            raise TraceError("a step that draws is traced T times, which takes longer than to run")
        return output, new

    try:
        inner, arrays, whole = generators_apart(step, state)
        outputs, last = _compiled(
            cell, inner, xs, arrays, how, reverse, mask, repeat, labels, workers
        )
        return outputs, whole(last)
    except Exception as error:
        before.restore()
        # What is wrong without a trace too is told best by the steps themselves.
        if how is not None and not isinstance(error, NeedsTape):
            raise
    found = run(
        cell, xs.unbind(), state, name, start, reverse=reverse, mask=mask, repeat=repeat
    )
    return stack(found.outputs), found.last


def _array_names(cell: Cell, state: State) -> tuple[str, ...]:
    """The names of the parts of a state that are arrays."""
    named = zip(cell.state_names(state), unpack(state), strict=True)
    return tuple(name for name, part in named if isinstance(part, Tensor))


def _compiled(
    cell: Cell, step: Step, xs: Tensor, state: State, how: str | None, reverse: bool,
    mask: Array | None, repeat: Array | None, labels: Labels, workers: int | None,
) -> tuple[Any, Any]:
    way = partial(
        _in_windows if how == "checkpoint" else _scanned, reverse=reverse, workers=workers
    )
    if mask is None:
        return way(step, state, xs, labels)
    # A step that is padding for all is not run, as it would draw random numbers.
    used = _used(mask, reverse)                                          # (T,)
    nothing = as_tensor(np.zeros((xs.shape[1], cell.output_size), cell.dtype))
    ran_labels = labels._replace(
        numbers=list(compress(labels.numbers, used)), masks=1 if repeat is None else 2
    )
    ran, like = xs, hollow(xs)
    if not used.all():
        ran = opens_as(xs[used], lambda: stack(compress(like.unbind(), used)))
    if repeat is None:
        step, inputs = within(step, ran, mask[used])
        ys, last = way(step, state, inputs, ran_labels)
    else:
        inputs, first = (ran, as_tensor(mask[used]), as_tensor(repeat[used])), (state, nothing)
        ys, (last, _) = way(_repeating(step, nothing._data), first, inputs, ran_labels)
    if used.all():
        return ys, last

    outputs, repeated = hollow(ys), np.zeros_like(mask) if repeat is None else repeat

    def steps() -> Tensor:
        """What the walk shows at each step, run or not."""
        rows, shown, found = iter(outputs.unbind()[:: -1 if reverse else 1]), nothing, {}
        for t in range(len(used))[:: -1 if reverse else 1]:
            with scope(labels.name, t=labels.numbers[t]):
                shown = next(rows) if used[t] else again(repeated[t], shown, nothing)
            found[t] = shown
        return stack(found[t] for t in sorted(found))

    return opens_as(_filled(ys, used, repeated, reverse), steps), last


def _scanned(
    step: Step, state: Any, xs: Any, labels: Labels, *, reverse: bool, workers: int | None
) -> tuple[Any, Any]:
    with scope(labels.name):
        return scanned(step, state, xs, labels, reverse=reverse, workers=workers)


def _repeating(step: Step, zeros: Array) -> Step:
    """The step where rows that are padding keep their state; they show what was shown before, or
    0, so that this is a part of the state."""

    def repeating(inputs: Any, before: Any) -> tuple[Any, Any]:
        (x, here, repeated), (state, shown) = inputs, before
        at_padding = np.where(repeated[:, None], shown, zeros)
        output, new = step(x, state)
        pairs = zip(unpack(new), unpack(state), strict=True)
        kept = [rows_of(here, a, b) for a, b in pairs]
        # As in the walk, an output that is a part of the state stays one.
        same = [part for part, given in zip(kept, unpack(new), strict=True) if given is output]
        output = rows_of(here, same[0] if same else output, at_padding)
        return output, (repacked(kept, new), output)

    return repeating


def _shown(used: Array, repeat: Array, reverse: bool) -> Array:
    """Where a step shows what was computed, and not 0: (T, B)."""
    ran = np.logical_or.accumulate(used[::-1])[::-1] if reverse else np.logical_or.accumulate(used)
    shown: Array = used[:, None] | (repeat & ran[:, None])
    return shown


def _used(mask: Array, reverse: bool) -> Array:
    """Which steps are run: those that are not padding for all, or the first: (T,)."""
    used: Array = np.any(mask, axis=1)
    if not used.any():
        used[-1 if reverse else 0] = True
    return used


def idle_steps(mask: Array | None, repeat: Array | None, reverse: bool, T: int) -> Array:
    """At which steps an output is 0 for all sequences, and so on no graph: (T,)."""
    if mask is None:
        return np.zeros(T, bool)
    used = _used(mask, reverse)
    again = np.zeros_like(mask) if repeat is None else repeat
    idle: Array = ~np.any(_shown(used, again, reverse), axis=1)
    return idle


def _filled(ys: Tensor, used: Array, repeat: Array, reverse: bool) -> Tensor:
    """Outputs of all T steps from those of the steps that were run, the `used` ones.

    The others show 0, or where `repeat` says so the output of the step that was run before them.
    """
    before = np.cumsum(used) - (used if reverse else 1)    # its number among those that were run
    shown = _shown(used, repeat, reverse)                                # (T, B)
    ran = ys[before.clip(0, len(ys) - 1)]                                # (T, B, H)
    filled: Any = np.where(shown[:, :, None], ran, np.zeros((), ys.dtype))
    return filled  # type: ignore[no-any-return]  # a Tensor, as ys is one


def _in_windows(
    step: Step, state: Any, xs: Any, labels: Labels, *, reverse: bool, workers: int | None
) -> tuple[Any, Any]:
    by_plan = partial(_scanned, step, reverse=reverse, workers=workers)
    by_loop = partial(scan, step, reverse=reverse, how="unroll")
    return in_windows(step, state, xs, reverse, labels, by_plan, by_loop)
