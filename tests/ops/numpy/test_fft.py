"""Fourier transforms on real and imaginary parts: against NumPy's complex ones."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import NoDerivativeError
from minigrad.ops.numpy.fft import fft, fftshift, ifft, ifftshift, irfft, rfft
from minigrad.testing import check_grads

NORMS = [None, "backward", "ortho", "forward"]
_rng = np.random.default_rng(11)


def parts(spectrum):
    return spectrum.real, spectrum.imag


def assert_parts(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        assert isinstance(a, mg.Tensor)
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a.numpy(), b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [None, 1, 4, 7])
@pytest.mark.parametrize("shape", [(1,), (5,), (2, 4)], ids=str)
def test_real_transforms(shape, n, norm):
    """rfft and irfft are NumPy's for every length (cut or filled with zeros), axis and norm, odd
    and even; gradients of order 1 and 2 are right."""
    x, y = _rng.normal(size=shape), _rng.normal(size=shape)
    for axis in range(-1, len(shape) - 1):
        assert_parts(rfft(mg.tensor(x), n, axis, norm), parts(np.fft.rfft(x, n, axis, norm)))
        check_grads(lambda a, k=axis: rfft(a, n, k, norm), x, full=12)
        if n is None and shape[axis] == 1:
            continue  # 2 (1 - 1) points
        assert_parts(
            [irfft(mg.tensor(x), mg.tensor(y), n, axis, norm)],
            [np.fft.irfft(x + 1j * y, n, axis, norm)],
        )
        check_grads(lambda a, b, k=axis: irfft(a, b, n, k, norm), x, y, full=12)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [None, 1, 5])
@pytest.mark.parametrize("shape", [(4,), (3, 2)], ids=str)
def test_complex_transforms(shape, n, norm):
    """fft and ifft are NumPy's on real + i imag; gradients of order 1 and 2 are right."""
    x, y = _rng.normal(size=shape), _rng.normal(size=shape)
    z = x + 1j * y
    for axis in range(-1, len(shape) - 1):
        given = mg.tensor(x), mg.tensor(y), n, axis, norm
        assert_parts(fft(*given), parts(np.fft.fft(z, n, axis, norm)))
        assert_parts(ifft(*given), parts(np.fft.ifft(z, n, axis, norm)))
        check_grads(lambda a, b, k=axis: fft(a, b, n, k, norm), x, y, full=12)
        check_grads(lambda a, b, k=axis: ifft(a, b, n, k, norm), x, y, full=12)


def test_imaginary_part_may_be_left_out():
    """A missing imaginary part is 0; fft of a real array then holds its rfft twice."""
    x = mg.tensor(_rng.normal(size=(2, 6)), requires_grad=True)
    whole, half = fft(x), rfft(x)
    assert_parts([part[:, :4] for part in whole], [part.numpy() for part in half])
    assert_parts(ifft(*whole), (x.numpy(), np.zeros((2, 6))))
    assert_parts([irfft(*half)], [x.numpy()])
    real_only = irfft(x)
    assert_parts([real_only], [np.fft.irfft(x.numpy())])
    real_only.sum().backward()
    assert x.grad.shape == x.shape


def test_parseval():
    """With norm="ortho" the spectrum has the energy of the signal, and so the gradient of its
    energy is twice the signal."""
    x = mg.tensor(_rng.normal(size=7), requires_grad=True)
    real, imag = fft(x, norm="ortho")
    ((real**2).sum() + (imag**2).sum()).backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * x.numpy(), rtol=1e-12)


def test_convolution_theorem():
    """A circular convolution through the spectrum, and its gradient, are those of the sum."""
    x, y = _rng.normal(size=6), _rng.normal(size=6)

    def by_spectrum(a, b):
        (ar, ai), (br, bi) = rfft(a), rfft(b)
        return irfft(ar * br - ai * bi, ar * bi + ai * br, n=6)

    def by_sum(a, b):
        return np.stack([(a * np.roll(b[::-1], k + 1)).sum() for k in range(6)])

    a, b = mg.tensor(x), mg.tensor(y)
    np.testing.assert_allclose(by_spectrum(a, b).numpy(), by_sum(a, b).numpy(), atol=1e-12)
    g = _rng.normal(size=6)
    for argnum in (0, 1):
        np.testing.assert_allclose(
            mg.grad(lambda a, b: (by_spectrum(a, b) * g).sum(), argnum)(x, y),
            mg.grad(lambda a, b: (by_sum(a, b) * g).sum(), argnum)(x, y),
            atol=1e-12,
        )


