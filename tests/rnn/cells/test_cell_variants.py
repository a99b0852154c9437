"""The LSTM's variants and the minimal gated unit: each against the standard cell that it becomes
when what distinguishes it is set to nothing, and against finite differences."""

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    CoupledLSTMCell,
    GRUCell,
    LayerNormLSTMCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    unroll,
)
from rnn.bptt import ledger
from tests.support.derivatives import check_directional_derivatives
from tests.support.running import sequence

K, H = 3, 4
VARIANTS = {
    "1997": lambda **o: LSTM1997Cell(K, H, **o),
    "coupled": lambda **o: CoupledLSTMCell(K, H, **o),
    "peephole": lambda **o: PeepholeLSTMCell(K, H, **o),
    "layer norm": lambda **o: LayerNormLSTMCell(K, H, **o),
    "projected": lambda **o: ProjectedLSTMCell(K, H, 2, **o),
    "mgu": lambda **o: MGUCell(K, H, **o),
}
every_variant = pytest.mark.parametrize("make", VARIANTS.values(), ids=VARIANTS)


def agree(cell, other, xs=None):
    """Both give the same outputs and the same gradient of the inputs."""
    found = []
    for each in (cell, other):
        x = mg.tensor(sequence(5, 2, K) if xs is None else xs, requires_grad=True)
        outputs, _ = unroll(each, x)
        (outputs**2).sum().backward()
        found.append((outputs.numpy(), x.grad.numpy()))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def copy_gates(target, source, mapping):
    """Give each gate of `target` the weights of the gate of `source` that `mapping` names."""
    for mine, theirs in mapping.items():
        for name in ("W_xh", "W_hh", "b_h"):
            setattr(target.gate(mine), name, getattr(source.gate(theirs), name))


@every_variant
def test_directional_derivatives_of_orders_1_and_2(make):
    """Gradients and second derivatives in all parameters agree with central differences."""
    check_directional_derivatives(make(dtype=float, rng=0))


@every_variant
def test_ledger_sums_to_the_gradient(make):
    """The per-step terms of every parameter, those beside the gates too, sum to its gradient."""
    cell = make(dtype=float, rng=0)
    loss = (unroll(cell, sequence(5, 2, K))[0] ** 2).sum()
    terms = ledger(loss, cell)
    loss.backward()
    for name, parameter in cell.named_parameters():
        np.testing.assert_allclose(terms.total(name), parameter.grad.numpy(), 1e-11, 1e-13)
        assert not terms.outside(name).any()


@every_variant
def test_token_indices_are_one_hot_rows(make):
    """Integer inputs give the outputs of the one-hot rows that they stand for."""
    cell, tokens = make(dtype=float), np.array([[0, 2], [1, 1]])
    np.testing.assert_allclose(
        unroll(cell, tokens)[0].numpy(), unroll(cell, np.eye(K)[tokens])[0].numpy(), rtol=1e-12
    )


@every_variant
def test_the_dtype_is_kept(make):
    """float32 cells stay float32, in outputs, states and gradients."""
    cell = make()
    outputs, state = unroll(cell, sequence(5, 2, K))
    outputs.sum().backward()
    states = state if isinstance(state, tuple) else (state,)
    arrays = [outputs, *states, *(p.grad for p in cell.parameters())]
    assert {a.dtype for a in arrays} == {np.dtype(np.float32)}


@every_variant
def test_without_biases(make):
    """biases=0 leaves out b_h."""
    cell = make(biases=0)
    assert "b_h" not in dict(cell.named_parameters())
    unroll(cell, sequence(5, 2, K))[0].sum().backward()


# -- what they become


def test_1997_is_an_lstm_that_never_forgets():
    """An LSTM whose forget gate is saturated at 1 is the LSTM of 1997."""
    cell, lstm = LSTM1997Cell(K, H, dtype=float, rng=0), LSTMCell(K, H, dtype=float)
    copy_gates(lstm, cell, {g: g for g in "igo"})
    lstm.gate("f").b_h = np.full(H, 100.0)
    agree(cell, lstm)


def test_coupled_is_an_lstm_with_a_mirrored_forget_gate():
    """σ(-a) = 1 - σ(a): a forget gate with the input gate's weights negated couples them."""
    cell, lstm = CoupledLSTMCell(K, H, dtype=float, rng=0), LSTMCell(K, H, dtype=float)
    copy_gates(lstm, cell, {"i": "i", "g": "g", "o": "o", "f": "i"})
    for name in ("W_xh", "W_hh", "b_h"):
        setattr(lstm.gate("f"), name, -getattr(lstm.gate("f"), name))
    agree(cell, lstm)


def test_peepholes_of_zero_are_none():
    """With closed peepholes it is the LSTM."""
    cell, lstm = PeepholeLSTMCell(K, H, dtype=float, rng=0), LSTMCell(K, H, dtype=float)
    for w in (cell.w_ci, cell.w_cf, cell.w_co):
        w.data = np.zeros(H)
    copy_gates(lstm, cell, {g: g for g in "ifgo"})
    agree(cell, lstm)


