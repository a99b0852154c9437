"""A recipe: what a module consists of, as plain data, so that it can be made again from a file.

It is the module's attributes: numbers, text and functions with public names as they are, arrays
and parameters by name, and for each module inside the name of its class. Classes are looked up
among those that the program has imported or defined; nothing in a file is imported or run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, functional
from minigrad.engine.tensor import Parameter, detached
from minigrad.module import Module
from minigrad.state import fit, refuse

from ..models.seq2seq import join_directions, unchanged
from ..models.tokens import greedy
from .plain import generator_from

__all__ = ["Recipe", "Unknown", "made_from", "recipe_of"]

_DEEPEST = 20  # lists in lists in an attribute, after which they are not followed
_OURS = ("minigrad", "rnn")

_FUNCTIONS: dict[str, Any] = {
    **{f"minigrad.functional.{name}": getattr(functional, name) for name in functional.__all__},
    **{f"numpy.{name}": f for name, f in vars(np).items() if isinstance(f, np.ufunc)},
    **{f"rnn.{f.__name__}": f for f in (greedy, join_directions, unchanged)},
}
_NAMES = {id(function): name for name, function in _FUNCTIONS.items()}


class Unknown(ValueError):
    """A class or an attribute that a recipe could not keep, or that this program does not have."""


class Recipe(NamedTuple):
    """text: plain values. arrays: those among the attributes, by place. generators: by place.

    >>> from rnn import Readout
    >>> recipe_of(Readout(3, 2, bias=False)).text["modules"]
    [{'class': 'rnn.Readout', 'attributes': {'W_hq': {'parameter': 'W_hq'}, 'b_q': None}}]
    """

    text: dict[str, Any]
    arrays: dict[str, np.ndarray[Any, Any]]
    generators: dict[str, np.random.Generator]


def recipe_of(model: Module) -> Recipe:
    """The recipe of a module. What cannot be kept is in it by its description alone."""
    return _Writer(model).recipe()


class _Writer:
    """A module on its way into a recipe."""

    def __init__(self, model: Module) -> None:
        self.modules = dict(model.named_modules())
        self.numbers = {id(module): k for k, module in enumerate(self.modules.values())}
        self.parameters = dict(model.named_parameters())
        self.names = {id(parameter): name for name, parameter in self.parameters.items()}
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        self.generators: dict[str, np.random.Generator] = {}

    def recipe(self) -> Recipe:
        modules = [
            {
                "class": _label(type(module)),
                "attributes": {
                    name: self.kept(value, f"{path}.{name}" if path else name)
                    for name, value in vars(module).items()
                },
            }
            for path, module in self.modules.items()
        ]
        parameters = {
            name: {"shape": list(p.shape), "dtype": p.dtype.str, "trained": p.requires_grad}
            for name, p in self.parameters.items()
        }
        text = {"modules": modules, "parameters": parameters}
        return Recipe(text, self.arrays, self.generators)

    def kept(self, value: Any, place: str, depth: int = 0) -> Any:
        """An attribute as plain data. What is no number, text or None is {kind: content}."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        if id(value) in self.numbers:
            return {"module": self.numbers[id(value)]}
        if id(value) in self.names:
            return {"parameter": self.names[id(value)]}
        if type(value) in (list, tuple) and depth < _DEEPEST:
            items = [self.kept(v, f"{place}.{k}", depth + 1) for k, v in enumerate(value)]
            return {type(value).__name__: items}
        if type(value) is dict and depth < _DEEPEST:
            pairs = [
                [self.kept(k, place, _DEEPEST), self.kept(v, f"{place}.{k}", depth + 1)]
                for k, v in value.items()
            ]
            return {"dict": pairs}
        if isinstance(value, np.random.Generator):
            return {"generator": self.generator(value, place)}
        if isinstance(value, np.dtype) and value.kind in "biufSU":
            return {"dtype": value.str}
        if isinstance(value, type) and issubclass(value, np.number | np.bool):
            return {"scalar type": np.dtype(value).str}
        if isinstance(value, Tensor | np.ndarray | np.number | np.bool):
            kept = np.asarray(detached(value))
            if kept.dtype.kind in "biuf":
                self.arrays[place] = kept
                return {_array_kind(value): place}
        return {"function": _NAMES[id(value)]} if id(value) in _NAMES else {"lost": _shown(value)}

    def generator(self, generator: np.random.Generator, place: str) -> str:
        """The first place of a generator, which several modules may share."""
        for known, other in self.generators.items():
            if other is generator:
                return known
        self.generators[place] = generator
        return place


