"""Every cell, forward and backward, against hand-written BPTT and against finite differences."""

import numpy as np
import pytest

import minigrad as mg
from rnn import ElmanCell, GRUCell, LSTMCell, MGUCell, unroll
from rnn.bptt import ledger
from rnn.cells.state import unpack
from tests.support import handwritten_cells as handwritten
from tests.support.derivatives import check_directional_derivatives

T, B, K, H = 4, 3, 2, 3

CELLS = {
    **{
        f"elman-{phi}": (ElmanCell, {"nonlinearity": phi}, handwritten.elman)
        for phi in handwritten.ELMAN
    },
    "lstm": (LSTMCell, {}, handwritten.lstm),
    **{
        f"gru-{reset}-{update}": (GRUCell, {"reset": reset, "update": update}, handwritten.gru)
        for reset in ("after", "before")
        for update in ("keep", "new")
    },
}
cells = pytest.mark.parametrize("kind", CELLS)
bias_counts = pytest.mark.parametrize("biases", [0, 1, 2])


def make(kind, biases=1, seed=0, sizes=(K, H)):
    cls, options, _ = CELLS[kind]
    return cls(*sizes, biases=biases, dtype=float, rng=seed, **options)


def weights(cell):
    """The weights by gate, with zeros for the biases that the cell has not."""
    zero = np.zeros(cell.hidden_size)
    gates = {g: cell.gate(g) for g in cell.gates}
    first = {1: "b_h", 2: "b_xh"}.get(cell.biases)
    bx = {g: getattr(gate, first) if first else zero for g, gate in gates.items()}
    bh = {g: gate.b_hh if cell.biases == 2 else zero for g, gate in gates.items()}
    return (
        {g: np.asarray(gate.W_xh) for g, gate in gates.items()},
        {g: np.asarray(gate.W_hh) for g, gate in gates.items()},
        bx,
        bh,
    )


@cells
@bias_counts
def test_hand_written_backward_pass(kind, biases):
    """Outputs, last state and the gradients of all parameters, inputs and the initial state are
    those of a backward pass written by hand."""
    rng = np.random.default_rng(1)
    cell = make(kind, biases)
    xs = mg.tensor(rng.normal(size=(T, B, K)), requires_grad=True)
    state = tuple(
        mg.tensor(rng.normal(size=(B, H)), requires_grad=True) for _ in cell.state_sizes
    )
    outputs, last = unroll(cell, xs, state if len(state) > 1 else state[0])
    seeds = [rng.normal(size=outputs.shape), *(rng.normal(size=(B, H)) for _ in state)]
    loss = sum((v * s).sum() for v, s in zip((outputs, *unpack(last)), seeds, strict=True))
    loss.backward()

    _, options, by_hand = CELLS[kind]
    expected, last_expected, sums, d_xs, d_state = by_hand(
        *weights(cell), xs.numpy(), *(s.numpy() for s in state), *seeds, **options
    )
    close = {"rtol": 1e-10, "atol": 1e-10, "strict": True}
    np.testing.assert_allclose(outputs.numpy(), expected, **close)
    for value, want in zip(unpack(last), last_expected, strict=True):
        np.testing.assert_allclose(value.numpy(), want, **close)
    np.testing.assert_allclose(xs.grad.numpy(), d_xs, **close)
    for value, want in zip(state, d_state, strict=True):
        np.testing.assert_allclose(value.grad.numpy(), want, **close)
    by_name = {"W_xh": sums.W, "W_hh": sums.U, "b_h": sums.bx, "b_xh": sums.bx, "b_hh": sums.bh}
    named = dict(cell.named_parameters())
    assert set(named) == {"W_xh", "W_hh", *({0: (), 1: ("b_h",), 2: ("b_xh", "b_hh")}[biases])}
    for name, parameter in named.items():
        for g in cell.gates:
            gradient = parameter.grad.numpy()[..., cell.gate(g).columns]
            np.testing.assert_allclose(gradient, by_name[name][g], err_msg=f"{name} {g}", **close)


def test_comparison_sees_exchanged_gates():
    """The comparison above is sharp: with i and f exchanged nothing agrees."""
    rng = np.random.default_rng(1)
    cell = make("lstm")
    xs = rng.normal(size=(T, B, K))
    W, U, bx, bh = weights(cell)
    for by_gate in (W, U, bx, bh):
        by_gate["i"], by_gate["f"] = by_gate["f"], by_gate["i"]
    zero = np.zeros((B, H))
    expected = handwritten.lstm(
        W, U, bx, bh, xs, zero, zero, np.ones((T, B, H)), zero, zero
    )[0]
    outputs, _ = unroll(cell, xs)
    assert np.abs(outputs.numpy() - expected).max() > 1e-2


