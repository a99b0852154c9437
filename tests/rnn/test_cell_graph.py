"""Pictures of cells opened up: the names of gates and states stand where they belong."""

import re

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad import functional as F
from minigrad.drawing.render import text
from rnn.cell_graph import draw_cell


class LeakyCell(rnn.Cell):
    gates = ("h",)

    def step(self, x, h):
        h = 0.9 * h + 0.1 * np.tanh(self.preactivation(x, h))
        return h, h


@mg.primitive(name="ridge", vjps=(lambda g, x: -2 * x * g * np.exp(-(x**2)),))
def ridge(x):
    """e^(-x²)"""
    return np.exp(-(x**2))


class RidgeCell(rnn.Cell):
    """A gate through an activation of the user's own, one through an op that nobody listed."""

    gates = ("i", "n")

    def step(self, x, h):
        i, n = np.split(self.preactivation(x, h), 2, axis=-1)
        i, n = ridge(i), F.mish(n)
        h = i * n + (1 - i) * h
        return h, h


def labels(cell):
    """What each box and wire of the picture says, in words."""
    lines = re.findall(r"label=(<<.*?>>|\"[^\"]*\"|[\w-]+)", draw_cell(cell).dot)
    return [" ".join(re.sub(r"<[^>]*>", " ", line).strip('"<>').split()) for line in lines]


@pytest.mark.parametrize(
    "cell, activations, blocks",
    [
        (rnn.LSTMCell(2, 3), {"sigmoid i", "sigmoid f", "tanh g", "sigmoid o"}, "i f g o"),
        (rnn.LSTM1997Cell(2, 3), {"sigmoid i", "tanh g", "sigmoid o"}, "i g o"),
        (rnn.LayerNormLSTMCell(2, 3), {"sigmoid i", "sigmoid f", "tanh g", "sigmoid o"},
         "i f g o"),
        (rnn.PeepholeLSTMCell(2, 3), {"sigmoid i", "sigmoid f", "tanh g", "sigmoid o"}, "i f g o"),
        (rnn.GRUCell(2, 3), {"sigmoid r", "sigmoid z", "tanh n"}, "r z n r z n"),
        (rnn.GRUCell(2, 3, reset="before"), {"sigmoid r", "sigmoid z", "tanh n"}, "r z n r z"),
        (rnn.LSTMCell(2, 3, recurrent_activation="hard_sigmoid", activation="softsign", clip=1),
         {"hardsigmoid i", "hardsigmoid f", "softsign g", "hardsigmoid o"}, "i f g o"),
        (LeakyCell(2, 3), {"tanh h"}, ""),
        (RidgeCell(2, 3), {"ridge i", "mish n"}, "i n"),
        (rnn.ZoneoutCell(rnn.GRUCell(2, 3), 0.5), {"sigmoid r", "sigmoid z", "tanh n"},
         "r z n r z n"),
    ],
    ids=["lstm", "lstm1997", "layer norm", "peephole", "gru after", "gru before",
         "other activations", "a user's", "a user's op", "wrapped"],
)
def test_gates_have_their_names(cell, activations, blocks):
    """An activation that makes a gate says which, and so do the wires of its columns."""
    found, gates = labels(cell), getattr(cell, "cell", cell).gates
    ops = ("sigmoid", "tanh", "hardsigmoid", "softsign", "ridge", "mish")
    named = {f"{op} {gate}" for op in ops for gate in gates}
    assert {line.removesuffix(" (1, 3)") for line in found} & named == activations
    assert sorted(line for line in found if line in {"rz", *gates}) == sorted(blocks.split())


@pytest.mark.parametrize(
    "cell",
    [
        rnn.ElmanCell(2, 3), rnn.LSTMCell(2, 3), rnn.GRUCell(2, 3), rnn.MGUCell(2, 3),
        rnn.CoupledLSTMCell(2, 3), rnn.ProjectedLSTMCell(2, 4, 3), LeakyCell(2, 3),
        rnn.ResidualCell(rnn.ElmanCell(3, 3)), rnn.SkipCell(rnn.GRUCell(2, 3), 2),
        rnn.DropoutCell(rnn.LSTMCell(2, 3), inputs=0.5),
    ],
    ids=lambda cell: type(cell).__name__,
)
def test_states_before_and_after(cell):
    """Every state stands there as it enters and as it leaves, and the input and all weights."""
    before = {name: p.numpy().copy() for name, p in cell.named_parameters()}
    words = labels(cell)
    found = " ; ".join(words)
    assert "x t (1, " in found
    for state in ("h", *(["c"] if "c" in cell.state_sizes else [])):
        assert f"{state} t-1 (1, " in found
        assert re.search(rf"\w+ {state} t \(1, ", found)
    for name, parameter in cell.named_parameters():
        assert "".join(text.indexed(name)) in found.replace(" ", "")
        assert parameter.grad is None
        assert (parameter.numpy() == before[name]).all()


def test_drawing_draws_nothing_at_random():
    """A cell with dropout is left as it was: what it draws next is the same."""
    cell = rnn.DropoutCell(rnn.LSTMCell(2, 3, rng=0), inputs=0.5, rng=0)
    before = cell.rng.bit_generator.state
    draw_cell(cell)
    assert cell.rng.bit_generator.state == before


def test_only_cells():
    """Something else is refused with what is wanted."""
    with pytest.raises(TypeError, match="received GRU; wanted a Cell"):
        draw_cell(rnn.GRU(2, 3))


@pytest.mark.parametrize(
    "options", [{"ledger": True}, {"gradients": True}, {"steps": [1]}, {"max_steps": 3},
                {"wrap": 2}, {"widths": "all"}, {"view": "steps"}, {"show": ["ledger"]}]
)
def test_options_of_whole_runs(options):
    """They are refused with the way to such a picture; those of one step are taken."""
    with pytest.raises(ValueError, match=r"draw_cell\(cell, .*=\.\.\.\): .*minigrad.draw\(loss, "):
        draw_cell(rnn.GRUCell(2, 3), **options)


def test_options_of_one_step():
    """Whatever a picture of ops takes."""
    cell = rnn.GRUCell(2, 3, rng=0)
    drawing = draw_cell(
        cell, show=("shapes", "memory"), labels={"gru": "my cell"}, highlight="W_hh", theme="dark",
        direction="TB", title="A GRU", caption="of W_hh", width=400, ledger=False,
    )
    words = {str(line) for mark in drawing.scene.marks for line in mark.lines}
    assert {"my cell", "A GRU", "(1, 9)"} <= words
    assert any(word.endswith(" B") for word in words)
