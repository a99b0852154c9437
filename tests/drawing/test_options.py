"""What can be asked of a picture: columns, names, words, colours, sizes, what is highlighted."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest

import minigrad as mg
from minigrad.drawing.render.themes import THEMES
from tests.support.pictures import assert_clear, caption, elman, lstm, parameter


def boxes(drawing, kind="cell"):
    return [mark for mark in drawing.scene.marks if mark.kind == kind]


def steps(drawing):
    return [mark.data["step"] for mark in boxes(drawing)]


@pytest.mark.parametrize(
    "asked, found",
    [
        ([1, 2, 10, 20], [1, 2, 10, 20]), ((20, 1), [1, 20]), (range(5, 8), [5, 6, 7]),
        (slice(0, 3), [1, 2, 3]), (slice(None, None, 8), [1, 9, 17]), (slice(-2, None), [19, 20]),
        (7, [7]), ({3}, [3]),
    ],
)
def test_any_choice_of_steps(asked, found):
    """The columns of these steps, with a gap wherever some are left out, and nothing overlaps."""
    drawing = mg.draw(lstm(20), ledger=True, steps=asked)
    assert steps(drawing) == found
    gaps = sum(b != a + 1 for a, b in pairwise(found))
    dots = [m for m in drawing.scene.marks if [str(line) for line in m.lines] == ["..."]]
    assert len(dots) == gaps
    assert_clear(drawing.scene)
    for mark in boxes(drawing):  # each state comes from somewhere
        assert sum(p.head == mark.id and p.kind == "state" for p in drawing.scene.paths) == 2


def test_steps_that_are_not_there():
    """A step, or none at all, is named."""
    loss = elman(3)
    with pytest.raises(ValueError, match=r"there is no step 7; the steps are 1 to 3"):
        mg.draw(loss, steps=[1, 7])
    with pytest.raises(ValueError, match=r"none of the 3 columns is left"):
        mg.draw(loss, steps=slice(5, 9))
    with pytest.raises(ValueError, match="give one"):
        mg.draw(loss, steps=[1], max_steps=2)


def test_rows_for_print():
    """Three columns a row, one row below another. Weights are in full in the first and only named
    in the others, as the sum is in all but the last; states go on; all ids differ."""
    drawing = mg.draw(lstm(8), ledger=True, wrap=3, title="In rows", caption="below")
    scene = drawing.scene
    assert steps(drawing) == list(range(1, 9))
    heights = [mark.y for mark in boxes(drawing)]
    assert [len({*heights[k : k + 3]}) for k in (0, 3, 6)] == [1, 1, 1]
    assert heights[0] > heights[3] > heights[6]
    assert [m.data["weight"] for m in boxes(drawing, "weight")].count("W_hh") == 1
    words = [[str(line) for line in mark.lines] for mark in boxes(drawing, "mention")]
    assert words.count(["W_hh", "as above"]) == words.count(["Σ", "below"]) == 2
    assert len(words) == 4 * 2 + 2
    (total,) = [mark for mark in scene.marks if [str(line) for line in mark.lines] == ["Σ"]]
    assert total.y < heights[3]
    (legend,) = [m for m in scene.marks if "at a weight" in " ".join(map(str, m.lines))]
    assert legend.top < min(mark.bottom for mark in boxes(drawing))
    stubs = [p for p in scene.paths if p.kind == "state" and p.dashed]
    assert len(stubs) == 8  # h and c, out of two rows and into two
    ids = [part.id for part in (*scene.marks, *scene.paths)]
    assert len(set(ids)) == len(ids)
    taps = {scene.slugs[path.id] for path in scene.paths if path.kind == "tap"}
    assert {mark.data["tap"] for mark in scene.marks if "tap" in mark.data} == taps
    assert_clear(scene)
    assert mg.draw(lstm(3), wrap=3).dot == mg.draw(lstm(3)).dot
    for bad in (0, 2.5, True):
        with pytest.raises(ValueError, match=f"wrap={bad}.*how many columns"):
            mg.draw(lstm(3), wrap=bad)


def test_labels():
    """Weights, scopes and ops have the names that are given, with subscripts; data keep theirs."""
    loss = elman(2)
    names = {"W_xh": "U_x", "rnn": "cell", "loss": "cost", "x": "input", "matmul": "@"}
    drawing = mg.draw(loss, labels=names)
    words = {str(line) for mark in drawing.scene.marks for line in mark.lines}
    assert {"U_x", "cell", "cost₁", "input₁"} <= words
    assert not {"W_xh", "rnn", "ℓ₁"} & words
    assert {m.data["weight"] for m in boxes(drawing, "weight")} >= {"W_xh"}
    words = {str(line) for mark in mg.draw(loss, view="ops", labels=names).scene.marks
             for line in mark.lines}
    assert {"U_x", "@"} <= words


def test_title_and_caption():
    """Above and below; the caption is wrapped to the picture's width, in every view."""
    said = "Gradients of W_hh fade " * 25
    for view in ("steps", "rolled", "ops"):
        scene = mg.draw(elman(3), view=view, title="A title", caption=said).scene
        (title,) = [mark for mark in scene.marks if mark.kind == "title"]
        lines = [mark for mark in scene.marks if mark.kind == "caption"]
        others = [mark for mark in scene.marks if mark.kind not in ("title", "caption")]
        assert title.bottom > max(mark.top for mark in others)
        assert max(mark.top for mark in lines) < min(mark.bottom for mark in others)
        assert len(lines) > 1
        assert_clear(scene)
    drawing = mg.draw(elman(3), caption=said)
    assert caption(drawing).split() == said.split()


