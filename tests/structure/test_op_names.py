"""Questions about an op are answered by its record: no code decides by an op's name."""

import ast

import pytest

import rnn  # noqa: F401  # registers the ops of cells
from minigrad.engine.op import OPS
from tests.support.many import for_each
from tests.support.modules import MODULES, text_of

REGISTRIES = {"OPS"}  # tables of the ops themselves, by name; in others a name decides


def asks_by_name(tree):
    """The lines on which an op's name is compared with something else than another op's name,
    looked up, or matched: as ``op.name`` itself, or as a variable that was made from it."""
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.Lambda | ast.Module):
            aliases = {target.id for node in inside(scope) if isinstance(node, ast.Assign)
                       for target in node.targets
                       if isinstance(target, ast.Name) and is_op_name(node.value)}
            yield from (n.lineno for n in inside(scope) if decides(n, aliases))


def inside(scope):
    """What belongs to a scope, and not to another one within it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            yield from inside(node)


def decides(node, aliases):
    def of_op(part):
        return is_op_name(part) or (isinstance(part, ast.Name) and part.id in aliases)

    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        return any(map(of_op, sides)) and not all(of_op(s) or named(s) for s in sides)
    if isinstance(node, ast.Subscript):
        return of_op(node.slice) and ast.unparse(node.value) not in REGISTRIES
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get", "startswith"):
        return any(map(of_op, [node.func.value, *node.args]))
    return isinstance(node, ast.Match) and of_op(node.subject)


def is_op_name(node):
    """``….op.name`` or ``op.name``."""
    if not (isinstance(node, ast.Attribute) and node.attr == "name"):
        return False
    return getattr(node.value, "attr", getattr(node.value, "id", None)) == "op"


def named(node):
    """The name of something, the registry of ops, None, or a text in which a name may stand."""
    text = ast.unparse(node)
    return text.endswith(".name") or text in {*REGISTRIES, "None"} or text.startswith("str(")


@for_each(MODULES)
def test_no_op_is_told_by_its_name(name):
    """A name in a string says nothing of ops of the user's own, nor of one that was renamed."""
    assert not list(asks_by_name(ast.parse(text_of(name))))


@pytest.mark.parametrize("line", [
    "a = node.op.name == 'add'", "b = op.name in ('add', 'sum')", "b = op.name in MOVING",
    "def f(op):\n name = op.name\n return name != 'add'", "c = RULES[node.op.name]",
    "c = RULES.get(op.name)", "d = op.name.startswith('reduce')",
    "match op.name:\n case 'add': pass",
])
def test_the_check_sees_what_it_looks_for(line):
    """All forms of the question are found."""
    assert list(asks_by_name(ast.parse(line)))


@pytest.mark.parametrize("line", [
    "a = op.name == other.name", "b = op.name in OPS", "c = OPS[op.name]", "d = f'{op.name}()'",
    "def f(op):\n name = op.name\n\ndef g(name):\n return name == 'add'",
])
def test_the_check_sees_nothing_else(line):
    """Names that are printed, or looked up among the ops, decide nothing."""
    assert not list(asks_by_name(ast.parse(line)))


def test_every_op_that_is_looked_up_exists():
    """``OPS["name"]`` names an op of the catalogue."""
    for module in MODULES:
        for node in ast.walk(ast.parse(text_of(module))):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) in REGISTRIES:
                assert not isinstance(node.slice, ast.Constant) or node.slice.value in OPS, module
