"""The dishonest casino: sums and maxima over all paths, with their gradients, by brute force."""

import numpy as np
import pytest

from examples import casino


@pytest.mark.parametrize("seed", range(4))
def test_all_paths(seed):
    """log Z, the marginals, the expected steps, the best score and the best path of a chain with
    random scores and three states are those found by going through all paths."""
    rng = np.random.default_rng(seed)
    e, a = rng.normal(size=(5, 3)), rng.normal(size=(3, 3))
    log_z, marginals, steps = casino.with_gradient(casino.logsumexp, e, a)
    wanted, by_path, best = casino.by_brute_force(e, a)
    assert log_z == pytest.approx(wanted, rel=1e-13)
    np.testing.assert_allclose(marginals, by_path, atol=1e-13)
    np.testing.assert_allclose(steps.sum(), 4)
    np.testing.assert_allclose(steps.sum(axis=0), by_path[1:].sum(axis=0))
    np.testing.assert_allclose(steps.sum(axis=1), by_path[:-1].sum(axis=0))
    score, path, _ = casino.with_gradient(casino.maximum, e, a)
    np.testing.assert_array_equal(path, np.eye(3)[best])
    assert score == pytest.approx(e[range(5), best].sum() + a[best[:-1], best[1:]].sum())


def test_a_batch():
    """Several sequences at once are each as alone."""
    rng = np.random.default_rng(0)
    e, a = rng.normal(size=(6, 4, 2)), rng.normal(size=(2, 2))
    together = casino.over_paths(casino.logsumexp, e, a).numpy()
    alone = [casino.over_paths(casino.logsumexp, e[:, b], a).item() for b in range(4)]
    np.testing.assert_allclose(together, alone, rtol=1e-14)


def test_the_loaded_die_is_learned():
    """From the rolls alone: ln p grows, and one of the dice prefers the six."""
    evenings = np.stack([casino.roll(seed=seed)[1] for seed in range(6)], axis=1)
    dice, _, totals = casino.learn(evenings, updates=80)
    assert totals[-1] > totals[0] + 50
    fair, loaded = sorted(dice[:, 5])
    assert fair < 0.25
    assert 0.35 < loaded < 0.6


def test_it_prints_and_draws(capsys, monkeypatch, tmp_path):
    """Run as a program, it compares with brute force and draws the hidden states."""
    learn = casino.learn
    monkeypatch.setattr(casino, "learn", lambda rolls: learn(rolls, updates=2))
    casino.main(tmp_path)
    printed = capsys.readouterr().out
    assert "over all 1,024 paths" in printed
    assert "best path the same" in printed
    assert (tmp_path / "casino.png").stat().st_size > 20_000
