"""Converting there and back changes nothing, to the last bit, in every layout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn import (
    LSTM,
    CoupledLSTMCell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    Recurrent,
    convert,
)
from rnn.convert import (
    Weights,
    from_gates,
    from_keras,
    from_onnx,
    from_torch,
    load,
    to_gates,
    to_keras,
    to_onnx,
    to_torch,
    weights_of,
)
from tests.support.stacks import (
    assert_same_arrays,
    assert_same_weights,
    bits,
    canonical,
    cell_weights,
    stack,
    stacks,
)

NONLINEARITIES = ["tanh", "relu", "sigmoid", "identity"]
GRUS = {"reset": ["before", "after"], "update": ["keep", "new"]}
CELLS = {
    "elman": lambda rng, **kw: ElmanCell(4, 3, rng=rng, **kw),
    "lstm": lambda rng, **kw: LSTMCell(4, 3, rng=rng, **kw),
    "1997": lambda rng, **kw: LSTM1997Cell(4, 3, rng=rng, **kw),
    "coupled": lambda rng, **kw: CoupledLSTMCell(4, 3, rng=rng, **kw),
    "peepholes": lambda rng, **kw: PeepholeLSTMCell(4, 3, rng=rng, **kw),
    "projected": lambda rng, **kw: ProjectedLSTMCell(4, 3, 2, rng=rng, **kw),
    "after keep": lambda rng, **kw: GRUCell(4, 3, rng=rng, **kw),
    "after new": lambda rng, **kw: GRUCell(4, 3, update="new", rng=rng, **kw),
    "before keep": lambda rng, **kw: GRUCell(4, 3, reset="before", rng=rng, **kw),
    "before new": lambda rng, **kw: GRUCell(4, 3, reset="before", update="new", rng=rng, **kw),
    "mgu": lambda rng, **kw: MGUCell(4, 3, rng=rng, **kw),
}


def same_state(left, right):
    assert_same_arrays(left.state_dict(), right.state_dict())


# -- PyTorch


@given(stacks(biases=(0, 2), words={"rnn": {"nonlinearity": ["tanh", "relu"]}}))
def test_torch_and_back(weights):
    """Weights → state dict → Weights is the identity for any stack that PyTorch has."""
    there = to_torch(weights, prefix="encoder.")
    back = from_torch(
        {"other.weight": np.ones(3), **there}, weights.kind, prefix="encoder.",
        nonlinearity=weights.layers[0][0].nonlinearity,
    )
    assert_same_weights(back, weights)
    assert_same_arrays(to_torch(back, prefix="encoder."), there)


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 2), st.sampled_from([0, 2]))
def test_torch_projections_and_back(P, layers, directions, biases):
    """The same for an LSTM with proj_size: weight_hr, and weight_hh with P columns."""
    rng = np.random.default_rng(P)
    weights = stack(rng, "lstm", 3, 5, layers, directions, biases, P=P, special=True)
    there = to_torch(weights)
    assert there["weight_hh_l0"].shape == (20, P)
    assert there["weight_hr_l0"].shape == (P, 5)
    assert_same_weights(from_torch(there), weights)


# -- Keras


@given(stacks(biases=(0, 1), words={"rnn": {"nonlinearity": NONLINEARITIES}}))
def test_keras_and_back(weights):
    """Weights → Keras' arrays → Weights is the identity: by path, and as get_weights() lists."""
    if weights.kind == "gru":  # resets after the product, so it has two biases or none
        weights = weights.with_biases(2 * bool(weights.layers[0][0].biases))
    first = weights.layers[0][0]
    there = to_keras(weights)
    options = {"reset_after": True, "nonlinearity": first.nonlinearity}
    assert_same_weights(canonical(from_keras(there, weights.kind, **options)), weights)
    per_layer = len(there) // len(weights.layers)
    arrays = list(there.values())
    layers = [arrays[n : n + per_layer] for n in range(0, len(arrays), per_layer)]
    listed = from_keras(layers, **options)
    assert_same_weights(canonical(listed), weights)
    assert_same_arrays(to_keras(listed), there)


