"""Module: an object whose parameters are found by name.

A parameter belongs to a module by being its attribute, directly, in another module, or in a list,
tuple or dict; nothing else is registered anywhere. Dotted paths such as ``encoder.cell.W_hh`` name
the parameters in state dicts, pictures and messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from .casting import cast_parameters
from .engine.tensor import Parameter
from .errors import describe
from .state import IncompatibleKeys, atomically, fit, refuse, zero_grads

__all__ = ["Module", "Parameter"]

_ASSIGN = "modules and parameters belong to it by being assigned, as in self.name = thing"
_STATE = "assign Parameter(value, requires_grad=False): it is saved and loaded, and not trained"
_WRAP = "write it into forward(), or call the module inside another one"
# Methods of PyTorch's modules that these do not have, and what to use instead.
ELSEWHERE = {
    "register_parameter": _ASSIGN, "register_module": _ASSIGN, "add_module": _ASSIGN,
    "register_buffer": _STATE,
    "buffers": "state that is not trained is among parameters(), with requires_grad=False",
    "named_buffers": "it is among named_parameters(), with requires_grad=False",
    "get_parameter": "use dict(module.named_parameters())[name]",
    "get_submodule": "use dict(module.named_modules())[name]",
    "register_forward_hook": _WRAP, "register_forward_pre_hook": _WRAP,
    "register_full_backward_hook": "use register_hook of the Tensors in question",
}


class _Found(NamedTuple):
    """A module or parameter (or a container on the way to one) and where it is."""

    path: str  # dotted, from the root
    local: str  # dotted, from the innermost module around it
    depth: int  # how many modules are around it
    thing: Any


class Module:
    """Base class of cells, layers and models: assign parameters and modules as attributes.

    Define ``forward``; calling the module calls it. A Parameter made with ``requires_grad=False``
    is state that is saved and loaded but not trained.

    >>> import minigrad as mg
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.w = mg.Parameter(np.ones(3))
    ...         self.b = mg.Parameter(0.5)
    ...     def forward(self, x):
    ...         return x @ self.w + self.b
    >>> line = Line()
    >>> line(np.arange(3.0)).item()
    3.5
    >>> line
    Line()  4 parameters
      w: (3,) float64
      b: () float64
    """

    training: bool = True
    """Whether layers such as dropout behave as in training (True) or as in evaluation."""

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What calling the module computes; every subclass defines it."""
        raise TypeError(
            f"{type(self).__name__} has no forward(): define `def forward(self, x): ...`, which "
            f"is what calling the module runs"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        before = vars(self).get(name)
        if isinstance(before, Parameter) and not (value is None or isinstance(value, Parameter)):
            raise TypeError(
                f"{type(self).__name__}.{name} is a Parameter, and assigning {describe(value)} "
                f"would drop it from parameters(); write .{name}.data = array to change its "
                f"values, or assign a new Parameter"
            )
        object.__setattr__(self, name, value)
        found = list(_walk(value, name))
        if any(thing is self for *_, thing in found):  # a cycle, as in child.parent = self
            return
        for path, _, _, thing in found:
            # A name that is an end of the path was set here, when a module inside got the
            # parameter. Any other is the user's, or comes from another place that shares it.
            if isinstance(thing, Parameter) and (
                thing.name is None or path.endswith(f".{thing.name}")
            ):
                thing.name = path

    if not TYPE_CHECKING:  # for a type checker there is no such name

        def __getattr__(self, name: str) -> Any:  # for what is not found otherwise
            if name in ELSEWHERE:
                raise AttributeError(f"{type(self).__name__} has no {name}: {ELSEWHERE[name]}")
            return object.__getattribute__(self, name)  # Python's own error, or a property's

    # -- what it consists of

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(dotted name, parameter), in the order of assignment.

        A parameter that is shared (tied) comes once, under its first name.
        """
        seen: set[int] = set()
        names: set[str] = set()
        for path, _, _, thing in _walk(self):
            if isinstance(thing, Parameter) and id(thing) not in seen:
                if path in names:
                    raise ValueError(
                        f"two parameters of {type(self).__name__} are both called {path!r}; "
                        f"rename an attribute or key that contains a dot"
                    )
                seen.add(id(thing))
                names.add(path)
                yield path, thing

    def parameters(self) -> Iterator[Parameter]:
        """The parameters, each once."""
        return (parameter for _, parameter in self.named_parameters())

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """(dotted name, module) for this module, named "", and all inside it, each once."""
        seen: set[int] = set()
        for path, _, _, thing in _walk(self):
            if isinstance(thing, Module) and id(thing) not in seen:
                seen.add(id(thing))
                yield path, thing

    def modules(self) -> Iterator[Module]:
        """This module and all inside it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(dotted name, module) for the modules directly inside this one, each once."""
        seen: set[int] = set()
        for found in _walk(self):
            if found.depth == 1 and isinstance(found.thing, Module) and id(found.thing) not in seen:
                seen.add(id(found.thing))
                yield found.path, found.thing

    def children(self) -> Iterator[Module]:
        """The modules directly inside this one, each once."""
        return (module for _, module in self.named_children())

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call ``function(module)`` for all modules inside and last for this one; returns it.

        >>> names = []
        >>> model = Module()
        >>> model.inner = Module()
        >>> _ = model.apply(lambda module: names.append(module is model)); names
        [False, True]
        """
        _, *inside = self.modules()
        for module in inside:
            function(module)
        function(self)
        return self

    # -- its state

    def state_dict(self, *, prefix: str = "") -> dict[str, np.ndarray[Any, Any]]:
        """Dotted name → read-only array: the parameters as they are now, for ``minigrad.save``.

        prefix: put before every name, such as "encoder.", to keep several modules in one file.

        Training does not change these arrays later: it replaces the arrays of parameters.
        """
        named = self.named_parameters()
        return {f"{prefix}{name}": parameter.numpy() for name, parameter in named}

    def load_state_dict(
        self, state: Mapping[str, Any], *, strict: bool = True, cast: bool = False
    ) -> IncompatibleKeys:
        """Take the values in `state` (copied), or raise and change nothing.

        strict: whether a missing or an unexpected key is an error; the result lists them.
        cast: convert another precision of the same kind, such as float64 where float32 is wanted.

        Raises StateDictError that lists every missing, unexpected, mis-shaped and mis-typed entry,
        with what `explain_keys` of this module, or of one inside, has to say about the names.

        >>> model = Module()
        >>> model.w = Parameter(np.ones(2))
        >>> model.load_state_dict({"w": np.zeros(2)})
        IncompatibleKeys(missing_keys=[], unexpected_keys=[])
        >>> model.load_state_dict({"W": np.ones(2)})
        Traceback (most recent call last):
        minigrad.errors.StateDictError: Module.load_state_dict: 2 entries do not fit, so ...
          missing:    w (wanted (2,) float64)
          unexpected: W (did you mean w?)
        """
        places = dict(self.named_parameters())
        found = fit(places, state, strict=strict, cast=cast)
        if found.faults:
            hints = self._explanations(found.keys.unexpected_keys)
            refuse(f"{type(self).__name__}.load_state_dict", found.faults, hints)

        def assign() -> None:
            for name, array in found.arrays.items():
                places[name]._replace(array)

        atomically(assign)
        return found.keys

    def explain_keys(self, unexpected: Sequence[str]) -> str:
        """A hint for a state dict with these names, which no parameter here has; "" for none.

        Override it where such names are known, as those of another program for the same parameters.
        The names are relative to this module; if none is its own, they are those at paths that
        no module here has.

        >>> class Line(Module):
        ...     def explain_keys(self, unexpected):
        ...         return "rename weight to w" if "weight" in unexpected else ""
        >>> model = Module()
        >>> model.line = Line()
        >>> model.load_state_dict({"line.weight": np.ones(2)})
        Traceback (most recent call last):
        minigrad.errors.StateDictError: Module.load_state_dict: 1 entry does not fit, so ...
          unexpected: line.weight
        rename weight to w
        """
        return ""

    def _explanations(self, unexpected: Sequence[str]) -> list[str]:
        """The hints of this module and of those inside, each text once."""
        names = [name for name in unexpected if isinstance(name, str)]
        elsewhere = [
            name for name in names
            if ("." in name or "/" in name) and name.partition(".")[0] not in vars(self)
        ]
        found = {}
        for path, module in self.named_modules():
            prefix = f"{path}." if path else ""
            here = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
            text = module.explain_keys(here or elsewhere) if here or elsewhere else ""
            if text:
                found[text] = True
        return list(found)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Set all gradients to None; with ``set_to_none=False`` to zeros."""
        zero_grads(self.parameters(), set_to_none)

    def train(self, mode: bool = True) -> Self:
        """Set ``training`` here and in all modules inside; returns the module."""
        modules = list(self.modules())

        def assign() -> None:
            for module in modules:
                module.training = mode

        atomically(assign)
        return self

    def eval(self) -> Self:
        """``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Train (True) or freeze (False) all parameters of a float type; returns the module.

        That includes parameters made with ``requires_grad=False``. Optimizers skip parameters
        without a gradient, so freezing needs nothing else.
        """
        parameters = [p for p in self.parameters() if p.dtype.kind == "f"]

        def assign() -> None:
            for parameter in parameters:
                parameter.requires_grad = requires_grad

        atomically(assign)
        return self

    def astype(self, dtype: Any) -> Self:
        """Convert all parameters of a float type, and their gradients, to another; returns the
        module.

        The parameters stay the same objects, so optimizers go on with them, and convert their own
        arrays. Backward through a graph from before raises MutationError if it saved an old value.
        Raises TypeError for what is no float type and ValueError for values that are too large for
        it, and then changes nothing.

        >>> model = Module()
        >>> model.w = Parameter(np.ones(2, np.float32))
        >>> model.astype(np.float64).w.dtype
        dtype('float64')
        """
        cast_parameters(self.named_parameters(), self.modules(), dtype)
        return self

    def to(self, what: Any) -> Self:
        """``astype`` for a float type; ``"cpu"`` changes nothing, as there is no other device.

        Raises ValueError for another device.
        """
        device = str(what).partition(":")[0] if isinstance(what, str) else None
        if device in ("cuda", "mps", "xpu", "meta"):
            raise ValueError(
                f"{type(self).__name__}.to({what!r}): NumPy computes on the CPU, and there is no "
                f"other device"
            )
        return self if device == "cpu" else self.astype(what)

    def cpu(self) -> Self:
        """The module itself."""
        return self

    def cuda(self, device: Any = None) -> Self:
        """Raises ValueError: NumPy computes on the CPU."""
        return self.to("cuda")

    def double(self) -> Self:
        """``astype(np.float64)``."""
        return self.astype(np.float64)

    def float(self) -> Self:
        """``astype(np.float32)``."""
        return self.astype(np.float32)

    def half(self) -> Self:
        """``astype(np.float16)``."""
        return self.astype(np.float16)

    # -- how it prints

    def extra_repr(self) -> str:
        """The text between the parentheses of the repr; override it."""
        return ""

    def __repr__(self) -> str:
        lines: list[str] = []
        first: dict[int, str] = {}
        for path, local, depth, thing in _walk(self):
            if id(thing) in first:
                what = f"the same as {first[id(thing)] or 'the whole'}"
            elif isinstance(thing, Module):
                what = f"{type(thing).__name__}({thing.extra_repr()})"
            else:
                what = describe(thing) + ("" if thing.requires_grad else ", not trained")
            first.setdefault(id(thing), path)
            lines.append(f"{'  ' * depth}{local}: {what}" if depth else what)
        count = sum(parameter.size for parameter in self.parameters())
        if count:
            lines[0] += f"  {count:,} parameters"
        return "\n".join(lines)


def _walk(root: Any, name: str = "") -> Iterator[_Found]:
    """The modules and parameters in `root`, depth first in the order of assignment.

    What is reached twice is given twice, but entered once, so that cycles end.
    """
    entered: set[int] = set()
    todo = [_Found(name, name, 0, root)]
    while todo:
        found = todo.pop()
        path, local, depth, thing = found
        if isinstance(thing, (Module, Parameter)):
            yield found
        inside = _members(thing)
        if not inside or id(thing) in entered:
            continue
        entered.add(id(thing))
        if isinstance(thing, Module):
            local, depth = "", depth + 1
        todo += [
            _Found(f"{path}.{key}" if path else key, f"{local}.{key}" if local else key, depth, v)
            for key, v in reversed(inside)
        ]


def _members(thing: Any) -> list[tuple[str, Any]]:
    """The attributes or entries of `thing` that can hold parameters, by their own names."""
    if isinstance(thing, Module):
        pairs: Any = vars(thing).items()
    elif isinstance(thing, dict):
        pairs = thing.items()
    elif isinstance(thing, (list, tuple)):
        pairs = enumerate(thing)
    else:
        return []
    holders = (Module, Parameter, list, tuple, dict)
    return [(str(key), value) for key, value in pairs if isinstance(value, holders)]
