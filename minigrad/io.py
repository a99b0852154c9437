"""Named arrays in a file, which is written whole or not at all, and which cannot hold code.

The format is safetensors (a JSON header, then the raw numbers), so other frameworks read these
files too, and reading one never runs code. Two entries of the header's metadata are ours: the
format version, and a SHA-256 of all other bytes, so that a single flipped bit is an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np

from .container import reader
from .engine.tensor import detached
from .engine.values import as_array
from .errors import FileFormatError, describe

__all__ = ["contents", "load", "load_metadata", "replacing", "save"]

VERSION = 1
_VERSION_KEY, _DIGEST_KEY = "minigrad.version", "minigrad.sha256"
# In a JSON text this can only be our metadata entry: within any string the quotes are escaped.
_DIGEST_AT = f'"{_DIGEST_KEY}":"'.encode()
_VERSION_AT = re.compile(rb'"minigrad\.version"\s*:\s*"?(\d+)')  # the same holds for this one
_NO_DIGEST = b"0" * 64  # stands where the digest goes while it is computed

_DTYPES = {
    "BOOL": "?",
    "U8": "u1", "U16": "<u2", "U32": "<u4", "U64": "<u8",
    "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8",
    "F16": "<f2", "F32": "<f4", "F64": "<f8",
}
# Types that NumPy lacks, and the one in which each of their values is exact.
_WIDENED = {"BF16": "float32", "F8_E5M2": "float16", "F8_E4M3": "float16"}
_CODES = {np.dtype(dtype): code for code, dtype in _DTYPES.items()}

Array = np.ndarray[Any, Any]
PathLike = str | os.PathLike[str]


def save(
    path: PathLike, tensors: Mapping[str, Any], metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays, Tensors or numbers under their names, and text under its names, to one file.

    path: its folder must exist; an existing file is replaced, in one step, once the new one is on
        the disk. Whatever goes wrong before that, a full disk or a kill included, it stays as it
        was. (A killed process can leave a file ``.minigrad-*.tmp`` behind.)
    tensors: such as ``module.state_dict()``; numbers become arrays without axes.
    metadata: text by name, such as a configuration as JSON.

    The same content gives the same bytes. Raises TypeError or ValueError that names the key, for
    content that the format cannot hold, and OSError where the file cannot be written.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "weights.safetensors")
    >>> save(path, {"W": np.eye(2, dtype=np.float32), "steps": 7}, {"text": "any"})
    >>> load(path)["W"]
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    >>> load_metadata(path)
    {'text': 'any'}
    """
    _check_path(path, "save")
    arrays = _savable(tensors)
    header, order = _header(arrays, _checked_metadata({} if metadata is None else metadata))
    digest = hashlib.sha256(header)
    for name in order:
        digest.update(_raw(arrays[name]))
    at = header.index(_DIGEST_AT) + len(_DIGEST_AT)
    with replacing(path) as file:
        file.write(header[:at] + digest.hexdigest().encode() + header[at + len(_NO_DIGEST):])
        for name in order:
            file.write(_raw(arrays[name]))


def load(path: PathLike, *, verify: bool = True) -> dict[str, Array]:
    """The arrays of a file by name, in the order in which they were saved.

    verify: whether the file must carry minigrad's checksum, and match it. False reads safetensors
        files that other programs wrote.

    Values of bfloat16 come as float32, of an 8-bit float as float16: NumPy has no narrower type in
    which they are exact. Names are keys and nothing else: no name is ever used as a path.
    Raises FileFormatError, which names the file, what is wrong and what to do, for a file that is
    truncated, damaged, of a newer version or no safetensors file (pickles are refused unread);
    OSError if it cannot be read.

    >>> import tempfile
    >>> from minigrad.module import Module, Parameter
    >>> model = Module()
    >>> model.w = Parameter([1.0, 2.0])
    >>> path = Path(tempfile.mkdtemp(), "model.safetensors")
    >>> save(path, model.state_dict())
    >>> model.w.data = np.zeros(2)
    >>> model.load_state_dict(load(path))
    IncompatibleKeys(missing_keys=[], unexpected_keys=[])
    >>> model.w.numpy()
    array([1., 2.])
    """
    return contents(path, verify=verify)[0]


def contents(
    path: PathLike, *, verify: bool | None = True
) -> tuple[dict[str, Array], dict[str, str]]:
    """What `load` and `load_metadata` give, of one and the same reading of the file.

    verify: as in `load`; None is True for the files that carry minigrad's checksum.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "weights.safetensors")
    >>> save(path, {"n": 3}, {"epoch": "7"})
    >>> contents(path)
    ({'n': array(3)}, {'epoch': '7'})
    """
    header, flat = _read(path, verify)
    found = {name: _array(path, name, entry) for name, entry in flat}
    return {name: found[name] for name in header if name in found}, _metadata(header)


