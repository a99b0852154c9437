"""The pages of the views: all that is known of a graph, whether the picture was asked for it.

Gradients and the ledger are those of one number, before ``backward()`` has freed the graph. Where
there are none a page says why, and has the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...engine.node import Node, ancestors
from ...engine.tensor import Tensor
from ...errors import GradientError
from ..layout.notes import gradients_of, values_of
from ..layout.terms import ledger_terms
from ..options import Options, with_words
from ..reading.boxes import Unrolled
from ..render.scene import Scene
from .calls import recovered, values_of_calls
from .replay import replay
from .two_times import two_times
from .write import Page, html

__all__ = ["ops_page", "rolled_page", "steps_page"]


def steps_page(
    outputs: Sequence[Tensor], unrolled: Unrolled, asked: Options, about: str,
    lay: Callable[[Any, Mapping[Node, Any], Mapping[Node, Any]], Scene],
) -> Page:
    """The page of an unrolled graph. lay: makes the scene of terms, values and gradients."""
    slopes, without = _gradients(outputs, unrolled.home)
    calls = recovered(outputs[0], unrolled.home) if len(outputs) == 1 else None
    every = values_of_calls(calls, outputs[0])
    held = every or values_of(outputs, unrolled.home, asked.values or True)
    terms = None if without else ledger_terms(
        outputs, unrolled, asked.ledger or True, asked.widths)
    scene = with_words(lay(terms, held, slopes), asked, backward=True)
    states = (item for box in unrolled.steps for item in box.states.items())
    return html(
        scene, about, asked, values=held, gradients=slopes, without=without,
        names={node: name for name, node in states if node is not None},
        times={} if without else two_times(outputs[0], unrolled.home, scene),
        replay=replay(calls, unrolled, scene) if calls and every and not without else None,
    )


def rolled_page(asked: Options, about: str, lay: Callable[[], Scene]) -> Page:
    """The page of the rolled graph, in which numbers differ from step to step: it has none."""
    return html(with_words(lay(), asked, backward=True), about, asked)


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
    return html(scene, about, asked, values=held, gradients=slopes, without=without)


def _gradients(outputs: Sequence[Tensor], nodes: Any) -> tuple[Mapping[Node, Any], str]:
    """The gradients by node, or none and the reason why there are none."""
    try:
        return gradients_of(outputs, nodes), ""
    except GradientError as error:
        return {}, f"Without gradients. {error}"
