"""The core is as small as it is said to be: what one op needs from its call to its gradient."""

import ast

import pytest

from tests.support.modules import MODULES, closure, text_of

ROOTS = {"minigrad.engine.call", "minigrad.engine.backward"}
MOST_LINES, SWEEP_LINES, SWEEP_BRANCHES = 950, 40, 8


def test_one_op_from_its_call_to_its_gradient():
    """`call` is the definition of a call, of which the functions that users call are generated:
    from there through record, node and Tensor's base; `backward` is one backward pass: from there
    through sweep, pullback and cotangents to the sum in ``.grad``. With all that these two import,
    comments and docstrings included, that is what a student reads to know how a gradient comes
    about. What serves words, other libraries' arrays, NumPy's dispatch, views, writes, messages,
    selections or speed is not in it: such modules import the core, and never the core them."""
    core = closure(ROOTS)
    lines = {name: len(text_of(name).splitlines()) for name in core}
    assert sum(lines.values()) <= MOST_LINES, lines
    for name in ("op", "node", "variable", "context", "cotangents", "pullback", "sweep"):
        assert f"minigrad.engine.{name}" in core


def test_the_core_imports_by_import_statements():
    """No module of the core finds another one by its name in a string."""
    for name in closure(ROOTS):
        for node in ast.walk(ast.parse(text_of(name))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert called not in ("__import__", "importlib.import_module", "import_module"), name
            assert "sys.modules" not in ast.unparse(node) if isinstance(node, ast.Attribute) else 1


@pytest.fixture
def sweep():
    """The function, as a syntax tree."""
    tree = ast.parse(text_of("minigrad.engine.sweep"))
    (found,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "sweep")
    return found


def test_the_sweep_is_short(sweep):
    """At most 40 lines behind its docstring, and 8 branches: `if`, `… if … else …`, `while`, the
    `if` of a comprehension, every `and` and `or`."""
    assert sweep.end_lineno - sweep.body[1].lineno + 1 <= SWEEP_LINES
    branches = sum(
        len(n.ifs) if isinstance(n, ast.comprehension)
        else len(n.values) - 1 if isinstance(n, ast.BoolOp)
        else isinstance(n, ast.If | ast.IfExp | ast.While)
        for n in ast.walk(sweep)
    )
    assert branches <= SWEEP_BRANCHES


def test_the_sweep_does_not_call_itself(sweep):
    """One pass, whatever the cotangents are."""
    called = {ast.unparse(n.func) for n in ast.walk(sweep) if isinstance(n, ast.Call)}
    assert sweep.name not in called


def test_nodes_are_made_at_one_place():
    """Nobody makes a node but by its constructor, and the template of the generated calls."""
    for name in MODULES:
        made = [n for n in ast.walk(ast.parse(text_of(name))) if isinstance(n, ast.Call)
                and any(isinstance(a, ast.Name) and a.id in ("Node", "Leaf") for a in n.args)
                and ast.unparse(n.func) not in ("isinstance", "issubclass", "cast")]
        assert not made, f"{name}: {[ast.unparse(n) for n in made]}"
