"""What is highlighted keeps its colours: a weight, a box, a state, a step, a tensor, a path."""

import pytest

import minigrad as mg
import rnn
from minigrad.drawing.render.style import PALETTE
from tests.support.pictures import elman, lstm, parameter


def look(part):
    """The colours and words of a mark, or the colour and width of a path."""
    if hasattr(part, "color"):
        return part.color, part.thick, part.dash
    return part.fill, part.line, part.ink, tuple(part.lines)


def lit(make, asked, **options):
    """The ids of what is as it was in the picture without a highlight, of boxes and wires."""
    plain, marked = mg.draw(make(), **options), mg.draw(make(), highlight=asked, **options)
    before = {part.id: part for part in (*plain.scene.marks, *plain.scene.paths)}
    after = {part.id: part for part in (*marked.scene.marks, *marked.scene.paths)}
    assert before.keys() == after.keys()
    return {own for own, part in after.items() if look(part) == look(before[own])}


@pytest.mark.parametrize(
    "asked, kept",
    [("W_hh", {"W_hh"}), (2, {2}), ("output", {"output"}), (["W_xh", 1], {"W_xh", 1}),
     ("h", {"h"}), ("rnn[t=2]", {"rnn[t=2]"}), ("matmul", {"matmul"})],
)
def test_by_name_and_step(asked, kept):
    """What is asked for keeps its looks, its wires do, and the dots on them; all else is faint."""
    bright, parts = lit(lambda: elman(3), asked), mg.draw(elman(3)).scene
    for part in (*parts.marks, *parts.paths):
        said = {part.data.get(key) for key in ("name", "weight", "step", "into", "scope", "op")}
        if said & kept:
            assert part.id in bright
    boxes = [m for m in parts.marks if m.fill and m.kind != "dot"]
    assert 0 < len([m for m in boxes if m.id in bright]) < len(boxes)


def test_a_step_leads_to_the_sum():
    """The wire of its loss is led on to the sum, along which those of other steps come; its number
    below stays, and so does the legend."""
    scene = mg.draw(elman(3), highlight=2, ledger=True).scene
    (end,) = [mark for mark in scene.marks if [str(line) for line in mark.lines] == ["Σ"]]
    (wire,) = [p for p in scene.paths if p.head == end.id and p.tail == "loss[t=2]"]
    assert wire.arrow
    assert wire.points[-1] == (end.left, end.y)
    plain = {m.id: m for m in mg.draw(elman(3), ledger=True).scene.marks}
    same = {" ".join(map(str, m.lines)) for m in scene.marks if look(m) == look(plain[m.id])}
    assert "t = 2" in same
    assert "t = 1" not in same
    assert sum("at a " in words for words in same) == 2


def test_a_path():
    """Every way from one thing to another, by name and step, with the wire of a weight on it."""
    bright = lit(lambda: elman(4), "x[2] -> loss[t=3]")
    names = {"x[t=2]", "rnn[t=2]", "rnn[t=3]", "output[t=3]", "loss[t=3]"}
    assert names <= bright
    assert not {"x[t=3]", "rnn[t=1]", "rnn[t=4]", "output[t=2]", "loss[t=2]", "W_hh"} & bright
    bright = lit(lambda: elman(3), "W_hh → rnn[t=2] → loss[t=2]")
    assert {"W_hh", "rnn[t=1]", "rnn[t=2]", "loss[t=2]"} <= bright
    assert any(own.startswith("bus W_hh") for own in bright)
    assert not {"W_xh", "rnn[t=3]", "loss[t=1]"} & bright


@pytest.mark.parametrize("view", ["rolled", "ops"])
def test_in_the_other_views(view):
    """A path goes through the delays of a rolled graph, and from op to op."""
    bright = lit(lambda: lstm(3), "W_hh -> loss", view=view)
    assert any("W_hh" in own for own in bright)
    assert not any("W_hy" in own for own in bright)
    assert lit(lambda: lstm(2), "W_hy", view="ops")


def test_in_a_cell():
    """The ways of an LSTM's memory past its gates."""
    cell = rnn.LSTMCell(2, 3, rng=0)
    scene = rnn.draw_cell(cell, highlight="c_t-1 -> c_t").scene
    plain = {mark.id: mark for mark in rnn.draw_cell(cell).scene.marks}
    bright = {m.data["name"] for m in scene.marks
              if "name" in m.data and look(m) == look(plain[m.id])}
    assert bright == {"c_t-1", "multiply", "c_t"}


def test_a_tensor():
    """Its own box, whatever it is called."""
    w, v = parameter("w", 2), parameter("v", 2)
    loss = (w * v).sum()
    scene = mg.draw(loss, highlight=w).scene
    bright = [m for m in scene.marks if m.kind == "weight" and m.fill in PALETTE]
    assert [m.data["name"] for m in bright] == ["w"]


@pytest.mark.parametrize(
    "asked, message",
    [("V", r"highlight='V'.*no 'V' here.*there are W_hh"), (9, "no 9 here"),
     ("x -> V", r"highlight='x -> V'.*no 'V' here"),
     ("loss[t=1] -> rnn", r"no way leads from 'loss\[t=1\]' to 'rnn'"),
     ("rnn[t=7]", r"no 'rnn\[t=7\]' here")],
)
def test_what_is_not_there(asked, message):
    """It is named, with what there is."""
    with pytest.raises(ValueError, match=message):
        mg.draw(elman(3), highlight=asked)
    stranger = mg.tensor(1.0, requires_grad=True, name="stranger")
    with pytest.raises(ValueError, match="no 'stranger' here"):
        mg.draw(elman(3), highlight=[stranger])


def test_backward_arrows_go_with_their_wires():
    """They are as bright as the wires beside them, and no path leads along them."""
    bright = lit(lambda: elman(3), "x[2] -> loss[t=3]", backward=True)
    paths = mg.draw(elman(3), backward=True).scene
    slugs = {paths.slugs[own] for own in bright}
    beside = [p for p in paths.paths if p.kind == "cotangent"]
    assert beside
    for path in beside:
        assert (path.id in bright) == (path.data["along"] in slugs)
    with pytest.raises(ValueError, match="no way leads"):
        mg.draw(elman(3), backward=True, highlight="loss[t=3] -> W_hh")
