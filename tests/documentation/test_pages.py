"""The pages in docs/ are true: their links lead somewhere, and every example is listed as it says.

Their code runs as doctests.
"""

import ast
import re

import pytest

from minigrad.scanning.passes import PASSES
from tests.support.many import for_each
from tests.support.modules import MODULES
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
LINK = re.compile(r"\[([^\[\]]*)\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINKS = sorted({(page, *link) for page in DOCS.rglob("*.md")
                for link in LINK.findall(FENCED.sub("", page.read_text("utf-8")))})


@for_each(LINKS)
def test_links_lead_to_files(link):
    """A link that is no address is the path of a file, from the page; where it names a line there
    is one, and what the link says in code is on it."""
    page, words, path, place = link
    target = page.parent / path if path else page
    assert target.is_file()
    if line := re.fullmatch(r"L(\d+)", place):
        lines = target.read_text("utf-8").splitlines()
        for name in re.findall(r"`\.?(?:\w+\.)*(\w+)(?:\(.*\))?`", words):
            assert re.search(rf"\b{name}\b", lines[int(line[1]) - 1]), (name, line[0])


def test_every_example_is_listed():
    """Once, with the first line of its docstring."""
    text = (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
    row = re.compile(r"^\| \[`(\w+)`\]\(\.\./examples/\1\.py\) \| (.*) \|$", re.MULTILINE)
    listed = dict(row.findall(text))
    found = {}
    for path in (ROOT / "examples").glob("[a-z]*.py"):
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        found[path.stem] = about.partition("\n")[0].rstrip(".")
    assert listed == found
    assert text.count("| [`") == len(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page):
    """A file of the packages that the page names is there, and so is every example."""
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`(\w+\.py)`", text):
        assert any(path.name == name for path in MODULES.values()), name
    for name in re.findall(r"examples\.([a-z]\w+)`", text):
        assert (ROOT / "examples" / f"{name}.py").is_file(), name


def test_every_pass_is_told_of():
    """The page on scan has a row for each pass, in the order in which they are made."""
    text = (ROOT / "docs" / "scan.md").read_text(encoding="utf-8")
    table = text.partition("| pass | what it does |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == list(PASSES)
