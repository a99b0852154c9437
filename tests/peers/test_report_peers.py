"""A report as a DataFrame of pandas itself."""

import numpy as np
import pytest

from rnn import LSTM
from rnn.bptt import report

pd = pytest.importorskip("pandas")

pytestmark = pytest.mark.peers


def test_a_frame_of_a_report():
    """Filtered and pivoted it has the norms of every row; the parts of each weight and gate sum to
    1 with the line for what is outside, whose step is missing."""
    layer = LSTM(3, 2, bidirectional=True, dtype=float, rng=0)
    loss = (layer(np.ones((4, 1, 3)))[0] ** 2).mean() + (layer.cells[0][0].W_hh ** 2).sum()
    found = report(loss, layer)
    frame = found.to_frame()
    whole = frame[frame.gate.isna() & frame.step.notna()]
    table = whole.pivot(index="step", columns="weight", values="norm")
    for name in ("layers.0.W_hh", "layers.0.reverse.b_h"):
        np.testing.assert_array_equal(table[name], found[name].norms)
    sums = frame.fillna({"gate": ""}).groupby(["weight", "gate"]).part.sum()
    assert len(sums) == len(found)
    np.testing.assert_allclose(sums, 1, rtol=1e-12)
    outside = frame[frame.step.isna()]
    assert set(outside.weight) == {"layers.0.W_hh"}
    assert str(frame.step.dtype) == "Int64"
