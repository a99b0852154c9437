"""Audits drawn: what is red is what is wrong, by its id, and the sentence stands below."""

import pytest

from examples import audit_derivations, scalar_rnn
from rnn.bptt import audit
from tests.support.pictures import caption, red

AUDITS = {
    "A1": lambda: audit(lambda: scalar_rnn.by_hand(slip=True), **audit_derivations.scalar()),
    "A2": lambda: audit(audit_derivations.slides, **audit_derivations.one_to_many()),
}


@pytest.mark.parametrize(
    "name, ops, taps",
    [
        ("A1", [("tanh", "x", "add")], {("W_xh", 1), ("W_xh", 2), ("W_hh", 2)}),
        ("A2", [("add", "y", "matmul")], {("W_xh", 1), ("W_hh", 2)}),
    ],
)
def test_the_worked_examples(name, ops, taps):
    """In the cell the operand whose slope or term is wrong; in the unrolled graph the uses whose
    terms are, and no others. The reason stands below both."""
    found = AUDITS[name]()
    cell = red(found.draw(view="cell"))
    assert [(h.data["op"], p.data["argument"], t.data["op"]) for p, t, h in cell] == ops
    steps = found.draw(view="steps")
    assert {(p.data["weight"], p.data["step"]) for p, _, _ in red(steps)} == taps
    assert {path.kind for path, _, _ in red(steps)} == {"tap"}
    wrong = [finding for finding in found.values() if not finding.agrees]
    for finding in wrong:
        assert finding.explanations[0].says.split(" in `")[0].replace("{", "").replace("}", "") in (
            caption(steps)
        )
        (path,) = [p for p, _, _ in red(found.draw(finding.name, view="cell"))]
        assert path.data["argument"]


def test_gradients_of_states():
    """A wrong ∂L/∂h_t is the wire of that state."""
    found = audit(
        {"h": [0.0496, 0.2224, 0.2256]}, **audit_derivations.scalar(), rtol=3e-3
    )
    wires = red(found.draw(view="steps"))
    assert [(path.kind, path.data["name"], path.data["step"]) for path, _, _ in wires] == [
        ("state", "h", 1), ("state", "h", 2),
    ]


def test_right_claims_have_no_red():
    """All agree: the unrolled graph, and a caption that says so; there is no cell to open."""
    found = audit(lambda: scalar_rnn.by_hand(slip=False), **audit_derivations.scalar())
    drawing = found.draw(title="right")
    assert not red(drawing)
    assert caption(drawing) == "All claimed gradients agree with the tape."
    with pytest.raises(ValueError, match=r"view='cell'.*no rule of an op is to blame"):
        found.draw(view="cell")
    with pytest.raises(ValueError, match=r"view='ops'.*wanted one of 'auto', 'cell', 'steps'"):
        found.draw(view="ops")
    with pytest.raises(KeyError, match="the claimed gradients are"):
        found.draw("V")
