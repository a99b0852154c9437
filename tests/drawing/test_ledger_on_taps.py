"""What the taps say: parts that add up, signs, noise, widths; and weights that are told apart."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from tests.support.pictures import elman, parameter, shares


def texts(drawing):
    """The words that stand on their own."""
    return [str(line) for mark in drawing.scene.marks if not mark.fill for line in mark.lines]


def scalar(T=3, *, noise=0.0):
    """The scalar tanh network of the notes, with numbers for weights."""
    u, w, v = (mg.tensor(x, requires_grad=True, name=n) for n, x in
               (("W_xh", 0.6), ("W_hh", 0.9), ("W_hy", 0.8)))
    h, total = mg.tensor(0.0), 0.0
    for t, (x, y) in enumerate(zip((0.5, 0.1, 0.4), (0.4, 0.2, 0.1), strict=True), 1):
        with mg.scope("rnn", t=t, x=x, h=h):
            h = np.tanh(u * x + w * h)
        with mg.scope("loss", t=t):
            total = total + 0.5 * (v * h - y) ** 2
    return total


def test_numbers_add_up_to_the_gradient():
    """The parts of a number's gradient have their signs; their sum stands at the weight, and how
    much of the sum of their sizes it is."""
    drawing = mg.draw(scalar(), ledger=True)
    taps = {(p.data["weight"], p.data["step"]): p.data["value"]
            for p in drawing.scene.paths if p.kind == "tap"}
    assert [taps["W_hy", t] for t in (1, 2, 3)] == pytest.approx(
        [-0.048634614, 0.015319229, 0.134957156], abs=1e-9
    )
    said = texts(drawing)
    assert {"-0.0486", "0.0153", "0.135"} <= set(said)
    totals = {m.data["weight"]: m for m in drawing.scene.marks if m.kind == "weight"}
    for name, mark in totals.items():
        parts = [value for (of, _), value in taps.items() if of == name]
        assert mark.data["total"] == pytest.approx(sum(parts))
        assert mark.data["cancel"] == pytest.approx(abs(sum(parts)) / sum(map(abs, parts)))
    assert "ΣGt = 0.102 (51%)" in str(totals["W_hy"].lines[1]).replace(" G", "G").replace("ₜ", "t")
    assert any(line.startswith("at a tap: Gₜ, the part of step t") for line in said)


def test_signed_numbers_are_drawn_signed():
    """Numbers that are given are drawn as they are."""
    said = texts(mg.draw(elman(3), ledger={"W_hh": [0.25, -0.5, 0.75]}))
    assert {"0.250", "-0.500", "0.750"} <= set(said)


def test_rounding_noise_is_nothing():
    """What is left of sums that cancel is drawn as 0, and not as the widest taps."""
    loss = elman(3)
    terms = {"W_hh": [np.ones((4, 4))] * 3, "b_h": [1e-17 * t * np.ones(4) for t in (1, 2, 3)]}
    drawing = mg.draw(loss, ledger=terms)
    thick = {(p.data["weight"], p.data["step"]): p.thick
             for p in drawing.scene.paths if p.kind == "tap"}
    assert [thick["b_h", t] for t in (1, 2, 3)] == [0.8] * 3
    assert [thick["W_hh", t] for t in (1, 2, 3)] == pytest.approx([3.6] * 3)
    assert texts(drawing).count("0") == 3
    (bias,) = [m for m in drawing.scene.marks if m.data.get("weight") == "b_h"]
    assert "= 0 (0%)" in str(bias.lines[-1])


def test_widths_of_all_weights_compared():
    """Widths are relative to the largest of each weight, or of all; the caption says which."""
    loss = elman(3)
    own, every = (mg.draw(loss, ledger=True, widths=widths) for widths in ("weight", "all"))

    def widest(drawing):
        found = {}
        for (weight, _), (_, thick, _) in shares(drawing).items():
            found[weight] = max(found.get(weight, 0), thick)
        return sorted(found.values())

    assert widest(own) == [pytest.approx(3.6)] * 4
    assert widest(every)[-1] == pytest.approx(3.6)
    assert widest(every)[0] < 3.5
    assert any(said.endswith("relative to the largest of its weight") for said in texts(own))
    assert any(said.endswith("relative to the largest of all weights") for said in texts(every))
    with pytest.raises(ValueError, match=r"widths='step'.*'weight', 'all'"):
        mg.draw(loss, ledger=True, widths="step")


def test_weights_of_one_name_are_told_apart():
    """Of two modules by the module, else by the scope that reads them, else by a number."""
    def drawn(one, two, names):
        _, state = rnn.unroll(one, np.ones((2, 2, 3)), name=names[0])
        outputs, _ = rnn.unroll(two, np.ones((2, 2, 3)), state, name=names[1])
        picture = mg.draw((outputs * outputs).sum())
        return [mark.data["weight"] for mark in picture.scene.marks if mark.kind == "weight"]

    cells = [rnn.ElmanCell(3, 3, biases=0, dtype=float, rng=k) for k in (0, 1)]
    assert drawn(*cells, ("encoder", "decoder")) == [
        "encoder.W_xh", "encoder.W_hh", "decoder.W_xh", "decoder.W_hh",
    ]
    assert drawn(*cells, ("rnn", "rnn")) == ["W_xh (1)", "W_hh (1)", "W_xh (2)", "W_hh (2)"]
    model = mg.Module()
    model.enc, model.dec = (rnn.ElmanCell(3, 3, biases=0, dtype=float, rng=k) for k in (0, 1))
    assert drawn(model.enc, model.dec, ("rnn", "rnn")) == [
        "enc.W_xh", "enc.W_hh", "dec.W_xh", "dec.W_hh",
    ]


def test_no_two_weights_look_alike():
    """Of 30 weights no two have one colour and one kind of line."""
    h, total = mg.tensor(np.ones(2)), 0.0
    many = [parameter(f"w{k}", 2) for k in range(30)]
    for t in (1, 2):
        with mg.scope("rnn", t=t, h=h):
            for w in many:
                h = h * w
    drawing = mg.draw(h.sum() + total)
    looks = {(path.color, path.dash) for path in drawing.scene.paths if path.kind == "bus"}
    assert len(looks) == 30
    assert drawing.svg().count("stroke-dasharray") >= 22