@cells
def test_directional_derivatives_of_orders_1_and_2(kind):
    """⟨∇L, u⟩ and ⟨∇²L v, u⟩ of a loss whose own cotangent varies agree with central differences
    in all parameters at once."""
    check_directional_derivatives(make(kind, biases=2, seed=3, sizes=(2, 2)))


@cells
def test_token_indices_are_one_hot_rows(kind):
    """Integer inputs give the outputs and gradients of the one-hot rows that they stand for, in a
    dtype of integers as in another."""
    tokens = np.array([[0, 4, 2], [4, 4, 1]])
    results = []
    for xs in (tokens, tokens.astype(np.uint8), np.eye(5)[tokens]):
        cell = make(kind, sizes=(5, H))
        outputs, _ = unroll(cell, xs)
        (outputs**2).sum().backward()
        results.append([outputs.numpy(), *(p.grad.numpy() for p in cell.parameters())])
    for other in results[:2]:
        for value, want in zip(other, results[2], strict=True):
            np.testing.assert_allclose(value, want, rtol=1e-12, atol=1e-14)


def test_products_with_blocks_of_a_weight():
    """Products with blocks of columns, also with blocks that overlap, give the weight the gradient
    of the products written out, summed or term by term."""
    rng = np.random.default_rng(0)
    blocks = [(0, 2), (1, 4), (0, 2), (4, 5)]
    xs = [rng.normal(size=(3, 2)) for _ in blocks]
    W = mg.Parameter(rng.normal(size=(2, 5)), name="W")
    expected = np.zeros(W.shape)
    for x, c in zip(xs, blocks, strict=True):
        expected[:, slice(*c)] += x.T @ (3 * (x @ W.numpy()[:, slice(*c)]) ** 2)
    loss = sum(((x @ W[:, slice(*c)]) ** 3).sum() for x, c in zip(xs, blocks, strict=True))
    np.testing.assert_allclose(ledger(loss, W).outside("W"), expected, rtol=1e-12)
    loss.backward()
    np.testing.assert_allclose(W.grad.numpy(), expected, rtol=1e-12)


def test_update_senses_are_one_model():
    """With the weights of z negated, update="new" is update="keep"."""
    keep, new = make("gru-after-keep", 2), make("gru-after-new", 2)
    new.load_state_dict(keep.state_dict())
    z = new.gate("z")
    for name in ("W_xh", "W_hh", "b_xh", "b_hh"):
        setattr(z, name, -getattr(z, name))
    xs = np.random.default_rng(0).normal(size=(T, B, K))
    np.testing.assert_allclose(
        unroll(keep, xs)[0].numpy(), unroll(new, xs)[0].numpy(), rtol=1e-12, atol=0
    )


def test_reset_conventions_differ():
    """The two places of the reset gate are different models, except where W_hn is diagonal and
    there is no b_hn."""
    xs = np.random.default_rng(0).normal(size=(T, B, K))
    after, before = make("gru-after-keep"), make("gru-before-keep")
    before.load_state_dict(after.state_dict())
    gap = np.abs(unroll(after, xs)[0].numpy() - unroll(before, xs)[0].numpy()).max()
    assert gap > 1e-3
    for cell in (after, before):
        cell.gate("n").W_hh = np.diag([0.5, -0.3, 0.2])
    np.testing.assert_allclose(
        unroll(after, xs)[0].numpy(), unroll(before, xs)[0].numpy(), rtol=1e-12
    )


@pytest.mark.parametrize("cell", [ElmanCell, LSTMCell, GRUCell, MGUCell])
@pytest.mark.parametrize("x", [[[1.0, 2.0]], [3], ((1, 0),)])
def test_inputs_in_lists(cell, x):
    """A step takes numbers in lists as it takes arrays of them; whole ones are tokens."""
    made = cell(4, 3, rng=0) if x != [[1.0, 2.0]] else cell(2, 3, rng=0)
    found, _ = made.step(x, made.initial_state(1))
    wanted, _ = made.step(np.array(x), made.initial_state(1))
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-6)
