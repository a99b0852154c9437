"""The audit of hand derivations: what is wrong is found, at its step, and explained."""

import numpy as np
import pytest

import minigrad as mg
from examples import counting, scalar_rnn
from rnn import ElmanCell, GRUCell, LSTMCell, steps
from rnn.bptt import audit, ledger, two_time
from tests.support.audited import B, H, K, T, elman, readout
from tests.support.running import Concatenated, sequence

# -- the two worked examples


@pytest.fixture
def scalar():
    """The scalar tanh network of the notes: cell, inputs, loss and readout."""
    cell = ElmanCell(1, 1, biases=0, dtype=float)
    cell.gate("h").W_xh, cell.gate("h").W_hh = [[0.6]], [[0.9]]
    W = mg.Parameter([[0.8]], name="W_hy")

    def loss(h, t):
        return 0.5 * ((h @ W - scalar_rnn.Y[t - 1]) ** 2).sum()

    return cell, np.reshape(scalar_rnn.X, (3, 1, 1)), loss, W


@pytest.fixture
def one_to_many():
    """The linear network of the slides on counting."""
    given = counting.WEIGHTS
    cell = ElmanCell(3, 2, nonlinearity="identity", biases=0, dtype=float)
    cell.gate("h").W_xh, cell.gate("h").W_hh = given["U"], given["W"]
    V = mg.Parameter(given["V"], name="W_hy")
    return (
        cell, counting.X[:, None], lambda h, t: ((h @ V - counting.Y[t - 1]) ** 2).sum(), V
    )


SHIFTED = "carry: δz_{h,t}: h_{t-1} for h_t"


def test_the_shifted_slope_of_the_notes_is_named(scalar):
    """Both wrong gradients of the notes' rule are explained by tanh' of step t in the place of
    t + 1, and the terms that it makes wrong are told."""
    *model, W = scalar
    found = audit(lambda: scalar_rnn.by_hand(slip=True), *model, params=W)
    assert not found.agrees
    assert [name for name, finding in found.items() if not finding.agrees] == ["W_xh", "W_hh"]
    for name, steps_, error in (("W_xh", (1, 2), 0.013463988), ("W_hh", (2,), 0.007028273)):
        finding = found[name]
        assert finding.error == pytest.approx(error, abs=1e-9)
        assert [e.key for e in finding.explanations] == [SHIFTED]
        where = finding.explanations[0].where
        assert (where.right, where.used) == ("δh_t ⊙ (1 − h_t²)", "δh_t ⊙ (1 − h_{t-1}²)")
        assert "what is carried to other steps only" in finding.explanations[0].says
        assert finding.explanations[0].misfit < 1e-14
        assert finding.steps == steps_
    assert found["W_xh"].terms.ravel() == pytest.approx(
        [0.011847792, 0.017716985, 0.069715335], abs=1e-9
    )
    text = str(found)
    assert "claimed 0.112927064, true 0.105898791: off by 6.22%" in text
    assert "∂L/∂W_hh, term of step 2 (of h_1): 0.058640085, right is 0.051611812" in text


def test_the_corrected_rule_agrees(scalar):
    """With (1 - h_{t+1}²) the same derivation passes."""
    *model, W = scalar
    found = audit(lambda: scalar_rnn.by_hand(slip=False), *model, params=W)
    assert found.agrees
    assert str(found).splitlines()[0] == "Audit of 3 gradients: all agree with the tape"
    assert all(not finding.explanations and not finding.steps for finding in found.values())


def test_printed_numbers_are_enough(scalar):
    """The four digits that the notes print, rounded on the way as they are, lead to the same."""
    *model, W = scalar
    found = audit(scalar_rnn.PRINTED, *model, params=W, rtol=3e-3)
    assert found["W_hy"].agrees
    for name in ("W_xh", "W_hh"):
        assert [e.key for e in found[name].explanations] == [SHIFTED]
        assert found[name].explanations[0].misfit < 3e-3


def test_gradients_of_the_states(scalar):
    """∂L/∂h_t as printed: right at step 3, wrong from step 2 on back, by the same mistake."""
    *model, W = scalar
    found = audit({"h": [0.0496, 0.2224, 0.2256]}, *model, params=W, rtol=3e-3)["h"]
    assert found.steps == (1, 2)
    assert found.explanations[0].key == SHIFTED.removeprefix("carry: ")
    assert found.true.ravel() == pytest.approx([0.025892936, 0.196205410, 0.225891075], abs=1e-9)


