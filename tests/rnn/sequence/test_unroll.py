"""Unrolling: the laws of running a cell over a sequence, the labels it leaves, and its errors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.node import ancestors
from rnn import (
    Cell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    Recurrent,
    detach,
    each_step,
    steps,
    unroll,
)
from rnn.cells.state import unpack
from tests.support.running import B, H, K, T, gradients, sequence

ALL = [ElmanCell, LSTMCell, GRUCell]
every_cell = pytest.mark.parametrize("make", ALL)


def check_equal(first, second, **tolerance):
    for name, value in first.items():
        np.testing.assert_allclose(value, second[name], err_msg=name, **tolerance)


# -- laws


@every_cell
def test_unrolling_is_calling_the_cell_step_by_step(make):
    """Outputs and last state are bit for bit those of a loop over ``cell(x, state)``; ``steps``
    gives the same ones by one."""
    cell, xs = make(K, H), sequence()
    outputs, last = unroll(cell, xs)
    state, by_hand = None, []
    for x in xs:
        output, state = cell(x, state)
        by_hand.append(output.numpy())
    np.testing.assert_array_equal(outputs.numpy(), np.array(by_hand))
    pairs = list(steps(cell, xs))
    np.testing.assert_array_equal(outputs.numpy(), [o.numpy() for o, _ in pairs])
    for a, b, c in zip(unpack(last), unpack(state), unpack(pairs[-1][1]), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
        np.testing.assert_array_equal(a.numpy(), c.numpy())


@every_cell
@pytest.mark.parametrize("cut", [1, 3])
def test_running_in_pieces_is_running_the_whole(make, cut):
    """A sequence run in two pieces, the state handed on with its graph, has the outputs of the
    whole, and its gradients."""
    cell, xs = make(K, H, dtype=float, rng=1), sequence()
    weight = sequence(T, B, H, seed=1)
    whole, last = unroll(cell, xs)
    (whole * weight).sum().backward()
    expected = gradients(cell)
    first, middle = unroll(cell, xs[:cut])
    second, end = unroll(cell, xs[cut:], middle, start=cut + 1)
    pieces = np.concatenate([first, second])
    (pieces * weight).sum().backward()
    np.testing.assert_array_equal(pieces.numpy(), whole.numpy())
    for a, b in zip(unpack(last), unpack(end), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    check_equal(gradients(cell), expected, rtol=1e-12, atol=1e-14)


@every_cell
def test_untied_copies_sum_to_the_gradient(make):
    """One copy of the weights for each step: their gradients sum to that of the shared weights."""
    cell, xs = make(K, H, dtype=float, rng=1), sequence()
    (unroll(cell, xs)[0] ** 2).sum().backward()
    tied = gradients(cell)
    copies, state, loss = [], None, 0
    for x in xs:
        copies.append(make(K, H, dtype=float))
        copies[-1].load_state_dict(cell.state_dict())
        output, state = copies[-1](x, state)
        loss = loss + (output**2).sum()
    loss.backward()
    untied = [gradients(copy) for copy in copies]
    total = {name: sum(g[name] for g in untied) for name in tied}
    check_equal(total, tied, rtol=1e-12, atol=1e-14)


@every_cell
def test_rows_of_a_batch_are_independent(make):
    """A sequence gives the same outputs alone and in any place of a batch, and the gradient of
    one row's loss with respect to the inputs of the others is 0."""
    cell, xs = make(K, H, dtype=float, rng=0), sequence()
    outputs = unroll(cell, xs)[0].numpy()
    order = [2, 0, 1]
    np.testing.assert_allclose(unroll(cell, xs[:, order])[0].numpy(), outputs[:, order], 1e-13)
    np.testing.assert_allclose(unroll(cell, xs[:, 1:2])[0].numpy(), outputs[:, 1:2], 1e-13)
    x = mg.tensor(xs, requires_grad=True)
    unroll(cell, x)[0][:, 1].sum().backward()
    assert not x.grad.numpy()[:, [0, 2]].any()
    assert x.grad.numpy()[:, 1].any()


@every_cell
def test_inputs_as_a_list_of_tensors(make):
    """A list of T tensors (B, K) is the sequence that they form when stacked, gradients and all."""
    cell, xs = make(K, H, dtype=float), sequence()
    whole = mg.tensor(xs, requires_grad=True)
    rows = [mg.tensor(x, requires_grad=True) for x in xs]
    expected, _ = unroll(cell, whole)
    outputs, _ = unroll(cell, rows)
    np.testing.assert_array_equal(outputs.numpy(), expected.numpy())
    (outputs.sum() + 2 * expected.sum()).backward()
    for t, row in enumerate(rows):
        np.testing.assert_allclose(2 * row.grad.numpy(), whole.grad.numpy()[t], rtol=1e-12)


@every_cell
def test_no_grad_leaves_no_tape(make):
    """Under no_grad the values are the same and nothing is recorded."""
    cell, xs = make(K, H), sequence()
    with mg.no_grad():
        outputs, state = unroll(cell, xs)
    assert not outputs.requires_grad
    assert not any(part.requires_grad for part in unpack(state))
    np.testing.assert_array_equal(outputs.numpy(), unroll(cell, xs)[0].numpy())


