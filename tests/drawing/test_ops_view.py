"""The op view: a box for each op, an edge for each operand, and a limit that explains itself."""

import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad.observe.packing import constant_operand
from tests.support.pictures import attribute, edges, elman, lstm, nodes, parameter


def boxes(drawing):
    return {name: text for name, text in nodes(drawing.dot).items() if name[0].isdigit()}


def words(drawing):
    """What stands beside wires and in the corners of frames."""
    marks = [mark for mark in drawing.scene.marks if mark.kind == "text"]
    return [str(line) for mark in marks for line in mark.lines]


def inside(mark, frame):
    return (frame.left < mark.left < mark.right < frame.right
            and frame.bottom < mark.bottom < mark.top < frame.top)


def test_every_op_once_and_every_use():
    """Each node of the tape is one box, a leaf that is used twice too, with an edge a use."""
    x, w = parameter("x", 2, 3), parameter("w", 3, 3)
    y = np.tanh(x @ w) @ w + x
    drawing = mg.draw(y)
    assert repr(drawing) == "<Drawing of 6 ops>"
    assert len(boxes(drawing)) == len(mg.Tape(y)) == 6
    found = edges(drawing.dot)
    assert sum(tail.endswith(" w") for tail, _, _ in found) == 2
    assert sum(tail.endswith(" x") for tail, _, _ in found) == 2
    assert len(found) == 7
    colors = [attribute(text, "fillcolor") for name, text in boxes(drawing).items()]
    assert len(set(colors)) == 3  # two leaves and the ops


def test_the_same_operand_twice():
    """x * x has two edges."""
    x = parameter("x", 2)
    assert len(edges(mg.draw(x * x).dot)) == 2


def test_ops_with_several_results():
    """A split is one box; the edges from it say which part they are."""
    loss = lstm(1)
    drawing = mg.draw(loss, view="ops")
    (split,) = [name for name in boxes(drawing) if name.endswith("split")]
    wires = [path for path in drawing.scene.paths if path.tail == split]
    assert sorted(path.data["part"] for path in wires) == ["0", "1", "2", "3"]
    assert {"0", "1", "2", "3"} < set(words(drawing))


def test_parts_of_unequal_shapes():
    """Every part of a split has its own shape, and a part with a name says it on its wire."""
    one, two = np.split(parameter("x", 2, 5), [2], axis=1)
    one.name = "gate"
    drawing = mg.draw([one * 2, two * 2])
    assert "(2, 2), (2, 3)" in drawing.dot
    assert sorted(words(drawing)) == ["1", "gate"]


def test_what_enters_a_scope_is_no_weight():
    """An input that a scope declares is pale, and called as it is there; a weight has a colour."""
    x, w = mg.tensor([1.0], requires_grad=True), parameter("w", 1)
    with mg.scope("cell", x=x):
        y = x * w
    found = boxes(mg.draw(y))
    pale, strong = (found[name] for name in list(found)[:2])
    assert ">x<" in pale or 'label=x' in pale
    assert attribute(pale, "fillcolor") == "#e8f0fe"
    assert attribute(strong, "fontcolor") == "#ffffff"


def test_the_value_of_a_number_stands_for_its_shape():
    """An empty shape would say nothing more."""
    x = mg.tensor(3.0, requires_grad=True, name="x")
    assert "()" in mg.draw(x * 2.0).dot
    product = mg.draw((x * 2.0) * (x * 3.0), values=True)
    assert not [name for name, text in boxes(product).items() if ">()<" in text]


def test_scopes_are_frames():
    """Ops stand inside a frame for their scope, and that in one for the scope around it."""
    with mg.scope("encoder"):
        x = parameter("x", 2) * 2
        with mg.scope("gate", t=3):
            y = np.tanh(x)
    at = {mark.id: mark for mark in mg.draw(y, view="ops").scene.marks}
    outer, inner = at["frame encoder"], at["frame encoder_gate[t=3]"]
    assert inside(at["1 multiply"], outer)
    assert not inside(at["1 multiply"], inner)
    assert inside(at["2 tanh"], inner)
    assert inside(inner, outer)


def test_values_and_gradients():
    """Values that the graph holds, and the derivative of the output with respect to each op."""
    x = mg.tensor(3.0, requires_grad=True, name="x")
    drawing = mg.draw(x * x * 2.0, values=True, gradients=True)
    (leaf,) = [text for name, text in boxes(drawing).items() if name.endswith(" x")]
    assert "3.00" in leaf
    assert "grad = 12.0" in leaf
    (first, last) = [text for name, text in boxes(drawing).items() if name.endswith("multiply")]
    assert "grad = 2.00" in first
    assert "18.0" in last
    assert x.grad is None


def test_values_of_tensors_that_are_named():
    """A sum saves no operand; the picture shows the values of those that it is given."""
    model = mg.Module()
    model.a, model.b = mg.Parameter(2.0), mg.Parameter(10.0)
    total = model.a + model.b
    for asked in (model, [model.a, model.b], iter([model.a, model.b])):
        found = boxes(mg.draw(total, values=asked))
        assert ">2.00<" in found["0 a"]
        assert ">10.0<" in found["1 b"]
    with pytest.raises(TypeError, match=r"values=.*wanted True, tensors, or a module"):
        mg.draw(total, values=[np.ones(2)])


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_direction(direction):
    """Data flows where it is told to: whatever reads stands that way from what it reads."""
    scene = mg.draw(elman(2), view="ops", direction=direction).scene
    at = {mark.id: mark for mark in scene.marks}
    for path in scene.paths:
        one, two = at[path.tail], at[path.head]
        assert {"LR": one.right < two.left, "RL": two.right < one.left,
                "TB": two.top < one.bottom, "BT": one.top < two.bottom}[direction]