def test_unused_imaginary_parts():
    """irfft does not read imag at frequency 0 and n / 2: the gradient there is 0."""
    real, imag = (mg.tensor(_rng.normal(size=4), requires_grad=True) for _ in range(2))
    (irfft(real, imag) ** 2).sum().backward()
    assert imag.grad.numpy()[0] == 0
    assert imag.grad.numpy()[-1] == 0
    imag.grad = None
    (irfft(real, imag, n=7) ** 2).sum().backward()
    assert imag.grad.numpy()[0] == 0
    assert imag.grad.numpy()[-1] != 0


def test_float32_stays():
    """Values and gradients of float32 are float32."""
    x = mg.tensor(np.ones(5, np.float32), requires_grad=True)
    real, imag = rfft(x)
    assert (real.dtype, imag.dtype) == (np.float32, np.float32)
    back = irfft(real, imag, n=5)
    assert back.dtype == np.float32
    back.sum().backward()
    assert x.grad.dtype == np.float32


def test_shifts():
    """fftshift and ifftshift are NumPy's and undo each other, for odd and even lengths."""
    for shape in ((4,), (5,), (3, 4)):
        x = _rng.normal(size=shape)
        for axes in (None, 0, (-1,)):
            t = mg.tensor(x, requires_grad=True)
            assert_parts([np.fft.fftshift(t, axes)], [np.fft.fftshift(x, axes)])
            assert_parts([np.fft.ifftshift(t, axes=axes)], [np.fft.ifftshift(x, axes=axes)])
            assert_parts([ifftshift(fftshift(t, axes), axes)], [x])
        check_grads(np.fft.fftshift, x)


@pytest.mark.parametrize("name", [
    "fft", "ifft", "rfft", "irfft", "fft2", "ifft2", "fftn", "ifftn", "rfft2", "irfft2", "rfftn",
    "irfftn", "hfft", "ihfft",
])
def test_numpys_transforms_name_ours(name):
    """Complex results have no gradient here: np.fft raises and says what to use."""
    with pytest.raises(NoDerivativeError, match=rf"np\.fft\.{name} .*minigrad\.functional"):
        getattr(np.fft, name)(mg.tensor(np.ones((4, 4)), requires_grad=True))


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda x: rfft(x, 0), ValueError, r"rfft\(x=\(4,\) float64, n=0\): received 0 points"),
    (lambda x: rfft(x, axis=1), np.exceptions.AxisError, r"rfft\(x=\(4,\) float64, axis=1\)"),
    (lambda x: rfft(x, norm="both"), ValueError, "norm='both', wanted 'backward'"),
    (lambda x: rfft(x[0]), np.exceptions.AxisError, r"rfft\(x=\(\) float64"),
    (lambda x: irfft(x[:1]), ValueError, r"irfft.*received 0 points"),
    (lambda x: irfft(x, x[:3]), ValueError, r"irfft\(real=\(4,\) float64, imag=\(3,\) float64"),
    (lambda x: fft(x, n=-2), ValueError, r"fft\(.*received -2 points"),
    (lambda x: rfft(np.ones(3) * 1j), TypeError, "rfft.*real and imaginary part as two arrays"),
    (lambda x: rfft(x[:0]), ValueError, r"rfft\(x=\(0,\) float64\): received 0 points"),
], ids=["n=0", "axis", "norm", "0-d", "one frequency", "shapes", "n<0", "complex", "empty"])
def test_errors_teach(call, error, message):
    """What does not fit raises an error that names the transform, what it got and what it wants."""
    with pytest.raises(error, match=message):
        call(mg.tensor(np.ones(4), requires_grad=True))
