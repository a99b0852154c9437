"""check_cell: every cell of the package obeys every law, and a failure says what is wrong."""

import re

import numpy as np
import pytest
from hypothesis import settings

import minigrad as mg
from minigrad.testing import CheckRefused, GradientMismatch, LawBroken
from rnn import (
    Cell,
    CoupledLSTMCell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LayerNormLSTMCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    ResidualCell,
    SkipCell,
    ZoneoutCell,
)
from rnn.testing import CELL_LAWS, REFERENCES, cell_laws, check_cell

CELLS = {
    "elman": ElmanCell,
    **{
        f"elman {word}": lambda K, H, rng, word=word: ElmanCell(
            K, H, nonlinearity=word, dtype=float, rng=rng
        )
        for word in ("relu", "sigmoid", "identity")
    },
    "lstm": LSTMCell,
    "lstm without bias": lambda K, H, rng: LSTMCell(K, H, biases=0, dtype=float, rng=rng),
    "lstm with two": lambda K, H, rng: LSTMCell(K, H, biases=2, dtype=float, rng=rng),
    "lstm 1997": LSTM1997Cell,
    "coupled": CoupledLSTMCell,
    "peepholes": PeepholeLSTMCell,
    "layer norm": LayerNormLSTMCell,
    "projected": lambda K, H, rng: ProjectedLSTMCell(K, H, H - 1, dtype=float, rng=rng),
    **{
        f"gru {reset} {update} {biases}": lambda K, H, rng, words=(reset, update, biases): GRUCell(
            K, H, reset=words[0], update=words[1], biases=words[2], dtype=float, rng=rng
        )
        for reset, update, biases in (
            ("after", "keep", 2), ("after", "new", 1), ("before", "keep", 1), ("before", "new", 2)
        )
    },
    "mgu": MGUCell,
    "residual": lambda K, H, rng: ResidualCell(GRUCell(K, K, dtype=float, rng=rng)),
    "skip": lambda K, H, rng: SkipCell(LSTMCell(K, H, dtype=float, rng=rng), lag=3),
    "zoneout": lambda K, H, rng: ZoneoutCell(
        LSTMCell(K, H, dtype=float, rng=rng), {"h": 0.1, "c": 0.5}
    ),
    "dropout": lambda K, H, rng: DropoutCell(
        GRUCell(K, H, dtype=float, rng=rng), inputs=0.3, hidden=0.5
    ),
}