def test_the_slips_of_the_slides_are_named(one_to_many):
    """∂J/∂W has one Wᵀ too many; in ∂J/∂U the carry to x_1 is missing; one rule does both."""
    *model, V = one_to_many
    claimed = counting.slide_gradients(counting.WEIGHTS)[1]
    names = {"U": "W_xh", "W": "W_hh", "V": "W_hy"}
    found = audit({names[k]: g for k, g in claimed.items()}, *model, params=V)
    assert found["W_hy"].agrees
    keys = {name: [e.key for e in found[name].explanations] for name in ("W_hh", "W_xh")}
    assert keys["W_hh"] == [
        "∂L/∂W_hh: δh_t W_hhᵀ for δh_t", "product one factor too long", "whole product"
    ]
    assert keys["W_xh"] == ["δ(h_{t-1} W_hh): left out", "whole product"]
    assert found["W_hh"].steps == (2,)
    assert found["W_xh"].steps == (1,)
    assert found["W_xh"].explanations[0].terms[0][0] == pytest.approx([0.2785, 0.7130], abs=1e-4)
    assert found["W_xh"].terms[0][0] == pytest.approx([-1.7682, 5.1988], abs=1e-4)
    text = " ".join(str(found).split())
    assert "∂L/∂W_hh = h_{t-1}ᵀ (δh_t W_hhᵀ), where the rule has h_{t-1}ᵀ δh_t" in text
    assert "∂L/∂W_xh: the term of δ(h_{t-1} W_hh) through h_t was left out" in text
    assert "term of step 1 (of x_1)" in text
    assert "One rule explains them all: the error of step t meets the use of step t alone" in text


# -- derivations by hand, and claims of every kind


def hand_derivation(cell, W, b, ys, *, next_operand=False, untransposed=False, no_slope=False):
    """BPTT of a tanh network, written in NumPy, with a mistake if asked for."""
    W_xh, W_hh, bias = (p.numpy() for p in cell.parameters())
    hs = [np.zeros((B, H))]
    for x in sequence(T, B, K):
        hs.append(np.tanh(x @ W_xh + hs[-1] @ W_hh + bias))
    names = (*dict(cell.named_parameters()), "W_hy", "b_y")
    found = {name: [] for name in names}
    delta = np.zeros((B, H))
    for t in range(T, 0, -1):
        error = 2 * (hs[t] @ W.numpy() + b.numpy() - ys[t - 1])
        carried = delta if t == T else delta * (1 if no_slope else 1 - hs[t + 1] ** 2)
        delta = error @ W.numpy().T + carried @ (W_hh if untransposed else W_hh.T)
        a = delta * (1 - hs[t] ** 2)
        found["W_xh"].append(sequence(T, B, K)[t - 1].T @ a)
        found["W_hh"].append((hs[t] if next_operand else hs[t - 1]).T @ a)
        found["b_h"].append(a.sum(axis=0))
        found["W_hy"].append(hs[t].T @ error)
        found["b_y"].append(error.sum(axis=0))
    return {name: np.stack(terms[::-1]) for name, terms in found.items()}


@pytest.mark.parametrize(
    ("mistake", "wrong", "key"),
    [
        ({}, (), None),
        ({"next_operand": True}, ("W_hh",), "∂L/∂W_hh: h_t for h_{t-1}"),
        ({"untransposed": True}, ("W_xh", "W_hh", "b_h"), "δh_{t-1}: W_hh for W_hhᵀ"),
        ({"no_slope": True}, ("W_xh", "W_hh", "b_h"), "carry: δz_{h,t}: without 1 − h_t²"),
    ],
)
def test_derivations_written_by_hand(mistake, wrong, key):
    """A derivation that shares no code with the audit: agreed with where it is right, and where it
    has a mistake, that is the first explanation. Terms agree where they can: the mistakes in the
    carry leave the last step right."""
    cell = elman()
    (W, b), loss = readout(cell)
    rng = np.random.default_rng(1)
    rng.normal(size=(H, 2)), rng.normal(size=2)
    ys = rng.normal(size=(T, B, 2))
    claimed = hand_derivation(cell, W, b, ys, **mistake)
    for form in (claimed, {name: terms.sum(axis=0) for name, terms in claimed.items()}):
        found = audit(form, cell, sequence(T, B, K), loss, params=[W, b])
        assert tuple(name for name in found if not found[name].agrees) == wrong
        for name in wrong:
            assert found[name].explanations[0].key == key
            if "next_operand" not in mistake:
                assert T not in found[name].steps
            else:
                assert found[name].steps == (1, 2, 3, 4)


