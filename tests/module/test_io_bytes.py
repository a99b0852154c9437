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


def written(path, code, data):
    """A safetensors file with one array, byte by byte, as another program writes it."""
    entry = {"dtype": code, "shape": [len(data) // WIDTHS[code]], "data_offsets": [0, len(data)]}
    header = json.dumps({"a": entry}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    return mg.load(path, verify=False)["a"]


WIDTHS = {"BF16": 2, "F16": 2, "F8_E5M2": 1, "F8_E4M3": 1}


@pytest.mark.parametrize("code", WIDTHS)
def test_short_floats_of_other_programs(code, tmp_path):
    """All values of bfloat16, float16 and 8-bit floats come exactly as they are, with their signs,
    infinities and NaNs, by what their bits mean: (-1)^s 2^(e - bias) (1 + m / 2^M)."""
    width = WIDTHS[code]
    exponent = {"BF16": 8, "F16": 5, "F8_E5M2": 5, "F8_E4M3": 4}[code]
    M = 8 * width - 1 - exponent
    bias, top = 2 ** (exponent - 1) - 1, 2**exponent - 1
    bits = np.arange(256**width)
    read = written(tmp_path / "short", code, bits.astype(f"<u{width}").tobytes())
    sign, e, m = bits >> (8 * width - 1), bits >> M & top, bits & (2**M - 1)
    wanted = np.where(
        e == 0, np.ldexp(m / 2**M, 1 - bias), np.ldexp(1 + m / 2**M, e - bias)
    )
    if code == "F8_E4M3":
        wanted[(e == top) & (m == 2**M - 1)] = np.nan
    else:
        wanted[e == top] = np.where(m[e == top] == 0, np.inf, np.nan)
    wanted = np.where(sign == 1, -wanted, wanted)
    assert read.dtype == (np.float32 if code == "BF16" else np.float16)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        np.testing.assert_array_equal(read.astype(np.float64), wanted)
    np.testing.assert_array_equal(np.signbit(read)[wanted == 0], np.signbit(wanted)[wanted == 0])
