"""The order in which a dictionary has its keys does not matter, where names say what is what."""

import numpy as np
import pytest

from rnn import GRUCell, LSTMCell, Recurrent
from rnn.convert import (
    from_gates,
    from_keras,
    from_onnx,
    from_torch,
    to_gates,
    to_keras,
    to_torch,
)

XS = np.random.default_rng(0).normal(size=(4, 2, 3))


def shuffled(given):
    """The same dictionary with its keys in several other orders."""
    keys = list(given)
    for order in (keys[::-1], sorted(keys), keys[1:] + keys[:1]):
        yield {key: given[key] for key in order}


def outputs(layer):
    return layer(XS)[0].numpy()


def test_gates():
    """Matrices and biases of gates, each in an order of its own."""
    cell = LSTMCell(3, 4, dtype=float, rng=0)
    for given in shuffled(to_gates(cell, concat="hx")):
        found = from_gates(given, concat="hx").layer()
        np.testing.assert_allclose(outputs(found), outputs(Recurrent(cell)), rtol=1e-12)


@pytest.mark.parametrize("order", range(3))
def test_directions(order):
    """The layers of a Bidirectional and of PyTorch, the backward one first or not."""
    layer = Recurrent(
        lambda K: GRUCell(K, 4, dtype=float, rng=K), input_size=3, bidirectional=True
    )
    layer.layers["0.reverse"].W_hh.data = np.eye(4, 12)
    for write, read in ((to_keras, from_keras), (to_torch, from_torch)):
        given = list(shuffled(write(layer)))[order]
        np.testing.assert_allclose(outputs(read(given).layer()), outputs(layer), rtol=1e-12)


def test_onnx():
    """The arrays of an operator."""
    rng = np.random.default_rng(0)
    arrays = {"W": rng.normal(size=(1, 12, 3)), "R": rng.normal(size=(1, 12, 4)) / 8}
    arrays = {**{k: v.repeat(4, axis=1)[:, :16] for k, v in arrays.items()}}
    arrays["B"] = rng.normal(size=(1, 32))
    wanted = outputs(from_onnx(arrays).layer())
    for given in shuffled(arrays):
        np.testing.assert_array_equal(outputs(from_onnx(given).layer()), wanted)
