"""Shapes and axes, joining and splitting, and entries in another place, against NumPy itself."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import Tensor
from minigrad.errors import NoDerivativeError
from minigrad.testing import check_grads
from tests.support.against_numpy import agrees, cases, message

SHAPES = """
np.reshape(m, (3, 2)); np.reshape(m, -1); np.reshape(m, shape=(3, -1)); np.reshape(s, (1, 1))
np.reshape(m, 6, "F"); np.reshape(t, (4, 6), order="F"); np.reshape(e, (3, 0))
np.reshape(m, (6,), copy=True)
m.reshape(3, 2); m.reshape((3, 2)); m.reshape(-1, order="F"); m.reshape([3, 2]); s.reshape(())
t.reshape(2, -1)
np.ravel(m); np.ravel(a=m, order="F"); m.ravel(); m.ravel("F"); m.flatten(); m.flatten(order="F")
s.ravel()
np.expand_dims(m, 0); np.expand_dims(m, (0, -1)); np.expand_dims(s, 0)
np.expand_dims(a=m, axis=-2)
np.squeeze(one); np.squeeze(one, 0); np.squeeze(one, axis=(0, -1)); one.squeeze(); one.squeeze(-1)
np.squeeze(a=one, axis=0)
np.atleast_1d(s); np.atleast_1d(m); np.atleast_1d(s, v); np.atleast_2d(s); np.atleast_2d(v)
np.atleast_2d(t)
np.atleast_3d(s); np.atleast_3d(v); np.atleast_3d(m); np.atleast_3d(t); np.atleast_2d(s, v, m)
"""

AXES = """
np.transpose(t); np.transpose(t, (1, 2, 0)); np.transpose(t, axes=(-1, 0, 1)); np.transpose(a=m)
np.transpose(v)
t.transpose(); t.transpose(2, 0, 1); t.transpose((2, 0, 1)); t.transpose(None); t.T; s.T; e.T
t.mT; np.permute_dims(t, (0, 2, 1))
np.matrix_transpose(t); np.linalg.matrix_transpose(m); np.swapaxes(t, 0, -1); t.swapaxes(1, 2)
np.swapaxes(a=t, axis1=0, axis2=1)
np.moveaxis(t, 0, -1); np.moveaxis(t, (0, 1), (-1, 0))
np.moveaxis(t, source=[2, 0], destination=[0, 1])
np.rollaxis(t, 2); np.rollaxis(t, 0, 3); np.rollaxis(t, axis=-1, start=1); np.rollaxis(t, 1, 1)
np.rollaxis(t, 0, -1)
"""

BROADCAST = """
np.broadcast_to(v, (2, 3)); np.broadcast_to(s, (2, 2)); np.broadcast_to(one, (4, 3, 2))
np.broadcast_to(array=v, shape=3)
np.broadcast_to(v, (0, 3)); np.broadcast_to(v, (2, 3), subok=False); np.broadcast_arrays(v, m)
np.broadcast_arrays(m); np.broadcast_arrays(s, one, v)
np.meshgrid(v, w); np.meshgrid(v, w, indexing="ij"); np.meshgrid(v, w, s, sparse=True)
np.meshgrid(v); np.meshgrid(v, w, copy=False)
"""

JOINS = """
np.concatenate([m, m]); np.concatenate((m, q), axis=0); np.concatenate([m, m], -1)
np.concatenate([m, v], axis=None)
np.concatenate([e, m]); np.concatenate([v]); np.concatenate(m)
np.concatenate([m, np.ones((1, 3))]); np.concat([v, w])
np.concatenate([m, [[1, 2, 3]]]); np.concatenate([s, v], axis=None)
np.stack([v, v]); np.stack([m, m], axis=-1); np.stack((m, m), 1); np.stack(m); np.stack([s, s])
np.stack(arrays=[v, v], axis=1)
np.stack([v, np.ones(3)]); np.stack([v, v], dtype=np.float64, casting="safe")
np.vstack([m, v]); np.vstack((v, v)); np.vstack([s, s]); np.hstack([v, w]); np.hstack([m, m])
np.hstack([s, v]); np.vstack(t)
np.dstack([v, v]); np.dstack([m, m]); np.dstack((t, t)); np.column_stack([v, v])
np.column_stack([q, v]); np.column_stack(m)
np.append(v, w); np.append(m, s); np.append(m, q, axis=0); np.append(v, [1.0, 2.0])
np.block([v, w]); np.block([[m, m], [m, m]]); np.block([[q, q], [m, np.zeros((2, 3))]])
np.block(v); np.block([[s, v]]); np.block([[[s]], [[s]]])
"""

SPLITS = """
np.split(t, 2); np.split(t, 3, axis=1); np.split(t, [1, 3], -1)
np.split(ary=t, indices_or_sections=4, axis=2)
np.split(v, [1, 1]); np.split(v, [-1]); np.split(v, [2, 1]); np.split(v, [0, 5]); np.split(e, 2)
np.split(t, (1,), axis=2); np.split(t, np.array([2]), axis=2)
np.split(t, 2, axis=np.array(0)); np.split(t, np.array(3), np.int64(1))
np.split(v, [1], np.array(-1))
np.array_split(w, 3); np.array_split(v, 5); np.array_split(t, 2, axis=1)
np.array_split(t, [1], axis=2)
np.hsplit(w, 2); np.hsplit(m, [1]); np.vsplit(m, 2); np.dsplit(t, 2); np.vsplit(t, [1])
np.unstack(m); np.unstack(m, axis=1); np.unstack(t, axis=-1); np.unstack(e, axis=1)
"""

MOVES = """
np.flip(m); np.flip(m, 0); np.flip(t, (0, -1)); np.flip(m=m, axis=1); np.flip(s); np.flip(e, 1)
np.fliplr(m); np.fliplr(t); np.flipud(m); np.flipud(v)
np.rot90(m); np.rot90(m, 2); np.rot90(m, k=-1); np.rot90(t, 1, (1, 2)); np.rot90(m, 3)
np.rot90(m, k=4, axes=(1, 0)); np.rot90(t, axes=(-1, 0))
np.roll(v, 1); np.roll(m, -4); np.roll(m, 2, axis=1); np.roll(t, (1, -1), axis=(0, 2))
np.roll(m, 1, (0, 1)); np.roll(m, (1, 1), 0); np.roll(e, 1)
np.tile(v, 2); np.tile(m, (2, 1)); np.tile(v, (2, 2)); np.tile(m, 3); np.tile(s, 3)
np.tile(m, np.array([2, 1])); np.tile(v, np.array(2)); np.repeat(s, 2, axis=0); np.repeat(s, 2, -1)
np.repeat(s, [3], axis=0); np.repeat(s, 0, 0); np.repeat(m, np.array(2), np.array(1))
np.tile(m, (2, 1, 2)); np.tile(A=v, reps=[2]); np.tile(m, 0); np.tile(v, ())
np.repeat(m, 2); np.repeat(m, 2, axis=0); np.repeat(m, [1, 2], axis=0)
np.repeat(m, [3, 0, 1], axis=-1); np.repeat(s, 3); np.repeat(v, np.array([0, 2, 1]))
m.repeat(2); m.repeat(2, 1); m.repeat([2], axis=1); m.repeat(repeats=[0, 1, 0], axis=1)
np.repeat(a=m, repeats=0, axis=1)
np.pad(v, 1); np.pad(m, ((1, 0), (0, 2))); np.pad(m, (1, 2), constant_values=3.0)
np.pad(m, 1, "constant", constant_values=((1, 2), (3, 4)))
np.pad(v, 2, mode="edge"); np.pad(v, (2, 2), "reflect"); np.pad(v, 7, "reflect")
np.pad(v, 5, "wrap"); np.pad(t, ((0, 1), (2, 0), (3, 3)), mode="wrap")
np.pad(m, 4, "symmetric"); np.pad(m, ((5,), (6,)), mode="reflect", reflect_type="even")
np.pad(s, 1); np.pad(v, 0); np.pad(e, 1); np.pad(one, 2, "reflect")
"""

DIAGONALS = """
np.tril(q); np.tril(t, -1); np.tril(m, k=1); np.triu(q); np.triu(m, 1); np.triu(t, k=-1)
np.tril(v); np.triu(m=v, k=1)
np.diag(v); np.diag(v, 2); np.diag(v, k=-1); np.diag(q); np.diag(m, 1); np.diag(m, -5)
np.diagflat(m); np.diagflat(s, 1)
np.diagonal(q); np.diagonal(t); np.diagonal(t, 1, 1, 2)
np.diagonal(t, offset=-1, axis1=-1, axis2=0); np.diagonal(a=m, offset=9)
q.diagonal(); t.diagonal(1); t.diagonal(axis1=1, axis2=2); np.linalg.diagonal(t)
np.linalg.diagonal(t, offset=1); np.trace(q); np.trace(t, 1, 1, 2)
"""

CONVERSIONS = """
m.astype(np.float64); np.astype(m, np.float64); m.copy(); np.copy(m); np.copy(a=m, order="F")
m.astype("float64", casting="safe")
"""


@pytest.mark.parametrize("expression", cases(
    SHAPES + AXES + BROADCAST + JOINS + SPLITS + MOVES + DIAGONALS + CONVERSIONS
))
def test_as_numpy(expression):
    """Every form of call gives what NumPy gives, and its gradients of order 1 and 2 are right."""
    agrees(expression)


@pytest.mark.parametrize(("expression", "error", "parts"), [
    ("np.reshape(m, (4,))", ValueError, ("reshape", "(2, 3) float64", "shape=(4,)")),
    ("m.reshape(4)", ValueError, ("reshape", "(2, 3) float64", "shape=4")),
    ("np.reshape(m, 6, order='A')", ValueError, ("reshape", "order='A'", "memory layout")),
    ("m.ravel('K')", ValueError, ("ravel", "(2, 3)", "'K'")),
    ("np.transpose(m, (0, 0))", ValueError, ("transpose", "(2, 3)", "axes=(0, 0)", "repeated")),
    ("np.transpose(m, (0, 1, 2))", ValueError, ("transpose", "(2, 3)", "axes=(0, 1, 2)")),
    ("np.swapaxes(m, 0, 2)", np.exceptions.AxisError, ("swapaxes", "(2, 3)", "axis2=2")),
    ("np.moveaxis(m, (0, 0), (0, 1))", ValueError, ("moveaxis", "(2, 3)", "repeated axis")),
    ("np.rollaxis(m, 5)", np.exceptions.AxisError, ("rollaxis", "(2, 3)", "axis=5")),
    ("v.mT", ValueError, ("matrix_transpose", "(3,)", "two axes")),
    ("np.expand_dims(m, 4)", np.exceptions.AxisError, ("expand_dims", "(2, 3)", "axis=4")),
    ("np.expand_dims(m, (0, 0))", ValueError, ("expand_dims", "repeated axis")),
    ("np.squeeze(m, 0)", ValueError, ("squeeze", "(2, 3)", "axis=0")),
    ("np.broadcast_to(m, (2, 4))", ValueError, ("broadcast_to", "(2, 3)", "shape=(2, 4)")),
    ("np.broadcast_arrays(v, w)", ValueError, ("broadcast_arrays", "(3,)", "(4,)")),
    ("np.meshgrid(v, w, indexing='yx')", ValueError, ("meshgrid", "'yx'", "'ij'")),
    ("np.concatenate([m, w])", ValueError, ("concatenate", "(2, 3)", "(4,)")),
    ("np.concatenate([s, s])", ValueError, ("concatenate", "()", "zero-dimensional")),
    ("np.concatenate([v, w], axis=1)", np.exceptions.AxisError, ("concatenate", "axis=1")),
    ("np.concatenate([v, w], out=np.zeros(7))", NoDerivativeError, ("concatenate", "out=")),
    ("np.stack([v, w])", ValueError, ("stack", "(3,)", "(4,)", "same shape")),
    ("np.stack([v, v], axis=3)", np.exceptions.AxisError, ("stack", "axis=3")),
    ("np.vstack([v, w])", ValueError, ("vstack", "(3,)", "(4,)")),
    ("np.hstack([m, q])", ValueError, ("hstack", "(2, 3)", "(3, 3)")),
    ("np.block([[m, m], [m]])", ValueError, ("block",)),
    ("np.block([[m, m], m])", ValueError, ("block", "different depths")),
    ("np.split(w, 3)", ValueError, ("split", "(4,)", "length 4", "3 equal parts")),
    ("np.split(w, 0)", ValueError, ("split", "(4,)")),
    ("np.split(w, 2, axis=1)", np.exceptions.AxisError, ("split", "(4,)", "axis=1")),
    ("np.array_split(w, 0)", ValueError, ("array_split", "received 0", "at least 1")),
    ("np.vsplit(v, 1)", ValueError, ("vsplit", "(3,)", "2 axes")),
    ("np.dsplit(m, 1)", ValueError, ("dsplit", "(2, 3)", "3 axes")),
    ("np.hsplit(s, 1)", ValueError, ("hsplit", "()", "axes")),
    ("s.unbind()", np.exceptions.AxisError, ("unbind", "()")),
    ("np.flip(m, 2)", np.exceptions.AxisError, ("flip", "(2, 3)", "axis=2")),
    ("np.flip(m, (0, 0))", ValueError, ("flip", "repeated axis")),
    ("np.fliplr(v)", ValueError, ("fliplr", "(3,)", "2 axes")),
    ("np.rot90(v)", ValueError, ("rot90", "(3,)")),
    ("np.roll(m, 1, axis=2)", np.exceptions.AxisError, ("roll", "(2, 3)", "axis=2")),
    ("np.repeat(m, [1, 2, 3], axis=0)", ValueError, ("repeat", "(2, 3)", "axis=0")),
    ("np.repeat(m, -1)", ValueError, ("repeat", "(2, 3)", "negative")),
    ("np.pad(m, -1)", ValueError, ("pad", "(2, 3)", "negative")),
    ("np.pad(m, 1.5)", TypeError, ("pad", "(2, 3)", "integers")),
    ("np.pad(m, (1, 2, 3))", ValueError, ("pad", "(2, 3)", "(3,)")),
    ("np.pad(e, 1, 'edge')", ValueError, ("pad", "(0, 3)", "empty")),
    ("np.pad(m, 1, 'mirror')", ValueError, ("pad", "'mirror'", "'edge'", "'mean'", "'wrap'")),
    ("np.pad(m, 1, lambda *a: None)", NoDerivativeError, ("pad", "function", "concatenate")),
    ("np.pad(m, 1, 'edge', reflect_type='odd')", ValueError, ("pad", "(2, 3)", "reflect_type")),
    ("np.pad(m, 1, constant_values=s)", NoDerivativeError, ("constant_values", "concatenate")),
    ("np.diag(t)", ValueError, ("diag", "(2, 3, 4)", "3 axes")),
    ("np.diagonal(v)", ValueError, ("diagonal", "(3,)")),
    ("np.diagonal(m, axis1=0, axis2=0)", ValueError, ("diagonal", "(2, 3)")),
    ("m.astype(complex)", NoDerivativeError, ("complex", "real numbers")),
    ("np.nextafter(v, 1.0)", NoDerivativeError, ("np.nextafter",)),
])
def test_errors_teach(expression, error, parts):
    """An argument that does not fit raises NumPy's kind of error, which names the op, the argument
    and the shapes received."""
    message(expression, error, *parts)


def test_pytorch_names():
    """permute, unsqueeze, unbind and clone do what their names mean."""
    x = mg.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    assert x.permute(1, 0).shape == (3, 2)
    assert x.unsqueeze(0).shape == (1, 2, 3)
    first, second = x.unbind()
    assert np.array_equal(second.numpy(), [3, 4, 5])
    assert [part.shape for part in x.unbind(axis=1)] == [(2,)] * 3
    (first * 2 + second * 3 + x.clone()[0]).sum().backward()
    assert np.array_equal(x.grad.numpy(), [[3, 3, 3], [3, 3, 3]])


def test_astype_passes_the_gradient_back_in_the_first_dtype():
    """float32 in the middle: the gradient of a float64 leaf is float64; an integer has none."""
    x = mg.tensor([1.5, -2.5], requires_grad=True)
    (x.astype(np.float32) * np.float32(2)).sum().backward()
    assert x.grad.dtype == np.float64
    assert np.array_equal(x.grad.numpy(), [2, 2])
    assert not x.astype(int).requires_grad
    assert x.astype(int).dtype == int
    with pytest.raises(TypeError, match=r"astype.*cast"):
        x.astype(int, casting="safe")


def test_concatenation_with_a_dtype():
    """dtype= and casting= mean what they mean in NumPy; the gradient comes back in each dtype."""
    a, b = (mg.tensor(np.ones(2, t), requires_grad=True) for t in (np.float32, np.float64))
    joined = np.concatenate([a, b], dtype=np.float32)
    assert joined.dtype == np.float32
    joined.sum().backward()
    assert (a.grad.dtype, b.grad.dtype) == (np.float32, np.float64)
    with pytest.raises(TypeError, match=r"concatenate.*cast"):
        np.concatenate([a, b], dtype=int)
    assert np.stack([a, a]).dtype == np.float32


def test_parts_that_are_not_used():
    """A split of which one part is used gives zeros for the others."""
    x = mg.tensor(np.arange(6.0), requires_grad=True)
    (np.split(x, 3)[1] ** 2).sum().backward()
    assert np.array_equal(x.grad.numpy(), [0, 0, 4, 6, 0, 0])
    y = mg.tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
    (y.unbind()[2] ** 2).sum().backward()
    assert np.array_equal(y.grad.numpy(), [[0, 0], [0, 0], [8, 10]])


def test_overlapping_parts_add_up():
    """Places out of order give parts that overlap, as slices do; their gradients add up."""
    check_grads(lambda x: np.split(x, [4, 2, -1]), np.arange(6.0))
    x = mg.tensor(np.arange(4.0), requires_grad=True)
    first, _, last = np.split(x, [3, 1])
    (first.sum() + last.sum()).backward()
    assert np.array_equal(x.grad.numpy(), [1, 2, 2, 1])


def test_reading_one_triangle_or_copying_costs_no_alias():
    """Results that NumPy gives as views can be used after the leaf has been replaced."""
    x = mg.tensor(np.arange(4.0).reshape(2, 2), requires_grad=True)
    views = x.T, x.reshape(4), x[0], np.diagonal(x), np.broadcast_to(x, (2, 2, 2)), x.unbind()[1]
    before = [v.numpy().copy() for v in views]
    with mg.no_grad():
        x.data = x.data + 1
    for view, copy in zip(views, before, strict=True):
        assert np.array_equal(view.numpy(), copy)


def test_one_node_for_many_parts():
    """unbind of T slices leaves one node that holds nothing, and its gradient is one stack."""
    x = mg.tensor(np.ones((50, 2)), requires_grad=True)
    parts = x.unbind()
    assert len({id(part._node.parents[0]) for part in parts}) == 1
    assert parts[0]._node.parents[0].pullback.residuals == ("axis",)
    sum(k * part.sum() for k, part in enumerate(parts)).backward()
    assert np.array_equal(x.grad.numpy()[:, 0], np.arange(50))


def test_mixed_arguments_give_tensors():
    """An array beside a Tensor becomes a constant, wherever it stands."""
    x, a = mg.tensor([1.0, 2.0], requires_grad=True), np.ones(2)
    for result in (np.stack([a, x]), np.concatenate([a, x]), *np.broadcast_arrays(a, x),
                   *np.meshgrid(a, x), np.block([a, x]), np.append(a, x)):
        assert isinstance(result, Tensor)
    np.concatenate([a, x, x]).sum().backward()
    assert np.array_equal(x.grad.numpy(), [2, 2])


def test_counts_can_be_tensors():
    """Integers that say how often may be tensors, on either side of the call."""
    x, n = mg.tensor([1.0, 2.0], requires_grad=True), mg.tensor([2, 3])
    np.tile(x, n).sum().backward()
    assert x.grad.tolist() == [6, 6]
    assert np.tile(np.arange(2), n).shape == (2, 6)
    assert np.repeat(x, n).tolist() == [1, 1, 2, 2, 2]
