"""The three views: from a graph to the scene that is painted, with all that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .layout.columns import columns_kept
from .layout.notes import box_notes, gradients_of, memory_of, values_of
from .layout.ops import op_scene
from .layout.rolled import roll
from .layout.rows import in_rows
from .layout.terms import ledger_terms, sums_of
from .layout.unrolled import lay_out
from .page.write import html
from .reading.graph import read
from .render.captions import add_caption, add_title
from .render.picture import Drawing
from .render.text import count
from .render.themes import highlighted, scaled, themed

if TYPE_CHECKING:
    from ..engine.tensor import Tensor
    from .reading.boxes import Unrolled
    from .render.scene import Scene

__all__ = ["Options", "draw_ops", "draw_rolled", "draw_steps"]

_MOST_BOXES = 20_000


class Options(NamedTuple):
    """What was asked of ``draw``, by the names that it has there."""

    values: Any
    gradients: bool
    ledger: Any
    widths: str
    show: frozenset[str] | None
    steps: Any
    max_steps: int | None
    wrap: int | None
    direction: str | None
    labels: Mapping[str, str]
    highlight: Any
    title: str | None
    caption: str | None
    theme: Any
    background: str | None
    scale: float | None
    width: float | None
    size: Any


def draw_ops(outputs: Sequence[Tensor], asked: Options) -> Drawing:
    """Every op a box."""
    direction = asked.direction or "LR"
    scene, about = op_scene(
        outputs, values=asked.values, gradients=asked.gradients, direction=direction,
        title=asked.title, labels=asked.labels, show=asked.show,
    )
    _finish(scene, asked)

    def page() -> str:
        from .page.views import ops_page

        return ops_page(
            outputs, values=asked.values, direction=direction, title=asked.title, about=about
        )

    return Drawing(scene, about, page)


def draw_rolled(outputs: Sequence[Tensor], asked: Options) -> Drawing:
    """One column for all steps."""
    unrolled = _unrolled(outputs, "rolled")
    rolled, words = roll(unrolled)
    scene = lay_out(rolled, title=asked.title, words=words, labels=asked.labels)
    _finish(scene, asked)
    weights = sum(box.kind == "weight" for box in rolled.sources)
    about = (
        f"{count(unrolled.columns, 'step')} as one: {count(len(rolled.steps), 'box')}, "
        f"{count(weights, 'weight')}"
    )
    return Drawing(scene, about, lambda: html(scene, about, title=asked.title or ""))


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
    terms = ledger_terms(outputs, unrolled, asked.ledger, asked.widths)
    held = values_of(outputs, unrolled.home, asked.values)
    slopes = gradients_of(outputs, unrolled.home) if asked.gradients else {}
    show = asked.show or frozenset()
    notes = box_notes(
        unrolled, held, slopes, sums_of(terms), shapes="shapes" in show,
        memory=memory_of(unrolled) if "memory" in show else {},
    )
    scene = in_rows(kept, asked.wrap, lambda columns: lay_out(
        unrolled, terms=terms, notes=notes, kept=columns, held=held, slopes=slopes,
        labels=asked.labels,
    ))
    add_title(scene, asked.title)
    _finish(scene, asked)
    weights = sum(box.kind == "weight" for box in unrolled.sources)
    about = f"{count(columns, 'step')}: {count(boxes, 'box')}, {count(weights, 'weight')}"

    def page() -> str:
        from .page.views import steps_page

        return steps_page(
            outputs, unrolled, values=asked.values, ledger=asked.ledger, kept=kept,
            title=asked.title, about=about,
        )

    return Drawing(scene, about, page)


def _finish(scene: Scene, asked: Options) -> None:
    """Caption, colours and size."""
    add_caption(scene, asked.caption)
    themed(scene, asked.theme, asked.background)
    if asked.highlight is not None:
        highlighted(scene, asked.highlight)
    scaled(scene, asked.scale, asked.width, asked.size)


def _unrolled(outputs: Sequence[Tensor], view: str) -> Unrolled:
    unrolled = read(outputs)
    if not unrolled.steps:
        raise ValueError(
            f"draw(..., view={view!r}): no op was recorded under a time step; label the steps with "
            f"`with minigrad.scope(name, t=t):`, as rnn.unroll does, or draw with view='ops'"
        )
    return unrolled