def test_peepholes_see_the_right_memory():
    """i and f look at the memory before the step, o at the one after it."""
    cell = PeepholeLSTMCell(1, 1, dtype=float)
    for p in cell.parameters():
        p.data = np.zeros(p.shape)
    cell.gate("g").b_h, cell.w_ci.data, cell.w_cf.data, cell.w_co.data = [1.0], [2.0], [-1.0], [3.0]
    h, (_, c) = cell([[0.0]], ([[0.0]], [[0.5]]))
    sigma = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731  # as in the formula
    memory = sigma(-0.5) * 0.5 + sigma(1.0) * np.tanh(1)
    np.testing.assert_allclose(c.item(), memory, rtol=1e-14)
    np.testing.assert_allclose(h.item(), sigma(3 * memory) * np.tanh(memory), rtol=1e-14)


def test_layer_normalised_by_hand():
    """One step against the formula of the paper, in plain NumPy."""
    cell = LayerNormLSTMCell(K, H, dtype=float, rng=0)
    rng = np.random.default_rng(1)
    for p in cell.parameters():
        p.data = rng.normal(size=p.shape)
    p = {name: value.numpy() for name, value in cell.named_parameters()}
    x, h, c = rng.normal(size=(2, K)), rng.normal(size=(2, H)), rng.normal(size=(2, H))

    def normal(a):
        return (a - a.mean(1, keepdims=True)) / np.sqrt(a.var(1, keepdims=True) + 1e-5)

    def sigma(a):
        return 1 / (1 + np.exp(-a))

    z = normal(x @ p["W_xh"]) * p["gain_x"] + normal(h @ p["W_hh"]) * p["gain_h"] + p["b_h"]
    i, f, g, o = np.split(z, 4, axis=1)
    memory = sigma(f) * c + sigma(i) * np.tanh(g)
    expected = sigma(o) * np.tanh(normal(memory) * p["gain_c"] + p["b_c"])
    output, (_, new) = cell(x, (h, c))
    np.testing.assert_allclose(new.numpy(), memory, rtol=1e-12)
    np.testing.assert_allclose(output.numpy(), expected, rtol=1e-12)


def test_layer_norm_does_not_see_the_scale_of_the_weights():
    """Ten times the weights give the same outputs, as far as eps is nothing beside the variance."""
    cell = LayerNormLSTMCell(K, H, eps=1e-12, dtype=float, rng=0)
    before = unroll(cell, sequence(5, 2, K))[0].numpy()
    cell.W_xh.data = 10 * cell.W_xh.numpy()
    cell.W_hh.data = 10 * cell.W_hh.numpy()
    np.testing.assert_allclose(unroll(cell, sequence(5, 2, K))[0].numpy(), before, rtol=1e-6)


def test_a_projection_that_selects_is_a_smaller_view_of_the_lstm():
    """With W_hp = [I; 0] and recurrent weights for the kept units alone, the projected LSTM shows
    the kept units of an LSTM whose other units feed nothing back."""
    cell, lstm = ProjectedLSTMCell(K, H, 2, dtype=float, rng=0), LSTMCell(K, H, dtype=float)
    cell.W_hp.data = np.eye(H, 2)
    lstm.W_xh.data, lstm.b_h.data = cell.W_xh.numpy(), cell.b_h.numpy()
    lstm.W_hh.data = np.concatenate([cell.W_hh.numpy(), np.zeros((H - 2, 4 * H))])
    outputs, (h, c) = unroll(cell, sequence(5, 2, K))
    whole, (_, memory) = unroll(lstm, sequence(5, 2, K))
    np.testing.assert_allclose(outputs.numpy(), whole.numpy()[..., :2], rtol=1e-12)
    np.testing.assert_allclose(c.numpy(), memory.numpy(), rtol=1e-12)
    assert (outputs.shape, h.shape, c.shape) == ((5, 2, 2), (2, 2), (2, H))


def test_mgu_is_a_gru_with_one_gate():
    """With the same weights for r and z, reset before and update new, the GRU is the MGU."""
    cell = MGUCell(K, H, dtype=float, rng=0)
    gru = GRUCell(K, H, reset="before", update="new", biases=1, dtype=float)
    copy_gates(gru, cell, {"r": "f", "z": "f", "n": "n"})
    agree(cell, gru)


def test_forget_bias_reaches_the_variants():
    """Variants with a forget gate take forget_bias as the LSTM does."""
    for make in ("peephole", "layer norm", "projected"):
        cell = VARIANTS[make](forget_bias=2.0)
        np.testing.assert_array_equal(cell.gate("f").b_h, np.full(H, 2.0))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ProjectedLSTMCell(K, H, H), ValueError, "wanted a projection to fewer units"),
        (lambda: ProjectedLSTMCell(K, H, 0), ValueError, r"projection_size=0\): wanted a positive"),
        (lambda: ProjectedLSTMCell(K, H, 1.5), TypeError, "projection_size=1.5"),
        (lambda: LayerNormLSTMCell(K, H, biases=2), ValueError, "take a bias before LN away"),
        (lambda: LayerNormLSTMCell(K, H, eps=0), ValueError, "eps=0"),
        (lambda: MGUCell(K, H).gate("z"), ValueError, "its gates are f, n"),
        (lambda: LSTM1997Cell(K, H).gate("f"), ValueError, "its gates are i, g, o"),
    ],
)
def test_errors(make, error, message):
    """Sizes, biases and gates that a variant cannot have."""
    with pytest.raises(error, match=message):
        make()