def load_metadata(path: PathLike, *, verify: bool = True) -> dict[str, str]:
    """The text that was saved with the arrays; the file is checked as in `load`.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "weights.safetensors")
    >>> save(path, {"W": np.eye(2)}, {"epoch": "7"})
    >>> load_metadata(path)
    {'epoch': '7'}
    """
    return _metadata(_read(path, verify)[0])


def _metadata(header: Mapping[str, Any]) -> dict[str, str]:
    metadata = header.get("__metadata__") or {}
    return {key: text for key, text in metadata.items() if not key.startswith("minigrad.")}


def _check_path(path: Any, owner: str) -> None:
    """Raise where `path` names no file; Path would take '' for the current folder."""
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str):
        raise TypeError(f"{owner}(path): received {describe(path)}, wanted text or a Path")
    if not name or "\0" in name:
        raise ValueError(f"{owner}(path): received {name!r}, wanted the path of a file")


# -- writing


def _savable(tensors: Mapping[str, Any]) -> dict[str, Array]:
    """Every value as a little-endian array in row-major order."""
    if not isinstance(tensors, Mapping):
        raise TypeError(
            f"save(tensors): received {type(tensors).__name__}, wanted a mapping from names to "
            f"arrays; pass module.state_dict()"
        )
    arrays = {}
    for name, value in tensors.items():
        _check_text(name, f"save(tensors): the name {name!r}")
        if name == "__metadata__":
            raise ValueError("save(tensors): '__metadata__' is the format's own name; rename it")
        try:
            array = as_array(detached(value))
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"save(tensors[{name!r}]): received {describe(value)}, wanted numbers"
            ) from error
        little = array.dtype.newbyteorder("<")
        if little not in _CODES:
            raise TypeError(
                f"save(tensors[{name!r}]): dtype {array.dtype} is not among those of safetensors "
                f"({', '.join(np.dtype(d).name for d in _CODES)}); convert it with .astype"
            )
        arrays[name] = np.asarray(array, dtype=little, order="C")
    return arrays


def _checked_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(metadata, Mapping):
        raise TypeError(
            f"save(metadata): received {describe(metadata)}, wanted a mapping from names to text"
        )
    for key, text in metadata.items():
        _check_text(key, f"save(metadata): the key {key!r}")
        _check_text(text, f"save(metadata[{key!r}])")
        if key.startswith("minigrad."):
            raise ValueError(f"save(metadata): keys 'minigrad.…' are reserved; rename {key!r}")
    return dict(metadata)


def _check_text(text: Any, what: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{what}: received {describe(text)}, wanted text; use str or json.dumps")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what}: half of a surrogate pair cannot be written as UTF-8") from None


def _header(arrays: Mapping[str, Array], metadata: dict[str, str]) -> tuple[bytes, list[str]]:
    """The start of the file, with a digest of zeros, and the order of the data after it."""
    # The largest items first, so that each array starts at a multiple of its item size.
    order = sorted(arrays, key=lambda name: -arrays[name].itemsize)
    ends: dict[str, int] = {}
    end = 0
    for name in order:
        end = ends[name] = end + arrays[name].nbytes
    ours = {_DIGEST_KEY: _NO_DIGEST.decode(), _VERSION_KEY: str(VERSION)}
    entries: dict[str, Any] = {"__metadata__": {**ours, **metadata}}
    for name, array in arrays.items():
        entries[name] = {
            "dtype": _CODES[array.dtype],
            "shape": array.shape,
            "data_offsets": (ends[name] - array.nbytes, ends[name]),
        }
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text, order


def _raw(array: Array) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


