"""Other activations and clipped sums: formulas, laws, and the other frameworks' meanings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.functional import leaky_relu
from rnn import (
    GRU,
    LSTM,
    RNN,
    Cell,
    CoupledLSTMCell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LayerNormLSTMCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    Recurrent,
    ZoneoutCell,
    bptt,
    draw_cell,
    unroll,
)
from rnn.cells.activations import ACTIVATIONS
from rnn.testing import check_cell
from rnn.testing.laws import CELL_LAWS
from rnn.testing.references import reference_of
from tests.support.running import B, H, K, sequence

GATED = [
    LSTMCell, LSTM1997Cell, CoupledLSTMCell, PeepholeLSTMCell, LayerNormLSTMCell, GRUCell, MGUCell,
]
Z = np.array([-1e4, -4.0, -3.0, -2.5, -1.0, -0.5, 0.0, 1e-9, 0.7, 2.5, 3.0, 4.0, 1e4])

# φ as the frameworks' documentations give them, and φ' where it exists.
FORMULAS = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "sigmoid": (lambda z: 0.5 + 0.5 * np.tanh(z / 2),
                lambda z: 0.25 * (1 - np.tanh(z / 2) ** 2)),
    "identity": (lambda z: z, np.ones_like),
    # PyTorch, Keras 3: relu6(z + 3) / 6
    "hard_sigmoid": (lambda z: np.minimum(np.maximum(z + 3, 0), 6) / 6,
                     lambda z: (np.abs(z) < 3) / 6),
    # Keras 1 and 2: 0 below -2.5, 1 above 2.5, between them 0.2 z + 0.5; ONNX's defaults
    "hard_sigmoid_02": (lambda z: np.where(z < -2.5, 0, np.where(z > 2.5, 1, 0.2 * z + 0.5)),
                        lambda z: 0.2 * (np.abs(z) < 2.5)),
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z: (1 + np.abs(z)) ** -2),
    "softplus": (lambda z: np.logaddexp(0, z), lambda z: 0.5 + 0.5 * np.tanh(z / 2)),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
            lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0)))),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_formulas(name):
    """φ and its slope are those of the formula, and the slope is nowhere larger than is said."""
    value, slope = FORMULAS[name]
    z = mg.tensor(Z, requires_grad=True)
    y = ACTIVATIONS[name].function(z)
    np.testing.assert_allclose(y.numpy(), value(Z), rtol=1e-12, atol=1e-15)
    (y.sum() * 1.0).backward()
    kink = {"hard_sigmoid": 3.0, "hard_sigmoid_02": 2.5, "relu": 0.0}.get(name, np.inf)
    smooth = np.abs(Z) != kink
    np.testing.assert_allclose(z.grad.numpy()[smooth], slope(Z)[smooth], rtol=1e-9, atol=1e-12)
    assert slope(np.linspace(-5, 5, 1001)).max() <= ACTIVATIONS[name].slope * (1 + 1e-12)
    for dtype in (np.float16, np.float32):
        assert ACTIVATIONS[name].function(mg.tensor(np.ones(2, dtype))).dtype == dtype


@given(
    make=st.sampled_from([*GATED, ProjectedLSTMCell]), phi=st.sampled_from(sorted(ACTIVATIONS)),
    sigma=st.sampled_from(sorted(ACTIVATIONS)), clip=st.sampled_from([None, 0.3, 2.0]),
    biases=st.sampled_from([0, 1]),
)
def test_steps_in_plain_numpy(make, phi, sigma, clip, biases):
    """Each gated cell with each pair of activations and clipping: the step of the reference."""
    sizes = (K, H, 2) if make is ProjectedLSTMCell else (K, H)
    cell = make(*sizes, biases=biases, activation=phi, recurrent_activation=sigma, clip=clip,
                dtype=float, rng=0)
    rng = np.random.default_rng(1)
    x = 3 * rng.normal(size=(B, K))
    state = [rng.normal(size=(B, n)) for n in cell.state_sizes.values()]
    whole = state[0] if len(state) == 1 else tuple(state)
    output, after = cell(x, whole)
    wanted, wanted_after = reference_of(cell)(cell, x, whole)
    np.testing.assert_allclose(output.numpy(), wanted, rtol=1e-10, atol=1e-12)
    after = after if isinstance(after, tuple) else (after,)
    wanted_after = wanted_after if isinstance(wanted_after, tuple) else (wanted_after,)
    for a, b in zip(after, wanted_after, strict=True):
        np.testing.assert_allclose(a.numpy(), b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("reset", ["before", "after"])
@pytest.mark.parametrize("update", ["keep", "new"])
def test_grus_in_plain_numpy(reset, update):
    """Every form of the GRU clips the sum inside of each function, the candidate's after r."""
    cell = GRUCell(K, H, reset=reset, update=update, clip=0.2, activation="softsign",
                   recurrent_activation="hard_sigmoid", dtype=float, rng=0)
    x, h = 5 * sequence()[0], np.ones((B, H))
    np.testing.assert_allclose(cell(x, h)[0].numpy(), reference_of(cell)(cell, x, h)[0])


@pytest.mark.parametrize("make", [ElmanCell, *GATED], ids=lambda make: make.__name__)
@pytest.mark.parametrize("options", [
    {"clip": 0.5}, {"activation": "softsign", "recurrent_activation": "hard_sigmoid"},
    {"activation": np.sin, "recurrent_activation": "hard_sigmoid_02", "clip": 1.5},
], ids=["clip", "names", "function"])
def test_laws(make, options):
    """The laws of cells hold: gradients of both orders, RTRL, ledger, lengths, reversal."""
    def made(K, H, rng):
        chosen = dict(options)
        if make is ElmanCell:
            chosen["nonlinearity"] = chosen.pop("activation", "tanh")
            chosen.pop("recurrent_activation", None)
        return make(K, H, **chosen, dtype=float, rng=rng)

    # A clipped gate's block of weights may have no gradient in a small trial.
    laws = [law for law in CELL_LAWS if law != "parameters_used"]
    check_cell(made, laws=laws, examples=3)


