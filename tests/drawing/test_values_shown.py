"""values=True: what no op has saved is computed again, through ops of every kind."""

import numpy as np

import minigrad as mg
from minigrad.drawing.reading.values import all_values
from minigrad.engine.node import ancestors
from minigrad.engine.op import OPS
from minigrad.testing.calls import caller
from minigrad.testing.checking import drawn_calls

# Whose keywords or index neither the graph nor the shape of the result tells.
UNTOLD = {
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "choose", "conv_input",
    "conv_weight", "cross_entropy", "nll_loss", "quantile",
}


def shown(drawing, name):
    """The lines of the box of a name."""
    (mark,) = [m for m in drawing.scene.marks if m.data.get("name") == name]
    return [str(line) for line in mark.lines]


def test_through_ops_with_keywords():
    """From its operands and keywords the value of an op follows, whatever it saves for its rules;
    where a keyword is not known there is none, and a wrong one never."""
    found = set()
    for op in [op for op in OPS.values() if op.params]:
        for call in drawn_calls(op, 1, 0):
            operands = [mg.tensor(a, requires_grad=True) if k in call.live else a
                        for k, a in enumerate(call.args)]
            outputs = caller(op)(*operands, **call.params)
            outputs = outputs if isinstance(outputs, tuple | list) else [outputs]
            on_graph = [out for out in outputs if out._node is not None]
            values = all_values(ancestors(out._node for out in on_graph)[::-1])
            for out in on_graph:
                if out._node not in values:
                    assert op.name in UNTOLD
                else:
                    found.add(op.name)
                    np.testing.assert_allclose(values[out._node], out.numpy(), rtol=1e-5, atol=1e-6)
    assert len(found) > 50


def test_a_graph_that_outlives_its_weights():
    """What a function returns is drawn with all values, though its weights are gone."""

    def neuron():
        w, b = mg.Parameter(-0.3, name="w"), mg.Parameter(0.5, name="b")
        return np.tanh(w * mg.tensor(2.0, name="x") + b)

    drawing = mg.draw(neuron(), view="ops", values=True)
    assert [shown(drawing, name)[1] for name in ("w", "x", "b", "multiply", "add", "tanh")] == [
        "-0.300", "2.00", "0.500", "-0.600", "-0.100", "-0.0997"]

    def written():
        w = mg.Parameter(1.0, name="w")
        with mg.no_grad():
            w += 1.0
        return w + 1.0

    # It is not what was kept when it was made, but follows from the result.
    assert shown(mg.draw(written(), view="ops", values=True), "w") == ["w", "2.00"]


def test_numbers_are_constants_of_any_kind():
    """Of Python, of NumPy, or a Tensor without a name: each has a box, and a value."""
    w = mg.Parameter(1.0, name="w")
    for two in (2, 2.0, np.float64(2.0), np.int32(2), mg.tensor(2.0)):
        drawing = mg.draw(w + two, view="ops", values=True)
        (box,) = [m for m in drawing.scene.marks if m.kind == "constant"]
        assert [str(line) for line in box.lines] == ["2.00"]
        assert shown(drawing, "add")[1] == "3.00"
