"""An audit drawn: the graph of the run, what is wrong in red, and below it why.

A mistake in a rule is an operand of an op, in a cell that is opened up; any other is a use of a
weight in the unrolled graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from minigrad.drawing.layout.ops import op_scene
from minigrad.drawing.layout.terms import ledger_terms
from minigrad.drawing.layout.unrolled import lay_out
from minigrad.drawing.options import Options
from minigrad.drawing.page.write import html
from minigrad.drawing.reading.boxes import Wire, along
from minigrad.drawing.reading.graph import read
from minigrad.drawing.render.picture import Drawing
from minigrad.drawing.render.scene import Scene
from minigrad.drawing.render.text import count
from minigrad.engine.node import Node
from minigrad.observe.packing import is_output

from .findings import Finding
from .formulas import TEXT, Notation
from .model import Model
from .recording import Call
from .wording import Wording

__all__ = ["Drawing", "draw_cell_of", "draw_steps_of", "why"]


def why(findings: Sequence[Finding]) -> str:
    """What is wrong, in a sentence or a few."""
    wrong: dict[str, list[str]] = {}
    for finding in findings:
        if not finding.agrees:
            best = finding.explanations[0] if finding.explanations else None
            says = best.says if best else "no single mistake tried leads to the claimed numbers"
            wrong.setdefault(says, []).append(f"∂L/∂{finding.name}")
    said = [f"{' and '.join(names)}: {says}." for says, names in wrong.items()]
    return " ".join(said) or "All claimed gradients agree with the tape."


def draw_cell_of(
    model: Model, finding: Finding, where: Wording, direction: str, title: str | None
) -> Drawing:
    """One step opened up, in which the operands are red whose cotangents are wrong."""
    place = where.uses[0].place
    calls = {call.t: call for call in model.derivation.at_place(place)}
    call = _typical(calls, finding)
    nodes = _Nodes(model)
    inside = {node for other in model.run.calls if other.here == call.here
              for node in nodes.made_by(other)}
    wrong = {
        (node, use.slot)
        for use in where.uses
        for other in model.derivation.at_place(use.place) if other.here == call.here
        for node in nodes.made_by(other) if not is_output(node)
    }
    scene, about = op_scene(
        model.loss, direction=direction, title=title, caption=why([finding]), inside=inside,
        names=nodes.names(call), wrong=wrong, step="t",
    )
    return _drawing(scene, f"step {call.t}, audited: {about}", title, [finding])


def draw_steps_of(
    model: Model, findings: Iterable[Finding], names: Mapping[str, str], title: str | None
) -> Drawing:
    """All steps, in which the uses are red whose terms are wrong, and the states whose gradients
    are. names: of each finding, the parameter or the value that it is of."""
    findings = list(findings)
    nodes = _Nodes(model)
    taps: set[tuple[Node | None, int]] = set()
    states: set[Node | None] = set()
    for finding in findings:
        name = names[finding.name]
        for t in finding.steps if not finding.agrees else ():
            if name in model.named:
                taps.add((model.named[name]._node, t))
            elif t in model.values[name]:
                states.add(nodes.of.get(model.values[name][t]))

    def wrong(wire: Wire) -> bool:
        if along(wire.source, wire.target):
            return wire.node in states
        return (wire.node, wire.target.t) in taps

    total = model.loss[0].sum()
    for loss in model.loss[1:]:
        total = total + loss.sum()
    unrolled = read(model.loss)
    scene = lay_out(
        unrolled, terms=ledger_terms([total], unrolled, True), title=title,
        caption=why(findings), wrong=wrong,
    )
    return _drawing(scene, f"{count(model.T, 'step')}, audited", title, findings)


def _drawing(
    scene: Scene, about: str, title: str | None, findings: Sequence[Finding]
) -> Drawing:
    asked = Options(title=title or "Audit")
    return Drawing(scene, about, lambda: html(scene, about, asked, verdict=why(findings)))


def _typical(calls: Mapping[int | None, Call], finding: Finding) -> Call:
    """The call of a step with wrong terms that has a step before it, if there is one."""
    later = list(calls)[:-1] or list(calls)  # the last step comes first
    wrong = [t for t in later if t in finding.steps]
    return calls[(wrong or later)[0]]


class _Nodes:
    """What the values of a run are on its tape."""

    def __init__(self, model: Model) -> None:
        self.model, self.of = model, model.run.nodes()

    def made_by(self, call: Call) -> set[Node]:
        """The nodes of a call: that of each result, and of an op with several its own."""
        found = {self.of[out] for out in call.outs if out in self.of}
        return found | {whole for part in found if is_output(part) and (whole := part.parents[0])}

    def names(self, here: Call) -> dict[Node, str]:
        """What values are called from the step of a call, where they have a name."""
        notation = Notation(self.model.derivation, TEXT)
        return {
            node: notation.value(value, here).replace("{", "").replace("}", "")
            for value, node in self.of.items() if value.name and not value.leaf
        } | {
            node: f"{value.name}_t-1"  # the first state
            for value, node in self.of.items() if value.leaf and value.name not in self.model.named
        }
