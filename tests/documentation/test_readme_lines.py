"""README's tour of the code is true: the files are there, and as long as it says."""

import re

import pytest

from tests.structure.test_core import ROOTS
from tests.support.modules import closure, text_of
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
STOPS = re.findall(r"^\| \d \| `([\w/]+\.py)` \| (\d+) \|", README, re.MULTILINE)


@pytest.mark.parametrize(("file", "lines"), STOPS)
def test_stops_are_as_long_as_they_are_said_to_be(file, lines):
    """A file of the tour has the number of lines that stands beside it."""
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) == int(lines)


def test_the_tour_has_six_stops_and_the_core_its_length():
    """Six stops; and the length of the core is what `closure` computes."""
    total = sum(len(text_of(name).splitlines()) for name in closure(ROOTS))
    assert len(STOPS) == 6
    assert re.search(rf"is\s+{total} lines; a test computes it", README)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:minigrad|rnn)/[\w/]+/)`", README))))
def test_rooms_are_there(name):
    """Every folder that README names exists."""
    assert (ROOT / name).is_dir()