@contextlib.contextmanager
def replacing(path: PathLike) -> Iterator[BinaryIO]:
    """A new file in the same folder that takes the place of `path` if the block succeeds.

    Raises OSError for a target that is no regular file, or that cannot be written.
    """
    target = Path(os.path.realpath(path))  # through a link, so that the link stays one
    before = target.stat().st_mode if target.exists() else None
    if before is not None and not stat.S_ISREG(before):
        raise OSError(f"save: {target} is no regular file, and would be replaced; name another")
    temporary = target.with_name(f".minigrad-{os.urandom(8).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            temporary.chmod(stat.S_IMODE(before))
        temporary.replace(target)
    except OSError as error:  # under the name that the user knows
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    # The new name is on the disk only when its folder is. Not every system can say so.
    with contextlib.suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


# -- reading


def _read(path: PathLike, verify: bool | None) -> tuple[dict[str, Any], list[Any]]:
    """Header and raw arrays of a file that has passed every check.

    Nothing is allocated by a size that the file only claims: all of it is read first, and all
    claims are compared with what was read.
    """
    _check_path(path, "load")
    mode = Path(path).stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # one could wait, or read, for ever
        _refuse(path, "it is a pipe or device and no regular file", "save what it holds to a file")
    raw = Path(path).read_bytes()
    length = int.from_bytes(raw[:8], "little")
    _check_newer(path, raw[8 : 8 + length])  # first: what a newer version changed is not damage
    if len(raw) < 8 or length > len(raw) - 8:
        _refuse(path, *_diagnose(raw, length))
    try:
        flat = reader()(raw)  # strict: offsets, sizes and shapes agree and fill the file
        header = json.loads(raw[8 : 8 + length])
    except ValueError as error:
        _refuse(path, f"it is truncated, damaged or no safetensors file ({error})", _ANOTHER)
    metadata = header.get("__metadata__") or {}
    _check_version(path, metadata)
    if verify or (verify is None and _DIGEST_KEY in metadata):
        _check_digest(path, raw, length)
    return header, flat


_ANOTHER = "use another copy of it, or save it again"


def _refuse(path: PathLike, wrong: str, remedy: str) -> NoReturn:
    raise FileFormatError(f"{os.fspath(path)} cannot be loaded: {wrong}; {remedy}") from None


def _diagnose(raw: bytes, length: int) -> tuple[str, str]:
    """What a file without a readable header probably is, and what to do."""
    pickled = raw[:1] == b"\x80" and raw[1:2] in b"\x02\x03\x04\x05" and raw[8:9] != b"{"
    if pickled or raw.startswith(b"PK\x03\x04"):
        wrong = "it looks like a pickle or zip archive, and loading a pickle could run any code"
        return wrong, "if you trust it, let the program that wrote it save it as safetensors"
    if len(raw) < 8:
        return f"it has {len(raw)} bytes, and a header needs at least 8", _ANOTHER
    wrong = f"it announces a header of {length} bytes, and {len(raw) - 8} follow"
    return f"it is truncated, or no safetensors file: {wrong}", _ANOTHER


def _check_newer(path: PathLike, header: bytes) -> None:
    """Refuse a file of a newer version, whatever the rest of its header is."""
    for number in _VERSION_AT.findall(header):
        version = number.decode()
        if len(version) > 9 or int(version) > VERSION:
            _refuse(
                path,
                f"it has format version {version}, and this minigrad reads versions up to "
                f"{VERSION}",
                "install a newer minigrad",
            )


def _check_version(path: PathLike, metadata: Mapping[str, str]) -> None:
    version = metadata.get(_VERSION_KEY, str(VERSION))
    if not (version.isascii() and version.isdecimal()):
        _refuse(path, f"its format version is {version!r}, which is no number", _ANOTHER)


def _check_digest(path: PathLike, raw: bytes, length: int) -> None:
    """Compare the digest in the header with that of all other bytes."""
    at = raw.find(_DIGEST_AT, 8, 8 + length)
    if at < 0:
        _refuse(
            path,
            "it has no checksum of minigrad's, so another program wrote it, or it is damaged",
            "if you trust it, minigrad.load(path, verify=False) reads it",
        )
    start = at + len(_DIGEST_AT)
    end = start + len(_NO_DIGEST)
    digest, view = hashlib.sha256(), memoryview(raw)
    for piece in (view[:start], _NO_DIGEST, view[end:]):
        digest.update(piece)
    if raw[start:end] != digest.hexdigest().encode():
        _refuse(path, "its content does not match its checksum, so bytes were changed", _ANOTHER)


def _array(path: PathLike, name: str, entry: Mapping[str, Any]) -> Array:
    """A writeable native array of one entry, whose size the parser has compared with its shape."""
    code = entry["dtype"]
    if code not in _DTYPES and code not in _WIDENED:
        _refuse(
            path,
            f"tensor {name!r} has dtype {entry['dtype']}, which NumPy lacks",
            f"convert it to one of {', '.join(_DTYPES)}",
        )
    try:
        flat = _widened(code, entry["data"]) if code in _WIDENED else (
            np.frombuffer(entry["data"], _DTYPES[code])
        )
        array = flat.reshape(entry["shape"])
    except (ValueError, OverflowError) as error:
        _refuse(path, f"tensor {name!r} claims the shape {entry['shape']} ({error})", _ANOTHER)
    return np.array(array, array.dtype.newbyteorder("="))


def _widened(code: str, data: bytes) -> Array:
    """Values of a type that NumPy lacks, in a wider one that has every one of them."""
    if code == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    if code == "F8_E5M2":  # the upper half of a float16
        return (np.frombuffer(data, "u1").astype(np.uint16) << 8).view(np.float16)
    # F8_E4M3: a sign, 4 bits e of exponent, 3 bits m of mantissa, and no infinity.
    bits = np.arange(256)
    e, m = bits >> 3 & 15, bits & 7
    values = np.where(e == 0, m * 2.0**-9, (8 + m) * 2.0 ** (e - 10.0))
    values = np.where(bits & 127 == 127, np.nan, values)
    table: Array = np.where(bits >> 7, -values, values).astype(np.float16)
    return np.take(table, np.frombuffer(data, "u1"))
