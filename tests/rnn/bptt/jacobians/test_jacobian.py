"""Jacobians between states, and their plots."""

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    Cell,
    steps,
    unroll,
)
from rnn.bptt import bound, jacobian, norms, spectrum, vanishing
from tests.support.cells import chosen, states_of
from tests.support.running import sequence

T, B, K, H = 6, 3, 2, 4
CELLS = chosen(
    "elman, relu, gru after, gru before, mgu, lstm, coupled, "
    "peephole, layer norm, projected", K, H,
)
every_cell = pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)


def flat(state):
    parts = state if isinstance(state, tuple) else (state,)
    return np.concatenate([p.numpy() for p in parts], axis=1)


def by_differences(cell, t, s, row, step=1e-6):
    """∂(whole state t)/∂(whole state s) of one sequence, by central differences."""
    xs, sizes = sequence(T, B, K), list(cell.state_sizes.values())
    with mg.no_grad():
        start = flat(states_of(cell, sequence(T, B, K))[s])

        def rest(values):
            parts = np.split(values, np.cumsum(sizes)[:-1], axis=1)
            state = tuple(map(mg.tensor, parts)) if len(parts) > 1 else mg.tensor(parts[0])
            return flat([st for _, st in steps(cell, xs[s + 1 : t + 1], state)][-1])[row]

        columns = []
        for j in range(start.shape[1]):
            up, down = start.copy(), start.copy()
            up[row, j] += step
            down[row, j] -= step
            columns.append((rest(up) - rest(down)) / (2 * step))
    return np.stack(columns, axis=1)


@every_cell
def test_jacobian_of_whole_states_by_differences(make):
    """∂s_t/∂s_s is what central differences of a run from s to t give, for every sequence."""
    cell = make()
    states = states_of(cell, sequence(T, B, K))
    found = jacobian(states[4], states[1])
    for row in range(B):
        np.testing.assert_allclose(found[row], by_differences(cell, 4, 1, row), 1e-6, 1e-9)


@every_cell
def test_chain_rule_of_whole_states(make):
    """∂s_5/∂s_1 = ∂s_5/∂s_4 · ... · ∂s_2/∂s_1: the state holds all that the past has to say."""
    states = states_of(make(), sequence(T, B, K))
    product = jacobian(states[5], states[1]).matrix
    chained = np.eye(product.shape[-1])
    for s in range(1, 5):
        chained = jacobian(states[s + 1], states[s]).matrix @ chained
    np.testing.assert_allclose(product, chained, rtol=1e-12, atol=1e-15)


@every_cell
def test_jacobian_at_and_after_its_own_step(make):
    """∂s_t/∂s_t is the identity, and no state depends on later ones."""
    states = states_of(make(), sequence(T, B, K))
    size = flat(states[0]).shape[1]
    np.testing.assert_array_equal(jacobian(states[3], states[3]).matrix, [np.eye(size)] * B)
    later = jacobian(states[1], states[3])
    assert later.shape == (B, size, size)
    assert later.norm == 0
    assert not later.matrix.any()


def test_one_part_of_a_state_takes_along_what_depends_on_it():
    """∂h_t/∂c_s of a single c_s counts the way through h_s; in the pair (h, c) h_s is held."""
    states = states_of(CELLS['lstm'](), sequence(T, B, K))
    (h_t, _), (h_s, c_s) = states[4], states[2]
    whole = jacobian(h_t, (h_s, c_s)).matrix
    by_h, by_c = whole[..., :H], whole[..., H:]
    np.testing.assert_allclose(jacobian(h_t, h_s).matrix, by_h, rtol=1e-12)
    along = by_c + by_h @ jacobian(h_s, c_s).matrix
    np.testing.assert_allclose(jacobian(h_t, c_s).matrix, along, rtol=1e-12)


@every_cell
def test_paths_through_what_is_held_are_cut(make):
    """With the whole state of a step between held nothing is left; with one part of it held, what
    goes through the others, as the Jacobian of whole states has it."""
    states = states_of(make(), sequence(T, B, K))
    assert not jacobian(states[5], states[1], hold=[states[3]]).matrix.any()
    upper, lower = jacobian(states[5], states[3]).matrix, jacobian(states[3], states[1]).matrix
    if isinstance(states[3], tuple):
        h, _ = states[3]
        free = slice(h.shape[1], None)
        np.testing.assert_allclose(
            jacobian(states[5], states[1], hold=[h]).matrix,
            upper[..., free] @ lower[:, free], rtol=1e-11, atol=1e-15,
        )


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("how", ["unroll", "scan"])
def test_what_is_held_may_be_the_stacked_outputs(how, full):
    """The outputs of an LSTM are its h: held, ∂c_t/∂c_0 is the product of the forget gates."""
    cell, xs = CELLS["lstm"](), sequence(T, B, K)
    start = [mg.tensor(v, requires_grad=True) for v in sequence(2, B, H, seed=1)]
    outputs, (_, c) = unroll(cell, xs, tuple(start), how=how)
    gate, before, product = cell.gate("f"), start[0].numpy(), 1
    for x, h in zip(xs, outputs.numpy(), strict=True):
        z = x @ gate.W_xh + before @ gate.W_hh + gate.b_h
        product, before = product / (1 + np.exp(-z)), h
    found = jacobian(c, start[1], hold=outputs, full=full).matrix
    if full:
        found = np.stack([found[b, :, b] for b in range(B)])
    np.testing.assert_allclose(found, product[:, None] * np.eye(H), rtol=1e-12, atol=1e-300)
    assert np.abs(jacobian(c, start[1]).matrix - found).max() > 1e-3
    with pytest.raises(ValueError, match=r"nothing would be cut.*a slice is a copy"):
        jacobian(c, start[1], hold=outputs[:-1])


