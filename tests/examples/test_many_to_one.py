"""The example of a task many to one."""

import numpy as np

from examples import many_to_one


def test_words_are_read_almost_as_well_as_possible():
    """After training the languages of new words are right within 1% of the best possible guess,
    of which counting letters knows nothing; the numbers repeat."""
    model = many_to_one.train()
    right, best = many_to_one.score(model)
    assert 0.92 < best < 0.95
    assert right > best - 0.01


def test_letters_are_used_equally_often():
    """Each language uses each letter equally often, and best_guess is the posterior's largest."""
    assert np.allclose(many_to_one.FOLLOWS.sum(axis=1), 1)
    assert np.allclose(many_to_one.FOLLOWS.sum(axis=2), 1)
    letters, lengths, languages = many_to_one.words(np.random.default_rng(0), 3000)
    assert lengths.min() == 4
    assert lengths.max() == many_to_one.LONGEST
    for k in range(3):
        used = letters[:, languages == k]
        shares = np.bincount(used[used >= 0]) / (used >= 0).sum()
        np.testing.assert_allclose(shares, 0.2, atol=0.02)


def test_it_prints_its_number(capsys):
    """Run as a program it ends with the fractions."""
    many_to_one.main(updates=2)
    assert "right; at best 93.6%" in capsys.readouterr().out
