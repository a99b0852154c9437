"""Discrete Fourier transforms of real arrays, the spectrum as two real arrays.

Tensors that require grad are real, so a spectrum here is a pair (real, imaginary) of Tensors:
``rfft(x)``, ``irfft(real, imag)``, ``fft(real, imag)`` and ``ifft(real, imag)``, re-exported by
minigrad.functional. What NumPy has under np.fft returns complex arrays; on a Tensor it raises and
names these. The transforms are linear, so each rule is another transform: of the adjoint matrix,
whose normalization is the other one.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.declared import implements
from ...engine.primitive import primitive
from ...engine.tensor import as_tensor
from ...errors import NoDerivativeError
from ..common import composite, one_of
from ..shape.padding import pad

__all__ = ["fft", "fftshift", "ifft", "ifftshift", "irfft", "rfft"]

# The adjoint of a transform that is divided by n is one that is not; by √n, one that is too.
_ADJOINT = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


def _norm(norm: str | None) -> str:
    norm = "backward" if norm is None else norm
    if norm not in _ADJOINT:
        raise ValueError(f"norm={norm!r}, wanted 'backward', 'ortho' or 'forward'")
    return norm


def _sized(x: Any, n: int, axis: int) -> Any:
    """x cut, or filled with zeros, to length n along axis."""
    if n < 1:
        raise ValueError(f"received {n} points along axis {axis}, wanted at least 1")
    axis = normalize_axis_index(axis, x.ndim)
    have = x.shape[axis]
    if have > n:
        return x[(slice(None),) * axis + (slice(n),)]
    return x if have == n else pad(x, {axis: (0, n - have)})


def _real(*parts: Any) -> list[Any]:
    """The parts as Tensors, or an error where one is complex."""
    tensors = [as_tensor(part) for part in parts]
    if any(t.dtype.kind == "c" for t in tensors):
        raise TypeError("received complex numbers; pass real and imaginary part as two arrays")
    return tensors


def _both(spectrum: Any) -> tuple[Any, Any]:
    return spectrum.real, spectrum.imag


# -- real to half a spectrum and back


def _weights(m: int, n: int, axis: int, ndim: int, inner: float) -> Any:
    """1 for the frequencies that half a spectrum holds once, `inner` for those that the whole one
    holds twice, along axis."""
    weights = np.full(m, inner)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    return weights.reshape([m if a == axis % ndim else 1 for a in range(ndim)])


def _rfft_rule(g: Any, x_shape: tuple[int, ...], axis: int, norm: str) -> Any:
    (real, imag), n = g, x_shape[axis]
    half = _weights(real.shape[axis], n, axis, len(x_shape), 0.5).astype(real.dtype)
    return _irfft(real * half, imag * half, n=n, axis=axis, norm=_ADJOINT[norm])


@primitive(
    "(n)->(m),(m)", name="rfft", multiple=True, vjps=(_rfft_rule,),
    samples=lambda rng: ((rng.normal(size=(5, 4)),), {
        "axis": one_of(rng, 0, 1, -1), "norm": one_of(rng, *_ADJOINT)}),
)
def _rfft(x: Any, *, axis: int = -1, norm: Any = "backward") -> Any:
    """Σ_t x_t e^(-2πikt/n) for k = 0 to n/2, as real and imaginary part"""
    return _both(np.fft.rfft(x, axis=axis, norm=norm))


def _irfft_rule(g: Any, n: int, axis: int, norm: str) -> Any:
    real, imag = _rfft(g, axis=axis, norm=_ADJOINT[norm])
    twice = _weights(real.shape[axis], n, axis, real.ndim, 2.0).astype(real.dtype)
    return real * twice, imag * twice


@primitive(
    "(m),(m)->(n)", name="irfft", joint=_irfft_rule,
    samples=lambda rng: ((rng.normal(size=(3, 3)), rng.normal(size=(3, 3))), {
        "n": one_of(rng, 4, 5), "axis": one_of(rng, 0, -1), "norm": one_of(rng, *_ADJOINT)}),
)
def _irfft(real: Any, imag: Any, *, n: int, axis: int = -1, norm: Any = "backward") -> Any:
    """the real x of length n whose rfft is real + i imag; imag at 0 (and n/2) is unused"""
    return np.fft.irfft(real + 1j * np.asarray(imag), n=n, axis=axis, norm=norm)


@composite()
def rfft(x: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The spectrum of real x: ``(real, imag)``, each with n // 2 + 1 frequencies along axis.

    n: the length of the transform; x is cut, or filled with zeros, to it (default: its length).
    norm: "backward" (default) divides the inverse by n, "forward" this transform, "ortho" both
        by √n.

    >>> import minigrad as mg
    >>> real, imag = rfft(mg.tensor([1.0, 0.0, -1.0, 0.0]))
    >>> real, imag
    (Tensor([0., 2., 0.]), Tensor([0., 0., 0.]))
    """
    (x,) = _real(x)
    x = _sized(x, _length(x, axis) if n is None else n, axis)
    return _rfft(x, axis=axis, norm=_norm(norm))


