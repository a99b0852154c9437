"""CONTRIBUTING.md: what it tells one to write works when it is written."""

import collections
import re
from typing import Any

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.engine.op import OPS
from minigrad.testing import check_op
from rnn.testing import check_cell
from tests.support.paths import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
OP, CELL, VIEW = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def written(code):
    """What the lines define."""
    names = {"np": np, "mg": mg, "rnn": rnn, "Any": Any, "collections": collections,
             "primitive": mg.primitive, "__name__": __name__}
    exec(code, names)
    return names


def leaky_step(cell, x, h):
    z = x @ cell.W_xh.numpy() + h @ cell.W_hh.numpy() + cell.b_h.numpy()
    h = 0.9 * h + 0.1 * np.tanh(z)
    return h, h


def test_the_op():
    """The record is all that an op needs; a slip in its rule is found."""
    own = OP.replace("tanh(x: Any)", "own_op(x: Any)").split(", numpy=")
    own = own[0] + ")" + own[1][own[1].index("\n"):]
    try:
        written(own)
        check_op("own_op", examples=10)
        del OPS["own_op"]
        written(own.replace("(1 + out)", "(2 + out)"))
        with pytest.raises(AssertionError, match="derivative is wrong"):
            check_op("own_op", examples=10)
    finally:
        OPS.pop("own_op", None)


def test_the_cell():
    """The class is all that a cell needs: the laws hold, and a reference can be given."""
    cell = written(CELL)["LeakyCell"]
    check_cell(cell, examples=3)
    check_cell(cell, reference=leaky_step, examples=3)


def test_the_view():
    """The function reads the tape by step."""
    outputs, _ = rnn.unroll(rnn.ElmanCell(2, 3), np.zeros((4, 1, 2)))
    found = written(VIEW)["ops_of_steps"]((outputs**2).sum())
    assert [found[t] for t in (1, 2, 3, 4)] == [found[1]] * 4
    assert found[1] > 1
