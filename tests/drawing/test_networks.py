"""The step view of whole networks: the cells of rnn, layers, directions, encoders, attention."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.drawing.render.text import number
from tests.support.pictures import assert_clear, head, nodes, pairs, parameter, scene


@pytest.mark.parametrize("cell", [rnn.ElmanCell, rnn.LSTMCell, rnn.GRUCell])
def test_cells_of_rnn(cell):
    """What rnn.unroll leaves is enough: inputs, initial states, state names and weights."""
    model = cell(3, 4, dtype=float, rng=0)
    outputs, _ = rnn.unroll(model, np.ones((4, 2, 3)))
    loss = (outputs * outputs).sum()
    drawing, name = mg.draw(loss, ledger=rnn.bptt.ledger(loss, model)), model.name
    boxes, found = nodes(drawing.dot), pairs(drawing)
    assert sum(b.startswith(f"{name}[") for b in boxes) == 4
    for t in (1, 2, 3, 4):
        assert (f"x[t={t}]", f"{name}[t={t}]") in found
    for state in model.states:
        assert f"{state}[t=0]" in boxes
    for weight, _ in model.named_parameters():
        assert len([b for a, b in found if a == weight and b.startswith(name)]) == 4
    assert_clear(scene(loss, True))


def test_token_indices():
    """Integer inputs are inputs too; the embedding is a use of W_xh at each step."""
    cell = rnn.GRUCell(5, 4, dtype=float, rng=0)
    outputs, _ = rnn.unroll(cell, np.array([[0, 1], [4, 2], [2, 2]]))
    found = pairs(mg.draw((outputs * outputs).sum()))
    for t in (1, 2, 3):
        assert {(f"x[t={t}]", f"gru[t={t}]"), ("W_xh", f"gru[t={t}]")} <= set(found)


def test_stacked_layers_share_columns():
    """A layer on the stacked outputs of another is drawn on top of it, step by step."""
    below, above = (rnn.LSTMCell(n, 4, dtype=float, rng=0) for n in (3, 4))
    outputs, _ = rnn.unroll(below, np.ones((3, 2, 3)), name="below")
    outputs, _ = rnn.unroll(above, outputs, name="above")
    loss = (outputs * outputs).sum()
    drawing = mg.draw(loss)
    assert "3 steps: 6 boxes" in repr(drawing)
    for t in (1, 2, 3):
        assert (f"below[t={t}]", f"above[t={t}]") in pairs(drawing)
    assert_clear(scene(loss, True))


def test_both_directions():
    """A cell that runs backward in time shares the columns; its initial state is at the right."""
    W, V, W_hy = parameter("W", 3, 3), parameter("V", 3, 3), parameter("W_hy", 3, 2)
    f = b = mg.tensor(np.zeros((2, 3)))
    forward, backward = {}, {}
    for t in (1, 2, 3):
        with mg.scope("forward", t=t, x=np.ones(3), h=f):
            f = forward[t] = np.tanh(np.ones(3) + f @ W)
    for t in (3, 2, 1):
        with mg.scope("backward", t=t, x=np.ones(3), h=b):
            b = backward[t] = np.tanh(np.ones(3) + b @ V)
    loss = sum(head(forward[t] + backward[t], t, W_hy) for t in (1, 2, 3))
    drawing = mg.draw(loss)
    found = pairs(drawing)
    assert "3 steps: 12 boxes" in repr(drawing)
    assert {("forward[t=1]", "forward[t=2]"), ("backward[t=2]", "backward[t=1]")} <= set(found)
    assert ("h[t=4]", "backward[t=3]") in found
    picture = {s.id: s for s in scene(loss, True).marks}
    assert picture["h[t=4]"].left > picture["backward[t=3]"].right
    assert picture["forward[t=2]"].x == picture["backward[t=2]"].x
    assert_clear(scene(loss, True))


def test_encoder_and_decoder_follow_one_another():
    """A decoder that starts from the encoder's last state stands to the right of the encoder."""
    encoder, decoder = (rnn.GRUCell(3, 4, dtype=float, rng=k) for k in (0, 1))
    _, state = rnn.unroll(encoder, np.ones((3, 2, 3)), name="encoder")
    outputs, _ = rnn.unroll(decoder, np.ones((2, 2, 3)), state, name="decoder")
    loss = (outputs * outputs).sum()
    drawing = mg.draw(loss)
    assert "5 steps" in repr(drawing)
    assert ("encoder[t=3]", "decoder[t=1]") in pairs(drawing)
    assert_clear(scene(loss, True))