@composite()
def irfft(
    real: Any, imag: Any = 0.0, n: int | None = None, axis: int = -1, norm: str | None = None
) -> Any:
    """The real array of length n whose rfft is ``(real, imag)``; n is 2 (m - 1) by default.

    The imaginary parts at frequency 0, and n / 2 for even n, are taken as 0.

    >>> import minigrad as mg
    >>> irfft(*rfft(mg.tensor([1.0, 2.0, 4.0])), n=3)
    Tensor([1., 2., 4.])
    """
    real, imag = np.broadcast_arrays(*_real(real, imag))
    n = 2 * (_length(real, axis) - 1) if n is None else n
    real, imag = (_sized(part, n // 2 + 1 if n > 0 else n, axis) for part in (real, imag))
    return _irfft(real, imag, n=n, axis=axis, norm=_norm(norm))


# -- complex to complex


def _fft_rule(g: Any, axis: int, norm: str) -> Any:
    return _ifft(*g, axis=axis, norm=_ADJOINT[norm])


def _ifft_rule(g: Any, axis: int, norm: str) -> Any:
    return _fft(*g, axis=axis, norm=_ADJOINT[norm])


def _draw_pair(rng: np.random.Generator) -> Any:
    return (rng.normal(size=(3, 4)), rng.normal(size=(3, 4))), {
        "axis": one_of(rng, 0, -1), "norm": one_of(rng, *_ADJOINT)}


@primitive("(n),(n)->(n),(n)", name="fft", multiple=True, joint=_fft_rule, samples=_draw_pair)
def _fft(real: Any, imag: Any, *, axis: int = -1, norm: Any = "backward") -> Any:
    """Σ_t z_t e^(-2πikt/n) of z = real + i imag, as real and imaginary part"""
    return _both(np.fft.fft(real + 1j * np.asarray(imag), axis=axis, norm=norm))


@primitive("(n),(n)->(n),(n)", name="ifft", multiple=True, joint=_ifft_rule, samples=_draw_pair)
def _ifft(real: Any, imag: Any, *, axis: int = -1, norm: Any = "backward") -> Any:
    """Σ_k z_k e^(2πikt/n) / n of z = real + i imag, as real and imaginary part"""
    return _both(np.fft.ifft(real + 1j * np.asarray(imag), axis=axis, norm=norm))


def _pair(real: Any, imag: Any, n: int | None, axis: int) -> Any:
    parts = np.broadcast_arrays(*_real(real, imag))
    return [_sized(part, _length(part, axis) if n is None else n, axis) for part in parts]


def _length(x: Any, axis: int) -> int:
    return int(x.shape[normalize_axis_index(axis, x.ndim)])


@composite()
def fft(
    real: Any, imag: Any = 0.0, n: int | None = None, axis: int = -1, norm: str | None = None
) -> Any:
    """The spectrum of real + i imag: ``(real, imag)``, each with n frequencies along axis.

    n and norm as in rfft.

    >>> import minigrad as mg
    >>> fft(mg.tensor([1.0, -1.0]))
    (Tensor([0., 2.]), Tensor([0., 0.]))
    """
    return _fft(*_pair(real, imag, n, axis), axis=axis, norm=_norm(norm))


@composite()
def ifft(
    real: Any, imag: Any = 0.0, n: int | None = None, axis: int = -1, norm: str | None = None
) -> Any:
    """The inverse of fft: ``(real, imag)``.

    >>> import minigrad as mg
    >>> ifft(*fft(mg.tensor([1.0, 3.0])))
    (Tensor([1., 3.]), Tensor([0., 0.]))
    """
    return _ifft(*_pair(real, imag, n, axis), axis=axis, norm=_norm(norm))


# -- what NumPy has under np.fft


@composite(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """Frequency 0 moved from the front of the axes to their middle."""
    return _shifted(x, axes, 1)


@composite(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """The inverse of fftshift."""
    return _shifted(x, axes, -1)


def _shifted(x: Any, axes: Any, sign: int) -> Any:
    axes = range(np.ndim(x)) if axes is None else np.atleast_1d(axes).tolist()
    return np.roll(x, [sign * (np.shape(x)[a] // 2) for a in axes], tuple(axes))


def _refused(name: str) -> None:
    @implements(getattr(np.fft, name))
    def handler(*args: Any, **kwargs: Any) -> NoReturn:
        raise NoDerivativeError(
            f"np.fft.{name} gives or takes complex numbers, and minigrad differentiates real ones: "
            f"use rfft, irfft, fft or ifft of minigrad.functional, whose spectrum is a pair of "
            f"Tensors (real, imaginary)"
        )


for _name in ("fft", "fft2", "fftn", "hfft", "ifft", "ifft2", "ifftn", "ihfft", "irfft", "irfft2",
              "irfftn", "rfft", "rfft2", "rfftn"):
    _refused(_name)
