"""The example of anomaly detection: the faults, the scores, and what each of them finds."""

import numpy as np
import pytest

from examples import anomaly


@pytest.fixture(scope="module")
def traces():
    return anomaly.data()


def test_the_faults(traces):
    """40 faults of four kinds that take turns, none higher than what is normal, and lower only the
    inverted; an early beat begins sooner after the one before than any other."""
    learned, clean, tested = traces
    assert [kind for kind, *_ in tested.faults] == 10 * list(anomaly.FAULTS)
    lowest, highest = min(learned.min(), clean.min()), max(learned.max(), clean.max())
    for kind, first, last in tested.faults:
        values = tested.values[first : last + 1]
        assert 19 < len(values) < 30
        assert values.max() < highest + 2 * anomaly.NOISE
        assert (values.min() < lowest - anomaly.NOISE) == (kind == "inverted")
        assert (values.max() < 0.6) == (kind == "missing")
    for trace, soonest in ((clean, 19), (tested.values, 12)):
        gaps = np.diff(np.flatnonzero(trace > 0.65))
        assert gaps[gaps > 3].min() >= soonest
        assert gaps[gaps > 3].min() < soonest + 5


def test_scores_know_no_future(traces):
    """A score depends on the values up to its own, and the linear one is the residual of a
    least-squares fit, worked out once more from the normal equations."""
    learned, _, tested = traces
    values, changed = tested.values[:300], tested.values[:300].copy()
    changed[200:] = 0.5
    network = anomaly.train(learned, updates=1)
    for score in (anomaly.z_score, anomaly.linear_score, network):
        first, second = score(learned, values), score(learned, changed)
        assert first.shape == (300,)
        np.testing.assert_allclose(first[:200], second[:200], rtol=1e-6)
        assert (first[200:] != second[200:]).any()
    order = anomaly.ORDER
    rows = np.array([[*learned[k : k + order], 1] for k in range(len(learned) - order)])
    weights = np.linalg.solve(rows.T @ rows, rows.T @ learned[order:])
    expected = abs(values[100] - np.array([*values[100 - order : 100], 1]) @ weights)
    np.testing.assert_allclose(anomaly.linear_score(learned, values)[100], expected, rtol=1e-8)


def test_alarms():
    """The threshold is exceeded in one step of a thousand of a clean trace; an alarm in a fault
    counts for it, one elsewhere as false."""
    rng = np.random.default_rng(0)
    clean = rng.normal(size=20_000)
    values = np.zeros(1000)
    values[[500, 900]] = 50.0
    tested = anomaly.Trace(values, [("early", 498, 520), ("missing", 600, 620)])

    def score(learned, values):
        return values

    level = anomaly.threshold(score, None, clean)
    assert (anomaly.smoothed(clean) > level).mean() == pytest.approx(anomaly.FALSE, rel=0.2)
    kinds, false = anomaly.found(score, None, clean, anomaly.Trace(values, [
        *tested.faults, ("inverted", 100, 110), ("slurred", 200, 210),
    ]))
    assert kinds == {"early": 1, "missing": 0, "inverted": 0, "slurred": 0}
    assert 0.005 < false < 0.012     # 8 steps of some 800


def test_what_is_found(traces):
    """A threshold on the value finds a quarter of the faults, linear prediction a half; the GRU
    finds most of all, and the early beats that no other finds."""
    learned, clean, tested = traces
    shares = {}
    for name, score in {
        "z": anomaly.z_score, "linear": anomaly.linear_score, "GRU": anomaly.train(learned),
    }.items():
        kinds, false = anomaly.found(score, learned, clean, tested)
        shares[name] = (*kinds.values(), np.mean([*kinds.values()]))
        assert false < 0.003
    np.testing.assert_allclose(shares["z"], [0, 0, 0, 1, 0.25])
    np.testing.assert_allclose(shares["linear"], [0, 0.1, 1, 1, 0.525])
    assert shares["GRU"][0] >= 0.8
    assert shares["GRU"][4] >= 0.65


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program it prints a row for each score and draws a fault of each kind."""
    anomaly.main(tmp_path, updates=1)
    printed = capsys.readouterr().out
    assert "z-score           0%        0%        0%      100%       25%" in printed
    assert (tmp_path / "anomaly.png").stat().st_size > 20_000
