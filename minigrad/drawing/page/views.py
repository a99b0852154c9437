"""The pages of the views: all that is known of a graph, whether the picture was asked for it.

Gradients and the ledger are those of one number, before ``backward()`` has freed the graph. Where
there are none a page says why, and has the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...engine.node import Node, ancestors
from ...engine.tensor import Tensor
from ...errors import GradientError
from ..layout.notes import box_notes, gradients_of, values_of
from ..layout.ops import op_scene
from ..layout.terms import ledger_terms, sums_of
from ..layout.unrolled import lay_out
from ..reading.boxes import Unrolled
from .calls import recovered, values_of_calls
from .replay import replay
from .two_times import two_times
from .write import Page, html

__all__ = ["ops_page", "steps_page"]


def steps_page(
    outputs: Sequence[Tensor], unrolled: Unrolled, *, values: Any, ledger: Any,
    kept: Sequence[int],
    title: str | None, about: str,
) -> Page:
    """The page of an unrolled graph. The arguments are those of ``draw``."""
    slopes, without = _gradients(outputs, unrolled.home)
    calls = recovered(outputs[0], unrolled.home) if len(outputs) == 1 else None
    every = values_of_calls(calls, outputs[0])
    held = every or values_of(outputs, unrolled.home, values or True)
    terms = None if without else ledger_terms(outputs, unrolled, ledger or True)
    scene = lay_out(
        unrolled, terms=terms, notes=box_notes(unrolled, held, slopes, sums_of(terms)),
        kept=kept, held=held, slopes=slopes,
    )
    states = (item for box in unrolled.steps for item in box.states.items())
    return html(
        scene, about, values=held, gradients=slopes, title=title or "", without=without,
        names={node: name for name, node in states if node is not None},
        times={} if without else two_times(outputs[0], unrolled.home, scene),
        replay=replay(calls, unrolled, scene) if calls and every and not without else None,
    )


def ops_page(
    outputs: Sequence[Tensor], *, values: Any, direction: str, title: str | None, about: str
) -> Page:
    """The page of the op view. The arguments are those of ``draw``."""
    nodes = ancestors(t._node for t in outputs if t._node is not None)
    held = values_of(outputs, nodes, values or True)
    slopes, without = _gradients(outputs, nodes)
    scene, _ = op_scene(
        outputs, values=values or True, gradients=not without, direction=direction
    )
    return html(
        scene, about, values=held, gradients=slopes, title=title or "", without=without
    )


def _gradients(outputs: Sequence[Tensor], nodes: Any) -> tuple[Mapping[Node, Any], str]:
    """The gradients by node, or none and the reason why there are none."""
    try:
        return gradients_of(outputs, nodes), ""
    except GradientError as error:
        return {}, f"Without gradients. {error}"
