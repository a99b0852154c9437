"""Transforms on nested containers, and the mistakes that users make with them."""

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import minigrad as mg
from minigrad.transforms.tree import flatten, paths

V = np.array([1.0, 2.0])


def test_cotangents_are_matched_by_key():
    """A dict of cotangents or directions is read by key, not by the order of its keys."""
    _, pullback = mg.vjp(lambda x: {"once": x, "twice": 2 * x}, V)
    one, none = np.array([1.0, 0.0]), np.zeros(2)
    np.testing.assert_array_equal(pullback({"twice": one, "once": none})[0], [2, 0])

    def f(d):
        return 3 * d["a"] + 5 * d["b"]

    tangent = mg.jvp(f, [{"a": V, "b": V}], [{"b": none, "a": one}])[1]
    np.testing.assert_array_equal(tangent, [3, 0])
    h = mg.hvp(lambda d: (d["a"] ** 2 + d["b"] ** 3).sum(), {"a": V, "b": V}, {"b": none, "a": one})
    np.testing.assert_array_equal(h["a"], [2, 0])
    np.testing.assert_array_equal(h["b"], [0, 0])


@pytest.mark.parametrize("cotangent", [{"a": V}, {"a": V, "c": V}, (V, V), V])
def test_cotangents_of_another_structure(cotangent):
    """Missing and extra keys, and other containers, are errors that say what is wanted."""
    _, pullback = mg.vjp(lambda x: {"a": x, "b": x}, V)
    with pytest.raises(ValueError, match=r"cotangent has .*, wanted a dict with the keys .*a.*b"):
        pullback(cotangent)


def test_integer_results_have_tangent_zero():
    """jvp of a function that also returns positions: these do not change."""
    values, tangents = mg.jvp(lambda x: (x * 2, np.argsort(x)), [V], [V])
    assert values[1].dtype.kind == "i"
    np.testing.assert_array_equal(tangents[0], [2, 4])
    np.testing.assert_array_equal(tangents[1], [0, 0])


@pytest.mark.parametrize("argnums", [(0, 0), (0, -2), [1, -1]])
def test_one_argument_twice(argnums):
    """Asking for one argument twice is an error: a gradient would be handed out as two halves."""
    with pytest.raises(ValueError, match="twice"):
        mg.grad(lambda a, b: (a * b).sum(), argnums)(V, V)


def test_argnums_that_are_no_positions():
    """NumPy integers count as integers; names and floats are errors that say what is wanted."""
    f = mg.grad(lambda a, b: (a * b).sum(), np.int64(1))
    np.testing.assert_array_equal(f(V, 2 * V), V)
    for argnums in ("a", 1.0, (0, "b")):
        with pytest.raises(TypeError, match="position of an argument"):
            mg.grad(lambda a, b: (a * b).sum(), argnums)(V, V)


def test_results_that_are_no_number():
    """A tuple, a dict or None as result is named, and has_aux is pointed out."""
    for f in (lambda x: (x.sum(), 1), lambda x: {"loss": x.sum()}, lambda x: None):
        with pytest.raises(TypeError, match="wanted one float; with has_aux=True"):
            mg.grad(f)(V)
    with pytest.raises(TypeError, match="returns a pair"):
        mg.grad(lambda x: x.sum(), has_aux=True)(V)
    with pytest.raises(TypeError, match="a list of arguments and a list of directions"):
        mg.jvp(np.sin, V, V)


@dataclass(frozen=True)
class Weights:
    w: Any
    b: Any = None
    size: Any = field(init=False, default=0.0)


class Pair(NamedTuple):
    w: Any
    b: Any


@pytest.mark.parametrize("make", [Weights, Pair, lambda w, b: OrderedDict(w=w, b=b)])
def test_any_container_is_differentiated(make):
    """Dataclasses, named tuples and kinds of dicts: gradients have the form of what was given."""
    def f(p):
        w, b = (p["w"], p["b"]) if isinstance(p, dict) else (p.w, p.b)
        return (w * w * b).sum()

    w, b = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    given = make(w, b)
    gradient = mg.grad(f)(given)
    assert type(gradient) is type(given)
    found, _ = flatten(gradient)
    np.testing.assert_array_equal(found[0], 2 * w * b)
    np.testing.assert_array_equal(found[1], w * w)
    _, slope = mg.jvp(f, (given,), (make(np.ones(2), np.zeros(2)),))
    assert float(slope) == (2 * w * b).sum()
    assert paths(given)[:2] == ["w", "b"]


def test_a_defaultdict_stays_one():
    """With its factory, and without the values that it was taken apart into."""
    given = defaultdict(list, {"a": 1.0})
    leaves, rebuild = flatten(given)
    again = rebuild([2 * leaf for leaf in leaves])
    assert (again, again.default_factory, dict(given)) == ({"a": 2.0}, list, {"a": 1.0})
    assert rebuild([5.0]) == {"a": 5.0}
