"""Functions in, functions out: derivatives of functions of arrays, to any order.

Arguments may be nested lists, tuples and dicts of arrays. The transforms take and give arrays. They
give Tensors when they are given Tensors, inside another transform, and when the function uses
Tensors that require grad, such as a model's parameters: the results depend on those, and stay on
their graph. Under ``no_grad()`` they do not, and arrays give arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.differentiation import sweep_from
from ..engine.modes import is_grad_enabled
from ..engine.tensor import as_tensor, detached, handle, wrap
from .arguments import Argnums, Arguments, check_function, scalar, value_of
from .tree import flatten, flatten_like, tree_map

__all__ = ["Function", "both_of", "grad", "grad_of", "jvp", "value_and_grad", "vjp"]

Function = Callable[..., Any]


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that returns (f(...), ∂f/∂argument), for f with one float as result.

    argnums: position of the argument, or a sequence of them (then a tuple of gradients).
    has_aux: f returns (value, anything); the result is ((value, anything), gradient).
    An argument that f does not use has gradient zero; one of integers raises TypeError.

    Arrays come back for arrays. Tensors come back where an argument is a Tensor, inside another
    transform, and where f uses Tensors that require grad, as in a penalty on a model's gradient:
    results stay on their graph. Under ``no_grad()`` no result has a graph.

    >>> value_and_grad(lambda x: (x ** 2).sum())(np.array([1.0, 2.0]))
    (array(5.), array([2., 4.]))
    """
    return both_of(f, argnums, has_aux, "value_and_grad")


def both_of(f: Function, argnums: Argnums, has_aux: bool, what: str) -> Function:
    """`value_and_grad`, for a function of another name: errors say `what`."""
    check_function(f, what)

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        given = Arguments(args, argnums, what)
        with given.recording():
            value, aux = value_of(f(*given.args, **kwargs), has_aux, what)
            y = scalar(value, what)
            given.follow(y, *flatten(aux)[0])
            found = given.pull_back([y], [np.ones(y.shape, y.dtype)], given.recorded)
        y = y if given.recorded else y.detach()
        value = given.out(y)
        if has_aux:
            value = (value, aux if given.tensors else tree_map(detached, aux))
        return value, given.result(found)

    return differentiated


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that returns ∂f/∂argument, for f with one float as result; see `value_and_grad`.

    >>> f = lambda x: np.tanh(x)
    >>> grad(grad(f))(0.5)  # -2 tanh(x) (1 - tanh²(x))
    array(-0.72686198)
    """
    return grad_of(f, argnums, has_aux, "grad")


def grad_of(f: Function, argnums: Argnums, has_aux: bool, what: str) -> Function:
    """`grad`, for a function of another name: errors say `what`."""
    both = both_of(f, argnums, has_aux, what)

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return differentiated


def vjp(f: Function, *xs: Any) -> tuple[Any, Function]:
    """(f(*xs), pullback), where pullback(cotangent) is the tuple of vᵀ ∂f/∂x for every x.

    The cotangent has the structure and shapes of f's result. The pullback can be called often.
    Arrays or Tensors come back as from `value_and_grad`; Tensors also for a cotangent on a graph.

    >>> y, pullback = vjp(np.sin, np.array([0.0, np.pi]))
    >>> pullback(np.array([1.0, 1.0]))
    (array([ 1., -1.]),)
    """
    check_function(f, "vjp")
    given = Arguments(xs, None, "vjp")
    with given.recording():
        result = f(*given.args)
        leaves, rebuild = flatten(result)
        ys = [as_tensor(y) for y in leaves]
    given.follow(*ys)

    def pullback(cotangent: Any) -> Any:
        cs = flatten_like(cotangent, result, "vjp: the cotangent")
        on_graph = any(getattr(c, "_node", None) for c in cs)
        recorded = is_grad_enabled() and (given.recorded or on_graph)
        with given.recording():
            found = given.pull_back(ys, cs, recorded)
        return given.result([handle(g) for g in found] if recorded else found, recorded)

    return rebuild([given.out(y if given.recorded else y.detach()) for y in ys]), pullback


def jvp(f: Function, xs: Sequence[Any], vs: Sequence[Any]) -> tuple[Any, Any]:
    """(f(*xs), Σ ∂f/∂x v): the derivative of f along the directions `vs`; exact.

    Forward mode out of two reverse passes: u ↦ uᵀJ is linear, and its derivative along v is Jv.
    Arrays or Tensors come back as from `value_and_grad`; Tensors also for directions on a graph.

    Raises TypeError for what are no lists, ValueError for directions of other number or
    shapes.

    >>> jvp(np.exp, [0.0], [2.0])
    (array(1.), array(2.))
    """
    check_function(f, "jvp")
    if not isinstance(xs, list | tuple) or not isinstance(vs, list | tuple):
        raise TypeError("jvp(f, xs, vs): wanted a list of arguments and a list of directions")
    if len(xs) != len(vs):
        raise ValueError(f"jvp: {len(xs)} arguments but {len(vs)} directions")
    given = Arguments(xs, None, "jvp")
    directions = [as_tensor(v) for v in flatten_like(list(vs), list(xs), "jvp: a direction")]
    for x, v in zip(given.variables, directions, strict=True):
        if x.shape != v.shape:
            raise ValueError(f"jvp: a direction has shape {v.shape}, its argument {x.shape}")
    with given.recording():
        leaves, rebuild = flatten(f(*given.args))
        ys = [as_tensor(y) for y in leaves]
        given.follow(*ys, *directions)
        # uᵀJ is linear in u, so any values would do; with ones none of them is 0 · ∞ on the way.
        us = [wrap(np.ones(y.shape, y.dtype if y.dtype.kind == "f" else float), None) for y in ys]
        pulled = given.pull_back(ys, [u.requires_grad_() for u in us], recorded=True)
        pulled = [as_tensor(g) for g in pulled]
        live = [(g, v) for g, v in zip(pulled, directions, strict=True) if g.requires_grad]
        found = {}
        if live:
            gs, along = zip(*live, strict=True)
            found = sweep_from(gs, along, us, retain_graph=True, create_graph=given.recorded)
    tangents = [found.get(u._node, np.zeros(u.shape, u.dtype)) for u in us]
    values = [given.out(y if given.recorded else y.detach()) for y in ys]
    return rebuild(values), rebuild([given.out(t) for t in tangents])
