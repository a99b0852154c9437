"""Keras' layout: ``SimpleRNN``, ``LSTM``, ``GRU``, stacked and ``Bidirectional``.

Gates lie in the columns, in the order i f c o or z r h. There is one bias, but a GRU with
``reset_after=True`` has two, in the rows of one array (2, 3H). A GRU keeps h where z = 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..cells.activations import ACTIVATIONS
from .cells import weights_of
from .keras_lists import grouped
from .reading import (
    Array,
    common_dtype,
    listed,
    mapping,
    numbers,
    wanted_matrix,
    wanted_shape,
)
from .weights import GATES, CellWeights, Weights, kind_of

__all__ = ["from_keras", "keras_arrays", "keras_options", "to_keras"]

_ORDER = {"rnn": ("h",), "lstm": ("i", "f", "g", "o"), "gru": ("z", "r", "n")}
_PARTS = ("kernel", "recurrent_kernel", "bias")
_KEY = re.compile(r"(?:(.*)/)?(kernel|recurrent_kernel|bias)(?::0)?")
_NAMES = {"rnn": "simple_rnn", "lstm": "lstm", "gru": "gru"}
_OURS = {known.keras: name for name, known in ACTIVATIONS.items() if known.keras}


def from_keras(
    weights: Any,
    kind: str | None = None,
    *,
    bidirectional: bool | None = None,
    reset_after: bool | None = None,
    nonlinearity: str = "tanh",
    activation: str = "tanh",
    recurrent_activation: str = "sigmoid",
    merge: str | None = "concat",
) -> Weights:
    """The parameters of Keras' recurrent layers, to the last bit.

    weights: what ``layer.get_weights()`` returns (``Bidirectional``: the forward layer's, then the
        backward layer's); a list of these, one a layer; what ``model.get_weights()`` returns, of a
        model of such layers alone; or a dictionary with the keys kernel, recurrent_kernel and bias,
        or with paths that end in them (``{v.path: v for v in model.weights}``, in this order),
        where "backward_" in a path tells the direction.
    bidirectional: of a list that is not nested, whether its layers are; by default what the shapes
        say. Where they fit two readings, such as two LSTMs with K = H and one Bidirectional, both
        are named in an error.
    kind: "rnn", "lstm" or "gru"; by default what the shapes say (1, 4 or 3 blocks of H columns).
    reset_after: of a GRU; by default what the shape of its bias says, and without a bias it must
        be given.
    nonlinearity: of a SimpleRNN, whose ``activation`` it is.
    activation, recurrent_activation: of an LSTM or GRU, as the layer was made: by Keras' names
        ("linear" too) or by those of ``rnn.cells``. "hard_sigmoid" is Keras 3's, relu6(x + 3) / 6;
        for that of Keras 1 and 2, whose LSTM and GRU had it by default at first, pass
        "hard_sigmoid_02".
    merge: of a Bidirectional ("concat", "sum", "mul", "ave" or None).

    A layer with go_backwards=True has the same arrays: make a layer of them with reverse=True.
    Raises ValueError that names the array, its shape and the shape wanted.

    >>> from_keras([np.ones((5, 9)), np.ones((3, 9)), np.ones((2, 9))])
    Weights(gru 5 → 3, float64, gates=z r n, biases=2, reset=after, update=keep)
    """
    functions = {
        "nonlinearity": nonlinearity, "activation": activation,
        "recurrent_activation": recurrent_activation,
    }
    chosen = {name: _OURS.get(word, word) for name, word in functions.items()}
    read = partial(_read, kind=kind, reset_after=reset_after, chosen=chosen)
    groups = _by_layer(weights, bidirectional, merge)
    if bidirectional is not None and any((len(g) == 2) != bidirectional for g in groups):
        raise ValueError(
            f"from_keras(bidirectional={bidirectional!r}): the layers given have "
            f"{', '.join(str(len(g)) for g in groups)} direction(s)"
        )
    rows = tuple(tuple(read(*named) for named in group) for group in groups)
    return Weights(rows, merge)


Named = tuple[str, dict[str, Array]]  # the path of a layer in one direction, and its arrays


def _by_layer(weights: Any, bidirectional: bool | None, merge: str | None) -> list[list[Named]]:
    """For every layer and direction its arrays by name."""
    if isinstance(weights, Mapping):
        return _by_path(weights)
    if not isinstance(weights, Sequence) or isinstance(weights, str) or not weights:
        raise TypeError(
            f"from_keras: received {type(weights).__name__}; wanted layer.get_weights(), a list of "
            f"these, or a dictionary of arrays"
        )
    first = weights[0]
    several = isinstance(first, list | tuple) and len(first) > 0 and np.ndim(first[0]) == 2
    layers = weights if several else grouped(weights, bidirectional, merge)
    return [
        _by_position(layer, f"layer {n} " * (len(layers) > 1)) for n, layer in enumerate(layers)
    ]


def _by_position(arrays: Sequence[Any], path: str) -> list[Named]:
    """The arrays of one layer as get_weights() lists them."""
    count = len(arrays)
    if count not in (2, 3, 4, 6):
        raise ValueError(
            f"from_keras: {path}received {count} arrays; wanted kernel, recurrent_kernel, perhaps "
            f"bias, or twice that for a Bidirectional"
        )
    size = count if count < 4 else count // 2
    named = []
    for start in range(0, count, size):
        here = f"{path}{('forward ', 'backward ')[start > 0]}" if size < count else path
        named.append((here, {
            part: numbers(array, f"from_keras: {here}{part}")
            for part, array in zip(_PARTS, arrays[start : start + size], strict=False)
        }))
    return named


def _by_path(weights: Mapping[str, Any]) -> list[list[Named]]:
    """The arrays of a dictionary, those of a Bidirectional together, forwards first."""
    found: dict[str, dict[str, Array]] = {}
    for key, value in mapping(weights, "from_keras", "").items():
        match = _KEY.fullmatch(key)
        if match is None:
            raise ValueError(
                f"from_keras: {key!r} is no parameter of a recurrent layer; wanted "
                f"{listed(_PARTS)}, or paths that end in them"
            )
        path, part = match.groups()
        place = found.setdefault("" if path is None else path + "/", {})
        place[part] = numbers(value, f"from_keras: {key!r}")
    layers: dict[str, dict[int, Named]] = {}
    for path, arrays in found.items():
        backward = bool(re.search(r"(^|/)backward_", path))
        layer = re.sub(r"(^|/)(forward|backward)_", r"\1", path)
        layers.setdefault(layer, {})[backward] = (path, arrays)
    for layer, group in layers.items():
        if 0 not in group:
            raise ValueError(f"from_keras: {layer!r} has a backward layer and no forward one")
    rows = [[group[d] for d in sorted(group)] for group in layers.values()]
    _check_order(list(layers), rows)
    return rows


def _check_order(paths: list[str], rows: list[list[Named]]) -> None:
    """Raise where the numbers in the paths contradict their order, and the shapes allow both."""
    numbered = sorted(paths, key=lambda path: [int(n) for n in re.findall(r"\d+", path)])
    same_name = len({re.sub(r"_?\d+", "", path) for path in paths}) == 1
    widths = {np.shape(a[part])[:1] for row in rows for _, a in row for part in _PARTS[:2]
              if part in a}
    if same_name and numbered != paths and len(widths) == 1:
        raise ValueError(
            f"from_keras: the layers come as {listed(paths)}, and by their numbers they are "
            f"{listed(numbered)}; both fit, as all widths are equal; put the keys in the order "
            f"of the numbers, or pass the arrays as a list of lists, one for each layer"
        )


def _read(
    path: str,
    given: dict[str, Array],
    kind: str | None,
    reset_after: bool | None,
    chosen: Mapping[str, str],
) -> CellWeights:
    def name(part: str) -> str:
        return f"from_keras: {path + part!r}"

    for part in ("kernel", "recurrent_kernel"):
        if part not in given:
            raise ValueError(
                f"{name(part)} is missing; a layer that is not recurrent has no place here"
            )
        wanted_matrix(given[part], name(part))
    common_dtype({path + part: array for part, array in given.items()}, "from_keras")
    W_xh, W_hh, bias = given["kernel"], given["recurrent_kernel"], given.get("bias")
    H = len(W_hh)
    kind = kind_of(W_hh.shape[1], H, kind, f"{name('recurrent_kernel')} has shape {W_hh.shape}")
    G = len(GATES[kind])
    wanted_shape(W_xh, (len(W_xh), G * H), name("kernel"), f"(K, {G}·H)")
    if kind == "gru":
        reset_after = _resets_after(bias, reset_after, name("bias"))
    biases: tuple[Array, ...] = ()
    if bias is not None:
        two = kind == "gru" and reset_after
        shape, formula = ((2, G * H), f"(2, {G}·H)") if two else ((G * H,), f"({G}·H,)")
        wanted_shape(bias, shape, name("bias"), formula)
        biases = (bias[0].copy(), bias[1].copy()) if two else (bias,)
    return CellWeights(
        kind, W_xh, W_hh, biases, _ORDER[kind],
        nonlinearity=chosen["nonlinearity"] if kind == "rnn" else "tanh",
        activation="tanh" if kind == "rnn" else chosen["activation"],
        recurrent_activation="sigmoid" if kind == "rnn" else chosen["recurrent_activation"],
        reset="before" if kind == "gru" and not reset_after else "after",
    )


def _resets_after(bias: Array | None, given: bool | None, name: str) -> bool:
    if given is not None:
        return given
    if bias is None:
        raise ValueError(
            "from_keras: a GRU without a bias does not show where it resets; pass reset_after=, "
            "as the layer was made (Keras 3: True by default), or ask rnn.convert.explain"
        )
    if bias.ndim not in (1, 2):
        raise ValueError(f"{name} has shape {bias.shape}; wanted (2, 3·H) or (3·H,)")
    return bias.ndim == 2


def to_keras(thing: Any) -> dict[str, Array]:
    """The parameters of a cell or layer as Keras names them, in the order of ``get_weights()``.

    thing: a cell; a layer; cells by layer and direction; or what a reader such as ``from_torch``
        returned.

    One layer in one direction has the keys kernel, recurrent_kernel, bias; more have paths such as
    "bidirectional/backward_lstm/kernel" and "lstm_1/kernel". ``model.set_weights(list(
    to_keras(thing).values()))`` writes them into a model of these layers. A GRU wants the
    ``reset_after`` that its cell has.

    Two biases are added up where Keras has one (``CellWeights.with_biases`` says how). z of an
    update="new" GRU, an LSTM without an own forget gate and a minimal gated unit are rewritten to
    the same function.
    Activations are no arrays: give the layers the cell's own (``activation="linear"`` for
    "identity").
    Raises ValueError for what Keras has no layer for: peepholes, projections, clipping, an
    activation that it has no name for; and for a layer in reverse, which gives its outputs in
    another order than go_backwards.

    >>> from rnn import LSTMCell
    >>> {name: array.shape for name, array in to_keras(LSTMCell(5, 3)).items()}
    {'kernel': (5, 12), 'recurrent_kernel': (3, 12), 'bias': (12,)}
    """
    weights = weights_of(thing, "to_keras").standard()
    if weights.reverse:
        raise ValueError(
            "to_keras: a Keras layer with go_backwards=True gives its outputs in the order in "
            "which it made them, this one in that of its inputs; pass its cells, "
            "to_keras(layer.cells), and turn the outputs around yourself"
        )
    arrays: dict[str, Array] = {}
    for number, directions in enumerate(weights.layers):
        end = f"_{number}" if number else ""
        layer = _NAMES[weights.kind] + end
        paths = [layer + "/"]
        if weights.bidirectional:
            paths = [f"bidirectional{end}/{d}_{layer}/" for d in ("forward", "backward")]
        elif len(weights.layers) == 1:
            paths = [""]
        for path, cell in zip(paths, directions, strict=True):
            arrays |= {path + part: array for part, array in keras_arrays(cell).items()}
    return arrays


def keras_options(cell: CellWeights) -> dict[str, Any]:
    """The arguments of the Keras layer that computes what a cell does."""
    if cell.kind == "rnn":
        return {"activation": ACTIVATIONS[cell.nonlinearity].keras}
    options: dict[str, Any] = {
        name: ACTIVATIONS[getattr(cell, name)].keras
        for name in ("activation", "recurrent_activation")
    }
    return options | ({"reset_after": cell.reset == "after"} if cell.kind == "gru" else {})


def keras_arrays(cell: CellWeights) -> dict[str, Array]:
    """The arrays of one layer in one direction; raises as `to_keras` does."""
    for what in ("peepholes", "projection"):
        if what in cell.conventions():
            raise ValueError(f"to_keras: Keras' LSTM has no {what}")
    if cell.clip is not None:
        raise ValueError("to_keras: Keras' layers do not clip")
    for name in ("nonlinearity", "activation", "recurrent_activation"):
        if ACTIVATIONS[getattr(cell, name)].keras is None:
            raise ValueError(f"to_keras: Keras 3 has no {name} {getattr(cell, name)!r}")
    cell = cell.with_update("keep").ordered(_ORDER[cell.kind])
    arrays = {"kernel": cell.W_xh.copy(), "recurrent_kernel": cell.W_hh.copy()}
    if cell.biases:
        two = cell.kind == "gru" and cell.reset == "after"
        biases = cell.with_biases(2 if two else 1).biases
        arrays["bias"] = np.stack(biases) if two else biases[0].copy()
    return arrays
