"""How the faults of ``rnn.testing.mutation`` are planted: in a class's step, or in what runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from minigrad import Tensor, scope
from minigrad.engine.tensor import detached

from ..bptt.truncation import truncated
from ..cells import Cell, Gate
from ..cells.state import carried_on, repacked, unpack
from ..layers import compiled, recurrent
from ..sequence import lengths, unrolling, ways
from ..sequence.unrolling import detach
from .subject import substituted
from .trial import CellTrial

__all__ = ["CELL_FAULTS", "PLANTS", "RUN_FAULTS", "changes_something"]

RUN_FAULTS = {
    "stale_state": "each step gets the state of the step before last",
    "forgotten_state": "each step gets the initial state",
    "late_state": "the state returned is that before the last step",
    "wrong_time_order": "the steps run from the last to the first",
    "detached_inside": "the state is detached between two steps of a run",
    "wrong_step": "the scope of each step has the number of the next one",
    "missing_detach": "the state goes on over the border of a window with its graph",
    "padding_enters": "what stands in the padding meets the weights",
    "padding_runs": "a sequence's state goes on behind its end",
    "holes_run": "a sequence's state goes on through the steps that are masked",
    "state_of_one_lost": "a sequence without the axis of the batch starts from zeros",
    "reverse_ignored": "the reverse direction of a layer runs forward",
}
CELL_FAULTS = {
    "hidden_state": "the cell goes on from the state that it returned last, not from that given",
    "shifted_rows": "each sequence gets the state of the one before it in the batch",
    "mixed_rows": "the sequences of a batch share some of their state",
    "detached_state": "no gradient flows to that part of the state",
    "kept_state": "that part of the state is returned as it was given",
    "detached_parameter": "the parameter is used as a constant",
    "dropped_bias": "the bias is not added",
    "swapped_gates": "two gates have each other's weights",
    "wrong_block": "what is written to a gate by name goes to the next gate's block",
    "wrong_reset": "the reset gate acts before the product for after, and after for before",
    "wrong_update": "the update gate keeps what it should renew",
}

Step = Callable[[Any, Any, Any], Any]
Decorator = Callable[[Step], Step]


@contextmanager
def _patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    own, before = name in vars(owner), getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


# -- in what runs cells


def _faulty_run(given: Callable[[list[Any]], Any], order: int = 1, late: bool = False,
                ahead: int = 0) -> Any:
    """``rnn.unroll`` with a fault; `given` picks the state that a step gets among those so far."""

    def run(
        cell: Cell, inputs: Sequence[Tensor], state: Any, name: str, start: int
    ) -> Iterator[tuple[Any, Any]]:
        states, outputs = [state], []
        for t, x in list(enumerate(inputs, start))[::order]:
            with scope(name, t=t + ahead):
                output, new = cell.checked_step(x, given(states))
            states.append(new)
            outputs.append(output)
        shown = states[:-1] if late else states[1:]
        yield from zip(outputs[::order], shown, strict=True)

    return run


def _run_fault(**fault: Any) -> Any:
    fault = {"given": lambda states: states[-1], **fault}
    return lambda cell: _patched(unrolling, "walk", _faulty_run(**fault))


def _forward_only(run: Any) -> Any:
    return lambda *args, reverse=False, **options: run(*args, reverse=False, **options)


def _in_layer(name: str, change: Callable[[Any], Any]) -> Any:
    return lambda cell: _patched(recurrent, name, change(getattr(recurrent, name)))


def _in_scan(change: Callable[[Any], Any]) -> Any:
    return lambda cell: _patched(compiled, "over_all", change(ways.over_all))


def _in_lengths(name: str, change: Callable[[Any], Any]) -> Any:
    return lambda cell: _patched(lengths, name, change(getattr(lengths, name)))


# -- in a step


def _in_step(wrapper: Callable[..., Decorator]) -> Any:
    """A plant that changes the step of a class."""

    def plant(cell: type[Cell], *place: str) -> AbstractContextManager[None]:
        return _patched(cell, "step", wrapper(*place)(cell.step))

    return plant


def _state_changed(change: Callable[[Cell, dict[str, Any]], dict[str, Any]]) -> Decorator:
    """A step whose state is first changed by `change`, by name."""

    def wrapper(step: Step) -> Step:
        def faulty(cell: Any, x: Any, state: Any) -> Any:
            named = _named(cell, state)
            return step(cell, x, repacked(list(change(cell, named).values()), state))

        return faulty

    return wrapper


def _named(cell: Cell, state: Any) -> dict[str, Any]:
    return dict(zip(cell.state_names(state), unpack(state), strict=True))


def _hidden() -> Decorator:
    def wrapper(step: Step) -> Step:
        memory: dict[int, Any] = {}

        def faulty(cell: Any, x: Any, state: Any) -> Any:
            kept = memory.get(id(cell))
            if kept is not None and np.shape(unpack(kept)[0]) == unpack(state)[0].shape:
                state = kept
            output, memory[id(cell)] = step(cell, x, state)
            return output, memory[id(cell)]

        return faulty

    return wrapper


def _kept(part: str) -> Decorator:
    def wrapper(step: Step) -> Step:
        def faulty(cell: Any, x: Any, state: Any) -> Any:
            output, new = step(cell, x, state)
            new = carried_on(new, state, cell)
            found = {**_named(cell, new), part: _named(cell, state)[part]}
            return output, repacked(list(found.values()), new)

        return faulty

    return wrapper


def _parameters_changed(change: Callable[[Cell, dict[str, Any]], dict[str, Tensor]]) -> Decorator:
    """A step some of whose parameters are first changed by `change`, by name."""

    def wrapper(step: Step) -> Step:
        def faulty(cell: Any, x: Any, state: Any) -> Any:
            with substituted(cell, change(cell, dict(cell.named_parameters()))):
                return step(cell, x, state)

        return faulty

    return wrapper


def _swapped_gates(a: str, b: str) -> Decorator:
    def change(cell: Cell, named: dict[str, Any]) -> dict[str, Tensor]:
        H, order = cell.hidden_size, list(cell.gates)
        i, j = order.index(a), order.index(b)
        order[i], order[j] = order[j], order[i]
        columns = np.concatenate([np.arange(H) + H * cell.gates.index(g) for g in order])
        weights = [name for name in ("W_xh", "W_hh", "b_h", "b_xh", "b_hh") if name in named]
        return {name: named[name][..., columns] for name in weights}

    return _parameters_changed(change)


def _next_gate(cell: Any, name: str) -> Gate:
    order = cell.gates
    return Gate(cell, order[(order.index(name) + 1) % len(order)])


def _attribute_changed(name: str, words: tuple[str, str]) -> Decorator:
    def wrapper(step: Step) -> Step:
        def faulty(cell: Any, x: Any, state: Any) -> Any:
            before = getattr(cell, name)
            setattr(cell, name, words[words.index(before) - 1])
            try:
                return step(cell, x, state)
            finally:
                setattr(cell, name, before)

        return faulty

    return wrapper


def _each(named: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """The parts that are rows of real numbers, changed."""
    real = {k: v for k, v in named.items() if getattr(v, "ndim", 0) and v.dtype.kind == "f"}
    return {**named, **{name: change(value) for name, value in real.items()}}


PLANTS: dict[str, Callable[..., AbstractContextManager[None]]] = {
    "stale_state": _run_fault(given=lambda states: states[max(0, len(states) - 2)]),
    "forgotten_state": _run_fault(given=lambda states: states[0]),
    "late_state": _run_fault(late=True),
    "wrong_time_order": _run_fault(order=-1),
    "detached_inside": _run_fault(
        given=lambda states: states[-1] if len(states) == 1 else detach(states[-1])
    ),
    "wrong_step": _run_fault(ahead=1),
    "missing_detach": lambda cell: _patched(truncated, "detach", lambda state: state),
    "padding_enters": _in_layer("without_padding", lambda right: lambda xs, own: xs),
    "padding_runs": _in_lengths(
        "length_mask", lambda right: lambda ends, T: np.ones_like(right(ends, T))
    ),
    "holes_run": _in_lengths(
        "as_mask", lambda right: lambda *given: np.ones_like(right(*given))
    ),
    "state_of_one_lost": lambda cell: _patched(cell, "with_batch", lambda *given: None),
    "reverse_ignored": _in_layer("run", _forward_only),
    "scan_forward_only": _in_scan(_forward_only),
    "hidden_state": _in_step(_hidden),
    "shifted_rows": _in_step(lambda: _state_changed(
        lambda cell, named: _each(named, lambda s: np.concatenate([s[-1:], s[:-1]]))
    )),
    "mixed_rows": _in_step(lambda: _state_changed(
        lambda cell, named: _each(named, lambda s: 0.9 * s + 0.1 * s.mean(axis=0))
    )),
    "detached_state": _in_step(lambda part: _state_changed(
        lambda cell, named: {**named, part: named[part].detach()}
    )),
    "kept_state": _in_step(_kept),
    "detached_parameter": _in_step(lambda name: _parameters_changed(
        lambda cell, named: {name: named[name].detach()}
    )),
    "dropped_bias": _in_step(lambda name: _parameters_changed(
        lambda cell, named: {name: 0 * named[name].detach()}
    )),
    "swapped_gates": _in_step(_swapped_gates),
    "wrong_block": lambda cell: _patched(cell, "gate", _next_gate),
    "wrong_reset": _in_step(lambda: _attribute_changed("reset", ("before", "after"))),
    "wrong_update": _in_step(lambda: _attribute_changed("update", ("keep", "new"))),
}
"""By kind, how the fault is planted: from the class of cells and the place."""


def changes_something(planted: Callable[[], AbstractContextManager[None]], cell: Cell) -> bool:
    """Whether a fault in the cell changes a value or a gradient of a run in any way."""

    def effect() -> list[Any]:
        trial = CellTrial(cell, 3, 2, 0)
        trial.result()
        found = trial.result()
        return [*found.values.values(), *found.gradients.values()]

    right = effect()
    with planted():
        try:
            wrong = effect()
        except Exception:
            return True  # a fault that raises is noticed
    return any(
        not np.allclose(detached(a), detached(b), rtol=1e-7, atol=1e-12)
        for a, b in zip(wrong, right, strict=True)
    )
