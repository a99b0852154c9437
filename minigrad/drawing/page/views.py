"""The pages of the views: all that is known of a graph, whether the picture was asked for it.

Gradients and the ledger are those of one number, before ``backward()`` has freed the graph. Where
there are none a page says why, and has the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...engine.node import Node, ancestors
from ...engine.tensor import Tensor
from ...errors import GradientError, MutationError
from ..layout.notes import gradients_of, values_of
from ..layout.terms import ledger_terms
from ..options import Options, with_words
from ..reading.boxes import Unrolled
from ..render.scene import Scene
from .replay import NoKnobs, Replay, replay
from .two_times import MOST_STEPS, two_times
from .write import Page, html

__all__ = ["ops_page", "rolled_page", "steps_page"]

_ELSEWHERE = "Two times and knobs are of recurrences: in the page of their steps, view='steps'."


def steps_page(
    outputs: Sequence[Tensor], unrolled: Unrolled, asked: Options, about: str,
    lay: Callable[[Any, Mapping[Node, Any], Mapping[Node, Any]], Scene],
) -> Page:
    """The page of an unrolled graph. lay: makes the scene of terms, values and gradients."""
    slopes, without = _gradients(outputs, unrolled.home)
    held = values_of(outputs, unrolled.home, asked.values or True)
    terms = None if without else ledger_terms(
        outputs, unrolled, asked.ledger or True, asked.widths)
    scene = with_words(lay(terms, held, slopes), asked, backward=True)
    states = (item for box in unrolled.steps for item in box.states.items())
    times: Mapping[str, Any] = {}
    model: Replay | None = None
    absent: list[str] = []
    if not without:
        times = two_times(outputs[0], unrolled.home, scene)
        if not times and unrolled.columns > MOST_STEPS:
            absent.append(f"No two-time table: it is one of at most {MOST_STEPS} losses.")
        try:
            model = replay(outputs[0], unrolled, scene)
        except NoKnobs as reason:
            absent.append(f"No knobs: {reason}.")
    return html(
        scene, about, asked, values=held, gradients=slopes, without=without, absent=absent,
        names={node: name for name, node in states if node is not None}, times=times, replay=model,
    )


def rolled_page(asked: Options, about: str, lay: Callable[[], Scene]) -> Page:
    """The page of the rolled graph, in which numbers differ from step to step: it has none."""
    return html(with_words(lay(), asked, backward=True), about, asked, absent=[_ELSEWHERE])


def ops_page(
    outputs: Sequence[Tensor], asked: Options, about: str,
    lay: Callable[[Any, bool], tuple[Scene, str]],
) -> Page:
    """The page of the op view. lay: makes the scene, with values and gradients."""
    nodes = ancestors(t._node for t in outputs if t._node is not None)
    held = values_of(outputs, nodes, asked.values or True)
    slopes, without = _gradients(outputs, nodes)
    scene, _ = lay(asked.values or True, not without)
    scene = with_words(scene, asked, backward=True)
    return html(scene, about, asked, values=held, gradients=slopes, without=without,
                absent=[_ELSEWHERE])


def _gradients(outputs: Sequence[Tensor], nodes: Any) -> tuple[Mapping[Node, Any], str]:
    """The gradients by node, or none and the reason why there are none."""
    try:
        return gradients_of(outputs, nodes), ""
    except (GradientError, MutationError) as error:
        return {}, f"Without gradients. {error}"