def test_one_state_may_be_held_and_no_end_of_the_paths():
    """A single tensor is one state; later ones change nothing; h_t and h_s themselves are refused,
    and so is what cuts nothing."""
    (_, c_1), (h_2, c_2), (h_3, c_3) = states_of(CELLS["lstm"](), sequence(3, B, K))
    np.testing.assert_array_equal(
        jacobian(c_3, c_1, hold=h_2).matrix, jacobian(c_3, c_1, hold=[h_2]).matrix
    )
    np.testing.assert_array_equal(
        jacobian(c_3, c_1, hold=[h_2, h_3]).matrix, jacobian(c_3, c_1, hold=h_2).matrix
    )
    with pytest.raises(ValueError, match="nothing would be cut"):
        jacobian(c_3, c_1, hold=h_3)
    for end in (c_3, c_1):
        with pytest.raises(ValueError, match=r"jacobian\(hold\): received c_.*h_t or h_s itself"):
            jacobian(c_3, c_1, hold=[c_2, end])
    with pytest.raises(TypeError, match=r"jacobian\(hold\[1\]\): received ndarray"):
        jacobian(c_3, c_1, hold=[h_2, np.zeros((B, H))])


def test_full_jacobian_is_block_diagonal():
    """With ``full`` the derivatives by other sequences are there, and are 0."""
    states = states_of(CELLS['gru after'](), sequence(T, B, K))
    full, rows = jacobian(states[4], states[2], full=True), jacobian(states[4], states[2])
    assert full.shape == (B, H, B, H)
    for a in range(B):
        for b in range(B):
            np.testing.assert_array_equal(full[a, :, b], rows[a] if a == b else np.zeros((H, H)))
    assert full.norm == pytest.approx(rows.norm, rel=1e-13)
    assert full.singular_values.shape == (B * H,)


def test_jacobian_out_of_stacked_outputs():
    """outputs[s] of ``unroll``, and what one iterates over, stand for the states themselves."""
    cell = CELLS["elman"]()
    outputs, _ = unroll(cell, sequence(T, B, K))
    states = states_of(cell, sequence(T, B, K))
    wanted = jacobian(states[4], states[1]).matrix
    parts = outputs.unbind()
    for h_t, h_s in (
        (outputs[4], outputs[1]), (outputs[-2], outputs[-5]), (parts[4], parts[1]),
        (outputs[4], parts[1]), (outputs[(4,)], list(outputs)[1]), (outputs[np.int64(4)], parts[1]),
    ):
        np.testing.assert_allclose(jacobian(h_t, h_s).matrix, wanted, rtol=1e-13)


def test_other_selections_are_taken_as_they_are():
    """A slice of the outputs is a tensor of its own, on which the states do not depend."""
    outputs, h = unroll(CELLS["elman"](), sequence(T, B, K))
    assert not jacobian(h, outputs[1:2].reshape(B, H)).matrix.any()
    assert jacobian(outputs[4][:, :2], outputs[1]).shape == (B, 2, H)


def test_jacobian_of_states_without_a_batch():
    """Of vectors and numbers the matrix has two axes."""
    w = mg.tensor(0.9, requires_grad=True)
    h = [mg.tensor(0.3, requires_grad=True)]
    for _ in range(3):
        h.append(np.tanh(w * h[-1]))
    found = jacobian(h[3], h[1])
    assert found.shape == (1, 1)
    want = 0.9**2 * (1 - h[2].item() ** 2) * (1 - h[3].item() ** 2)
    assert found.norm == pytest.approx(want, rel=1e-14)
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x[:2] * x[1:]
    np.testing.assert_array_equal(jacobian(y, x).matrix, [[2, 1, 0], [0, 3, 2]])
    assert jacobian(y, x).singular_values.shape == (2,)
    with pytest.raises(ValueError, match="2 × 3; only a square one"):
        _ = jacobian(y, x).eigenvalues


def test_what_is_read_off_a_jacobian():
    """Singular values, norms and eigenvalues are those of the matrices."""
    states = states_of(CELLS['elman'](), sequence(T, B, K))
    found = jacobian(states[3], states[2])
    for row in range(B):
        values = np.linalg.svd(found[row], compute_uv=False)
        np.testing.assert_allclose(found.singular_values[row], values, rtol=1e-12)
        assert found.norms[row] == values[0]
        np.testing.assert_allclose(
            np.abs(found.eigenvalues[row]),
            np.sort(np.abs(np.linalg.eigvals(found[row])))[::-1], rtol=1e-12,
        )
    assert found.norm == found.norms.max()
    assert len(found) == B
    np.testing.assert_array_equal(np.asarray(found), found.matrix)
    assert repr(found).startswith("Jacobian ∂h_4/∂h_3: shape (3, 4, 4), singular values from")