@given(stacks(kinds=("gru",), biases=(0, 1), words={"gru": {"reset": ["before"]}}))
def test_keras_gru_that_resets_before_and_back(weights):
    """reset_after=False has one bias vector, and its shape tells."""
    there = to_keras(weights)
    reset_after = None if weights.layers[0][0].biases else False
    back = from_keras({f"{k}:0": v for k, v in there.items()}, reset_after=reset_after)
    assert_same_weights(canonical(back), weights)


# -- ONNX


@given(
    stacks(
        biases=(0, 2),
        words={
            "rnn": {"nonlinearity": NONLINEARITIES},
            "gru": {"reset": ["before", "after"]},
            "lstm": {"peepholes": [(), ("i", "o", "f")]},
        },
    )
)
def test_onnx_and_back(weights):
    """Weights → operators → Weights is the identity, attributes included; dictionaries read too."""
    there = to_onnx(weights)
    back = from_onnx(there)
    assert_same_weights(canonical(back), weights)
    for mine, theirs in zip(to_onnx(back), there, strict=True):
        assert mine.op_type == theirs.op_type
        assert mine.attributes == theirs.attributes
        assert_same_arrays(mine.arrays, theirs.arrays)
    dictionaries = [operator.arrays for operator in there]
    del there[0].attributes["direction"]
    assert_same_weights(from_onnx(dictionaries, weights.kind, **there[0].attributes), back)


@given(st.integers(0, 2), st.booleans())
def test_onnx_coupled_gates_and_back(biases, peepholes):
    """input_forget=1 says that f = 1 - i; the block f is there for programs that do not know it."""
    rng = np.random.default_rng(biases)
    cell = cell_weights(
        rng, "lstm", 3, 4, biases, forget="coupled", peepholes="io" if peepholes else "",
    )
    (operator,) = to_onnx(cell)
    i, o, f, g = np.split(operator.arrays["W"][0], 4)
    np.testing.assert_array_equal(f, -i)
    assert len({*map(bits, (i, o, g))}) == 3
    back = canonical(from_onnx(operator))
    assert_same_weights(back, Weights(((cell.with_biases(2 if biases else 0),),)))


# -- the notes' matrices


@pytest.mark.parametrize("concat", ["hx", "xh"])
@pytest.mark.parametrize("side", ["left", "right"])
@given(
    stacks(
        kinds=("rnn", "lstm", "gru", "mgu"), layers=1, directions=1,
        words={"rnn": {"nonlinearity": NONLINEARITIES}, "gru": GRUS,
               "lstm": {"forget": ["gate", "none", "coupled"]}},
    )
)
def test_gates_and_back(concat, side, weights):
    """Weights → one matrix a gate → Weights is the identity, with one bias, two or none."""
    cell = weights.only()
    there = to_gates(weights, concat=concat, side=side)
    words = {
        name: getattr(cell, name) for name in ("reset", "update", "forget", "nonlinearity")
    }
    words["forget"] = "none" if cell.forget == "gate" else cell.forget
    back = from_gates(there, cell.kind, concat=concat, **words)
    assert_same_weights(back, weights)
    assert_same_arrays(to_gates(back, concat=concat, side=side), there)


# -- cells


@pytest.mark.parametrize("biases", [0, 1, 2])
@pytest.mark.parametrize("kind", CELLS)
def test_cells_to_weights_and_back(kind, biases):
    """Every kind of cell → Weights → cell is the same cell, conventions included."""
    cell = CELLS[kind](0, biases=biases)
    again = weights_of(cell).cell()
    assert type(again) is type(cell)
    assert again.conventions() == cell.conventions()
    same_state(again, cell)
    assert again.W_xh.numpy() is not cell.W_xh.numpy()


@pytest.mark.parametrize("biases", [0, 1, 2])
@pytest.mark.parametrize("kind", ["elman", "lstm", "projected", "after keep", "after new"])
def test_cells_through_torch(kind, biases):
    """A cell, written to PyTorch's layout and loaded into a cell like it, is the same to the bit:
    also with one bias, and with the other sense of z."""
    cell, other = CELLS[kind](0, biases=biases), CELLS[kind](1, biases=biases)
    load(other, from_torch(to_torch(cell)))
    same_state(other, cell)


