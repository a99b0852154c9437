"""Worksheets: their numbers can be computed by hand, say something, and lead to the key's results.

What a sheet says is read from its text, as a student reads it, and computed anew.
"""

import re
from functools import cache
from itertools import combinations

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.functional import hardtanh, leaky_relu
from rnn.lessons import worksheet, worksheets
from rnn.lessons.sheets import TOPICS, bptt

SEEDS = range(8)
EACH = pytest.mark.parametrize("topic", TOPICS)


@cache
def of(topic):
    """A sheet of each seed."""
    return [worksheet(topic, seed) for seed in SEEDS]


def formulas(text):
    """What stands between dollars."""
    return [tex.strip("$") for tex in re.findall(r"\$\$[^$]+\$\$|\$[^$]+\$", text)]


def value(tex):
    """A formula of numbers, computed; None where it has letters."""
    plain = tex.replace(r"\cdot", "*").replace(r"\;", " ").strip()
    return eval(plain) if re.fullmatch(r"[\d\s.()*+\-]+", plain) else None


def row(text, name):
    """The numbers of a line of a table."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
    return [float(number) for number in formulas(line.removeprefix(f"| {name} |"))]


def number(text, name):
    return float(re.search(re.escape(name) + r" = (-?[\d.]+\d|-?\d)", text).group(1))


@EACH
def test_every_equation_of_a_key_holds(topic):
    """In every chain a = b = c all parts that are made of numbers are equal."""
    checked = 0
    for sheet in of(topic):
        for tex in formulas(str(sheet.key)):
            parts = [v for v in map(value, re.split(r"=", tex)) if v is not None]
            checked += len(parts) > 1
            assert np.ptp(parts or [0]) < 1e-9, f"{sheet.name}: {tex}"
    assert checked >= 12 * len(SEEDS)


@EACH
def test_numbers_are_short(topic):
    """At most three decimals, and at most 20, wherever a number stands."""
    for sheet in of(topic):
        for text in (str(sheet.sheet), str(sheet.key)):
            for digits in re.findall(r"\d+(?:\.\d+)?", " ".join(formulas(text))):
                assert len(digits.partition(".")[2]) <= 3, sheet.name
                assert float(digits) <= 20, sheet.name


@EACH
def test_seeds(topic):
    """The same seed gives the same sheet, other seeds give other numbers."""
    again = worksheet(topic, 3)
    assert again == of(topic)[3]
    for one, other in combinations(of(topic), 2):
        assert str(one.sheet).partition("Name:")[2] != str(other.sheet).partition("Name:")[2]


@EACH
def test_nothing_is_degenerate(topic):
    """No result is zero."""
    for sheet in of(topic):
        assert all(abs(v) >= 0.001 for v in sheet.answers.values()), sheet.name


@EACH
def test_the_sheet_does_not_tell(topic):
    """Its pictures are those of its text, and what has to be filled in is empty."""
    for sheet in of(topic):
        assert "|  |" in str(sheet.sheet)
        assert "|  |" not in str(sheet.key)
        for page in (sheet.sheet, sheet.key):
            assert set(page.pictures) == set(re.findall(r"\]\((\w+\.svg)\)", str(page)))
            assert page.pictures


def test_bptt_by_central_differences():
    """∂L/∂W and ∂L/∂h_t of the key are slopes of the loss that the sheet describes."""
    for sheet in of("bptt"):
        text = str(sheet.sheet)
        w = [number(text, f"W_{{{name}}}") for name in ("xh", "hh", "hy")]
        x, y = row(text, "$x_t$"), row(text, "$y_t$")

        def loss(weights, moved=None, x=x, y=y):
            h, total = 0.0, 0.0
            for t in range(3):
                h = weights[0] * x[t] + weights[1] * h
                h = (h if h > 0 else h / 2) + (moved or {}).get(t, 0.0)
                total += 0.5 * (weights[2] * h - y[t]) ** 2
            return total

        eps, answers = 1e-5, sheet.answers
        assert loss(w) == pytest.approx(answers["L"])
        for k, name in enumerate(("xh", "hh", "hy")):
            up, down = ([v + d * (j == k) for j, v in enumerate(w)] for d in (eps, -eps))
            slope = (loss(up) - loss(down)) / (2 * eps)
            assert slope == pytest.approx(answers[f"∂L/∂W_{name}"], abs=1e-6)
        for t in range(3):
            slope = (loss(w, {t: eps}) - loss(w, {t: -eps})) / (2 * eps)
            assert slope == pytest.approx(answers[f"∂L/∂h_{t + 1}"], abs=1e-6)


def test_bptt_recursion_without_a_slip():
    """The recursion that the key's slips are slips in gives the engine's gradients by itself."""
    w = {"W_xh": 0.5, "W_hh": -1.5, "W_hy": 2.0}
    found = bptt.run(w, [1.0, -2.0, 3.0], [0.5, 1.0, -1.0])
    engine = [found.shares[name].sum() for name in ("W_hh", "W_xh")]
    assert bptt.by_hand(found) == pytest.approx(engine)


def test_bptt_slips_are_what_the_audit_finds():
    """The audit explains the number of the key's first slip, at the first seed."""
    text = str(of("bptt")[0].key)
    w = [number(text, f"W_{{{name}}}") for name in ("xh", "hh", "hy")]
    x, y = row(text, "$x_t$"), row(text, "$y_t$")
    slip = next(line for line in text.splitlines() if "the slope was taken" in line)
    claimed = float(formulas(slip)[0])
    cell = rnn.ElmanCell(
        1, 1, biases=0, dtype=float, nonlinearity=lambda z: leaky_relu(z, 0.5))
    cell.W_xh.data, cell.W_hh.data = np.full((1, 1), w[0]), np.full((1, 1), w[1])
    found = rnn.bptt.audit(
        {"W_hh": np.array([[claimed]])}, cell, np.reshape(x, (3, 1, 1)),
        lambda h, t: 0.5 * ((w[2] * h - y[t - 1]) ** 2).sum())
    assert not found.agrees
    assert found["W_hh"].explanations


