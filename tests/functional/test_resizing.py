"""interpolate: what it keeps, against NumPy's interp, and what is refused. PyTorch's numbers are
compared in tests/peers."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.functional as F
from minigrad.testing import check_grads

rng = np.random.default_rng(4)
X = rng.normal(size=(2, 3, 7))


@pytest.mark.parametrize("length", [1, 3, 7, 8, 20])
def test_linear(length):
    """np.interp at the centres of the new entries, or with align_corners from end to end."""
    centres = (np.arange(length) + 0.5) * 7 / length - 0.5
    ends = np.linspace(0, 6, length)
    for places, align in ((centres, False), (centres, None), (ends, True)):
        wanted = [[np.interp(places, np.arange(7), row) for row in rows] for rows in X]
        found = F.interpolate(X, length, mode="linear", align_corners=align)
        np.testing.assert_allclose(found, wanted)
        check_grads(lambda x, a=align: F.interpolate(x, length, mode="linear", align_corners=a), X)


@pytest.mark.parametrize("length", [1, 3, 7, 14, 21])
def test_nearest(length):
    """The entry in which the new one begins; with "nearest-exact", in which its centre lies."""
    for mode, within in (("nearest", 0.0), ("nearest-exact", 0.5)):
        places = np.floor((np.arange(length) + within) * 7 / length).astype(int)
        x = mg.tensor(X, requires_grad=True)
        y = F.interpolate(x, length, mode=mode)
        np.testing.assert_array_equal(y.numpy(), X[:, :, places])
        y.sum().backward()
        counts = np.bincount(places, minlength=7)
        np.testing.assert_array_equal(x.grad.numpy(), np.broadcast_to(counts, X.shape))


def test_several_axes():
    """One axis after the other; a pair of factors; float32 stays."""
    x = rng.normal(size=(1, 2, 3, 4)).astype(np.float32)
    found = F.interpolate(x, (5, 6), mode="bilinear")
    rows = F.interpolate(x.reshape(1, 6, 4), 6, mode="linear").reshape(1, 2, 3, 6)
    turned = F.interpolate(rows.swapaxes(2, 3).reshape(1, 12, 3), 5, mode="linear")
    np.testing.assert_allclose(found, turned.reshape(1, 2, 6, 5).swapaxes(2, 3), rtol=1e-5)
    assert found.dtype == np.float32
    assert F.interpolate(x, scale_factor=(2, 0.5)).shape == (1, 2, 6, 2)
    assert F.interpolate(x, scale_factor=1.3).shape == (1, 2, 3, 5)


def test_what_is_refused():
    for options, message in (
        ({"mode": "cubic"}, "mode is 'cubic'.*'linear' of"),
        ({"mode": "bilinear"}, "'bilinear' of"),
        ({"size": None}, "size is None, scale_factor None"),
        ({"scale_factor": 2.0}, "size is 3, scale_factor 2.0; wanted one"),
        ({"align_corners": True}, "align_corners=True is for the linear modes"),
        ({"size": 0}, "axis 2 of 7 entries cannot have 0"),
        ({"input": X[0, 0]}, r"shape \(7,\)"),
    ):
        with pytest.raises(ValueError, match=rf"interpolate.*{message}"):
            F.interpolate(**{"input": X, "size": 3, **options})
