"""The container of safetensors, read in Python, where the compiled package cannot be installed.

Eight bytes with the length of a header, the header, a JSON object that says of each array its type,
its shape and where its bytes lie, then the bytes. Offsets follow on each other, fill the file and
agree with the shapes; all else is an error. What is accepted the package accepts, and reads as the
same. (It also takes a list in the place of an entry's object, which no program writes.)
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

__all__ = ["ContainerError", "reader", "unpack"]

Entry = tuple[str, dict[str, Any]]

_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64,
    "F16": 16, "F32": 32, "F64": 64, "BF16": 16, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
}
_LONGEST = 100_000_000  # bytes of a header
_DEEPEST = 127  # brackets in brackets
_MOST = 2**64  # a number of the format is below it
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}]', re.DOTALL)


class ContainerError(ValueError):
    """A file is no safetensors container; the text says why."""


def reader() -> Callable[[bytes], list[Entry]]:
    """What unpacks a container: the package safetensors where it is installed, else `unpack`."""
    try:
        import safetensors  # here, so that importing minigrad stays quick
    except ImportError:
        return unpack

    deserialize: Any = safetensors.deserialize  # its stub has no types

    def by_the_package(raw: bytes) -> list[Entry]:
        try:
            found: list[Entry] = deserialize(raw)
        except safetensors.SafetensorError as error:
            raise ContainerError(str(error)) from None
        return found

    return by_the_package


def unpack(raw: bytes) -> list[Entry]:
    """The arrays of a container, in the order of their bytes: pairs of a name and a dict of
    "dtype", "shape" and "data".

    Nothing is allocated by a size that the file only claims. Raises ContainerError.

    >>> header = b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}'
    >>> unpack(len(header).to_bytes(8, "little") + header + b"xy")
    [('a', {'dtype': 'U8', 'shape': [2], 'data': b'xy'})]
    """
    length = int.from_bytes(raw[:8], "little")
    if len(raw) < 8 or length > len(raw) - 8:
        raise ContainerError("the header is longer than the file")
    if length > _LONGEST:
        raise ContainerError("the header is too long")
    body = memoryview(raw)[8 + length :]
    found, end = [], 0
    for name, dtype, shape, (start, stop) in _entries(raw[8 : 8 + length]):
        if start != end or stop < start:
            raise ContainerError(f"the bytes of {name!r} do not begin where others end")
        if stop - start != _size(name, dtype, shape):
            raise ContainerError(f"the shape and the bytes of {name!r} do not agree")
        end = stop
        if end <= len(body):
            data = bytes(body[start:stop])
            found.append((name, {"dtype": dtype, "shape": shape, "data": data}))
    if end != len(body):
        raise ContainerError(f"the header wants {end} bytes, and {len(body)} follow it")
    return found


def _entries(text: bytes) -> list[tuple[str, str, list[int], tuple[int, int]]]:
    """Name, type, shape and offsets of each array, in the order of their bytes."""
    found = []
    for name, entry in _header(text).items():
        if name == "__metadata__":
            _check_metadata(entry)
            continue
        if not isinstance(entry, dict) or not {"dtype", "shape", "data_offsets"} <= entry.keys():
            raise ContainerError(f"the entry of {name!r} lacks dtype, shape or data_offsets")
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(dtype, str) or dtype not in _BITS:
            raise ContainerError(f"{name!r} has the unknown dtype {dtype!r}")
        if not (_numbers(shape) and _numbers(offsets) and len(offsets) == 2):
            raise ContainerError(f"the shape and offsets of {name!r} are no lists of sizes")
        found.append((name, dtype, shape, (offsets[0], offsets[1])))
    return sorted(found, key=lambda each: each[3])


def _header(text: bytes) -> dict[str, Any]:
    try:
        written = text.decode()
        _check_depth(written)
        header = json.loads(written, parse_constant=_no_json, parse_float=_finite,
                            parse_int=_whole, object_pairs_hook=_once)
    except UnicodeError:    # of the bytes, or of an escape that is half of a pair
        raise ContainerError("the header is not UTF-8") from None
    except ValueError as error:
        raise ContainerError(f"the header is no JSON: {error}") from None
    if not isinstance(header, dict):
        raise ContainerError("the header is no JSON object")
    return header


def _check_depth(text: str) -> None:
    """Refuse brackets in brackets in brackets: a parser goes into each by a call of itself."""
    depth = 0
    for token in _TOKENS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > _DEEPEST:
            raise ContainerError("the header is nested too deeply")


def _no_json(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _finite(number: str) -> float:
    if math.isinf(float(number)):
        raise ValueError(f"{number} is out of range")
    return float(number)


def _whole(number: str) -> float:
    return -0.0 if number == "-0" else int(number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, whose texts are UTF-8; what an entry says of itself, it says once."""
    found = dict(pairs)
    for text in (*found, *found.values()):
        if isinstance(text, str):
            text.encode()
    said = [key for key, _ in pairs if key in ("dtype", "shape", "data_offsets", "__metadata__")]
    if len(said) != len(set(said)):
        raise ValueError("a field is there twice")
    return found


def _check_metadata(entry: Any) -> None:
    texts = isinstance(entry, dict) and all(isinstance(text, str) for text in entry.values())
    if not (entry is None or texts):
        raise ContainerError("its metadata are no texts by name")


def _numbers(sizes: Any) -> bool:
    """Whether this is a list of whole numbers that fit into 64 bits."""
    return isinstance(sizes, list) and all(type(n) is int and 0 <= n < _MOST for n in sizes)


def _size(name: str, dtype: str, shape: list[int]) -> int:
    """How many bytes an array has."""
    bits = _BITS[dtype]
    count = 1
    for n in shape:
        count *= n
        if count >= _MOST:
            raise ContainerError(f"the shape of {name!r} is too large")
    if count * bits >= _MOST or count * bits % 8:
        raise ContainerError(f"the shape of {name!r} is no number of bytes")
    return count * bits // 8
