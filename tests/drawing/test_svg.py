"""The SVG writer: valid XML whatever is written, ids and data for every part, the same bytes."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import minigrad as mg
from minigrad.observe.contributions import contributions
from tests.support.pictures import elman, gru, lstm, parameter, weights

SVG = "{http://www.w3.org/2000/svg}"


def groups(drawing):
    """The `<g>` of each part of the picture, by id."""
    found = ET.fromstring(drawing.svg()).iter(f"{SVG}g")
    return {group.get("id"): group for group in found}


@pytest.mark.parametrize("make", [elman, lstm, gru])
def test_every_part_is_found_by_its_id(make):
    """Marks with something to see, and all paths, are groups with the ids of the data; paths name
    the marks at their ends."""
    drawing = mg.draw(make(3), ledger=True, values=True, gradients=True, title="title")
    found, data = groups(drawing), drawing.scene.data()
    ids = [part["id"] for part in data["marks"] + data["paths"]]
    assert len(set(ids)) == len(ids)
    assert found.keys() <= set(ids)
    for part in data["paths"]:
        assert found[part["id"]].get("class") == f"path {part['kind']}"
        assert {part["tail"], part["head"]} <= set(ids)
    unseen = {part["id"] for part in data["marks"]} - found.keys()
    assert all(part["kind"] == "end" for part in data["marks"] if part["id"] in unseen)


def test_taps_say_what_they_are():
    """Weight, step, op and ‖G_t‖ of each tap, in the SVG and in the data; terms sum to the total
    of the weight."""
    loss = elman(3)
    drawing = mg.draw(loss, ledger=True)
    found, leaves = groups(drawing), weights(loss)
    data = drawing.scene.data()
    taps = [part for part in data["paths"] if part["kind"] == "tap"]
    assert len(taps) == 3 * 4
    for name, uses in zip(leaves, contributions(loss, list(leaves.values())), strict=True):
        mine = [tap for tap in taps if tap["data"]["weight"] == name]
        assert [tap["data"]["step"] for tap in mine] == [use.t for use in uses]
        for tap, use in zip(mine, uses, strict=True):
            group = found[tap["id"]]
            assert (group.get("data-weight"), group.get("data-step")) == (name, str(use.t))
            assert group.get("data-op") == tap["data"]["op"] == use.node.op.name
            assert tap["data"]["term"] == use.value.tolist()
            assert float(group.get("data-norm")) == pytest.approx(
                    np.linalg.norm(use.value), rel=1e-5
                )
        (weight,) = [m for m in data["marks"] if m["data"].get("weight") == name]
        total = sum(use.value for use in uses)
        assert np.array(weight["data"]["total"]) == pytest.approx(total)
        norms = sum(np.linalg.norm(use.value) for use in uses)
        assert weight["data"]["cancel"] == pytest.approx(np.linalg.norm(total) / norms)


def test_values_and_gradients_are_data():
    """Arrays are lists in the data, by the name of the state, and JSON takes all of it."""
    drawing = mg.draw(lstm(2), values=True, gradients=True)
    data = json.loads(json.dumps(drawing.scene.data(), allow_nan=False))
    (cell,) = [m for m in data["marks"] if m["id"] == "lstm-t-1"]
    assert cell["data"]["step"] == 1
    assert cell["data"]["states"] == ["c", "h"]
    for kind in ("values", "gradients"):
        assert np.shape(cell["data"][kind]["h"]) == (2, 4)
    assert {"matmul", "tanh"} <= {op["op"] for op in cell["data"]["ops"]}


def test_the_same_graph_has_the_same_bytes():
    """Text, ids and places depend on nothing but the graph."""
    one, two = (mg.draw(lstm(3), ledger=True, title="again") for _ in range(2))
    assert one.svg() == two.svg()
    assert one.dot == two.dot
    assert one.scene.data() == two.scene.data()


def test_lengths_of_text_are_given():
    """Each line of text has the length that its box was made for."""
    drawing = mg.draw(elman(2), ledger=True, values=True)
    widths = {line.width for mark in drawing.scene.marks for line in mark.lines}
    lines = list(ET.fromstring(drawing.svg()).iter(f"{SVG}text"))
    assert lines
    for line in lines:
        length = float(line.get("textLength"))
        assert min(abs(length - width) for width in widths) < 0.01


HOSTILE = (
    "</script><script>alert(1)</script>", "\"' onload='x", "]]>&amp;<!--", "\u202eright to left",
    "שלום", "\x00\x07\ud800\ufffe", "👩‍👩‍👧 🙂", "重み", "x" * 10_000, "{{x}} ${y} \\u0041",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_text(name):
    """Whatever a name holds, the SVG is valid XML with the same elements."""
    def shapes(label):
        w, h = parameter("w", 2, 2), mg.tensor(np.zeros(2))
        w.name = label
        for t in (1, 2):
            with mg.scope(label, t=t, **{"h": h, label: np.ones(2)}):
                h = np.tanh(h @ w)
        root = ET.fromstring(mg.draw(h.sum(), title=label).svg().encode())
        return [child.tag for child in root.iter() if not child.tag.endswith("tspan")]

    assert shapes(name) == shapes("plain")
