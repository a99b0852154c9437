"""The numbers of a report: against loops in NumPy, finite differences, their own definitions."""

import numpy as np
import pytest

import minigrad as mg
from rnn import GRU, LSTM, ElmanCell, GRUCell, LSTMCell, each_step, unroll
from rnn.bptt import ledger, report

T, B, K, H = 5, 2, 3, 4
XS = np.random.default_rng(0).normal(size=(T, B, K))


def by_hand(term, whole):
    """‖G_t‖, its part of the whole, and its cosine with it."""
    product = np.sum(term * whole)
    size, total = np.sqrt(np.sum(term**2)), np.sqrt(np.sum(whole**2))
    return size, product / total**2, product / (size * total) if size else np.nan


def agrees(row, terms, whole):
    wanted = np.array([by_hand(term, whole) for term in terms]).T
    np.testing.assert_allclose([row.norms, row.parts, row.cosines], wanted, 1e-10, 1e-14)
    np.testing.assert_allclose(row.total, np.sqrt(np.sum(whole**2)), rtol=1e-12)


def test_an_encoder_and_a_decoder_in_plain_numpy():
    """Two Elman networks, the second from the state of the first, with a loss at its end: every
    number is that of the recursion δ_t = (1 − h_t²) ⊙ W_hh δ_{t+1}, written out in NumPy."""
    enc, dec = (ElmanCell(K, H, dtype=float, rng=k) for k in (0, 1))
    _, state = unroll(enc, XS, name="encoder")
    outputs, _ = unroll(dec, XS[:3], state, name="decoder")
    found = report((outputs[-1] ** 2).sum(), {"enc": enc, "dec": dec})

    runs = [(enc, x) for x in XS] + [(dec, x) for x in XS[:3]]
    hs = [np.zeros((B, H))]
    for cell, x in runs:
        hs.append(np.tanh(x @ cell.W_xh.numpy() + hs[-1] @ cell.W_hh.numpy() + cell.b_h.numpy()))
    d, terms = 2 * hs[-1], {"enc": [], "dec": []}
    for k in reversed(range(len(runs))):
        cell = runs[k][0]
        delta = d * (1 - hs[k + 1] ** 2)
        terms["enc" if cell is enc else "dec"].insert(
            0, {"W_xh": runs[k][1].T @ delta, "W_hh": hs[k].T @ delta, "b_h": delta.sum(0)}
        )
        d = delta @ cell.W_hh.numpy().T
    for name, each in terms.items():
        for weight in ("W_xh", "W_hh", "b_h"):
            row, own = found[f"{name}.{weight}"], [term[weight] for term in each]
            assert row.steps == tuple(range(1, len(own) + 1))
            assert row.place == {"enc": "encoder", "dec": "decoder"}[name]
            agrees(row, own, sum(own))


