"""What the tests of ops share: leaves, and equality to the last bit."""

import numpy as np

import minigrad as mg


def leaf(value, dtype=None, name=None):
    return mg.tensor(value, requires_grad=True, dtype=dtype, name=name)


def tensor(array):
    """A tensor that requires grad where it can."""
    return mg.tensor(array, requires_grad=np.asarray(array).dtype.kind == "f")


def same(found, wanted):
    """Equal to the last bit, in dtype and in shape; NaN where NaN."""
    found = found.numpy() if isinstance(found, mg.Tensor) else np.asarray(found)
    wanted = np.asarray(wanted)
    assert found.dtype == wanted.dtype, f"{found.dtype}, wanted {wanted.dtype}"
    assert found.shape == wanted.shape, f"{found.shape}, wanted {wanted.shape}"
    np.testing.assert_array_equal(found, wanted)
    if wanted.dtype.kind == "f":
        number = ~np.isnan(wanted)
        np.testing.assert_array_equal(np.signbit(found)[number], np.signbit(wanted)[number])


def gradient(function, x, cotangent=1.0):
    """What goes back to `x` from the cotangent, broadcast to the shape of the result."""
    x = leaf(x)
    y = function(x)
    y.backward(np.broadcast_to(np.asarray(cotangent, y.dtype), y.shape))
    return x.grad.numpy()


def slope(function, x):
    """The derivative of `function` at the number `x`; a warning of a rule fails the test."""
    x = leaf(float(x))
    with np.errstate(all="ignore"):  # of the forward: np.log(0) warns, and should
        y = function(x)
    y.backward()
    return float(x.grad)


def numbers(value):
    """The array in a tensor of ours or of PyTorch's, or what is an array already."""
    value = value.detach() if hasattr(value, "detach") else value
    return value.numpy() if hasattr(value, "numpy") else np.asarray(value)


def close(found, wanted, what="", *, rtol=1e-10, atol=1e-12):
    """Equal but for rounding errors; either may be a tensor of ours or of PyTorch's."""
    np.testing.assert_allclose(numbers(found), numbers(wanted), rtol, atol, err_msg=what)
