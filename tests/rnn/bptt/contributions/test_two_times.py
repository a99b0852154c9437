"""Two-time tables of several weights at once: of modules, lists, dicts and gates."""

import numpy as np
import pytest

import minigrad as mg
from rnn import LSTMCell, steps
from rnn.bptt import TwoTime, TwoTimes, ledger, two_time

XS = np.random.default_rng(0).normal(size=(4, 2, 3))


@pytest.fixture(scope="module")
def run():
    cell, W = LSTMCell(3, 4, dtype=float, rng=0), mg.Parameter(np.ones((4, 1)), name="W_hy")
    losses = []
    for t, (h, _) in enumerate(steps(cell, XS), 1):
        with mg.scope("loss", t=t):
            losses.append(((h @ W) ** 2).sum())
    return cell, W, losses


def test_tables_of_several_weights(run):
    """Each is the table of its weight alone, found by name, by the weight itself and by gate, and
    its columns sum to the ledger."""
    cell, W, losses = run
    tables, terms = two_time(losses, {"cell": cell, "head": W}), ledger(sum(losses), [cell, W])
    assert isinstance(tables, TwoTimes)
    assert list(tables) == ["cell.W_xh", "cell.W_hh", "cell.b_h", "head"]
    for weight in (cell.W_xh, cell.W_hh, cell.b_h, W):
        alone = two_time(losses, weight)
        assert isinstance(alone, TwoTime)
        np.testing.assert_array_equal(tables[weight], alone)
        np.testing.assert_allclose(tables[weight].values.sum(0), terms[weight], 1e-12, 1e-14)
    gate = tables["W_hh[f]"]
    assert gate.name == "cell.W_hh[f]"
    columns = cell.gate("f").columns
    np.testing.assert_array_equal(gate.values, tables[cell.W_hh].values[..., columns])
    np.testing.assert_array_equal(tables[cell.W_hh, "f"], gate)
    with pytest.raises(KeyError, match=r"two_time\['W'\]: its weights are cell.W_xh"):
        tables["W"]


def test_a_table_by_difference(run):
    """G[t, s] of a gate is what an untied copy of W_hh, used at step s alone, has as its gradient
    in ℓ_t, by central differences."""
    cell, W, losses = run
    table = two_time(losses, cell)["W_hh[f]"]
    t, s, eps = 4, 2, 1e-6
    place = (1, cell.gate("f").columns.start + 2)

    def loss_at_t(shift):
        state, weight = None, cell.W_hh.numpy()
        for k, x in enumerate(XS[:t], 1):
            copy = LSTMCell(3, 4, dtype=float, rng=0)
            moved = weight.copy()
            moved[place] += shift if k == s else 0
            copy.W_hh.data = moved
            h, state = copy(x, state)
        return ((h.numpy() @ W.numpy()) ** 2).sum()

    slope = (loss_at_t(eps) - loss_at_t(-eps)) / (2 * eps)
    np.testing.assert_allclose(table[t - 1, s - 1][1, 2], slope, rtol=1e-6)


def test_a_weight_that_no_step_uses():
    """Its table has no columns, and says why."""
    w = mg.tensor(np.ones(2), requires_grad=True, name="w")
    table = two_time([(w * k).sum() for k in (1.0, 2.0)], [w])["w"]
    assert table.norms().shape == (2, 0)
    assert "no use of a weight was recorded under a time step" in repr(table)


def test_tables_print_and_are_plotted(run):
    """One after the other, and as one heat map each, or those that were asked for."""
    pytest.importorskip("matplotlib")
    cell, W, losses = run
    tables = two_time(losses, [cell, W])
    assert repr(tables).count("TwoTime(") == 4
    titles = [axes.get_title(loc="left") for axes in tables.plot(names=["W_hh[f]", W]).axes]
    assert [title for title in titles if title] == [
        "lstm.W_hh[f]: which loss, through which use", "W_hy: which loss, through which use"
    ]