def test_lstm_step_by_the_cell():
    """The cell of the library, with the weights of the sheet, has the key's results."""
    for sheet in of("lstm_step"):
        text = str(sheet.sheet)
        weights = [row(text, name) for name in ("$W_{x}$", "$W_{h}$", "$b$")]
        x, h, c = (number(text, name) for name in ("x_t", "h_{t-1}", "c_{t-1}"))
        by_h, by_c = number(text, r"\delta h"), number(text, r"\delta c")
        cell = rnn.LSTMCell(1, 1, dtype=float, activation=hardtanh,
                            recurrent_activation="hard_sigmoid_02")
        cell.W_xh.data, cell.W_hh.data = np.array(weights[:1]), np.array(weights[1:2])
        cell.b_h.data = np.array(weights[2])
        states = [mg.tensor([[v]], requires_grad=True) for v in (h, c)]
        _, (h_t, c_t) = cell(np.array([[x]]), tuple(states))
        (by_h * h_t + by_c * c_t).sum().backward()
        answers = sheet.answers
        assert (h_t.item(), c_t.item()) == pytest.approx((answers["h_t"], answers["c_t"]))
        f = cell.gates.index("f")
        found = (cell.W_xh.grad[0, f], cell.W_hh.grad[0, f], cell.b_h.grad[f],
                 states[0].grad.item(), states[1].grad.item())
        names = ("∂L/∂W_xf", "∂L/∂W_hf", "∂L/∂b_f", "∂L/∂h_t-1", "∂L/∂c_t-1")
        assert [float(g) for g in found] == pytest.approx([answers[name] for name in names])


