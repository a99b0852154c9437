"""A recurrence as its single steps: what one step does to its state and its loss, and no more.

Nothing here goes back through time: every step is run on a tape of its own, from a detached state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, scope
from minigrad.engine.tensor import detached, tensor
from minigrad.scanning.generators import GENERATORS

from ...cells import Cell
from ...cells.state import repacked, unpack
from ...sequence.unrolling import steps
from ..contributions.naming import named_tensors

__all__ = [
    "Loss", "OneStep", "checked_loss", "leaf_of", "parameters", "single_steps", "with_others",
]

Array = np.ndarray[Any, Any]
Loss = Callable[[Tensor, int], Any]


class OneStep(NamedTuple):
    """Step t by itself: the state before it, as leaves, the state after it, output and loss.

    Of the states the parts that can have a gradient.
    """

    t: int
    before: tuple[Tensor, ...]
    after: tuple[Tensor, ...]
    output: Tensor
    loss: Tensor | None


def parameters(cell: Any, params: Any, function: str) -> dict[str, Tensor]:
    """The parameters of the cell, and others such as those of an output layer, by name."""
    if not isinstance(cell, Cell):
        raise TypeError(
            f"{function}(cell): received {type(cell).__name__}; wanted a Cell, which of a layer is "
            f"layer.cells[0][0]"
        )
    return with_others(named_tensors(cell, function), params, function, "cell")


def with_others(
    named: dict[str, Tensor], params: Any, function: str, owner: str
) -> dict[str, Tensor]:
    """Those of the `owner` and the others that a function is given as its `params`."""
    for name, parameter in ({} if params is None else named_tensors(params, function)).items():
        if named.setdefault(name, parameter) is not parameter:
            raise ValueError(
                f"{function}(params): the {owner} has a parameter {name!r} too; pass a dict of "
                f"names"
            )
    return named


def checked_loss(value: Any, t: int, function: str) -> Tensor | None:
    """What a loss has returned at step t, or an error."""
    if value is not None and not (isinstance(value, Tensor) and value.size == 1):
        raise TypeError(
            f"{function}(loss): at step {t} it returned {type(value).__name__} of shape "
            f"{np.shape(detached(value))}; wanted a scalar Tensor, or None for no loss there"
        )
    return value


def single_steps(
    cell: Cell, xs: Any, loss: Loss, state: Any, function: str, start: int = 1
) -> Iterator[OneStep]:
    """Run `cell` over `xs` step by step, each on a tape of its own."""
    if len(xs) == 0:
        raise ValueError(f"{function}(cell, xs): xs has no steps (T = 0); wanted at least one")
    for t in range(start, start + len(xs)):
        x = xs[t - start : t - start + 1]
        given = cell.as_state(state, len(cell.as_input(x[0])))
        leaves = [leaf_of(part) for part in unpack(given)]
        real = [k for k, part in enumerate(leaves) if getattr(part, "requires_grad", False)]
        ((output, state),) = steps(cell, x, repacked(leaves, given), start=t)
        with scope("loss", t=t):
            value = checked_loss(loss(output, t), t, function)
        before, after = (tuple(parts[k] for k in real) for parts in (leaves, unpack(state)))
        yield OneStep(t, before, after, output, value)


def leaf_of(part: Any) -> Any:
    """A part of a state as a leaf, if it can have a gradient."""
    if isinstance(part, GENERATORS):
        return part
    return tensor(detached(part), requires_grad=np.asarray(detached(part)).dtype.kind == "f")
