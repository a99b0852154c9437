"""docs/reference: what is made from the code is what the code says, and what is written by hand is
complete. Its examples run as doctests."""

import importlib.util
import re
from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
import rnn
from benchmarks.reference.ops import NUMPY, domains, numpy_names, ops_by_file
from benchmarks.reference.pages import FOLDER, PAGES
from benchmarks.reference.rules import written
from minigrad import errors
from minigrad.engine.op import OPS
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
HAND_WRITTEN = {"errors.md", "files.md", "index.md"}
LINKING = [*FOLDER.glob("*.md"), *(DOCS / "coming_from").glob("*.md"), DOCS / "comparison.md"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_are_current(path):
    """A page is what is made from the code now: ``python -m benchmarks.reference``."""
    here = f"NumPy {NUMPY}." in (FOLDER / "ops.md").read_text(encoding="utf-8")
    if not here and path.stem in ("ops", "tensor"):
        pytest.skip("the page has the functions of NumPy and its words, and this is another one")
    found, wanted = path.read_text(encoding="utf-8"), PAGES[path]()
    same = found == wanted  # pytest's own diff of long texts takes minutes
    assert same, "run python -m benchmarks.reference"


def test_every_page_is_in_the_index():
    """Once in the table of contents, and linked from the text."""
    assert {p.name for p in FOLDER.glob("*.md")} == HAND_WRITTEN | {p.name for p in PAGES}
    text = (FOLDER / "index.md").read_text(encoding="utf-8")
    listed = text.partition(":hidden:")[2].split()[:-1]
    assert sorted(f"{name}.md" for name in listed) == sorted(p.name for p in FOLDER.glob("*.md")
                                                             if p.name != "index.md")
    assert {f"{name}.md" for name in listed} <= set(re.findall(r"\]\((\w+\.md)\)", text))


def test_every_op_has_a_row():
    """Each op of minigrad's own, once, with every rule of its record."""
    own = {op.name for op in OPS.values() if isinstance(op.forward, np.ufunc)
           or op.forward.__module__.startswith("minigrad.ops.")}
    text = (FOLDER / "ops.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)`<br>.*$", text, re.MULTILINE)
    assert sorted(rows) == sorted(own)
    for ops in ops_by_file().values():
        for op in ops:
            for rule in (rule for rule in (*op.rules, op.joint) if rule is not None):
                assert written(rule)


def test_what_a_row_says():
    """The rule as it is written, the domain of each argument, and NumPy's names of the op."""
    cosh, tanh, divide, sqrt, topmost = mg.catalogue(["cosh", "tanh", "divide", "sqrt", "amax"])
    assert written(cosh.rules[0]) == "g * np.sinh(x)"
    assert written(tanh.rules[0]) == "_by_tanh(g, out)"
    assert [written(rule) for rule in divide.rules] == ["g / y", "-(g * out) / y"]
    assert (domains(cosh), domains(divide), domains(sqrt)) == ("", "y ≠ 0", "x > 0")
    assert domains(topmost) == "the entries of x differ"
    assert numpy_names(tanh) == ["np.tanh"]


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_told_of(name):
    """In the order of the table: a section with cause and cure, an example, and what else it is."""
    text = (FOLDER / "errors.md").read_text(encoding="utf-8")
    assert len(re.findall(rf"^\| \[`{name}`\]\(#{name.lower()}\) \|", text, re.MULTILINE)) == 1
    row = re.search(rf"^\| \[`{name}`\].*?\| `(\w+)` \|", text, re.MULTILINE)
    assert row[1] in {base.__name__ for base in getattr(errors, name).__mro__[1:]}
    section = re.search(rf"^## {name}$(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)[1]
    assert ">>>" in section
    if name != "MinigradError":
        assert "**Cause**" in section
        assert "**Cure**" in section
        assert re.search(rf"^minigrad\.errors\.{name}: |^\(?'{name}'", section, re.MULTILINE)


@pytest.mark.parametrize("page", LINKING, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_links_lead_somewhere(page):
    """To a file, and where a heading is named, to that."""
    for link in re.findall(r"\]\((?!https?:)([^)]+)", page.read_text(encoding="utf-8")):
        file, _, heading = link.partition("#")
        target = page.parent / file if file else page
        assert target.is_file(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles}


def docstrings():
    """The extension of Sphinx that reads docstrings."""
    spec = importlib.util.spec_from_file_location("_", DOCS / "_extensions" / "docstrings.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('f(*xs) of exp_, |x|, ""', [r'f(\*xs) of exp\_, \|x\|, \"\"', ""]),
        ("as `f` or ``g``s do", ["as ``f`` or ``g``\\ s do", ""]),
        ("x: the one,\n    and more\n*rest: what is left",
         ["``x``", "   the one, and more", "``*rest``", "   what is left", ""]),
        ("x: one\nRaises Error\nfor two", ["``x``", "   one", "", "Raises Error for two", ""]),
        ("It:\n>>> 1\n1", ["It:", "", ".. code-block:: pycon", "", "   >>> 1", "   1", ""]),
        ("    a * b", ["::", "", "       a * b", ""]), ("- a\n  b\n- c", ["- a b", "- c", ""]),
        ("Two:\n   a\n   b", ["| Two:", "|    a", "|    b", ""]),
    ],
)
def test_docstrings_become_markup(text, wanted):
    """Plain text stays what it is; arguments, lists, examples and indented lines keep theirs."""
    assert docstrings().translated(text.splitlines()) == wanted


def test_what_the_extension_asks_for():
    """It sees every docstring, and leaves out what a module's page begins with; and the fields of
    named tuples, which have none of their own."""
    hooks = {}
    docstrings().setup(SimpleNamespace(connect=hooks.__setitem__))
    lines = ["rnn: cells.", "", "Read *this*."]
    hooks["autodoc-process-docstring"](None, "module", "rnn", None, None, lines)
    assert lines == [r"Read \*this\*.", ""]
    skips = hooks["autodoc-skip-member"]
    assert skips(None, "class", "claimed", rnn.bptt.Finding.claimed, False, None) is True
    assert skips(None, "class", "norms", rnn.bptt.Ledger.norms, False, None) is None
