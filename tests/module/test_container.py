"""The container read in Python: it reads what the package safetensors reads, and nothing else."""

import random
import sys

import numpy as np
import pytest
import safetensors

import minigrad as mg
from minigrad.container import _BITS, ContainerError, reader, unpack
from minigrad.errors import FileFormatError
from minigrad.io import _DTYPES, _WIDENED, load_metadata
from tests.module.test_io_hostile import HOSTILE, container, entry


def by_the_package(raw):
    """Name, dtype, shape and bytes of each array; None for what it refuses."""
    try:
        return plain(safetensors.deserialize(raw))
    except safetensors.SafetensorError:
        return None


def by_us(raw):
    try:
        return plain(unpack(raw))
    except ContainerError:
        return None


def plain(found):
    return {name: (e["dtype"], list(e["shape"]), bytes(e["data"])) for name, e in found}


SHAPES = [[1], [1.0], [True], ["1"], None, [], 1, [1, 1], [0], [2], [-1], [2**64], [2**63, 0],
          [2**62, 2**62], {"0": 1}, [[1]]]
OFFSETS = [[0, 4], [0, 4, 5], [4], [0.0, 4], [4, 0], [0, 5], None, {"a": 1}]
METADATA = [None, {}, {"a": "b"}, {"a": 1}, [], "x", {"a": None}]
FIELDS = '"dtype":"F32","shape":[1],"data_offsets":[0,4]'
TEXTS = [
    "", "{}", "null", "[]", '{"a":null}', f'{{"a":{{{FIELDS}}}}}', f' {{"a":{{{FIELDS}}}}} \n',
    f'{{"a":{{{FIELDS}}}}}\0', f'{{"a":{{{FIELDS},"shape":[1]}}}}', f'{{"a":{{{FIELDS},"x":NaN}}}}',
    f'{{"a":{{{FIELDS}}},"a":{{{FIELDS}}}}}', f'{{"a":{{{FIELDS},"x":1e999}}}}',
    f'{{"a":{{{FIELDS},"x":-0}}}}', f'{{"__metadata__":{{}},"__metadata__":{{}},"a":{{{FIELDS}}}}}',
    f'{{"__metadata__":{{"x":"1","x":"2"}},"a":{{{FIELDS}}}}}', f'{{"a\\ud800":{{{FIELDS}}}}}',
    f'{{"a\nb":{{{FIELDS}}}}}', f'{{"a":{{{FIELDS.replace("[0,4]", "[-0,4]")}}}}}',
    f'{{"a":{{{FIELDS.replace("[1]", "[01]")}}}}}',
    f'{{"a":{{{FIELDS.replace("[1]", "[1e0]")}}}}}',
    *(f'{{"a":{{{FIELDS},"x":{"[" * n}{"]" * n}}}}}' for n in (9, 125, 126)),
    f'{{"a":{{{FIELDS},"x":{"9" * 5000}}}}}', f'{{"a":{{{FIELDS},"x":"\\ud800"}}}}',
]
EMPTY = entry(shape=(0,), offsets=(0, 0))
CONTAINERS = [
    *(container({"a": entry() | {"shape": shape}}, bytes(4)) for shape in SHAPES),
    *(container({"a": entry() | {"data_offsets": offsets}}, bytes(4)) for offsets in OFFSETS),
    *(container({"__metadata__": texts, "a": entry()}, bytes(4)) for texts in METADATA),
    *(container(text.encode(), bytes(4)) for text in TEXTS),
    *(container({"a": entry(dtype, (8,), (0, _BITS[dtype]))}, bytes(_BITS[dtype]))
      for dtype in (*_DTYPES, *_WIDENED)),
    container({"b": entry(), "a": EMPTY, "c": entry(shape=(0,), offsets=(4, 4))}, bytes(4)),
    *HOSTILE.values(),
]


def test_it_reads_what_the_package_reads():
    """Every type, order, empty array and oddity of JSON: the same arrays, or none by both."""
    read = [by_us(raw) for raw in CONTAINERS]
    assert read == [by_the_package(raw) for raw in CONTAINERS]
    assert 30 < sum(found is not None for found in read) < len(CONTAINERS) - 30


def test_changed_headers_are_read_or_refused_alike():
    """2,000 headers with one to three bytes changed, put in or left out."""
    rng = random.Random(0)
    good = container({"__metadata__": {"k": "v"}, "W": entry(shape=(2, 3), offsets=(0, 24)),
                      "n": entry("I64", (), (24, 32))}, bytes(32))
    accepted = 0
    for _ in range(2000):
        header = bytearray(good[8:-32])
        for _ in range(rng.choice((1, 1, 2, 3))):
            at = rng.randrange(len(header))
            header[at : at + rng.randrange(2)] = rng.choices(b'0129{}[]",:.eE- nt\\u', k=1)
        raw = container(bytes(header), bytes(32))
        assert by_us(raw) == by_the_package(raw), bytes(header)
        accepted += by_us(raw) is not None
    assert accepted > 20


@pytest.fixture
def no_package(monkeypatch):
    """As where safetensors is not installed."""
    monkeypatch.setitem(sys.modules, "safetensors", None)


def test_the_package_is_used_where_it_is():
    """It is compiled, and reads large files faster."""
    assert reader() is not unpack


@pytest.mark.usefixtures("no_package")
@pytest.mark.parametrize("name", HOSTILE)
def test_without_the_package_hostile_files_are_refused(tmp_path, name):
    """The same error of load, which names the file, whatever a header claims."""
    assert reader() is unpack
    (tmp_path / "f").write_bytes(HOSTILE[name])
    with pytest.raises(FileFormatError, match=r"f cannot be loaded: .*; "):
        mg.load(tmp_path / "f", verify=False)


@pytest.mark.usefixtures("no_package")
def test_without_the_package_files_come_back(tmp_path):
    """What is saved is loaded, bit for bit, in its order, with its texts."""
    arrays = {"W": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(7),
              "e": np.zeros((0, 2)), "b": np.array([True, False])}
    mg.save(tmp_path / "f", arrays, {"k": "v"})
    loaded = mg.load(tmp_path / "f")
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array, strict=True)
    assert load_metadata(tmp_path / "f") == {"k": "v"}
