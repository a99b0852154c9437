"""The calls behind a result, with everything they were made of: enough to make them again.

A node keeps what its rules need. The rest follows: values by running the calls forward, keywords
from the shapes, and a constant that was only added from what it was added to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any, NamedTuple

import numpy as np

from ...engine.node import Leaf, Node
from ...engine.op import OPS, Op
from ...engine.outputs import number
from ...engine.tensor import Tensor
from ...observe.packing import is_output, saved_items, unpacked
from ..reading.boxes import Box
from ..reading.walk import known_values, walk

__all__ = ["Calls", "OpCall", "recovered", "run", "values_of_calls"]

_INVERSES: dict[Op, Callable[[Any], Any]] = {
    OPS["tanh"]: np.arctanh, OPS["exp"]: np.log, OPS["negative"]: np.negative,
    OPS["sigmoid"]: lambda y: np.log(y) - np.log1p(-y),
}


class OpCall(NamedTuple):
    """``results = op(*args, **params)``; args and results are places.

    node: of the tape. at: the column of its step, None outside of the steps.
    """

    op: Op
    args: tuple[int, ...]
    params: Mapping[str, Any]
    results: tuple[int, ...]
    node: Node
    at: int | None


class Calls(NamedTuple):
    """Calls in order, and the values of what they start from, by place.

    leaves, nodes: the places of leaves, and of all results that are one array.
    """

    calls: list[OpCall]
    given: dict[int, Any]
    leaves: dict[Node, int]
    nodes: dict[Node, int]
    result: int


def recovered(output: Tensor, home: Mapping[Node, Box]) -> Calls | None:
    """The calls behind `output`, or None where something cannot be known any more. home: the box
    of each."""
    root: Any = output._node
    order, _ = walk([root])
    known = known_values(order) | {root: output._data}
    places: dict[Any, int] = {}
    found = Calls([], {}, {}, {}, 0)

    def place(key: Any) -> int:
        return places.setdefault(key, len(places))

    for node in order:
        if node.pullback is None:
            owner = node.owner() if isinstance(node, Leaf) else None
            value = known.get(node) if owner is None else owner._data
            if value is None:
                return None
            found.leaves[node] = place(node)
            found.given[place(node)] = _exact(value)
        elif is_output(node):
            found.nodes[node] = place(_key(node))
        elif node.op is not None:
            args = _arguments(node, known, found.given, place)
            if args is None:
                return None
            many = node.op.multiple
            results = tuple(
                place((node, k) if many else node) for k in range(len(node.shape) if many else 1)
            )
            at = home[node].column if node in home else None
            found.calls.append(OpCall(node.op, args, _keywords(node), results, node, at))
            if not many:
                found.nodes[node] = results[0]
    result = place(_key(root))
    return found._replace(result=result) if _settled(found, known) else None


def values_of_calls(found: Calls | None, output: Tensor) -> dict[Node, Any]:
    """The value of every node, those that nothing has kept among them; none where the calls do not
    lead to `output` again."""
    try:
        values = run(found) if found is not None else {}
    except (ValueError, TypeError, IndexError, ArithmeticError):
        return {}
    if found is None or not np.allclose(
        values[found.result], output._data, rtol=1e-4, atol=1e-6, equal_nan=True
    ):
        return {}
    return {node: values[k] for node, k in (*found.nodes.items(), *found.leaves.items())}


def run(found: Calls) -> dict[int, Any]:
    """All values, by place. What is wrong with calls or values raises."""
    values = dict(found.given)
    for call in found.calls:
        _make(call, values)
    return values


def _make(call: OpCall, values: dict[int, Any]) -> None:
    """Compute the results of a call."""
    out = call.op.forward(*[values[a] for a in call.args], **call.params)
    values.update(zip(call.results, out if call.op.multiple else (out,), strict=True))


def _key(node: Node) -> Any:
    """The key of a value: its node, or of one of several results the node and the number."""
    whole = node.parents[0] if is_output(node) else None
    return node if whole is None else (whole, number(node))


def _exact(value: Any) -> Any:
    """A value in double precision, if it is real."""
    array = np.asarray(value)
    return array.astype(float) if array.dtype.kind == "f" else array


def _arguments(
    node: Node, known: Mapping[Node, Any], given: dict[int, Any], place: Any
) -> tuple[int, ...] | None:
    """The places of the operands; a constant that was not saved has one without a value."""
    op: Any = node.op
    saved, args = saved_items(node), []
    for slot, parent in enumerate(node.parents):
        source = unpacked(parent) if parent is not None else None
        if source is not None:
            args.append(place(_key(source)))
            continue
        value = saved.get(op.argument(slot))
        if op.variadic and isinstance(value, tuple):
            value = value[slot]
        if value is None and parent is not None:
            value = known.get(parent)
        if value is None and op.defaults.get(op.argument(slot), ...) is None:
            return None
        args.append(place((node, "constant", slot)))
        if value is not None:
            given[args[-1]] = _exact(value)
    return tuple(args)


def _keywords(node: Node) -> dict[str, Any]:
    """The keywords of a call: those saved, those that its shapes tell, else the defaults."""
    op: Any = node.op
    saved, found = saved_items(node), {}
    for name, default in op.params.items():
        if name in saved:
            found[name] = saved[name]
        elif name == "shape":
            found[name] = node.shape
        elif name == "keepdims" and node.parents[0] is not None:
            found[name] = len(node.shape) == len(node.parents[0].shape)
        elif default is not Parameter.empty:
            found[name] = default
    return found


def _settled(found: Calls, known: Mapping[Node, Any]) -> bool:
    """Find the constants that are missing; whether all are known then.

    What is known leads forward through calls, and backward through those that can be undone, until
    nothing more comes of it.
    """
    values = dict(found.given)
    exact = {call.results[0]: _exact(known[call.node])
             for call in found.calls if call.node in known and not call.op.multiple}
    waiting = found.calls
    while waiting:
        before = len(waiting), len(exact)
        waiting = [call for call in waiting if not _forward(call, values)]
        for call in reversed(waiting):
            _backward(call, {**exact, **values}, exact)
        missing = {a for call in waiting for a in call.args} - {
            r for call in waiting for r in call.results}
        for a in missing & exact.keys():
            values[a] = found.given[a] = exact[a]
        if before == (len(waiting), len(exact)):
            return False
    return True


def _forward(call: OpCall, values: dict[int, Any]) -> bool:
    """Compute a call whose operands are known; whether they are."""
    if any(a not in values for a in call.args):
        return False
    _make(call, values)
    return True


def _backward(call: OpCall, known: Mapping[int, Any], exact: dict[int, Any]) -> None:
    """Where a result is known, and all operands but one, that one, if the op can be undone."""
    missing, result = [a for a in call.args if a not in known], known.get(call.results[0])
    if len(missing) != 1 or result is None or len(call.args) > 2:
        return
    first = call.args[0] == missing[0]
    with np.errstate(all="ignore"):
        if call.op in _INVERSES:
            value = _INVERSES[call.op](result)
        elif call.op is OPS["add"]:
            value = result - known[call.args[1 if first else 0]]
        elif call.op is OPS["subtract"]:
            value = result + known[call.args[1]] if first else known[call.args[0]] - result
        else:
            return
    if np.all(np.isfinite(value)):
        exact[missing[0]] = np.asarray(value, float)
