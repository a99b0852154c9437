"""The example of an aligned task: tags of Python source."""

import numpy as np
import pytest

from examples import tagging
from examples._tags import tags

LETTERS = dict(zip(" knd\"#o", tagging.TAGS, strict=True))


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("if x1 == 0x1F:\n    pass  # in", "kk nn oo ddddo     kkkk  ####"),
        ("print('a b', r\"c\")  ", "nnnnno\"\"\"\"\"o \"\"\"\"o  "),
        ('"""a\n\nb"""\nintx', '"' * 10 + " nnnn"),
        ("f'a{x}b' + y", '"""""""" o n'),
    ],
)
def test_the_tags(source, wanted):
    """Every token covers its characters, over several lines too; a formatted string is one
    string, in whatever pieces it comes. What lies between is space."""
    found = tags(source + "\n")[: len(source)]
    assert [tagging.TAGS[k] for k in found] == [LETTERS[c] for c in wanted]


@pytest.fixture(scope="module")
def data():
    return [tagging.windows(*tagging.text(m)) for m in (tagging.LEARNED, tagging.TESTED)]


def test_the_data(data):
    """Windows of known characters, all tags among them, and nothing of what is tested is learned
    from."""
    for characters, truth in data:
        assert characters.shape == truth.shape
        assert len(characters) == tagging.WINDOW
        assert 0 <= characters.min() <= characters.max() < len(tagging.CHARACTERS)
        assert set(np.unique(truth)) == set(range(len(tagging.TAGS)))
    assert not set(tagging.LEARNED) & set(tagging.TESTED)


def test_the_baselines():
    """The commonest tag of a character, and of a character between its neighbours; where those
    were never seen together, that of the character alone."""
    learned = (np.array([[0, 1, 0, 2]]).T, np.array([[3, 4, 3, 5]]).T)
    tested = (np.array([[1, 0, 2]]).T, None)
    np.testing.assert_array_equal(tagging.commonest(learned, tested, 0)[:, 0], [4, 3, 5])
    np.testing.assert_array_equal(tagging.commonest(learned, tested, 1)[:, 0], [4, 3, 5])
    learned = (np.array([[0, 1, 0, 1, 1]]).T, np.array([[3, 4, 3, 5, 5]]).T)
    tested = (np.array([[0, 1, 0, 1]]).T, None)
    np.testing.assert_array_equal(tagging.commonest(learned, tested, 0)[:, 0], [3, 5, 3, 5])
    np.testing.assert_array_equal(tagging.commonest(learned, tested, 1)[:, 0], [3, 4, 3, 5])


def test_both_directions_are_needed(monkeypatch):
    """In modules that were never seen, a network that reads in both directions tags more characters
    right than one that reads forward, and than the neighbours tell, already after 80 updates."""
    monkeypatch.setattr(tagging, "WINDOW", 32)      # shorter than the program's, for speed
    learned, tested = (tagging.windows(*tagging.text(m)) for m in (tagging.LEARNED, tagging.TESTED))
    alone, neighbours = (
        tagging.right(tagging.commonest(learned, tested, around), tested) for around in (0, 1)
    )
    assert 0.4 < alone < 0.5
    assert 0.5 < neighbours < 0.62
    forward, both = (
        tagging.right(tagging.predict(tagging.train(learned, b, updates=80), tested[0]), tested)
        for b in (False, True)
    )
    assert forward > alone + 0.05
    assert both > neighbours + 0.05
    assert both > forward + 0.02


def test_the_figures_of_each_tag():
    """Precision and recall from a small case by hand."""
    truth, said = np.array([[0, 1, 1, 2], [2, 2, 0, 3]]), np.array([[0, 1, 2, 2], [2, 1, 0, 3]])
    truth, said = (np.concatenate([a, [[4, 5, 6, 6]]]) for a in (truth, said))
    found = tagging.by_tag(said, (None, truth))
    assert found["keyword"] == (1 / 2, 1 / 2, 2)
    assert found["name"] == (2 / 3, 2 / 3, 3)
    assert found["operator"] == (1, 1, 2)


def test_the_colours():
    """Characters of one colour are one run, and what has none stands as it is."""
    codes = [tagging.TAGS.index(tag) for tag in ("keyword", "keyword", "space", "name", "number")]
    assert tagging.coloured("if x1", codes) == "\x1b[35mif\x1b[0m x\x1b[34m1\x1b[0m"


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program it prints four scores, the figures of each tag and source in colours, and
    draws what is wrong."""
    tagging.main(tmp_path, updates=1)
    printed = capsys.readouterr().out
    assert printed.count("%") == 4 + 2 * len(tagging.TAGS)
    assert "\x1b[" in printed
    assert (tmp_path / "tagging.png").stat().st_size > 20_000
