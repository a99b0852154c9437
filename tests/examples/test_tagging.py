"""The example of an aligned task."""

import numpy as np
import pytest

from examples import tagging


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a(bb)a", "001100"),
        ("a(bba", "00000"),
        ("ab)a", "0000"),
        ("(a(b)b)", "0001000"),
        ("()(a)", "00010"),
    ],
)
def test_what_is_inside(text, wanted):
    """Between the last opening bracket and the closing one; nothing if one of them is missing."""
    found = tagging.tags([tagging.CHARACTERS.index(c) for c in text])
    assert "".join(map(str, found)) == wanted


def test_both_directions_are_needed():
    """Reading in both directions tags every character of new texts right; forward alone does not,
    because it cannot know whether a bracket will be closed."""
    assert tagging.score(tagging.train(bidirectional=True)) > 0.999
    assert 0.85 < tagging.score(tagging.train(bidirectional=False)) < 0.95


def test_padding():
    """Texts are padded with what is no character, and targets with what is ignored."""
    characters, lengths, targets = tagging.texts(np.random.default_rng(0), 50)
    padding = np.arange(tagging.LONGEST)[:, None] >= lengths
    assert (characters[padding] == -1).all()
    assert (targets[padding] == tagging.IGNORED).all()
    assert (characters[~padding] >= 0).all()
