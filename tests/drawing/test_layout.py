"""The geometry of the step view: nothing overlaps, columns are alike, time costs little."""

import time
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.drawing.render.cotangents import add_cotangents
from minigrad.drawing.render.metrics import width
from minigrad.drawing.render.scene import Mark, Path, rounded
from minigrad.drawing.render.text import TextLine, indexed, label, number, plain, shown
from tests.support.pictures import (
    assert_clear,
    crossings,
    elman,
    gru,
    lstm,
    overlaps,
    parameter,
    scene,
)
from tests.support.recurrences import losses

CELLS = [elman, lstm, gru]


@pytest.mark.parametrize("make", CELLS)
@pytest.mark.parametrize("T", [1, 2, 5])
@pytest.mark.parametrize("ledger", [False, True])
def test_nothing_overlaps(make, T, ledger):
    """No two boxes or labels overlap, and no wire runs through a box or a label."""
    assert_clear(scene(make(T), ledger, title="A title that is wider than some pictures are"))


@given(loss=losses(), ledger=st.booleans(), most=st.sampled_from([None, 2, 3]))
def test_nothing_overlaps_in_any_recurrence(loss, ledger, most):
    """The same for layers, directions, attention, shared weights, cuts and heads of all kinds, with
    backward arrows too."""
    picture = scene(loss, ledger, most=most)
    add_cotangents(picture)
    assert_clear(picture)


def test_states_that_enter_one_box_are_told_apart():
    """A learned one that no scope declares, one that is declared, and a constant: h, h (2), h (3),
    each in a place of its own."""
    W = parameter("W", 3, 3)
    learned = mg.Parameter(np.ones((2, 3)), name="h_0")
    with mg.scope("layer", t=1):
        h = np.tanh(learned @ W)
    for state in (mg.Parameter(np.ones((2, 3))), mg.tensor(np.zeros((2, 3)))):
        with mg.scope("layer", t=1, h=state):
            h = np.tanh((h + state) @ W)
    picture = scene((h * h).sum())
    assert_clear(picture)
    names = {mark.id.partition("[")[0] for mark in picture.marks}
    assert {"h", "h (2)", "h (3)"} <= names


@settings(max_examples=10)
@given(loss=losses(), direction=st.sampled_from(["LR", "RL", "TB", "BT"]))
def test_nothing_overlaps_in_the_op_view(loss, direction):
    """Boxes, labels and wires of ops keep clear of one another too; frames hold their own ops."""
    picture = mg.draw(loss, view="ops", direction=direction, backward=True).scene
    assert_clear(picture)
    frames = [mark for mark in picture.marks if mark.kind == "frame"]
    for mark in picture.marks:
        if mark.kind in ("op", "text"):
            around = [f for f in frames if holds(f, mark)]
            assert all(holds(f, mark) or apart(f, mark) for f in frames)
            scope = mark.data.get("scope")
            assert scope is None or scope in {f.data["scope"] for f in around}


def holds(frame, mark):
    return (frame.left < mark.left and mark.right < frame.right
            and frame.bottom < mark.bottom and mark.top < frame.top)


def apart(frame, mark):
    return (frame.right < mark.left or mark.right < frame.left
            or frame.top < mark.bottom or mark.top < frame.bottom)


def test_the_geometry_checks_find_faults():
    """A label on a box and a wire through a label are found."""
    picture = scene(elman(2))
    box = next(s for s in picture.marks if s.id == "rnn[t=1]")
    line = TextLine([("here", "")], 9)
    picture.add(Mark("on the box", box.right, box.y, 30, 10, (line,)))
    assert ("rnn[t=1]", "on the box") in overlaps(picture)
    picture.paths.append(Path("a", "b", [(box.x, -900.0), (box.x, 900.0)]))
    assert ("a", "b", "rnn[t=1]") in crossings(picture)


@pytest.mark.parametrize("make", CELLS)
def test_columns_are_one_stamp(make):
    """Every column is the first one, moved to the right by a multiple of one distance."""
    columns = defaultdict(list)
    for shape in scene(make(6)).marks:
        if "[t=" in shape.id and "[t=0]" not in shape.id:
            t = int(shape.id.partition("[t=")[2][:-1])
            columns[t].append((shape.x, shape.y, shape.width, shape.height))
    step = columns[2][0][0] - columns[1][0][0]
    first = sorted(columns[1])
    for t, marks in columns.items():
        assert len(marks) == len(first)
        for (x, *rest), (x1, *rest1) in zip(sorted(marks), first, strict=True):
            assert x - x1 == pytest.approx((t - 1) * step)
            assert rest == pytest.approx(rest1)


def test_rows_follow_the_data():
    """Inputs stand below the cell, the output above it, the loss above that, the sum on top."""
    at = {shape.id: shape for shape in scene(elman(2)).marks}
    column = [at[f"{name}[t=1]"] for name in ("x", "rnn", "output", "loss")]
    assert len({shape.x for shape in column}) == 1
    assert [s.y for s in column] == sorted(s.y for s in column)
    assert at["Σ"].y > column[-1].y
    assert at["Σ"].x > at["loss[t=2]"].x
    assert at["h[t=0]"].y == at["rnn[t=1]"].y == at["rnn[t=2]"].y


def test_long_sequences_are_quick():
    """Layout time grows with T no faster than the picture: 200 steps take seconds at most."""
    start = time.perf_counter()
    drawing = mg.draw(elman(200), ledger=True)
    svg = drawing.svg()
    assert time.perf_counter() - start < 20  # about one second; the limit is for busy machines
    assert svg.count("<title>rnn[t=") >= 200


def test_rounded_corners():
    """A polyline becomes one Bézier spline of 3 n + 1 points that keeps its ends."""
    spline = rounded([(0.0, 0.0), (50.0, 0.0), (50.0, 30.0)])
    assert len(spline) % 3 == 1
    assert (spline[0], spline[-1]) == ((0.0, 0.0), (50.0, 30.0))
    assert (50.0, 0.0) not in spline


def test_words():
    """Numbers have three digits, names their subscripts, labels no control characters."""
    assert [number(v) for v in (0.0, 0.05, 1.0, 123.4, 12345.0, 1e-9, float("nan"))] == [
        "0", "0.0500", "1.00", "123", "12345", "1.0e-09", "nan",
    ]
    assert indexed("W_xh") == ("W", "xh")
    assert indexed("learning_rate") == ("learning_rate", "")
    assert plain("a\nb") == "a b"
    assert len(plain("x" * 100)) < 45
    assert "".join(text for text, _ in shown([], [[1.0, 1.0], [1.0, 1.0]])) == "‖·‖ = 2.00"
    assert "".join(text for text, _ in shown([], [1.0, 2.0])) == "[1.00, 2.00]"
    assert width("W", 10) > width("i", 10)
    assert label([TextLine([("h", "")])]) == "h"
    assert str(TextLine([("β", "h")])) == "β_h"
    assert str(TextLine([("h", "12")])) == "h₁₂"
