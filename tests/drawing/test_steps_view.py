"""What the step view says: columns, weights, taps, states, cuts and the numbers of the ledger."""

import re
import sys

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.drawing.render.text import number
from minigrad.engine.differentiation import sweep_from
from minigrad.errors import GradientError, GraphFreedError
from tests.support.pictures import (
    WEIGHTS,
    assert_clear,
    attribute,
    edges,
    elman,
    gru,
    lstm,
    nodes,
    pairs,
    parameter,
    scene,
    shares,
    weights,
)

every_cell = pytest.mark.parametrize("make", [elman, lstm, gru])
STATES = {elman: ["h"], lstm: ["c", "h"], gru: ["h"]}
NAMES = {elman: "rnn", lstm: "lstm", gru: "gru"}


def texts(drawing):
    """The words that stand on their own in a picture, outside of boxes."""
    found = nodes(drawing.dot).items()
    return [attribute(text, "label") for name, text in found if name.startswith("text")]


@every_cell
@pytest.mark.parametrize("T", [1, 3])
def test_structure(make, T):
    """T columns with one box each for the cell, its output, its loss and its input; one box a
    weight, and one tap from it into each box that uses it."""
    drawing = mg.draw(make(T))
    boxes = nodes(drawing.dot)
    for name in (NAMES[make], "output", "loss", "x"):
        found = [b for b in boxes if b.startswith(f"{name}[t=")]
        assert sorted(found) == [f"{name}[t={t}]" for t in range(1, T + 1)]
    for weight in WEIGHTS[make]:
        user = "output" if weight == "W_hy" else NAMES[make]
        taps = [head for tail, head in pairs(drawing) if tail == weight and head.endswith("]")]
        assert sorted(taps) == [f"{user}[t={t}]" for t in range(1, T + 1)]
        assert [b for b in boxes if b == weight or b.startswith(f"{weight} (")] == [weight]
    steps = "1 step" if T == 1 else f"{T} steps"
    assert repr(drawing) == f"<Drawing of {steps}: {3 * T} boxes, {len(WEIGHTS[make])} weights>"


@every_cell
def test_states_run_from_step_to_step(make):
    """Each state is a wire of its own from every step to the next; the first come from h_0, c_0."""
    found, name = pairs(mg.draw(make(3))), NAMES[make]
    for t in (1, 2):
        assert found.count((f"{name}[t={t}]", f"{name}[t={t + 1}]")) == len(STATES[make])
    for state in STATES[make]:
        assert (f"{state}[t=0]", f"{name}[t=1]") in found


@every_cell
def test_taps_show_the_ledger(make):
    """The numbers at the taps are the norms of what `contributions` finds, step by step, and the
    tap of the largest one is the widest."""
    loss = make(4)
    drawing = mg.draw(loss, ledger=True)
    found = texts(drawing)
    for name, tensor in weights(loss).items():
        (uses,) = mg.contributions(loss, [tensor])
        norms = [float(np.linalg.norm(use.value)) for use in uses]
        assert len(norms) == 4
        assert all(number(norm) in found for norm in norms)
        widths = {
            head: float(attribute(text, "penwidth"))
            for tail, head, text in edges(drawing.dot) if tail == name and head.endswith("]")
        }
        widest = max(widths, key=widths.get)
        assert widest.endswith(f"[t={uses[int(np.argmax(norms))].t}]")
        assert min(widths.values()) >= 0.8


@every_cell
@pytest.mark.parametrize("ledger", [False, True])
def test_taps_say_what_they_are(make, ledger):
    """The tooltip of every tap names the weight, the box that it goes into and the step of that
    box, and with a ledger the number of that step."""
    loss = make(4)
    found = edges(mg.draw(loss, ledger=ledger).dot)
    for name, tensor in weights(loss).items():
        user = "output" if name == "W_hy" else NAMES[make]
        (uses,) = mg.contributions(loss, [tensor])
        norms = {use.t: number(float(np.linalg.norm(use.value))) for use in uses}
        taps = {head: attribute(text, "tooltip") for tail, head, text in found if tail == name}
        wanted = {
            f"{user}[t={t}]": f"{name} in {user} at t = {t}" + f": {norms[t]}" * ledger
            for t in (1, 2, 3, 4)
        }
        assert wanted.items() <= taps.items()