@pytest.mark.parametrize("biases", [0, 1])
@pytest.mark.parametrize("kind", ["elman", "lstm", "after new", "before new", "before keep"])
def test_cells_through_keras(kind, biases):
    """The same for Keras' layout."""
    cell, other = CELLS[kind](0, biases=biases), CELLS[kind](1, biases=biases)
    after = getattr(cell, "reset", "after") == "after"
    load(other, from_keras(to_keras(cell), reset_after=after))
    same_state(other, cell)


@pytest.mark.parametrize("biases", [0, 1, 2])
@pytest.mark.parametrize("kind", [k for k in CELLS if k not in ("1997", "projected", "mgu")])
def test_cells_through_onnx(kind, biases):
    """The same for ONNX's operators."""
    cell, other = CELLS[kind](0, biases=biases), CELLS[kind](1, biases=biases)
    load(other, from_onnx(to_onnx(cell)))
    same_state(other, cell)


def test_layers_and_wrappers_are_taken_apart():
    """A Recurrent, a dropout wrapper, anything with .cells, and lists of cells are converted."""
    cells = [[LSTMCell(4, 3, rng=0), LSTMCell(4, 3, rng=1)], [LSTMCell(6, 3), LSTMCell(6, 3)]]

    expected = to_torch(cells)
    assert "weight_hh_l1_reverse" in expected
    assert_same_arrays(to_torch(Recurrent(cells)), expected)
    one = cells[0][0]
    assert_same_arrays(to_torch(Recurrent(one)), to_torch([one]))
    assert "weight_ih_l0" in to_torch(Recurrent(one))
    assert "weight_ih" in to_torch(one)
    assert_same_arrays(to_torch(DropoutCell(one, hidden=0.5)), to_torch(one))
    target = Recurrent(lambda K: LSTMCell(K, 3), input_size=4, num_layers=2, bidirectional=True)
    load(target, from_torch(expected))
    assert_same_arrays(to_torch(target), expected)
    assert_same_arrays(to_torch(from_torch(expected).layer()), expected)
    dropped = LSTM(4, 3, 2, bidirectional=True, dropout=0.5, recurrent_dropout=0.5)
    load(dropped, from_torch(expected))
    assert_same_arrays(to_torch(dropped), expected)
    summed = Recurrent(
        lambda K: LSTMCell(K, 3), input_size=4, num_layers=2, bidirectional=True, merge="sum"
    )
    again = weights_of(summed).layer(batch_first=True)
    assert (again.merge, again.batch_first) == ("sum", True)
    same_state(again, summed)


def test_results_share_no_memory():
    """Writing to what a converter returned changes neither the cell nor what was read."""
    for cell in (ElmanCell(1, 1), GRUCell(1, 1, biases=1), LSTMCell(1, 1, biases=2)):
        before = {k: v.copy() for k, v in cell.state_dict().items()}
        written = [to_torch(cell), to_keras(cell), to_onnx(cell)[0].arrays,
                   to_gates(cell, concat="hx"), to_gates(cell, concat="xh", side="left")]
        for arrays in written:
            for array in arrays.values():
                array += 1
        assert_same_arrays(cell.state_dict(), before)
        given = to_torch(cell)
        weights = from_torch(given)
        for array in given.values():
            array += 1
        assert_same_weights(weights, from_torch(to_torch(cell)))
    weights = weights_of(LSTMCell(1, 1, biases=2))
    before = {k: v.copy() for k, v in weights.only().arrays().items()}
    for arrays in (to_torch(weights), to_keras(weights), to_onnx(weights)[0].arrays,
                   to_gates(weights, concat="hx"), to_gates(weights, concat="xh", side="left")):
        for array in arrays.values():
            array += 1
    assert_same_arrays(weights.only().arrays(), before)


def test_public_names():
    """What the package offers is there."""
    assert {"from_torch", "to_torch", "from_keras", "to_keras", "from_onnx", "to_onnx",
            "from_gates", "to_gates", "load", "explain", "Weights"} <= set(convert.__all__)
