"""Suggestions for a name that a module or a tensor does not have: where it is, or what replaces it.

Names come from memory, and mostly from NumPy's or another framework's; so they are looked for in
what minigrad publishes, in NumPy, in a short table of what is elsewhere, and among similar ones.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

__all__ = ["attribute_finder", "name_lister", "unknown_attribute", "unknown_name"]

# Where else a name is looked for: modules that are imported already, or quickly.
PLACES = ("minigrad", "minigrad.functional", "minigrad.optim", "minigrad.init", "minigrad.io",
          "minigrad.errors")

_CPU = "NumPy computes on the CPU, and there is no other device; leave it out"
_RNN = "recurrent layers and cells are in a package beside minigrad: import rnn, as in rnn.LSTM"
_SCHEDULES = "schedules are in minigrad.optim itself, as in minigrad.optim.StepLR"
_RULE = "that rule is not here: write its update() in a subclass of minigrad.optim.Optimizer"
_DATA = "there are no data loaders: iterate over arrays, as the examples do"
ELSEWHERE = {
    "nn": "layers are in the package rnn, functions in minigrad.functional, the base class is "
          "minigrad.Module",
    "autograd": "use y.backward(), minigrad.gradients(outputs, inputs), or minigrad.grad(function)",
    "linalg": "use np.linalg, whose functions record",
    "fft": "use np.fft, whose functions record",
    "random": "use a NumPy generator: minigrad.tensor(np.random.default_rng(0).normal(size=3))",
    "rand": "use minigrad.tensor(np.random.default_rng(0).random(shape))",
    "randn": "use minigrad.tensor(np.random.default_rng(0).normal(size=shape))",
    "randint": "use minigrad.tensor(np.random.default_rng(0).integers(low, high, size=shape))",
    "randperm": "use np.random.default_rng(0).permutation(n)",
    "rand_like": "use minigrad.tensor(np.random.default_rng(0).random(x.shape))",
    "randn_like": "use minigrad.tensor(np.random.default_rng(0).normal(size=x.shape))",
    "manual_seed": "what draws takes rng=, a NumPy generator or a seed",
    "from_numpy": "use minigrad.tensor(array)",
    "as_tensor": "use minigrad.tensor(array)",
    "FloatTensor": "use minigrad.tensor(values, dtype=np.float32)",
    "LongTensor": "use minigrad.tensor(values, dtype=np.int64)",
    "Variable": "use minigrad.tensor(values, requires_grad=True)",
    "numpy": "write NumPy itself: its functions record when they are given Tensors",
    "cat": "use np.concatenate",
    "clamp": "use np.clip",
    "mm": "use a @ b",
    "bmm": "use a @ b",
    "pow": "use x ** y, or np.power",
    "float": "use np.float32 as a dtype, or t.float()",
    "double": "use np.float64 as a dtype, or t.double()",
    "half": "use np.float16 as a dtype, or t.half()",
    "long": "use np.int64 as a dtype, or t.long()",
    "int": "use np.int32 as a dtype",
    "cuda": _CPU, "device": _CPU, "mps": _CPU,
    "set_grad_enabled": "use minigrad.no_grad() and minigrad.enable_grad()",
    "inference_mode": "use minigrad.no_grad()",
    "set_default_dtype": "arrays keep their dtype, and layers take dtype=",
    "is_tensor": "use isinstance(x, minigrad.Tensor)",
    "jit": "there is nothing to compile", "compile": "there is nothing to compile",
    "lr_scheduler": _SCHEDULES, "schedules": _SCHEDULES,
    **dict.fromkeys(("Adadelta", "Adamax", "ASGD", "LBFGS", "NAdam", "RAdam", "Rprop"), _RULE),
    "utils": "clipping is in minigrad.optim, saving in minigrad.save", "data": _DATA,
    "DataLoader": _DATA,
    "Linear": "write x @ W + b, each a minigrad.Parameter, or use minigrad.functional.linear",
    "Sequential": "write the calls one after another in forward()",
    "ModuleList": "assign a list: modules and parameters in lists, tuples and dicts are found",
    "ModuleDict": "assign a dict: modules and parameters in lists, tuples and dicts are found",
    "ParameterList": "assign a list: modules and parameters in lists, tuples and dicts are found",
    "Embedding": "use minigrad.functional.embedding, or give a cell of rnn the indices",
    "Dropout": "use minigrad.functional.dropout, or dropout= of a layer of rnn",
    "LayerNorm": "use minigrad.functional.layer_norm",
    "CrossEntropyLoss": "use minigrad.functional.cross_entropy, or rnn.losses over time",
    "MSELoss": "use minigrad.functional.mse_loss",
    "check_grads": "use minigrad.testing.check_grads",
    "check_op": "use minigrad.testing.check_op",
    "gradcheck": "use minigrad.testing.check_grads",
    **dict.fromkeys(("LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell", "rnn"), _RNN),
}
# The same for attributes of tensors, where neither a function nor a similar name helps.
OF_TENSORS = {
    "is_cuda": _CPU, "pin_memory": _CPU, "get_device": _CPU,
    "retains_grad": "call t.retain_grad()",
    "step": "an optimizer has step(), as minigrad.optim.SGD([t], lr=0.1)",
    "parameters": "a minigrad.Module has parameters()",
    "state_dict": "a minigrad.Module has state_dict(); of a tensor save t.numpy()",
    "data_ptr": "t.numpy().ctypes.data is the address of the values",
    "storage": "t.numpy() has the values", "untyped_storage": "t.numpy() has the values",
    "value": "t.numpy() has the values, t.item() the one of a tensor with one element",
    "values": "t.numpy() has the values",
    "array": "t.numpy() has the values",
    "to_numpy": "t.numpy() has the values",
    "append": "collect tensors in a list, and np.stack or np.concatenate that",
    "gradient": "t.grad is the gradient after backward(); np.gradient(t) are differences",
    "derivative": "t.grad is the gradient after backward()",
    "primal": "t.detach() has the values without the graph",
    "stop_gradient": "use t.detach()", "no_grad": "use t.detach(), or with minigrad.no_grad():",
    "eig": "use np.linalg.eigh(t), of a symmetric matrix; others have complex values",
    "compile": "there is nothing to compile", "stft": "use minigrad.functional.rfft of windows",
}
# NumPy's functions that make arrays from nothing: there is no operand to record.
MAKERS = frozenset(
    ["arange", "array", "asarray", "empty", "eye", "full", "identity", "linspace", "logspace",
     "ones", "tri", "zeros"]
)


def unknown_name(
    module: str, name: str, known: Iterable[str], hints: Mapping[str, str] | None = None
) -> AttributeError:
    """The error for ``module.name``, with what was meant; `known` are the module's own names.

    hints: what to say about names that only this module has a word for.

    >>> print(unknown_name("minigrad", "tanh", ["tensor"]))
    module 'minigrad' has no attribute 'tanh': use np.tanh or minigrad.functional.tanh
    >>> print(unknown_name("minigrad", "tensr", ["tensor"]))
    module 'minigrad' has no attribute 'tensr': did you mean tensor?
    """
    text = f"module {module!r} has no attribute {name!r}"
    if not name.startswith("_"):
        meant = _meant(module, name, list(known), hints or {})
        text += f": {meant}" if meant else ""
    return AttributeError(text, name=name)


def attribute_finder(
    module: str, known: Iterable[str], hints: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """A ``__getattr__`` for a module: it always raises, with what was meant."""

    def find(name: str) -> Any:
        raise unknown_name(module, name, known, hints)

    return find


def unknown_attribute(owner: type, name: str) -> AttributeError:
    """The error for an attribute that the tensors of a class do not have, with what was meant.

    >>> print(unknown_attribute(np.ndarray, "reshap"))
    'ndarray' object has no attribute 'reshap': did you mean reshape?
    >>> print(unknown_attribute(np.ndarray, "tanh"))
    'ndarray' object has no attribute 'tanh': use np.tanh or minigrad.functional.tanh
    """
    meant = "" if name.startswith("_") else _meant_of(owner, name)
    text = f"{owner.__name__!r} object has no attribute {name!r}"
    return AttributeError(f"{text}: {meant}" if meant else text, name=name)


@functools.lru_cache(maxsize=256)  # a program may ask hasattr() of every tensor
def _meant_of(owner: type, name: str) -> str:
    if name in OF_TENSORS:
        return OF_TENSORS[name]
    found = [_in_numpy(name)] if name not in MAKERS and _in_numpy(name) else []
    found += [f"minigrad.functional.{name}"] if name in _public("minigrad.functional") else []
    if found:
        return f"use {' or '.join(found)}"
    near = _similar(name, dir(owner))
    return f"did you mean {' or '.join(near)}?" if near else ""


def name_lister(namespace: Mapping[str, Any]) -> Callable[[], list[str]]:
    """A ``__dir__`` for a module, given its globals(): what it publishes, and Python's own."""
    own = {name for name in namespace if name.startswith("__") and name.endswith("__")}
    names = sorted(own.union(namespace["__all__"]))
    return lambda: list(names)


