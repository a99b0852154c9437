"""Pictures of the live graph: ``minigrad.draw(loss).save("graph.svg")``.

Three views. "steps" shows a recurrence: one column for each time step, every shared weight one box
with a wire through time and a tap into each use, and with ``ledger=True`` on each tap what that
step contributes to the gradient. "rolled" shows one step for all, with the cycles through which
it feeds the next. "ops" shows every op.

The step view reads scopes. ``with scope("lstm", t=t, x=x, h=h, c=c):`` makes the box ``lstm`` of
column t. A tensor that enters under a name gives its wire the name (else its own name is taken,
else that of its op); a constant becomes an input box, or the initial state if it is called as a
state is, or ``h_0`` where t is 1. What stands after the cell is drawn in its column if it has a
scope with the same t, else at the right.

Reading order. reading, from the graph to boxes and wires: boxes, walk, graph, columns, entering.
render, what a picture is made of: text, scene, style, themes, highlight; svg, dot; programs and
pure, which paint DOT; picture. layout, from boxes to places: grid, canvas, buses, ends, unrolled,
rolled, rows, notes; ops. Each room knows those before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..engine.tensor import Tensor
    from ..module import Module
    from .render.picture import Drawing

__all__ = ["Drawing", "RenderError", "RendererNotFoundError", "draw"]

_VIEWS = ("auto", "steps", "rolled", "ops")
_SHOW = ("values", "gradients", "ledger", "backward", "shapes", "memory")


def draw(
    output: Tensor | Sequence[Tensor],
    *,
    view: str = "auto",
    values: bool | Iterable[Tensor] | Module = False,
    gradients: bool = False,
    ledger: bool | Mapping[Any, Any] = False,
    backward: bool = False,
    widths: str = "weight",
    show: Iterable[str] | None = None,
    steps: Iterable[int] | slice | None = None,
    max_steps: int | None = None,
    wrap: int | None = None,
    direction: str | None = None,
    labels: Mapping[str, str] | None = None,
    highlight: str | int | Tensor | Iterable[str | int | Tensor] | None = None,
    title: str | None = None,
    caption: str | None = None,
    theme: str | Mapping[str, Any] = "light",
    background: str | None = None,
    scale: float | None = None,
    width: float | None = None,
    size: tuple[float, float] | None = None,
) -> Drawing:
    """The graph behind `output`, a tensor or several, as a picture.

    view: "steps", one column for each time step, one box for each scope in it; "rolled", one
        column for all steps, if they are alike; "ops", one box for each op (at most 400);
        "auto": steps if any op was recorded under ``scope(..., t=t)``.
    values: show values: numbers, and norms of arrays. True: all that follow from the weights and
        from what the graph still holds. Tensors, or a module: theirs as well.
    gradients: show ∂output/∂(weight, state, op): numbers, and norms of arrays.
    ledger: steps only. True: each tap of a weight W shows its part of ∂output/∂W = Σ_t G_t by
        number, width and colour: G_t with its sign where W is one number, else ‖G_t‖. The weight
        shows the sum, and its share of Σ_t ‖G_t‖, which is less than 100% where parts cancel. Or
        the terms themselves, as a mapping from tensors or names: an ``rnn.bptt.ledger``, lists of
        ``Use``, or numbers or arrays by t.
    backward: draw the cotangents too, as arrows against the wires: the way of the backward pass.
    widths: steps only. Whether the width of a tap is relative to the largest of its
        "weight", or of "all".
    show: what boxes say beside their names, in the place of the flags: some of "values",
        "gradients", "ledger", "backward", "shapes", and "memory", what steps or ops hold for their
        derivatives.
    steps: steps only. The columns that are drawn: time steps, as [1, 2, 10, 50], or a slice.
    max_steps: steps only. Draw the first and last columns of a longer graph, so many in all.
    wrap: steps only. At most so many columns in a row, with further rows below, for print.
    direction: ops only. Where data flows: "LR" (default), "RL", "BT" or "TB".
    labels: what weights, scopes, inputs and ops are called in the picture, by name.
    highlight: a weight, a scope, an op or a state by name; a step by number; a Tensor; a path, as
        "W_hh -> loss[t=3]", which is all ways between two of these; or several: all else is faint.
    title, caption: words above and below the picture.
    theme: "light", "dark", "print" (for paper without colours), or a dict with some parts of one:
        paper, ink, wire, state, muted, wrong, back, weights, weight_ink, fills.
    background: a colour like "#fffaf0", or "transparent".
    scale, width, size: how large it is shown: a factor, a width, or a size that it fits into, in
        pixels of 1/96 inch. A notebook never shows it wider than its column.

    A page (``save("x.html")``) has values, gradients and the ledger in any case. It is shown in its
    reader's light or dark, unless another theme was asked for, and opens as large as was asked.

    Draw before ``backward()``, or after ``backward(retain_graph=True)``: `gradients` and `ledger`
    need what a backward pass frees. Nothing is changed by drawing.

    Raises ValueError for a tensor without a graph, for an unknown view or option, for graphs too
    large to draw, and for steps that differ too much to be rolled up; GradientError where
    `gradients` or `ledger=True` are asked of several numbers, and GraphFreedError after
    ``backward()``.

    >>> import minigrad as mg
    >>> w = mg.tensor(0.9, requires_grad=True, name="w")
    >>> h = mg.tensor(1.0)
    >>> for t in (1, 2, 3):
    ...     with mg.scope("rnn", t=t, h=h):
    ...         h = w * h
    >>> draw(h, ledger=True)
    <Drawing of 3 steps: 3 boxes, 1 weight>
    >>> draw(h, view="rolled")
    <Drawing of 3 steps as one: 1 box, 1 weight>
    """
    from ..engine.node import ancestors
    from ..engine.opening import opened
    from ..engine.tensor import Tensor
    from .options import Options
    from .views import draw_ops, draw_rolled, draw_steps

    outputs = [output] if isinstance(output, Tensor) else list(output)
    _check(outputs, view, max_steps, direction, widths)
    shown = _shown(show)
    outputs, values = opened(outputs, list(values) if isinstance(values, Iterable) else values)
    asked = Options(
        values or "values" in shown, gradients or "gradients" in shown,
        ledger or "ledger" in shown, backward or "backward" in shown, widths,
        None if show is None else shown, steps, max_steps, wrap, direction, labels or {}, highlight,
        title, caption, theme, background, scale, width, size,
    )
    if view == "auto":
        nodes = ancestors(t._node for t in outputs if t._node is not None)
        timed = any(n.scope is not None and n.scope.step is not None and n.pullback for n in nodes)
        view = "steps" if timed else "ops"
    chosen = any(one is not None for one in (steps, max_steps, wrap))
    if view == "ops":
        if asked.ledger or chosen or widths != "weight":
            raise ValueError(
                "draw(..., view='ops') has neither ledger nor max_steps, steps, wrap or widths, "
                "which are of the step view; record the ops under minigrad.scope(name, t=t), as "
                "rnn.unroll does, and draw them with view='steps'"
            )
        return draw_ops(outputs, asked)
    if direction is not None:
        raise ValueError(
            f"draw(..., direction={direction!r}): time goes to the right in the step view; leave "
            f"direction out, or draw with view='ops'"
        )
    if view == "rolled":
        if (values is not False or gradients or ledger or chosen or widths != "weight"
                or shown - {"backward", "shapes"}):
            raise ValueError(
                "draw(..., view='rolled') has neither values, gradients, ledger, widths, "
                "max_steps, steps, wrap nor show (but for shapes), because they differ from step "
                "to step; draw with view='steps'"
            )
        return draw_rolled(outputs, asked)
    return draw_steps(outputs, asked)


def _shown(show: Iterable[str] | None) -> frozenset[str]:
    shown = frozenset([show] if isinstance(show, str) else show or ())
    if unknown := shown - set(_SHOW):
        raise ValueError(
            f"draw(..., show={sorted(map(str, unknown))}): wanted some of "
            f"{', '.join(map(repr, _SHOW))}"
        )
    return shown


def _check(
    outputs: Sequence[Any], view: str, max_steps: Any, direction: Any, widths: str
) -> None:
    from ..engine.tensor import Tensor
    from ..errors import describe
    from .layout.ops import DIRECTIONS

    if view not in _VIEWS:
        raise ValueError(f"draw(..., view={view!r}): wanted one of {', '.join(map(repr, _VIEWS))}")
    if direction is not None and direction not in DIRECTIONS:
        raise ValueError(
            f"draw(..., direction={direction!r}): wanted one of {', '.join(map(repr, DIRECTIONS))}"
        )
    if widths not in ("weight", "all"):
        raise ValueError(f"draw(..., widths={widths!r}): wanted one of 'weight', 'all'")
    if max_steps is not None and (
        isinstance(max_steps, bool) or not isinstance(max_steps, int) or max_steps < 2
    ):
        raise ValueError(
            f"draw(..., max_steps={max_steps!r}): wanted None, or a whole number of columns, at "
            f"least 2: the first and the last"
        )
    for value in outputs:
        if not isinstance(value, Tensor):
            raise TypeError(
                f"draw(output): received {describe(value)}; wanted a Tensor, or a list of Tensors"
            )
    if not outputs or all(t._node is None for t in outputs):
        raise ValueError(
            "draw(output): there is no graph behind it, because nothing that it was computed from "
            "requires grad: make a tensor with requires_grad=True, and check for no_grad() or "
            "detach()"
        )


def __getattr__(name: str) -> Any:
    if name == "Drawing":
        from .render.picture import Drawing

        return Drawing
    if name in ("RenderError", "RendererNotFoundError"):
        from .render import programs as render

        return getattr(render, name)
    raise AttributeError(f"module 'minigrad.draw' has no attribute {name!r}")
