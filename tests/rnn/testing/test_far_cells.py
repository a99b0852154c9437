"""check_cell catches cells that are wrong far out, at a zero state, at saturated gates only."""

import numpy as np
import pytest
from hypothesis import settings

import minigrad as mg
import rnn
from minigrad.engine.op import OPS
from minigrad.engine.tensor import detached
from minigrad.testing.gradcheck import at_once
from rnn.testing import check_cell


def unary(forward, rule):
    """An op that stays out of the registry."""
    op = mg.primitive("()->()", name="planted", formula="planted", vjps=(rule,))(forward)
    del OPS["planted"]
    return op


def tanh_but(where, slope=0.0):
    """tanh, whose slope is another one where a condition on x holds."""
    return unary(
        np.tanh,
        lambda g, x, out: g * np.where(where(np.abs(detached(x))), slope, (1 - out) * (1 + out)),
    )


def of(function):
    """A cell with `function` in the place of tanh."""

    class OwnCell(rnn.ElmanCell):
        def step(self, x, h):
            h = function(self.preactivation(x, h))
            return h, h

    return OwnCell


class AtZeroState(rnn.ElmanCell):
    """Its gate is |h| by way of √h², which has the slope 0/0 at 0."""

    def step(self, x, h):
        h = np.tanh(self.preactivation(x, h)) * unary(
            lambda h: 1 + h * h, lambda g, h: g * 2 * h * np.where(detached(h) == 0, np.nan, 1)
        )(h)
        return h, h


class Twice(rnn.ElmanCell):
    """The gradient of its state is wrong where that is exactly 0."""

    def step(self, x, h):
        own = unary(lambda h: h * 1, lambda g, h: g * np.where(detached(h) == 0, 2, 1))
        h = np.tanh(self.preactivation(x, own(h)))
        return h, h


CELLS = {
    "NaN beyond 700": of(tanh_but(lambda x: x > 700, np.nan)),
    "tanh by exponentials": of(
        unary(
            np.tanh,
            lambda g, x: g * (1 - ((np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))) ** 2),
        )
    ),
    "zero beyond 5": of(tanh_but(lambda x: x > 5)),
    "zero beyond 3": of(tanh_but(lambda x: x > 3)),
    "NaN at a zero state": AtZeroState,
    "wrong at a zero state": Twice,
}


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", CELLS)
def test_what_is_wrong_somewhere_is_caught(name, seed):
    """A gradient that is NaN or wrong at a zero state, at saturated gates or far out is caught."""
    with at_once(), pytest.raises(AssertionError):
        check_cell(CELLS[name], laws=["everywhere"], examples=5, seed=seed)


@pytest.mark.parametrize("cell", [rnn.ElmanCell, rnn.LSTMCell, rnn.GRUCell, rnn.LayerNormLSTMCell])
def test_no_false_alarms(cell):
    """Cells of the package are right everywhere, under other seeds too."""
    for seed in range(11, 12 + settings().max_examples // 100):
        check_cell(cell, laws=["everywhere"], seed=seed)
    check_cell(of(tanh_but(lambda x: x < 0)), laws=["everywhere"], examples=5)