class LeakyCell(Cell):
    """A user's cell: a leak that is learned, gates of its own making, and no reference."""

    def __init__(self, input_size, hidden_size, dtype=np.float32, rng=None):
        super().__init__(input_size, hidden_size, dtype=dtype)
        rng = np.random.default_rng(rng)
        self.W = self.uniform(rng, input_size, hidden_size)
        self.U = self.uniform(rng, hidden_size, hidden_size)
        self.leak = mg.Parameter(np.zeros(hidden_size), dtype=dtype)
        self.scale = mg.Parameter(np.full(hidden_size, 0.5), requires_grad=False, dtype=dtype)

    def step(self, x, h):
        keep = self.leak.sigmoid()
        h = keep * h + (1 - keep) * np.tanh(x @ self.W + h @ self.U) * self.scale
        return h, h


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_of_the_package_obeys_every_law(name):
    """One line checks a cell; in evaluation, where the wrappers' randomness is off. Five trials
    notice every fault (test_cell_mutants); a thorough run has 200."""
    most = settings().max_examples
    check_cell(CELLS[name], examples=most // 5 if most > 100 else 5)


@pytest.mark.parametrize("law", cell_laws(LeakyCell, examples=5), ids=str)
def test_each_law_can_be_a_test_of_its_own(law):
    """cell_laws parametrizes; a cell without a reference and without declared gates will do."""
    law()


def test_every_cell_of_the_package_has_a_reference():
    """No cell is checked without the function that says what its gates mean."""
    import rnn

    classes = {getattr(rnn, name) for name in rnn.__all__ if name.endswith("Cell")} - {Cell}
    assert classes == set(REFERENCES)
    made = {type(make(2, 3, np.random.default_rng(0))) for make in CELLS.values()
            if not isinstance(make, type)}
    assert classes == made | {make for make in CELLS.values() if isinstance(make, type)}


def test_a_cell_can_be_given_in_many_ways():
    """A class, a function of rng or of sizes and rng, a cell; and with one's own reference."""
    check_cell(LeakyCell, examples=2)
    check_cell(lambda rng: LeakyCell(3, 4, dtype=float, rng=rng), examples=2)
    check_cell(lambda K, H, rng: LeakyCell(K, H, float, rng), examples=2)
    cell = LeakyCell(2, 3, dtype=float, rng=1)
    before = {k: v.copy() for k, v in cell.state_dict().items()}
    check_cell(cell, examples=2)
    assert all(np.array_equal(v, before[k]) for k, v in cell.state_dict().items())

    def leaky(cell, x, h):
        keep = 1 / (1 + np.exp(-cell.leak.numpy()))
        new = np.tanh(x @ cell.W.numpy() + h @ cell.U.numpy()) * cell.scale.numpy()
        h = keep * h + (1 - keep) * new
        return h, h

    check_cell(LeakyCell, reference=leaky, laws=["reference"])
    with pytest.raises(LawBroken, match=r"'reference': One step.*\n  the output: 2 of 2"):
        check_cell(LeakyCell, reference=lambda cell, x, h: (h, h), laws=["reference"])


def test_the_sizes_are_drawn():
    """Batches, steps, input and hidden sizes all vary, and the smallest come too."""
    seen = set()

    def make(K, H, rng):
        seen.add((K, H))
        return ElmanCell(K, H, dtype=float, rng=rng)

    check_cell(make, laws=["declared"], examples=60)
    assert seen == {(K, H) for K in (1, 2, 3) for H in (2, 3)}


def test_a_failure_says_what_is_wrong_and_replays():
    """The law in words, the numbers, the sizes, and a line that fails in the same way."""

    class Averaging(LeakyCell):
        """Its sequences see each other."""

        def step(self, x, h):
            return super().step(x, 0.5 * h + 0.5 * h.mean(axis=0))

    with pytest.raises(LawBroken) as caught:
        check_cell(Averaging)
    text = str(caught.value)
    assert re.search(
        r"^Averaging breaks the law 'alone': A sequence gives the same alone as among others; .*\n"
        r"  sequence 0 alone: the outputs: \d of \d entries are wrong; \[0, 0, \d\] is \S+, wanted "
        r"\S+\n  Averaging\(1, 2.*\): inputs of size 1, 2 units, 1 steps, 2 sequences, seed \d+$",
        text,
    )
    examples = settings().max_examples // 5
    assert (
        f"replay with rnn.testing.check_cell(Averaging, examples={examples}, seed=0)"
        in caught.value.__notes__
    )
    for options in ({}, {"laws": ["alone"]}):
        with pytest.raises(LawBroken) as again:
            check_cell(Averaging, examples=examples, seed=0, **options)
        assert str(again.value) == text


def test_a_wrong_gradient_is_traced_to_its_parameter():
    """Differences name the parameter in which the graph is cut."""

    class Cut(LeakyCell):
        def step(self, x, h):
            h = np.tanh(x @ self.W + h @ self.U.detach()) * self.leak
            return h, h

    with pytest.raises(LawBroken, match="the gradient of U is 0"):
        check_cell(Cut)
    with pytest.raises(GradientMismatch, match=r"∂ U\["):
        check_cell(Cut, laws=["derivatives"])


def test_what_a_cell_raises_is_passed_on():
    """An error in the user's step comes through, with the law and the trial as notes."""

    class Broken(LeakyCell):
        def step(self, x, h):
            raise ZeroDivisionError("of the user")

    with pytest.raises(ZeroDivisionError, match="of the user") as caught:
        check_cell(Broken)
    assert any("Broken breaks the law 'declared'" in note for note in caught.value.__notes__)


def test_low_precision_inside_does_not_pass():
    """A cell that computes in float32 inside is refused, or its derivatives are called wrong."""

    class Rough(LeakyCell):
        def step(self, x, h):
            h, _ = super().step(x, h)
            h = h.astype(np.float32).astype(float)
            return h, h

    with pytest.raises((CheckRefused, GradientMismatch)):
        check_cell(Rough, laws=["derivatives"])


def test_bad_arguments():
    """What is no cell, not float64 or no law is refused by name."""
    with pytest.raises(TypeError, match="received 3; wanted a class of cells"):
        check_cell(3)
    with pytest.raises(TypeError, match="takes 2 arguments; wanted rng, or"):
        check_cell(lambda K, H: ElmanCell(K, H))
    with pytest.raises(TypeError, match="made int; wanted a Cell"):
        check_cell(lambda rng: 3)
    with pytest.raises(TypeError, match=r"W_xh of ElmanCell has dtype float32.*dtype=float"):
        check_cell(ElmanCell(2, 3))
    with pytest.raises(ValueError, match="no law 'chunk'; there are declared, pure"):
        check_cell(ElmanCell, laws=["chunk"])
    with pytest.raises(TypeError) as caught:
        check_cell(ProjectedLSTMCell)
    assert any("pass a function that makes a cell" in note for note in caught.value.__notes__)
    assert [str(law) for law in cell_laws(ElmanCell)] == list(CELL_LAWS)
