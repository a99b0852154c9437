"""The ops that cells are made of obey the laws of ops like all others."""

import pytest

import rnn
from minigrad.op import OPS
from minigrad.testing import check_op
from minigrad.testing.checking import check_record

NAMES = [name for name, op in OPS.items() if op.forward.__module__.startswith(rnn.__name__)]


@pytest.mark.parametrize("name", NAMES)
def test_every_law(name):
    """Value, derivatives of order 1 and 2, dtypes, layouts, sums over many uses."""
    check_op(name)
    check_record(OPS[name])


def test_all_are_there():
    """The sum of a gate, that of one gate alone, and what a gate ends with."""
    assert {"affine", "block_product", "activate"} <= set(NAMES)
