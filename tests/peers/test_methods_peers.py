"""Methods of Tensor and functions give PyTorch's values, shapes, dtypes and gradients."""

import warnings

import numpy as np
import pytest

import minigrad as mg
from tests.support.pytorch_calls import CALLS, NUMBERS, alike, parts, run, summary, weights

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.peers


class Functions:
    """PyTorch's functions, of torch.nn.functional or of torch."""

    def __getattr__(self, name):
        return getattr(torch.nn.functional, name, None) or getattr(torch, name)


def theirs(call, dtype):
    """PyTorch's leaves, results and gradients (None where it has no derivative)."""

    def tensor(a, requires_grad):
        return torch.tensor(a, requires_grad=requires_grad)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        leaves, result = run(call, tensor, dtype, Functions(), torch.float32)
    for y in parts(result):
        if isinstance(y, torch.Tensor) and y.requires_grad:
            g = torch.tensor(weights(tuple(y.shape), str(y.dtype).removeprefix("torch.")))
            try:
                y.backward(g, retain_graph=True)
            except RuntimeError as error:
                if "is not implemented" not in str(error):
                    raise
                return result, None
    found = {name: x.grad for name, x in leaves.items()}
    return result, {name: g.numpy(force=True) for name, g in found.items() if g is not None}


def ours(call, dtype):
    """The same of minigrad."""
    leaves, result = run(call, mg.tensor, dtype, mg.functional, np.float32)
    for y in parts(result):
        if isinstance(y, mg.Tensor) and y.requires_grad:
            y.backward(weights(y.shape, y.dtype), retain_graph=True)
    grads = {name: x.grad for name, x in leaves.items()}
    return result, {name: g.numpy() for name, g in grads.items() if g is not None}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("call", CALLS)
def test_as_pytorch(call, dtype):
    """Values, shapes, dtypes, names of results, and the gradients of a weighted sum of all."""
    wanted, their_grads = theirs(call, dtype)
    found, our_grads = ours(call, dtype)
    rtol = 1e-5 if dtype == np.float32 or "F32" in call else 1e-10
    if "gamma" in call:  # PyTorch's trigamma has nine digits, and fewer in float32
        rtol = 1e-4 if dtype == np.float32 else 1e-8
    if "matrix_exp" in call and dtype == np.float32:  # PyTorch squares in float32
        rtol = 1e-4
    assert isinstance(found, tuple) == isinstance(wanted, tuple)
    for name in ("values", "indices", "min", "max"):
        if isinstance(wanted, tuple) and hasattr(wanted, name):
            assert getattr(found, name) is not None
    assert len(parts(found)) == len(parts(wanted))
    for y, z in zip(parts(found), parts(wanted), strict=True):
        if not isinstance(z, torch.Tensor):
            assert y == z
            continue
        z = z.numpy(force=True)
        assert (y.shape, y.dtype) == (z.shape, z.dtype)
        np.testing.assert_allclose(y.detach().numpy(), z, rtol=rtol, atol=rtol)
    if their_grads is None:
        return
    for name in our_grads.keys() | their_grads.keys():
        g, h = our_grads.get(name, np.zeros(())), their_grads.get(name, np.zeros(()))
        np.testing.assert_allclose(g, h, rtol=rtol, atol=rtol, err_msg=f"the gradient in {name}")


def record(call):
    """A call's line in the file of numbers."""
    result, grads = theirs(call, np.float64)
    values = [y.numpy(force=True) if isinstance(y, torch.Tensor) else y for y in parts(result)]
    return summary(values, grads)


def test_the_recorded_numbers_are_pytorchs():
    """What is compared with where there is no PyTorch is what PyTorch gives today."""
    lines = NUMBERS.read_text(encoding="utf-8").splitlines()
    assert [line.split(" -> ")[0] for line in lines] == CALLS
    for line in lines:
        call, numbers = line.split(" -> ")
        assert alike(record(call), numbers, 1e-8), call


if __name__ == "__main__":
    NUMBERS.write_text("".join(f"{call} -> {record(call)}\n" for call in CALLS), encoding="utf-8")