def colors(drawing):
    found = {drawing.scene.background}
    for mark in drawing.scene.marks:
        found |= {mark.fill, mark.line, mark.ink, *(line.color for line in mark.lines)}
    return found | {path.color for path in drawing.scene.paths} - {""}


def luminance(color):
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    low = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(low, [0.2126, 0.7152, 0.0722]))


def contrast(one, two):
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("view", ["steps", "rolled", "ops"])
def test_words_can_be_read_in_every_theme(theme, view):
    """All words stand out from their ground, and wires of states and weights from the paper."""
    options = {"values": True, "gradients": True} if view != "rolled" else {}
    drawing = mg.draw(lstm(2), view=view, theme=theme, title="title", caption="caption", **options)
    scene, found = drawing.scene, THEMES[theme]
    assert scene.background == found.paper
    for mark in scene.marks:
        for line in mark.lines:
            assert contrast(line.color or mark.ink, mark.fill or found.paper) > 4
    for path in scene.paths:
        assert contrast(path.color, found.paper) > 2.5


@pytest.mark.parametrize("theme", THEMES)
def test_weights_are_told_apart(theme):
    """By readers who lack one of the three kinds of cones, too: any two of the first eight differ
    in colour as they see it, or in the kind of line."""
    lack = {
        "red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
        "green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
        "blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
    }  # Machado, Oliveira and Fernandes (2009), for the linear parts of a colour
    palette = THEMES[theme].weights
    linear = np.array([[(int(c[k : k + 2], 16) / 255) ** 2.2 for k in (1, 3, 5)] for c in palette])
    for matrix in lack.values():
        seen = np.clip(linear @ np.array(matrix).T, 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1) + np.eye(len(palette))
        assert apart.min() > 0.08


def test_no_two_weights_look_alike():
    """However many there are: each colour comes again with another kind of line, and in print no
    two have one kind."""
    names = [f"w_{k}" for k in range(100)]
    loss, total = [parameter(name, 1) for name in names], 0.0
    for t in (1, 2):
        with mg.scope("sum", t=t):
            total = total + sum(loss).sum()
    for theme in ("light", "print"):
        buses = [p for p in mg.draw(total, theme=theme).scene.paths if p.kind == "bus"]
        looks = {p.dash if theme == "print" else (p.color, p.dash) for p in buses}
        assert len(looks) == len(buses) == len(names)


def test_print_tells_weights_apart_without_colours():
    """No two have one kind of line, and boxes are white."""
    drawing = mg.draw(lstm(2), theme="print", ledger=True)
    buses = {path.data["weight"]: path.dash for path in drawing.scene.paths if path.kind == "bus"}
    assert len(set(buses.values())) == len(buses) == 4
    assert {mark.fill for mark in boxes(drawing)} == {"#ffffff"}


