"""A language model for other programs: as an ONNX model, and under the names of PyTorch."""

from __future__ import annotations

from os import PathLike
from typing import Any

import numpy as np

from ..convert import to_torch
from ..convert.onnx_files import graph_of, write_graph
from ..convert.onnx_graph import Node, Value
from ..models.language_model import LanguageModel

__all__ = ["onnx_graph_of", "onnx_model", "torch_state"]


def torch_state(model: LanguageModel) -> dict[str, np.ndarray[Any, Any]]:
    """The parameters under the names of PyTorch's example word_language_model.

    encoder.weight (V, E), an ``nn.Embedding``; rnn.weight_ih_l0 and so on, an ``nn.RNN``,
    ``nn.LSTM`` or ``nn.GRU``; decoder.weight (V, H) and decoder.bias (V,), an ``nn.Linear``.
    Without an embedding encoder.weight is the identity: one-hot vectors.

    Raises ValueError for a cell that PyTorch does not have.

    >>> sorted(torch_state(LanguageModel(5, 3, cell="gru", rng=0)))[:4]
    ['decoder.bias', 'decoder.weight', 'encoder.weight', 'rnn.bias_hh_l0']
    """
    table = np.eye(model.layer.input_size, dtype=model.b_y.dtype)
    if model.embedding is not None:
        table = model.embedding.numpy()
    weight = table if model.W_hy is None else model.W_hy.numpy().T
    return {
        "encoder.weight": table, **to_torch(model.layer, prefix="rnn."),
        "decoder.weight": np.ascontiguousarray(weight), "decoder.bias": model.b_y.numpy(),
    }


def onnx_model(model: LanguageModel, path: str | PathLike[str]) -> None:
    """Write the model as an ONNX file: tokens (T, B), int64, to logits (T, B, V); T and B are free.

    The states before the first step are inputs h_0 (and c_0), those after the last are outputs.
    Raises ValueError for a cell that ONNX has no operator for, ModuleNotFoundError without the
    package onnx, OSError where the file cannot be written.

    >>> onnx_model(LanguageModel(5, 3, rng=0), "model.onnx")    # doctest: +SKIP
    """
    write_graph(onnx_graph_of(model), path)


def onnx_graph_of(model: LanguageModel) -> Any:
    """What ``onnx_model`` writes, as plain data.

    >>> [value.name for value in onnx_graph_of(LanguageModel(5, 3, rng=0)).outputs]
    ['logits', 'h_n', 'c_n']
    """
    embedded = model.embedding is not None
    graph = graph_of(model.layer, initial_state=True, tokens=not embedded)
    if model.embedding is not None:
        table = graph.constant("embedding", model.embedding.numpy().astype(graph.dtype))
        graph.inputs[0] = Value("tokens", np.dtype(np.int64), ("T", "B"))
        graph.nodes.insert(0, Node("Gather", (table, "tokens"), ("x",), {"axis": 0}))
    weight = model.embedding.numpy().T if model.W_hy is None and model.embedding is not None else (
        model.W_hy.numpy() if model.W_hy is not None else None
    )
    W = graph.constant("W_hy", np.asarray(weight, graph.dtype))
    b = graph.constant("b_y", model.b_y.numpy().astype(graph.dtype))
    graph.outputs.pop(0)    # y, of the layer
    graph.result("logits", graph.node("Add", [graph.node("MatMul", ["y", W]), b]),
                 ("T", "B", len(model.b_y)))
    graph.outputs.insert(0, graph.outputs.pop())
    return graph
