"""What users print can be printed on a console, and into a file, that knows 256 signs only."""

import ast
import io
import sys

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.console import SPELLED, printable, spelled, spelling
from tests.support.modules import MODULES, text_of


def unrolled(make=rnn.RNNCell):
    """A cell of size 3, its states on the tape, and their loss."""
    cell = make(2, 3, rng=0)
    outputs, _ = rnn.unroll(cell, np.random.default_rng(0).normal(size=(4, 1, 2)))
    return cell, outputs, (outputs * outputs).sum()


def of_lstm():
    cell, outputs, _ = unrolled(rnn.LSTMCell)
    return rnn.bptt.lstm_paths(outputs[-1].sum(), cell)


def jacobian():
    _, outputs, _ = unrolled()
    h = [outputs[0], outputs[-1]]
    return rnn.bptt.jacobian(h[1], h[0])


def ledger():
    cell, _, loss = unrolled()
    return rnn.bptt.ledger(loss, cell)


def report():
    cell, _, loss = unrolled()
    return rnn.bptt.report(loss, cell)


PRINTED = {
    "every op": mg.catalogue,
    "an op": lambda: mg.catalogue("sqrt")[0],
    "a tape": lambda: mg.Tape((np.sqrt(mg.tensor([4.0], requires_grad=True))).sum()),
    "a ledger": ledger,
    "a report": report,
    "a bound": lambda: rnn.bptt.bound(rnn.RNNCell(2, 3, rng=0)),
    "converted weights": lambda: rnn.convert.weights_of(rnn.GRUCell(5, 3, rng=0)),
    "a program": lambda: mg.scan.plan(lambda h, x: (h + x, h), 0.0, np.arange(3.0)).program,
}


@pytest.mark.parametrize("what", PRINTED)
def test_everything_prints_in_cp1252(monkeypatch, what):
    """As `print(x)` does under Windows where its output goes to a file; else nothing changes."""
    thing = PRINTED[what]()
    before = str(thing)
    written = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="\n")
    monkeypatch.setattr("sys.stdout", written)
    print(thing)
    written.flush()
    text = written.buffer.getvalue().decode("cp1252")
    assert text.count("?") == before.count("?")
    assert len(text.splitlines()) == len(before.splitlines())
    monkeypatch.undo()
    assert str(thing) == before


def test_signs_are_spelled():
    """Each sign that has a spelling gets it, other letters their plain one, what is left a "?"."""
    for sign, plain in SPELLED.items():
        assert spelled(f"a{sign}b", "cp1252") == f"a{plain}b"
        assert plain.isascii()
        assert not sign.encode("cp1252", "ignore")
    assert spelled("h₁ δ 日", "cp1252") == "h1 delta ?"
    assert spelled("Γ x⁻¹ xᵖ x² eˣ⁺ʸ", "cp1252") == "Gamma x^-¹ x^p x² e^x+y"
    assert spelled("x⁻¹ ∂L/∂h ά ü", "ascii") == "x^-1 dL/dh alpha u"


def test_programs_spell_out(monkeypatch):
    """What a program prints of its own is spelled too; one without a console is left alone."""
    written = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="\n")
    monkeypatch.setattr("sys.stdout", written)
    with spelling(sys.stdout):
        print("‖G_t‖ → 0")
        written.flush()
    assert written.errors == "strict"
    assert written.buffer.getvalue() == b"|G_t| -> 0\n"
    with spelling(None):
        pass


@pytest.mark.parametrize("encoding", [None, "utf-8", "no such encoding"])
def test_a_console_that_can_shows_it_as_it_is(monkeypatch, encoding):
    """So does one that does not say, as in notebooks and under pytest."""

    class Thing:
        __repr__ = printable(lambda self: "‖∂‖")

    class Console(io.StringIO):
        pass

    Console.encoding = encoding
    monkeypatch.setattr("sys.stdout", Console())
    assert repr(Thing()) == "‖∂‖"
    monkeypatch.setattr("sys.stdout", None)  # pythonw has none
    assert repr(Thing()) == "‖∂‖"


# Who writes such signs, and has a text of its own that holds none.
OTHERS = {
    ("minigrad.drawing.render.text", "TextLine"): "a line in a picture",
    ("minigrad.scanning.program", "Var"): "name, shape and dtype",
    ("rnn.tasks.temporal_order", "TemporalOrder"): "numbers; the sign is in an error",
}


def test_no_text_is_forgotten():
    """Where a module writes a sign that cp1252 lacks, the texts of its objects are printable."""
    found = set()
    for name in MODULES:
        tree = ast.parse(text_of(name))
        if not _signs(tree):
            continue
        for node in ast.walk(tree):
            for f in node.body if isinstance(node, ast.ClassDef) else ():
                own = isinstance(f, ast.FunctionDef) and f.name in ("__repr__", "__str__")
                if own and "printable" not in map(ast.unparse, f.decorator_list):
                    found.add((name, node.name))
    assert found == set(OTHERS)


def _signs(tree):
    """The signs in the strings of a module, without its docstrings, that cp1252 lacks."""
    written = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    docs = [id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    text = "".join(w.value for w in written if isinstance(w.value, str) and id(w) not in docs)
    return {sign for sign in text if not sign.encode("cp1252", "ignore")}
