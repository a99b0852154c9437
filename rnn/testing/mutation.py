"""Planted faults: do your tests notice when a cell, or what runs it, is wrong?

A mutant is one fault of the kind that people make. Plant it, run a test, and the test has to fail.
``assert_kills_mutants(MyCell, test)`` does so for every fault that can be planted in a cell.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from minigrad.testing.gradcheck import default_seed
from minigrad.testing.mutation import MutantSurvived, refuse_survivors, unnoticed

from ..cells import Cell, GRUCell
from .checking import check_quickly
from .faults import CELL_FAULTS, PLANTS, RUN_FAULTS, changes_something
from .laws import CELL_LAWS
from .references import reference_of
from .subject import Subject
from .trial import Reference

__all__ = [
    "CELL_MUTANT_KINDS", "CellMutant", "MutantSurvived", "assert_kills_mutants", "cell_mutant",
    "cell_mutants", "survivors",
]

CELL_MUTANT_KINDS = {**RUN_FAULTS, **CELL_FAULTS}
"""The kinds of faults, and what each of them does."""


class CellMutant(NamedTuple):
    """One fault: its kind, the class of cells that has it, and for some the place in the cell.

    >>> from rnn import ElmanCell, unroll
    >>> cell, xs = ElmanCell(2, 3, rng=0), [[[1.0, 1.0]]] * 4
    >>> mutant = CellMutant(ElmanCell, "forgotten_state")
    >>> with mutant.planted():
    ...     outputs, _ = unroll(cell, xs)        # as if every step were the first
    >>> str(mutant), bool((outputs.numpy() == outputs.numpy()[0]).all())
    ('ElmanCell: forgotten_state', True)
    """

    cell: type[Cell]
    kind: str
    place: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f" of {' and '.join(self.place)}" if self.place else ""
        return f"{self.cell.__name__}: {self.kind}{place}"

    def planted(self) -> AbstractContextManager[None]:
        """A block in which cells of the class have the fault, on every thread."""
        return PLANTS[self.kind](self.cell, *self.place)


def cell_mutant(cell: Any, kind: str, *place: str) -> AbstractContextManager[None]:
    """A block in which a class of cells, or what runs them, has a fault; then it is as it was.

    cell: as ``check_cell`` takes it. kind: one of CELL_MUTANT_KINDS.
    place: the two gates, or the parameter or part of the state, for kinds that have one (default:
        the first that ``cell_mutants`` lists).

    Raises ValueError for an unknown kind, and for a place that the cell does not have.

    >>> from rnn import LSTMCell
    >>> from rnn.testing import check_cell
    >>> with cell_mutant(LSTMCell, "swapped_gates", "i", "f"):
    ...     check_cell(LSTMCell, examples=3)
    Traceback (most recent call last):
    ...
    minigrad.testing.trial.LawBroken: ...
    """
    if kind not in CELL_MUTANT_KINDS:
        raise ValueError(f"there is no mutant {kind!r}; there are {', '.join(CELL_MUTANT_KINDS)}")
    made = Subject(cell).make(2, 3, 0)
    found = [m for m in _candidates(made) if m.kind == kind and place in ((), m.place)]
    if not found:
        raise ValueError(
            f"{type(made).__name__} has no mutant {kind!r} {' '.join(place)}; it has "
            f"{', '.join(dict.fromkeys(m.kind for m in _candidates(made)))}"
        )
    return found[0].planted()


def cell_mutants(cell: Any) -> list[CellMutant]:
    """The faults that can be planted in a cell, or around it, and change something.

    cell: as ``check_cell`` takes it.

    >>> from rnn import ElmanCell
    >>> [m.place for m in cell_mutants(ElmanCell) if m.kind == "dropped_bias"]
    [('b_h',)]
    """
    made = Subject(cell).make(3, 3, 0)
    return [
        m
        for m in _candidates(made)
        if m.kind in (*RUN_FAULTS, "wrong_block") or changes_something(m.planted, made)
    ]


def survivors(
    cell: Any,
    test: Callable[[], Any] | None = None,
    kinds: Sequence[str] | None = None,
    *,
    reference: Reference | None = None,
) -> list[CellMutant]:
    """The mutants of `cell` that `test` does not notice: under them it still passes.

    test: a function without arguments that raises when it fails; it has to pass on the cell as it
        is. Default: ``check_cell(cell, examples=10)``, which stops at the first failure.
    kinds: which of CELL_MUTANT_KINDS (default: all).
    reference: of the default test, as for ``check_cell``. Without one, which gate is which cannot
        be known, nor whether a part of the state should change.

    >>> from rnn import ElmanCell
    >>> survivors(ElmanCell, kinds=["stale_state", "dropped_bias"])
    []
    >>> shapes_only = lambda: ElmanCell(2, 3).step([[1.0, 1.0]], ElmanCell(2, 3).initial_state(1))
    >>> [str(m) for m in survivors(ElmanCell, shapes_only, kinds=["dropped_bias"])]
    ['ElmanCell: dropped_bias of b_h']
    """
    wanted = test or functools.partial(
        check_quickly, cell, CELL_LAWS, 10, default_seed(), reference
    )
    wanted()
    return unnoticed(cell_mutants(cell), wanted, kinds)


def assert_kills_mutants(
    cell: Any,
    test: Callable[[], Any] | None = None,
    kinds: Sequence[str] | None = None,
    *,
    reference: Reference | None = None,
) -> None:
    """Raise MutantSurvived unless `test` fails under every mutant of `cell`; see `survivors`.

    >>> from rnn import ElmanCell
    >>> from rnn.testing import check_cell
    >>> assert_kills_mutants(ElmanCell)
    >>> assert_kills_mutants(ElmanCell, lambda: check_cell(ElmanCell, laws=["chunked"], examples=5))
    Traceback (most recent call last):
    ...
    minigrad.testing.mutation.MutantSurvived: ...
    """
    left = survivors(cell, test, kinds, reference=reference)
    try:
        refuse_survivors(left, CELL_MUTANT_KINDS)
    except MutantSurvived as error:
        if test is None and (reference or reference_of(Subject(cell).make(2, 3, 0))) is None:
            error.add_note(
                "no law can know these without being told what a step means: pass reference=, a "
                "function (cell, x, state) -> (output, state) on arrays"
            )
        raise


def _candidates(cell: Cell) -> list[CellMutant]:
    kind = type(cell)
    found = [CellMutant(kind, name) for name in RUN_FAULTS]
    found += [CellMutant(kind, name) for name in ("hidden_state", "shifted_rows", "mixed_rows")]
    for part in cell.state_form.real:
        found += [CellMutant(kind, f, (part,)) for f in ("detached_state", "kept_state")]
    for name, parameter in cell.named_parameters():
        bias = parameter.ndim == 1
        found += [CellMutant(kind, "dropped_bias", (name,))] * bias
        found += [CellMutant(kind, "detached_parameter", (name,))]
    gates = cell.gates
    found += [
        CellMutant(kind, "swapped_gates", (a, b))
        for k, a in enumerate(gates)
        for b in gates[k + 1 :]
    ]
    if len(gates) > 1:
        found.append(CellMutant(kind, "wrong_block"))
    if isinstance(cell, GRUCell):
        found += [CellMutant(kind, "wrong_reset"), CellMutant(kind, "wrong_update")]
    return found
