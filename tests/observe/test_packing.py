"""Which entry of a stacked array a value is, seen from what records declare."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.observe.packing import unpacked


def states(count=4, shape=(2, 3)):
    rng = np.random.default_rng(0)
    return [np.tanh(mg.tensor(rng.normal(size=shape), requires_grad=True)) for _ in range(count)]


TAKEN = {
    "x[2]": lambda x: x[2],
    "x[-2]": lambda x: x[-2],
    "x[2, :]": lambda x: x[2, :],
    "x[2, ..., :]": lambda x: x[2, ...],
    "unbind": lambda x: x.unbind()[2],
    "take": lambda x: np.take(x, 2, axis=0),
    "split, squeezed": lambda x: np.split(x, 4)[2].squeeze(0),
    "split, reshaped": lambda x: np.split(x, 4)[2].reshape(x.shape[1:]),
    "split in uneven pieces": lambda x: np.split(x, [2, 3])[1].squeeze(0),
    "stacked again": lambda x: np.stack([x[0], x[2]])[1],
}


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
def test_an_entry_of_a_stack_is_what_was_stacked(take):
    """However it was taken along the first axis."""
    hs = states()
    assert unpacked(take(np.stack(hs))._node) is hs[2]._node


OTHERWISE = {
    "a part of it": lambda hs: np.stack(hs)[2, 0],
    "several": lambda hs: np.stack(hs)[1:3],
    "by a truth value": lambda hs: np.stack(hs)[True],
    "along another axis": lambda hs: np.stack(hs, axis=1)[1],
    "of what was joined": lambda hs: np.concatenate(hs)[2],
    "of what was computed": lambda hs: (np.stack(hs) * 2.0)[2],
    "a row that was turned": lambda hs: np.flip(np.split(np.stack(hs), 4)[2], -1).squeeze(0),
}


@pytest.mark.parametrize("make", OTHERWISE.values(), ids=OTHERWISE)
def test_anything_else_stands_for_itself(make):
    """A value is seen through only where it is one whole entry along the first axis."""
    node = make(states())._node
    assert unpacked(node) is node


def test_a_constant_among_what_was_stacked_has_no_node():
    """Where the entry is no value of the graph, there is none to go on with."""
    (h,) = states(1)
    assert unpacked(np.stack([h, np.ones(h.shape)])[1]._node) is None


def test_ops_of_ones_own_are_seen_through():
    """The record says that an op moves data, not its name."""

    @mg.primitive("(n),(n)->(2,n)", name="my_pile", moves_data=True,
                  joint=lambda g, xs_shape, axis: list(g))
    def my_pile(*xs, axis=0):
        """the arrays, one above the other"""
        return np.stack(xs, axis=axis)

    hs = states()
    assert unpacked(my_pile(*hs, axis=0)[3]._node) is hs[3]._node
