"""Small recurrences to draw, written out by hand, and what pictures of them are tested with."""

import re
from itertools import combinations

import numpy as np

import minigrad as mg
from minigrad.drawing.layout.columns import first_and_last
from minigrad.drawing.layout.notes import box_notes
from minigrad.drawing.layout.terms import ledger_terms, sums_of
from minigrad.drawing.layout.unrolled import lay_out
from minigrad.drawing.reading.graph import read
from minigrad.engine.tensor import wrap


def parameter(name, *shape, seed=0):
    values = np.random.default_rng([seed, *map(ord, name)]).normal(size=shape)
    return mg.Parameter(0.5 * values, name=name)


def head(h, t, W_hy):
    """An output and a loss of their own at each step."""
    with mg.scope("output", t=t):
        y = h @ W_hy
    with mg.scope("loss", t=t):
        return (y * y).sum()


def elman(T=5, *, cut=None, named=True, B=2, K=3, H=4):
    """The summed loss of an Elman network; its state is detached before step `cut`."""
    W_xh, W_hh, b_h = parameter("W_xh", K, H), parameter("W_hh", H, H), parameter("b_h", H)
    W_hy, h, losses = parameter("W_hy", H, 2), mg.tensor(np.zeros((B, H))), []
    for t in range(1, T + 1):
        x = np.full((B, K), 0.1 * t)
        h = h.detach() if t == cut else h
        with mg.scope("rnn", t=t, **({"x": x, "h": h} if named else {})):
            h = np.tanh(x @ W_xh + h @ W_hh + b_h)
        losses.append(head(h, t, W_hy))
    return sum(losses)


def lstm(T=4, *, B=2, K=3, H=4):
    """The summed loss of an LSTM."""
    W_xh, W_hh = parameter("W_xh", K, 4 * H), parameter("W_hh", H, 4 * H)
    b_h, W_hy, losses = parameter("b_h", 4 * H), parameter("W_hy", H, 2), []
    h = c = mg.tensor(np.zeros((B, H)))
    for t in range(1, T + 1):
        x = np.full((B, K), 0.1 * t)
        with mg.scope("lstm", t=t, x=x, h=h, c=c):
            i, f, g, o = np.split(x @ W_xh + h @ W_hh + b_h, 4, axis=1)
            c = mg.functional.sigmoid(f) * c + mg.functional.sigmoid(i) * np.tanh(g)
            h = mg.functional.sigmoid(o) * np.tanh(c)
        losses.append(head(h, t, W_hy))
    return sum(losses)


def gru(T=4, *, B=2, K=3, H=4):
    """The summed loss of a GRU with two biases."""
    W_xh, W_hh = parameter("W_xh", K, 3 * H), parameter("W_hh", H, 3 * H)
    b_xh, b_hh = parameter("b_xh", 3 * H), parameter("b_hh", 3 * H)
    W_hy, h, losses = parameter("W_hy", H, 2), mg.tensor(np.zeros((B, H))), []
    for t in range(1, T + 1):
        x = np.full((B, K), 0.1 * t)
        with mg.scope("gru", t=t, x=x, h=h):
            x_r, x_z, x_n = np.split(x @ W_xh + b_xh, 3, axis=1)
            h_r, h_z, h_n = np.split(h @ W_hh + b_hh, 3, axis=1)
            r, z = mg.functional.sigmoid(x_r + h_r), mg.functional.sigmoid(x_z + h_z)
            h = (1 - z) * np.tanh(x_n + r * h_n) + z * h
        losses.append(head(h, t, W_hy))
    return sum(losses)


WEIGHTS = {
    elman: ["W_xh", "W_hh", "b_h", "W_hy"],
    lstm: ["W_xh", "W_hh", "b_h", "W_hy"],
    gru: ["W_xh", "W_hh", "b_xh", "b_hh", "W_hy"],
}


