"""A saved file, byte by byte, and the arrays that come out of it."""

import json

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import FileFormatError

ARRAYS = {
    "bytes": np.arange(3, dtype=np.uint8), "half": np.ones(5, np.float16),
    "double": np.arange(4.0), "flags": np.array([True]), "single": np.ones((2, 3), np.float32),
    "none": np.zeros((0, 3)),
}


@pytest.fixture
def path(tmp_path):
    """A file with arrays of many item sizes."""
    path = tmp_path / "arrays.safetensors"
    mg.save(path, ARRAYS, {"text": "any"})
    return path


def test_arrays_begin_at_multiples_of_their_item_size(path):
    """So that a reader can map the file and use them in place; the data fill the file."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    ends = []
    for name, array in ARRAYS.items():
        begin, end = header[name]["data_offsets"]
        assert (8 + length + begin) % array.itemsize == 0
        assert raw[8 + length + begin : 8 + length + end] == array.tobytes()
        ends.append(end)
    assert 8 + length + max(ends) == len(raw)


def test_what_is_loaded_can_be_written_to(path):
    """Each array is the reader's own, in its native byte order."""
    first, again = mg.load(path), mg.load(path)
    for name, array in first.items():
        assert array.flags.writeable
        assert array.dtype.isnative
        array[...] = 0
        np.testing.assert_array_equal(again[name], ARRAYS[name])


def test_every_byte_counts(path):
    """Whichever byte is changed, the file is refused."""
    raw = path.read_bytes()
    for at in range(len(raw)):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(FileFormatError):
            mg.load(path)
