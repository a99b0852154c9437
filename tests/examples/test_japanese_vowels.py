"""The example of ragged sequences that are classified, and the baselines that it shares."""

import numpy as np
import pytest

from examples import japanese_vowels
from examples._baselines import cross_validated, logistic_regression, nearest_warped, warped


@pytest.fixture(scope="module")
def data():
    return japanese_vowels.data()


def test_the_data(data):
    """270 utterances to learn from, 30 of each of nine men, and 370 others, as published; 7 to 29
    frames of 12 numbers, scaled by those learned from."""
    utterances, men = data
    assert len(utterances) == len(men) == 640
    assert np.bincount(men[:270]).tolist() == [30] * 9
    assert np.bincount(men[270:]).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert {len(u) for u in utterances} <= set(range(7, 30))
    known = np.concatenate(utterances[:270])
    np.testing.assert_allclose(known.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(known.std(axis=0), 1, atol=1e-4)


def test_a_short_training(data):
    """After some of the training the network is right in four of five cases of the test; what
    stands behind an utterance's end does not count, and NaN stands there."""
    utterances, men = data
    model = japanese_vowels.train(utterances[:270], men[:270], updates=30, hidden=24)
    heard = japanese_vowels.listen(model, utterances[270:])
    ends = [len(u) for u in utterances[270:]]
    np.testing.assert_array_equal(np.isfinite(heard).sum(axis=0)[:, 0], ends)
    assert (np.nanmean(heard, axis=0).argmax(axis=1) == men[270:]).mean() > 0.8
    alone = japanese_vowels.listen(model, utterances[300:301])
    np.testing.assert_allclose(alone[:, 0], heard[: len(alone), 30], rtol=1e-4, atol=1e-5)


def test_warping():
    """A sequence costs nothing over itself played slower, if the band is wide enough; otherwise
    what is cheapest, by the definition of the recursion."""
    rng = np.random.default_rng(0)
    slow, fast = rng.normal(size=(2, 6, 3))
    slow[1::2] = slow[::2]
    asked, learned = [slow[::2].copy()], [slow, fast, fast[:4]]
    assert warped(asked, learned, 9)[0, 0] == 0
    assert warped(asked, learned, 0)[0, 0] > 0

    def cost(a, b):
        if not (len(a) and len(b)):
            return 0 if len(a) == len(b) else np.inf
        before = min(cost(a[:-1], b), cost(a, b[:-1]), cost(a[:-1], b[:-1]))
        return ((a[-1] - b[-1]) ** 2).sum() + before

    np.testing.assert_allclose(warped(asked, learned, 9)[0], [cost(asked[0], b) for b in learned])
    labels = np.array([0, 0, 1, 1])
    near = [slow, slow + 0.1, fast, fast + 0.1]
    np.testing.assert_array_equal(nearest_warped(near, labels, [fast[:5], slow[:5]]), [1, 0])


def test_logistic_regression_and_its_penalty():
    """It divides what a line divides; with a heavy penalty it says what is commonest. Of settings
    that do equally well the first is taken."""
    rows = np.random.default_rng(0).normal(size=(60, 2))
    labels = (rows @ [1, 2] > 0.4).astype(int)
    assert (logistic_regression(rows, labels, rows, 1e-4) == labels).mean() > 0.95
    assert (logistic_regression(rows, labels, rows, 1e4) == 0).all()
    assert cross_validated(logistic_regression, (1e4, 1e-3, 1e-4), rows, labels, 2) == 1e-3


def test_it_prints_and_draws(monkeypatch, capsys, tmp_path):
    """Run as a program it prints three scores and draws who is taken for whom."""
    monkeypatch.setattr(japanese_vowels, "nearest_warped", lambda learned, men, asked: men[:1])
    monkeypatch.setattr(japanese_vowels, "cross_validated", lambda *_: 1e-2)
    japanese_vowels.main(tmp_path, updates=1, seeds=1)
    printed = capsys.readouterr().out
    assert "logistic regression     95.9% of 370 utterances right" in printed
    assert "GRU  " in printed
    assert (tmp_path / "japanese_vowels.png").stat().st_size > 20_000
