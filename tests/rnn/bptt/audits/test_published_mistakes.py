"""Mistakes of students and of printed derivations, in cells of one's own: each is named first, with
the line of the step, the rule as it was used and as it should be; and drawn, in red."""

import inspect

import numpy as np
import pytest

import minigrad as mg
from benchmarks.audit import derivations
from benchmarks.audit.cells import CELLS
from rnn.bptt import audit
from tests.support.pictures import caption, red

T, B = 5, 3

# cell; a text in its derivation by hand, and what stands there by mistake; the key of the first
# explanation, and the line of the step that it is about; and what is red: an op, the result that it
# makes, its argument, and what that is.
MISTAKES = {
    "the leak factor forgotten": (
        "leaky with skip", "dh_next = 0.7 * dh", "dh_next = dh",
        "δh_{t-1}: without 0.7", "h = 0.7 * h + 0.3 * u", ("multiply", "multiply", "y", "h_t-1"),
    ),
    "1 - h² for 1 - u²": (
        "leaky with skip", "(1 - u[t] ** 2)", "(1 - h[t + 1] ** 2)",
        "δz_{u,t}: h_t for u_t", "u = np.tanh(x @ self.W + h @ self.U + self.b)",
        ("tanh", "u_t", "x", "add"),
    ),
    "a for 1 - a": (
        "leaky with skip", "du = 0.3 * dh", "du = 0.7 * dh",
        "δu_t: 0.7 for 0.3", "h = 0.7 * h + 0.3 * u", ("multiply", "multiply", "y", "u_t"),
    ),
    "df = dc c without -g": (
        "LSTM, coupled gates", "df = dc * (c[t] - g[t])", "df = dc * c[t]",
        "δ(1 − f_t): left out", "c = f * c + (1 - f) * g",
        ("multiply", "multiply", "x", "subtract"),
    ),
    "f for 1 - f": (
        "LSTM, coupled gates", "dg = dc * (1 - f[t])", "dg = dc * f[t]",
        "δg_t: f_t for 1 − f_t", "c = f * c + (1 - f) * g", ("multiply", "multiply", "y", "g_t"),
    ),
    "1 - f² for f (1 - f)": (
        "LSTM", "df * f[t] * (1 - f[t])", "df * (1 - f[t] ** 2)",
        "δz_{f,t}: slope of tanh",
        "i, f, o = sigmoid(z[:, :H]), sigmoid(z[:, H:2 * H]), sigmoid(z[:, 3 * H:])",
        ("sigmoid", "f_t", "x", "getitem"),
    ),
    "f of step t - 1 in the carry of c": (
        "LSTM", "dc_next = dc * f[t]", "dc_next = dc * f[t - 1]",
        "δc_{t-1}: f_{t-1} for f_t", "c = f * c + i * g", ("multiply", "multiply", "y", "c_t-1"),
    ),
}


def claimed_by(name, before, after, arrays):
    """The gradients of the derivation by hand with one text for another."""
    function = derivations.DERIVATIONS[name]
    source = inspect.getsource(function)
    assert source.count(before) == 1
    space = vars(derivations).copy()
    exec(source.replace(before, after), space)
    return space[function.__name__](**arrays)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_it_is_named(mistake):
    """It is the first explanation of every gradient that it makes wrong, with its line; without it
    the derivation agrees. The operand whose rule was not kept is red, and no other wire."""
    name, before, after, key, line, edge = MISTAKES[mistake]
    rng = np.random.default_rng(5)
    cell = CELLS[name](rng)
    V = mg.Parameter(rng.normal(size=(3, 2)), name="V")
    xs, ys = rng.normal(size=(T, B, cell.input_size)), rng.normal(size=(T, B, 2))
    arrays = {n: p.numpy() for n, p in cell.named_parameters()} | {"V": V.numpy()}
    arrays |= {"xs": xs, "ys": ys}

    def loss(output, t):
        return ((output @ V - ys[t - 1]) ** 2).sum()

    assert audit(claimed_by(name, before, before, arrays), cell, xs, loss, params=V).agrees
    found = audit(claimed_by(name, before, after, arrays), cell, xs, loss, params=V)
    wrong = [finding for finding in found.values() if not finding.agrees]
    assert wrong
    for finding in wrong:
        first = finding.explanations[0]
        assert first.key == key
        assert first.where.line.text == line
        assert first.where.right != first.where.used
    assert f"in `{line}`" in " ".join(str(found).split())
    drawing = found.draw()
    ((path, tail, head),) = red(drawing)
    names = (head.data["op"], head.data["name"], path.data["argument"], tail.data["name"])
    assert (path.kind, *names) == ("operand", *edge)
    assert line in caption(drawing)
    assert f'id="{drawing.scene.slugs[path.id]}"' in drawing.svg()
