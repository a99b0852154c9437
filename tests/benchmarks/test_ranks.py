"""The model of training on many machines, and its table in the documentation."""

import math

import pytest

from benchmarks.ranks import NETWORKS, pays_from, prediction, seconds_of_sum
from tests.support.paths import ROOT


def test_a_sum_of_two_ranks():
    """Two messages, each with half of the numbers; what the networks' numbers were measured by."""
    latency, bandwidth = NETWORKS["one machine, shared memory"]
    assert seconds_of_sum(2, 0, latency, bandwidth) == pytest.approx(3.2e-6)
    assert seconds_of_sum(2, 386_144, latency, bandwidth) == pytest.approx(0.24e-3, rel=0.02)
    assert seconds_of_sum(1, 10**9, latency, bandwidth) == 0


def test_rows_from_which_it_pays():
    """With so many rows, and with no fewer, four fifths of the time are work."""
    network = NETWORKS["10 Gbit/s"]
    rows, row, count = pays_from(32, 386_144, 2.1e-3, *network), 2.1e-3, 386_144
    waited = seconds_of_sum(32, count, *network)
    assert rows * row / (rows * row + waited) >= 0.8
    assert (rows - 1) * row / ((rows - 1) * row + waited) < 0.8
    assert math.isclose(waited, 62 * (30e-6 + 4 * count / 32 / 1.1e9))


def test_the_table_of_the_documentation():
    """Is what the program prints."""
    assert prediction(0.91e-3, 386_144) in (ROOT / "docs/parallel.md").read_text(encoding="utf-8")
