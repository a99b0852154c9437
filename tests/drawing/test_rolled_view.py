"""The rolled view: one step for all, with what it hands on to later ones."""

import re

import numpy as np
import pytest
from hypothesis import given, reject

import minigrad as mg
import rnn
from minigrad.drawing.layout.rolled import roll
from minigrad.drawing.layout.unrolled import lay_out
from minigrad.drawing.reading.graph import read
from tests.support.pictures import (
    assert_clear,
    attribute,
    elman,
    gru,
    head,
    lstm,
    nodes,
    pairs,
    parameter,
)
from tests.support.recurrences import losses


def rolled(loss):
    """The picture, after a check that nothing overlaps in it."""
    graph, words = roll(read([loss]))
    assert_clear(lay_out(graph, words=words))
    return mg.draw(loss, view="rolled")


def without_tooltips(dot):
    """What is painted; a tooltip lists the ops of the sum, which are more for a longer run."""
    return re.sub(r'tooltip="[^"]*"', "", dot)


@pytest.mark.parametrize("T", [2, 3, 6])
@pytest.mark.parametrize("model, states", [(elman, "h"), (lstm, "ch"), (gru, "h")])
def test_cycles_with_their_delay(model, states, T):
    """Each state leaves the one box of its cell and comes back a step later; weights are tapped
    once, and the loss is read at each step. The picture is the same for every T but for that."""
    drawing = rolled(model(T))
    found, boxes = pairs(drawing), nodes(drawing.dot)
    cell = next(b for b in boxes if b in ("rnn[t=t]", "lstm[t=t]", "gru[t=t]"))
    for state in states:
        assert (cell, f"delay of {state}") in found
        assert (f"delay of {state}", cell) in found
        assert (f"{state}[t=0]", cell) in found
    for weight in ("W_xh", "W_hh", "W_hy"):
        assert sum(one == weight and not two.startswith("end") for one, two in found) == 1
    output, loss, total = "output[t=t]", "loss[t=t]", next(b for b in boxes if b.startswith("Σ"))
    assert {(cell, output), (output, loss), (loss, total), ("x[t=t]", cell)} <= set(found)
    assert f"t = 1 ... {T}" in drawing.dot
    other = mg.draw(model(9), view="rolled").dot.replace("... 9", f"... {T}")
    assert without_tooltips(drawing.dot) == without_tooltips(other)
    assert repr(drawing).startswith(f"<Drawing of {T} steps as one: 3 boxes, ")


@pytest.mark.parametrize("lag, words", [(1, "h, 1 step before"), (3, "h, 3 steps before")])
def test_delays_say_how_long_they_are(lag, words):
    """The tooltip of a delay counts steps, and its label names the step that is read."""
    w, hs = parameter("w", 2), [mg.tensor(np.ones(2))] * lag
    for t in range(1, 8):
        with mg.scope("rnn", t=t, h=hs[-lag]):
            hs.append(np.tanh(w * hs[-lag]))
    boxes = nodes(rolled(np.stack(hs[lag:]).sum()).dot)
    assert attribute(boxes["delay of h"], "tooltip") == words
    assert f">t-{lag}<" in boxes["delay of h"]


def test_two_directions():
    """What runs backward takes over from the step after."""
    layer = rnn.GRU(2, 3, bidirectional=True, rng=0)
    outputs, _ = layer(np.ones((4, 1, 2)))
    dot = mg.draw((outputs**2).sum(), view="rolled").dot
    assert {">t-1<", ">t+1<"} <= {f">{text}<" for text in ("t-1", "t+1") if f">{text}<" in dot}


def test_states_of_several_steps_before():
    """A connection that skips a step is a delay of its own."""
    cell = rnn.SkipCell(rnn.ElmanCell(2, 3, rng=0), 2)
    outputs, _ = rnn.unroll(cell, np.ones((5, 1, 2)))
    drawing = rolled((outputs**2).sum())
    delays = [text for name, text in nodes(drawing.dot).items() if name.startswith("delay")]
    assert sorted(">t-1<" in text for text in delays) == [False, True]
    assert sum(">t-2<" in text for text in delays) == 1


def test_an_output_that_is_fed_back():
    """A delay can lead from one box to another, as in a Jordan network."""
    V, W, y, loss = parameter("V", 2, 2), parameter("W", 2, 2), mg.tensor(np.zeros(2)), 0.0
    for t in range(1, 5):
        with mg.scope("jordan", t=t, x=np.ones(2)):
            h = np.tanh(np.ones(2) + y @ W)
        with mg.scope("y", t=t):
            y = h @ V
        loss = loss + (y * y).sum()
    found = pairs(rolled(loss))
    y, jordan, (delay,) = "y[t=t]", "jordan[t=t]", {b for _, b in found if b.startswith("delay")}
    assert {(y, delay), (delay, jordan), (jordan, y)} <= set(found)


def test_only_the_last_step_is_read():
    """Words say which steps lead to the loss."""
    outputs, _ = rnn.unroll(rnn.ElmanCell(2, 3, rng=0), np.ones((5, 1, 2)))
    dot = mg.draw((outputs[-1] ** 2).sum(), view="rolled").dot
    assert 'label="t = 5"' in dot
    assert 'label="t = 1 ... 5"' in dot


def test_truncation_does_not_matter():
    """A state that was detached is a state all the same."""
    assert "delay of h" in nodes(rolled(elman(6, cut=4)).dot)


def test_steps_that_are_not_alike():
    """One step cannot stand for others that do something else; the error says where."""
    h, W, loss = mg.tensor(np.zeros(2)), parameter("W", 2, 2), 0.0
    for t in range(1, 6):
        with mg.scope("rnn", t=t, h=h):
            h = np.tanh(h @ W)
        if t != 4:
            loss = loss + head(h, t, parameter("V", 2, 2))
    with pytest.raises(ValueError, match=r"not alike: .*t=4.*view='steps'|not alike: .*nothing"):
        mg.draw(loss, view="rolled")


def test_too_few_steps():
    """A single step shows no recurrence; the error says how many do."""
    with pytest.raises(ValueError, match="at least 2 steps"):
        mg.draw(elman(1), view="rolled")


@pytest.mark.parametrize(
    "options", [{"ledger": True}, {"values": True}, {"gradients": True}, {"max_steps": 3}]
)
def test_what_differs_from_step_to_step(options):
    """Numbers belong to single steps."""
    with pytest.raises(ValueError, match="differ from step to step"):
        mg.draw(elman(3), view="rolled", **options)


@given(losses())
def test_nothing_overlaps(loss):
    """Whatever can be rolled up is drawn with nothing over anything else; the rest is refused."""
    try:
        graph, words = roll(read([loss]))
    except ValueError:
        reject()
    assert_clear(lay_out(graph, words=words))


def test_a_scan_is_rolled_as_its_loop():
    """A scan is drawn from its program, opened: rolled up it is the picture of the loop."""
    cell = rnn.LSTMCell(3, 4, dtype=float, rng=0)
    xs = np.random.default_rng(0).normal(size=(4, 2, 3))
    model = rnn.Recurrent(cell)
    pictures = []
    for how in ("scan", "unroll"):
        outputs, _ = model(xs, how=how)
        scene = mg.draw((outputs * outputs).sum(), view="rolled").scene
        pictures.append([
            (m.kind, m.x, m.y, [str(line) for line in m.lines]) for m in scene.marks
        ])
    assert pictures[0] == pictures[1]
