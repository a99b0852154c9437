"""The analytic bound on Jacobians, the spectra, and what they say of vanishing and exploding."""

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    ElmanCell,
    LSTMCell,
    MGUCell,
    ResidualCell,
    unroll,
)
from rnn.bptt import bound, norms, spectrum, vanishing
from tests.support.cells import chosen
from tests.support.running import sequence

T, B, K, H = 6, 3, 2, 4
CELLS = chosen(
    "elman, relu, gru after, gru before, mgu, lstm, coupled, "
    "peephole, layer norm, projected", K, H,
)


@pytest.mark.parametrize(("nonlinearity", "gamma"), [
    ("tanh", 1), ("relu", 1), ("sigmoid", 0.25), ("identity", 1),
])
@pytest.mark.parametrize("seed", range(3))
def test_no_measured_norm_exceeds_the_bound(nonlinearity, gamma, seed):
    """‖∂h_t/∂h_s‖₂ ≤ (γ_W γ_h)^(t-s), at every lag and for every sequence."""
    cell = ElmanCell(K, H, nonlinearity=nonlinearity, dtype=float, rng=seed)
    limit = bound(cell)
    assert limit.gamma_h == gamma
    assert limit.gamma_W == pytest.approx(np.linalg.svd(cell.W_hh.numpy())[1][0], rel=1e-13)
    outputs, h = unroll(cell, sequence(T, B, K, seed=seed))
    found = norms(h, outputs)
    assert np.all(found.values <= limit.at(found.lags) * (1 + 1e-12))


def test_the_bound_is_reached():
    """An orthogonal W_hh and φ = identity have the bound itself as their norm."""
    cell = ElmanCell(K, H, nonlinearity="identity", dtype=float, rng=0)
    rng = np.random.default_rng(0)
    cell.gate("h").W_hh = mg.init.orthogonal((H, H), gain=1.5, rng=rng, dtype=float)
    outputs, h = unroll(cell, sequence(T, B, K))
    found = norms(h, outputs)
    np.testing.assert_allclose(found.values, 1.5 ** np.arange(T)[::-1], rtol=1e-12)
    np.testing.assert_allclose(bound(cell).at(found.lags), found.values, rtol=1e-12)
    assert found.rate == pytest.approx(1.5, rel=1e-12)


def test_eigenvalues_are_no_bound():
    """A W_hh far from normal, with all eigenvalues at 0.5, lets the gradient grow at first."""
    cell = ElmanCell(1, 2, nonlinearity="identity", dtype=float, rng=0)
    cell.gate("h").W_hh = [[0.5, 4.0], [0.0, 0.5]]
    limit = bound(cell)
    assert limit.radius == 0.5
    outputs, h = unroll(cell, np.ones((3, 1, 1)))
    assert norms(h, outputs).values[1] > 4 > limit.radius


def test_what_a_bound_says():
    """Below 1 the gradient must vanish, above it may explode."""
    assert "must vanish" in repr(bound(0.5 * np.eye(2)))
    assert "may explode" in repr(bound(2 * np.eye(2)))
    assert "cannot explode" in repr(bound(np.eye(2)))
    assert bound(2 * np.eye(2)).at(3) == 8
    assert isinstance(bound(2 * np.eye(2)).at(3), float)
    assert bound(2 * np.eye(2)).at(5000) == np.inf
    assert bound(mg.Parameter(3 * np.eye(2)), "sigmoid").rate == 0.75


def test_errors_of_bound():
    """Gated cells, shapes, unknown nonlinearities and negative lags are refused."""
    with pytest.raises(TypeError, match="received LSTMCell; the bound is of"):
        bound(LSTMCell(K, H))
    with pytest.raises(ValueError, match=r"received shape \(2, 3\)"):
        bound(np.ones((2, 3)))
    with pytest.raises(ValueError, match="nonlinearity='sine'"):
        bound(np.eye(2), "sine")
    with pytest.raises(ValueError, match="the cell's is 'tanh'"):
        bound(ElmanCell(K, H), "relu")
    with pytest.raises(ValueError, match="lags t - s ≥ 0"):
        bound(np.eye(2)).at([1, -1])
    with pytest.raises(ValueError, match="NaN"):
        bound(np.full((2, 2), np.nan))


