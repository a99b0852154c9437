"""The figures of the audit: derivations by hand that are right, mistakes that are mistakes."""

import itertools

import numpy as np
import pytest

from benchmarks.audit.__main__ import main, tried
from benchmarks.audit.cells import CELLS
from benchmarks.audit.derivations import DERIVATIONS
from benchmarks.audit.planting import edits, planted
from benchmarks.audit.trial import Data, Trial, blamed
from tests.support.paths import ROOT


@pytest.mark.parametrize("name", CELLS)
def test_the_derivations_by_hand_are_right(name):
    """They agree with the tape, of every cell, so that what is planted is all that is wrong."""
    data = Data(name, 7)
    for key, gradient in data.by_hand(DERIVATIONS[name]).items():
        true = data.truth[key].sum(axis=(0, 1))
        np.testing.assert_allclose(gradient, true, rtol=1e-9, atol=1e-9)


def test_every_kind_of_mistake_is_planted():
    """There are hundreds of places, and each edit changes one statement."""
    kinds = {edit.kind for name in CELLS for edit in edits(name)}
    assert kinds >= {
        "factor dropped", "factor doubled", "sign", "another operand", "another step",
        "term left out", "mean instead of sum", "sum over the batch missing", "not transposed",
        "neighbours exchanged", "set instead of added", "complement", "another cotangent",
    }
    (one,) = itertools.islice(planted("LSTM"), 40, 41)
    assert len(one.lines) == 1
    assert one.lines[0][0] != one.lines[0][1]


def test_a_sample_is_named():
    """Of the planted mistakes of a cell most are first; an explanation of another one is not taken
    for it."""
    line = tried("Elman", pairs=2, step=5)
    assert len(line.singles) >= 5
    assert np.mean([v.first for v in line.singles]) >= 0.8
    assert len(line.pairs) == 2
    trial = Trial("Elman")
    one, other = (trial.shown.by_hand(p.function) for p in itertools.islice(planted("Elman"), 2, 4))
    elsewhere = trial.hidden.by_hand(DERIVATIONS["Elman"])
    assert one is not None
    assert other is not None
    assert trial._named(one, elsewhere, pairs=False) == (False, False)


def test_right_derivations_are_not_blamed():
    """A dozen with weights and sizes drawn at random; AUDIT.md has 500."""
    assert blamed(len(CELLS)) == 0


def test_the_table_reaches_its_bars(capsys):
    """AUDIT.md as it was written last: 95 % among, 80 % first, 70 % of two, 10 s."""
    text = (ROOT / "benchmarks" / "AUDIT.md").read_text(encoding="utf-8")
    (last,) = (row for row in text.splitlines() if row.startswith("| **all**"))
    cells = [cell.strip(" *") for cell in last.strip("|").split("|")]
    share = [float(cells[k].partition("%")[0].strip("* ")) for k in (2, 3, 6)]
    assert int(cells[1]) > 2000
    assert share[0] >= 95
    assert share[1] >= 80
    assert share[2] >= 70
    assert float(cells[4].removeprefix("at most").partition("s")[0]) < 10
    with pytest.raises(SystemExit):
        main(["--only", "nothing"])
    assert "the cells are Elman" in capsys.readouterr().err
