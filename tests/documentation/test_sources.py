"""docs/sources.md, the table from the source notes to lessons and code: what it names exists."""

import importlib.util
import re

from rnn.lessons.asking import LESSONS
from tests.support.many import for_each
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "sources.md"
TEXT = PAGE.read_text("utf-8")
CODE = re.findall(r"\[`([^`]+)`\]\(\.\./([^)]+\.py)\)", TEXT)
ROWS = [line for line in TEXT.splitlines() if line.startswith("|") and "](" in line]

_spec = importlib.util.spec_from_file_location(
    "definitions", ROOT / "docs" / "_extensions" / "definitions.py")
definitions = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(definitions)


@for_each(CODE)
def test_the_code_that_is_named_is_there(named):
    """A name in a link to a file is a function, class or method that the file defines."""
    name, file = named
    line = definitions.line_of(ROOT / file, name)
    assert line, named
    text = (ROOT / file).read_text("utf-8").splitlines()[line - 1]
    assert re.match(rf"\s*(def|class) {name.split('.')[-1]}\b", text)


@for_each(ROWS)
def test_each_row_has_a_lesson_and_code(row):
    """What a section says is in a lesson, and something runs it."""
    where, says, lessons, code = re.split(r"(?<!\\) \| ", row.strip("| "))
    assert where
    assert says
    assert re.search(r"\]\(lessons/\d\d_\w+\.md\)", lessons)
    assert re.search(r"\]\((\.\./)?[\w/]+\.(py|md)\)", code)


def test_every_lesson_has_its_place():
    """Also those on what the notes do not have."""
    linked = set(re.findall(r"\(lessons/(\d\d_\w+)\.md\)", TEXT))
    assert linked == {f"{number:02}_{topic}" for number, topic in enumerate(LESSONS, start=1)}


def test_a_name_that_is_not_there_is_found_out():
    """The check above is not blind."""
    assert definitions.line_of(ROOT / "rnn/sequence/unrolling.py", "unrol") is None
    assert definitions.line_of(ROOT / "rnn/cells/lstm.py", "LSTMCell.steps") is None