def test_feedback_and_attention():
    """An output that is the next input, and a sum over all encoder states, are wires too."""
    encoder, cell = rnn.ElmanCell(3, 4, dtype=float, rng=0), rnn.ElmanCell(6, 4, dtype=float, rng=1)
    states, _ = rnn.unroll(encoder, np.ones((3, 2, 3)), name="encoder")
    W_hy, h, y = parameter("W_hy", 4, 2), mg.tensor(np.zeros((2, 4))), mg.tensor(np.zeros((2, 2)))
    losses = []
    for t in (1, 2, 3):
        with mg.scope("decoder", t=t, h=h):
            context = (states * h).sum(axis=0)
            _, h = cell.step(np.concatenate([context, y], axis=1), h)
        with mg.scope("output", t=t):
            y = h @ W_hy
        with mg.scope("loss", t=t):
            losses.append((y * y).sum())
    loss = sum(losses)
    drawing = mg.draw(loss)
    found = pairs(drawing)
    assert {("output[t=1]", "decoder[t=2]"), ("output[t=2]", "decoder[t=3]")} <= set(found)
    assert {("stack", f"decoder[t={t}]") for t in (1, 2, 3)} <= set(found)
    assert_clear(scene(loss, True))


def test_a_weight_that_only_the_end_reads():
    """A readout of the stacked outputs is a block at the right, with its weights beside it."""
    cell = rnn.ElmanCell(3, 4, dtype=float, rng=0)
    W, b = parameter("W_hy", 4, 2), parameter("b_y", 2)
    outputs, _ = rnn.unroll(cell, np.ones((3, 2, 3)))
    with mg.scope("readout"):
        loss = ((outputs @ W + b) ** 2).mean()
    picture = scene(loss, True)
    at = {shape.id: shape for shape in picture.marks}
    assert min(at["readout"].left, at["W_hy"].left) > at["rnn[t=3]"].right
    found = pairs(mg.draw(loss))
    assert {("W_hy", "readout"), ("b_y", "readout"), ("rnn[t=1]", "readout")} <= set(found)
    assert_clear(picture)


def test_what_is_computed_before_all_steps():
    """A weight made from others once and used at each step is a bus that comes from them."""
    V, scale, h = parameter("V", 3, 3), parameter("scale", 3), mg.tensor(np.zeros((2, 3)))
    with mg.scope("normalised"):
        W = V * scale
    for t in (1, 2, 3):
        with mg.scope("rnn", t=t, h=h):
            h = np.tanh(1 + h @ W)
    loss = (h * h).sum()
    found = pairs(mg.draw(loss, ledger=True))
    assert {("V", "normalised"), ("scale", "normalised")} <= set(found)
    assert {("normalised", f"rnn[t={t}]") for t in (1, 2, 3)} <= set(found)
    assert_clear(scene(loss, True))


def test_learned_initial_state():
    """A parameter that is only the state before step 1 is drawn as that, at the left."""
    cell = rnn.ElmanCell(3, 4, dtype=float, rng=0)
    h_0 = parameter("h_0", 2, 4)
    outputs, _ = rnn.unroll(cell, np.ones((3, 2, 3)), h_0)
    boxes = nodes(mg.draw(outputs).dot)
    assert "h[t=0]" in boxes
    assert "h_0" not in boxes


def test_a_picture_stays_the_same_after_backward():
    """What a backward pass frees are numbers; layers on top of one another stay linked."""

    def layer(xs, W, name):
        h, hs = mg.tensor(np.zeros((2, 3))), []
        for t, x in enumerate(xs, 1):
            with mg.scope(name, t=t, h=h):
                h = np.tanh(x + h @ W)
            hs.append(h)
        return np.stack(hs).unbind()

    below = layer(np.ones((4, 2, 3)), parameter("W", 3, 3), "below")
    above = layer(below, parameter("V", 3, 3), "above")
    loss = (np.stack(above) ** 2).sum()
    before = mg.draw(loss)
    assert ("below[t=2]", "above[t=2]") in pairs(before)
    loss.backward()
    assert mg.draw(loss).dot == before.dot


def test_values_of_states_that_are_stacked():
    """The last state has a value too where the output layer reads it out of the stacked states."""
    h, hs, W, W_hy = mg.tensor(np.zeros(2)), [], parameter("W", 2, 2), parameter("W_hy", 2, 2)
    for t in (1, 2):
        with mg.scope("rnn", t=t, h=h):
            h = h @ W + 1.0
        hs.append(h)
    ys = []
    for t, row in enumerate(np.stack(hs).unbind(), 1):
        with mg.scope("output", t=t):
            ys.append((row @ W_hy).sum())
    drawn = nodes(mg.draw(sum(ys), values=True).dot)
    for t in (1, 2):
        assert f"[{', '.join(map(number, hs[t - 1].numpy()))}]" in drawn[f"rnn[t={t}]"]
