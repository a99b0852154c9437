"""What runs in Pyodide, and what cannot: the list is about tests that there are."""

import ast
import tomllib

import pytest

from tests.support.many import for_each
from tests.support.paths import ROOT

SUITE = ROOT / "playground" / "suite"
LIST = tomllib.loads((SUITE / "list.toml").read_text("utf-8"))
ROOMS = [path.relative_to(ROOT).as_posix()
         for folder in ("tests", "tests/rnn") for path in (ROOT / folder).iterdir()
         if path.is_dir() and path.name not in ("rnn", "support", "__pycache__")]


def functions(file):
    """The names of the tests of a file."""
    return {node.name for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
            if isinstance(node, ast.FunctionDef)}


@for_each([*LIST["left_out"], *LIST["fails"]])
def test_an_entry_names_a_test(name):
    """A room, a file or a function that is there. (Whether it fails `make test-pyodide` asks.)"""
    file, _, function = name.partition("::")
    assert (ROOT / file).exists()
    assert not function or function.partition("[")[0] in functions(file)


def test_every_entry_has_a_reason_and_every_reason_an_entry():
    """No reason is left from entries that have gone, and none is a word alone."""
    used = {*LIST["left_out"].values(), *LIST["fails"].values()}
    assert used == set(LIST["reasons"])
    assert all(len(text.split()) > 3 for text in LIST["reasons"].values())


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_run_or_left_out(room):
    """A new room of tests is not forgotten."""
    assert (room in LIST["run"]) != (room in LIST["left_out"])
