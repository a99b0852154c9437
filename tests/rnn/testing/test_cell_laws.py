"""Each law by itself, on cells and runners that are written wrong in the way that it is for."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.testing import LawBroken
from minigrad.testing.gradcheck import at_once
from rnn import Cell, ElmanCell, GRUCell, LSTMCell, detach, unroll
from rnn.testing import CELL_LAWS, cell_trial, check_cell, laws


class TinyCell(ElmanCell):
    """An Elman cell with its step written out, for others to spoil."""

    def step(self, x, h):
        h = np.tanh(x @ self.W_xh + h @ self.W_hh + self.b_h)
        return h, h


class FloatingCell(TinyCell):
    def step(self, x, h):
        h, _ = super().step(x, h)
        return h.astype(np.float32), h


class WideCell(TinyCell):
    def step(self, x, h):
        h, _ = super().step(x, h)
        return np.concatenate([h, h], axis=1), h


class GreedyCell(TinyCell):
    def step(self, x, h):
        h, _ = super().step(x, h)
        return h, (h, h)


class BareCell(TinyCell):
    def step(self, x, h):
        return super().step(x, h)[0]


@pytest.mark.parametrize(
    "cell, message",
    [
        (BareCell, r"step returned .*; wanted the pair \(output, state\)"),
        (FloatingCell, "the output has dtype float32, wanted float64"),
        (WideCell, r"the output has shape \(2, 6\), wanted \(2, 3\)"),
        (GreedyCell, "returned a tuple of 2 as its state"),
    ],
)
def test_declared(cell, message):
    """Widths, dtypes and parts of the state are those that the cell declares."""
    with pytest.raises(LawBroken, match=message):
        laws.declared(cell_trial(cell))


def test_tokens():
    """A cell that takes token indices takes them for one-hot inputs."""

    class Shifted(TinyCell):
        def step(self, x, h):
            if x.dtype.kind == "i":
                x = mg.tensor(np.eye(self.input_size)[(x.numpy() + 1) % self.input_size])
            return super().step(x, h)

    laws.tokens(cell_trial(TinyCell, B=3))  # it takes none, also where B = K
    laws.tokens(cell_trial(ElmanCell))
    with pytest.raises(LawBroken, match="with token indices: the outputs"):
        laws.tokens(cell_trial(Shifted))


def test_pure():
    """A cell that counts its calls is not pure, however little they matter."""

    class Counting(TinyCell):
        calls = 0

        def step(self, x, h):
            type(self).calls += 1
            return super().step(x * (1 + 1e-9 * self.calls), h)

    with pytest.raises(LawBroken, match="a repeated run, the outputs"):
        laws.pure(cell_trial(Counting))


def test_a_bias_that_is_added_for_nothing():
    """A parameter that reaches no result is named, and so is the gate's block."""

    class Idle(LSTMCell):
        def step(self, x, state):
            h, c = state
            i, _, g, o = np.split(self.preactivation(x, h), 4, axis=-1)
            c = i.sigmoid() * g.tanh() + c
            h = o.sigmoid() * c.tanh()
            return h, (h, c)

    with pytest.raises(LawBroken, match="of W_xh of gate f, W_hh of gate f, b_h of gate f is 0"):
        laws.parameters_used(cell_trial(Idle))


def test_dead_units_are_no_fault():
    """A unit that is dead at the drawn inputs is alive at others."""
    for seed in range(30):
        laws.parameters_used(
            cell_trial(
                lambda K, H, rng: ElmanCell(K, H, nonlinearity="relu", dtype=float, rng=rng),
                seed=seed,
            )
        )


RUNNERS = {
    "forgets": lambda cell, xs, state: unroll(cell, xs, None),
    "cuts": lambda cell, xs, state: unroll(cell, xs, detach(state)),
    "reverses": lambda cell, xs, state: unroll(cell, xs[::-1], state),
    "looks ahead": lambda cell, xs, state: (unroll(cell, xs, state)[0][::-1], state),
}


@pytest.mark.parametrize("name", RUNNERS)
def test_what_runs_a_cell_is_checked_too(name):
    """``run=`` puts another runner to the test: a right one passes, wrong ones fail."""
    with at_once(), pytest.raises(LawBroken):
        check_cell(GRUCell, run=RUNNERS[name])


def test_a_runner_of_ones_own():
    """A plain loop without scopes is a right runner."""

    def loop(cell, xs, state):
        xs = cell.as_input(xs, sequence=True)
        state = cell.as_state(state, xs.shape[1])
        outputs = []
        for x in xs.unbind():
            output, state = cell(x, state)
            outputs.append(output)
        return np.stack(outputs), state

    check_cell(GRUCell, run=loop, examples=5)
    check_cell(LSTMCell, run=loop, examples=5)


def test_every_law_is_public_and_says_what_it_demands():
    """Each is a function of a trial in rnn.testing.laws, with its statement as docstring."""
    for name, law in CELL_LAWS.items():
        assert getattr(laws, name) is law
        assert name in laws.__all__
        assert law.__doc__.strip().endswith(".")
        law(cell_trial(LSTMCell, T=3, B=3))


def test_a_cell_without_parameters():
    """A leak with nothing to learn is a cell, and obeys."""

    class Fixed(Cell):
        def __init__(self, input_size, hidden_size, dtype, rng):
            super().__init__(hidden_size, hidden_size, dtype=dtype)

        def step(self, x, h):
            h = 0.9 * h + 0.1 * np.tanh(x + h)
            return h, h

    check_cell(Fixed, examples=10)


def test_the_compiled_loop_is_held_to_the_plain_one(monkeypatch):
    """A compiler that does something else is noticed by the law; a step that cannot be compiled is
    left out."""

    class Branching(Cell):
        gates = ("h",)

        def step(self, x, h):
            h = np.tanh(self.preactivation(x, h))
            return h, h if float(h.sum().detach()) < 1e9 else x

    check_cell(Branching, laws=["scanned"], examples=3)
    scan = laws.scan
    monkeypatch.setattr(laws, "scan", lambda cell, xs, state: scan(cell, xs * 1.001, state))
    with pytest.raises(AssertionError, match="as one compiled loop"):
        check_cell(GRUCell, laws=["scanned"], examples=3)
