"""The ledger by gate: ``ledger["W_hh[f]"]``, of cells, stacks and wrapped cells."""

import numpy as np
import pytest

from rnn import LSTM, Cell, ElmanCell, GRUCell, LSTMCell, ZoneoutCell, unroll
from rnn.bptt import ledger, two_time

XS = np.random.default_rng(0).normal(size=(5, 2, 3))


def terms_of(cell, **options):
    outputs, _ = unroll(cell, XS, **options)
    return ledger((outputs**2).sum(), cell)


@pytest.mark.parametrize("make", [LSTMCell, GRUCell])
def test_gates_are_columns_of_the_weight(make):
    """Side by side the terms, rests, totals and norms of the gates are those of the weight."""
    cell = make(3, 4, dtype=float, rng=0)
    terms = terms_of(cell)
    for name in terms:
        gates = [f"{name}[{gate}]" for gate in terms.gates[name]]
        assert len(gates) == len(cell.gates)
        for read in (terms.__getitem__, terms.outside, terms.total):
            side_by_side = np.concatenate([read(gate) for gate in gates], axis=-1)
            np.testing.assert_array_equal(side_by_side, read(name))
        squares = sum(terms.norms(gate) ** 2 for gate in gates)
        np.testing.assert_allclose(squares, terms.norms(name) ** 2, rtol=1e-12)


def test_gates_of_layers_and_of_wrapped_cells():
    """Names have the path of the cell, as weights have."""
    layer = LSTM(3, 4, num_layers=2, bidirectional=True, dtype=float, rng=0)
    outputs, _ = layer(XS, lengths=[5, 2])
    terms = ledger((outputs**2).sum(), layer)
    columns = layer.cells[1][1].gate("g").columns
    np.testing.assert_array_equal(
        terms["layers.1.reverse.W_xh[g]"], terms["layers.1.reverse.W_xh"][..., columns]
    )
    wrapped = ZoneoutCell(LSTMCell(3, 4, dtype=float, rng=0), 0.1, rng=0)
    assert terms_of(wrapped)["cell.b_h[o]"].shape == (5, 4)


def test_gates_are_no_members():
    """A sum over weights counts each once: gates are no members of the ledger."""
    terms = terms_of(LSTMCell(3, 4, dtype=float, rng=0))
    assert list(terms) == ["W_xh", "W_hh", "b_h"]
    assert len(terms) == 3


def test_gates_that_are_not_known():
    """An unknown gate or weight, a cell with one gate, weights without their cell."""
    terms = terms_of(LSTMCell(3, 4, dtype=float, rng=0))
    with pytest.raises(KeyError, match=r"its gates are W_hh\[i\], W_hh\[f\], W_hh\[g\], W_hh\[o\]"):
        terms["W_hh[z]"]
    with pytest.raises(KeyError, match="its weights are W_xh, W_hh, b_h"):
        terms["W[f]"]
    elman = ElmanCell(3, 4, dtype=float, rng=0)
    outputs, _ = unroll(elman, XS)
    for params in (elman, elman.W_hh):
        with pytest.raises(KeyError, match="no gates are known of W_hh"):
            ledger(outputs.sum(), params)["W_hh[h]"]


def test_gates_in_the_picture(tmp_path):
    """They are plotted by name, and many weights are told apart by dashes too."""
    pytest.importorskip("matplotlib")
    layer = LSTM(3, 4, num_layers=3, dtype=float, rng=0)
    outputs, _ = layer(XS)
    terms = ledger((outputs**2).sum(), layer)
    names = [f"layers.{k}.W_hh[{gate}]" for k in range(3) for gate in "ifgo"]
    figure = terms.plot(tmp_path / "gates.png", names=names)
    lines = [line for line in figure.axes[0].lines if line.get_label() and "W_hh" in
             line.get_label()]
    looks = {(line.get_color(), line.get_linestyle()) for line in lines}
    assert len(lines) == len(looks) == 12


def test_arguments_in_the_wrong_place():
    """A loss that is no Tensor, several weights for one, no losses: each is named."""
    cell = LSTMCell(3, 4, dtype=float, rng=0)
    outputs, _ = unroll(cell, XS)
    with pytest.raises(TypeError, match=r"ledger\(loss\): received LSTMCell; wanted a Tensor"):
        ledger(cell, outputs.sum())
    for wrong in ([], outputs.sum(), cell.W_hh):
        with pytest.raises(TypeError, match="wanted a sequence of scalar Tensors"):
            two_time(wrong, cell.W_hh)


def test_a_cell_without_gates_has_none():
    """Weights of one's own making belong to no gate."""
    class Own(Cell):
        def __init__(self):
            super().__init__(3, 4, dtype=float)
            self.W = self.uniform(np.random.default_rng(0), 3, 4)

        def step(self, x, h):
            h = np.tanh(x @ self.W) + h
            return h, h

    assert terms_of(Own()).gates == {}
