"""The audit of a derivation that is right but for its last line: a transpose, a gate, a term."""

import numpy as np
import pytest

from rnn import ElmanCell, GRUCell, LSTMCell
from rnn.bptt import audit, ledger, rtrl
from rnn.sequence.unrolling import steps
from tests.support.audited import share

T, B, K, H = 5, 2, 3, 3
XS = np.random.default_rng(0).normal(size=(T, B, K))


@pytest.fixture(autouse=True)
def shared(monkeypatch):
    """The audits of a test are of one run."""
    share(monkeypatch)


def loss(output, t):
    return ((output - 0.1 * t) ** 2).sum()


def true_terms(cell):
    """The right gradients by the step of the use."""
    total = sum(loss(output, t) for t, (output, _) in enumerate(steps(cell, XS), 1))
    return {name: np.array(terms) for name, terms in ledger(total, cell).items()}


def explained(cell, claimed, name):
    """The keys of the explanations of a claim, which has to be found wrong."""
    found = audit({name: claimed}, cell, XS, loss)[name]
    assert not found.agrees
    return [explanation.key for explanation in found.explanations]


@pytest.fixture
def elman():
    return ElmanCell(K, H, dtype=float, rng=0)


@pytest.mark.parametrize("form", ["total", "terms"])
def test_a_transposed_outer_product(elman, form):
    """gᵀh in the place of hᵀg is named, of a square matrix; another has the wrong shape."""
    terms = true_terms(elman)["W_hh"]
    claimed = np.swapaxes(terms, 1, 2)
    claimed = claimed.sum(axis=0) if form == "total" else claimed
    assert explained(elman, claimed, "W_hh") == ["transposed"]
    wide = ElmanCell(2, H, dtype=float, rng=0)
    with pytest.raises(ValueError, match=r"\(3, 2\); wanted one of \(2, 3\).*be the transpose"):
        audit({"W_xh": np.ones((H, 2))}, wide, XS[..., :2], loss)


@pytest.mark.parametrize("make", [LSTMCell, GRUCell])
def test_gates_in_another_order(make):
    """The order in which they stand is named, and where only two are exchanged, which."""
    cell = make(K, H, dtype=float, rng=0)
    gates, right = list(cell.gates), true_terms(cell)["W_hh"].sum(axis=0)
    for order in (gates[::-1], [gates[1], gates[0], *gates[2:]], gates[1:] + gates[:1]):
        claimed = np.concatenate([right[:, cell.gate(g).columns] for g in order], axis=1)
        found = audit({"W_hh": claimed}, cell, XS, loss)["W_hh"].explanations
        assert [e.key for e in found] == [f"gates {' '.join(order)}"]
    assert "exchanged" not in found[0].says
    exchanged = np.concatenate(
        [right[:, cell.gate(g).columns] for g in (gates[1], gates[0], *gates[2:])], axis=1
    )
    text = " ".join(str(audit({"W_hh": exchanged}, cell, XS, loss)).split())
    assert f"({gates[1]} and {gates[0]} are exchanged)" in text


def test_the_gradient_of_something_else(elman):
    """That of another gate, or of another weight of the same shape."""
    cell = LSTMCell(K, H, dtype=float, rng=0)
    terms = true_terms(cell)["W_xh"]
    assert explained(cell, terms[..., cell.gate("g").columns], "W_xh[i]") == ["gate g"]
    terms = true_terms(elman)
    assert explained(elman, terms["W_xh"].sum(axis=0), "W_hh")[0] == "as W_xh"


@pytest.mark.parametrize("step", range(2, T + 1))
def test_a_term_of_the_sum(elman, step):
    """One that is missing, or counts twice, is named, and so is its step."""
    terms = true_terms(elman)["W_hh"]
    total = terms.sum(axis=0)
    for factor, key in ((-1, f"step {step} missing"), (1, f"step {step} twice")):
        claimed = total + factor * terms[step - 1]
        assert key in explained(elman, claimed, "W_hh")[:2]
        found = audit({"W_hh": claimed}, elman, XS, loss)["W_hh"]
        assert found.steps == (step,)


def test_a_constant_factor(elman):
    """Any constant is measured; one that has a name is called by that alone."""
    right = rtrl(elman, XS, loss)
    found = audit({"W_hh": 1.7 * right["W_hh"]}, elman, XS, loss)["W_hh"]
    assert [e.key for e in found.explanations] == ["constant factor"]
    assert "1.7 times the right one" in found.explanations[0].says
    assert explained(elman, -right["W_hh"], "W_hh") == ["times -1"]


def test_one_number_is_no_multiple():
    """A scalar is a multiple of every other, so that no factor is made up for it."""
    cell = ElmanCell(1, 1, biases=0, dtype=float, rng=0)
    xs = np.ones((3, 1, 1))
    found = audit({"W_hh": 0.1234}, cell, xs, lambda h, t: (h**2).sum())["W_hh"]
    assert not found.explanations


@pytest.mark.parametrize(
    ("nonlinearity", "slope", "key"),
    [
        ("tanh", lambda h: 1 - h, "δz_{h,t}: without the square"),
        ("tanh", lambda h: h * (1 - h), "δz_{h,t}: slope of sigmoid"),
        ("tanh", lambda h: 1 - np.tanh(h) ** 2, "δz_{h,t}: tanh(h_t) for h_t"),
        ("tanh", lambda h: np.ones_like(h), "δz_{h,t}: without 1 − h_t²"),
        ("sigmoid", lambda h: 1 - h**2, "δz_{h,t}: slope of tanh"),
        ("sigmoid", lambda h: 1 - h, "δz_{h,t}: without h_t"),
    ],
)
def test_a_wrong_derivative(nonlinearity, slope, key):
    """BPTT written by hand with another φ' throughout: the audit says which was taken for it."""
    cell = ElmanCell(K, H, nonlinearity=nonlinearity, dtype=float, rng=0)
    hs = [np.zeros((B, H)), *(h.numpy() for h, _ in steps(cell, XS))]
    delta, found = np.zeros((B, H)), np.zeros((H, H))
    for t in range(T, 0, -1):
        carried = 0 if t == T else (delta * slope(hs[t + 1])) @ cell.W_hh.numpy().T
        delta = 2 * (hs[t] - 0.1 * t) + carried
        found += hs[t - 1].T @ (delta * slope(hs[t]))
    assert explained(cell, found, "W_hh")[0] == key


def test_norms_that_agree_are_drawn_apart(tmp_path):
    """Exchanged gates have equal norms; the picture has a line for the distance of the terms."""
    pytest.importorskip("matplotlib")
    cell = LSTMCell(K, H, dtype=float, rng=0)
    right = true_terms(cell)["W_hh"].sum(axis=0)
    figure = audit({"W_hh": np.roll(right, H, axis=1)}, cell, XS, loss).plot(tmp_path / "a.png")
    labels = [line.get_label() for line in figure.axes[1].lines]
    assert labels == ["true", "with this mistake", "apart by"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none(elman, tmp_path, bad):
    """A claim with one NaN or Inf in it is wrong, at that step, whatever the tolerance."""
    terms = true_terms(elman)["W_hh"]
    terms[2, 0, 1] = bad
    for claimed, steps_ in ((terms, (3,)), (terms.sum(axis=0), ())):
        found = audit({"W_hh": claimed}, elman, XS, loss, rtol=0.5)
        assert not found.agrees
        assert found["W_hh"].relative == np.inf
        assert found["W_hh"].steps == steps_
        assert not found["W_hh"].explanations
        assert "holds a NaN or an Inf" in str(found)
        found.plot(tmp_path / "audit.png")
