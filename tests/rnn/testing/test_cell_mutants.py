"""Planted faults: the laws together notice every one, each law notices some; none stays behind."""

import copy
import functools

import numpy as np
import pytest

from minigrad.testing import mutant
from minigrad.testing import mutants as op_mutants
from minigrad.testing.mutation import notices, refuse_survivors, unnoticed
from rnn import Cell, DropoutCell, ElmanCell, GRUCell, LSTMCell, MGUCell, SkipCell, unroll
from rnn.testing import (
    CELL_LAWS,
    CELL_MUTANT_KINDS,
    MutantSurvived,
    assert_kills_mutants,
    cell_mutant,
    cell_mutants,
    check_cell,
    survivors,
)
from rnn.testing.checking import check_quickly
from rnn.testing.faults import CELL_FAULTS


def gru_before(K, H, rng):
    return GRUCell(K, H, reset="before", dtype=float, rng=rng)


CELLS = {
    "elman": ElmanCell, "lstm": LSTMCell, "gru after": GRUCell, "gru before": gru_before,
    "mgu": MGUCell,
    "skip": lambda K, H, rng: SkipCell(LSTMCell(K, H, dtype=float, rng=rng), lag=2),
}


@pytest.mark.parametrize("name", CELLS)
def test_check_cell_kills_every_mutant(name):
    """The laws together notice every fault in a cell and in what runs it. That they hold without a
    fault is what test_check_cell says."""
    cell = CELLS[name]
    left = unnoticed(
        cell_mutants(cell), lambda: check_quickly(cell, CELL_LAWS, 5, 0), None
    )
    refuse_survivors(left, CELL_MUTANT_KINDS)


# The laws that are meant for a fault: each of them notices it by itself.
KILLERS = {
    "stale_state": "unrolled chunked untied truncation full_reach rtrl",
    "forgotten_state": "unrolled chunked untied truncation full_reach rtrl",
    "late_state": "unrolled chunked untied truncation full_reach",
    "wrong_time_order": "unrolled chunked causality untied truncation",
    "detached_inside": "unrolled chunked untied rtrl derivatives double_backward",
    "wrong_step": "ledger_sum",
    "missing_detach": "truncation",
    "padding_enters": "padding",
    "padding_runs": "padding",
    "holes_run": "masked",
    "state_of_one_lost": "unbatched",
    "reverse_ignored": "time_reversal",
    "scan_forward_only": "ways",
    "hidden_state": "pure chunked causality alone",
    "shifted_rows": "reference batch_permutation alone",
    "mixed_rows": "reference alone",
    "detached_state": "derivatives double_backward",
    "kept_state": "reference",
    "detached_parameter": "parameters_used derivatives double_backward",
    "dropped_bias": "reference parameters_used",
    "swapped_gates": "reference",
    "wrong_block": "gates",
    "wrong_reset": "reference",
    "wrong_update": "reference",
}


@functools.cache
def mutants_of_gru():
    return cell_mutants(GRUCell)


@pytest.mark.parametrize("kind", CELL_MUTANT_KINDS)
def test_each_fault_is_noticed_by_the_laws_meant_for_it(kind):
    """A law notices its faults alone, without the help of the others."""
    found = [m for m in mutants_of_gru() if m.kind == kind]
    assert found
    for law in KILLERS[kind].split():
        left = unnoticed(found, lambda: check_quickly(GRUCell, [law], 5, 0), None)  # noqa: B023
        assert left == [], law


def test_each_law_notices_something():
    """No law is idle: what no mutant of a cell breaks, a cell written wrong or an op's mutant does,
    see below and test_far_cells."""
    useful = {law for laws in KILLERS.values() for law in laws.split()}
    assert set(CELL_LAWS) - useful == {"declared", "tokens", "everywhere", "scanned"}


def test_double_backward_notices_what_first_derivatives_do_not():
    """A rule that is right, but constant for the second order, is found by double_backward only."""
    with mutant("tanh", "held", held="out"):
        check_cell(ElmanCell, laws=["derivatives"])
        with pytest.raises(AssertionError):
            check_cell(ElmanCell, laws=["double_backward"])


@pytest.mark.parametrize("op", ["tanh", "sigmoid", "matmul", "split"])
def test_a_wrong_op_is_noticed_in_a_cell(op):
    """The laws notice the faults in the rules of the ops that a cell is made of, but for those that
    do not show in a cell, such as = for += at what it uses once."""
    unseen = {("overwritten", 0), ("not_unbroadcast", 0), ("deferred_overwritten", 0)}
    for m in op_mutants(op):
        if (m.kind, m.position) not in unseen:
            assert notices(lambda: check_quickly(LSTMCell, CELL_LAWS, 10, 0), m), m


