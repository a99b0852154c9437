"""A recurrence as single steps, each with the factors that a hand derivation of BPTT is made of.

Nothing here goes back through time: every step is run on a tape of its own, from a detached state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, contributions, scope
from minigrad.engine.node import Node, ancestors
from minigrad.engine.tensor import detached, tensor, wrap
from minigrad.observe.packing import is_part

from ...cells import Cell
from ...cells.state import unpack
from ...sequence.unrolling import steps
from ..contributions.ledger import named_tensors
from ..graph import pull_back, units

__all__ = ["Factors", "Loss", "OneStep", "ParameterUse", "factors", "parameters", "single_steps"]

Array = np.ndarray[Any, Any]
_PART, _AXIS = re.compile(r"\(([^)]*)\)"), re.compile(r"\w+")
Loss = Callable[[Tensor, int], Any]


class OneStep(NamedTuple):
    """Step t by itself: the state before it, as leaves, the state after it, output and loss."""

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
    named = named_tensors(cell, function)
    for name, parameter in ({} if params is None else named_tensors(params, function)).items():
        if named.setdefault(name, parameter) is not parameter:
            raise ValueError(
                f"{function}(params): the cell has a parameter {name!r} too; pass a dict of names"
            )
    return named


def single_steps(
    cell: Cell, xs: Any, loss: Loss, state: Any, function: str, start: int = 1
) -> Iterator[OneStep]:
    """Run `cell` over `xs` step by step, each on a tape of its own."""
    if len(xs) == 0:
        raise ValueError(f"{function}(cell, xs): xs has no steps (T = 0); wanted at least one")
    for t in range(start, start + len(xs)):
        x = xs[t - start : t - start + 1]
        given = unpack(cell.as_state(state, len(cell.as_input(x[0]))))
        before = tuple(tensor(part.numpy(), requires_grad=True) for part in given)
        ((output, state),) = steps(cell, x, before if len(before) > 1 else before[0], start=t)
        with scope("loss", t=t):
            value = loss(output, t)
        if value is not None and not (isinstance(value, Tensor) and value.size == 1):
            raise TypeError(
                f"{function}(loss): at step {t} it returned {type(value).__name__} of shape "
                f"{np.shape(detached(value))}; wanted a scalar Tensor, or None for no loss there"
            )
        yield OneStep(t, before, unpack(state), output, value)


class ParameterUse(NamedTuple):
    """One op that uses a parameter. slope: ∂u_t/∂r of its result r, (n_u, m). local: ∂r/∂parameter,
    (m, n)."""

    slope: Array
    local: Array


class Factors(NamedTuple):
    """The derivatives of step t, as matrices; u_t is the state s_t (joined by the output, where
    the output is not a part of the state).

    a_t = h_{t-1} W_hh is the product with the recurrent weights. Paths from s_{t-1} to u_t go
    through a_t or past it: ∂u_t/∂s_{t-1} = slope · weight + rest.

    recurrent: the names of the recurrent weights.
    error: ∂ℓ_t/∂u_t (n_u,). slope: ∂u_t/∂a_t (n_u, n_a); for an Elman cell diag φ'(z_t).
    weight: ∂a_t/∂s_{t-1} (n_a, n_s); for an Elman cell W_hhᵀ. rest: (n_u, n_s).
    uses: by parameter, the ops of the step that use it. in_loss: the same for ops between u_t and
        ℓ_t; their slope is ∂ℓ_t/∂(result), (1, m).
    """

    recurrent: tuple[str, ...]
    error: Array
    slope: Array
    weight: Array
    rest: Array
    uses: dict[str, list[ParameterUse]]
    in_loss: dict[str, list[ParameterUse]]


def factors(step: OneStep, named: Mapping[str, Tensor]) -> Factors:
    """The factors of one step, from the tape of that step alone."""
    upper = list(step.after)
    if all(part._node is not step.output._node for part in upper):
        upper.append(step.output)
    nodes = ancestors([t._node for t in upper if t._node is not None])
    leaves = {p._node: name for name, p in named.items()}
    uses = [(node, name) for node in nodes for name in _used(node, leaves)]
    products, reached = _recurrent(
        [node for node, _ in uses], nodes, {t._node for t in step.before}
    )

    # One sweep for each entry of u_t gives a row of everything.
    targets = [*step.before, *map(_tensor, products), *(_tensor(node) for node, _ in uses)]
    rows = [[g.ravel() for g in pull_back(upper, unit, targets)] for unit in units(upper)]
    columns = [np.stack(column) for column in zip(*rows, strict=True)]
    n = len(step.before)
    jacobian = np.concatenate(columns[:n], axis=1)                       # (n_u, n_s)
    between = columns[n : n + len(products)]
    slope = np.concatenate([np.zeros((len(jacobian), 0)), *between], axis=1)
    weight = np.concatenate(
        [np.zeros((0, jacobian.shape[1])), *(_rows(node, step.before) for node in products)]
    )
    found: dict[str, list[ParameterUse]] = {name: [] for name in named}
    for (node, name), by_result in zip(uses, columns[n + len(products) :], strict=True):
        found[name].append(ParameterUse(by_result, _local(node, named[name])))
    error, in_loss = _of_loss(step, upper, set(nodes), named, leaves)
    names = tuple(dict.fromkeys(
        name for node, name in uses if node in products and _meets(node, name, leaves, reached)
    ))
    return Factors(names, error, slope, weight, jacobian - slope @ weight, found, in_loss)


def _of_loss(
    step: OneStep,
    upper: Sequence[Tensor],
    below: set[Node],
    named: Mapping[str, Tensor],
    leaves: Mapping[Any, str],
) -> tuple[Array, dict[str, list[ParameterUse]]]:
    """∂ℓ_t/∂u_t, and the uses of parameters between u_t and ℓ_t."""
    in_loss: dict[str, list[ParameterUse]] = {name: [] for name in named}
    loss = step.loss
    if loss is None or loss._node is None:
        return np.zeros(sum(t.size for t in upper)), in_loss
    ones = [np.ones(loss.shape, loss.dtype)]
    errors = pull_back([loss], ones, upper, stop_at_targets=True)
    error = np.concatenate([g.ravel() for g in errors])
    uses = [
        (node, name)
        for node in ancestors([loss._node], stop_at=below)
        if node not in below
        for name in _used(node, leaves)
    ]
    for (node, name), g in zip(
        uses, pull_back([loss], ones, [_tensor(node) for node, _ in uses]), strict=True
    ):
        in_loss[name].append(ParameterUse(g.reshape(1, -1), _local(node, named[name])))
    return error, in_loss


def _used(node: Node, leaves: Mapping[Any, str]) -> list[str]:
    """The names of the parameters among the operands of a node."""
    if is_part(node):
        whole: Any = node.parents[0]
        return [leaves[p] for p in whole.parents if p in leaves]
    if node.op is None or node.op.multiple:  # an op with several results: its output nodes count
        return []
    return list(dict.fromkeys(leaves[p] for p in node.parents if p in leaves))


def _recurrent(
    uses: list[Node], nodes: list[Node], before: set[Node | None]
) -> tuple[list[Node], set[Node | None]]:
    """The first ops on the paths from the state that use a parameter, such as h W_hh; and all nodes
    that depend on the state."""
    reached = set(before)
    behind_use: set[Node | None] = set()
    first = []
    for node in reversed(nodes):  # the oldest first
        if node in reached or reached.isdisjoint(node.parents):
            continue
        reached.add(node)
        behind = not behind_use.isdisjoint(node.parents)
        if node in uses and not behind:
            first.append(node)
        if node in uses or behind:
            behind_use.add(node)
    return first, reached


def _meets(
    node: Node, name: str, leaves: Mapping[Any, str], reached: set[Node | None]
) -> bool:
    """Whether the op multiplies the state by this parameter.

    In x W + h U + b, one op with the signature (n,k),(k,m),(n,h),(h,m),(m)->(n,m), that is U alone:
    h and U share the axis h, which the result does not have.
    """
    op: Any = node.op
    arguments, _, result = op.signature.partition("->")
    axes = [set(_AXIS.findall(part)) for part in _PART.findall(arguments)]
    if len(axes) != len(node.parents):
        return True
    summed = [(a - set(_AXIS.findall(result)), p) for a, p in zip(axes, node.parents, strict=True)]
    mine = [a for a, p in summed if leaves.get(p) == name]
    states = [a for a, p in summed if p in reached]
    return not any(states) or any(a & s for a in mine for s in states)


def _tensor(node: Node) -> Tensor:
    return wrap(np.empty(node.shape, node.dtype), node)


def _rows(node: Node, before: Sequence[Tensor]) -> Array:
    """∂(result of the node)/∂s_{t-1}, (m, n_s)."""
    out = _tensor(node)
    rows = [pull_back([out], unit, before) for unit in units([out])]
    return np.stack([np.concatenate([g.ravel() for g in row]) for row in rows])


def _local(node: Node, parameter: Tensor) -> Array:
    """∂(result of the node)/∂parameter in this one use, (m, n)."""
    out, rows = _tensor(node), []
    user = node.parents[0] if is_part(node) else node
    for (unit,) in units([out]):
        row = np.zeros(parameter.shape, parameter.dtype)
        for use in contributions(out, [parameter], unit)[0]:
            if use.node is user:
                row = row + use.value
        rows.append(row.ravel())
    return np.stack(rows)
