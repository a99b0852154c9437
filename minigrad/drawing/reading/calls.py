"""The calls behind results, with everything they were made of: enough to make them again.

A node keeps what its rules need. The rest follows: values by running the calls forward, keywords
from the shapes, and a constant that was only added from what it was added to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ...engine.node import FREED, Node
from ...engine.op import OPS, Op
from ...engine.outputs import number
from ...engine.tensor import detached
from ...observe.packing import constant_operand, is_output, saved_items

__all__ = ["Calls", "OpCall", "calls_of", "run", "settled"]

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
    """Calls in order, and the values of what they start from, by place, as far as they are known.

    leaves, nodes: the places of leaves, and of all results that are one array. result: the place of
    what they lead to.
    """

    calls: list[OpCall]
    given: dict[int, Any]
    leaves: dict[Node, int]
    nodes: dict[Node, int]
    result: int = -1

    def places(self) -> dict[Node, int]:
        return self.nodes | self.leaves


def calls_of(
    order: Iterable[Node],
    known: Mapping[Node, Any],
    read: Callable[[Node], Node | None] = lambda parent: parent,
    column: Callable[[Node], int | None] = lambda node: None,
) -> Calls:
    """The calls of nodes, which come oldest first. known: values of nodes. read: what really stands
    for a parent, behind packing; None for a constant. column: the step of a node."""
    places: dict[Any, int] = {}
    found = Calls([], {}, {}, {})

    def place(key: Any) -> int:
        return places.setdefault(key, len(places))

    for node in order:
        if node.pullback is None:
            found.leaves[node] = place(node)
            if node in known:
                found.given[place(node)] = known[node]
        elif is_output(node):
            found.nodes[node] = place(_key(node))
        elif node.op is not None:
            args = []
            for slot, parent in enumerate(node.parents):
                source = None if parent is None else read(parent)
                args.append(place((node, "constant", slot) if source is None else _key(source)))
                if source is None:
                    constants = _constant(node, slot, known)
                    found.given.update((args[-1], value) for value in constants)
            many = node.op.multiple
            results = tuple(
                place((node, k) if many else node) for k in range(len(node.shape) if many else 1)
            )
            call = OpCall(node.op, tuple(args), _keywords(node), results, node, column(node))
            found.calls.append(call)
            if not many:
                found.nodes[node] = results[0]
    return found


def run(found: Calls) -> dict[int, Any]:
    """All values, by place, in double precision. What is wrong with calls or values raises."""
    values = {place: _exact(value) for place, value in found.given.items()}
    for call in found.calls:
        out = call.op.forward(*[values[a] for a in call.args], **call.params)
        values.update(zip(call.results, out if call.op.multiple else (out,), strict=True))
    return values


def settled(found: Calls, known: Mapping[Node, Any]) -> dict[int, Any]:
    """All values that follow from what is given and from those `known`, by place.

    They lead forward through calls, and backward through those that can be undone, until nothing
    more comes of it.
    """
    values = {place: known[node] for node, place in found.nodes.items() if node in known}
    values |= found.given
    shapes = {place: node.shape for node, place in found.leaves.items()}
    waiting, before = found.calls, -1
    while before != len(values):
        before = len(values)
        for call in waiting:
            _forward(call, values)
        waiting = [c for c in waiting if any(p not in values for p in (*c.args, *c.results))]
        for call in reversed(waiting):
            _backward(call, values, shapes)
    return values


def _key(node: Node) -> Any:
    """The key of a value: its node, or of one of several results the node and the number."""
    whole = node.parents[0] if is_output(node) else None
    return node if whole is None or number(node) is FREED else (whole, number(node))


def _exact(value: Any) -> Any:
    """A value in double precision, if it is real."""
    if value is None:
        return None
    array = np.asarray(value)
    return array.astype(float) if array.dtype.kind == "f" else array


def _constant(node: Node, slot: int, known: Mapping[Node, Any]) -> list[Any]:
    """The value of an operand without a node, which may be None; an empty list if it is unknown."""
    op: Any = node.op
    saved, name, parent = saved_items(node), op.argument(slot), node.parents[slot]
    if parent is not None:
        return [known[parent]] if parent in known else []
    if (kept := constant_operand(node, slot)) is not None:
        return [detached(kept)]
    if name not in saved:
        return []
    value = saved[name]
    return [value[slot] if op.variadic and isinstance(value, tuple) else value]


def _keywords(node: Node) -> dict[str, Any]:
    """The keywords of a call that were saved, and those that the result tells; others are as the op
    has them by default."""
    params: Any = node.op.params if node.op else ()
    saved = saved_items(node)
    told: dict[str, Any] = {"shape": node.shape, "dtype": node.dtype}
    if node.parents[0] is not None:
        told["keepdims"] = len(node.shape) == len(node.parents[0].shape)
    return {name: told[name] for name in params if name in told} | {
        name: saved[name] for name in params if name in saved}


def _forward(call: OpCall, values: dict[int, Any]) -> None:
    """Compute a call whose operands are known, if its results are not."""
    if any(a not in values for a in call.args) or all(r in values for r in call.results):
        return
    op, args = call.op, [values[a] for a in call.args]
    if any(isinstance(v, np.random.Generator) for v in (*args, *call.params.values())):
        return  # it would draw again
    try:
        with np.errstate(all="ignore"):
            if op.moves_data and op.params and call.params.keys().isdisjoint(op.params):
                out = np.reshape(args[0], call.node.shape)  # as its rule, too, knows only shapes
            else:
                out = op.forward(*args, **call.params)
    except (TypeError, ValueError, IndexError):  # a keyword that was not saved
        return
    results = out if op.multiple else (out,)
    if op.multiple or np.shape(out) == call.node.shape:
        values.update(zip(call.results, results, strict=True))


def _backward(call: OpCall, values: dict[int, Any], shapes: Mapping[int, Any]) -> None:
    """Where the results are known, and all operands but one, that one, if the op can be undone."""
    missing = [a for a in call.args if a not in values]
    if not missing or any(r not in values for r in call.results):
        return
    result, first = values[call.results[0]], call.args[0] == missing[0]
    if call.op is OPS["stack"]:
        parts = np.moveaxis(result, call.params["axis"], 0)
        values.update((a, part) for a, part in zip(call.args, parts, strict=True) if a in missing)
    if len(missing) != 1:
        return
    with np.errstate(all="ignore"):
        if call.op in _INVERSES:
            value = _INVERSES[call.op](result)
        elif call.op is OPS["split"]:
            value = np.concatenate([values[r] for r in call.results], call.params["axis"])
        elif call.op is OPS["add"] and len(call.args) == 2:
            value = result - values[call.args[1 if first else 0]]
        elif call.op is OPS["where"] and call.args[0] in values:
            value = np.where(values[call.args[0]], *((result, 0) if call.args[1] == missing[0]
                                                     else (0, result)))
        elif call.op is OPS["subtract"]:
            value = result + values[call.args[1]] if first else values[call.args[0]] - result
        else:
            return
    value = _narrowed(np.asarray(value), shapes.get(missing[0], np.shape(value)))
    if value is not None and np.all(np.isfinite(value)):
        values[missing[0]] = value


def _narrowed(value: Any, shape: Any) -> Any:
    """What was broadcast to a value, if all copies of it are the same."""
    if value.shape == shape:
        return value
    lead = value.ndim - len(shape)
    place = tuple(0 if k < lead else slice(1) if shape[k - lead] == 1 else slice(None)
                  for k in range(value.ndim))
    narrow = value[place]
    return narrow if np.allclose(narrow, value, rtol=1e-9, atol=1e-12) else None
