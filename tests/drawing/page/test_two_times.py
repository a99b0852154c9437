"""G[s, t] in the page: its sums are the ledger's terms, a truncation is that of `rnn.bptt`."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.drawing.layout.terms import ledger_terms
from minigrad.drawing.layout.unrolled import lay_out
from minigrad.drawing.page.two_times import two_times
from minigrad.drawing.reading.graph import read
from rnn.bptt import truncation_error
from tests.support.pictures import elman, gru, lstm


def tables(loss):
    """The tables by the names of the weights, and the norms of the ledger's terms."""
    unrolled = read([loss])
    terms = ledger_terms([loss], unrolled, True)
    scene = lay_out(unrolled, terms=terms)
    found = two_times(loss, unrolled.home, scene)
    by_id = {scene.slugs[path.id]: path.data for path in scene.paths if path.kind == "tap"}
    named = {by_id[table["taps"][0]]["weight"]: table for table in found.values()}
    return named, by_id


def running(T, last=False):
    """A cell, its inputs, and what its outputs are summed up to: all steps, or the last one."""
    cell = rnn.ElmanCell(2, 3, dtype=float, rng=0)
    xs = np.random.default_rng(1).normal(size=(T, 2, 2))
    outputs, _ = rnn.unroll(cell, xs)
    return cell, xs, ((outputs[-1] if last else outputs) ** 2).sum()


@pytest.mark.parametrize("make", [elman, lstm, gru])
def test_the_losses_together_are_the_ledger(make):
    """Over all losses the terms of a tap sum to its G_t, and no loss reads a later use."""
    named, by_id = tables(make(4))
    assert {"W_xh", "W_hh", "W_hy"} <= named.keys()
    for table in named.values():
        assert table["steps"] == [1, 2, 3, 4]
        for j, tap in enumerate(table["taps"]):
            assert table["kept"][-1][j] == pytest.approx(by_id[tap]["norm"])
        norms = np.array(table["norms"])
        assert np.all(norms[np.triu_indices(4, 1)] == 0)
        assert table["errors"][-1] == pytest.approx(0, abs=1e-12)


def test_by_the_sums_of_each_loss():
    """A row of the table is the ledger of that step's loss alone."""
    cell, xs, loss = running(5)
    table = tables(loss)[0]["W_hh"]
    outputs, _ = rnn.unroll(cell, xs)
    for s in range(5):
        alone = mg.contributions((outputs[s] ** 2).sum(), [cell.W_hh])[0]
        norms = {use.t: np.linalg.norm(use.value) for use in alone}
        assert table["norms"][s] == pytest.approx([norms.get(t, 0) for t in range(1, 6)])


def test_truncated_as_by_windows():
    """`errors` has for each k2 what `rnn.bptt.truncation_error` finds with windows of one step."""
    cell, xs, loss = running(6)
    named = tables(loss)[0]
    found = truncation_error(cell, xs, lambda o, where: (o**2).sum(), k1=1, k2=[1, 2, 4, 6])
    for name in ("W_xh", "W_hh", "b_h"):
        expected = found.relative(name)
        assert [named[name]["errors"][min(k, len(named[name]["errors"])) - 1]
                for k in (1, 2, 4, 6)] == pytest.approx(expected, abs=1e-12)


def test_many_to_one():
    """A loss that reads the last step has one row: k2 steps back from it."""
    table = tables(running(5, last=True)[2])[0]["W_xh"]
    assert table["rows"] == [4]
    assert table["steps"] == [5]
    assert table["columns"] == [0, 1, 2, 3, 4]


def test_one_use_has_no_table():
    """A weight that is used once, behind all steps, is in no table."""
    _, _, loss = running(3)
    V = mg.Parameter(np.ones(()), name="V")
    assert "V" not in tables(loss * V)[0]
