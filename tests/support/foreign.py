"""Stand-ins for objects of other libraries, with the protocols by which NumPy and operators see
them. tests/peers/test_foreign_peers.py holds the libraries themselves to the same."""

import numpy as np

VALUES = np.array([3.0, 1.0, 2.0])


class Labelled:
    """As a pandas Series: an array with labels, whose arithmetic aligns by label."""

    __pandas_priority__ = 3000

    def __init__(self, values, labels=(2, 0, 1)):
        self.values, self.labels = np.asarray(values), list(labels)

    dtype = property(lambda self: self.values.dtype)
    shape = property(lambda self: self.values.shape)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        if any(getattr(x, "__pandas_priority__", 0) > 3000 for x in inputs):
            return NotImplemented
        raise AssertionError("aligned by label")

    def _aligned(self, other):
        if getattr(other, "__pandas_priority__", 0) > 3000:
            return NotImplemented
        raise AssertionError("aligned by label")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _aligned
    __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = _aligned
    __rpow__ = __matmul__ = __rmatmul__ = __lt__ = __le__ = __gt__ = __ge__ = _aligned
    __eq__ = __ne__ = _aligned
    __hash__ = None


class ArrayOnly:
    """As the arrays of xarray, polars, zarr and many more: numbers by ``__array__``."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype=dtype)


class Sparse:
    """As a matrix of scipy.sparse: no array, with operators of its own that know arrays only."""

    __array_priority__ = 10.1
    shape, dtype = (3, 3), np.dtype(float)

    def tocsr(self):
        return self

    def toarray(self):
        return np.diag(VALUES)

    def _with_arrays(self, other):
        np.asanyarray(other)
        return NotImplemented

    __add__ = __radd__ = __mul__ = __rmul__ = __matmul__ = __rmatmul__ = _with_arrays


Sparse.__module__ = "scipy.sparse._csr"


class OptedOut:
    """As a class that wants nothing to do with arrays: its own operators run, on either side."""

    __array_ufunc__ = None

    def _own(self, other):
        return "its own"

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _own
    __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = _own
    __rpow__ = __matmul__ = __rmatmul__ = __and__ = __rand__ = __or__ = __ror__ = _own
    __xor__ = __rxor__ = __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _own
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __divmod__ = __rdivmod__ = _own
    __hash__ = None


def framework(module):
    """As the tensors of a framework: numbers by ``__array__``, in a module of its own."""
    return type("Tensor", (ArrayOnly,), {"__module__": module})(VALUES)


class Quantity(np.ndarray):
    """As the quantities of astropy: a subclass whose arithmetic is its own."""

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        return NotImplemented


class Plain(np.ndarray):
    """A subclass that only adds attributes, as np.memmap does."""
