"""What weights are called: those of modules, lists and dicts, each once, under a dotted name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from minigrad import Parameter, Tensor
from minigrad.module import Module

from ...cells import Cell

__all__ = ["Key", "NamedWeights", "layer_of", "named_tensors", "weights_of"]

Key = str | Tensor | tuple[str | Tensor, str]
Given = tuple[str, Module | Tensor]     # and what it is called


class NamedWeights(NamedTuple):
    """NamedWeights by name, and the columns of the gates of those that have some.

    >>> import minigrad as mg
    >>> w = mg.Parameter([1.0, 2.0], name="W_hh")
    >>> weights = NamedWeights({"encoder.W_hh": w}, {"encoder.W_hh": {"i": slice(0, 1)}})
    >>> weights.find("W_hh[i]", "ledger"), weights.find(w, "ledger")
    (('encoder.W_hh', 'i'), ('encoder.W_hh', None))
    """

    tensors: Mapping[str, Tensor]
    gates: Mapping[str, Mapping[str, slice]]

    def find(self, key: Any, what: str) -> tuple[str, str | None]:
        """The name of the weight, and the gate or None, that a key stands for.

        key: the weight itself; its name, or the end of it after a dot if no other ends so; either
            of them with a gate, as "W_hh[f]" or (weight, "f").

        Raises KeyError, in the words of `what`, for anything else.
        """
        given, gate = key if isinstance(key, tuple) and len(key) == 2 else (key, None)
        names = self._names(given)
        if not names and gate is None and isinstance(given, str) and given.endswith("]"):
            weight, _, gate = given.removesuffix("]").rpartition("[")
            names = self._names(weight)
        asked = f"{what}[{_shown(given)}{'' if given is key else f', {gate!r}'}]"
        if not names:
            raise KeyError(f"{asked}: its weights are {', '.join(self.tensors) or 'none'}")
        if len(names) > 1:
            raise KeyError(f"{asked}: there are {', '.join(names)}; name one of them")
        (name,) = names
        gates = self.gates.get(name, {})
        if gate is not None and gate not in gates:
            raise KeyError(f"{asked}: " + (
                f"its gates are {', '.join(f'{name}[{other}]' for other in gates)}" if gates else
                f"no gates are known of {name}; ask {what}(loss, module) about a cell or layer "
                f"that declares its gates"
            ))
        return name, gate

    def _names(self, key: Any) -> list[str]:
        """The weight itself, its full name, or the names that end so."""
        if isinstance(key, Tensor):
            return [name for name, tensor in self.tensors.items() if tensor is key]
        if not isinstance(key, str):
            return []
        ends = [name for name in self.tensors if name.endswith(f".{key}")]
        return [key] if key in self.tensors else ends

    def part(self, names: Mapping[str, str]) -> NamedWeights:
        """Some of the weights under new names, the values of `names`."""
        return NamedWeights(
            {new: self.tensors[name] for name, new in names.items()},
            {new: self.gates[name] for name, new in names.items() if name in self.gates},
        )


def weights_of(params: Any, function: str) -> NamedWeights:
    """The weights in `params`, named as by ``named_tensors``, with the gates of the cells.

    Raises ValueError where modules are given of which none has a weight.
    """
    given = list(_given(params, "", function))
    named = _named(given, function)
    modules = [thing for _, thing in given if isinstance(thing, Module)]
    if modules and not named:
        names = ", ".join(type(module).__name__ for module in modules)
        frozen = any(list(module.parameters()) for module in modules)
        raise ValueError(f"{function}(params): {names} " + (
            "has parameters, and none is trained: call requires_grad_() of the module first"
            if frozen else "has no parameters; a Module finds those that are assigned to it, as "
            "in self.W = minigrad.Parameter(...), also in lists, tuples and dicts"
        ))
    gates: dict[int, dict[str, slice]] = {}
    for cell in (inside for module in modules for inside in module.modules()):
        if isinstance(cell, Cell) and len(cell.gates) > 1:
            width = len(cell.gates) * cell.hidden_size
            for parameter in vars(cell).values():
                if isinstance(parameter, Parameter) and parameter.shape[-1:] == (width,):
                    gates[id(parameter)] = {gate: cell.gate(gate).columns for gate in cell.gates}
    return NamedWeights(named, {n: gates[id(t)] for n, t in named.items() if id(t) in gates})


def named_tensors(params: Any, function: str) -> dict[str, Tensor]:
    """The tensors in `params` by name; a weight that is in it twice (tied) has its first name.

    params: a Module, a Tensor, or a mapping or sequence of them, nested as one likes. Parameters
        that are not trained are left out of a module.

    Names are those that the module gives: ``layers.0.W_hh``. Before them stands the key of a
    mapping, and in a sequence what the module calls itself, its ``name`` or else its class:
    ``encoder.W_hh``. Where two are called alike, their places tell them apart: ``gru[0].W_hh``,
    ``gru[1].W_hh``.
    """
    return _named(list(_given(params, "", function)), function)


def layer_of(name: str) -> str:
    """The part of a weight's name that is the path of its layer; both directions are one layer.

    >>> [layer_of(name) for name in ("encoder.0.reverse.W_hh", "encoder.0.W_hh", "W_hh")]
    ['encoder.0', 'encoder.0', '']
    """
    return name.rpartition(".")[0].removesuffix(".reverse")


def _named(given: Sequence[Given], function: str) -> dict[str, Tensor]:
    named: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in _entries(given):
        if id(tensor) in seen:
            continue
        if name in named:
            raise ValueError(
                f"{function}(params): two tensors are called {name!r}; pass a dict of names"
            )
        if not tensor.requires_grad:
            raise ValueError(f"{function}(params): {name!r} does not require grad")
        seen.add(id(tensor))
        named[name] = tensor
    return named


def _entries(given: Sequence[Given]) -> Iterator[tuple[str, Tensor]]:
    """(name, tensor) of all that was given."""
    alike = Counter({id(thing): label for label, thing in given}.values())
    for k, (label, thing) in enumerate(given):
        place = f"[{k}]" if alike[label] > 1 or (label == "" and isinstance(thing, Tensor)) else ""
        if isinstance(thing, Tensor):
            yield label + place, thing
        else:
            for name, parameter in thing.named_parameters():
                if parameter.requires_grad:
                    yield _joined(label + place, name), parameter


def _given(thing: Any, path: str, function: str) -> Iterator[Given]:
    """The modules and tensors in what was given; `path` are the keys on the way to it."""
    if isinstance(thing, Module):
        yield path, thing
    elif isinstance(thing, Tensor):
        yield path or thing.name or "", thing
    elif isinstance(thing, Mapping):
        for key, inside in thing.items():
            yield from _given(inside, _joined(path, str(key)), function)
    elif isinstance(thing, Iterable) and not isinstance(thing, str | bytes):
        for inside in thing:
            yield from _given(inside, _joined(path, _own_name(inside)), function)
    else:
        what = f"the class {thing.__name__}" if isinstance(thing, type) else type(thing).__name__
        raise TypeError(
            f"{function}(params): {f'{path!r} is' if path else 'received'} {what}; wanted a "
            f"Module, or a mapping or sequence of Tensors"
        )


def _own_name(thing: Any) -> str:
    """What a module or a tensor calls itself."""
    if isinstance(thing, Module):
        return str(getattr(thing, "name", None) or type(thing).__name__.lower())
    return (thing.name or "") if isinstance(thing, Tensor) else ""


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and name else path or name


def _shown(key: Any) -> str:
    if not isinstance(key, Tensor):
        return repr(key)
    return f"a Tensor {key.name} of shape {key.shape}" if key.name else f"a {key.shape} Tensor"
