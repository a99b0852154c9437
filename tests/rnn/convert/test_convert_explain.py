"""explain names the convention that given weights follow, or says that the data cannot tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn import (
    CoupledLSTMCell,
    ElmanCell,
    GRUCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    unroll,
)
from rnn.convert import (
    Weights,
    explain,
    from_gates,
    to_gates,
    to_keras,
    to_onnx,
    to_torch,
)
from rnn.convert.forward import forward, zero_state
from tests.support.stacks import canonical, cell_weights

K, H, T, B = 4, 3, 6, 2


def data(cell, seed=0, T=T, B=B):
    """Inputs and what the cell makes of them."""
    xs = np.random.default_rng(seed).normal(size=(T, B, cell.input_size))
    return xs, unroll(cell, xs)[0].numpy()


def onnx_arrays(cell):
    return to_onnx(cell)[0].arrays


def by_names(cell):
    return to_gates(cell, concat="hx", side="left")


FRAMEWORKS = [
    (ElmanCell, {"biases": 2}, to_torch, "PyTorch: from_torch(state_dict)"),
    (ElmanCell, {"nonlinearity": "relu"}, to_torch,
     "PyTorch: from_torch(state_dict, nonlinearity='relu')"),
    (LSTMCell, {"biases": 2}, to_torch, "PyTorch: from_torch(state_dict)"),
    (LSTMCell, {"biases": 0}, to_torch, "PyTorch: from_torch(state_dict)"),
    (GRUCell, {}, to_torch, "PyTorch: from_torch(state_dict)"),
    (ElmanCell, {}, to_keras, "Keras: from_keras(weights)"),
    (LSTMCell, {}, to_keras, "Keras: from_keras(weights)"),
    (GRUCell, {}, to_keras, "Keras: from_keras(weights)"),
    (GRUCell, {"biases": 0}, to_keras, "Keras: from_keras(weights, reset_after=True)"),
    (GRUCell, {"reset": "before"}, to_keras, "Keras: from_keras(weights)"),
    (ElmanCell, {"nonlinearity": "sigmoid"}, onnx_arrays,
     "ONNX: from_onnx(arrays, activations=['Sigmoid'])"),
    (LSTMCell, {"biases": 2}, onnx_arrays, "ONNX: from_onnx(arrays)"),
    (PeepholeLSTMCell, {}, onnx_arrays, "ONNX: from_onnx(arrays)"),
    (GRUCell, {"reset": "before"}, onnx_arrays, "ONNX: from_onnx(arrays)"),
    (GRUCell, {}, onnx_arrays, "ONNX: from_onnx(arrays, linear_before_reset=1)"),
    (LSTMCell, {}, by_names, "per-gate matrices: from_gates(weights, concat='hx')"),
    (LSTM1997Cell, {}, by_names, "per-gate matrices: from_gates(weights, concat='hx')"),
    (CoupledLSTMCell, {}, by_names,
     "per-gate matrices: from_gates(weights, concat='hx', forget='coupled')"),
    (GRUCell, {"reset": "before", "update": "new"}, by_names,
     "per-gate matrices: from_gates(weights, concat='hx', reset='before', update='new')"),
]


@pytest.mark.parametrize(("make", "options", "write", "name"), FRAMEWORKS)
def test_the_framework_is_named(make, options, write, name):
    """Weights in a framework's layout, with outputs: one reading fits, and it is the framework's;
    the cell made of it computes the outputs."""
    cell = make(K, H, dtype=float, rng=1, **options)
    xs, ys = data(cell)
    report = explain(write(cell), xs, ys)
    assert report.verdict == "one"
    assert name in report.best.frameworks
    assert report.best.error < 1e-12
    assert report.runner_up.error > report.tolerance
    np.testing.assert_allclose(unroll(report.weights.cell(), xs)[0].numpy(), ys, atol=1e-12)
    assert f"As in {name}" in str(report)
    assert str(report) == repr(report)


@given(
    st.integers(0, 2**32 - 1), st.sampled_from(["lstm", "gru", "mgu"]), st.permutations(range(4)),
    st.booleans(), st.booleans(), st.sampled_from(["apart", "xh", "hx"]), st.integers(0, 2),
    st.sampled_from(["keep", "new"]), st.sampled_from(["before", "after"]),
    st.sampled_from(["all", "last", "single", "state"]),
)
def test_any_layout_is_found(
    seed, kind, order, turned_x, turned_h, layout, biases, update, reset, shown
):
    """Gates in any order, any transposes, joined or apart, any biases, any kind of outputs."""
    rng = np.random.default_rng(seed)
    words = {"update": update, "reset": reset} if kind == "gru" else {}
    cell = cell_weights(rng, kind, K, H, biases, **words)
    gates = [cell.gates[n] for n in order if n < len(cell.gates)]
    cell = cell.ordered(gates)
    x, h = cell.W_xh, cell.W_hh
    if layout == "apart":
        named = {"first": x.T if turned_x else x, "second": h.T if turned_h else h}
    else:
        whole = np.concatenate([x, h] if layout == "xh" else [h, x])
        named = {"all": whole.T if turned_x else whole}
    named |= {f"bias {n}": bias for n, bias in enumerate(cell.biases)}
    single = shown == "single"
    xs = rng.normal(size=(T, 1 if single else B, K))
    state = [rng.normal(size=part.shape) for part in zero_state(cell, xs.shape[1])]
    if shown != "state":
        state = [0 * part for part in state]
    ys = forward(cell, xs, state)
    inputs, outputs = (xs[:, 0], ys[:, 0]) if single else (xs, ys[-1] if shown == "last" else ys)
    given = tuple(state) if shown == "state" else None
    report = explain(named, inputs, outputs, given)
    assert report.best.error <= 1e-12
    best = canonical(report.best.weights).only()
    expected = canonical(Weights(((cell,),))).only()
    if report.verdict == "one":
        assert best.conventions() == expected.with_biases(len(best.biases)).conventions()
        np.testing.assert_array_equal(best.W_xh, expected.W_xh)
        np.testing.assert_array_equal(best.W_hh, expected.W_hh)


@pytest.mark.parametrize(
    ("make", "model"),
    [
        (LSTM1997Cell, "LSTM without a forget gate"),
        (CoupledLSTMCell, "LSTM, f = 1 - i"),
        (MGUCell, "minimal gated unit"),
    ],
)
def test_models_that_few_have(make, model):
    """Three or two blocks of gates are told apart by what they compute."""
    cell = make(K, H, dtype=float, rng=0)
    arrays = cell.state_dict()
    report = explain(arrays, *data(cell))
    assert report.settled["model"] == model
    assert type(report.weights.cell()) is make


def test_which_bias_goes_with_h():
    """In a GRU that resets after the product the two biases are not alike: their order is found,
    and so is the place of a single one."""
    cell = GRUCell(K, H, dtype=float, rng=0)
    arrays = cell.state_dict()
    report = explain({key: arrays[key] for key in ("W_xh", "W_hh", "b_hh", "b_xh")}, *data(cell))
    assert report.settled["biases"] == "with x 'b_xh'; with h, inside r ⊙ (...), 'b_hh'"
    np.testing.assert_array_equal(report.weights.only().biases[0], arrays["b_xh"])
    cell.gate("n").b_xh = cell.gate("r").b_xh = cell.gate("z").b_xh = np.zeros(H)
    named = {key: arrays[key] for key in ("W_xh", "W_hh", "b_hh")}
    inside = explain(named, *data(cell))
    assert inside.settled["biases"] == "with x none; with h, inside r ⊙ (...), 'b_hh'"


def test_square_matrices():
    """With K = H the two matrices have one shape; the outputs tell which is which, and which way
    round."""
    cell = ElmanCell(3, 3, dtype=float, rng=0)
    one, two = cell.W_hh.numpy(), cell.W_xh.numpy()
    report = explain([one, two.T, cell.b_h.numpy()], *data(cell))
    assert report.verdict == "one"
    assert report.settled["recurrent weights"] == "'[0]' (3, 3): h W"
    assert report.settled["input weights"] == "'[1]' (3, 3): x Wᵀ"


def test_what_one_step_cannot_tell():
    """One step from zeros does not use W_hh: it says so and what is open; a second step tells."""
    cell = ElmanCell(K, H, dtype=float, rng=0)
    xs, ys = data(cell)
    report = explain(to_torch(cell), xs[:1], ys[:1])
    assert report.verdict == "several"
    assert list(report.open) == ["recurrent weights"]
    assert len(report.fits) == 2
    assert report.settled["input weights"].endswith("x Wᵀ")
    text = str(report)
    assert "cannot be told apart by these data" in text
    assert "h W; or 'weight_hh' (3, 3): h Wᵀ" in text
    with pytest.raises(ValueError, match=r"not settled\n(.|\n)*cannot be told apart"):
        _ = report.weights
    assert explain(to_torch(cell), xs[:2], ys[:2]).verdict == "one"


def test_a_reset_gate_that_the_data_do_not_show():
    """A GRU after one step from zeros: where r acts is open, its update is not."""
    cell = GRUCell(K, H, reset="before", update="new", dtype=float, rng=0)
    xs, ys = data(cell)
    report = explain(by_names(cell), xs[:1], ys[:1])
    assert list(report.open) == ["reset"]
    assert report.settled["update"].startswith("z renews")


def test_nothing_fits():
    """Outputs of other weights: no reading fits, and the report says how far off the best is."""
    cell, other = LSTMCell(K, H, dtype=float, rng=0), LSTMCell(K, H, dtype=float, rng=1)
    xs, ys = data(other)
    report = explain(to_torch(cell), xs, ys)
    assert report.verdict == "none"
    assert report.fits == ()
    assert report.settled == report.open == {}
    assert report.best.error > 1e-3
    assert report.runner_up.error >= report.best.error
    assert f"None fits: the best is off by {report.best.error:.2g}" in str(report)
    assert "hard sigmoid" in str(report)
    with pytest.raises(ValueError, match="None fits"):
        _ = report.weights


def test_other_reasons():
    """Time backwards, batch before time, names of gates that mean others, a constant 1 at f."""
    cell = LSTMCell(K, H, dtype=float, rng=0)
    weights = to_torch(cell)
    xs, ys = data(cell)
    backwards = explain(weights, xs[::-1], ys[::-1])
    assert backwards.settled["time"].startswith("runs backwards")
    assert explain(weights, xs[::-1], ys[-1]).settled["time"].startswith("runs backwards")
    batch_first = explain(weights, xs.swapaxes(0, 1), ys.swapaxes(0, 1))
    assert batch_first.settled["axes"].startswith("batch first")
    named = by_names(cell)
    named["W_i"], named["W_f"] = named["W_f"], named["W_i"]
    named["b_i"], named["b_f"] = named["b_f"], named["b_i"]
    assert explain(named, xs, ys).settled["gates"] in ("i is f, f is i", "f is i, i is f")
    lower = LSTMCell(K, H, dtype=float, rng=0)
    lower.gate("f").b_h = lower.gate("f").b_h - 1
    report = explain(to_keras(lower), xs, ys)
    assert report.settled["forget gate"].startswith("1 is added")
    assert report.best.frameworks == ()
    np.testing.assert_allclose(unroll(report.weights.cell(), xs)[0].numpy(), ys, atol=1e-12)


def test_tolerance():
    """float32 outputs and outputs printed with four decimals fit; float64 ones must be exact."""
    cell = GRUCell(K, H, rng=0)
    xs = np.random.default_rng(0).normal(size=(20, B, K)).astype(np.float32)
    ys = unroll(cell, xs)[0].numpy()
    assert explain(to_torch(cell), xs, ys).verdict == "one"
    double = GRUCell(K, H, dtype=float, rng=0)
    xs, ys = data(double)
    rounded = np.round(ys, 4)
    assert explain(to_torch(double), xs, rounded).verdict == "none"
    assert explain(to_torch(double), xs, rounded, tolerance=1e-4).verdict == "one"


def test_long_data():
    """What fits the first steps is tried on all of the data."""
    cell = LSTMCell(K, H, dtype=float, rng=0)
    xs, ys = data(cell, T=40, B=20)
    assert explain(to_keras(cell), xs, ys).verdict == "one"
    ys = ys.copy()
    ys[-1, -1, -1] += 0.1
    report = explain(to_keras(cell), xs, ys)
    assert report.verdict == "none"
    assert report.best.error == pytest.approx(0.1)


def test_from_gates_reads_what_explain_named():
    """The call that the report prints gives the same cell."""
    cell = GRUCell(K, H, reset="before", dtype=float, rng=0)
    weights = by_names(cell)
    report = explain(weights, *data(cell))
    assert report.best.frameworks == (
        "per-gate matrices: from_gates(weights, concat='hx', reset='before', update='keep')",
    )
    again = from_gates(weights, concat="hx", reset="before", update="keep").cell()
    np.testing.assert_array_equal(again.W_hh.numpy(), report.weights.cell().W_hh.numpy())


@pytest.mark.parametrize(
    ("weights", "inputs", "outputs", "state", "message"),
    [
        ([np.ones((5, 5))], np.ones((2, 1, 4)), np.ones((2, 1, 3)), None, "no recurrent layer has"),
        ([np.ones(3)], np.ones((2, 1, 4)), np.ones((2, 1, 3)), None, r"K = 4.* H = 3 no recurrent"),
        ([np.ones((4, 3))], np.ones((2, 1, 4)), np.ones((3, 1, 3)), None,
         r"inputs have shape \(2, 1, 4\) and outputs \(3, 1, 3\); wanted"),
        ([np.ones((4, 3))], np.ones(4), np.ones(3), None, r"inputs have shape \(4,\)"),
        ([np.ones((4, 3))], np.ones((0, 1, 4)), np.ones((0, 1, 3)), None, "inputs have shape"),
        ([np.ones((4, 3)), np.ones((3, 3))], np.ones((2, 1, 4)), np.ones((2, 1, 3)),
         np.ones((2, 3)), r"the state has shapes \[\(2, 3\)\]; wanted"),
        ([np.ones((4, 3)), np.ones((3, 3), np.float32)], np.ones((2, 1, 4)), np.ones((2, 1, 3)),
         None, "wanted one dtype"),
    ],
)
def test_what_cannot_be_read(weights, inputs, outputs, state, message):
    """Shapes that belong to no recurrent layer, or not to each other."""
    with pytest.raises(ValueError, match=message):
        explain(weights, inputs, outputs, state)


@pytest.mark.parametrize("weights", [None, [], {}, "weights.npz", 3])
def test_what_is_no_weights(weights):
    """Anything but arrays by name or in a list is a TypeError."""
    with pytest.raises(TypeError, match="explain: received"):
        explain(weights, np.ones((2, 1, 4)), np.ones((2, 1, 3)))