def effect(cell):
    """Values and gradients of a run."""
    cell.zero_grad()
    outputs, _ = unroll(cell, np.linspace(-1, 1, 18).reshape(3, 2, 3))
    outputs.sum().backward()
    return [outputs.numpy(), *(0 if p.grad is None else p.grad.numpy() for p in cell.parameters())]


@pytest.mark.parametrize("name", ["lstm", "gru before"])
def test_mutants_leave_no_trace(name):
    """After the block, also one that an error ends, everything is as it was."""
    kind = {"lstm": LSTMCell, "gru before": GRUCell}[name]
    options = {"reset": "before"} if kind is GRUCell else {}
    cell = kind(3, 3, dtype=float, rng=0, **options)
    copy.deepcopy(cell)  # which leaves a note of its own in the class
    before, members = effect(cell), dict(vars(kind))

    def fail_inside(m):
        with m.planted():
            effect(cell)
            raise ZeroDivisionError

    for m in cell_mutants(cell):
        with pytest.raises(ZeroDivisionError):
            fail_inside(m)
        assert dict(vars(kind)) == members, m
        assert all(map(np.array_equal, effect(cell), before)), m


def test_mutants_are_listed_and_readable():
    """By kind and place: all pairs of gates, every bias, every part of the state."""
    found = list(map(str, cell_mutants(LSTMCell)))
    assert "LSTMCell: swapped_gates of i and o" in found
    assert "LSTMCell: dropped_bias of b_h" in found
    assert "LSTMCell: detached_state of c" in found
    assert sum("swapped_gates" in m for m in found) == 6
    kinds = {m.kind for m in cell_mutants(GRUCell)}
    assert kinds == set(CELL_MUTANT_KINDS)
    assert all(CELL_MUTANT_KINDS.values())


def test_faults_without_effect_are_left_out():
    """A mask that is all 1 in evaluation can be dropped without harm."""
    cell = DropoutCell(ElmanCell(3, 3, dtype=float, rng=0), hidden=0.5)
    assert not [m for m in cell_mutants(cell) if m.place == ("mask_h",) and m.kind == "kept_state"]


def test_weak_tests_are_told_what_they_miss():
    """A test of shapes notices nothing; a cell without a reference may swap its gates."""

    def shapes_only():
        outputs, _ = unroll(LSTMCell(3, 3, rng=0), np.ones((4, 2, 3)))
        assert outputs.shape == (4, 2, 3)

    assert survivors(LSTMCell, shapes_only) == cell_mutants(LSTMCell)
    with pytest.raises(MutantSurvived) as caught:
        assert_kills_mutants(LSTMCell, shapes_only, kinds=["stale_state"])
    assert str(caught.value) == (
        "the test passes under 1 faults:\n  LSTMCell: stale_state: each step gets the state of the "
        "step before last"
    )

    class MyMGU(MGUCell):
        """Of which no reference is known."""

    missed = {m.kind for m in survivors(MyMGU, kinds=[*CELL_FAULTS])}
    assert missed == {"swapped_gates", "kept_state"}


def test_a_test_has_to_pass_without_a_fault():
    """A test that fails anyway proves nothing; its own failure is shown."""

    def failing():
        raise AssertionError("fails anyway")

    with pytest.raises(AssertionError, match="fails anyway"):
        assert_kills_mutants(ElmanCell, failing)


def test_bad_arguments():
    """Unknown kinds and places are errors that say what there is."""
    with pytest.raises(ValueError, match="no mutant 'stale'; there are stale_state, forgotten"):
        cell_mutant(ElmanCell, "stale")
    with pytest.raises(ValueError, match="ElmanCell has no mutant 'wrong_reset'"):
        cell_mutant(ElmanCell, "wrong_reset")
    with pytest.raises(ValueError, match="LSTMCell has no mutant 'swapped_gates' i r"):
        cell_mutant(LSTMCell, "swapped_gates", "i", "r")


def test_a_reference_tells_what_no_law_can():
    """Of a user's cell the laws let a state pass that is never written; the message asks for a
    reference, and with one the fault is noticed."""

    class Leaky(Cell):
        gates = ("h",)

        def step(self, x, h):
            h = 0.9 * h + 0.1 * np.tanh(self.preactivation(x, h))
            return h, h

    def reference(cell, x, h):
        gate = cell.gate("h")
        h = 0.9 * h + 0.1 * np.tanh(x @ gate.W_xh + h @ gate.W_hh + gate.b_h)
        return h, h

    with pytest.raises(MutantSurvived, match="kept_state of h") as caught:
        assert_kills_mutants(Leaky, kinds=["kept_state"])
    assert "pass reference=" in caught.value.__notes__[0]
    assert_kills_mutants(Leaky, reference=reference)
