"""Every lesson of the book has the parts of a lesson. What its cells compute, `make docs` holds."""

import re
from functools import lru_cache

import pytest

from rnn.lessons.asking import LESSONS
from tests.support.many import for_each
from tests.support.paths import ROOT

FOLDER = ROOT / "docs" / "lessons"
WRITTEN = sorted(path.stem for path in FOLDER.glob("[0-9]*.md"))
FRONT = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3, language: python}
---

# """
CELL = re.compile(r"^```\{code-cell\} python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@lru_cache
def text_of(lesson):
    return (FOLDER / f"{lesson}.md").read_text("utf-8")


def cells(lesson):
    return CELL.findall(text_of(lesson))


def test_in_the_order_of_the_book():
    """Files are numbered as the lessons are listed in the package."""
    assert [f"{number:02}_{topic}" for number, topic in enumerate(LESSONS, start=1)] == WRITTEN


@for_each(WRITTEN)
def test_is_a_notebook(lesson):
    """Front matter and a title; each cell is code that compiles, for Python and nothing else."""
    assert text_of(lesson).startswith(FRONT)
    assert text_of(lesson).count("{code-cell}") == len(cells(lesson)) > 5
    for cell in cells(lesson):
        compile(re.sub(r"\A(:.*\n|---\n(.*\n)*?---\n)+", "", cell), lesson, "exec")


@for_each(WRITTEN)
def test_is_made_for_a_page(lesson):
    """At most one picture that moves, for its size; nothing is drawn by a library's own window."""
    code = "\n".join(cells(lesson))
    assert len(re.findall(r"^(?:rnn\.lessons\.)?show\(|^_?\w*\.html\(\)$", code, re.MULTILINE)) <= 1
    assert not re.search(r"^\s*[%!]|plt\.show\(|open\(['\"]|urllib|requests", code, re.MULTILINE)


@for_each(WRITTEN)
def test_says_where_it_stands_in_the_notes(lesson):
    """By note and section, before the exercises."""
    about = re.search(r"\n## Where this stands in the notes\n([^#]*)\n## Exercises\n",
                      text_of(lesson))
    assert about, "wanted: `## Where this stands in the notes`, and next `## Exercises`"
    assert re.search(r"\b00[0-3]\b|not in the notes|notes do not|none of the notes", about[1])


@for_each(WRITTEN)
def test_has_three_exercises(lesson):
    """Each with its task, two hints and the solution, which are folded."""
    topic = lesson.partition("_")[2]
    exercises = text_of(lesson).partition("\n## Exercises\n")[2]
    assert re.findall(r"^### (\d)\. ", exercises, re.MULTILINE) == ["1", "2", "3"]
    for number in "123":
        name = f'"{topic}.{number}"'
        assert re.search(rf"^check\({name}(, \.\.\.)?\)$", exercises, re.MULTILINE), name
        for told in (f"hint({name})", f"hint({name}, level=2)", f"solution({name})"):
            assert f"```{{code-cell}} python\n:tags: [hide-output]\n\n{told}\n" in re.sub(
                r"(:tags: \[hide-output\]\n)\n*", r"\1\n", exercises), told


@pytest.mark.parametrize("lesson", WRITTEN)
def test_shows_what_a_wrong_answer_gets(lesson):
    """At least one answer is given in the lesson itself."""
    given = re.findall(r"\bcheck\(\"\w+\.\d\",\s*(?!\.\.\.)", "\n".join(cells(lesson)))
    assert given


def test_all_are_listed():
    """The table of lessons has them in order, with titles that begin as theirs do, and how long
    they take: some 110 words and numbers of text and code in a minute, to which it is held ±3."""
    table = (FOLDER / "index.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| \[(.+?)\]\((\w+)\.md\) \|.*\| (\d+) \|$", table, re.MULTILINE)
    assert [name for _, _, name, _ in rows] == WRITTEN
    for number, title, name, minutes in rows:
        assert int(number) == int(name[:2])
        assert text_of(name).startswith(f"{FRONT}{title}"), title
        assert abs(len(text_of(name).split()) / 110 - int(minutes)) <= 3, (name, minutes)
