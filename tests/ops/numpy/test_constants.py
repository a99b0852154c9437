"""Where no gradient is wanted, every function of NumPy takes Tensors as it takes arrays."""

import io
import warnings

import numpy as np
import pytest
from numpy._core.overrides import ARRAY_FUNCTIONS

import minigrad as mg
from minigrad import Tensor
from minigrad.errors import MutationError, NoDerivativeError

_rng = np.random.default_rng(3)
ARRAYS = {
    "v": _rng.normal(size=4),
    "w": _rng.normal(size=4),
    "m": _rng.normal(size=(3, 4)),
    "q": _rng.normal(size=(3, 3)) + 3 * np.eye(3),
    "i": np.array([2, 0, 1, 1]),
    "b": np.array([True, False, True, True]),
    "z": _rng.normal(size=4) + 1j * _rng.normal(size=4),
    "y": _rng.normal(size=(3, 3)) + 1j * _rng.normal(size=(3, 3)),
    "s": np.array(0.7),
    "n": np.array([1.0, np.nan, -np.inf, 2.0]),
    "f": _rng.normal(size=4).astype(np.float32),
    "e": np.zeros((0, 3)),
}
DRAWN = [  # operands of functions of one, two or three arrays
    "v", "q", "m", "z", "y", "i", "b", "f", "n", "e",
    "v,w", "q,q", "m,v", "m,i", "v,i", "v,b", "b,v", "f,f", "z,z", "z,v", "v,v,w", "v,w,v",
]


def constant(array):
    """A Tensor that needs no gradient."""
    return Tensor(array)


def detached(array):
    """A Tensor that was on a graph."""
    if array.dtype.kind != "f":
        return Tensor(array)
    return (Tensor(array, requires_grad=True) * 1).detach()


def as_gradient(array):
    """The gradient of a leaf, with these values."""
    if array.dtype.kind != "f":
        return Tensor(array)
    w = mg.tensor(np.zeros_like(array), requires_grad=True)
    (w + 0).backward(array)
    return w.grad


def assert_as_arrays(found, wanted):
    """Assert that `found` is `wanted`, with Tensors in the place of arrays."""
    if isinstance(wanted, tuple | list):
        assert type(found) is type(wanted)
        for a, b in zip(found, wanted, strict=True):
            assert_as_arrays(a, b)
    elif isinstance(wanted, np.ndarray | np.generic) and wanted.dtype.kind in "biufc":
        assert isinstance(found, Tensor)
        assert not found.requires_grad
        assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
        np.testing.assert_array_equal(found.numpy(), wanted)
    else:
        assert type(found) is type(wanted)
        assert np.all(found == wanted)


def _label(function):
    return f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)


# What gives arrays also for arguments that dispatch elsewhere (like=), or what memory holds.
_OWN = {"np.array", "np.asarray", "np.asanyarray", "np.ascontiguousarray", "np.asfortranarray",
        "np.require", "np.frombuffer", "np.fromiter", "np.genfromtxt", "np.loadtxt", "np.empty",
        "np.zeros", "np.ones", "np.full", "np.empty_like"}
_WRITE = {"np.copyto", "np.put", "np.place", "np.putmask", "np.put_along_axis", "np.fill_diagonal"}
FUNCTIONS = {_label(f): f for f in sorted(ARRAY_FUNCTIONS, key=_label)}
FUNCTIONS = {name: f for name, f in FUNCTIONS.items() if name not in _OWN | _WRITE}
UFUNCS = {n: f for n, f in vars(np).items() if isinstance(f, np.ufunc)}


