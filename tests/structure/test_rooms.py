"""Rooms inside of rooms look one way too, and plots know arrays and labels alone."""

import pytest

from tests.support.modules import MODULES, imports

# By room, its own rooms in the order in which they may be read.
INSIDE = {
    "minigrad.drawing": ["reading", "render", "layout"],
    "rnn.bptt": ["plots", "jacobians", "contributions", "truncation", "audits"],
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


def test_plots_know_no_result():
    """A plot takes arrays and labels; results call it."""
    plots = [name for name in MODULES if name.startswith("rnn.bptt.plots.")]
    assert len(plots) >= 5
    for name in plots:
        for i in imports(name):
            if i.module.startswith("rnn."):
                assert i.module.startswith("rnn.bptt.plots.") or i.module == "rnn.bptt.result", i