def test_a_theme_of_ones_own():
    """Parts of a theme replace those of the light one; wrong ones are named."""
    own = {"paper": "#fed", "weights": ("#123456",), "fills": {"cell": ("#aabbcc", "#001122")}}
    drawing = mg.draw(elman(2), theme=own)
    assert drawing.scene.background == "#ffeedd"
    assert {(m.fill, m.line) for m in boxes(drawing)} == {("#aabbcc", "#001122")}
    assert {m.fill for m in boxes(drawing, "weight")} == {"#123456"}
    for theme, message in (
        ("sepia", r"theme='sepia'.*'light', 'dark', 'print'"),
        ({"pen": "#000"}, "the parts of a theme are paper, ink"),
        ({"ink": "black\" onload=\"x"}, r"theme\['ink'\].*'#1a2b3c'"),
    ):
        with pytest.raises(ValueError, match=message):
            mg.draw(elman(2), theme=theme)


def test_background():
    """A colour or none, in SVG and DOT; what is neither is refused."""
    clear = mg.draw(elman(1), background="transparent")
    assert 'fill="none"' in clear.svg().splitlines()[2]
    assert "bgcolor=transparent" in clear.dot
    assert 'bgcolor="#ffeedd"' in mg.draw(elman(1), background="#fed").dot
    with pytest.raises(ValueError, match="background"):
        mg.draw(elman(1), background='red"/><script>')


@pytest.mark.parametrize(
    "options, wide",
    [({}, 1.0), ({"scale": 2}, 2.0), ({"width": 640}, None), ({"size": (320, 9e4)}, None)],
)
def test_size(options, wide):
    """A factor, a width, or a size to fit into; the drawing itself stays as it is."""
    plain, drawing = ET.fromstring(mg.draw(elman(2)).svg()), mg.draw(elman(2), **options)
    root = ET.fromstring(drawing.svg())
    assert root.get("viewBox") == plain.get("viewBox")
    asked = options.get("width") or (options.get("size") or (None,))[0]
    asked = asked or wide * float(plain.get("width"))
    assert float(root.get("width")) == pytest.approx(asked, rel=1e-3)
    ratio = float(plain.get("width")) / float(plain.get("height"))
    assert float(root.get("width")) / float(root.get("height")) == pytest.approx(ratio, rel=1e-3)


@pytest.mark.parametrize("bad", [{"scale": 0}, {"width": -3}, {"size": (1,)}, {"size": 7},
                                 {"scale": "big"}, {"scale": 2, "width": 100}])
def test_impossible_sizes(bad):
    """They are named."""
    with pytest.raises(ValueError, match=next(iter(bad))):
        mg.draw(elman(1), **bad)


def test_show():
    """Values, gradients, ledger, shapes and memory by name; another name is refused."""
    loss = elman(2)
    flags = mg.draw(loss, values=True, gradients=True, ledger=True)
    assert mg.draw(loss, show=("values", "gradients", "ledger")).dot == flags.dot
    (cell, _) = boxes(mg.draw(loss, show=["shapes", "memory"]))
    said = [str(line) for line in cell.lines]
    assert "(2, 4)" in said
    assert any(line.endswith(" B") for line in said)
    w = parameter("w", 2)
    without = mg.draw(w * 2.0, show=()).scene.marks
    assert "(2,)" not in {str(line) for mark in without for line in mark.lines}
    held = [str(line) for m in mg.draw(w * w + 1.0, show=["memory"]).scene.marks if m.kind == "op"
            for line in m.lines]
    assert held == ["multiply", "0 B", "add", "0 B"]  # but w, a weight, it holds nothing
    (cell,) = boxes(mg.draw(loss, view="rolled", show="shapes"))
    assert [str(line) for line in cell.lines] == ["rnn", "hₜ", "(2, 4)"]
    with pytest.raises(ValueError, match=r"show=\['colours'\].*'values', 'gradients', 'ledger'"):
        mg.draw(loss, show="colours")
