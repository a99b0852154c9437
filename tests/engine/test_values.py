"""Tensors are values: no write, through whatever alias, can make a gradient wrong in silence."""

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import MutationError
from tests.support.comparing import leaf


def test_in_place_on_a_leaf_raises_while_recording():
    """`w -= step` on a leaf raises under recording and updates it under no_grad."""
    w = leaf([1.0, 2.0], name="w")
    with pytest.raises(MutationError, match=r"'w'.*no_grad"):
        w -= 1.0
    with pytest.raises(MutationError, match="'w'"):
        w[0] = 5.0
    alias = w
    with mg.no_grad():
        w -= 0.5
        w[1] = 7.0
    assert alias is w
    assert np.array_equal(w.numpy(), [0.5, 7.0])
    assert w.requires_grad


def test_in_place_on_a_saved_output():
    """`y += 1` changes y under all its names, as NumPy's does; what exp saved is untouched, so the
    gradient is right."""
    x = leaf([0.0, 1.0])
    y = np.exp(x)
    also = y
    y += 1.0
    y[0] = 3.0
    assert also is y
    assert np.allclose(also.numpy(), [3.0, 1 + np.e])
    y.sum().backward()
    assert np.allclose(x.grad.numpy(), [0.0, np.e])


def test_data_written_after_forward_raises_at_backward():
    """A leaf whose saved value was replaced raises at backward and names the op."""
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0], name="w")
    y = (x * w).sum()
    w.data = np.zeros(2)
    with pytest.raises(MutationError, match=r"^w was written to.*multiply"):
        y.backward()
    assert x.grad is None


def test_write_that_no_rule_needs_is_harmless():
    """The gradient of a sum does not depend on the value, so a write does not matter."""
    w = leaf([3.0, 4.0])
    y = (w + 1.0).sum()
    w.data = np.zeros(2)
    y.backward()
    assert np.array_equal(w.grad.numpy(), [1.0, 1.0])


def test_data_is_read_only_and_its_augmented_assignment_replaces():
    """`w.data[0] = 1` raises; `w.data -= step` gives w new values and leaves old views alone."""
    w = leaf([1.0, 2.0])
    before = w.data
    with pytest.raises(MutationError, match="no_grad"):
        w.data[0] = 9.0
    w.data -= 0.5
    w.data *= 2
    assert np.array_equal(w.numpy(), [1.0, 3.0])
    assert np.array_equal(before, [1.0, 2.0])
    assert type(w.data + 1) is np.ndarray
    with pytest.raises(ValueError, match=r"\(3,\).*wanted shape \(2,\)"):
        w.data = np.zeros(3)
    with pytest.raises(MutationError, match="result of op"):
        (w * 2).data = np.zeros(2)


def test_arrays_given_in_and_handed_out_are_not_aliases():
    """Neither the array given to Tensor, nor one used as an operand, nor .numpy() is a way in."""
    given = np.array([1.0, 2.0])
    x = mg.tensor(given, requires_grad=True)
    operand = np.array([3.0, 4.0])
    y = (x * operand).sum() + (operand @ x) + mg.functional.relu(x * operand).sum()
    given[:] = 0
    operand[:] = 0
    out = x.numpy()
    with pytest.raises(ValueError, match="read-only"):
        out += 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        out.flags.writeable = True
    y.backward()
    assert np.array_equal(x.numpy(), [1.0, 2.0])
    assert np.array_equal(x.grad.numpy(), [9.0, 12.0])


def test_index_given_in_is_copied():
    """Changing an index array after the forward does not change the gradient."""
    x, index = leaf([1.0, 2.0, 3.0]), np.array([0, 0])
    y = x[index].sum()
    index[:] = 2
    y.backward()
    assert np.array_equal(x.grad.numpy(), [2.0, 0.0, 0.0])


def test_views_and_slices_are_values():
    """A write through a slice would not reach the tensor, so it is refused while that one lives;
    a write to the tensor does not reach the slice."""
    x = mg.tensor([1.0, 2.0, 3.0])
    part = x[1:]
    with pytest.raises(MutationError, match=r"view of tensor of shape \(3,\).*x\[0, 1\] = 9"):
        part[0] = 9.0
    x[1:] = 0.0
    assert np.array_equal(x.numpy(), [1.0, 0.0, 0.0])
    assert np.array_equal(part.numpy(), [2.0, 3.0])
    del x
    part[0] = 9.0
    assert np.array_equal(part.numpy(), [9.0, 3.0])


def test_gradients_do_not_share_what_can_be_written():
    """One array may be the gradient of two tensors: scaling one leaves the other as it was."""
    a, b = leaf([1.0]), leaf([2.0])
    (a + b).sum().backward()
    a.grad *= 10.0
    assert a.grad.item() == 10.0
    assert b.grad.item() == 1.0


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3)[::-1, ::-1],
        np.broadcast_to(np.arange(3.0), (2, 3)),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6, dtype=">f8").reshape(2, 3),
    ],
)
def test_awkward_layouts(array):
    """Negative and zero strides, column order, read-only and big-endian arrays are as good."""
    x = mg.tensor(array, requires_grad=True)
    assert x.dtype == np.float64
    (x * array).sum().backward()
    assert np.array_equal(x.grad.numpy(), array)


def test_dtypes_are_kept():
    """A tensor keeps the dtype it is given; NumPy's promotion rules hold."""
    for dtype in (np.float16, np.float32, np.float64, np.int32, np.bool_):
        assert mg.tensor(np.ones(2, dtype)).dtype == dtype
    half = mg.tensor(np.ones(2, np.float16), requires_grad=True)
    (half * 2).sum().backward()
    assert half.grad.dtype == np.float16


def test_copies():
    """deepcopy gives independent values; tensors are not pickled."""
    w = leaf([1.0, 2.0], name="w")
    (w * w).sum().backward()
    twin = copy.deepcopy(w)
    assert twin.requires_grad
    assert twin.name == "w"
    assert np.array_equal(twin.grad.numpy(), w.grad.numpy())
    twin.data -= 1.0
    assert np.array_equal(w.numpy(), [1.0, 2.0])
    with pytest.raises(TypeError, match="safetensors"):
        pickle.dumps(w)


def test_scalars_and_iteration():
    """Tensors convert to numbers, iterate over rows and have a length like arrays."""
    x = leaf([1.0, 2.0])
    assert [v.item() for v in x] == [1.0, 2.0]
    assert len(x) == 2
    assert f"{x.sum():.2f}" == "3.00"
    assert bool(x[0] > 0)
    with pytest.raises(TypeError):
        len(x.sum())
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    assert x.tolist() == [1.0, 2.0]