def test_a_gate_by_finite_differences():
    """G_t of the forget gate's columns is the derivative by a copy of W_hh that step t alone uses,
    so are its norm, part and cosine."""
    cell = LSTMCell(2, 2, dtype=float, rng=0)
    xs = np.random.default_rng(1).normal(size=(3, 1, 2))
    row = report((unroll(cell, xs)[0] ** 2).sum(), cell)["W_hh[f]"]
    columns = cell.gate("f").columns

    def loss(copies):
        state, total = None, 0.0
        for x, W in zip(xs, copies, strict=True):
            step = LSTMCell(2, 2, dtype=float, rng=0)
            step.W_hh.data = W
            h, state = step(x, state)
            total += (h.numpy() ** 2).sum()
        return total

    terms = np.zeros((3, 2, 2))
    for t, i, j in np.ndindex(terms.shape):
        moved = []
        for eps in (1e-6, -1e-6):
            copies = [cell.W_hh.numpy().copy() for _ in xs]
            copies[t][i, columns.start + j] += eps
            moved.append(loss(copies))
        terms[t, i, j] = (moved[0] - moved[1]) / 2e-6
    wanted = np.array([by_hand(term, terms.sum(0)) for term in terms]).T
    np.testing.assert_allclose(row.norms, wanted[0], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(row.parts, wanted[1], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(row.cosines[1:], wanted[2][1:], rtol=1e-6)


@pytest.mark.parametrize(("how", "dtype"), [
    ("unroll", np.float32), ("scan", np.float64), ("checkpoint", np.float64)
])
def test_every_row_is_that_of_the_ledger(how, dtype):
    """In a stacked bidirectional LSTM, however it is run: all weights and gates, with parts that
    sum to 1, cosines within [-1, 1], and the reverse direction known as such."""
    layer = LSTM(K, H, num_layers=2, bidirectional=True, how=how, dtype=dtype, rng=0)
    loss = (layer(XS.astype(dtype), lengths=[5, 3])[0] ** 2).mean()
    found, terms = report(loss, layer), ledger(loss, layer)
    assert len(found) == 12 * 5 == len({row.name for row in found})
    for row in found:
        if dtype == np.float64:
            agrees(row, terms[row.name], terms.total(row.name))
        np.testing.assert_allclose(row.norms, terms.norms(row.name), rtol=1e-6)
        assert row.parts.sum() == pytest.approx(1, abs=1e-5)
        assert np.all(np.abs(row.cosines[~np.isnan(row.cosines)]) <= 1)
        assert row.direction == ("reverse" if "reverse" in row.weight else "forward")
        assert row.layer in ("layers.0", "layers.1")
    assert list(found["layers.1.reverse.W_hh"].lags) == [0, 1, 2, 3, 4]
    assert list(found["layers.1.W_hh"].lags) == [4, 3, 2, 1, 0]


def test_what_is_outside_of_the_steps():
    """A weight with uses in and outside of steps has parts that sum to 1 with that outside; one
    with uses outside alone has no steps; one that the loss does not use says so."""
    cell, W = GRUCell(K, H, dtype=float, rng=0), mg.Parameter(np.ones((H, 1)), name="W_hq")
    unused = mg.Parameter(np.ones(2), name="v")
    outputs, _ = unroll(cell, XS)
    loss = ((outputs @ W) ** 2).mean() + 0.1 * (cell.W_hh**2).sum()
    found, terms = report(loss, [cell, W, unused]), ledger(loss, [cell, W, unused])
    row = found[cell.W_hh]
    agrees(row, terms[cell.W_hh], terms.total(cell.W_hh))
    assert row.parts.sum() + row.outside == pytest.approx(1, abs=1e-12)
    outside = by_hand(terms.outside(cell.W_hh), terms.total(cell.W_hh))[1]
    assert row.outside == pytest.approx(outside, rel=1e-12)
    assert row.outside_uses == ("square",) == found[cell.W_hh, "z"].outside_uses
    head = found[W]
    assert (head.steps, head.place, head.direction) == ((), None, "")
    assert head.outside == pytest.approx(1, abs=1e-12)
    assert head.used
    assert np.isnan(head.half_life)
    assert not found["v"].used
    assert found["v"].total == 0


def test_a_tied_weight_has_a_row_for_each_recurrence():
    """Step 1 of one is not step 1 of the other; their parts sum to 1 together."""
    cell = ElmanCell(K, K, dtype=float, rng=0)
    first, _ = unroll(cell, XS, name="first")
    second, _ = unroll(cell, first[1:], name="second")
    found = report((second[-1] ** 2).sum(), cell)
    rows = found.rows_of(cell.W_hh)
    assert [(row.place, len(row.steps)) for row in rows] == [("first", 5), ("second", 4)]
    assert sum(row.parts.sum() for row in rows) == pytest.approx(1, abs=1e-12)
    assert found["W_hh", "second"] is rows[1]
    with pytest.raises(KeyError, match="W_hh is used in 'first', 'second'; name one"):
        found["W_hh"]
    assert list(found.by_layer()) == ["weights in first", "weights in second"]


def scaled(*scales, order=None):
    """The row of a weight whose terms have these norms at t = 1, 2, ..., run in some order."""
    w = mg.tensor(np.ones(4), requires_grad=True, name="w")
    loss = (w * 0.0).sum()
    for t in order or range(1, len(scales) + 1):
        with mg.scope("step", t=t):
            loss = loss + (w * (scales[t - 1] / 2)).sum()
    return report(loss, w)["w"]


@pytest.mark.parametrize(("norms", "wanted"), [
    ((0.125, 0.25, 0.5, 1.0), 1),           # falls to half at the first lag
    ((0.9**3, 0.9**2, 0.9, 1.0), np.inf),   # not within 3 steps: 0.729
    ((0.4, 0.51, 0.7, 1.0), 3),
    ((0.1, 0.9, 0.0, 1.0), 3),              # a step that happens to be small is no fall
    ((0.1, 0.2, 3.0, 1.0), 2),              # of the largest, wherever it is
    ((8.0, 4.0, 2.0, 1.0), np.inf),         # explodes
    ((0.0, 1.0, 1.0, 1.0), np.inf),         # W_hh meets h_0 = 0
    ((0.0, 0.0, 1.0, 1.0), 2),              # but two zeros are a fall
    ((0.0, 1.0), np.nan), ((1.0,), np.nan), ((0.0, 0.0, 0.0), np.nan), ((1.0, np.nan), np.nan),
    ((1e-200, 1e-199, 1e-198), 1),
])
def test_half_life(norms, wanted):
    """The smallest lag from which on no term is above half of the largest; and in reverse alike,
    where the first step is the newest."""
    np.testing.assert_equal(scaled(*norms).half_life, wanted)
    backwards = scaled(*norms[::-1], order=range(len(norms), 0, -1))
    if len(norms) > 1:
        assert backwards.direction == "reverse"
    np.testing.assert_equal(backwards.half_life, wanted)


def test_half_life_of_a_linear_recurrence():
    """h_t = a h_{t-1} + b: the term of b at lag k is a^k, so the half-life is ⌈log ½ / log a⌉."""
    for a in (0.3, 0.5, 0.8, 0.93):
        b, h = mg.tensor(0.7, requires_grad=True, name="b"), 0.0
        for t in range(1, 31):
            with mg.scope("rnn", t=t):
                h = h * a + b
        row = report(h, b)["b"]
        np.testing.assert_allclose(row.norms, a ** np.arange(29, -1, -1.0), rtol=1e-12)
        assert row.half_life == np.ceil(np.log(0.5) / np.log(a))


def test_terms_that_cancel_and_terms_that_are_zero():
    """Against the sum a part is negative and the cosine -1; where the sum is 0 nothing is known."""
    row = scaled(3.0, -1.0)
    np.testing.assert_allclose(row.parts, [1.5, -0.5])
    np.testing.assert_allclose(row.cosines, [1, -1])
    row = scaled(1.0, -1.0)
    assert row.total == 0
    assert np.isnan([*row.parts, *row.cosines]).all()
    np.testing.assert_allclose(row.norms, 1)
    row = scaled(0.0, 2.0)
    np.testing.assert_array_equal([row.parts, row.cosines], [[0, 1], [np.nan, 1]])
    row = scaled(1e-170, 3e-170, 1e170)
    np.testing.assert_allclose(row.cosines, 1)
    assert np.isnan(scaled(1.0, np.inf).parts).all()


def test_a_layer_is_one_gradient():
    """Its row is that of its weights side by side, with the steps of all, and what is outside."""
    cell = ElmanCell(K, H, dtype=float, rng=0)
    loss = (unroll(cell, XS)[0] ** 2).sum() + (cell.b_h * 2).sum()
    found, terms = report(loss, {"net": cell}), ledger(loss, cell)
    side_by_side = np.concatenate([terms[name].reshape(T, -1) for name in terms], axis=1)
    whole = np.concatenate([terms.total(name).ravel() for name in terms])
    row = found.by_layer()["net"]
    agrees(row, side_by_side, whole)
    assert row.parts.sum() + row.outside == pytest.approx(1, abs=1e-12)
    assert row.outside_uses == ("multiply",)
    layer = LSTM(K, H, bidirectional=True, dtype=float, rng=0)
    assert list(report(layer(XS)[0].sum(), layer).by_layer()) == ["layers.0", "layers.0 reverse"]


def test_one_step_and_many():
    """T = 1 has one term, which is all; T = 200 in float32 has 200, and no warning."""
    layer = GRU(K, H, rng=0)
    pair = LSTM(K, H, bidirectional=True, rng=0)
    found = report(pair(np.ones((1, 1, K), np.float32))[0].sum(), pair)
    assert list(found.by_layer()) == ["layers.0", "layers.0 reverse"]
    for steps in (1, 200):
        xs = np.ones((steps, 1, K), np.float32)
        found = report(layer(xs)[0][-1].sum(), layer)
        assert len(found["b_xh"].steps) == steps
        assert found["b_xh"].parts.sum() == pytest.approx(1, abs=1e-5)
        assert len(str(found).splitlines()) < 60


def test_nothing_is_changed_and_the_graph_is_kept():
    """No gradient is written; backward can follow, and gives the totals."""
    cell, W = ElmanCell(K, H, dtype=float, rng=0), mg.Parameter(np.ones((H, 1)), name="W")
    outputs, _ = unroll(cell, XS)
    loss = sum(each_step(lambda h: ((h @ W) ** 2).sum(), outputs))
    found = report(loss, [cell, [W]])
    assert found.loss == loss.item()
    assert all(p.grad is None for p in (*cell.parameters(), W))
    loss.backward()
    for row in found:
        if row.gate is None:
            grad = (W if row.weight == "W" else getattr(cell, row.parameter)).grad.numpy()
            assert row.total == pytest.approx(np.linalg.norm(grad), rel=1e-12)


def test_errors_teach():
    """What was received, what is wanted, and what to do."""
    cell = GRUCell(K, H, dtype=float, rng=0)
    outputs, _ = unroll(cell, XS)
    loss = outputs.sum()
    with pytest.raises(TypeError, match=r"report\(loss\): received GRUCell; wanted a Tensor"):
        report(cell, loss)
    with pytest.raises(mg.errors.GradientError, match=r"report\(loss\): .* has 40 elements.*mean"):
        report(outputs, cell)
    with pytest.raises(mg.errors.GradientError, match=r"report\(loss\): .*no_grad\(\) and without"):
        report(loss.detach(), cell)
    with pytest.raises(mg.errors.GradientError, match="depends on none of W_xh, W_hh"):
        report(loss, GRUCell(K, H))
    with pytest.raises(ValueError, match="received no weights"):
        report(loss, [])
    with pytest.raises(ValueError, match="Module has no parameters"):
        report(loss, {"net": mg.Module()})
    with pytest.raises(KeyError, match=r"report\['W'\]: its weights are W_xh"):
        report(loss, cell)["W"]
    with pytest.raises(KeyError, match=r"its gates are W_hh\[r\], W_hh\[z\], W_hh\[n\]"):
        report(loss, cell)["W_hh[f]"]
    with pytest.raises(ValueError, match="wanted one of 'layers', 'weights', 'gates', or None"):
        report(loss, cell).table("all")
    loss.backward()
    with pytest.raises(mg.errors.GraphFreedError) as freed:
        report(loss, cell)
    assert freed.value.__notes__ == [
        "report(loss) reads the graph: call it before loss.backward()"
    ]
