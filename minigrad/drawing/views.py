"""The three views: from a graph to the scene that is painted, with all that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .layout.columns import columns_kept
from .layout.notes import box_notes, gradients_of, memory_of, values_of
from .layout.ops import op_scene
from .layout.rolled import roll
from .layout.rows import in_rows
from .layout.terms import Terms, ledger_terms, sums_of
from .layout.unrolled import lay_out
from .options import Options, finished
from .page.views import ops_page, rolled_page, steps_page
from .reading.graph import read
from .render.captions import add_title
from .render.picture import Drawing
from .render.text import count

if TYPE_CHECKING:
    from ..engine.node import Node
    from ..engine.tensor import Tensor
    from .reading.boxes import Unrolled
    from .render.scene import Scene

__all__ = ["draw_ops", "draw_rolled", "draw_steps"]

_MOST_BOXES = 20_000


def draw_ops(outputs: Sequence[Tensor], asked: Options) -> Drawing:
    """Every op a box."""

    def lay(values: Any, gradients: bool, title: str | None = None) -> tuple[Scene, str]:
        return op_scene(
            outputs, values=values, gradients=gradients, direction=asked.direction or "LR",
            title=title, labels=asked.labels, show=asked.show,
        )

    scene, about = lay(asked.values, asked.gradients, asked.title)
    return Drawing(finished(scene, asked), about, lambda: ops_page(outputs, asked, about, lay))


def draw_rolled(outputs: Sequence[Tensor], asked: Options) -> Drawing:
    """One column for all steps."""
    unrolled = _unrolled(outputs, "rolled")
    rolled, words = roll(unrolled)

    notes = box_notes(rolled, {}, {}, {}, shapes="shapes" in (asked.show or ()))

    def lay(title: str | None = None) -> Scene:
        return lay_out(rolled, notes=notes, title=title, words=words, labels=asked.labels)

    weights = sum(box.kind == "weight" for box in rolled.sources)
    about = (
        f"{count(unrolled.columns, 'step')} as one: {count(len(rolled.steps), 'box')}, "
        f"{count(weights, 'weight')}"
    )
    scene = finished(lay(asked.title), asked)
    return Drawing(scene, about, lambda: rolled_page(asked, about, lay))


def draw_steps(outputs: Sequence[Tensor], asked: Options) -> Drawing:
    """One column a step."""
    unrolled = _unrolled(outputs, "steps")
    columns, boxes = unrolled.columns, len(unrolled.steps)
    kept = columns_kept(unrolled, asked.steps, asked.max_steps)
    if boxes * min(1.0, len(kept) / columns) > _MOST_BOXES:
        raise ValueError(
            f"draw(..., view='steps'): {columns:,} steps with {boxes:,} boxes are too many for one "
            f"picture; draw the first and last of them, as with max_steps=12"
        )
    show = asked.show or frozenset()
    memory = memory_of(unrolled) if "memory" in show else {}

    def lay(terms: Terms | None, held: Mapping[Node, Any], slopes: Mapping[Node, Any]) -> Scene:
        notes = box_notes(
            unrolled, held, slopes, sums_of(terms), shapes="shapes" in show, memory=memory,
        )
        return in_rows(unrolled, kept, asked.wrap, lambda part, columns, elsewhere, last: lay_out(
            part, terms=terms, notes=notes, kept=columns, held=held, slopes=slopes,
            labels=asked.labels, whole=unrolled, elsewhere=elsewhere, legend=last,
        ))

    scene = lay(
        ledger_terms(outputs, unrolled, asked.ledger, asked.widths),
        values_of(outputs, unrolled.home, asked.values),
        gradients_of(outputs, unrolled.home) if asked.gradients else {},
    )
    add_title(scene, asked.title)
    weights = sum(box.kind == "weight" for box in unrolled.sources)
    about = f"{count(columns, 'step')}: {count(boxes, 'box')}, {count(weights, 'weight')}"
    scene = finished(scene, asked)
    return Drawing(scene, about, lambda: steps_page(outputs, unrolled, asked, about, lay))


def _unrolled(outputs: Sequence[Tensor], view: str) -> Unrolled:
    unrolled = read(outputs)
    if not unrolled.steps:
        raise ValueError(
            f"draw(..., view={view!r}): no op was recorded under a time step; label the steps with "
            f"`with minigrad.scope(name, t=t):`, as rnn.unroll does, or draw with view='ops'"
        )
    return unrolled