def test_a_caller_who_reuses_the_input_buffer():
    """Writing to the inputs after the forward pass changes no gradient."""
    cell, xs = ElmanCell(K, H, dtype=float), sequence()
    unroll(cell, xs)[0].sum().backward()
    expected = gradients(cell)
    loss = unroll(cell, xs)[0].sum()
    xs[:] = 7
    loss.backward()
    check_equal(gradients(cell), expected, rtol=0)


@every_cell
def test_a_learned_initial_state(make):
    """A state that requires grad gets its gradient through all steps."""
    cell = make(K, H, dtype=float, rng=1)
    state = tuple(mg.Parameter(np.zeros((B, H))) for _ in cell.state_sizes)
    outputs, _ = unroll(cell, sequence(), state if len(state) > 1 else state[0])
    outputs[-1].sum().backward()
    assert all(part.grad.numpy().any() for part in state)


def test_long_sequences_do_not_recurse():
    """3,000 steps run forward and backward."""
    cell = ElmanCell(1, 1, dtype=float)
    outputs, _ = unroll(cell, np.ones((3000, 1, 1)))
    outputs.sum().backward()
    assert np.isfinite(cell.W_hh.grad.numpy()).all()


def test_exploding_recurrence_names_the_step():
    """Where a recurrence overflows, anomaly mode names the op and the time step."""
    cell = ElmanCell(1, 1, nonlinearity="identity", biases=0, dtype=float)
    cell.gate("h").W_hh = [[10.0]]
    with (
        np.errstate(over="ignore"),
        mg.detect_anomaly(),
        pytest.raises(mg.errors.AnomalyError, match=r"rnn\[t=3\d\d\]"),
    ):
        unroll(cell, np.ones((1000, 1, 1)))


# -- labels


@every_cell
def test_every_op_of_a_step_is_in_its_scope(make):
    """The scopes are named after the cell and count from 1; ops of all steps are there, equally
    many in each."""
    cell = make(K, H)
    outputs, _ = unroll(cell, sequence())
    scopes = [n.scope for n in ancestors([outputs._node]) if n.scope is not None]
    assert {s.name for s in scopes} == {cell.name}
    counts = [sum(s.t == t for s in scopes) for t in range(1, T + 1)]
    assert len(set(counts)) == 1
    assert counts[0] > 0


def test_names_and_first_steps_can_be_chosen():
    """``name`` and ``start`` set the label and the number of the first step."""
    outputs, _ = unroll(LSTMCell(K, H), sequence(), name="encoder", start=7)
    labels = {str(n.scope) for n in ancestors([outputs._node]) if n.scope is not None}
    assert labels == {f"encoder[t={t}]" for t in range(7, 7 + T)}
    layer = Recurrent(LSTMCell(K, H), name="decoder")
    outputs, _ = layer(sequence())
    assert "decoder[t=1]" in {str(n.scope) for n in ancestors([outputs._node])}


def test_what_enters_a_step_is_in_its_scope():
    """The scope of a step holds x_t, and at the first step the initial states, as they entered."""
    cell, xs = LSTMCell(K, H), sequence()
    outputs, _ = unroll(cell, xs)
    scopes = {n.scope.t: n.scope for n in ancestors([outputs._node]) if n.scope is not None}
    assert set(scopes[1].inputs) == {"x", "h_0", "c_0"}
    assert set(scopes[2].inputs) == {"x"}
    np.testing.assert_array_equal(scopes[3].inputs["x"].numpy(), xs[2].astype(np.float32))


def test_inputs_on_the_tape_do_not_enter_from_outside():
    """An x_t or a state that other ops made is no input from outside the graph."""
    cell = LSTMCell(K, H)
    xs = mg.tensor(sequence(), requires_grad=True) * 2
    _, state = unroll(cell, sequence())
    outputs, _ = unroll(cell, xs, state, name="second")
    scopes = [n.scope for n in ancestors([outputs._node]) if n.scope is not None]
    assert all(not s.inputs for s in scopes if s.name == "second")


@every_cell
def test_states_are_named(make):
    """The states of every step carry the names that the cell declares."""
    cell = make(K, H)
    for _, state in steps(cell, sequence()):
        assert [part.name for part in unpack(state)] == list(cell.state_sizes)


def test_a_name_that_the_user_gave_stays():
    """States that a cell named itself, and learned states, keep their names."""

    class Named(Cell):
        gates = ("h",)

        def step(self, x, h):
            h = np.tanh(self.preactivation(x, h))
            h.name = "mine"
            return h, h

    h_0 = mg.Parameter(np.zeros((B, H)), name="start")
    _, h = unroll(Named(K, H, dtype=float), sequence(), h_0)
    assert (h.name, h_0.name) == ("mine", "start")


