"""What can be claimed: of cells, layers and functions; gradients, terms, deltas of named values."""

import numpy as np
import pytest

import minigrad as mg
from rnn import GRU, LSTM, Cell, LSTMCell, Recurrent, steps
from rnn.bptt import audit, ledger
from rnn.bptt.graph import pull_back
from tests.support.audited import B, H, K, T, readout
from tests.support.cells import kinds
from tests.support.running import sequence

CELLS = kinds(K, H)


def true_gradients(cell, xs, loss, params, state=None):
    """The gradients by the tape, of the cell and of the readout."""
    named = {**dict(cell.named_parameters()), **{p.name: p for p in params}}
    run = enumerate(steps(cell, xs, state), 1)
    losses = [loss(output, t) for t, (output, _) in run]
    ones = [np.ones((), value.dtype) for value in losses]
    return dict(zip(named, pull_back(losses, ones, list(named.values())), strict=True))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_right_claims_are_never_blamed(make, dtype):
    """Of any cell, whatever its weights and inputs, in either precision."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        cell = make()
        for p in cell.parameters():
            p.data = rng.normal(scale=rng.choice([0.3, 1.0]), size=p.shape).astype(p.dtype)
        params, loss = readout(cell)
        xs = rng.normal(scale=2.0, size=(T, B, cell.input_size))
        claimed = true_gradients(cell, xs, loss, params)
        found = audit({n: g.astype(dtype) for n, g in claimed.items()}, cell, xs, loss,
                      params=params)
        assert found.agrees
        assert not any(finding.explanations for finding in found.values())


class Seen(Cell):
    """An LSTM that keeps what it has computed, as the tape has it."""

    gates = ("i", "f", "g", "o")
    states = ("h", "c")

    def step(self, x, state):
        h, c = state
        z = self.preactivation(x, h)
        i, f, g, o = self.squash(z)
        c = f * c + i * g
        h = o * np.tanh(c)
        self.seen.append({"z": z, "f": f, "c": c, "h": h})
        return h, (h, c)

    @staticmethod
    def squash(z):
        s = mg.functional.sigmoid
        return s(z[:, :H]), s(z[:, H:2 * H]), np.tanh(z[:, 2 * H:3 * H]), s(z[:, 3 * H:])


def test_deltas_of_named_values():
    """∂L/∂ of what the code of a step calls z, f, c and h agrees with the tape's, under that name
    and with a δ before it; a wrong one is told with its steps and the rule that is wrong."""
    cell = Seen(K, H, dtype=float, rng=0)
    params, loss = readout(cell)
    xs = sequence(T, B, K)
    cell.seen = []
    losses = [loss(output, t) for t, (output, _) in enumerate(steps(cell, xs), 1)]
    claimed = {}
    for name in "zfch":
        tensors = [step[name] for step in cell.seen]
        claimed[name] = np.stack(pull_back(losses, [np.ones(())] * T, tensors))
    assert audit(claimed, cell, xs, loss, params=params).agrees
    assert audit({"δc": claimed["c"]}, cell, xs, loss, params=params).agrees
    c = np.stack([np.zeros((B, H)), *(step["c"].numpy() for step in cell.seen[:T])])
    wrong = {"f": claimed["c"] * c[1:], "c": claimed["c"]}       # c_t for c_{t-1}
    found = audit(wrong, cell, xs, loss, params=params)
    assert found["c"].agrees
    (why,) = found["f"].explanations    # as ∂L/∂c is right, it has not gone into the carry
    assert why.key == "use: δf_t: c_t for c_{t-1}"
    assert why.where.line.text == "c = f * c + i * g"
    assert found["f"].steps == tuple(range(1, T + 1))
    with pytest.raises(ValueError, match=r"'q' is not known; the names are .* of the values of"):
        audit({"q": claimed["c"]}, cell, xs, loss, params=params)


@pytest.mark.parametrize("make", [
    lambda: LSTM(K, H, num_layers=2, dtype=float, rng=0),
    lambda: GRU(K, H, bidirectional=True, dtype=float, rng=0),
    lambda: Recurrent(LSTMCell(K, H, dtype=float, rng=0), how="scan", batch_first=True),
], ids=["two layers", "both directions", "batch first"])
def test_layers_and_stacks(make):
    """Their ledgers agree, by the names of their parameters; a forgotten factor is found in the
    layer in which it was forgotten."""
    layer = make()
    rng = np.random.default_rng(1)
    W = mg.Parameter(rng.normal(size=(layer.output_size, 1)), name="W_hy")
    xs = sequence(T, B, K)
    given = np.swapaxes(xs, 0, 1) if layer.batch_first else xs

    def loss(output, t):
        return ((output @ W - t) ** 2).sum()

    outputs, _ = layer(given, how="unroll")
    outputs = np.swapaxes(outputs, 0, 1) if layer.batch_first else outputs
    terms = ledger(sum(loss(outputs[t - 1], t) for t in range(1, T + 1)), layer)
    assert audit(dict(terms), layer, given, loss, params=W).agrees
    name = next(name for name in terms if name.endswith("W_hh"))
    wrong = {n: terms.total(n) * (0.25 if n == name else 1) for n in terms}
    found = audit(wrong, layer, given, loss, params=W)
    assert [n for n in found if not found[n].agrees] == [name]
    assert "times 0.25" in [e.key for e in found[name].explanations]


def test_a_function_and_its_parameters():
    """step(x, state) with closed-over weights, audited with these as `params`: the leak that was
    forgotten is named with the line of the function."""
    rng = np.random.default_rng(0)
    W, U = (mg.Parameter(rng.normal(size=(n, H)), name=name) for n, name in ((K, "W"), (H, "U")))
    xs = rng.normal(size=(T, B, K))

    def step(x, h):
        u = np.tanh(x @ W + h @ U)
        h = 0.9 * h + 0.1 * u
        return h, h

    def loss(h, t):
        return (h**2).sum()

    def by_hand(leak):
        hs, us = [np.zeros((B, H))], []
        for x in xs:
            us.append(np.tanh(x @ W.numpy() + hs[-1] @ U.numpy()))
            hs.append(0.9 * hs[-1] + 0.1 * us[-1])
        dW, dU, after = 0, 0, 0
        for t in reversed(range(T)):
            dh = 2 * hs[t + 1] + after
            da = 0.1 * dh * (1 - us[t] ** 2)
            dW, dU = dW + xs[t].T @ da, dU + hs[t].T @ da
            after = leak * dh + da @ U.numpy().T
        return {"W": dW, "U": dU}

    settings = {"params": [W, U], "state": np.zeros((B, H))}
    assert audit(by_hand(0.9), step, xs, loss, **settings).agrees
    found = audit(by_hand(1.0), step, xs, loss, **settings)
    for finding in found.values():
        first = finding.explanations[0]
        assert first.key == "δh_{t-1}: without 0.9"
        assert first.where.line.text == "h = 0.9 * h + 0.1 * u"
    with pytest.raises(ValueError, match="wants the first state"):
        audit(by_hand(1.0), step, xs, loss, params=[W, U])
    with pytest.raises(TypeError, match="received function; wanted a Cell, a layer"):
        audit(by_hand(1.0), step, xs, loss)


def test_weights_that_are_numbers():
    """A parameter without axes is claimed as a number, by step, and by loss and use."""
    w = mg.tensor(0.9, requires_grad=True, name="w")

    def step(x, h):
        h = np.tanh(w * h + x)
        return h, h

    def audited(claim):
        xs = np.array([0.5, 0.1, 0.4])
        return audit({"w": claim}, step, xs, lambda h, t: h**2, params=[w], state=mg.tensor(0.0))

    table = audited(np.zeros((3, 3)))["w"].true
    for right in (table, table.sum(axis=0), table.sum()):
        assert audited(right).agrees
        assert audited(-right)["w"].explanations[0].says == "the sign is wrong"


def test_names_are_read_in_a_console_too():
    """What is typed at a prompt, or run by exec, is told in its own names."""
    code = """
def step(x, h):
    z = w * h + x
    h = np.tanh(z)
    return h, h

def loss(h, t):
    return h**2
"""
    w = mg.tensor(0.9, requires_grad=True, name="w")
    typed = {"np": np, "w": w, "__name__": "__main__"}
    exec(compile(code, "<stdin>", "exec"), typed)
    h, deltas = [np.tanh(0.5)], [0.0]
    for x in (0.1, 0.4):
        h.append(np.tanh(0.9 * h[-1] + x))
    for value in h[::-1]:
        deltas.insert(0, 2 * value + 0.9 * deltas[0])    # without the slope of tanh
    found = audit({"h": np.array(deltas[:-1])}, typed["step"], np.array([0.5, 0.1, 0.4]),
                  typed["loss"], params=[w], state=mg.tensor(0.0))
    says = found["h"].explanations[0].says
    assert says.startswith("the factor 1 − h_t² is missing: δz_t = δh_t, where")