def test_rows_that_depend_on_each_other_are_found():
    """A cell that mixes the sequences of a batch has no Jacobian of each: it raises, and the full
    one is right."""

    class Mixing(Cell):
        gates = ("h",)

        def step(self, x, state):
            h = np.tanh(self.preactivation(x, state))
            h = h - h.mean(axis=0)
            return h, h

    cell = Mixing(K, H, dtype=float, rng=0)
    states = states_of(cell, sequence(T, B, K))
    with pytest.raises(ValueError, match=r"rows of the batch depend on each other.*full=True"):
        jacobian(states[3], states[1])
    full = jacobian(states[3], states[1], full=True).matrix
    assert np.abs(full[0, :, 1]).max() > 1e-3
    flat_full = full.reshape(B * H, B * H)
    chained = np.eye(B * H)
    for s in (1, 2):
        one = jacobian(states[s + 1], states[s], full=True).matrix.reshape(B * H, B * H)
        chained = one @ chained
    np.testing.assert_allclose(flat_full, chained, rtol=1e-11, atol=1e-14)


def test_jacobian_leaves_the_graph_alone():
    """Nothing is freed and no gradient written, so that backward still works after it."""
    cell = CELLS["lstm"]()
    states = states_of(cell, sequence(T, B, K))
    jacobian(states[4], states[2])
    assert all(p.grad is None for p in cell.parameters())
    states[-1][0].sum().backward()
    with pytest.raises(mg.errors.GraphFreedError):
        jacobian(states[5], states[4])


def test_broken_values_stay_visible():
    """NaN in a sequence makes its singular values NaN, and leaves the others."""
    xs = sequence(T, B, K)
    xs[2, 1] = np.nan
    states = states_of(CELLS['elman'](), xs)
    found = jacobian(states[4], states[0])
    assert np.isnan(found.singular_values[1]).all()
    assert np.isfinite(found.singular_values[[0, 2]]).all()


def test_errors_of_jacobian():
    """What is no tensor, or not on the graph, is named with the way out."""
    cell = CELLS["elman"]()
    states = states_of(cell, sequence(T, B, K))
    with pytest.raises(mg.errors.GradientError, match=r"jacobian\(h_s\).*requires_grad=True"):
        jacobian(states[1], mg.tensor(np.zeros((B, H))))
    with pytest.raises(TypeError, match=r"jacobian\(h_t\): received ndarray"):
        jacobian(states[1].numpy(), states[0])
    with pytest.raises(ValueError, match="received no tensors"):
        jacobian((), states[0])
    first = mg.tensor(np.zeros((B, H)), requires_grad=True)
    run = [h for _, h in steps(cell, sequence(T, B, K), first)]
    assert jacobian(run[1], first).norm > 0


def test_plots_are_written(tmp_path):
    """Every result draws itself, with few states and many, to a file of the kind of its name."""
    cell = CELLS["lstm"]()
    states = [h for h, _ in states_of(cell, sequence(T, B, K))]
    elman = CELLS["elman"]()
    outputs, h = unroll(elman, sequence(T, B, K))
    drawn = {
        "jacobian": jacobian(states[4], states[2]),
        "full": jacobian(states[4], states[2], full=True),
        "none": jacobian(states[2], states[4]),
        "norms": norms(states[-1].sum(), states),
        "spectra": norms(h, outputs),
        "bound": bound(elman),
        "spectrum": spectrum(cell),
        "vanishing": vanishing(T=12, hidden_size=4),
    }
    for name, result in drawn.items():
        figure = result.plot(tmp_path / "new" / f"{name}.png")
        assert figure.axes
        assert (tmp_path / "new" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    norms(h, outputs).plot(tmp_path / "both.svg", bound=bound(elman))
    assert "<svg" in (tmp_path / "both.svg").read_text("utf-8")


def test_a_part_that_is_made_of_another_part():
    """Of a state (h, c) with h = 2 c in one op, each part is varied alone, the other held: what
    h hands on does not count for c."""
    w = mg.tensor(0.5, requires_grad=True)
    c0 = w * np.array([[0.3, -0.2]])
    states = [(c0 * 2.0, c0)]
    for _ in range(2):
        h, c = states[-1]
        c = np.tanh(0.7 * h + 0.4 * c)
        states.append((c * 2.0, c))
    (h1, c1), (_, c2) = states[1:]
    slope = np.diag(1 - np.tanh(0.7 * h1.numpy() + 0.4 * c1.numpy())[0] ** 2)
    found = np.asarray(jacobian(states[2], states[1]))[0]
    one = np.hstack([0.7 * slope, 0.4 * slope])
    np.testing.assert_allclose(found, np.vstack([2 * one, one]), rtol=1e-12)
    np.testing.assert_allclose(jacobian(c2, c1)[0], (0.4 + 2 * 0.7) * slope, rtol=1e-12)