def calls(function):
    """The drawn operands that `function` takes, and its results."""
    for names in DRAWN:
        operands = [ARRAYS[name] for name in names.split(",")]
        given = [np.array(x) for x in operands]
        try:
            wanted = function(*given)
        except Exception:  # whatever NumPy says about them
            continue
        if all(map(np.array_equal, map(np.nan_to_num, given), map(np.nan_to_num, operands))):
            yield operands, wanted  # it has not written to one


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function(function):
    """NumPy's result, whatever the function, wherever a Tensor comes from that is on no graph."""
    for operands, wanted in calls(function):
        for make in (constant, detached, as_gradient):
            assert_as_arrays(function(*map(make, operands)), wanted)
        with mg.no_grad():
            leaves = [Tensor(x, requires_grad=x.dtype.kind == "f") for x in operands]
            assert_as_arrays(function(*leaves), wanted)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("ufunc", UFUNCS.values(), ids=UFUNCS)
def test_every_ufunc_and_its_methods(ufunc):
    """The same for ufuncs, ``reduce``, ``accumulate``, ``outer``, and results written with out=."""
    methods = [lambda *xs: ufunc(*xs) if len(xs) == ufunc.nin else None]
    if ufunc.nin == 2 and ufunc.signature is None:
        methods += [ufunc.outer, lambda x, y: ufunc.reduce(x, 0), lambda x, y: ufunc.accumulate(x)]
        methods += [lambda x, y: ufunc.reduceat(x, [0, 2])]
    for method in methods:
        for operands, wanted in calls(method):
            assert_as_arrays(method(*map(constant, operands)), wanted)
    for operands, wanted in calls(methods[0]):
        if ufunc.nout == 1 and wanted is not None:
            out = np.empty_like(wanted)
            assert ufunc(*map(constant, operands), out=out) is out
            np.testing.assert_array_equal(out, wanted)


CALLS = """
np.sum(m, axis=1, where=b) ; np.sum(m, 0, None, None, True) ; np.sum(m, dtype=np.float32)
np.max(m, initial=0.5, where=b) ; np.std(m, axis=0, mean=m.mean(0, keepdims=True)) ; np.mean(z)
np.add(v, w, where=b, out=np.zeros(4)) ; np.add(v, w, dtype=np.float32)
np.exp(v, casting='same_kind') ; np.histogram(v, bins=3)
np.histogram(v, bins=[-2, 0, 2], weights=w, density=True) ; np.histogram2d(v, w, bins=2)
np.histogramdd(m.T, bins=2) ; np.histogram_bin_edges(v, 'auto')
np.unique(i, return_index=True, return_inverse=True, return_counts=True) ; np.unique_counts(i)
np.linalg.cond(q) ; np.linalg.cond(q, 1) ; np.linalg.matrix_rank(m) ; np.linalg.eig(q)
np.roots(v) ; np.linalg.lstsq(m.T, v, rcond=None) ; np.linalg.svd(q, hermitian=True)
np.linalg.qr(m, 'raw') ; np.linalg.eigvals(y) ; np.linalg.multi_dot([q, q, q]) ; np.linalg.pinv(y)
np.linalg.tensorinv(q[0, 0] * np.eye(4).reshape(2, 2, 2, 2)) ; np.fft.fft(v, n=6, norm='ortho')
np.fft.rfft2(m) ; np.fft.ifftn(y) ; np.fft.irfft(z) ; np.nextafter(v, w) ; np.spacing(v)
np.frexp(v) ; np.signbit(v) ; np.i0(v) ; np.vdot(z, z) ; np.cov(z, z)
np.apply_along_axis(np.sort, 1, m) ; np.apply_over_axes(np.sum, m, [0, 1])
np.piecewise(v, [v > 0], [1, -1]) ; np.insert(v, 1, w) ; np.delete(m, 1, axis=1)
np.pad(m, 1, 'linear_ramp') ; np.pad(v, 2, 'mean') ; np.digitize(v, [-1, 0, 1])
np.searchsorted(np.sort(v), w) ; np.partition(v, 2) ; np.bincount(i, minlength=6)
np.isin(i, [1, 2]) ; np.union1d(v, w) ; np.intersect1d(i, [1, 5], return_indices=True)
np.setxor1d(i, [7]) ; np.quantile(v, [0.2, 0.7], method='hazen') ; np.nanpercentile(m, 30, axis=1)
np.percentile(v, 40, weights=np.abs(w), method='inverted_cdf') ; np.polyfit(v, w, 2) ; np.poly(v)
np.polydiv(v, w[:2]) ; np.polymul(v, w) ; np.vander(v, 3) ; np.interp(v, np.sort(w), v)
np.einsum('ij,jk->ik', q, y) ; np.einsum('ij->j', m, dtype=np.float32, casting='same_kind')
np.einsum_path('ij,jk', q, q) ; np.array2string(m, precision=2) ; np.array_repr(v)
np.array_str(v) ; np.allclose(v, w) ; np.array_equal(v, v) ; np.may_share_memory(v, w)
np.shares_memory(v, w) ; np.result_type(f, i) ; np.can_cast(f, np.float32) ; np.iscomplexobj(z)
np.full_like(v, 3, dtype=int) ; np.linspace(v, w, 3, retstep=True) ; np.logspace(v, w, 3)
np.geomspace(np.abs(v), 9, 3) ; np.nan_to_num(n, nan=1.0, posinf=7) ; np.round(v, 1)
np.clip(v, -1, w, dtype=np.float64) ; np.sort_complex(v)
np.lib.stride_tricks.sliding_window_view(m, 2, axis=1) ; np.trim_zeros(v) ; np.packbits(b)
np.block([[q, q], [q, y]]) ; np.cross(q, q) ; np.take_along_axis(v, i, 0)
np.choose(i, [v, w, v]) ; np.select([v > 0, w > 0], [v, w], 9.0) ; np.unravel_index(i, (2, 2))
np.add.reduce(m, axis=(0, 1), keepdims=True, initial=2.0) ; np.maximum.accumulate(m, axis=1)
np.add.reduceat(v, i) ; np.hypot.outer(v, w) ; np.linalg.norm(m, 'nuc') ; np.linalg.norm(z, 1)
np.trapezoid(v, w) ; np.gradient(m) ; np.diff(z, append=v) ; np.convolve(z, v)
np.concatenate([v, z]) ; np.stack([f, f], dtype=np.float64, casting='safe') ; np.where(b, v, z)
np.broadcast_shapes((2, 1), (3,)) ; np.split(m, [1, 3], 1) ; np.array_split(v, 3)
np.meshgrid(v, w, sparse=True, indexing='ij') ; np.ix_(i, b) ; np.nonzero(b)
"""


