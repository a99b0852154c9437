"""README's blocks print what stands below them; the tour of the code is true: the files are there,
and as long as it says."""

import contextlib
import io
import re

import pytest

from tests.structure.test_core import ROOTS
from tests.support.modules import closure, text_of
from tests.support.paths import ROOT

README, DESIGN = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/design.md")
)
BLOCKS = re.findall(
    r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", README, re.MULTILINE | re.DOTALL
)
STOPS = re.findall(r"^\| \d \| `([\w/]+\.py)` \| (\d+) \|", DESIGN, re.MULTILINE)


def test_blocks_can_be_pasted(tmp_path, monkeypatch):
    """Each block of Python runs as it stands, and prints what is shown below it."""
    assert len(BLOCKS) == README.count("```python") >= 1
    monkeypatch.chdir(tmp_path)
    for source, shown in BLOCKS:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(source, "README.md", "exec"), {"__name__": "__main__"})
        assert printed.getvalue() == shown
        assert all((tmp_path / name).exists() for name in re.findall(r'save\("(.*?)"\)', source))


def test_links_lead_to_files():
    """Every link of README that is no address is the path of a file."""
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / link).is_file(), link


def test_readme_is_short():
    """A visitor needs a page: what is longer stands in docs/."""
    assert len(README.splitlines()) <= 130


@pytest.mark.parametrize(("file", "lines"), STOPS)
def test_stops_are_as_long_as_they_are_said_to_be(file, lines):
    """A file of the tour has the number of lines that stands beside it."""
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) == int(lines)


def test_the_tour_has_six_stops_and_the_core_its_length():
    """Six stops; and the length of the core is what `closure` computes."""
    total = sum(len(text_of(name).splitlines()) for name in closure(ROOTS))
    assert len(STOPS) == 6
    assert re.search(rf"is\s+{total} lines; a test computes it", DESIGN)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:minigrad|rnn)/[\w/]+/)`", DESIGN))))
def test_rooms_are_there(name):
    """Every folder that the tour names exists."""
    assert (ROOT / name).is_dir()
