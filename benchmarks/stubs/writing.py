"""From the living class, and the living functions, to the text of their stubs: typed signatures."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import minigrad.functional as F
from minigrad import Tensor

from . import tables

__all__ = ["STUBS", "attached", "functional", "methods"]

_PACKAGE = Path(__file__).parents[2] / "minigrad"
_BUILTINS = "int|float|bool|type"  # methods have these names too
_EMPTY = inspect.Parameter.empty


def attached() -> dict[str, Any]:
    """What has been attached to Tensor, by name: all that is not written in its classes' files."""
    found = {name: value for cls in Tensor.__mro__[:-1] for name, value in vars(cls).items()}
    return {
        name: found[name] for name in sorted(found)
        if not name.startswith("_") and not _written_in_class(found[name])
    }


def _written_in_class(value: Any) -> bool:
    function = value.fget if isinstance(value, property) else inspect.unwrap(value)
    return getattr(function, "__qualname__", "").partition(".")[0] in {
        cls.__name__ for cls in Tensor.__mro__[:-1]
    }


def methods() -> str:
    """The text of ``engine/methods.pyi``."""
    found = attached()
    lines = ["class Methods(np.generic):", *_operators(), ""]
    for name, value in found.items():
        lines += [_method(name, value), ""]
    lines += ["# What NumPy's scalars have and a Tensor has not.", ""]
    lines += [f"{name}: None" for name in tables.NOT_OURS if name not in found]
    first, *rest = lines
    return _dated(tables.HEAD) + first + "\n" + textwrap.indent("\n".join(rest), "    ") + "\n"


def _dated(head: str) -> str:
    """With the version of NumPy whose signatures methods have."""
    return head.replace("{numpy}", ".".join(np.__version__.split(".")[:2]))


def _operators() -> Iterator[str]:
    for name in tables.OPERATORS["binary"].split():
        result = tables.RESULTS.get(f"__{name}__", "Tensor")
        yield f"def __{name}__(self, other: ArrayLike, /) -> {result}: ..."
        yield f"def __r{name}__(self, other: ArrayLike, /) -> {result}: ..."
        if name != "divmod":
            yield f"def __i{name}__(self, other: ArrayLike, /) -> Self: ..."
    for name in tables.OPERATORS["compared"].split():
        yield f"def __{name}__(self, other: Any, /) -> Tensor: ..."
    for name in tables.OPERATORS["unary"].split():
        yield f"def __{name}__(self) -> Tensor: ..."
    yield "def __round__(self, ndigits: SupportsIndex = 0) -> Tensor: ..."
    yield "def __getitem__(self, index: Index, /) -> Tensor: ..."
    yield "def __setitem__(self, index: Index, value: ArrayLike, /) -> None: ..."
    yield "def __hash__(self) -> builtins.int: ..."
    yield "@property\ndef shape(self) -> tuple[builtins.int, ...]: ..."
    yield "@property\ndef ndim(self) -> builtins.int: ..."
    yield "@property\ndef size(self) -> builtins.int: ..."
    yield "def item(self) -> Any: ..."
    yield "def __deepcopy__(self, memo: dict[builtins.int, Any], /) -> Self: ..."
    yield "def __array__(self, dtype: Any = None, copy: Any = None) -> Entries: ..."
    yield "def __new__(cls, *args: Any, **keywords: Any) -> Self: ..."


def _method(name: str, value: Any) -> str:
    if isinstance(value, property):
        text = f"@property\ndef {name}(self) -> {tables.PROPERTIES.get(name, 'Tensor')}: ..."
    elif name.endswith("_") and name not in tables.WRITTEN:  # x.exp_() takes what x.exp() takes
        text = _signature(name[:-1], getattr(Tensor, name[:-1]))
        text = text.replace(f"def {name[:-1]}(", f"def {name}(").replace("-> Tensor:", "-> Self:")
    else:
        text = _signature(name, value)
    text = re.sub(rf"(?<![\w.'\"=])(?<!def )({_BUILTINS})(?![\w('\"])", r"builtins.\1", text)
    return _documented(text, value)


def _documented(text: str, value: Any) -> str:
    """A declaration with the first paragraph of its docstring, which editors show."""
    doc = (inspect.getdoc(value) or "").partition("\n\n")[0].replace("\n", " ")
    assert text.endswith(": ...")
    return f'{text.removesuffix(" ...")}\n    """{doc}"""'


