"""What a page carries: JSON that cannot leave its script, arrays that come back as they were."""

import base64
import json

import numpy as np
import pytest

from minigrad.drawing.page.packing import as_json, packed


def unpacked(found):
    """The array of a packed one, as the page's scripts read it."""
    if "values" in found:
        return np.array(found["values"], float).reshape(found["shape"])
    parts = np.frombuffer(base64.b64decode(found["data"]), "<i2").astype(float)
    parts[parts == -32768] = np.nan
    return (parts / 32767 * float(found["scale"])).reshape(found["shape"])


@pytest.mark.parametrize("shape", [(), (3,), (2, 5), (40, 30), (2, 3, 4), (0,), (4, 0)])
@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e12, 0.0])
def test_arrays_come_back(shape, scale):
    """To six digits where there are few numbers, else to 1/32767 of the largest one."""
    array = np.asarray(scale * np.random.default_rng(0).normal(size=shape))
    again = unpacked(json.loads(as_json(packed({"x": array})))["x"])
    assert again.shape == array.shape
    assert np.all(np.abs(again - array) <= 2e-5 * np.abs(array).max(initial=0))


def test_special_values():
    """NaN and infinities are seen as what they are, in arrays and alone; so are whole numbers."""
    few = unpacked(packed(np.array([np.nan, np.inf, -np.inf, 1.0])))
    assert np.isnan(few[0])
    assert few[1:].tolist() == [np.inf, -np.inf, 1.0]
    many = np.linspace(-1, 1, 50)
    many[7] = np.nan
    assert np.isnan(unpacked(packed(many))).nonzero()[0].tolist() == [7]
    assert packed([float("inf"), float("nan"), 3, None, "x"]) == ["Infinity", "NaN", 3, None, "x"]
    assert packed(np.float64(1.5)) == {"shape": [], "norm": 1.5, "values": [1.5]}
    assert packed(np.array(["a", "b"])) == {"shape": [2], "dtype": "<U1"}


def test_large_arrays_are_norms():
    """Of more than 4,096 numbers, or where all arrays have too many together, there are the norms
    of rows and columns."""
    array = np.random.default_rng(0).normal(size=(80, 60))
    found = packed(array)
    assert "data" not in found
    assert found["norm"] == pytest.approx(np.linalg.norm(array), rel=1e-5)
    for name, axis in (("rows", 1), ("columns", 0)):
        norms = np.linalg.norm(array, axis=axis)
        shown = unpacked(found[name] | {"shape": norms.shape})
        assert shown == pytest.approx(norms, rel=1e-3)
    each = packed([np.ones((40, 40))] * 400)
    assert all("data" not in one and "rows" in one for one in each)
    assert len(as_json(each)) < 400_000
    most = packed([np.ones((40, 40))] * 2000)
    assert all(one.keys() == {"shape", "norm"} for one in most)


@pytest.mark.parametrize("text", [
    "</script><script>alert(1)</script>", "<!-- <script>", "]]>", "a\u2028b\u2029", '"\\', "\ud800",
    "&lt;", "\x00\x1b", "\u202e\u05d0", "\U0001f600" * 3, "x" * 10_000,
])
def test_text_stays_text(text):
    """Nothing in JSON ends the script or begins a comment; what is read is what was written."""
    found = as_json({"name": text})
    assert not set("<>&\u2028\u2029") & set(found)
    assert json.loads(found)["name"] == text
