"""The pages docs/coming_from/*.md: what is written for here runs and prints what stands below it.

``make test-peers`` does the same with what is written for PyTorch, JAX and Keras.
"""

import re

import pytest

from tests.support.pairs import FOLDER, NUMBER, PAGES, agree, pairs_of, printed

PAIRS = [pair for page in PAGES for pair in pairs_of(page)]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_ours_prints_what_stands_below(pair, monkeypatch, tmp_path):
    """Pasted after the imports of its page, and nothing else, it prints that."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if "convert.to_file" in pair.ours:
        pytest.importorskip("h5py")
    found = printed(pair.ours, pair.title)
    assert agree(found, pair.output), found
    assert NUMBER.sub("", found).split() == NUMBER.sub("", pair.output).split()


@pytest.mark.parametrize("pair", pairs_of("numpy"), ids=str)
def test_numpy_alone_prints_the_same_numbers(pair):
    """The left side of the page on NumPy needs nothing else, so it runs here too."""
    assert "mg." not in pair.theirs
    found = printed(pair.theirs, pair.title)
    assert agree(found, pair.output), found


@pytest.mark.parametrize(
    ("found", "wanted", "same"),
    [
        ("tensor([0.1059])", "Tensor([0.10589879])", True), ("tensor(0.1060)", "0.10589879", False),
        ("(2, 3)", "(2, 4)", False), ("torch.Size([2])", "(2,)", True), ("1.0", "1.0 2.0", False),
        ("[1.2e-05]", "[0.00001234]", True), ("-0.5", "0.5", False), ("nan 1.0", "0.0 1.0", False),
        ("Tensor(1., dtype=float32)", "1.0", True), ("3", "3.0", True),
    ],
)
def test_numbers_are_compared(found, wanted, same):
    """The comparison is not blind: to the digits that are printed, and all of them."""
    assert agree(found, wanted) is same


def test_pages_say_what_they_are():
    """Each is named after where one comes from, and all are linked from the index."""
    assert PAGES == ["jax", "keras", "numpy", "pytorch"]
    index = (FOLDER / "index.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\((\w+)\.md\)", index)) == PAGES
