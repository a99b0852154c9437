"""Keras' files, read and written: .weights.h5 and .keras, and the HDF5 of Keras 1 and 2.

All of them hold the arrays in HDF5, for which the package h5py is needed. A .keras file, and an .h5
of a whole model, have a configuration too, which says what the layers compute.
"""

from __future__ import annotations

import io as memory
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from minigrad.errors import FileFormatError
from minigrad.io import replacing

from .cells import weights_of
from .keras import keras_arrays, keras_options
from .reading import Array
from .weights import Weights

__all__ = ["KerasLayer", "keras_layers", "write_keras"]

_CLASSES = {"SimpleRNN": "rnn", "LSTM": "lstm", "GRU": "gru"}
_SNAKES = {"simple_rnn": "rnn", "lstm": "lstm", "gru": "gru"}
_CELL = re.compile(r"(?:(.*)/)?cell/vars")
_SIDES = ("forward_layer", "backward_layer")


class KerasLayer(NamedTuple):
    """A recurrent layer of a file, as ``from_keras`` takes it.

    arrays: as its ``get_weights()`` gives them. options: what its configuration says.
    """

    name: str
    kind: str | None
    bidirectional: bool
    arrays: list[Array]
    options: dict[str, Any]


def keras_layers(path: str | os.PathLike[str]) -> list[KerasLayer]:
    """The recurrent layers in a file, in the order of the model as far as the file tells it.

    Raises FileFormatError for what is no such file, ModuleNotFoundError without h5py.
    """
    h5py, size = _needed_h5py("from_file"), Path(path).stat().st_size
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                config = json.loads(archive.read("config.json"))
                source: Any = memory.BytesIO(archive.read("model.weights.h5"))
                size = source.getbuffer().nbytes
        else:
            config, source = None, os.fspath(path)
        with h5py.File(source, "r") as file:
            config = json.loads(file.attrs.get("model_config", "null")) or config
            groups = file.get("model_weights", file)
            old = "layer_names" in groups.attrs
            found = list(_named(groups, size) if old else _numbered(file, size))
    except (KeyError, OSError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise FileFormatError(
            f"from_file: {os.fspath(path)} is no file of Keras', or damaged: {error}"
        ) from error
    return _configured(found, config) if config else found


def _needed_h5py(owner: str) -> Any:
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{owner} reads and writes Keras' files with the package h5py; install it with: "
            f"pip install h5py", name=error.name,
        ) from error
    return h5py


def _array(dataset: Any, size: int) -> Array:
    """The numbers of a dataset that are in the file itself, of `size` bytes."""
    if dataset.external or dataset.is_virtual or dataset.nbytes > size:
        raise ValueError(f"{dataset.name} claims numbers that are not in the file")
    array: Array = dataset[()]
    return array


def _numbered(file: Any, size: int) -> Iterator[KerasLayer]:
    """The layers of Keras 3: groups …/cell/vars with the arrays "0", "1" and "2"."""
    cells: dict[str, list[list[Array]]] = {}
    kinds: dict[str, str | None] = {}
    groups: list[str] = []
    file.visit(groups.append)
    for group in groups:
        match = _CELL.fullmatch(group)
        if match is None or "0" not in file[group]:
            continue
        path, _, side = (match[1] or "").rpartition("/")
        path = path if side in _SIDES else match[1] or ""
        arrays = [_array(file[group][str(k)], size) for k in range(len(file[group]))]
        cells.setdefault(path, []).insert(0 if side == _SIDES[0] else len(cells), arrays)
        snake = str(file[group].attrs.get("name", "")).removesuffix("_cell")
        kinds[path] = _SNAKES.get(re.sub(r"_\d+$", "", snake))
    for path in sorted(cells, key=_by_number):
        own = file.get(f"{path}/vars")
        name = path if own is None else str(own.attrs.get("name", path))
        arrays = [array for side in cells[path] for array in side]
        yield KerasLayer(name, kinds[path], len(cells[path]) == 2, arrays, {})


