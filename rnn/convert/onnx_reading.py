"""The recurrent operators in an ONNX file, with their arrays. Needs the package onnx."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from minigrad.errors import FileFormatError

from .onnx_files import needed_onnx
from .operators import Operator

__all__ = ["onnx_operators"]

_RECURRENT = ("RNN", "LSTM", "GRU")
_MERGES = {"Add": "sum", "Mul": "mul", "Mean": "ave"}


class Found(NamedTuple):
    """A recurrent operator of a graph; merge: what becomes of its two directions."""

    name: str
    operator: Operator
    merge: str


def onnx_operators(path: str | os.PathLike[str]) -> Iterator[Found]:
    """Each RNN, LSTM and GRU of a file, in their order.

    Arrays that the graph computes from constants, as PyTorch's exporter writes them, are computed.
    Raises FileFormatError for what is no ONNX file, ValueError for weights that are no constants.
    """
    onnx = needed_onnx("from_file")
    try:
        model = onnx.load(os.fspath(path))
    except OSError:
        raise
    except Exception as error:  # of protobuf, which raises a class of its own
        raise FileFormatError(f"{os.fspath(path)} is no ONNX file, or damaged: {error}") from error
    arrays = _Constants(onnx, model, path)
    for number, node in enumerate(model.graph.node):
        if node.op_type not in _RECURRENT:
            continue
        given = dict(zip(("X", "W", "R", "B", "ends", "h", "c", "P"), node.input, strict=False))
        held = {part: arrays[given[part]] for part in "WRBP" if given.get(part)}
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        name = node.name or f"{node.op_type}_{number}"
        yield Found(name, Operator(node.op_type, held, attributes), _merge(model.graph, node))


def _merge(graph: Any, node: Any) -> str:
    """How the two directions of an operator become one output: by default side by side."""
    sides = {y for n in graph.node if n.op_type == "Gather" and n.input[0] == node.output[0]
             for y in n.output}
    for other in graph.node:
        if len(sides & set(other.input)) == 2:
            return _MERGES.get(other.op_type, "concat")
    return "concat"


class _Constants:
    """The arrays of a graph by name: those in the file, and those computed from them."""

    def __init__(self, onnx: Any, model: Any, path: str | os.PathLike[str]) -> None:
        self.onnx, self.model, self.path = onnx, model, path
        self.known = {tensor.name: tensor for tensor in model.graph.initializer}
        self.makers = {name: node for node in model.graph.node for name in node.output}

    def __getitem__(self, name: str) -> Any:
        if name in self.known:
            return self.onnx.numpy_helper.to_array(self.known[name])
        import onnx.reference

        wanted, needed = [name], set()
        while wanted:
            value = wanted.pop()
            if value in self.makers:
                needed.add(value)
                wanted += [v for v in self.makers[value].input if v not in needed]
            elif value and value not in self.known:
                raise ValueError(
                    f"from_file({os.fspath(self.path)!r}): {name!r} is computed from {value!r}, an "
                    f"input of the graph, so these are no weights"
                )
        nodes = [node for node in self.model.graph.node if needed & set(node.output)]
        helper = self.onnx.helper
        graph = helper.make_graph(
            nodes, "constants", [], [helper.make_empty_tensor_value_info(name)],
            list(self.known.values()),
        )
        part = helper.make_model(graph, opset_imports=self.model.opset_import)
        (array,) = onnx.reference.ReferenceEvaluator(part).run(None, {})
        return array
