"""Damaged, hostile and foreign files: each is a FileFormatError, and nothing in them runs."""

import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minigrad.errors import FileFormatError
from minigrad.io import load, load_metadata, save
from tests.support.paths import ROOT


def container(header, data=b""):
    """A safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def small_file(tmp_path):
    path = tmp_path / "small.safetensors"
    arrays = {"W": np.arange(6, dtype=np.float32).reshape(2, 3), "n": 7, "e": np.zeros((0, 2))}
    save(path, arrays, {"k": "v"})
    return path, path.read_bytes()


def test_truncation_at_every_byte(tmp_path):
    """A file cut anywhere is refused; the message names it and says what to do."""
    path, raw = small_file(tmp_path)
    for length in range(len(raw)):
        path.write_bytes(raw[:length])
        with pytest.raises(FileFormatError, match=r"small\.safetensors cannot be loaded.*; "):
            load(path)


@pytest.mark.parametrize("change", [0xFF, 0x01, 0x80, 0x20], ids=["all", "low", "high", "case"])
def test_every_flipped_byte(tmp_path, change):
    """A change of any byte (all bits, one bit, the case of a letter) is an error, never data."""
    path, raw = small_file(tmp_path)
    for at in range(len(raw)):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ change]) + raw[at + 1 :])
        for read in (load, load_metadata):
            with pytest.raises(FileFormatError, match="cannot be loaded"):
                read(path)


def test_every_inserted_or_doubled_end(tmp_path):
    """Bytes before, after or between are errors too."""
    path, raw = small_file(tmp_path)
    for changed in (raw + b"\0", b"\0" + raw, raw + raw, raw[:50] + b" " + raw[50:]):
        path.write_bytes(changed)
        with pytest.raises(FileFormatError):
            load(path)


class Bomb:
    """What leaves a trace when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (Path(self.trace),)


def test_pickles_never_execute(tmp_path):
    """Pickles of any protocol, and archives with one, are refused, and nothing in them runs."""
    path, trace = tmp_path / "f", tmp_path / "trace"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path.write_bytes(pickle.dumps({"a": Bomb(trace), "pad": "x" * 200}, protocol=protocol))
        said = "pickle could run any code" if protocol > 1 else "no safetensors file"
        for verify in (True, False):
            with pytest.raises(FileFormatError, match=said):
                load(path, verify=verify)
    with path.open("wb") as file:
        np.savez(file, a=np.array([Bomb(trace)], dtype=object))
    with pytest.raises(FileFormatError, match="zip archive"):
        load(path)
    assert not trace.exists()
    path.write_bytes(pickle.dumps(Bomb(trace)))
    pickle.loads(path.read_bytes())
    assert trace.exists()  # the bomb was a real one