@pytest.mark.parametrize("call", [
    part.strip() for line in CALLS.strip().split("\n") for part in line.split(" ; ")
])
def test_calls_with_options(call):
    """Options that cannot be recorded (where=, out=, dtype=, ...) are no matter to constants."""
    if not hasattr(np, call[3:].partition("(")[0].partition(".")[0]):
        pytest.skip(f"NumPy {np.__version__} has no such function")
    wanted = eval(call, {"np": np, **ARRAYS})
    found = eval(call, {"np": np, **{name: Tensor(x) for name, x in ARRAYS.items()}})
    if "out=" in call:
        np.testing.assert_array_equal(found, wanted)
    else:
        assert_as_arrays(found, wanted)


def test_files(tmp_path):
    """``np.save``, ``np.savez`` and ``np.savetxt`` write the values of constants and gradients."""
    m = ARRAYS["m"]
    for x in (constant(m), detached(m), as_gradient(m)):
        np.save(tmp_path / "m.npy", x)
        np.testing.assert_array_equal(np.load(tmp_path / "m.npy"), m)
        np.savez(tmp_path / "m.npz", x, name=x)
        with np.load(tmp_path / "m.npz") as found:
            np.testing.assert_array_equal(found["name"], m)
            np.testing.assert_array_equal(found["arr_0"], m)
        text = io.StringIO()
        np.savetxt(text, x)
        text.seek(0)
        np.testing.assert_array_equal(np.loadtxt(text), m)