def test_a_chain_of_100_000_ops():
    """A graph that is too large to lay out is refused in words, without recursion."""
    x = parameter("x", 1)
    for _ in range(100_000):
        x = x * 1.0001
    with pytest.raises(ValueError, match=r"100,001 ops, and more than 400 .*scope\(name, t=t\)"):
        mg.draw(x)
    assert sys.getrecursionlimit() < 100_000


def test_a_long_chain_in_a_step():
    """The step view draws a step of 20,000 ops as the one box that it is."""
    x = parameter("x", 1)
    with mg.scope("rnn", t=1):
        for _ in range(20_000):
            x = x * 1.0001
    assert repr(mg.draw(x)) == "<Drawing of 1 step: 1 box, 1 weight>"


def test_a_single_leaf():
    """A parameter alone is a picture of one box."""
    assert len(boxes(mg.draw(parameter("w", 2)))) == 1


def said(drawing):
    """What each box says, by the name in its data."""
    return {mark.data.get("name", ""): [str(line) for line in mark.lines]
            for mark in drawing.scene.marks if mark.kind in ("op", "weight", "constant", "input")}


def test_a_neuron_is_complete():
    """Weights, inputs and constants by name, with every value and every gradient."""
    x, target = mg.tensor(2.0, name="x"), mg.tensor(0.5, name="target")
    w, b = (mg.tensor(v, requires_grad=True, name=n) for v, n in ((-3.0, "w"), (6.9, "b")))
    loss = 3.0 * (np.tanh(w * x + b) - target) ** 2
    drawing = mg.draw(loss, view="ops", values=True, gradients=True)
    boxes = said(drawing)
    assert boxes["x"] == ["x", "2.00"]
    assert boxes["target"] == ["target", "0.500"]
    assert boxes["w"][:2] == ["w", "-3.00"]
    assert boxes["b"][:2] == ["b", "6.90"]
    assert boxes["tanh"][:2] == ["tanh", "0.716"]
    marks = [mark for mark in drawing.scene.marks if mark.kind in ("op", "weight")]
    assert len(marks) == 8
    for mark in marks:
        assert np.shape(mark.data["values"][""]) == ()
        assert np.shape(mark.data["gradients"][""]) == ()
    numbers = [m for m in drawing.scene.marks if m.kind == "constant" and "name" not in m.data]
    assert [str(m.lines[0]) for m in numbers] == ["3.00"]
    assert len(drawing.scene.paths) == 10  # of the four products and sums two each


def test_every_value_of_a_network():
    """Values that no op has saved follow from those that are known; each is what was computed."""
    rng = np.random.default_rng(0)
    X, W = mg.tensor(rng.normal(size=(5, 3)), name="X"), parameter("W", 3, 4)
    V, c = parameter("V", 4, 2), parameter("c", 2)
    hidden = mg.functional.relu(X @ W)
    scores = (hidden @ V).reshape(2, 5).T + c
    loss = (scores - scores.mean(axis=0)).sum()
    marks = [m for m in mg.draw(loss, view="ops", values=True).scene.marks if m.kind != "text"]
    assert all("values" in mark.data for mark in marks)
    (add,) = [mark for mark in marks if mark.data["name"] == "add"]
    assert np.array_equal(add.data["values"][""], scores.numpy())


def test_values_are_those_of_the_run():
    """A weight that was changed since is shown without a value, and so is what follows from it."""
    w, x = parameter("w", 2), mg.tensor(np.ones(2), name="x")
    y = w + x
    total = (y + 1.0).sum()
    before = said(mg.draw(total, view="ops", values=True))
    assert len(before["add"]) == 3
    w.data = np.zeros(2)
    after = said(mg.draw(total, view="ops", values=True))
    assert after["w"] == ["w", "(2,)"]
    assert after["add"] == ["add", "(2,)"]
    assert after["x"] == before["x"]


def test_reuse_and_broadcasting_are_seen():
    """x · x has two wires from one box, each into a place of its own; shapes stand in the boxes."""
    x, row = parameter("x", 3, 1), parameter("row", 4)
    drawing = mg.draw(x * x + row, view="ops")
    wires = [path for path in drawing.scene.paths if path.data.get("weight") == "x"]
    assert [path.data["argument"] for path in wires] == ["x", "y"]
    assert len({path.points[-1] for path in wires}) == 2
    assert said(drawing)["add"] == ["add", "(3, 4)"]
    assert said(drawing)["row"] == ["row", "(4,)"]


def test_an_array_without_a_name_is_freed():
    """Only numbers and named tensors are kept for pictures."""
    w, named = parameter("w", 2), mg.tensor(np.ones(2), name="x")

    def kept(result):
        (node,) = [n for n in mg.Tape(result) if n.op]
        return [constant_operand(node, k) for k in range(len(node.parents))]

    assert kept(w + np.ones(2)) == kept(w + mg.tensor(np.ones(2))) == [None, None]
    assert kept(named + w) == [named, None]
    assert kept(np.maximum(w, 2.0)) == [None, 2.0]
    assert kept(np.tanh(w)) == [None]