def test_usual_names_change_nothing():
    """tanh and sigmoid by name are the default, to the last bit; so is a clip beyond all sums."""
    for make in GATED:
        usual, named, wide = (
            make(K, H, rng=0, **options) for options in
            ({}, {"activation": "tanh", "recurrent_activation": "sigmoid"}, {"clip": 1e6})
        )
        for other in (named, wide):
            np.testing.assert_array_equal(
                unroll(usual, sequence())[0].numpy(), unroll(other, sequence())[0].numpy()
            )
        assert "activation" not in usual.conventions()
        assert wide.conventions()["clip"] == 1e6
        assert "clip=1000000.0" in repr(wide)


def test_functions():
    """A function of one's own, a module with parameters among them, which are learned too."""

    class Slope(mg.Module):
        def __init__(self):
            self.slope = mg.Parameter(np.float32(0.3))

        def forward(self, z):
            return np.where(z > 0, z, self.slope * z)

    cell = LSTMCell(K, H, activation=Slope(), rng=0)
    assert "activation.slope" in dict(cell.named_parameters())
    unroll(cell, sequence())[0].sum().backward()
    assert cell.activation.slope.grad is not None
    fixed = LSTMCell(K, H, activation=lambda z: leaky_relu(z, 0.3), rng=0)
    np.testing.assert_allclose(unroll(cell, sequence())[0].numpy(),
                               unroll(fixed, sequence())[0].numpy(), rtol=1e-6)
    np.testing.assert_array_equal(
        unroll(ElmanCell(K, H, nonlinearity=np.tanh, rng=0), sequence())[0].numpy(),
        unroll(ElmanCell(K, H, rng=0), sequence())[0].numpy(),
    )


@pytest.mark.parametrize("wrong", [lambda z: z.numpy(), lambda z: z.sum(), lambda z: 0.0],
                         ids=["an array", "a sum", "a number"])
def test_functions_that_lose_the_graph(wrong):
    """A function that gives an array, a number or another shape is refused by name."""
    for cell in (
        ElmanCell(K, H, nonlinearity=wrong), LSTMCell(K, H, activation=wrong),
        GRUCell(K, H, recurrent_activation=wrong), PeepholeLSTMCell(K, H, activation=wrong),
    ):
        with pytest.raises(TypeError, match=r"the activation <lambda> made .*wanted a Tensor of"):
            cell(sequence()[0])


@pytest.mark.parametrize("options", [
    {}, {"num_layers": 2, "bidirectional": True, "batch_first": True}, {"zoneout": 0.2},
    {"recurrent_dropout": 0.2},
], ids=str)
def test_layers_hand_them_on(options):
    """RNN, LSTM and GRU take them, in each of their cells."""
    chosen = {"activation": "relu", "recurrent_activation": "hard_sigmoid", "clip": 2}
    for layer in (LSTM(K, H, **chosen, **options), GRU(K, H, **chosen, **options),
                  RNN(K, H, nonlinearity="elu", clip=2, **options)):
        for row in layer.cells:
            for cell in row:
                assert cell.conventions()["clip"] == 2
                assert {"relu", "elu"} & set(map(str, cell.conventions().values()))
        layer(sequence())[0].sum().backward()
    assert LSTM(K, H, proj_size=2, **chosen).cell.recurrent_activation == "hard_sigmoid"
    both = Recurrent(lambda n: ZoneoutCell(DropoutCell(GRUCell(n, H, clip=1), hidden=0.1), 0.1),
                     input_size=K, num_layers=2)
    both(sequence())[0].sum().backward()


def test_clipping_has_no_slope_outside():
    """The gradient through a sum that is clipped is 0, and the function's own inside."""
    cell = ElmanCell(1, 1, biases=0, clip=0.5, dtype=float)
    cell.W_xh.data = np.ones((1, 1))
    x = mg.tensor(np.array([[0.2], [0.9], [-3.0]]), requires_grad=True)
    y, _ = cell(x)
    np.testing.assert_allclose(y.numpy()[:, 0], np.tanh([0.2, 0.5, -0.5]))
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy()[:, 0], [1 - np.tanh(0.2) ** 2, 0, 0])


def test_what_is_asked_of_them():
    """Pictures, paths, bounds: what knows the cells knows them with other functions too."""
    cell = LSTMCell(K, H, activation="softsign", recurrent_activation="hard_sigmoid", clip=1.0,
                    dtype=float, rng=0)
    assert draw_cell(cell).dot.count("hardsigmoid") >= 3
    from rnn import steps
    from rnn.bptt import lstm_terms

    states = [state for _, state in steps(cell, sequence())]
    terms = lstm_terms(cell, states[2], states[1])
    np.testing.assert_allclose(sum(terms.values()), terms.total, atol=1e-12)
    assert bptt.bound(ElmanCell(K, H, nonlinearity="hard_sigmoid")).gamma_h == 1 / 6
    with pytest.raises(ValueError, match="wanted one of"):
        bptt.bound(ElmanCell(K, H, nonlinearity=np.tanh))


def test_a_cell_of_ones_own_clips():
    """``preactivation`` of any cell is clipped by the clip it was made with; ``sums`` is not."""

    class Own(Cell):
        gates = ("h",)

        def step(self, x, h):
            h = self.preactivation(x, h)
            return h, h

    cell = Own(K, H, clip=0.1, rng=0)
    y = cell(100 * sequence()[0])[0].numpy()
    assert np.abs(y).max() == np.float32(0.1)
