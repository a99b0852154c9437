"""Files of other programs: safetensors with PyTorch's names, Keras' HDF5 and .keras, and ONNX.

Which one it is, the suffix says. Nothing in a file is executed; pickles (.pt, .bin) are refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from minigrad import io

from .keras import from_keras
from .keras_files import KerasLayer, keras_layers, write_keras
from .onnx_files import onnx_export
from .onnx_reading import onnx_operators
from .operators import Operator, from_onnx
from .pytorch import from_torch, recurrent_modules, to_torch
from .reading import listed
from .weights import Weights

__all__ = ["from_file", "to_file"]

_PICKLED = (".pt", ".pth", ".bin", ".ckpt", ".pkl")


def from_file(
    path: str | os.PathLike[str], prefix: str | Sequence[str] | None = None, **options: Any
) -> Weights:
    """The parameters of the recurrent layers in a file of PyTorch's, Keras' or ONNX's.

    path: a state dict in .safetensors; .weights.h5, .h5 or .keras (with the package h5py); .onnx
        (with the package onnx). bfloat16 is read as float32, in which it is exact.
    prefix: the name of a layer in the file, such as "encoder.lstm" of "encoder.lstm.weight_ih_l0",
        "layers/lstm_1" or "/lstm/LSTM"; or several, from the bottom to the top, which are stacked.
        By default all recurrent layers in the file, if together they are one stack.
    options: those of ``from_torch``, ``from_keras`` or ``from_onnx`` for what the file does not
        say: the nonlinearity of a PyTorch RNN; the activations of .weights.h5.

    Raises ValueError that lists the layers in the file where none is chosen and they are no stack;
    FileFormatError for a damaged file, ModuleNotFoundError that says what to install, and OSError
    where the file cannot be read.

    >>> import tempfile
    >>> from minigrad import save
    >>> from rnn import GRU
    >>> path = tempfile.mkdtemp() + "/model.safetensors"
    >>> save(path, to_torch(GRU(5, 3, num_layers=2), prefix="encoder.gru."))
    >>> from_file(path, "encoder.gru")
    Weights(gru 5 → 3 → 3, float32, gates=r z n, biases=2, reset=after, update=keep)
    """
    reader = _chosen(path, "from_file", _READERS)
    found = reader(path, options)
    if isinstance(prefix, str) or prefix is None:
        names = list(found) if prefix is None else [prefix]
    else:
        names = list(prefix)
    there = {name.strip("./"): name for name in found}
    if missing := [name for name in names if name.strip("./") not in there]:
        raise ValueError(
            f"from_file({os.fspath(path)!r}): there is no recurrent layer {listed(missing)}; the "
            f"file has {listed(found)}"
        )
    if not names:
        raise ValueError(f"from_file({os.fspath(path)!r}): the file has no recurrent layer")
    layers = [found[there[name.strip("./")]]() for name in names]
    try:
        return _stacked(layers)
    except ValueError as error:
        raise ValueError(
            f"from_file({os.fspath(path)!r}): the layers {listed(names)} are no stack: {error}; "
            f"choose with prefix="
        ) from error


def to_file(thing: Any, path: str | os.PathLike[str], prefix: str = "") -> None:
    """Write a cell or layer into a file that PyTorch, Keras or an ONNX runtime reads.

    thing: a cell; a layer; cells by layer and direction; or what a reader such as ``from_file``
        returned.
    path: .safetensors with PyTorch's names; .weights.h5 for ``load_weights`` of a Keras model of
        these layers, or .keras, a whole model of them; .onnx, see ``rnn.onnx_export``. An existing
        file is replaced in one step.
    prefix: in .safetensors, put before all names. (Several modules in one file are
        ``minigrad.save(path, to_torch(a, prefix="a.") | to_torch(b, prefix="b."))``.)

    Raises ValueError for what the other program has no layer for.

    >>> import tempfile
    >>> from rnn import LSTM
    >>> path = tempfile.mkdtemp() + "/lstm.safetensors"
    >>> to_file(LSTM(5, 3, bidirectional=True), path, prefix="lstm.")
    >>> from_file(path).bidirectional
    True
    """
    writer = _chosen(path, "to_file", _WRITERS)
    if prefix and writer is not _write_torch:
        raise ValueError(f"to_file(prefix={prefix!r}): only names in .safetensors have one")
    writer(thing, path, prefix)


def _chosen(
    path: str | os.PathLike[str], owner: str, known: Mapping[str, Callable[..., Any]]
) -> Callable[..., Any]:
    """What is for files with such a suffix."""
    suffix = Path(path).suffix.lower()
    if suffix in _PICKLED:
        raise ValueError(
            f"{owner}({os.fspath(path)!r}): loading a pickle can run any code, so none is read or "
            f"written; in PyTorch, safetensors.torch.save_file(model.state_dict(), "
            f"'model.safetensors')"
        )
    if suffix not in known:
        raise ValueError(
            f"{owner}({os.fspath(path)!r}): wanted a file that ends in {listed(known)}"
        )
    return known[suffix]


def _stacked(layers: Sequence[Weights]) -> Weights:
    """The layers one above the other."""
    first = layers[0]
    for name in ("merge", "reverse"):
        if len({getattr(layer, name) for layer in layers}) > 1:
            raise ValueError(f"they differ in {name}")
    return replace(first, layers=tuple(row for layer in layers for row in layer.layers))


# -- reading: what is in a file, by name, each read when it is called

Found = dict[str, Callable[[], Weights]]


def _read_torch(path: Any, options: Mapping[str, Any]) -> Found:
    arrays, _ = io.contents(path, verify=None)

    def reader(prefix: str) -> Callable[[], Weights]:
        own = {name: array for name, array in arrays.items() if name.startswith(prefix)}
        return lambda: from_torch(own, prefix=prefix, **options)

    return {prefix: reader(prefix) for prefix in recurrent_modules(arrays)}


def _read_keras(path: Any, options: Mapping[str, Any]) -> Found:
    def reader(layer: KerasLayer) -> Callable[[], Weights]:
        said = {**layer.options, **options}
        reverse = said.pop("go_backwards", False)
        return lambda: replace(
            from_keras([layer.arrays], layer.kind, bidirectional=layer.bidirectional, **said),
            reverse=bool(reverse),
        )

    return {layer.name: reader(layer) for layer in keras_layers(path)}


def _read_onnx(path: Any, options: Mapping[str, Any]) -> Found:
    def reader(operator: Operator, merge: str) -> Callable[[], Weights]:
        said = {"merge": merge, **options}
        return lambda: from_onnx(operator, **said)

    return {name: reader(operator, merge) for name, operator, merge in onnx_operators(path)}


_READERS = {
    ".safetensors": _read_torch, ".h5": _read_keras, ".hdf5": _read_keras, ".keras": _read_keras,
    ".onnx": _read_onnx,
}

# -- writing


def _write_torch(thing: Any, path: Any, prefix: str) -> None:
    io.save(path, to_torch(thing, prefix=prefix))


_WRITERS: dict[str, Callable[[Any, Any, str], Any]] = {
    ".safetensors": _write_torch,
    ".h5": lambda thing, path, _: write_keras(thing, path),
    ".keras": lambda thing, path, _: write_keras(thing, path),
    ".onnx": lambda thing, path, _: onnx_export(thing, path),
}
