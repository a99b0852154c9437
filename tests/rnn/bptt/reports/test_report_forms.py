"""What a report looks like: as a table, a picture, JSON, and for pandas."""

import json
import re
import sys
import types

import numpy as np
import pytest

import minigrad as mg
from rnn import GRU, LSTM, ElmanCell, Readout, unroll
from rnn.bptt import Report, report

XS = np.random.default_rng(0).normal(size=(5, 2, 3))


def translation():
    encoder, decoder = (GRU(3, 4, dtype=float, rng=k) for k in (0, 1))
    head = Readout(4, 2, dtype=float, rng=2)
    _, state = encoder(XS)
    outputs, _ = decoder(XS[:3], state)
    loss = (head(outputs) ** 2).mean()
    return report(loss, {"enc": encoder, "dec": decoder, "head": head, "v": mg.Parameter([1.0])})


FOUND = translation()


def test_the_table_of_a_model():
    """A group for each layer with its steps, a line for all its weights, for each and for its
    gates; what is outside is a part with the names of ops; what is not used says so."""
    lines = str(FOUND).splitlines()
    assert lines[0].startswith(f"L = {FOUND.loss:.6g}; ‖∂L/∂W‖ = ")
    assert lines[0].endswith(" over 11 weights")
    headings = [line for line in lines[3:-3] if line and not line.startswith(" ")]
    assert headings == [
        "enc.cell, steps 1 to 5", "dec.cell, steps 1 to 3", "head outside of the steps",
        "weights outside of the steps",
    ]
    at = lines.index("dec.cell, steps 1 to 3")
    assert lines[at + 1].split()[:2] == ["all", "weights"]
    row = FOUND["dec.cell.W_hh"]
    (line,) = [line for line in lines[at:] if line.startswith("  W_hh ")]
    k = row.parts.argmax()
    assert line.split()[1:6] == [
        f"{row.total:.3g}", f"{100 * row.parts[k]:.3g}", "%", "at", f"t={row.steps[k]}"
    ]
    gates = [one.split()[0] for one in lines[lines.index(line) + 1 :][:3]]
    assert gates == ["r", "z", "n"]
    (head,) = [line for line in lines if line.startswith("  W_hq ")]
    assert head.split()[2:] == ["100", "%"]
    assert "  outside of the steps: W_hq by matmul" in lines
    assert any(line.startswith("  v ") and "not on the graph" in line for line in lines)
    assert not any(re.search(r"\s0 (% )?at t=", line) for line in lines)
    assert repr(FOUND) == str(FOUND)


def test_a_table_fits_a_terminal():
    """100 columns and about 60 lines whatever the model: gates are left out, then weights, which
    the last lines say; columns stand below each other."""
    xs = np.ones((4, 1, 3), np.float32)
    for layers, finest, left in ((1, "gates", None), (3, "weights", "gates"), (8, "layers", "all")):
        layer = LSTM(3, 2, num_layers=layers, bidirectional=True, rng=0)
        outputs, _ = layer(xs, start=197)
        found = report(outputs.sum(), {"a_rather_long_name_for_it" * 4: layer})
        lines = str(found).splitlines()
        assert max(map(len, lines)) <= 100
        assert len(lines) <= 70
        assert str(found).startswith(found.table(finest)[:1000])
        assert ("Without its" in str(found)) == (left is not None)
        assert max(map(len, found.table("gates").splitlines())) <= 100
        full = [line for line in lines if line.endswith(("█", "▇", "▆", "▅", "▄", "▃", "▂", "▁"))]
        assert len({line.index(line.split()[-1]) for line in full}) == 1


def test_a_row_prints_its_steps():
    """One line a step, of many the first and the last, and what is outside."""
    lines = str(FOUND["dec.cell.W_hh[z]"]).splitlines()
    assert lines[0].startswith("dec.cell.W_hh[z] in gru, forward: ‖G‖ = ")
    assert [line.split()[:2] for line in lines[2:]] == [["1", "2"], ["2", "1"], ["3", "0"]]
    assert str(FOUND["W_hq"]).endswith("outside of the steps: 100 % by matmul")
    assert str(FOUND["v"]).endswith("not on the graph of this loss")
    cell = ElmanCell(3, 2, rng=0)
    row = report(unroll(cell, np.ones((90, 1, 3)))[0].sum(), cell)["b_h"]
    lines = str(row).splitlines()
    assert len(lines) == 2 + 40 + 1
    assert lines[22].strip() == "…"
    assert lines[-1].split()[:2] == ["90", "0"]