def test_the_chain_of_factors_is_backpropagation_through_time():
    """The true tables of the audit are those of ``two_time``, which goes back through the whole
    graph, for gated cells and for outputs that are no states."""
    cells = [elman(), LSTMCell(K, H, dtype=float, rng=0), Concatenated(K, H, dtype=float),
             GRUCell(K, H, reset="before", dtype=float, rng=0)]
    for cell in cells:
        params, loss = readout(cell)
        losses = []
        for t, (output, _) in enumerate(steps(cell, sequence(T, B, K)), 1):
            with mg.scope("loss", t=t):
                losses.append(loss(output, t))
        claimed = {
            name: two_time(losses, p).values
            for name, p in [*cell.named_parameters(), *((p.name, p) for p in params)]
        }
        claimed = {n: v if v.shape[1] == T else np.zeros((T, T, *v.shape[2:]))
                   for n, v in claimed.items()}
        assert audit(claimed, cell, sequence(T, B, K), loss, params=params).agrees


def test_ledgers_and_gates_can_be_audited():
    """What ``ledger`` returns agrees; a gate's block by its own name; a swapped gate does not."""
    cell = LSTMCell(K, H, dtype=float, rng=0)
    params, loss = readout(cell)
    total = sum(loss(output, t) for t, (output, _) in enumerate(steps(cell, sequence(T, B, K)), 1))
    terms = ledger(total, cell)
    assert audit(dict(terms), cell, sequence(T, B, K), loss, params=params).agrees
    f, i = (cell.gate(name).columns for name in "fi")
    by_gate = {"W_hh[f]": terms["W_hh"][..., f], "b_h[i]": terms.total("b_h")[i]}
    assert audit(by_gate, cell, sequence(T, B, K), loss, params=params).agrees
    swapped = {"W_hh[f]": terms["W_hh"][..., i]}
    found = audit(swapped, cell, sequence(T, B, K), loss, params=params)["W_hh[f]"]
    assert not found.agrees
    assert [e.key for e in found.explanations] == ["gate i"]


def test_tokens_given_states_and_silent_steps():
    """Token inputs, a first state that is not 0 and steps without a loss are audited as others."""
    cell = ElmanCell(5, H, dtype=float, rng=0)
    tokens = np.array([[0, 1], [4, 2], [2, 2], [3, 0]])
    first = mg.tensor(np.random.default_rng(3).normal(size=(B, H)))

    def loss(h, t):
        return (h**3).sum() if t in (2, 4) else None

    run = list(enumerate(steps(cell, tokens, first), 1))
    terms = ledger(sum(loss(h, t) for t, (h, _) in run if t in (2, 4)), cell)
    assert audit(dict(terms), cell, tokens, loss, state=first).agrees
    last = {"W_hh": ledger(loss(run[3][1][0], 4), cell).total("W_hh")}
    found = audit(last, cell, tokens, loss, state=first)["W_hh"]
    assert [e.key for e in found.explanations] == ["only the last loss"]