def test_boxes_say_what_they_are():
    """The tooltip of a box has its scope with the step, its ops and its shape."""
    boxes = nodes(mg.draw(elman(2)).dot)
    for name, words in {
        "rnn[t=1]": "rnn[t=1]: matmul, matmul, add, add, tanh; shape (2, 4)",
        "rnn[t=2]": "rnn[t=2]: matmul, matmul, add, add, tanh; shape (2, 4)",
        "loss[t=2]": "loss[t=2]: multiply, sum; shape ()",
        "W_xh": "W_xh; shape (3, 4)",
        "Σ": "Σ: add, add; shape ()",
        "x[t=2]": "x",
    }.items():
        assert attribute(boxes[name], "tooltip") == words


@pytest.mark.parametrize("start", [1, 3])
def test_columns_say_their_steps(start):
    """Below each column stands the number of its step, also where they do not begin at 1."""
    outputs, _ = rnn.unroll(rnn.ElmanCell(2, 3, rng=0), np.ones((3, 1, 2)), start=start)
    boxes = nodes(mg.draw((outputs**2).sum()).dot)
    place = {name: attribute(text, "pos").partition(",")[0] for name, text in boxes.items()}
    said = {place[name]: attribute(text, "label") for name, text in boxes.items()
            if name.startswith("text") and "t = " in attribute(text, "label")}
    assert said == {place[f"rnn[t={t}]"]: f"t = {t}" for t in range(start, start + 3)}


def test_several_uses_in_one_step_are_one_number():
    """The number at a tap is the norm of the sum over the uses in its box, not of one of them."""
    w, h = parameter("w", 2), mg.tensor([1.0, 2.0])
    for t in (1, 2):
        with mg.scope("rnn", t=t, h=h):
            h = h * w + 3 * w
    loss = h.sum()
    (uses,) = mg.contributions(loss, [w])
    found = texts(mg.draw(loss, ledger=True))
    for t in (1, 2):
        parts = [use.value for use in uses if use.t == t]
        assert len(parts) == 2
        assert number(float(np.linalg.norm(sum(parts)))) in found


def test_only_a_sum_of_numbers_is_a_sigma():
    """What adds arrays outside of the steps is called what it is."""
    for shape, title in (((), "Σ"), ((2,), "add")):
        w, hs = parameter("w", *shape), []
        for t in (1, 2):
            with mg.scope("rnn", t=t):
                hs.append(w * t)
        assert title in nodes(mg.draw(hs[0] + hs[1]).dot)


def test_a_ledger_that_is_given_shows_the_same():
    """A mapping draws as ledger=True does: rnn's Ledger, lists of uses, arrays or numbers by t."""
    loss = elman(3)
    tensors = weights(loss)
    wanted = mg.draw(loss, ledger=True).dot
    uses = dict(zip(tensors, mg.contributions(loss, list(tensors.values())), strict=True))
    norms = {n: {u.t: np.linalg.norm(u.value) for u in found} for n, found in uses.items()}
    for ledger in (
        rnn.bptt.ledger(loss, tensors),
        uses,
        {tensors[name]: found for name, found in uses.items()},
        {name: [use.value for use in found] for name, found in uses.items()},
    ):
        assert mg.draw(loss, ledger=ledger).dot == wanted
    # Of norms the sum is not the norm of the sum, and is not drawn.
    one, two = (mg.draw(loss, ledger={f"{prefix}{name}": found for name, found in norms.items()})
                for prefix in ("", "model."))
    assert one.dot == two.dot
    assert "Σ G" not in one.dot
    assert shares(one) == shares(mg.draw(loss, ledger=True))


