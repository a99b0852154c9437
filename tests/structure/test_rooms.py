"""Rooms inside of rooms look one way too, and plots know arrays and labels alone."""

import ast

import pytest

from tests.support.modules import MODULES, imports, text_of

# By room, its own rooms in the order in which they may be read.
INSIDE = {
    "minigrad.drawing": ["reading", "render", "layout", "page"],
    "rnn.bptt": ["plots", "jacobians", "contributions", "reports", "truncation", "audits"],
}


def inner(module, outer):
    return module.removeprefix(outer + ".").partition(".")[0] if module != outer else ""


@pytest.mark.parametrize("outer", INSIDE)
def test_rooms_inside_look_one_way(outer):
    """No import goes to a room that is read later, whenever it runs."""
    order = INSIDE[outer]
    for name in MODULES:
        if name.startswith(outer + ".") and inner(name, outer) in order:
            own = order.index(inner(name, outer))
            for i in imports(name):
                if i.module.startswith(outer + ".") and inner(i.module, outer) in order:
                    assert order.index(inner(i.module, outer)) <= own, f"{name} -> {i.module}"


def test_cells_are_equations():
    """A cell of the package is written as its equations: no op, and no derivative, is defined in
    its folder, and nothing of the engine's that one would be made with is imported there. A `step`
    has at most eight lines, but for wrappers, which ask what they are around."""
    own = {"register", "jvp", "vjp", "vjps", "backward", "pullback", "lazy", "joint"}
    for name in [name for name in MODULES if name.startswith("rnn.cells")]:
        tree = ast.parse(text_of(name))
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        used |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        used |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.keyword)}
        used |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        assert not used & {"primitive", "Primitive", "Op", "OPS", *own}, name
        assert {i.module for i in imports(name)}.isdisjoint(
            f"minigrad.engine.{part}" for part in ("primitive", "op", "lazy", "node", "call")), name
        for step in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
            if step.name == "step" and name != "rnn.cells.wrappers":
                assert step.end_lineno - step.body[0].lineno + 1 <= 8, name


def test_plots_know_no_result():
    """A plot takes arrays and labels; results call it."""
    plots = [name for name in MODULES if name.startswith("rnn.bptt.plots.")]
    assert len(plots) >= 5
    for name in plots:
        for i in imports(name):
            if i.module.startswith("rnn."):
                assert i.module.startswith("rnn.bptt.plots.") or i.module == "rnn.bptt.result", i
