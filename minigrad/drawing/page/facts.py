"""What the page knows of a picture: its marks and wires, and the ops behind them.

Everything is plain data: dicts, lists, numbers, text, and arrays, which are packed at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

import numpy as np

from ...engine.node import FREED, Node
from ...engine.op import Op
from ...engine.outputs import number
from ...observe.packing import is_output, label_of
from ..render.scene import Path, Scene
from .rules import rule_text

__all__ = ["facts"]


def facts(
    scene: Scene,
    values: Mapping[Node, Any],
    gradients: Mapping[Node, Any],
    names: Mapping[Node, str],
) -> dict[str, Any]:
    """The marks, paths, ops and nodes of a picture, as the scripts of the page read them.

    values, gradients, names: by node, those that are known.
    """
    homes = {node: scene.slugs[own] for own, nodes in scene.nodes.items() for node in nodes}
    calls = sorted((n for n in homes if n.pullback is not None), key=lambda node: -node.key)
    place = {node: k for k, node in enumerate(calls)}
    catalogue: dict[Op, int] = {}
    return {
        "marks": _marks(scene),
        "paths": _paths(scene),
        "nodes": [
            _call(node, homes, place, catalogue) | _numbers(node, values, gradients)
            | ({"name": names[node]} if node in names else {})
            for node in calls
        ],
        "ops": [_op(op) for op in catalogue],
        "sums": _sums(scene, {homes[node]: k for node, k in place.items()}),
    }


def _marks(scene: Scene) -> dict[str, Any]:
    turned = scene.turned()
    found = {}
    for mark in scene.marks:
        x, y = turned(mark.x, mark.y)
        found[scene.slugs[mark.id]] = {
            "kind": mark.kind, "x": x, "y": y, "width": mark.width, "height": mark.height,
            "words": " ".join(map(str, mark.lines)),
        } | {key: value for key, value in mark.data.items() if key != "ops"}
    return found


def _paths(scene: Scene) -> dict[str, Any]:
    return {
        scene.slugs[path.id]: {
            "kind": path.kind, "tail": scene.slugs[path.tail], "head": scene.slugs[path.head],
            **path.data,
        }
        for path in scene.paths
    }


def _op(op: Op) -> dict[str, Any]:
    """An op with its formula and its rules, as its record has them."""
    rules = (
        {"all": op.joint} if op.joint is not None
        else {op.argument(i): rule for i, rule in enumerate(op.rules) if rule is not None}
    )
    texts = {argument: rule_text(rule) for argument, rule in rules.items()}
    return {"name": op.name, "formula": op.formula, "arguments": list(op.arguments),
            "variadic": op.variadic, "rules": {a: list(text) for a, text in texts.items()}}


def _call(
    node: Node, homes: Mapping[Node, str], place: Mapping[Node, int], catalogue: dict[Op, int]
) -> dict[str, Any]:
    """One op call. args: the number of the op that made an operand, or the id of the mark of a
    leaf; None for a constant."""
    found: dict[str, Any] = {
        "mark": homes[node],
        "args": [None if p is None else place.get(p, homes.get(p)) for p in node.parents],
    }
    if is_output(node):
        found["part"] = label_of(node) or ("" if number(node) is FREED else f"[{number(node)}]")
    elif node.op is not None:
        found["op"] = catalogue.setdefault(node.op, len(catalogue))
    return found | ({"name": node.name} if node.name else {})


def _numbers(
    node: Node, values: Mapping[Node, Any], gradients: Mapping[Node, Any]
) -> dict[str, Any]:
    """The value and the gradient of an op call, and the shape where the value is unknown."""
    found: dict[str, Any] = {}
    if node in values:
        found["value"] = np.asarray(values[node])
    else:
        found["shape"] = [list(s) if isinstance(s, tuple) else s for s in node.shape]
    if node in gradients:
        found["gradient"] = np.asarray(gradients[node])
    return found


def _sums(scene: Scene, last: Mapping[str, int]) -> dict[str, list[list[Any]]]:
    """By weight, how its gradient grows in a backward sweep: [tap, norm of the sum so far].

    last: the number of the last op of each mark; the sweep arrives at the newest first.
    """
    taps: dict[str, list[Path]] = {}
    for path in scene.paths:
        if path.kind == "tap" and "term" in path.data:
            taps.setdefault(path.tail, []).append(path)
    found = {}
    for weight, own in taps.items():
        newest = sorted(own, key=lambda path: -last.get(scene.slugs[path.head], 0))
        sums = accumulate(np.asarray(path.data["term"], float) for path in newest)
        found[scene.slugs[weight]] = [
            [scene.slugs[path.id], float(np.linalg.norm(total))]
            for path, total in zip(newest, sums, strict=True)
        ]
    return found