def _by_number(path: str) -> list[Any]:
    """A key that puts lstm_2 before lstm_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path)]


def _named(groups: Any, size: int) -> Iterator[KerasLayer]:
    """The layers of Keras 1 and 2: a group each, with the names of its arrays in order."""
    for layer in map(_text, groups.attrs["layer_names"]):
        names = [_text(name) for name in groups[layer].attrs["weight_names"]]
        if any("recurrent_kernel" in name for name in names):
            arrays = [_array(groups[layer][name], size) for name in names]
            both = any("backward" in name for name in names)
            yield KerasLayer(layer, None, both, arrays, {})


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


# -- configurations


def _configured(found: list[KerasLayer], config: Any) -> list[KerasLayer]:
    """The layers in the order of the configuration, with what it says of them."""
    by_name = {layer.name: layer for layer in found}
    used: dict[str, int] = {}
    rows = []
    for entry in _recurrent(config):
        name = entry["config"]["name"]
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", entry["class_name"]).lower()
        again = used[snake] = used.get(snake, -1) + 1
        path = f"layers/{snake}_{again}" if again else f"layers/{snake}"
        layer = by_name.get(name) or by_name.get(path)
        if layer is not None:
            inner = entry["config"]["layer"] if layer.bidirectional else entry
            options = _options(inner["class_name"], inner["config"])
            if layer.bidirectional:
                options["merge"] = entry["config"].get("merge_mode", "concat")
            kind = _CLASSES.get(inner["class_name"])
            rows.append(layer._replace(name=name, kind=kind, options=options))
    return rows if len(rows) == len(found) else found


def _recurrent(config: Any) -> Iterator[dict[str, Any]]:
    """The entries of recurrent layers in a configuration, from the first layer to the last."""
    inside = config.get("config", {}) if isinstance(config, Mapping) else {}
    layers = inside.get("layers", []) if isinstance(inside, Mapping) else inside
    for entry in layers:
        if entry["class_name"] in ("Bidirectional", *_CLASSES):
            yield entry
        else:
            yield from _recurrent(entry)


def _options(cls: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """A layer's configuration as arguments of ``from_keras``."""
    names = {"activation": "nonlinearity"} if cls == "SimpleRNN" else {
        "activation": "activation", "recurrent_activation": "recurrent_activation",
        "reset_after": "reset_after",
    }
    names["go_backwards"] = "go_backwards"
    return {ours: config[theirs] for theirs, ours in names.items() if theirs in config}


# -- writing


def write_keras(thing: Any, path: str | os.PathLike[str]) -> None:
    """Write a cell or layer as .weights.h5, or with another suffix as a .keras model of its layers.

    Raises as ``to_keras`` does.
    """
    weights = weights_of(thing, "to_file").standard()
    rows = [[keras_arrays(cell) for cell in row] for row in _forward(weights).layers]
    h5py, names = _needed_h5py("to_file"), _layer_names(weights)
    held = memory.BytesIO()
    with h5py.File(held, "w") as file:
        for name, row in zip(names, rows, strict=True):
            sides = [f"/{side}" for side in _SIDES] if len(row) == 2 else [""]
            file.create_group(f"layers/{name}/vars").attrs["name"] = name
            for side, arrays in zip(sides, row, strict=True):
                group = file.create_group(f"layers/{name}{side}/cell/vars")
                group.attrs["name"] = f"{_snake(weights)}_cell"
                for k, array in enumerate(arrays.values()):
                    group[str(k)] = array
    with replacing(path) as target:
        if Path(path).suffix.lower() != ".keras":
            target.write(held.getvalue())
            return
        with zipfile.ZipFile(target, "w") as archive:
            for member, text in (
                ("metadata.json", {"keras_version": "3.0.0"}),
                ("config.json", _model_config(weights, names)),
            ):
                archive.writestr(zipfile.ZipInfo(member), json.dumps(text))
            archive.writestr(zipfile.ZipInfo("model.weights.h5"), held.getvalue())


def _forward(weights: Weights) -> Weights:
    if weights.reverse:
        raise ValueError(
            "to_file: a Keras layer with go_backwards=True gives its outputs in the order in which "
            "it made them, this one in that of its inputs; pass its cells, to_file(layer.cells, "
            "path), and turn the outputs around yourself"
        )
    return weights


def _snake(weights: Weights) -> str:
    return {kind: snake for snake, kind in _SNAKES.items()}[weights.kind]


def _layer_names(weights: Weights) -> list[str]:
    base = "bidirectional" if weights.bidirectional else _snake(weights)
    return [f"{base}_{k}" if k else base for k in range(len(weights.layers))]


def _model_config(weights: Weights, names: list[str]) -> dict[str, Any]:
    """A Sequential model of the layers, which give all their outputs."""
    cls = {kind: name for name, kind in _CLASSES.items()}[weights.kind]
    first = weights.layers[0][0]
    shape = {"batch_shape": [None, None, first.input_size], "dtype": str(first.dtype)}
    layers = [_entry("InputLayer", "input_layer", **shape)]
    for name, row in zip(names, weights.layers, strict=True):
        def layer(name: str, row: Any = row, **more: Any) -> dict[str, Any]:
            return _entry(
                cls, name, units=row[0].hidden_size, return_sequences=True,
                use_bias=bool(row[0].biases), dtype=str(row[0].dtype), **keras_options(row[0]),
                **more,
            )

        layers.append(layer(name) if len(row) == 1 else _entry(
            "Bidirectional", name, merge_mode=weights.merge,
            layer=layer(f"forward_{_snake(weights)}"),
            backward_layer=layer(f"backward_{_snake(weights)}", go_backwards=True),
        ))
    model = _entry("Sequential", "sequential", layers=layers)
    return {**model, "module": "keras"}


def _entry(cls: str, name: str, **config: Any) -> dict[str, Any]:
    return {
        "module": "keras.layers", "class_name": cls, "registered_name": None,
        "config": {"name": name, **config},
    }
