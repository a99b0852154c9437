"""Whole derivative matrices, and products with the second one, out of the transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.selections import Chosen
from ..engine.tensor import Tensor, as_tensor
from .arguments import Argnums, Arguments, check_function
from .derivatives import Function, grad_of, jvp
from .tree import flatten

__all__ = ["hessian", "hvp", "jacobian"]


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """A function that returns ∂f/∂argument with shape f's shape + the argument's shape.

    argnums: position of the argument (default: the first), or a sequence of them (then a tuple).
    With nested results or arguments: f's structure outside, the argument's inside. Takes one sweep
    for each entry of f's result. Arrays or Tensors come back as from ``value_and_grad``. Raises
    TypeError for arguments that are not floats.

    >>> jacobian(lambda x: x ** 2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return _jacobian(f, argnums, "jacobian")


def _jacobian(f: Function, argnums: Argnums, what: str) -> Function:
    check_function(f, what)

    def differentiated(*args: Any, **kwargs: Any) -> Any:
        given = Arguments(args, argnums, what)
        with given.recording():
            leaves, rebuild = flatten(f(*given.args, **kwargs))
            ys = [as_tensor(y) for y in leaves]
            given.follow(*ys)
            return rebuild([_rows(given, y) for y in ys])

    return differentiated


def _rows(given: Arguments, y: Tensor) -> Any:
    """The Jacobian of one output, a reverse pass for each of its entries. The others are not
    chosen: what they have behind them may be infinite."""
    units = np.eye(y.size, dtype=y.dtype).reshape(y.size, *y.shape)
    as_seed: Callable[..., Any] = as_tensor if given.recorded else np.asarray
    seeds = [Chosen(as_seed(u), u != 0) for u in units] if y.size > 1 else units
    rows = [given.pull_back([y], [seed], given.recorded) for seed in seeds]
    stack: Callable[..., Any] = np.stack
    blocks = [
        stack([row[k] for row in rows]) if rows else np.zeros((0, *v.shape), v.dtype)
        for k, v in enumerate(given.variables)
    ]
    shaped = [
        np.reshape(b, y.shape + v.shape) for b, v in zip(blocks, given.variables, strict=True)
    ]
    return given.result(shaped)


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """A function that returns ∂²f/∂x∂x with shape f's shape + x's shape twice.

    Arguments and errors are those of ``jacobian``; of several arguments, a tuple of tuples.

    >>> hessian(lambda x: (x ** 3).sum())(np.array([1.0, 2.0]))
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return _jacobian(_jacobian(f, argnums, "hessian"), argnums, "hessian")


def hvp(f: Function, x: Any, v: Any) -> Any:
    """∂²f/∂x∂x · v for f with one float as result, without forming the Hessian.

    x and v are arrays, or containers of arrays, of the same structure. Raises TypeError unless f
    gives one float, ValueError where the shapes of x and v differ.

    >>> hvp(lambda x: (x ** 3).sum(), np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([ 6., 12.])
    """
    return jvp(grad_of(f, 0, False, "hvp"), [x], [v])[1]
