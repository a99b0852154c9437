"""np.histogram: NumPy's numbers, and a gradient for weights."""

import itertools

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import NoDerivativeError
from minigrad.testing import check_grads

rng = np.random.default_rng(8)
A = np.concatenate([rng.normal(size=20), [0.0, 1.0, 2.0, 2.0]])
W = rng.uniform(0.5, 2, 24)


@pytest.mark.parametrize("bins", [4, [0.0, 1.0, 2.0], [-1.0, 0.5, 0.6, 2.0], "auto"], ids=str)
@pytest.mark.parametrize("limits", [None, (0.0, 2.0), (5.0, 6.0)], ids=str)
def test_weights(bins, limits):
    """Sums and densities with NumPy's bins, entries on an edge and outside among them."""
    if bins == "auto" or (limits == (5.0, 6.0) and bins != 4):
        bins = np.histogram_bin_edges(A, bins)
    for density, shape in itertools.product((False, True), ((24,), (4, 6))):
        if density and limits == (5.0, 6.0):
            continue
        a, w = A.reshape(shape), W.reshape(shape)
        wanted, edges = np.histogram(a, bins, limits, density, w)
        heights, found = np.histogram(a, bins, limits, density, mg.tensor(w, requires_grad=True))
        np.testing.assert_allclose(heights.numpy(), wanted)
        np.testing.assert_array_equal(found.numpy(), edges)
        check_grads(lambda w, a=a, d=density: np.histogram(a, bins, limits, d, w)[0], w)


def test_without_a_gradient():
    """Constants as NumPy has them; a step has none, and that is said of the argument."""
    for given in ({}, {"weights": mg.tensor(W)}):
        heights, _ = np.histogram(mg.tensor(A), **given)
        plain = {name: value.numpy() for name, value in given.items()}
        np.testing.assert_array_equal(heights.numpy(), np.histogram(A, **plain)[0])
    with pytest.raises(NoDerivativeError, match=r"np\.histogram\(a=\.\.\.\).*pass a\.detach"):
        np.histogram(mg.tensor(A, requires_grad=True), weights=mg.tensor(W, requires_grad=True))
