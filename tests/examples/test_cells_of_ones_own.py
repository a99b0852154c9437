"""Cells with matrices, cells, attention, substeps and draws inside: laws, and what they show."""

import numpy as np
import pytest

from examples import attention_in_a_cell, cells_in_a_cell, fast_weights, sampling_cell, substeps
from tests.support.paths import ROOT

EXAMPLES = (fast_weights, cells_in_a_cell, attention_in_a_cell, substeps, sampling_cell)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda module: module.__name__)
def test_they_run_and_their_laws_hold(example, capsys):
    """In fewer than 60 lines each; the last thing that it does is to check its cell."""
    example.main(examples=1)
    assert capsys.readouterr().out
    path = ROOT / (example.__name__.replace(".", "/") + ".py")
    assert len(path.read_text(encoding="utf-8").splitlines()) < 60


def test_a_matrix_keeps_more_than_h():
    """After 7 steps ∂A/∂A is above 0.9⁷, the decay alone; of h hardly anything is left."""
    found = fast_weights.part_by_part()
    assert found["A", "A"] > 0.9**7 > 0.1 > found["h", "h"]


def test_a_slow_cell_reaches_further():
    """Gradients of its memory are ten times those of the fast cell's state after 11 steps."""
    found = cells_in_a_cell.reach()
    assert found["slow.c"] > 10 * found["fast.h"]


def test_attention_reaches_every_step_of_the_encoder():
    """Weights sum to 1, and no output of the encoder is without gradient."""
    slopes, weights = attention_in_a_cell.decoded()
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert (slopes > 0.1).all()


def test_the_midpoint_rule_is_of_second_order():
    """Twice as many substeps have about a quarter of the error."""
    found = list(substeps.errors().values())
    ratios = np.array(found[:-1]) / found[1:]
    assert (ratios > 3.5).all()
    assert (ratios < 5).all()


def test_noise_given_or_drawn_on_the_way():
    """The same numbers give the same outputs."""
    given, drawn = sampling_cell.both_ways()
    np.testing.assert_array_equal(given, drawn)
