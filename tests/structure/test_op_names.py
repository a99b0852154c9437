"""Questions about an op are answered by its record: no code compares an op's name with a string."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "minigrad").rglob("*.py"), *(ROOT / "rnn").rglob("*.py")])


def asks_by_name(tree):
    """The lines that compare the name of an op with a constant, or look it up among some."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            constants = any(isinstance(c, ast.Constant) for side in sides for c in ast.walk(side))
            if constants and any(is_op_name(side) for side in sides):
                yield node.lineno


def is_op_name(node):
    """``….op.name`` or ``op.name``."""
    if not (isinstance(node, ast.Attribute) and node.attr == "name"):
        return False
    return getattr(node.value, "attr", getattr(node.value, "id", None)) == "op"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_op_is_told_by_its_name(path):
    """A name in a string says nothing of ops of the user's own, nor of one that was renamed."""
    assert not list(asks_by_name(ast.parse(path.read_text(encoding="utf-8"))))


def test_the_check_sees_what_it_looks_for():
    """Both forms of the question are found."""
    asked = ast.parse("a = node.op.name == 'add'\nb = op.name in ('add', 'sum')\nc = op.name == x")
    assert list(asks_by_name(asked)) == [1, 2]
