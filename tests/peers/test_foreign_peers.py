"""pandas, xarray and SciPy beside Tensors: what tests/engine/test_foreign.py holds of stand-ins."""

import operator

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor
from tests.support.comparing import leaf

pd = pytest.importorskip("pandas")
sparse = pytest.importorskip("scipy.sparse")
xr = pytest.importorskip("xarray")

pytestmark = pytest.mark.peers

X, VALUES, LABELS = np.array([1.5, 2.5, 3.5]), np.array([3.0, 1.0, 2.0]), [2, 0, 1]
OPERATORS = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "ge", "eq", "ne")
}
FUNCTIONS = {
    "np.add": np.add, "np.maximum": np.maximum, "np.dot": np.dot,
    "np.where": lambda a, b: np.where([True, False, True], a, b),
    "np.stack": lambda a, b: np.stack([a, b]), "mse_loss": mg.functional.mse_loss,
}
ARRAYS = {
    "series": pd.Series(VALUES, index=LABELS),
    "whole numbers": pd.Series([3, 1, 2], index=LABELS),
    "nullable": pd.Series([3, 1, 2], index=LABELS, dtype="Int64"),
    "array": pd.array([3.0, 1.0, 2.0], dtype="Float64"),
    "frame": pd.DataFrame(np.outer(VALUES, VALUES), index=LABELS, columns=list("cab")),
    "data array": xr.DataArray(VALUES, dims="t", coords={"t": LABELS}),
}


def check(found, x, wanted):
    assert isinstance(found, Tensor)
    np.testing.assert_allclose(found.numpy(), wanted)
    if found.requires_grad:
        found.sum().backward()
        assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize("call", {**OPERATORS, **FUNCTIONS})
@pytest.mark.parametrize("name", ARRAYS)
def test_values_by_position(name, call):
    """Labels do not move values, on either side; the result is a Tensor on the graph."""
    value, function = ARRAYS[name], {**OPERATORS, **FUNCTIONS}[call]
    array = np.asarray(value)
    if name == "frame" and call in ("np.stack", "mse_loss"):
        pytest.skip("of another shape")
    x = leaf(X)
    check(function(x, value), x, function(X, array))
    if name == "data array" and call in {*OPERATORS, "np.add", "np.maximum"}:
        return  # xarray keeps a Tensor as its data: below
    x = leaf(X)
    check(function(value, x), x, function(array, X))


def test_products_of_matrices():
    """``tensor @ df`` is the product; ``df @ tensor``, which is DataFrame's, raises and says what
    to write, and ``np.asarray(df) @ tensor`` is it."""
    frame, x = ARRAYS["frame"], leaf(X)
    check(x @ frame, x, X @ np.outer(VALUES, VALUES))
    for call in (lambda: frame @ x, lambda: ARRAYS["series"] @ x, lambda: np.matmul(frame, x)):
        with pytest.raises(TypeError, match=r"np\.asarray\(other\)"):
            call()
    check(np.asarray(frame) @ x, x, np.outer(VALUES, VALUES) @ X)


def test_data_arrays_hold_tensors():
    """xarray takes a Tensor as the data of its own: ``data_array * tensor`` is on the graph."""
    x = leaf(X)
    product = (ARRAYS["data array"] * x).data
    check(product, x, VALUES * X)
    np.testing.assert_array_equal(x.grad.numpy(), VALUES)


def test_indices_masks_and_data():
    """Series as indices, masks and values."""
    x = leaf(X)
    series, positions = ARRAYS["series"], pd.Series([2, 0], index=[5, 6])
    check(x[positions], x, X[[2, 0]])
    check(x[series > 1.5], x, X[VALUES > 1.5])
    x.data = series
    np.testing.assert_array_equal(x.numpy(), VALUES)
    np.testing.assert_array_equal(mg.tensor(series).numpy(), VALUES)


@pytest.mark.parametrize("value", [
    pd.Series(["a", "b", "c"]), pd.Series(pd.date_range("2020", periods=3)),
    sparse.csr_array(np.diag(VALUES)), sparse.coo_matrix(np.diag(VALUES)),
], ids=["text", "dates", "csr_array", "coo_matrix"])
@pytest.mark.parametrize("call", ["add", "mul", "matmul", "truediv"])
def test_refused(value, call):
    """What is no array of numbers is refused, on either side."""
    for sides in (lambda f: f(leaf(X), value), lambda f: f(value, leaf(X))):
        with pytest.raises(TypeError):
            sides(getattr(operator, call))