def test_a_report_without_steps_says_why():
    """As the ledger and pictures do."""
    w = mg.tensor(np.ones(2), requires_grad=True, name="w")
    found = report((w**2).sum(), w)
    assert "No steps: no use of a weight was recorded under a time step; label" in str(found)
    assert "`with minigrad.scope(name, t=t):`" in " ".join(str(found).split())
    assert "over one weight" in str(found)
    with pytest.raises(ValueError, match="wanted at least one weight or gate"):
        found.plot(names=[])


def test_json_and_back():
    """The text is JSON without NaN or Infinity, has all that there is, and the report that is read
    from it writes the same and prints the same."""
    text = FOUND.to_json()

    def refuse(constant):
        raise AssertionError(constant)

    whole = json.loads(text, parse_constant=refuse)
    assert len(whole["rows"]) == len(FOUND)
    first = whole["rows"][0]
    assert first["weight"] == "enc.cell.W_xh"
    np.testing.assert_array_equal(first["norms"], FOUND["enc.cell.W_xh"].norms)
    assert {row["half_life"] for row in whole["rows"]} >= {"Infinity", "NaN"}
    back = Report.from_json(text)
    assert back.to_json() == text
    assert str(back) == str(FOUND)
    assert str(back["dec.cell.W_hh[z]"]) == str(FOUND["dec.cell.W_hh[z]"])
    for wrong in ("{", "[]", '{"report": 2}', '{"report": 1, "loss": 0, "rows": [{}]}', "3"):
        with pytest.raises(ValueError, match=r"Report.from_json: wanted the text of Report.to_jso"):
            Report.from_json(wrong)


def test_json_in_a_file(tmp_path):
    """It is written where one says, indented or not."""
    text = FOUND.to_json(tmp_path / "report.json", indent=1)
    assert (tmp_path / "report.json").read_text("utf-8") == text
    assert text != FOUND.to_json()
    assert json.loads(text) == json.loads(FOUND.to_json())


def test_pandas_is_asked_for_when_it_is_needed(monkeypatch):
    """Where it is missing the error says what to install."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"Report.to_frame needs pandas: pip install pandas"):
        FOUND.to_frame()


def test_lines_for_pandas(monkeypatch):
    """A line for each weight, gate and step, and one for what is outside of each."""
    class Frame:
        def __init__(self, lines, columns):
            self.lines, self.columns = lines, columns

        def astype(self, dtypes):
            assert dtypes == {"step": "Int64", "lag": "Int64"}
            return self

    monkeypatch.setitem(sys.modules, "pandas", types.SimpleNamespace(DataFrame=Frame))
    frame = FOUND.to_frame()
    assert len(frame.lines) == 16 * (5 + 3) + 2
    assert all(set(line) <= set(frame.columns) for line in frame.lines)
    parts: dict[str, float] = {}
    for line in frame.lines:
        name = f"{line['weight']}[{line['gate']}]"
        parts[name] = parts.get(name, 0) + line["part"]
    np.testing.assert_allclose(list(parts.values()), 1, rtol=1e-12)
    assert next(line for line in frame.lines if "step" not in line)["parameter"] == "W_hq"


def test_the_picture_of_a_report():
    """Two heat maps and bars with a line for each weight, or for those asked for, places told
    apart; terms over decades have a logarithmic scale."""
    pytest.importorskip("matplotlib")
    figure = FOUND.plot()
    left, middle, right = figure.axes[:3]
    labels = [label.get_text() for label in left.get_yticklabels()]
    assert labels[:2] == ["enc.cell.W_xh", "enc.cell.W_hh"]
    assert len(labels) == 11
    sizes = left.images[0].get_array()
    row = FOUND["dec.cell.W_xh"]
    np.testing.assert_allclose(sizes[4, :3], row.norms / row.norms.max())
    assert sizes.mask[4].tolist() == [False] * 3 + [True] * 2      # dec has three steps
    np.testing.assert_allclose(middle.images[0].get_array()[4, :3], row.cosines)
    assert len(right.patches) == 2 * 11     # and what is outside of the steps
    cell = ElmanCell(3, 3, dtype=float, rng=0)
    cell.gate("h").W_hh = 0.1 * np.eye(3)
    _, state = unroll(cell, XS, name="first")
    _, state = unroll(cell, XS[:1], state, name="second")
    found = report(state.sum(), cell)
    figure = found.plot(names=["W_hh"])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "W_hh in first", "W_hh in second"
    ]
    assert type(figure.axes[0].images[0].norm).__name__ == "LogNorm"
