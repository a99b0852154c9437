"""Cells and layers as ONNX files, which onnxruntime and other programs run to the same numbers.

One operator RNN, LSTM or GRU a layer, and around it what makes the shapes those of ``rnn``. Needs
the package onnx, which the extra ``onnx`` installs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.io import replacing

from .convert import Weights, to_onnx, weights_of

if TYPE_CHECKING:
    from onnx import ModelProto

__all__ = ["onnx_export"]


def onnx_export(
    thing: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    dtype: Any = np.float32,
    batch_first: bool | None = None,
    initial_state: bool = False,
    lengths: bool = False,
    tokens: bool = False,
    opset: int = 17,
) -> ModelProto:
    """The ONNX model of a cell or layer that runs over sequences, written to `path`.

    thing: a cell; a layer; cells by layer and direction; or what a reader such as
        ``rnn.convert.from_torch`` returned.
    path: the file, replaced in one step; without it the model is returned only.
    dtype: of all numbers. onnxruntime runs these operators in float32 (the default) only; others,
        such as onnx's own reference evaluator, also in float64.
    batch_first: whether inputs, outputs and states are (B, ...); by default as in the layer.
    initial_state: whether h_0 (and c_0) are inputs; otherwise they are what the layer has learned,
        or 0.
    lengths: whether the lengths of the sequences, int32 (B,), are an input; outputs past the end of
        a sequence are 0 then, and h_n is the state at its end.
    tokens: whether the inputs are token indices, int64 (T, B), instead of (T, B, K).
    opset: the version of ONNX's operators, 14 or later.

    T and B are free. Inputs: x; h_0, c_0; lengths. Outputs: y (T, B, D·H) with D directions side by
    side (or their sum or product), h_n (L·D, B, H) and of an LSTM c_n: layer by layer, forwards
    before backwards, as in the state of a layer. What acts in training only, such as dropout, plays
    no part. The numbers agree to the precision of the dtype.

    Raises ValueError for what ONNX has no operator for, ModuleNotFoundError without onnx, OSError
    where the file cannot be written.

    >>> from rnn import GRUCell
    >>> model = onnx_export(GRUCell(5, 3), "gru.onnx")    # doctest: +SKIP
    >>> [value.name for value in model.graph.output]      # doctest: +SKIP
    ['y', 'h_n']
    """
    onnx = _onnx()
    weights = weights_of(thing, "onnx_export")
    widths = sorted({cell.hidden_size for cell in weights.all()})
    if len(widths) > 1:
        raise ValueError(
            f"onnx_export: the layers have {widths} units, so their states do not fit into one "
            f"h_n; export them one by one"
        )
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"onnx_export(dtype={dtype!r}): wanted float32 or float64")
    if isinstance(opset, bool) or not isinstance(opset, int) or opset < 14:
        raise ValueError(f"onnx_export(opset={opset!r}): wanted 14 or later")
    if batch_first is None:
        batch_first = bool(getattr(thing, "batch_first", False))
    graph = _Graph(onnx, np.dtype(dtype), batch_first)
    x = graph.sequence(weights.layers[0][0].input_size, tokens)
    starts = _starts(graph, x, weights, thing, initial_state)
    ends = graph.value("input", "lengths", onnx.TensorProto.INT32, ("B",)) if lengths else ""
    _run(graph, weights, x, starts, ends)
    model: ModelProto = graph.model(opset)
    onnx.checker.check_model(model, full_check=True)
    if path is not None:
        with replacing(path) as file:
            file.write(model.SerializeToString())
    return model


def _onnx() -> Any:
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "onnx_export needs the package onnx; install it with: pip install onnx",
            name=error.name,
        ) from error
    return onnx


def _starts(
    graph: _Graph, x: str, weights: Weights, thing: Any, given: bool
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
    graph: _Graph, weights: Weights, x: str, starts: dict[str, list[str]], ends: str
) -> None:
    """The layers one above the other, and the outputs of the whole."""
    D, H = len(weights.layers[0]), weights.layers[0][0].hidden_size
    lasts: dict[str, list[str]] = {part: [] for part in starts}
    operators = to_onnx(weights)
    for layer, operator in enumerate(operators):
        arrays = {
            key: graph.constant(f"{key}_{layer}", array.astype(graph.dtype))
            for key, array in operator.arrays.items()
        }
        given = [x, arrays["W"], arrays["R"], arrays.get("B", ""), ends]
        given += [names[layer] for names in starts.values()] + [arrays.get("P", "")]
        results = [f"Y_{layer}", *(f"Y_{part}_{layer}" for part in starts)]
        graph.node(operator.op_type, given, results, **operator.attributes)
        for part, name in zip(starts, results[1:], strict=True):
            lasts[part].append(name)
        x = _merged(graph, results[0], D, H, weights.merge)              # (T, B, D·H)
    graph.result("y", x, ("T", "B", H * (D if weights.merge == "concat" else 1)))
    for part, names in lasts.items():
        whole = graph.node("Concat", names, axis=0)                      # (L·D, B, H)
        graph.result(f"{part}_n", whole, (len(operators) * D, "B", H))


def _merged(graph: _Graph, Y: str, D: int, H: int, merge: str) -> str:
    """The outputs (T, D, B, H) of an operator as (T, B, D·H), or (T, B, H)."""
    if D == 2 and merge != "concat":
        sides = [
            graph.node("Gather", [Y, graph.constant(f"side_{d}", np.int64(d))], axis=1)
            for d in range(2)
        ]
        return graph.node({"sum": "Add", "mul": "Mul"}[merge], sides)
    shape = graph.constant("side_by_side", np.array([0, 0, D * H], np.int64))
    return graph.node("Reshape", [graph.node("Transpose", [Y], perm=[0, 2, 1, 3]), shape])


class _Graph:
    """The nodes, constants, inputs and outputs of an ONNX graph, as they are put together.

    Inside it is time-major; with `batch_first` its inputs and outputs are (B, ...).
    """

    def __init__(self, onnx: Any, dtype: np.dtype[Any], batch_first: bool) -> None:
        self.onnx, self.dtype, self.batch_first = onnx, dtype, batch_first
        self.real = onnx.helper.np_dtype_to_tensor_dtype(dtype)
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.values: dict[str, list[Any]] = {"input": [], "output": []}

    def model(self, opset: int) -> Any:
        """The whole model."""
        helper, to_tensor = self.onnx.helper, self.onnx.numpy_helper.from_array
        tensors = [to_tensor(np.asarray(value), name) for name, value in self.constants.items()]
        graph = helper.make_graph(
            self.nodes, "minigrad", self.values["input"], self.values["output"], tensors
        )
        operators = [helper.make_opsetid("", opset)]
        return helper.make_model_gen_version(
            graph, opset_imports=operators, producer_name="minigrad"
        )

    def sequence(self, width: int, tokens: bool) -> str:
        """The input x as (T, B, K)."""
        if not tokens:
            return self._turned(self.value("input", "x", self.real, self._axes("T", "B", width)))
        integer = self.onnx.TensorProto.INT64
        x = self.value("input", "x", integer, self._axes("T", "B"))
        depth = self.constant("depth", np.int64(width))
        off_on = self.constant("off_on", np.array([0, 1], self.dtype))
        return self._turned(self.node("OneHot", [x, depth, off_on], axis=-1))

    def state(self, name: str, cells: int, width: int) -> str:
        """An input as (cells, B, H)."""
        return self._turned(self.value("input", name, self.real, self._axes(cells, "B", width)))

    def result(self, name: str, of: str, shape: Sequence[int | str]) -> None:
        """An output of the graph."""
        if self.batch_first:
            self.node("Transpose", [of], [name], perm=[1, 0, 2])
        else:
            self.node("Identity", [of], [name])
        self.value("output", name, self.real, self._axes(*shape))

    def split(self, name: str, sizes: list[int]) -> list[str]:
        """A value cut along its first axis."""
        if len(sizes) == 1:
            return [name]
        names = [f"{name}_{k}" for k in range(len(sizes))]
        self.node("Split", [name, self.constant("sizes", np.array(sizes, np.int64))], names, axis=0)
        return names

    def node(
        self, op: str, inputs: list[str], outputs: list[str] | None = None, **attributes: Any
    ) -> str:
        """Add a node; the name of its first output."""
        while not inputs[-1]:
            inputs = inputs[:-1]
        names = outputs or [f"{op.lower()}_{len(self.nodes)}"]
        self.nodes.append(self.onnx.helper.make_node(op, inputs, names, **attributes))
        return names[0]

    def constant(self, name: str, value: Any) -> str:
        """Add an array to the file."""
        self.constants[name] = value
        return name

    def value(self, where: str, name: str, kind: int, shape: Sequence[int | str]) -> str:
        """Declare an "input" or "output" of the graph."""
        self.values[where].append(self.onnx.helper.make_tensor_value_info(name, kind, shape))
        return name

    def _axes(self, first: int | str, second: int | str, *rest: int | str) -> list[int | str]:
        return [second, first, *rest] if self.batch_first else [first, second, *rest]

    def _turned(self, name: str) -> str:
        """Time or cells first, whatever the input has."""
        return self.node("Transpose", [name], perm=[1, 0, 2]) if self.batch_first else name