def weights(loss):
    """The leaves behind a loss by name, as what `contributions` and ledgers take."""
    found = (node for node in mg.Tape(loss) if node.pullback is None)
    return {node.name: wrap(np.zeros(node.shape), node) for node in found}


# -- reading DOT

ID = r'("[^"]*"|[\w.-]+)'
NODE = re.compile(rf"^\t+{ID} \[(.*)\]$", re.MULTILINE)
EDGE = re.compile(rf"^\t+{ID} -> {ID}(?: \[(.*)\])?$", re.MULTILINE)


def nodes(dot):
    """The node statements: {id: attributes as text}."""
    found = (m for m in NODE.finditer(dot) if m[1] not in ("graph", "node", "edge"))
    return {m[1].strip('"'): m[2] for m in found}


def edges(dot):
    """The edge statements: [(tail, head, attributes as text)]."""
    return [(m[1].strip('"'), m[2].strip('"'), m[3] or "") for m in EDGE.finditer(dot)]


def pairs(drawing):
    """The ends of every wire of a picture."""
    return [(tail, head) for tail, head, _ in edges(drawing.dot)]


def attribute(text, name):
    """One attribute of a statement."""
    found = re.search(rf'\b{name}=("[^"]*"|\S+)', text)
    return found and found[1].strip('"')


# -- reading scenes


def red(drawing):
    """The wires that are wrong, each with the boxes at its ends; nothing else is as red."""
    marks = {mark.id: mark for mark in drawing.scene.marks}
    found = [path for path in drawing.scene.paths if path.data.get("wrong")]
    others = [path for path in drawing.scene.paths if not path.data.get("wrong")]
    assert {path.color for path in found} <= {"#d50000"}
    assert "#d50000" not in {path.color for path in others}
    return [(path, marks[path.tail], marks[path.head]) for path in found]


def shares(drawing):
    """Of each tap the colour, the width, and how large it is."""
    taps = [path for path in drawing.scene.paths if path.kind == "tap"]
    return {(p.data["weight"], p.data["step"]): (p.color, p.thick, p.data["norm"]) for p in taps}


def caption(drawing):
    """The words below a picture."""
    lines = [line for mark in drawing.scene.marks if mark.kind == "caption" for line in mark.lines]
    return " ".join("".join(f"{a}_{b}" if b else a for a, b in line.pieces) for line in lines)


# -- geometry


def scene(output, ledger=False, most=None, **options):
    """The scene of a picture, before it becomes DOT text."""
    unrolled = read([output])
    options["kept"] = first_and_last(unrolled.columns, most)
    terms = ledger_terms([output], unrolled, ledger)
    notes = box_notes(unrolled, {}, {}, sums_of(terms))
    return lay_out(unrolled, terms=terms, notes=notes, **options)


def _solid(picture):
    """Boxes and labels: all that nothing else may touch."""
    return [s for s in picture.marks
            if s.lines and s.kind != "frame" and s.lines[0].pieces[0][0] != "//"]


def overlaps(picture):
    """The pairs of boxes and labels that overlap."""
    solid = _solid(picture)
    return [
        (a.id, b.id)
        for a, b in combinations(solid, 2)
        if min(a.right, b.right) - max(a.left, b.left) > 0.1
        and min(a.top, b.top) - max(a.bottom, b.bottom) > 0.1
    ]


def crossings(picture):
    """The wires that run through a box or a label that is not one of their ends."""
    found = []
    solid = _solid(picture)
    for path in picture.paths:
        for (x1, y1), (x2, y2) in zip(path.points, path.points[1:], strict=False):
            low, high = sorted((y1, y2))
            left, right = sorted((x1, x2))
            found += [
                (path.tail, path.head, s.id)
                for s in solid
                if s.id not in (path.tail, path.head)
                and left < s.right - 0.1 and right > s.left + 0.1
                and low < s.top - 0.1 and high > s.bottom + 0.1
            ]
    return found


def assert_clear(picture):
    """Nothing overlaps, and no wire runs through anything."""
    assert overlaps(picture) == []
    assert crossings(picture) == []
