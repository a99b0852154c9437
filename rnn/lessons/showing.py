"""A picture that moves, inside a notebook or a page of the book."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minigrad.drawing.render.picture import Drawing

__all__ = ["Moving", "show"]


class Moving:
    """What `show` returns. A notebook shows the page, in a frame of its own; where scripts do not
    run the frame has the picture, still; where there are no frames, the picture stands for it.

    picture: the Drawing. page: its page, as text.

    >>> import minigrad as mg
    >>> from rnn.lessons import show
    >>> w = mg.tensor(2.0, requires_grad=True, name="w")
    >>> show(mg.draw(w * w)).picture
    <Drawing of 2 ops>
    """

    def __init__(self, picture: Drawing) -> None:
        from minigrad.drawing.page.write import Page

        self.picture, self.page = picture, Page(picture.html())

    def _repr_html_(self) -> str:
        return self.page._repr_html_()

    def _repr_svg_(self) -> str:
        return self.picture._repr_svg_()

    def __repr__(self) -> str:
        return f"{self.picture!r} that moves: {len(self.page) / 1000:.0f} kB"


def show(picture: Drawing) -> Moving:
    """The page of a picture, to be asked: as the last line of a cell.

    picture: what ``minigrad.draw``, ``rnn.draw_cell`` or ``audit(...).draw()`` gives. The page is
    made here, with values, gradients and the ledger, so call it before ``backward()``, which
    frees what they are computed from. It is some 200 kB: one a lesson is enough.

    Raises TypeError for anything but a Drawing.

    >>> import minigrad as mg
    >>> from rnn.lessons import show
    >>> w = mg.tensor(2.0, requires_grad=True, name="w")
    >>> show(mg.draw(w * w))
    <Drawing of 2 ops> that moves: ... kB
    """
    from minigrad.drawing import Drawing
    from minigrad.errors import describe

    if not isinstance(picture, Drawing):
        raise TypeError(
            f"show(picture): received {describe(picture)}; wanted a Drawing, as "
            f"minigrad.draw(loss) returns"
        )
    return Moving(picture)