HOSTILE = {
    "empty": b"",
    "no header": bytes(8),
    "header of 2^63 bytes": (2**63).to_bytes(8, "little") + b"{}",
    "header of 2^64-1 bytes": b"\xff" * 8 + b"{}",
    "header of 90 MB": (90_000_000).to_bytes(8, "little") + b"{}",
    "size overflows": container({"a": entry(shape=(2**62, 2**62))}, bytes(4)),
    "shape of 2^40": container({"a": entry(shape=(2**40,), offsets=(0, 2**42))}, bytes(4)),
    "shape of 2^64": container({"a": entry(shape=(2**64,), offsets=(0, 0))}),
    "0 times 2^63": container({"a": entry(shape=(0, 2**63), offsets=(0, 0))}),
    "negative shape": container({"a": entry(shape=(-1,))}, bytes(4)),
    "100 axes": container({"a": entry(shape=(1,) * 100)}, bytes(4)),
    "offsets beyond the end": container({"a": entry(shape=(2,), offsets=(0, 8))}, bytes(4)),
    "offsets reversed": container({"a": entry(offsets=(4, 0))}, bytes(4)),
    "overlap": container({"a": entry(), "b": entry()}, bytes(4)),
    "hole": container({"a": entry(), "b": entry(offsets=(8, 12))}, bytes(12)),
    "data left over": container({"a": entry()}, bytes(5)),
    "unknown dtype": container({"a": entry(dtype="O")}, bytes(4)),
    "powers of two": container({"a": entry("F8_E8M0", (4,))}, bytes(4)),
    "deep nesting": container(b'{"a":' * 50_000),
    "deep list": container(b"[" * 100_000),
    "no object": container(b"[]"),
    "not JSON": container(b"hello wo"),
    "not UTF-8": container(b'{"\xff":1}'),
    "huge ignored number": container(
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":' + b"9" * 5000 + b"}}", bytes(4)
    ),
    "metadata is no text": container({"__metadata__": {"a": 1}}),
    "text": b"This is a letter, and no file of weights.",
}


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_headers(tmp_path, name, verify):
    """Whatever a header claims is compared with the file first; every lie is a FileFormatError."""
    path = tmp_path / "f"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(FileFormatError, match=re.escape(str(path))):
        load(path, verify=verify)


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory in a way that Linux has")
def test_nothing_is_allocated_by_a_claim(tmp_path):
    """Every hostile header is refused by a process that could not hold what the headers claim."""
    for i, raw in enumerate(HOSTILE.values()):
        (tmp_path / str(i)).write_bytes(raw)
    code = """if True:
        import pathlib, resource, sys, safetensors
        from minigrad.errors import FileFormatError
        from minigrad.io import load
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 64_000_000,) * 2)
        for path in pathlib.Path(sys.argv[1]).iterdir():
            for verify in (True, False):
                try:
                    load(path, verify=verify)
                except FileFormatError:
                    print(path.name)
        """
    out = subprocess.run(
        [sys.executable, "-c", code, tmp_path], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert len(out.stdout.split()) == 2 * len(HOSTILE)


@pytest.mark.parametrize("version", ["2", "10", "9" * 50])
def test_newer_versions(tmp_path, version):
    """A file of a newer format says so, whether or not its checksum can be understood."""
    path = tmp_path / "f"
    path.write_bytes(container({"__metadata__": {"minigrad.version": version}}))
    for verify in (True, False):
        with pytest.raises(FileFormatError, match=rf"version {version}.*install a newer minigrad"):
            load(path, verify=verify)


NEWER = {"minigrad.version": "2", "minigrad.sha256": "an0ther"}
NEWER_FILES = {
    "a dtype that is new": container({"__metadata__": NEWER, "a": entry("F4", (1,))}, b"x"),
    "powers of two": container({"__metadata__": NEWER, "a": entry("F8_E8M0", (4,))}, bytes(4)),
    "an object": container({"__metadata__": NEWER, "a": {"pickle": "gASV", "kind": ["O"]}}),
    "data left over": container({"__metadata__": NEWER, "a": entry()}, bytes(400)),
    "cut off in the data": container({"__metadata__": NEWER, "a": entry(shape=(9,))}, bytes(4)),
    "cut off in the header": container({"__metadata__": NEWER, "a": entry()})[:-30],
    "a version that is a number": container({"__metadata__": {"minigrad.version": 2}}),
    "metadata that is no text": container({"__metadata__": {**NEWER, "x": [{"y": None}]}}),
    "no JSON after it": container(b'{"__metadata__":{"minigrad.version":"2"},###'),
}


@pytest.mark.parametrize("name", NEWER_FILES)
def test_newer_versions_say_so_whatever_they_hold(tmp_path, name):
    """What this version cannot read in a newer file is not called damage."""
    path = tmp_path / "f"
    path.write_bytes(NEWER_FILES[name])
    for verify in (True, False):
        for read in (load, load_metadata):
            with pytest.raises(FileFormatError, match=r"version 2, .*install a newer minigrad"):
                read(path, verify=verify)


def test_a_name_like_the_version_is_only_a_name(tmp_path):
    """Arrays and text that mention the version's key are saved and loaded like all others."""
    arrays = {"minigrad.version": 7, '"minigrad.version":"9': 8}
    save(tmp_path / "f", arrays, {"note": '"minigrad.version":"9"', "9": "minigrad.version"})
    assert load(tmp_path / "f") == arrays
    assert load_metadata(tmp_path / "f")["note"] == '"minigrad.version":"9"'


def test_a_version_that_is_no_number(tmp_path):
    """Nothing but decimal digits is a version."""
    for version in ("", "-1", "1.0", "one", "²"):
        (tmp_path / "f").write_bytes(container({"__metadata__": {"minigrad.version": version}}))
        with pytest.raises(FileFormatError, match="which is no number"):
            load(tmp_path / "f")


def test_paths_that_are_no_files(tmp_path):
    """A missing file and a folder raise what Python raises, with the name."""
    with pytest.raises(FileNotFoundError, match="nothing"):
        load(tmp_path / "nothing")
    with pytest.raises(OSError, match=re.escape(str(tmp_path))):
        load(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes that have names")
def test_pipes_and_devices_are_refused(tmp_path):
    """A file that nobody writes to, or that never ends, neither blocks the program nor fills its
    memory."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(FileFormatError, match="no regular file; save what it holds to a file"):
            load(path)