def test_spectrum_of_every_gate():
    """Eigenvalues and singular values are those of each gate's block of W_hh, sorted."""
    cell = CELLS["lstm"]()
    found = spectrum(cell)
    assert list(found) == list("ifgo")
    assert len(found) == 4
    for gate, values in found.items():
        block = cell.gate(gate).W_hh
        assert values.sum() == pytest.approx(np.trace(block), rel=1e-12)
        assert np.prod(values) == pytest.approx(np.linalg.det(block), rel=1e-10)
        assert np.all(np.diff(np.abs(values)) <= 1e-15)
        np.testing.assert_allclose(
            found.singular_values[gate], np.linalg.svd(block, compute_uv=False), rtol=1e-12
        )
        assert found.radius(gate) <= found.singular_values[gate][0]
    assert "largest |eigenvalue|" in repr(found)
    assert list(spectrum(ResidualCell(ElmanCell(H, H)))) == ["h"]
    with pytest.raises(ValueError, match="only square ones"):
        spectrum(CELLS["projected"]())
    with pytest.raises(TypeError, match="wanted a Cell"):
        spectrum(np.eye(2))


def test_vanishing_and_exploding():
    """Over 100 steps: the vanilla network follows the scale of its weights, below its bound; gates
    keep more of the gradient at scale 0.5, and let less of it explode at 1.5."""
    found = vanishing()
    assert found.cells == ("rnn", "lstm", "gru")
    assert found.scales == (0.5, 1.0, 1.5)
    assert len(found) == 9
    for scale in found.scales:
        have = found["rnn", scale]
        limit = found.bounds[scale].at(have.lags) * have.values[-1]
        assert np.all(have.values <= limit * (1 + 1e-12))
    left = {cell: found.relative(cell)[:, -1] for cell in found.cells}
    assert left["rnn"][0] == pytest.approx(1.5e-30, rel=0.1)
    assert left["rnn"][1] == pytest.approx(0.33, rel=0.1)
    assert left["rnn"][2] > 1e3
    for cell in ("lstm", "gru"):
        assert left[cell][0] > 1e15 * left["rnn"][0]
        assert left[cell][2] < left["rnn"][2]
        assert np.all(np.diff(left[cell]) > 0)
    assert np.all(left["lstm"] > left["gru"])


def test_chrono_initialisation_keeps_the_gradient():
    """With biases of ±ln(T - 1) between a third and two thirds of the gradient is left after 100
    steps, at every scale. Opening the LSTM's forget gate alone lets its gradient explode."""
    bias = np.log(99)
    found = vanishing(keep_bias=bias, write_bias=-bias)
    for cell in ("lstm", "gru"):
        left = found.relative(cell)[:, -1]
        assert np.all((left > 0.33) & (left < 0.67))
    forget_alone = vanishing(keep_bias=bias, cells=[LSTMCell])
    assert np.all(forget_alone.relative("lstm")[:, -1] > 100)


def test_the_settings_of_vanishing():
    """Scales are checked, repeats are equal bit by bit, and other cells can be given."""
    one, two = (vanishing((0.7,), T=12, hidden_size=5, cells=[MGUCell, LSTMCell]) for _ in "12")
    assert list(one) == [("mgu", 0.7), ("lstm", 0.7)]
    for key, found in one.items():
        np.testing.assert_array_equal(found.values, two[key].values)
    assert one.states == {"mgu": "h", "lstm": "c"}
    assert repr(one).splitlines()[1].split()[:4] == ["cell", "scale", "k", "="]
    for scales in ((), (0,), (-1,), (np.nan,)):
        with pytest.raises(ValueError, match="wanted positive numbers"):
            vanishing(scales)
