"""Complex numbers in the middle of a graph: refused where they arise, and free in constants."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor
from minigrad.errors import GradientError, NoDerivativeError

REAL = {"x": np.array([1.0, 2.0]), "q": np.array([[2.0, 1.0], [0.5, 3.0]])}
COMPLEX = {"z": np.array([1j, 2.0]), "c": np.array([[1j, 2.0], [0.5, 1 - 1j]])}

ARISE = """
1j * x ; x * 1j ; x + z ; x - z ; x / z ; z / x ; x ** 1j ; np.power(1j, x) ; x @ z ; z @ x
np.real(np.exp(1j * x)) ; np.abs(np.exp(1j * x)) ; np.angle(x * z) ; np.conj(x * 1j)
np.imag(x + z) ; x.astype(complex) ; x.astype('complex64') ; np.sum(x, dtype=complex)
x.mean(dtype=complex) ; np.cumsum(x, dtype=complex) ; np.add.reduce(x, dtype=complex)
np.add(x, x, dtype=complex) ; np.vdot(z, x) ; np.vdot(x, z) ; np.vecdot(z, x) ; np.inner(x, z)
np.outer(z, x) ; np.dot(c, x) ; np.matmul(c, q) ; np.kron(x, z) ; np.tensordot(q, c, 1)
np.einsum('i,ij->j', x, c) ; np.convolve(x, z) ; np.linalg.solve(q, z) ; np.linalg.solve(c, x)
np.linalg.multi_dot([q, c, q]) ; np.average(x, weights=z) ; np.concatenate([x, z])
np.stack([x, z]) ; np.append(x, 1j) ; np.block([x, z]) ; np.hstack([z, x])
np.where([True, False], x, z) ; np.select([x > 1], [x], 1j) ; np.choose([0, 1], [x, z])
np.clip(x, 1j, None) ; np.maximum(x, z) ; np.linspace(x, z, 3) ; np.polyval(z, x)
np.polyval(x, z) ; np.trapezoid(x, z) ; np.diff(x, append=1j) ; np.interp(x, [0.0, 3.0], z)
np.cov(x, z) ; np.nansum(x * z) ; np.roots(x) ; np.linalg.eigvals(q) ; np.linalg.eig(q)
np.emath.sqrt(-x) ; np.add.outer(x, z) ; np.fft.fft(x) ; np.fft.rfft(x).real
np.fft.ifft(np.fft.fft(x)).real ; np.fft.irfft(x) ; np.fft.fft2(q) ; F.mse_loss(x, z)
F.linear(z, q) ; F.softmax(x * 1j) ; F.leaky_relu(x + 0j)
"""


def cases(text):
    found = [part.strip() for line in text.strip().split("\n") for part in line.split(" ; ")]
    return [c for c in found if "vecdot" not in c or hasattr(np, "vecdot")]


def run(call, **values):
    return eval(call, {"np": np, "F": mg.functional, **REAL, **COMPLEX, **values})


@pytest.mark.parametrize("call", cases(ARISE))
@pytest.mark.parametrize("constant", [np.asarray, Tensor], ids=["array", "Tensor"])
def test_refused_where_it_arises(call, constant):
    """What would be complex and depend on a leaf raises at the call, with the way out, and not in
    the backward pass: there its imaginary part would be gone."""
    leaves = {name: Tensor(a, requires_grad=True) for name, a in REAL.items()}
    with pytest.raises(NoDerivativeError) as raised:
        run(call, **leaves, **{name: constant(a) for name, a in COMPLEX.items()})
    ways = ("two Tensors", "functional", "primitive", "out")
    assert any(way in str(raised.value) for way in ways)
    assert all(leaf.grad is None for leaf in leaves.values())


@pytest.mark.parametrize("call", cases(ARISE))
def test_constants_are_free(call):
    """The same calls on constants, and under no_grad(), give what NumPy gives."""
    if "F." in call or "x.mean" in call:
        pytest.skip("no function of NumPy")
    wanted = run(call)
    tensors = {name: Tensor(a) for name, a in {**REAL, **COMPLEX}.items()}
    leaves = {name: Tensor(a, requires_grad=True) for name, a in REAL.items()}
    with mg.no_grad():
        under = run(call, **{**tensors, **leaves})
    for found in (run(call, **tensors), under):
        parts = zip(found, wanted, strict=True) if isinstance(wanted, tuple) else [(found, wanted)]
        for a, b in parts:
            assert isinstance(a, Tensor)
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a.numpy(), b, rtol=1e-14)


def test_inside_transforms():
    """Also where a transform differentiates, at any order."""
    def f(x):
        return np.real(np.exp(1j * x)).sum()

    x = np.array([0.3, 1.0])
    for transform in (
        lambda: mg.grad(f)(x), lambda: mg.hessian(f)(x), lambda: mg.jacobian(f)(x),
        lambda: mg.jvp(f, [x], [x]), lambda: mg.vjp(f, x),
        lambda: mg.grad(lambda y: mg.grad(f)(y).sum())(x),
    ):
        with pytest.raises(NoDerivativeError, match=r"multiply.*complex"):
            transform()


def test_complex_cotangents_and_directions():
    """A real result has a real cotangent; an imaginary part would be lost."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    for call in (
        lambda: (x * 2).backward(np.array([1j, 1.0])),
        lambda: mg.vjp(lambda x: x * 2, REAL["x"])[1](COMPLEX["z"]),
        lambda: mg.jvp(lambda x: x * 2, [REAL["x"]], [COMPLEX["z"]]),
    ):
        with pytest.raises(GradientError, match="complex128"):
            call()
    assert x.grad is None


@pytest.mark.parametrize("method", [
    "sum", "mean", "std", "var", "prod", "cumsum", "cumprod", "conj", "trace", "ravel", "argmax",
    "diagonal", "max", "min",
])
def test_methods_of_complex_constants(method):
    """The methods of a complex constant are those of an array."""
    found, wanted = getattr(Tensor(COMPLEX["c"]), method)(), getattr(COMPLEX["c"], method)()
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-14)


def test_real_parts_of_real_numbers_pass():
    """Code that serves complex arrays too has its gradient on real ones."""
    x = Tensor([1.0, -2.0], requires_grad=True)
    y = np.real(x) * np.conj(x) + np.imag(x) + x.real * np.real_if_close(x) + np.vdot(x, x)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 4 * x.numpy() + 4 * x.numpy())
