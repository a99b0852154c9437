"""np.pad in every mode: NumPy's numbers, and derivatives."""

import itertools

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import NoDerivativeError
from minigrad.testing import check_grads

rng = np.random.default_rng(2)
X = rng.normal(size=(3, 4))
WIDTHS = (1, (2, 0), ((0, 3), (1, 0)), ((7, 2), (0, 9)), {1: (2, 5)}, 0)
MODES = [
    ("constant", {}), ("constant", {"constant_values": ((1, 2), (3, 4))}),
    ("edge", {}), ("wrap", {}), ("linear_ramp", {}), ("linear_ramp", {"end_values": 2.5}),
    ("linear_ramp", {"end_values": ((1, 2), (3, 4))}),
    *[(mode, {"reflect_type": kind})
      for mode in ("reflect", "symmetric") for kind in ("even", "odd")],
    *[(mode, options) for mode in ("maximum", "mean", "median", "minimum")
      for options in ({}, {"stat_length": 2}, {"stat_length": ((1, 2), (3, 9))})],
]


@pytest.mark.parametrize(("mode", "options"), MODES, ids=str)
def test_every_mode(mode, options):
    """Widths on either side, beyond the length, and none; an axis of one; three axes; float32."""
    for x, widths in itertools.product((X, X[:1], X[:, 1:2], X[0]), WIDTHS):
        if x.ndim == 1 and not isinstance(widths, int | tuple):
            continue
        if x.ndim == 1 and (np.ndim(widths) == 2 or any(np.ndim(v) for v in options.values())):
            continue
        t = mg.tensor(x, requires_grad=True)
        found, wanted = np.pad(t, widths, mode, **options), np.pad(x, widths, mode, **options)
        np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-13, atol=1e-13)
        if x.ndim == 2 and widths in (1, ((7, 2), (0, 9))):
            check_grads(lambda x, w=widths: np.pad(x, w, mode, **options), x, full=12)
    cube = rng.normal(size=(2, 3, 2)).astype(np.float32)
    found = np.pad(mg.tensor(cube, requires_grad=True), 2, mode, **{
        k: v for k, v in options.items() if not np.ndim(v)})
    wanted = np.pad(cube, 2, mode, **{k: v for k, v in options.items() if not np.ndim(v)})
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-5, atol=1e-5)
    assert found.dtype == np.float32


def test_nothing_spreads():
    """NaN and ∞ in the middle stay where they are, as in NumPy."""
    x = np.array([1.0, 2.0, np.nan, np.inf, 3.0, 4.0])
    for mode, options in (("linear_ramp", {}), ("reflect", {"reflect_type": "odd"}),
                          ("mean", {"stat_length": 2}), ("median", {"stat_length": 1})):
        found = np.pad(mg.tensor(x, requires_grad=True), 1, mode, **options)
        np.testing.assert_allclose(found.numpy(), np.pad(x, 1, mode, **options))


def test_what_is_refused():
    t = mg.tensor(X, requires_grad=True)
    with pytest.raises(NoDerivativeError, match="mode=function"):
        np.pad(t, 1, lambda *_: None)
    with pytest.raises(ValueError, match="mode='mirror', wanted one of"):
        np.pad(t, 1, "mirror")
    with pytest.raises(ValueError, match="stat_length"):
        np.pad(t, 1, "edge", stat_length=2)
    with pytest.raises((ValueError, NoDerivativeError, TypeError), match="end_values"):
        np.pad(t, 1, "linear_ramp", end_values=t[0, 0])
