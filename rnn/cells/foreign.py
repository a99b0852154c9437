"""State dicts of other programs, told by their names: which reader of ``rnn.convert`` fits."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["reader_of"]

_TORCH = re.compile(r"(?:(.*\.)?)(?:weight|bias)_(?:ih|hh|hr)(_l\d+(_reverse)?)?")
_KERAS = re.compile(r"(?:.*/)?(?:recurrent_)?kernel(?::0)?")
_KERAS_FILE = re.compile(r"(?:.*/)?cell/vars/\d")
_GATES = re.compile(r"W_[a-zA-Z]")


def reader_of(names: Sequence[str]) -> str:
    """Which call of ``rnn.convert`` loads parameters of these names; "" for unknown names.

    >>> reader_of(["encoder.weight_ih_l0", "encoder.weight_hh_l0"])
    "These are PyTorch's names: rnn.convert.load(layer, rnn.convert.from_torch(state_dict,
    prefix='encoder.')) reads them"
    >>> reader_of(["W_hh"])
    ''
    """
    told = ""
    if prefixes := {match[1] or "" for name in names if (match := _TORCH.fullmatch(name))}:
        first = min(prefixes)
        prefix = f", prefix={first!r}" if first else ""
        told = f"PyTorch's names: {_call('torch', 'state_dict' + prefix)}"
    elif any(_KERAS.fullmatch(name) for name in names):
        told = f"Keras' names: {_call('keras', 'weights')}"
    elif any(_KERAS_FILE.fullmatch(name) for name in names):
        told = "names in a file of Keras': rnn.convert.load(layer, rnn.convert.from_file(path))"
    elif {"W", "R"} <= set(names):
        told = f"ONNX's names: {_call('onnx', 'arrays')}"
    elif any(_GATES.fullmatch(name) for name in names):
        order = "concat='hx' or 'xh'"
        told = f"names of one matrix for each gate: {_call('gates', 'matrices, ' + order)}"
    return told and f"These are {told} reads them"


def _call(reader: str, arguments: str) -> str:
    return f"rnn.convert.load(layer, rnn.convert.from_{reader}({arguments}))"