def test_truncation_by_running_it():
    """The gradients of the key are what windows give that are run one after another."""
    for sheet in of("truncation"):
        text = str(sheet.sheet)
        cell = rnn.ElmanCell(1, 1, biases=0, dtype=float, nonlinearity="identity")
        cell.W_xh.data = np.ones((1, 1))
        cell.W_hh.data = np.full((1, 1), number(text, "W_{hh}"))
        xs, ys = (np.reshape(row(text, name), (4, 1, 1)) for name in ("$x_t$", "$y_t$"))

        def gradient(k1, k2, cell=cell, xs=xs, ys=ys):
            cell.zero_grad()
            for window in rnn.bptt.truncated(cell, xs, k1, k2):
                (0.5 * ((window.outputs - ys[window.where]) ** 2).sum()).backward()
            return cell.W_hh.grad.item()

        found = gradient(4, 4), gradient(2, 2), gradient(1, 2)
        names = ("∂L/∂W_hh", "in windows of 2", "with a reach of 2")
        assert found == pytest.approx([sheet.answers[name] for name in names])
        assert len({round(g, 6) for g in found}) == 3


def test_truncation_strikes_out_what_is_lost():
    """The parts that are struck out add up to what the windows lose."""
    for sheet in of("truncation"):
        lost = [float(part.rpartition("= ")[2]) for part in
                re.findall(r"~~\$(.+?)\$~~", str(sheet.key))]
        assert sum(lost) == pytest.approx(-sheet.answers["error of the windows"])


def test_gru_conventions_in_plain_numpy():
    """The four states of the key, from the formulas on the sheet; no two of them agree."""
    for sheet in of("gru_conventions"):
        text, answers = str(sheet.sheet), sheet.answers
        a = {gate: np.array(row(text, f"$a_{gate}$")) for gate in "rzn"}
        h = np.array(value(re.search(r"h_\{t-1\} = (\([^$]+\))", text)[1].replace(r"\;", "")
                           .replace(",", "+ 1j * ")).view(complex) if False else
                     [float(v) for v in re.search(r"h_\{t-1\} = \(([^$]+)\)", text)[1]
                      .split(r",\;")])
        W = np.array([row(text, f"from $h_{k}$") for k in (1, 2)])
        r, z = 0.2 * a["r"] + 0.5, 0.2 * a["z"] + 0.5
        n = {"before": a["n"] + (r * h) @ W, "after": a["n"] + r * (h @ W)}
        found = {}
        for reset, candidate in n.items():
            found[reset, "keep"] = z * h + (1 - z) * candidate
            found[reset, "new"] = (1 - z) * h + z * candidate
        for (reset, update), state in found.items():
            for k in (0, 1):
                assert state[k] == pytest.approx(answers[f"h_{k + 1}, {reset}, {update}"])
        assert all(np.abs(p - q).min() > 0.04 for p, q in combinations(found.values(), 2))


@pytest.mark.parametrize("topic, seed, error, words", [
    ("btpp", 1, ValueError, "no such topic; did you mean 'bptt'"),
    ("lstm", 1, ValueError, "did you mean 'lstm_step'"),
    ("weather", 1, ValueError, "Topics are 'bptt', 'lstm_step', 'truncation', 'gru_conventions'"),
    ("bptt", -1, ValueError, "wanted a seed ≥ 0"),
    ("bptt", "Ada", TypeError, "a seed is a whole number.*received str"),
    ("bptt", True, TypeError, "received bool"),
])
def test_errors(topic, seed, error, words):
    """What was wrong, and what there is."""
    with pytest.raises(error, match=words):
        worksheet(topic, seed)


def test_a_class():
    """Sheets of a class are one page each, with their pictures, and the key begins with a table."""
    group = worksheets("bptt", [1, 2])
    assert group.sheet.text.count("\n---\n") == 1
    assert set(group.sheet.pictures) == {"1-graph.svg", "2-graph.svg"}
    assert "](2-graph.svg)" in group.sheet.text
    table = group.key.text.partition("\n---\n")[0]
    assert [line.split(" | ")[0] for line in table.splitlines()[4:] if line] == [
        "| bptt-1", "| bptt-2"]
    assert group.answers["L"] == [sheet.answers["L"] for sheet in of("bptt")[1:3]]
    with pytest.raises(ValueError, match="wanted seeds that differ"):
        worksheets("bptt", [1, 1])
    with pytest.raises(ValueError, match="wanted seeds"):
        worksheets("bptt", [])