def test_what_no_slip_explains():
    """A random error is reported with its steps, and no mistake is made up for it."""
    cell = elman()
    params, loss = readout(cell)
    total = sum(loss(output, t) for t, (output, _) in enumerate(steps(cell, sequence(T, B, K)), 1))
    terms = ledger(total, cell)
    claimed = terms["W_hh"].copy()
    claimed[2, 1, 1] += 1e-3
    claims = {"W_hh": claimed, "b_h": terms["b_h"]}
    found = audit(claims, cell, sequence(T, B, K), loss, params=params)
    assert found["b_h"].agrees
    assert found["W_hh"].steps == (3,)
    assert found["W_hh"].error == pytest.approx(1e-3, rel=1e-9)
    assert not found["W_hh"].explanations
    assert "no single mistake tried" in str(found)
    assert found["W_hh"].nearest.misfit <= found["W_hh"].relative
    assert found["W_hh"].tried > 1000
    assert f"the nearest is \"{found['W_hh'].nearest.key}\"" in " ".join(str(found).split())
    assert "step 3" in str(found)
    total = audit({"W_hh": claimed.sum(axis=0)}, cell, sequence(T, B, K), loss, params=params)
    assert total["W_hh"].steps == ()
    assert "Claim its terms by step" in " ".join(str(total).split())


def test_tolerance():
    """An error of 1e-7 counts as rounding, one of 1e-5 does not; float32 is given more."""
    cell = elman()
    params, loss = readout(cell)
    total = sum(loss(output, t) for t, (output, _) in enumerate(steps(cell, sequence(T, B, K)), 1))
    true = ledger(total, cell).total("W_hh")

    def agrees(values, **settings):
        claims, xs = {"W_hh": values}, sequence(T, B, K)
        return audit(claims, cell, xs, loss, params=params, **settings).agrees

    assert agrees(true * (1 + 1e-7))
    assert not agrees(true * (1 + 1e-5))
    assert agrees((true * (1 + 1e-5)).astype(np.float32))
    assert agrees(true * (1 + 1e-5), rtol=1e-4)
    assert not agrees(np.zeros_like(true))


def test_errors_of_the_audit():
    """Unknown names, shapes that do not fit, nothing to audit and random cells are refused."""
    cell = elman()
    params, loss = readout(cell)

    def run(claimed, cell=cell):
        return audit(claimed, cell, sequence(T, B, K), loss, params=params)

    with pytest.raises(ValueError, match=r"'W_hx' is not known; the names are W_xh, W_hh, b_h, W_"):
        run({"W_hx": np.zeros((K, H))})
    with pytest.raises(ValueError, match=r"'W_hh' has shape \(3,\); wanted one of \(3, 3\), "):
        run({"W_hh": np.zeros(3)})
    with pytest.raises(ValueError, match=r"wanted one of \(4, 2, 3\)"):
        run({"h": np.zeros((B, H))})
    with pytest.raises(TypeError, match="received NoneType; wanted the claimed gradients by name"):
        run(lambda: None)
    with pytest.raises(TypeError, match="received dict"):
        run({})
    with pytest.raises(TypeError, match="wanted numbers"):
        run({"b_h": ["a", "b", "c"]})
    with pytest.raises(ValueError, match=r"its gates are h"):
        run({"W_hh[f]": np.zeros((H, H))})
    with pytest.raises(KeyError, match="the claimed gradients are b_h"):
        _ = run({"b_h": np.zeros(H)})["W_hh"]

    class Noisy(ElmanCell):
        def step(self, x, state):
            h, _ = super().step(x, state)
            h = h * self.draws.normal(size=h.shape)
            return h, h

    noisy = Noisy(K, H, dtype=float, rng=0)
    noisy.draws = np.random.default_rng(0)
    with pytest.raises(ValueError, match="two runs of Noisy over the same inputs"):
        run({"b_h": np.zeros(H)}, noisy)


def test_plots_are_written(tmp_path, scalar):
    """Audits that agree, that disagree and that claim terms draw themselves."""
    *model, W = scalar
    right = audit(lambda: scalar_rnn.by_hand(slip=False), *model, params=W)
    wrong = audit(lambda: scalar_rnn.by_hand(slip=True), *model, params=W)
    assert len(right.plot(tmp_path / "right.png").axes) == 1
    assert len(wrong.plot(tmp_path / "wrong.png").axes) == 3
    cell = elman()
    params, loss = readout(cell)
    terms = audit({"W_hh": np.ones((T, T, H, H))}, cell, sequence(T, B, K), loss, params=params)
    assert len(terms.plot(tmp_path / "terms.svg").axes) == 2
    assert "<svg" in (tmp_path / "terms.svg").read_text("utf-8")
    assert (tmp_path / "wrong.png").read_bytes().startswith(b"\x89PNG")