def test_scopes_end_with_the_step():
    """Between two steps, and after an error in one, the scope is the user's own again."""
    cell, scope = ElmanCell(K, H), mg.scope("outer")
    with scope:
        for _ in steps(cell, sequence()):
            x = mg.tensor(1.0, requires_grad=True) * 2
            assert str(x._node.scope) == "outer"


def test_each_step_runs_under_a_scope():
    """each_step passes the rows of all its sequences and labels what it computes."""
    cell, ys = ElmanCell(K, H, dtype=float), sequence(T, B, H)
    outputs, _ = unroll(cell, sequence())
    losses = each_step(lambda h, y: ((h - y) ** 2).sum(), outputs, ys, name="loss")
    np.testing.assert_allclose(
        [loss.item() for loss in losses], ((outputs.numpy() - ys) ** 2).sum((1, 2)), rtol=1e-12
    )
    assert [str(loss._node.scope) for loss in losses] == [f"loss[t={t}]" for t in range(1, T + 1)]
    with pytest.raises(ValueError, match="have 5, 2 steps"):
        each_step(lambda h, y: h, outputs, ys[:2])


# -- detach


def test_detach_cuts_the_graph():
    """A detached state has the values of the state and no past; None stays None."""
    cell = LSTMCell(K, H)
    _, state = unroll(cell, sequence())
    h, c = detach(state)
    assert not h.requires_grad
    assert not c.requires_grad
    np.testing.assert_array_equal(c.numpy(), state[1].numpy())
    assert detach(None) is None
    assert detach([state, None])[1] is None
    with pytest.raises(TypeError, match="received float"):
        detach(1.0)


@every_cell
def test_a_state_carried_on_without_detach(make):
    """A second backward through the steps of an earlier window is an error that speaks of the
    recurrence and of detaching."""
    cell, xs = make(K, H), sequence()
    outputs, state = unroll(cell, xs)
    outputs.sum().backward()
    before = {name: p.grad.numpy() for name, p in cell.named_parameters()}
    outputs, _ = unroll(cell, xs, state)
    with pytest.raises(mg.errors.GraphFreedError, match=r"carried over from step t=5.*detach"):
        outputs.sum().backward()
    check_equal(gradients(cell), before, rtol=0)
    outputs, _ = unroll(cell, xs, detach(state))
    outputs.sum().backward()


# -- errors


@every_cell
def test_no_steps(make):
    """T = 0 is an error that says which axis is time."""
    with pytest.raises(ValueError, match=r"T = 0, shape \(0, 3, 2\).*time axis comes first"):
        unroll(make(K, H), np.ones((0, B, K)))


def test_no_sequences():
    """B = 0 gives outputs of batch 0."""
    assert unroll(LSTMCell(K, H), np.ones((T, 0, K)))[0].shape == (T, 0, H)


@every_cell
@pytest.mark.parametrize(
    "xs",
    [np.ones((T, K + 1)), np.ones((T, B, K + 1)), np.ones(T), np.ones((1, T, B, K)), 1.0, 1],
)
def test_sequences_that_do_not_fit(make, xs):
    """A wrong rank or size of the inputs names the shape and the wanted one."""
    with pytest.raises(ValueError, match=rf"{make.__name__}: the input has .*\(T, B, {K}\)"):
        unroll(make(K, H), xs)


def test_batches_that_differ_between_steps():
    """In a list of inputs every step has the same batch."""
    xs = [mg.tensor(np.ones((n, K))) for n in (3, 2, 3)]
    with pytest.raises(ValueError, match=r"batch sizes \[2, 3\]; wanted one and the same"):
        unroll(LSTMCell(K, H), xs)


@every_cell
def test_errors_come_before_the_first_step(make):
    """``steps`` checks its arguments when it is called, not when it is first asked for a step;
    states of another batch or without c are refused as by a call of the cell."""
    cell = make(K, H)
    with pytest.raises(ValueError, match="a state carried over"):
        steps(cell, sequence(), cell.initial_state(B + 1))
    wrong = np.zeros((B, H)) if make is LSTMCell else (np.zeros((B, H)),) * 2
    with pytest.raises(TypeError, match="the state is"):
        steps(cell, sequence(), wrong)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (lambda h: (h, (h, h)), "returned a tuple of 2 as its state, .* wanted one Tensor"),
        (lambda h: (h, h[:, :1]), r"state h has shape \(3, 1\), wanted \(3, 4\)"),
        (lambda h: (h, None), "step returned None as its state"),
        (lambda h: h, "wanted the pair"),
    ],
)
def test_a_step_that_returns_the_wrong_state(result, message):
    """A step whose state could not be its next one is named at the first step."""

    class Wrong(Cell):
        gates = ("h",)

        def step(self, x, h):
            return result(np.tanh(self.preactivation(x, h)))

    with pytest.raises((TypeError, ValueError), match=message):
        unroll(Wrong(K, H), sequence())


def test_recurrent_wants_a_cell():
    """A layer is made of a cell, not of a class or a number."""
    for wrong in (LSTMCell, 3, None):
        with pytest.raises(TypeError, match="wanted a Cell, such as LSTMCell"):
            Recurrent(wrong)
