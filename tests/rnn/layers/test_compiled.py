"""A layer with how="scan" is the layer that unrolls."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.engine.node import ancestors

T, B, K, H = 5, 3, 4, 6
LAYERS = {
    "lstm": lambda: rnn.LSTM(K, H, dtype=float, rng=1),
    "deep": lambda: rnn.GRU(K, H, 2, dropout=0.4, bidirectional=True, dtype=float, rng=1),
    "reverse": lambda: rnn.RNN(K, H, reverse=True, batch_first=True, dtype=float, rng=1),
    "pair": lambda: rnn.RNN(K, H, bidirectional=True, merge=None, dtype=float, rng=1),
    "sum": lambda: rnn.LSTM(K, H, bidirectional=True, merge="sum", dtype=float, rng=1),
    "zoneout": lambda: rnn.LSTM(K, H, zoneout={"h": 0.2, "c": 0.5}, dtype=float, rng=1),
    "dropped": lambda: rnn.LSTM(K, H, recurrent_dropout=0.3, dtype=float, rng=1),
    "learned": lambda: rnn.GRU(K, H, learn_initial_state=True, dtype=float, rng=1),
    "projected": lambda: rnn.LSTM(K, H, proj_size=2, dtype=float, rng=1),
}


def passed(make, how, xs, **options):
    layer = make()
    layer.how = how
    x = mg.tensor(xs.swapaxes(0, 1) if layer.batch_first else xs, requires_grad=True)
    outputs, state = layer(x, **options)
    results = [*(outputs if isinstance(outputs, tuple) else (outputs,))]
    results += list(state) if isinstance(state, tuple) else [state]
    weights = [np.random.default_rng(2).normal(size=y.shape) for y in results]
    sum(((y * w).sum() for y, w in zip(results, weights, strict=True)), mg.tensor(0.0)).backward()
    return [y.detach().numpy() for y in results] + [
        p.grad.numpy() for p in (x, *layer.parameters())
    ]


@pytest.mark.parametrize("options", [
    {}, {"lengths": [2, 5, 3]}, {"lengths": [0, 5, 1]},
    {"mask": np.array([[1, 0, 1, 1, 0]] * B).T.astype(bool), "zero_output_for_mask": True},
    {"mask": np.array([[1, 0, 1, 1, 0]] * B).T.astype(bool)},
], ids=["whole", "lengths", "empty", "mask", "repeated"])
@pytest.mark.parametrize("name", LAYERS)
def test_the_layer_that_unrolls(name, options):
    """Outputs, states, gradients, with the same draws, whatever the lengths and masks."""
    xs = np.random.default_rng(0).normal(size=(T, B, K))
    if "mask" in options and name == "reverse":
        options = {**options, "mask": options["mask"].T}
    unrolled = passed(LAYERS[name], "unroll", xs, **options)
    for a, b in zip(passed(LAYERS[name], "scan", xs, **options), unrolled, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def test_padding_may_hold_anything():
    """NaN behind the end of a sequence reaches neither outputs nor gradients."""
    xs = np.random.default_rng(0).normal(size=(T, B, K))
    xs[2:, 0] = np.nan
    found = passed(LAYERS["lstm"], "scan", xs, lengths=[2, 5, 5])
    assert all(np.isfinite(a).all() for a in found)


def test_it_is_one_op_a_direction():
    """What is on the tape is scans, and what stands between layers."""
    layer = rnn.LSTM(K, H, 2, how="scan", rng=0)
    outputs, _ = layer(np.zeros((T, B, K), np.float32))
    assert [n.op.name for n in ancestors([outputs._node]) if n.op].count("scan") == 2
    with pytest.raises(ValueError, match=r"how='fast'.*unroll"):
        rnn.LSTM(K, H, how="fast")
