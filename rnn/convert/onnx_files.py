"""Cells and layers as ONNX files, which onnxruntime and other programs run to the same numbers.

One operator RNN, LSTM or GRU a layer, or a Scan of what ONNX has no operator for, and around it
what makes the shapes those of ``rnn``. Needs the package onnx, which the extra ``onnx`` installs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.io import replacing

from ..models import Readout, Seq2Seq
from .cells import grid_of, weights_of
from .onnx_graph import Graph, Last, Value
from .onnx_scan import run_scans
from .operators import to_onnx
from .weights import CellWeights, Weights

if TYPE_CHECKING:
    from onnx import ModelProto

__all__ = ["graph_of", "needed_onnx", "onnx_export", "write_graph"]


def onnx_export(
    thing: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    dtype: Any = np.float32,
    batch_first: bool | None = None,
    initial_state: bool = False,
    lengths: bool = False,
    tokens: bool = False,
    head: Readout | None = None,
    how: str | None = None,
    opset: int = 17,
) -> ModelProto:
    """The ONNX model of a cell or layer that runs over sequences, written to `path`.

    thing: a cell; a layer; cells by layer and direction; what a reader such as
        ``rnn.convert.from_torch`` returned; or a Readout, with inputs and outputs (T, B, ...). Of a
        Seq2Seq the encoder, and the decoder with ``head=model.head, initial_state=True``.
    path: the file, replaced in one step; without it the model is returned only.
    dtype: of all numbers. onnxruntime runs these operators in float32 (the default) only; others,
        such as onnx's own reference evaluator, also in float64.
    batch_first: whether inputs, outputs and states are (B, ...); by default as in the layer.
    initial_state: whether h_0 (and c_0) are inputs; otherwise they are what the layer has learned,
        or 0.
    lengths: whether the lengths of the sequences, int32 (B,), are an input; outputs past the end of
        a sequence are 0 then, and h_n is the state at its end.
    tokens: whether the inputs are token indices, int64 (T, B), instead of (T, B, K).
    head: what makes y of the outputs of the layer, such as the Readout of a decoder.
    how: "operator" for ONNX's RNN, LSTM and GRU; "scan" for the operator Scan, whose body is the
        step of the cell, traced; by default the first where there is one, else the second. So any
        cell whose ops ONNX has is exported, a user's own too, with every part of its state.
    opset: the version of ONNX's operators, 14 or later.

    T and B are free. Inputs: x; h_0, c_0; lengths. Outputs: y (T, B, D·H) with D directions side by
    side (or their sum, product or mean), h_n (L·D, B, H) and of an LSTM c_n: layer by layer,
    forwards before backwards, as in the state of a layer. What acts in training only, such as
    dropout, plays no part. The numbers agree to the precision of the dtype.

    Raises ValueError for a step with an op that ONNX lacks, which it names, ModuleNotFoundError
    without onnx, OSError where the file cannot be written.

    >>> from rnn import GRUCell
    >>> model = onnx_export(GRUCell(5, 3), "gru.onnx")    # doctest: +SKIP
    >>> [value.name for value in model.graph.output]      # doctest: +SKIP
    ['y', 'h_n']
    """
    needed_onnx("onnx_export")
    if isinstance(opset, bool) or not isinstance(opset, int) or opset < 14:
        raise ValueError(f"onnx_export(opset={opset!r}): wanted 14 or later")
    graph = graph_of(
        thing, dtype=dtype, batch_first=batch_first, initial_state=initial_state, lengths=lengths,
        tokens=tokens, head=head, how=how,
    )
    return write_graph(graph, path, opset=opset)


def write_graph(
    graph: Graph, path: str | os.PathLike[str] | None = None, *, opset: int = 17
) -> ModelProto:
    """A graph as an ONNX model that has been checked, written to `path` if given.

    Raises ModuleNotFoundError without onnx, OSError where the file cannot be written.
    """
    onnx = needed_onnx("onnx_export")
    model: ModelProto = _model(onnx, graph, opset)
    onnx.checker.check_model(model, full_check=True)
    if path is not None:
        with replacing(path) as file:
            file.write(model.SerializeToString())
    return model


def graph_of(
    thing: Any,
    *,
    dtype: Any = np.float32,
    batch_first: bool | None = None,
    initial_state: bool = False,
    lengths: bool = False,
    tokens: bool = False,
    head: Readout | None = None,
    how: str | None = None,
) -> Graph:
    """What ``onnx_export`` writes, as plain data; the arguments and errors are its own.

    Raises ValueError for layers of unequal width, for merge=None and for another dtype.

    >>> from rnn import GRUCell
    >>> graph = graph_of(GRUCell(5, 3), lengths=True)
    >>> [node.inputs for node in graph.nodes if node.op == "GRU"]
    [('x', 'W_0', 'R_0', 'B_0', 'lengths')]
    """
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"onnx_export(dtype={dtype!r}): wanted float32 or float64")
    if batch_first is None:
        batch_first = bool(getattr(thing, "batch_first", False))
    graph = Graph(np.dtype(dtype), batch_first)
    if isinstance(thing, Readout):
        y = _readout(graph, thing, graph.sequence(len(thing.W_hq), tokens=False))
        graph.result("y", y, ("T", "B", thing.W_hq.shape[1]))
        return graph
    _check_outputs(thing)
    weights = _operators_of(thing, how)
    grid = grid_of(thing, "onnx_export") if weights is None else []
    first = grid[0][0] if weights is None else weights.layers[0][0]
    x = graph.sequence(first.input_size, tokens)
    ends = graph.input("lengths", np.dtype(np.int32), ("B",)) if lengths else ""
    if weights is None:
        y, width, lasts = run_scans(graph, thing, grid, x, initial_state, ends)
    else:
        starts = _starts(graph, x, weights, thing, initial_state)
        y, width, lasts = _run(graph, weights, x, starts, ends)
    if head is not None:
        y, width = _readout(graph, head, y), head.W_hq.shape[1]
    graph.result("y", y, ("T", "B", width))
    for part, last in lasts.items():
        whole = graph.node("Concat", last.names, axis=0)                 # (L·D, B, ...)
        graph.result(f"{part}_n", whole, (last.cells, "B", *last.shape), last.dtype)
    return graph


def _check_outputs(thing: Any) -> None:
    """Raise for what is no layer, and for a layer whose outputs are two."""
    if isinstance(thing, Seq2Seq):
        raise TypeError(
            "onnx_export: a Seq2Seq runs its decoder step by step, which one graph does not; "
            "export its parts: onnx_export(model.encoder), and onnx_export(model.decoder, "
            "head=model.head, initial_state=True), which are called as model.generate does"
        )
    if getattr(thing, "merge", "concat") is None and getattr(thing, "bidirectional", False):
        raise ValueError(
            "onnx_export: with merge=None the layer has two outputs, and the file has one, y; "
            "merge them"
        )


def _operators_of(thing: Any, how: str | None) -> Weights | None:
    """The weights of what ONNX has operators for; None for what is to be scanned."""
    if how not in (None, "operator", "scan"):
        raise ValueError(f"onnx_export(how={how!r}): wanted 'operator', 'scan' or None")
    if how == "scan":
        return None
    try:
        weights = weights_of(thing, "onnx_export")
        to_onnx(weights)
    except ValueError:
        if how == "operator" or isinstance(thing, Weights | CellWeights):
            raise
        return None
    widths = sorted({cell.hidden_size for cell in weights.all()})
    if len(widths) > 1:
        raise ValueError(
            f"onnx_export: the layers have {widths} units, so their states do not fit into one "
            f"h_n; export them one by one"
        )
    return weights


def _readout(graph: Graph, head: Any, h: str) -> str:
    """y = h W_hq + b_q."""
    if not isinstance(head, Readout):
        raise TypeError(
            f"onnx_export(head): received {type(head).__name__}; wanted a Readout, or None"
        )
    W = graph.constant("W_hq", head.W_hq.numpy().astype(graph.dtype))
    y = graph.node("MatMul", [h, W])
    if head.b_q is None:
        return y
    return graph.node("Add", [y, graph.constant("b_q", head.b_q.numpy().astype(graph.dtype))])


def needed_onnx(owner: str) -> Any:
    """The package onnx, or an error that says how to install it."""
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{owner} needs the package onnx; install it with: pip install onnx",
            name=error.name,
        ) from error
    return onnx


def _model(onnx: Any, graph: Graph, opset: int) -> Any:
    """The graph as an onnx ModelProto."""
    helper, to_tensor = onnx.helper, onnx.numpy_helper.from_array

    def declared(values: Sequence[Value]) -> list[Any]:
        return [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(dtype), shape)
            for name, dtype, shape in values
        ]

    def proto(graph: Graph, name: str, constants: dict[str, Any]) -> Any:
        nodes = []
        for node in graph.nodes:
            attributes = {
                key: proto(value, key, {}) if isinstance(value, Graph) else value
                for key, value in node.attributes.items()
            }
            nodes.append(helper.make_node(node.op, node.inputs, node.outputs, **attributes))
        tensors = [to_tensor(np.asarray(value), name) for name, value in constants.items()]
        inputs, outputs = declared(graph.inputs), declared(graph.outputs)
        return helper.make_graph(nodes, name, inputs, outputs, tensors)

    whole = proto(graph, "minigrad", graph.constants)
    return helper.make_model_gen_version(
        whole, opset_imports=[helper.make_opsetid("", opset)], producer_name="minigrad"
    )


def _starts(
    graph: Graph, x: str, weights: Weights, thing: Any, given: bool
) -> dict[str, list[str]]:
    """For each part of the state the names of its initial values by layer; "" for zeros."""
    parts = "hc" if weights.kind == "lstm" else "h"
    L, D, H = len(weights.layers), len(weights.layers[0]), weights.layers[0][0].hidden_size
    if given:
        return {part: graph.split(graph.state(f"{part}_0", L * D, H), [D] * L) for part in parts}
    if not getattr(thing, "initial", None):
        return {part: [""] * L for part in parts}
    one = graph.constant("one", np.array([1], np.int64))
    batch = graph.node("Gather", [graph.node("Shape", [x]), one])
    shape = graph.node("Concat", [one, batch, one], axis=0)              # (1, B, 1)
    state = thing.initial_state(1)
    starts = {}
    for part, value in zip(parts, state if isinstance(state, tuple) else (state,), strict=False):
        learned = value.numpy().reshape(L * D, 1, H).astype(graph.dtype)
        name = graph.node("Expand", [graph.constant(f"{part}_0", learned), shape])
        starts[part] = graph.split(name, [D] * L)
    return starts


def _run(
    graph: Graph, weights: Weights, x: str, starts: dict[str, list[str]], ends: str
) -> tuple[str, int, dict[str, Last]]:
    """Add an operator for each layer: the outputs, their width, and by part the last states."""
    D, H = len(weights.layers[0]), weights.layers[0][0].hidden_size
    lasts = {part: Last([], D * len(weights.layers), (H,), graph.dtype) for part in starts}
    for layer, operator in enumerate(to_onnx(weights)):
        arrays = {
            key: graph.constant(f"{key}_{layer}", array.astype(graph.dtype))
            for key, array in operator.arrays.items()
        }
        given = [x, arrays["W"], arrays["R"], arrays.get("B", ""), ends]
        given += [names[layer] for names in starts.values()] + [arrays.get("P", "")]
        results = [f"Y_{layer}", *(f"Y_{part}_{layer}" for part in starts)]
        graph.node(operator.op_type, given, results, **operator.attributes)
        for part, name in zip(starts, results[1:], strict=True):
            lasts[part].names.append(name)
        x = _merged(graph, results[0], D, H, weights.merge)              # (T, B, D·H)
    return x, H * (D if weights.merge == "concat" else 1), lasts


def _merged(graph: Graph, Y: str, D: int, H: int, merge: str | None) -> str:
    """The outputs (T, D, B, H) of an operator as (T, B, D·H), or (T, B, H)."""
    if D == 2 and merge != "concat":
        sides = [
            graph.node("Gather", [Y, graph.constant(f"side_{d}", np.int64(d))], axis=1)
            for d in range(2)
        ]
        return graph.merged(sides, merge)
    shape = graph.constant("side_by_side", np.array([0, 0, D * H], np.int64))
    return graph.node("Reshape", [graph.node("Transpose", [Y], perm=[0, 2, 1, 3]), shape])