def test_writes_into_arrays():
    """What writes into an array takes its values from constants; an array that was given stays
    itself; into a Tensor nothing is written."""
    v, i = Tensor(ARRAYS["v"]), Tensor([0, 2])
    for write in (
        lambda out, v: np.copyto(out, v), lambda out, v: np.put(out, i, v),
        lambda out, v: np.putmask(out, v > 0, v), lambda out, v: np.place(out, v > 0, v),
        lambda out, v: np.put_along_axis(out, np.arange(4), v, 0),
        lambda out, v: np.add.at(out, [1, 1, 2, 3], v), lambda out, v: np.exp(v, out=out),
        lambda out, v: np.cumsum(v, out=out), lambda out, v: np.add(v, 1.0, out),
        lambda out, v: np.fill_diagonal(out[:, None], v),
    ):
        found, wanted = np.zeros(4), np.zeros(4)
        write(found, v)
        write(wanted, ARRAYS["v"])
        np.testing.assert_array_equal(found, wanted)
        before = v.numpy().copy()
        with pytest.raises((MutationError, TypeError, AttributeError)):
            write(Tensor(np.zeros(4)), v)
        np.testing.assert_array_equal(v.numpy(), before)
    total = np.ones(4)
    total += v
    np.testing.assert_array_equal(total, 1 + ARRAYS["v"])
    leaf = Tensor(ARRAYS["v"], requires_grad=True)
    for write in (np.copyto, np.exp, lambda out, v: np.add(v, 1.0, out)):
        with pytest.raises(NoDerivativeError, match="array"):
            write(np.zeros(4), leaf) if write is not np.exp else write(leaf, np.zeros(4))
    truth = np.zeros(4, bool)
    assert np.greater(leaf, 0, out=truth) is truth  # what has no gradient can lose none


def test_results_do_not_share_the_callers_memory():
    """A result that NumPy made as a view of an array that may change is a copy."""
    given, constant = np.ones(3), Tensor(np.ones((2, 3)))
    first, second = np.broadcast_arrays(given, constant)
    given[0] = 5.0
    np.testing.assert_array_equal(first.numpy(), np.ones((2, 3)))
    np.testing.assert_array_equal(second.numpy(), np.ones((2, 3)))


def test_masked_arrays_do_not_lose_their_mask():
    """Also beside a constant, a masked array is refused rather than taken without its mask."""
    masked, v = np.ma.array(ARRAYS["v"], mask=[0, 1, 0, 0]), Tensor(ARRAYS["v"])
    for call in (
        lambda: np.concatenate([v, masked]), lambda: np.add(v, masked), lambda: v + masked,
    ):
        with pytest.raises(TypeError, match="masked array"):
            call()


def test_testing_helpers():
    """``np.testing`` compares constants as it compares arrays."""
    v = Tensor(ARRAYS["v"])
    np.testing.assert_allclose(v, ARRAYS["v"])
    np.testing.assert_array_equal(ARRAYS["v"], v)
    np.testing.assert_array_less(v, v + 1)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(v, v + 1)


def test_warnings_are_numpys():
    """What NumPy warns about is warned about once."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        np.nanmean(Tensor([np.nan, np.nan]))
    assert [str(w.message) for w in seen] == ["Mean of empty slice"]


def test_on_the_graph_the_error_stays():
    """A function without a derivative names itself where a gradient would be lost, also where the
    Tensor is in a container or among the keywords."""
    x = Tensor(ARRAYS["q"], requires_grad=True)
    for name, call in {
        "np.linalg.eig": lambda: np.linalg.eig(x),
        "np.histogram2d": lambda: np.histogram2d(x[0], x[1]),
        "np.nextafter": lambda: np.nextafter(x, 1.0), "np.save": lambda: np.save(io.BytesIO(), x),
        "np.savez": lambda: np.savez(io.BytesIO(), name=x), "np.roots": lambda: np.roots(x[0]),
    }.items():
        with pytest.raises(NoDerivativeError, match=rf"{name}.*primitive"):
            call()
