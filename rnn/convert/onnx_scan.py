"""Cells that ONNX has no operator for: the operator Scan, whose body is the cell's step.

A step is traced as ``mg.scan`` traces it, and its ops are written as ONNX's: so every cell whose
ops ONNX has is exported, a user's own too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad import no_grad
from minigrad.engine.tensor import detached
from minigrad.scanning.step import traced
from minigrad.transforms.tree import flatten

from ..cells import Cell
from ..layers import Recurrent
from .onnx_graph import Graph, Last
from .onnx_ops import written

__all__ = ["run_scans"]

_BATCHES = (2, 3)  # a step is written for both; what differs between them depends on B


def run_scans(
    graph: Graph, thing: Any, grid: Sequence[Sequence[Cell]], x: str, given: bool, ends: str
) -> tuple[str, int, dict[str, Last]]:
    """Add a Scan for each cell: the outputs (T, B, width), their width, and by part of the state
    its last values.

    x: the inputs (T, B, K). given: whether the states before the first step are inputs.
    ends: the name of the lengths, or "".
    Raises ValueError for states that differ from cell to cell, and for ops that ONNX lacks.
    """
    cells = [cell for row in grid for cell in row]
    forms = [cell.state_form.parts for cell in cells]
    if any(form != forms[0] for form in forms) or not all(c.state_form.by_row for c in cells):
        raise ValueError(
            "onnx_export: the states of the cells differ, or have parts that all sequences share, "
            "so they do not fit into one output for each part; export the cells one by one"
        )
    with _evaluating(cells):
        return _run(graph, thing, grid, x, given, ends)


def _run(
    graph: Graph, thing: Any, grid: Sequence[Sequence[Cell]], x: str, given: bool, ends: str
) -> tuple[str, int, dict[str, Last]]:
    cells = [cell for row in grid for cell in row]
    starts = _starts(graph, thing, cells, x, given)
    merge, reverse = getattr(thing, "merge", "concat"), getattr(thing, "reverse", False)
    lasts = {
        part: Last([], len(cells), held.of(1)[1:], graph.dtype_of(held.dtype))
        for part, held in cells[0].state_form.parts.items()
    }
    one, width = graph.constant_of(np.array([0])), 0
    for row in grid:
        outputs = []
        for d, cell in enumerate(row):
            y, after = _scanned(graph, cell, x, starts.pop(0), ends, reverse or d == 1)
            outputs.append(y)
            for last, name in zip(lasts.values(), after, strict=True):
                last.names.append(graph.node("Unsqueeze", [name, one]))
        x, width = outputs[0], row[0].output_size
        if len(outputs) == 2:
            x = graph.merged(outputs, merge)
            width *= 2 if merge == "concat" else 1
    return x, width, lasts


def _starts(
    graph: Graph, thing: Any, cells: Sequence[Cell], x: str, given: bool
) -> list[list[str]]:
    """By cell the parts of its state before the first step, each (B, ...)."""
    form, first = cells[0].state_form.parts, graph.constant_of(np.array([0]))
    if given:
        by_part = [
            graph.split(
                graph.state(f"{part}_0", len(cells), *held.of(1)[1:], dtype=held.dtype),
                [1] * len(cells),
            )
            for part, held in form.items()
        ]
        return [
            [graph.node("Squeeze", [names[k], first]) for names in by_part]
            for k in range(len(cells))
        ]
    learned = isinstance(thing, Recurrent)
    states = thing.split_state(None, 1) if learned else [cell.initial_state(1) for cell in cells]
    second = graph.constant_of(np.array([1]))
    batch = graph.node("Gather", [graph.node("Shape", [x]), second])
    found = []
    for state in states:
        names = []
        for value in flatten(state)[0]:
            array = np.asarray(detached(value))
            ones = [second] * (array.ndim - 1)
            shape = graph.node("Concat", [batch, *ones], axis=0)
            start = graph.constant_of(array.astype(graph.dtype_of(array.dtype)))
            names.append(graph.node("Expand", [start, shape]))
        found.append(names)
    return found


def _scanned(
    graph: Graph, cell: Cell, x: str, before: list[str], ends: str, reverse: bool
) -> tuple[str, list[str]]:
    """One cell over a sequence: its outputs (T, B, H), and the parts of its last state."""
    scratch = Graph(graph.dtype, False)
    bodies = [
        _body(around, cell, batch, ends)
        for around, batch in zip((scratch, graph), _BATCHES, strict=True)
    ]
    if not _alike(*bodies):
        raise ValueError(
            f"onnx_export: the step of {type(cell).__name__} computes with the size of the batch, "
            f"so no one file serves for every batch"
        )
    body = bodies[1]
    scanned = [x]
    if ends:
        steps = graph.node("Gather", [graph.node("Shape", [x]), graph.constant_of(np.array(0))])
        zero, one = graph.constant_of(np.array(0)), graph.constant_of(np.array(1))
        scanned.append(graph.node("Range", [zero, steps, one]))
    results = [graph.fresh("scanned") for _ in body.outputs]
    graph.node(
        "Scan", [*before, *scanned], results, body=body, num_scan_inputs=len(scanned),
        scan_input_directions=[int(reverse)] * len(scanned),
        scan_output_directions=[int(reverse)],
    )
    return results[-1], results[:-1]


def _body(around: Graph, cell: Cell, batch: int, ends: str) -> Graph:
    """One step as a graph: from the parts of the state and x to those behind it and the output."""
    body = Graph(around.dtype, False, around)
    x = np.zeros((batch, cell.input_size), cell.dtype)
    with no_grad():
        arrays, rebuild = flatten(cell.initial_state(batch))
        values = [np.asarray(detached(value)) for value in arrays]
        found = traced(cell.step, (values, rebuild), flatten(x), [False] * len(values), [False])
    try:
        names = {}
        old = []
        for group, what in (("state", "before"), ("x", "x")):
            for var in found.program.inputs[group]:
                dtype = body.dtype_of(var.dtype)
                names[var] = body.input(body.fresh(what), dtype, ("B", *var.shape[1:]))
                old.append(names[var])
        for var, value in zip(found.program.inputs["captured"], found.captured, strict=True):
            array = np.asarray(detached(value))
            names[var] = body.constant_of(array.astype(body.dtype_of(array.dtype)))
        made = written(body, found.program, names, batch, type(cell).__name__)
        new = [*zip(made["state"], found.outputs["state"], strict=True)]
        new += zip(made["y"], found.outputs["y"], strict=True)
    finally:
        found.trace.close()
    own = ""
    if ends:
        t = body.input(body.fresh("t"), np.dtype(np.int64), ())
        own = body.node("Less", [t, body.node("Cast", [ends], to=7)])           # (B,)
    for k, (name, var) in enumerate(new):
        dtype, rest = body.dtype_of(var.dtype), var.shape[1:]
        if ends:
            axes = body.constant_of(np.arange(1, 1 + len(rest)))
            mask = body.node("Unsqueeze", [own, axes]) if rest else own
            zero = body.constant_of(np.zeros((), dtype))
            is_state = k < len(made["state"])
            name = body.node("Where", [mask, name, old[k] if is_state else zero])
        body.result(body.fresh("after"), name, ("B", *rest), dtype)
    return body


@contextmanager
def _evaluating(cells: Sequence[Cell]) -> Iterator[None]:
    """The cells in evaluation mode: what acts in training only plays no part."""
    before = [(module, module.training) for cell in cells for module in cell.modules()]
    try:
        for cell in cells:
            cell.eval()
        yield
    finally:
        for module, training in before:
            module.training = training


def _alike(one: Graph, two: Graph) -> bool:
    """Whether two graphs have the same nodes with the same constants."""

    def seen(graph: Graph) -> list[Any]:
        found: list[Any] = []
        for node in graph.nodes:
            arrays = [graph.constants[name] for name in node.inputs if name in graph.constants]
            found.append((node.op, node.attributes, [(a.shape, a.tobytes()) for a in arrays]))
        return found

    return seen(one) == seen(two)