def _array_kind(value: Any) -> str:
    if isinstance(value, Tensor):
        return "trained tensor" if value.requires_grad else "tensor"
    return "array" if isinstance(value, np.ndarray) else "scalar"


def _shown(value: Any) -> str:
    named = getattr(value, "__qualname__", None)
    return f"{type(value).__name__} {named}" if named else f"a value of {type(value).__name__}"


def made_from(
    text: Any,
    parameters: Mapping[str, Any],
    arrays: Mapping[str, Any],
    generators: Mapping[str, Any],
    owner: str,
) -> Module:
    """The module of a recipe, with these values.

    Raises Unknown for a class that this program does not have and for what the recipe could not
    keep, StateDictError for parameters that do not fit, and KeyError, IndexError, TypeError,
    ValueError or AttributeError for what is no recipe.
    """
    places = {
        name: np.broadcast_to(np.zeros((), np.dtype(entry["dtype"])), tuple(entry["shape"]))
        for name, entry in text["parameters"].items()
    }  # of any shape, and without memory
    found = fit(places, parameters)
    refuse(owner, found.faults)
    known = {
        name: Parameter(array, requires_grad=text["parameters"][name]["trained"])
        for name, array in found.arrays.items()
    }
    return _Reader(text["modules"], known, arrays, generators).model()


class _Reader:
    """A recipe on its way into a module."""

    def __init__(
        self,
        entries: list[Any],
        parameters: Mapping[str, Parameter],
        arrays: Mapping[str, Any],
        generators: Mapping[str, Any],
    ) -> None:
        self.entries, self.parameters, self.arrays = entries, parameters, arrays
        self.generators = {place: generator_from(state) for place, state in generators.items()}
        classes = [_class_of(entry["class"]) for entry in entries]
        self.modules: list[Module] = [cls.__new__(cls) for cls in classes]

    def model(self) -> Module:
        # From the inside out, so that parameters get the names by which they are found here.
        for module, entry in reversed(list(zip(self.modules, self.entries, strict=True))):
            where = entry["class"].rpartition(".")[2]
            for name, value in entry["attributes"].items():
                if not name.isidentifier() or name.startswith("__"):
                    raise ValueError(f"{name!r} is no name of an attribute")
                Module.__setattr__(module, name, self.value(value, f"{where}.{name}"))
        return self.modules[0]

    def value(self, kept: Any, place: str) -> Any:
        if not isinstance(kept, dict):
            return kept
        ((kind, content),) = kept.items()
        if kind == "lost":
            raise Unknown(f"{place} was {content}, which a file cannot hold")
        if kind in ("list", "tuple"):
            values = [self.value(item, place) for item in content]
            return values if kind == "list" else tuple(values)
        if kind == "dict":
            return {self.value(k, place): self.value(v, place) for k, v in content}
        read: dict[str, Callable[[Any], Any]] = {
            "module": self.modules.__getitem__,
            "parameter": self.parameters.__getitem__,
            "generator": self.generators.__getitem__,
            "dtype": np.dtype,
            "scalar type": lambda code: np.dtype(code).type,
            "array": self.arrays.__getitem__,
            "tensor": lambda name: Tensor(self.arrays[name]),
            "trained tensor": lambda name: Tensor(self.arrays[name], requires_grad=True),
            "scalar": lambda name: self.arrays[name][()],
            "function": _FUNCTIONS.__getitem__,
        }
        return read[kind](content)


# -- classes by name


def _label(cls: type) -> str:
    """rnn.LSTM, wherever in the package it stands; of others module and name."""
    package = cls.__module__.partition(".")[0]
    if package in _OURS:
        return f"{package}.{cls.__name__}"
    return f"{cls.__module__}.{cls.__qualname__}"


def _class_of(label: str) -> type[Module]:
    """The subclass of Module that has this label; of several, as in a notebook, the newest.

    What was defined in the program that was started, ``__main__``, has another module where it is
    imported, so there the name alone counts, if only one module has it.
    """
    own = [cls for cls in _subclasses(Module) if _label(cls) == label]
    if not own:
        module, _, name = label.rpartition(".")
        own = [
            cls for cls in _subclasses(Module)
            if _label(cls).rpartition(".")[2] == name and "__main__" in (module, cls.__module__)
        ]
    if not own:
        raise Unknown(f"its class {label} is not among those that this program has")
    if len(labels := sorted({_label(cls) for cls in own})) > 1:
        raise Unknown(f"its class {label} can be each of {', '.join(labels)}")
    return own[-1]


def _subclasses(cls: type[Module]) -> Iterator[type[Module]]:
    yield cls
    for inside in cls.__subclasses__():
        yield from _subclasses(inside)
