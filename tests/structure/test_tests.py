"""How the tests are laid out: in the rooms of what they test, helpers written once."""

import ast
from collections import defaultdict

import pytest

from tests.support.paths import ROOT

TESTS = ROOT / "tests"
FILES = sorted(TESTS.rglob("*.py"))

# Rooms of tests that are about the project, or about several rooms of it.
OWN = {
    "benchmarks", "documentation", "examples", "peers", "playground", "rnn", "structure", "support",
    "typing",
}


def defined(path):
    """The functions and classes of a file that are no tests and no fixtures."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        own = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.decorator_list
        if own and not node.name.startswith(("test_", "pytest_")):
            yield node


def meaning(node):
    """What a definition does, without its name and its docstring."""
    body = node.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    rest = [ast.dump(part) for part in body]
    return ast.dump(node.args) if isinstance(node, ast.FunctionDef) else "", *rest


def test_rooms():
    """Every folder of tests has the name of the room that it tests."""
    for folder in {path.parent.relative_to(TESTS) for path in FILES} - {TESTS.relative_to(TESTS)}:
        if folder.parts[0] not in OWN:
            assert ((ROOT / "minigrad" / folder).is_dir()
                    or (ROOT / "minigrad" / folder.with_suffix(".py")).is_file()), folder
        elif folder.parts[0] == "rnn":
            assert (ROOT / folder).is_dir(), folder


def test_helpers_are_written_once():
    """No two files define a helper that does the same, whatever they call it."""
    places = defaultdict(list)
    for path in FILES:
        for node in defined(path):
            places[meaning(node)].append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    again = [where for where in places.values() if len(where) > 1]
    assert again == [], "put it into tests/support"


def test_shared_names_mean_one_thing():
    """Nobody else defines a `sequence`, a `leaf`, a `close` or what else all tests share."""
    comparing, running = TESTS / "support/comparing.py", TESTS / "support/running.py"
    shared = {node.name: comparing for node in defined(comparing)} | {"sequence": running}
    for path in FILES:
        for node in defined(path):
            assert shared.get(node.name, path) == path, f"{node.name} in {path.relative_to(ROOT)}"


@pytest.mark.parametrize("word", ["sys.path.insert", "sys.path.append", "sys.path["])
def test_helpers_are_imported_by_name(word):
    """No test finds its helpers by a change of the path; what it gives to another process may."""
    allowed = {"test_tests.py", "test_distribution.py"}
    for path in FILES:
        if path.name not in allowed:
            assert word not in path.read_text(encoding="utf-8"), path
