"""A short rule stands in generated code as it is written; every other rule is called."""

import linecache

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.expressions import expression_of
from minigrad.engine.specialise import written_out

SCALE = 2.0

SAID = {
    "g * y": lambda g, y: g * y,
    "-(g * out) / y": lambda g, out, y: -(g * out) / y,
    "(g + x) * (g - x)": lambda g, x: ((g + x) * (g - x)),
    "g * 2 ** -x": lambda g, x: g * 2 ** -x,
    "g": lambda g: g,
}


@pytest.mark.parametrize("said", SAID)
def test_arithmetic_is_said(said):
    """Brackets that mean something are kept, and so is the place of several rules in a line."""
    assert expression_of(SAID[said]) == said
    first, second = lambda g, y: g * y, lambda g, x: g / x
    assert [expression_of(first), expression_of(second)] == ["g * y", "g / x"]


def made(scale):
    return lambda g: g * scale


CALLED = {
    "a call": lambda g, x: g * np.cos(x),
    "a name from outside": lambda g: g * SCALE,
    "a value of the function around it": made(2.0),
    "an index": lambda g: g[0],
    "a product of matrices": lambda g, x: g @ x,
    "a comparison": lambda g, x: g * (x > 0),
    "no cotangent": lambda g, x: x * 1,
    "a cotangent by another name": lambda c, x: c * x,
    "two lines": lambda g, x: (
        g * x
        + x
    ),
    "a C function": np.multiply,
    "a function": test_arithmetic_is_said,
}


@pytest.mark.parametrize("what", CALLED)
def test_all_else_is_called(what):
    """What needs a name, can fail in a way of its own, or has another shape has no expression."""
    assert expression_of(CALLED[what]) is None


@pytest.mark.parametrize("line", ["rule = lambda g, x: g / x\n", "\n", "rule = lambda g, x: (g\n"])
def test_a_file_that_has_changed_is_not_believed(line):
    """The text counts only where it is the code that Python runs."""
    file, namespace = "<a file that changes>", {}
    exec(compile("rule = lambda g, x: g * x\n", file, "exec"), namespace)
    assert expression_of(namespace["rule"]) is None  # no text at all
    linecache.cache[file] = (0, None, [line], file)
    assert expression_of(namespace["rule"]) is None
    linecache.cache[file] = (0, None, ["rule = lambda g, x: g * x\n"], file)
    assert expression_of(namespace.pop("rule")) == "g * x"
    del linecache.cache[file]


@pytest.mark.parametrize("rules", [
    (lambda g, y: g * y, lambda g, x: g * x),  # said
    (lambda g, y: np.multiply(g, y), lambda g, x: np.multiply(g, x)),  # called
])
@pytest.mark.parametrize("shapes", [((3, 4), (4,)), ((1, 4), (3, 1)), ((), (2,)), ((4,), (4,))])
def test_broadcasting_is_undone_for_both(monkeypatch, rules, shapes):
    """What is said has the shape of the node, and is summed to that of an argument all the same."""
    monkeypatch.setattr("minigrad.engine.declared.OPS", {})  # it is no op of the catalogue
    product = mg.primitive("(),()->()", vjps=rules, name="my_product")(lambda x, y: x * y)
    rng = np.random.default_rng(0)
    x, y = (mg.tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes)
    product(x, y).sum().backward()
    whole = np.broadcast_shapes(*shapes)
    for t, other in ((x, y), (y, x)):
        entry = np.broadcast_to(np.arange(t.size).reshape(t.shape), whole)
        slopes = np.broadcast_to(other.numpy(), whole)
        wanted = np.bincount(entry.ravel(), weights=slopes.ravel(), minlength=t.size)
        np.testing.assert_allclose(t.grad.numpy().ravel(), wanted, rtol=1e-12)


def test_an_op_that_is_not_elementwise_calls_its_rules(monkeypatch):
    """Its cotangent has not the shape of its arguments."""
    monkeypatch.setattr("minigrad.engine.declared.OPS", {})
    total = mg.primitive("(n)->()", vjps=(lambda g, x: g * x,), name="half_square")(
        lambda x: 0.5 * (x * x).sum()
    )
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    y = total(x)
    assert "rule_0(g, x)" in written_out(y.grad_fn.pullback).source
    y.backward()
    assert x.grad.tolist() == [1.0, 2.0]