def test_a_ledger_that_does_not_fit_is_refused():
    """Terms of other weights, too few terms and things that are no mapping say what is wanted."""
    loss = elman(3)
    with pytest.raises(ValueError, match="none of them is in the picture, which has W_xh, W_hh"):
        mg.draw(loss, ledger={"V": [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match="'W_hh' has 2 terms and is used at 3 steps"):
        mg.draw(loss, ledger={"W_hh": [1.0, 2.0]})
    with pytest.raises(TypeError, match="received list; wanted True, or a mapping"):
        mg.draw(loss, ledger=[1.0, 2.0])


def test_gradients_need_one_number_and_a_live_graph():
    """Of several outputs, or of a freed graph, there is no ledger; the error says what to do."""
    loss = elman(2)
    with pytest.raises(GradientError, match="draw one of them, or their sum"):
        mg.draw([loss, loss * 2], ledger=True)
    loss.backward()
    with pytest.raises(GraphFreedError, match="retain_graph=True"):
        mg.draw(loss, ledger=True)
    assert nodes(mg.draw(loss).dot).keys() == nodes(mg.draw(elman(2)).dot).keys()


def test_drawing_changes_nothing():
    """Values, gradients and ledger leave the graph, the weights and their .grad as they were."""
    w = parameter("w", 2, 2)
    loss = lstm(3) * (w * w).sum()
    for options in ({"values": True, "gradients": True, "ledger": True}, {"view": "ops"}):
        mg.draw(loss, **options)
    assert w.grad is None
    again = lstm(3) * (w * w).sum()
    found, expected = (sweep_from([y], [None], None) for y in (loss, again))
    for one, two in zip(mg.Tape(loss), mg.Tape(again), strict=True):
        if one.pullback is None:
            assert np.array_equal(found[one], expected[two])


def test_retained_gradients_stay():
    """What retain_grad() keeps comes from backward() alone, not from a picture."""
    w = parameter("w", 2)
    with mg.scope("rnn", t=1):
        h = w * w
    h.retain_grad()
    loss = h.sum()
    for view in ("steps", "ops"):
        mg.draw(loss, view=view, gradients=True)
    mg.draw(loss, ledger=True)
    assert h.grad is None
    loss.backward()
    assert np.array_equal(h.grad.numpy(), np.ones(2))


def test_values_and_gradients():
    """The scalar recurrence h_t = w h_{t-1}: every value and derivative stands in its box."""
    w, h = mg.tensor(0.5, requires_grad=True, name="w"), mg.tensor(4.0)
    for t in (1, 2):
        with mg.scope("rnn", t=t, h=h):
            h = w * h
    boxes = nodes(mg.draw(h, values=True, gradients=True).dot)
    for name, words in {
        "w": ["0.500", "grad = 4.00"],
        "rnn[t=1]": [" = 2.00", "grad = 0.500"],
        "rnn[t=2]": [" = 1.00", "grad = 1.00"],
        "h[t=0]": ["4.00"],
    }.items():
        assert all(word in boxes[name] for word in words), boxes[name]
    assert_clear(scene(h))


def test_states_without_names():
    """Two values that are handed on under no name are two wires, called after their ops."""
    w, h, loss = mg.tensor(0.9, requires_grad=True, name="w"), mg.tensor(0.0), 0.0
    for t in (1, 2, 3):
        with mg.scope("rnn", t=t):
            h = np.tanh(0.5 + w * h)
            loss = loss + (h - 1.0) ** 2
    drawing = mg.draw(loss)
    assert pairs(drawing).count(("rnn[t=1]", "rnn[t=2]")) == 2
    assert {"tanh", "add"} <= set(re.findall(r">\s*(\w+)<", nodes(drawing.dot)["rnn[t=3]"]))
    assert_clear(scene(loss, True))


@pytest.mark.parametrize("named", [True, False])
def test_a_detached_state_is_cut(named):
    """Where the state was detached the picture has a cut, whether the scopes name it or not."""
    drawing = mg.draw(elman(5, cut=4, named=named))
    (wire,) = [text for a, b, text in edges(drawing.dot) if (a, b) == ("rnn[t=3]", "rnn[t=4]")]
    assert "dashed" in wire
    assert texts(drawing).count("cut") == 1
    assert "cut" not in texts(mg.draw(elman(5, named=named)))


def test_windows_are_joined_by_a_cut():
    """Truncated BPTT: a window begins with the detached state of the one before, in a loss over
    both, whether steps are counted on or start over."""
    cell = rnn.ElmanCell(2, 3, dtype=float, rng=0)
    for start in (4, 1):
        one, state = rnn.unroll(cell, np.ones((3, 2, 2)))
        two, _ = rnn.unroll(cell, np.ones((3, 2, 2)), rnn.detach(state), start=start)
        drawing = mg.draw((one * one).sum() + (two * two).sum())
        assert "6 steps" in repr(drawing)
        assert texts(drawing).count("cut") == 1
    alone = mg.draw((two * two).sum())
    assert "cut" not in texts(alone)
    two, _ = rnn.unroll(cell, np.ones((3, 2, 2)), rnn.detach(state), start=4)
    carried = mg.draw((two * two).sum())
    assert "cut" in texts(carried)
    assert "h[t=3]" in nodes(carried.dot)


def test_first_and_last_steps_of_a_long_sequence():
    """max_steps=5 of 30: columns 1, 2, 3 and 29, 30, the same weights, wires dashed between."""
    loss = lstm(30)
    drawing = mg.draw(loss, ledger=True, max_steps=5)
    boxes = nodes(drawing.dot)
    assert [b for b in boxes if b.startswith("lstm[")] == [
        f"lstm[t={t}]" for t in (1, 2, 3, 29, 30)
    ]
    assert {"W_xh", "W_hh", "b_h", "W_hy"} <= boxes.keys()
    assert sum("dashed" in text for *_, text in edges(drawing.dot)) == 7  # 2 states, 4 weights, Σ
    assert mg.draw(loss, max_steps=30).dot == mg.draw(loss).dot
    assert_clear(scene(loss, True, most=5))


def test_any_tensor_can_be_drawn():
    """A state, stacked outputs, several tensors, a tensor in the middle of the graph."""
    cell = rnn.LSTMCell(3, 4, dtype=float, rng=0)
    outputs, (h, c) = rnn.unroll(cell, np.ones((3, 2, 3)))
    for output in (outputs, h, c, [h, c], (outputs, h), [h.sum(), np.ones(1) * c.sum()]):
        assert "3 steps" in repr(mg.draw(output))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"view": "tree"}, "view='tree'.*'auto', 'steps', 'rolled', 'ops'"),
        ({"max_steps": 1}, "max_steps=1.*at least 2"),
        ({"max_steps": 2.5}, "max_steps=2.5.*whole number"),
        ({"direction": "LR"}, "time goes to the right in the step view"),
        ({"direction": "up"}, "direction='up'.*'LR'"),
        ({"view": "ops", "ledger": True}, "neither ledger nor max_steps"),
    ],
)
def test_bad_options(options, message):
    """An unknown or impossible option is named, with what is possible."""
    with pytest.raises(ValueError, match=message):
        mg.draw(elman(2), **options)


def test_bad_outputs():
    """What is no tensor, or has no graph or no steps, is refused with the way out."""
    with pytest.raises(ValueError, match=r"no graph behind it.*requires_grad=True"):
        mg.draw(mg.tensor(1.0))
    with pytest.raises(ValueError, match="no graph behind it"):
        mg.draw([])
    with pytest.raises(TypeError, match=r"received \(3,\) float64; wanted a Tensor"):
        mg.draw([np.ones(3)])
    with pytest.raises(ValueError, match=r"no op was recorded under a time step.*view='ops'"):
        mg.draw(parameter("w", 2) * 2, view="steps")


def test_too_many_steps(monkeypatch):
    """More boxes than a picture can hold are refused, and max_steps is named."""
    monkeypatch.setattr(sys.modules["minigrad.drawing.views"], "_MOST_BOXES", 100)
    loss = elman(40)
    with pytest.raises(ValueError, match=r"40 steps with 120 boxes .* max_steps=12"):
        mg.draw(loss)
    assert "rnn[t=40]" in nodes(mg.draw(loss, max_steps=12).dot)
