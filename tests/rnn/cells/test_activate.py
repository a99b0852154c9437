"""Blocks through functions: the same as a split and the functions one by one."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.testing import check_grads
from rnn.cells.activate import activate

NAMES = ("sigmoid", "sigmoid", "tanh", "sigmoid")


def one_by_one(z):
    blocks = np.split(z, 4, axis=-1)
    return [getattr(block, name)() for block, name in zip(blocks, NAMES, strict=True)]


@pytest.mark.parametrize("shape", [(3, 8), (2, 3, 4), (4,), (0, 8)])
def test_values_and_gradients(shape):
    """Of any rank; a block that nothing uses gets 0."""
    rng = np.random.default_rng(0)
    found, wanted = (mg.tensor(rng.normal(size=shape), requires_grad=True) for _ in range(2))
    wanted.data = found.data
    weights = rng.normal(size=(3, *shape[:-1], shape[-1] // 4))
    for z, blocks in ((found, activate(found, functions=NAMES)), (wanted, one_by_one(wanted))):
        assert len(blocks) == 4
        sum((w * y).sum() for w, y in zip(weights, blocks[:3], strict=True)).backward()
        assert not z.grad[..., -(shape[-1] // 4) :].numpy().any()
    for a, b in zip(activate(found, functions=NAMES), one_by_one(wanted), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    np.testing.assert_array_equal(found.grad.numpy(), wanted.grad.numpy())


def test_higher_orders():
    """The rules are those of the functions, also when they are recorded."""
    z = np.random.default_rng(0).normal(size=(2, 6))

    def product(z):
        i, g, o = activate(z, functions=("sigmoid", "tanh", "sigmoid"))
        return i * g * o

    check_grads(product, z, order=2)


@pytest.mark.parametrize("functions", [(), ("sigmoid", "sofplus"), ("tanh", "relu")])
def test_functions_that_do_not_fit(functions):
    """Only those that there are."""
    with pytest.raises(ValueError, match=r"activate.*functions=.*wanted some of 'sigmoid', 'tanh'"):
        activate(mg.tensor(np.ones((2, 4))), functions=functions)


def test_widths_that_do_not_fit():
    """Blocks are equally wide."""
    with pytest.raises(ValueError, match="length 5 does not split into 2 blocks"):
        activate(mg.tensor(np.ones((2, 5))), functions=("tanh", "tanh"))


def test_the_picture_names_the_functions():
    """In the op view every block is a box of its own, with its function, until it is freed."""
    z = mg.tensor(np.ones((1, 4)), requires_grad=True, name="z")
    i, g = activate(z, functions=("sigmoid", "tanh"))
    loss = (i * g).sum()
    drawing = mg.draw(loss, view="ops")
    assert repr(drawing) == "<Drawing of 6 ops>"
    assert drawing.dot.count("sigmoid")
    assert drawing.dot.count("tanh")
    loss.backward()
    assert repr(mg.draw(loss, view="ops")) == "<Drawing of 4 ops>"
