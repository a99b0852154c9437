"""PyTorch's layout: ``nn.RNN``, ``nn.LSTM``, ``nn.GRU`` and their cells.

Matrices are transposed (a row per unit), gates lie in the rows in the order i f g o or r z n, there
are two biases or none, and ``nn.GRU`` resets after the product and keeps h where z = 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .cells import weights_of
from .reading import (
    Array,
    common_dtype,
    mapping,
    numbers,
    turned,
    wanted_matrix,
    wanted_shape,
)
from .weights import GATES, CellWeights, Weights, kind_of

__all__ = ["from_torch", "recurrent_modules", "to_torch"]

_KEY = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh|weight_hr)(?:_l(\d+)(_reverse)?)?")


def from_torch(
    state_dict: Mapping[str, Any],
    kind: str | None = None,
    *,
    prefix: str = "",
    nonlinearity: str = "tanh",
) -> Weights:
    """The parameters in the state dict of a PyTorch RNN, LSTM, GRU or cell, to the last bit.

    state_dict: its keys, such as weight_ih_l0_reverse, say how many layers and directions there
        are; tensors or arrays.
    kind: "rnn", "lstm" or "gru"; by default what the shapes say (1, 4 or 3 blocks of H rows).
    prefix: what precedes the names of this module in the state dict of a larger one, such as
        "encoder."; other keys are passed over then.
    nonlinearity: of an RNN, which a state dict does not say.

    Raises ValueError that names the key, its shape and the shape wanted.

    >>> import numpy as np
    >>> weights = from_torch({"weight_ih": np.ones((12, 5)), "weight_hh": np.ones((12, 3))})
    >>> weights
    Weights(lstm 5 → 3, float64, gates=i f g o, biases=0, forget=gate)
    >>> weights.cell()
    LSTMCell(5, 3, gates=i f g o, biases=0)  96 parameters
      W_xh: (5, 12) float64
      W_hh: (3, 12) float64
    """
    found, single = _by_place(state_dict, prefix)
    layers = 1 + max(layer for layer, _ in found)
    directions = 2 if any(direction for _, direction in found) else 1
    rows: list[tuple[CellWeights, ...]] = []
    for layer in range(layers):
        below = directions * rows[-1][0].state_size if rows else None
        rows.append(tuple(
            _read(found.get((layer, d), {}), prefix, _suffix(layer, d, single), kind, below)
            for d in range(directions)
        ))
    weights = Weights(tuple(rows))
    if weights.kind == "rnn":
        weights = weights.map(lambda cell: replace(cell, nonlinearity=nonlinearity))
    return weights


def _by_place(
    state_dict: Mapping[str, Any], prefix: str
) -> tuple[dict[tuple[int, int], dict[str, Array]], bool]:
    """The arrays by (layer, direction) and name, and whether the names are those of a cell."""
    found: dict[tuple[int, int], dict[str, Array]] = {}
    arrays: dict[str, Array] = {}
    forms = set()
    for key, value in mapping(state_dict, "from_torch", "a module's state_dict()").items():
        if not key.startswith(prefix):
            continue
        match = _KEY.fullmatch(key.removeprefix(prefix))
        if match is None:
            raise ValueError(f"from_torch: {key!r} is no parameter of an RNN or LSTM{_hint(key)}")
        part, layer, reverse = match.groups()
        forms.add(layer is None)
        arrays[key] = numbers(value, f"from_torch: {key!r}")
        found.setdefault((int(layer or 0), int(bool(reverse))), {})[part] = arrays[key]
    if not found:
        raise ValueError(f"from_torch: no key begins with {prefix + 'weight_ih'!r}")
    if len(forms) > 1:
        raise ValueError("from_torch: some keys name a layer (_l0), some do not; pass one module's")
    common_dtype(arrays, "from_torch")
    return found, forms == {True}


def recurrent_modules(names: Iterable[str]) -> list[str]:
    """The prefixes of the recurrent modules in a state dict, in its order.

    >>> recurrent_modules(["encoder.gru.weight_ih_l0", "encoder.gru.weight_hh_l0", "fc.weight"])
    ['encoder.gru.']
    """
    found = (re.fullmatch(r"(|.*\.)weight_hh(_l\d+(_reverse)?)?", name) for name in names)
    return list(dict.fromkeys(match[1] for match in found if match))


def _hint(key: str) -> str:
    """The prefix to pass, where a key ends as one of ours does."""
    at = max(key.rfind("weight_"), key.rfind("bias_"))
    if at > 0 and _KEY.fullmatch(key[at:]):
        return f"; its module is {key[: at - 1]!r}, so pass prefix={key[:at]!r}"
    return "; pass the parameters of the recurrent module alone, or its prefix="


def _suffix(layer: int, direction: int, single: bool) -> str:
    """How the names of a layer and direction end; with `single`, those of a cell."""
    return "" if single else f"_l{layer}" + "_reverse" * direction


def _read(
    given: dict[str, Array], prefix: str, suffix: str, kind: str | None, below: int | None
) -> CellWeights:
    """The weights of one layer in one direction. below: the width of the layer below, if any."""

    def name(part: str) -> str:
        return f"from_torch: {prefix + part + suffix!r}"

    for part in ("weight_ih", "weight_hh"):
        if part not in given:
            raise ValueError(f"{name(part)} is missing")
        wanted_matrix(given[part], name(part))
    if ("bias_ih" in given) != ("bias_hh" in given):
        missing = "bias_hh" if "bias_ih" in given else "bias_ih"
        raise ValueError(f"{name(missing)} is missing; wanted both biases or none")
    W_ih, W_hh, W_hr = given["weight_ih"], given["weight_hh"], given.get("weight_hr")
    R = W_hh.shape[1]
    H = R if W_hr is None else W_hr.shape[-1]
    kind = kind_of(len(W_hh), H, kind, f"{name('weight_hh')} has shape {W_hh.shape}")
    G = len(GATES[kind])
    K = W_ih.shape[1] if below is None else below
    wanted_shape(W_ih, (G * H, K), name("weight_ih"), f"({G}·H, K)")
    for part in ("bias_ih", "bias_hh"):
        if part in given:
            wanted_shape(given[part], (G * H,), name(part), f"({G}·H,)")
    if W_hr is not None:
        wanted_shape(W_hr, (R, H), name("weight_hr"), "(P, H)")
    biases = tuple(given[part] for part in ("bias_ih", "bias_hh") if part in given)
    return CellWeights(
        kind, turned(W_ih), turned(W_hh), biases,
        projection=None if W_hr is None else turned(W_hr),
    )


def to_torch(
    thing: Any, *, prefix: str = "", cell: bool | None = None
) -> dict[str, Array]:
    """The parameters of a cell or layer as a state dict of ``nn.RNN``, ``nn.LSTM`` or ``nn.GRU``.

    thing: a cell; a layer; cells by layer and direction; or what a reader such as ``from_torch``
        returned.
    prefix: put before all names.
    cell: whether the names are those of ``nn.LSTMCell`` (weight_ih) and not those of ``nn.LSTM``
        (weight_ih_l0); by default they are for a cell.

    One bias becomes bias_ih, and bias_hh is 0. Two stay two. z of an update="new" GRU, and an LSTM
    without an own forget gate, are rewritten to the same function (``CellWeights.with_update``,
    ``CellWeights.standard``). The arrays are new, so ``torch.from_numpy`` may keep them.

    Raises ValueError for what PyTorch has no module for: a GRU that resets before the product,
    peepholes, an RNN that is neither tanh nor relu, other activations, clipping, and a layer in
    reverse.

    >>> from rnn import GRUCell
    >>> {name: array.shape for name, array in to_torch(GRUCell(5, 3)).items()}
    {'weight_ih': (9, 5), 'weight_hh': (9, 3), 'bias_ih': (9,), 'bias_hh': (9,)}
    """
    from ..cells import Cell

    weights = weights_of(thing, "to_torch").standard()
    widths = sorted({given.hidden_size for given in weights.all()})
    if weights.reverse:
        raise ValueError(
            "to_torch: PyTorch has no layer in reverse alone; pass its cells, to_torch("
            "layer.cells), and turn the sequences around yourself"
        )
    if len(widths) > 1 or (len(weights.layers) > 1 and weights.merge != "concat"):
        raise ValueError(
            f"to_torch: {weights!r}: PyTorch's layers all have one hidden size (here {widths}) and "
            f"take both directions side by side; write the layers one by one"
        )
    single = isinstance(thing, Cell) if cell is None else cell
    if single:
        weights.only()
    biased = any(given.biases for given in weights.all())
    arrays = {}
    for layer, directions in enumerate(weights.layers):
        for direction, given in enumerate(directions):
            suffix = _suffix(layer, direction, single)
            for part, array in _written(given, biased).items():
                arrays[prefix + part + suffix] = array
    return arrays


def _written(cell: CellWeights, biased: bool) -> dict[str, Array]:
    _refuse(cell)
    cell = cell.with_update("keep").ordered(GATES[cell.kind]).with_biases(2 if biased else 0)
    return {
        "weight_ih": turned(cell.W_xh),
        "weight_hh": turned(cell.W_hh),
        **{f"bias_{of}": b.copy() for of, b in zip(("ih", "hh"), cell.biases, strict=False)},
        **({} if cell.projection is None else {"weight_hr": turned(cell.projection)}),
    }


def _refuse(cell: CellWeights) -> None:
    if cell.kind == "gru" and cell.reset != "after":
        raise ValueError(
            "to_torch: this GRU resets before the product (reset='before'), PyTorch's after it; no "
            "weights make the two equal; Keras (reset_after=False) and ONNX have this form"
        )
    if cell.peepholes:
        raise ValueError("to_torch: PyTorch's LSTM has no peepholes; ONNX's has")
    if functions := cell.functions():
        raise ValueError(f"to_torch: PyTorch's layers have no other {', '.join(functions)}")
    if cell.nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"to_torch: PyTorch's RNN is tanh or relu, this one {cell.nonlinearity}")