def _signature(name: str, value: Any) -> str:
    if name in tables.WRITTEN:
        return tables.WRITTEN[name].rstrip()
    return f"def {name}({_parameters(name, value)}) -> {_result(name, value)}: ..."


def _parameters(name: str, method: Any) -> str:
    form = getattr(method, "form", None)
    numpys = form.function if form and not form.order else None
    if inspect.isfunction(inspect.unwrap(numpys)):  # its order of arguments is NumPy's
        _, *given = inspect.signature(numpys).parameters.values()
    else:
        _, *given = inspect.signature(method).parameters.values()
        if hasattr(method, "op") or (form and form.op):  # an op takes metadata by position too
            given = [p.replace(kind=p.POSITIONAL_OR_KEYWORD) for p in given]
    parts, after = ["self"], False
    for p in given:
        if p.kind is p.VAR_KEYWORD:
            continue
        if p.kind is p.KEYWORD_ONLY and not after:
            parts.append("*")
            after = True
        if p.kind is p.VAR_POSITIONAL:
            after = True
        star = "*" if p.kind is p.VAR_POSITIONAL else ""
        parts.append(f"{star}{p.name}: {_type(name, p)}{_default(p)}")
    if words := tables.WORDS.get(name):
        if words == tables.REDUCTION:  # x.sum(1, True), where NumPy has a dtype or an array there
            parts[2] = parts[2].replace("None", "bool | None", 1)
        parts += [] if after else ["*"]
        parts.append(words)
    return ", ".join(parts)


def _type(method: str, p: inspect.Parameter) -> str:
    written = str(p.annotation).replace("'", "") if p.annotation is not _EMPTY else "Any"
    for alias, meant in tables.ALIASES.items():
        written = re.sub(rf"\b{alias}\b", meant, written)
    if written in ("Any", "Array", "Tensor"):
        own = tables.IN_METHODS.get(method, {})
        written = own.get(p.name) or tables.BY_NAME.get(p.name, "ArrayLike")
    if p.default is None and "None" not in written and written not in ("Axis", "Axes"):
        written += " | None"
    return written


def _default(p: inspect.Parameter) -> str:
    if p.default is _EMPTY:
        return ""
    plain = p.default is None or isinstance(p.default, bool | int | float | str)
    if isinstance(p.default, float) and p.default in (float("inf"), -float("inf")):
        plain = False
    return f" = {p.default!r}" if plain else " = ..."


def _result(name: str, value: Any) -> str:
    if name in tables.RESULTS:
        return tables.RESULTS[name]
    annotated = str(inspect.signature(value).return_annotation).replace("'", "")
    if annotated in ("Ranked", "SVD", "LU", "TriangularSolve", "Extremes", "bool", "int", "str",
                     "Tensor"):
        return annotated
    return "tuple[Tensor, ...]" if annotated.startswith("tuple") else "Tensor"


def functional() -> str:
    """The text of ``functional/__init__.pyi``."""
    found = [(name, getattr(F, name)) for name in F.__all__]
    declared = [text for name, value in found for text in _overloads(name, value)]
    names = textwrap.fill(", ".join(f'"{name}"' for name in F.__all__), 90)
    public = f"__all__ = [\n{textwrap.indent(names, '    ')},\n]\n"
    return "\n".join([_dated(tables.HEAD_OF_FUNCTIONS), public, *declared])


def _overloads(name: str, value: Any) -> Iterator[str]:
    """A Tensor for a Tensor, and for an array what cannot be said here: it may be either."""
    signature = inspect.signature(value)
    main = next(name for name, p in signature.parameters.items() if p.annotation == "Any")
    result = tables.RESULTS_OF_FUNCTIONS.get(name) or _result(name, value)
    for given, returned in (("Tensor", result), ("ArrayLike", "Any")):
        parts, after = [], False
        for p in signature.parameters.values():
            if p.kind is p.KEYWORD_ONLY and not after:
                parts.append("*")
                after = True
            kind = given if p.name == main else _type(name, p)
            kind = f"Sequence[{kind}]" if p.name == "tensors" else kind
            parts.append(f"{p.name}: {kind}{_default(p)}")
            if p.kind is p.POSITIONAL_ONLY:
                parts.append("/")
        text = f"@overload\ndef {name}({', '.join(parts)}) -> {returned}: ..."
        yield (_documented(text, value) if given == "ArrayLike" else text) + "\n"


STUBS = {
    _PACKAGE / "engine" / "methods.pyi": methods,
    _PACKAGE / "functional" / "__init__.pyi": functional,
}
