"""What truncation costs, and randomised truncation, which costs no bias."""

import itertools

import numpy as np
import pytest

import minigrad as mg
from rnn import ElmanCell, GRUCell, LSTMCell, Recurrent, unroll
from rnn.bptt import (
    TruncationError,
    ledger,
    power_law,
    randomized,
    truncated,
    truncation_error,
    two_time,
)
from tests.support.running import sequence

T, B, K, H = 7, 2, 2, 3
CELLS = [ElmanCell, LSTMCell, GRUCell]
every_cell = pytest.mark.parametrize("kind", CELLS)


def squares(outputs, where):
    return (outputs**2).sum()


def full_gradient(cell, xs):
    cell.zero_grad()
    squares(unroll(cell, xs)[0], None).backward()
    found = {name: p.grad.numpy() for name, p in cell.named_parameters()}
    cell.zero_grad()
    return found


# -- truncation_error


@every_cell
@pytest.mark.parametrize(("k1", "k2"), [(1, 1), (2, 2), (2, 4), (3, 2), (7, 7)])
def test_both_gradients_are_those_of_bptt(kind, k1, k2):
    """The full gradient is backward's, the truncated one the sum over the windows'."""
    cell, xs = kind(K, H, dtype=float, rng=0), sequence(T, B, K)
    found = truncation_error(cell, xs, squares, k1, k2)
    wanted = full_gradient(cell, xs)
    for window in truncated(cell, xs, k1, k2):
        squares(window.outputs, window.where).backward()
    for name, p in cell.named_parameters():
        np.testing.assert_allclose(found.full[name], wanted[name], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(found.truncated[name], p.grad.numpy(), rtol=1e-12, atol=1e-14)
        gap = np.linalg.norm(wanted[name] - p.grad.numpy())
        assert found.error(name) == pytest.approx(gap, rel=1e-9, abs=1e-13)


def test_error_of_all_parameters_together():
    """Without a name the parameters count as one vector."""
    cell = ElmanCell(K, H, dtype=float, rng=0)
    found = truncation_error(cell, sequence(T, B, K), squares, 2)
    one, other = (
        np.concatenate([g.ravel() for g in gs.values()]) for gs in (found.full, found.truncated)
    )
    assert found.error() == pytest.approx(np.linalg.norm(one - other), rel=1e-13)
    assert found.relative() == pytest.approx(found.error() / np.linalg.norm(one), rel=1e-13)
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    assert found.angle() == pytest.approx(np.degrees(np.arccos(cosine)), rel=1e-7)
    assert found.reach == 2


def test_errors_over_the_reach():
    """Several reaches give arrays; the error falls to 0 where the reach is the whole sequence."""
    cell = LSTMCell(K, H, dtype=float, rng=0)
    reaches = [1, 2, 4, 7]
    found = truncation_error(cell, sequence(T, B, K), squares, 1, reaches)
    assert found.reach == (1, 2, 4, 7)
    assert found.truncated["W_hh"].shape == (4, *cell.W_hh.shape)
    for k, reach in enumerate(reaches):
        one = truncation_error(cell, sequence(T, B, K), squares, 1, reach)
        for measure in ("error", "relative", "angle"):
            for name in ("W_hh", None):
                have = getattr(found, measure)(name)[k]
                assert have == pytest.approx(getattr(one, measure)(name), rel=1e-9, abs=1e-10)
    assert np.all(np.diff(found.relative()) < 0)
    assert found.relative()[-1] < 1e-14
    assert found.angle()[-1] < 1e-6


def test_the_error_is_the_terms_that_were_lost():
    """g_full − g_trunc for windows of k1 = k2 is the sum of the two-time entries across windows."""
    from rnn import steps

    cell, xs = GRUCell(K, H, dtype=float, rng=0), sequence(T, B, K)
    table = two_time([(h**2).sum() for h, _ in steps(cell, xs)], cell.W_hh).values
    lost = sum(  # a window that ends at e keeps what lies at e - 3 and after
        table[t, s] for t in range(T) for s in range(t + 1) if s < min(t // 3 * 3 + 3, T) - 3
    )
    found = truncation_error(cell, xs, squares, 3)
    np.testing.assert_allclose(
        found.full["W_hh"] - found.truncated["W_hh"], lost, rtol=1e-10, atol=1e-13
    )


def test_truncation_error_of_a_model_with_a_readout():
    """Layers, functions and further parameters go as in ``truncated``; nothing is written."""
    cell = LSTMCell(K, H, dtype=float, rng=0)
    W = mg.Parameter(np.random.default_rng(1).normal(size=(H, 2)), name="W_hy")
    ys = np.random.default_rng(2).normal(size=(T, B, 2))

    def loss(outputs, where):
        return ((outputs @ W - ys[where]) ** 2).sum()

    params = {**dict(cell.named_parameters()), "W_hy": W}
    one = truncation_error(cell, sequence(T, B, K), loss, 2, params=params)
    two = truncation_error(
        lambda xs, state: unroll(cell, xs, state), sequence(T, B, K), loss, 2, params=params
    )
    assert one.error("W_hy") < 1e-12
    assert one.error("W_hh") == two.error("W_hh") > 0
    assert all(p.grad is None for p in params.values())
    assert "cell.W_hh" in truncation_error(Recurrent(cell), sequence(T, B, K), squares, 2).full


def test_angles():
    """Right up to small angles, where arccos of the cosine has lost them, and NaN for zeros."""

    def angle(a, b):
        return TruncationError({"w": np.array(a)}, {"w": np.array(b)}).angle()

    assert angle([1.0, 0], [0, 2.0]) == pytest.approx(90)
    assert angle([1.0, 0], [-3.0, 0]) == pytest.approx(180)
    assert angle([1.0, 0], [1.0, 1e-10]) == pytest.approx(np.degrees(1e-10), rel=1e-9)
    assert angle([1e-200, 0], [1e200, 1e200]) == pytest.approx(45)
    assert np.isnan(angle([0.0, 0], [1.0, 0]))
    both = TruncationError({"w": [0.0]}, {"w": [0.0]})
    assert both.relative() == 0
    assert TruncationError({"w": [0.0]}, {"w": [1.0]}).relative() == np.inf


def test_errors_of_truncation_error():
    """A loss that does not add up, what is no loss, and unlike gradients are refused."""
    cell, xs = ElmanCell(K, H, dtype=float, rng=0), sequence(T, B, K)
    with pytest.raises(ValueError, match="wanted a loss that adds up"):
        truncation_error(cell, xs, lambda outputs, where: (outputs**2).mean(), 2)
    with pytest.raises(TypeError, match=r"it returned Tensor of shape \(7, 2, 3\)"):
        truncation_error(cell, xs, lambda outputs, where: outputs, 2)
    with pytest.raises(TypeError, match="function is no Module"):
        truncation_error(lambda xs, state: unroll(cell, xs, state), xs, squares, 2)
    with pytest.raises(ValueError, match="wanted the same names"):
        TruncationError({"w": [1.0]}, {"v": [1.0]})
    with pytest.raises(ValueError, match=r"'w' has shape \(2,\), wanted \(1,\)"):
        TruncationError({"w": [1.0]}, {"w": [1.0, 2.0]})
    with pytest.raises(KeyError, match="the gradients are of w"):
        TruncationError({"w": [1.0]}, {"w": [1.0]}).error("v")


def test_truncation_error_in_words_and_pictures(tmp_path):
    """A table by parameter; a picture for one reach and one for several."""
    cell = ElmanCell(K, H, dtype=float, rng=0)
    one = truncation_error(cell, sequence(T, B, K), squares, 2)
    lines = repr(one).splitlines()
    assert lines[0] == "TruncationError, reach k2 = 2"
    assert [line.split()[0] for line in lines[2:]] == ["W_xh", "W_hh", "b_h", "all"]
    assert lines[2].endswith("°")
    one.plot(tmp_path / "one.png")
    truncation_error(cell, sequence(T, B, K), squares, 1, [1, 3]).plot(tmp_path / "several.svg")
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "several.svg").read_text("utf-8")


# -- randomised truncation


class Scripted(np.random.Generator):
    """A generator whose cuts are given."""

    def __init__(self, cuts):
        super().__init__(np.random.PCG64(0))
        self.cuts = iter(cuts)

    def random(self):
        return 0.0 if next(self.cuts) else 1.0


def gradient_with_cuts(cell, xs, p, cuts):
    """The gradient of all windows, cut after the steps where `cuts` says so."""
    cell.zero_grad()
    for window in randomized(cell, xs, p, rng=Scripted(cuts)):
        squares(window.outputs, window.where).backward()
    return {name: q.grad.numpy() for name, q in cell.named_parameters()}


@every_cell
@pytest.mark.parametrize("p", [0.3, power_law(2.5, 2.0)], ids=["constant", "power law"])
def test_the_mean_over_all_cuts_is_exactly_the_full_gradient(kind, p):
    """Unbiased: Σ over all 2^(T-1) patterns of cuts of probability · gradient = full BPTT."""
    steps = 5
    cell, xs = kind(K, H, dtype=float, rng=0), sequence(steps, B, K)
    wanted = full_gradient(cell, xs)
    mean = {name: np.zeros_like(g) for name, g in wanted.items()}
    total = 0.0
    for cuts in itertools.product([False, True], repeat=steps - 1):
        probability, since = 1.0, 0
        for cut in cuts:
            since += 1
            chance = p(since) if callable(p) else p
            probability *= chance if cut else 1 - chance
            since = 0 if cut else since
        total += probability
        for name, g in gradient_with_cuts(cell, xs, p, cuts).items():
            mean[name] += probability * g
    assert total == pytest.approx(1, rel=1e-14)
    for name, g in wanted.items():
        np.testing.assert_allclose(mean[name], g, rtol=1e-11, atol=1e-13)


def test_the_mean_over_draws_is_the_full_gradient_within_its_error():
    """Unbiased in a sample: over 1,000 draws every entry is within 4 standard errors of full
    BPTT, their χ² is what it should be, and windows of fixed length are far outside."""
    cell, xs = GRUCell(1, 2, dtype=float, rng=0), sequence(6, B, K, seed=3)[:, :1, :1]
    wanted = np.concatenate([g.ravel() for g in full_gradient(cell, xs).values()])
    rng, draws = np.random.default_rng(7), []
    for _ in range(1000):
        cell.zero_grad()
        for window in randomized(cell, xs, 0.3, rng=rng):
            squares(window.outputs, window.where).backward()
        draws.append(np.concatenate([p.grad.numpy().ravel() for p in cell.parameters()]))
    draws = np.stack(draws)
    mean, error = draws.mean(axis=0), draws.std(axis=0, ddof=1) / np.sqrt(len(draws))
    z = (mean - wanted) / error
    assert np.abs(z).max() < 4
    assert 0.3 < np.mean(z**2) < 3
    fixed = truncation_error(cell, xs, squares, 3)
    biased = np.concatenate([g.ravel() for g in fixed.truncated.values()])
    assert np.abs((biased - wanted) / error).max() > 20


@every_cell
def test_windows_are_those_of_the_sequence(kind):
    """Every step is in one window; outputs and states have the values of the whole sequence."""
    cell, xs = kind(K, H, dtype=float, rng=0), sequence(40, B, K)
    found = list(randomized(cell, xs, 0.3, rng=0))
    assert [t for w in found for t in range(40)[w.where]] == list(range(40))
    outputs, state = unroll(cell, xs)
    np.testing.assert_array_equal(
        np.concatenate([w.outputs.numpy() for w in found]), outputs.numpy()
    )
    for part, want in zip(
        *(s if isinstance(s, tuple) else (s,) for s in (found[-1].state, state)), strict=True
    ):
        np.testing.assert_array_equal(part.numpy(), want.numpy())
        assert not part.requires_grad


def test_what_comes_back_is_scaled_by_the_boundaries():
    """In a window without cuts the term with lag k is 1/(1-p)^k times that of full BPTT."""
    from rnn import steps

    cell, xs, p = ElmanCell(K, H, dtype=float, rng=0), sequence(T, B, K), 0.25
    table = two_time([(h**2).sum() for h, _ in steps(cell, xs)], cell.W_hh).values
    (window,) = randomized(cell, xs, p, rng=Scripted([False] * T))
    found = ledger((window.outputs**2).sum(), cell)
    for s in range(T):
        wanted = sum(table[t, s] / (1 - p) ** (t - s) for t in range(s, T))
        np.testing.assert_allclose(found["W_hh"][s], wanted, rtol=1e-11, atol=1e-14)


def test_never_cutting_is_full_bptt():
    """p = 0: one window, and the full gradient."""
    cell, xs = LSTMCell(K, H, dtype=float, rng=0), sequence(T, B, K)
    wanted = full_gradient(cell, xs)
    (window,) = randomized(cell, xs, 0)
    squares(window.outputs, None).backward()
    for name, p in cell.named_parameters():
        np.testing.assert_allclose(p.grad.numpy(), wanted[name], rtol=1e-13)


def test_seeds_layers_tokens_and_states():
    """The same seed cuts alike; layers, tokens and given states go as in ``truncated``."""
    cell, xs = LSTMCell(K, H, dtype=float, rng=0), sequence(30, B, K)
    state = tuple(mg.tensor(np.full((B, H), 0.5)) for _ in "hc")
    for model in (cell, Recurrent(cell)):
        one, two = ([w.where for w in randomized(model, xs, 0.3, rng=5)] for _ in "12")
        assert one == two
    first = next(randomized(cell, xs, 0.3, state=state, rng=0))
    np.testing.assert_allclose(
        first.outputs.numpy(), unroll(cell, xs[first.where], state)[0].numpy(), rtol=1e-13
    )
    tokens = np.arange(20).reshape(10, B) % K
    assert sum(len(w.outputs) for w in randomized(ElmanCell(K, H), tokens, 0.3, rng=0)) == 10


def test_lengths_of_the_power_law():
    """Its windows have the given mean length, with a tail as l^-α."""
    cuts = power_law(10, alpha=4)
    lengths = np.arange(1, 100_001)
    survival = np.concatenate([[1.0], np.cumprod(1 - 4 / (3 * 10 + lengths))])
    assert survival.sum() == pytest.approx(10, rel=1e-6)
    assert survival[20_000] / survival[10_000] == pytest.approx(2.0**-4, rel=1e-2)
    assert cuts(1) == 4 / 31


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"p": 1.0}, ValueError, r"randomized\(p=1.0\)"),
        ({"p": -0.1}, ValueError, "from 0 to below 1"),
        ({"p": "often"}, TypeError, "or a function"),
        ({"p": 0.5, "xs": np.ones((0, B, K))}, ValueError, "no steps"),
        ({"p": 0.5, "model": 3}, TypeError, "received int"),
    ],
)
def test_errors_come_at_the_call(arguments, error, message):
    """Bad probabilities, no steps and what is no model are refused before anything runs."""
    with pytest.raises(error, match=message):
        randomized(**{"model": ElmanCell(K, H), "xs": sequence(T, B, K), **arguments})


def test_errors_of_power_laws_and_functions():
    """Means and exponents are above 1; a function that gives no probability is named."""
    for arguments in ((1,), (10, 1), (np.inf,), (np.nan,)):
        with pytest.raises(ValueError, match="wanted a number above 1"):
            power_law(*arguments)
    with pytest.raises(TypeError, match="wanted a number above 1"):
        power_law("10")
    with pytest.raises(ValueError, match=r"p\(1\)=2"):
        next(randomized(ElmanCell(K, H), sequence(T, B, K), lambda length: 2))