def _meant(module: str, name: str, known: list[str], hints: Mapping[str, str]) -> str:
    hint = hints.get(name) or ELSEWHERE.get(name)
    if hint:
        return hint
    if importlib.util.find_spec(f"{module}.{name}"):
        return f"it is a module of its own: import {module}.{name}"
    others = [place for place in PLACES if place != module]
    found = [_in_numpy(name), *(f"{place}.{name}" for place in others if name in _public(place))]
    found = [one for one in found if one]
    if found:
        return f"use {' or '.join(found[:2])}"
    near = _similar(name, known)
    for place in others:
        near = near or [f"{place}.{one}" for one in _similar(name, _public(place))]
    return f"did you mean {' or '.join(near)}?" if near else ""


def _in_numpy(name: str) -> str:
    """How to call NumPy's own `name`, if it has one."""
    if name in MAKERS:
        return f"minigrad.tensor(np.{name}(...))"
    places = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft}
    return next((f"{np_}.{name}" for np_, place in places.items() if name in place.__all__), "")


def _public(place: str) -> list[str]:
    """The names that a module publishes."""
    return list(importlib.import_module(place).__all__)


def _similar(name: str, known: Iterable[str]) -> list[str]:
    """Names that differ in a letter or in case, or begin with it."""
    import difflib  # for an error only

    names = [one for one in known if not one.startswith("_")]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.8)
    if near:
        return near
    wanted = name.casefold().rstrip("_")
    folded: dict[str, str] = {}
    for one in names:
        folded.setdefault(one.casefold(), one)
    if wanted in folded:
        return [folded[wanted]]
    begins = [one for low, one in folded.items() if len(wanted) > 2 and low.startswith(wanted)]
    near = difflib.get_close_matches(wanted, folded, n=2, cutoff=0.75)
    return begins[:2] or [folded[one] for one in near]
