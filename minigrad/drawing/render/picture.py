"""Drawing: a picture as DOT text, painted when it is asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from ...io import replacing
from .dot import dot
from .programs import render
from .scene import Scene
from .svg import svg

__all__ = ["Drawing"]

_DPI = 144  # of PNGs: sharp on screens of high density
_SIDE = 12_000  # the most pixels along one side of a PNG
_AREA = 40_000_000  # the most pixels of a PNG


class Drawing:
    """A picture of a graph. In Jupyter it shows itself; elsewhere save it.

    ``.dot`` is its DOT text, ``.svg()``, ``.png()``, ``.pdf()`` and ``.html()`` are the painted
    picture, and ``.save(path)`` writes one of them by the ending of the name. ``.scene`` is what
    is painted, as plain data.

    >>> import minigrad as mg
    >>> w = mg.tensor([0.5, 2.0], requires_grad=True, name="w")
    >>> picture = mg.draw((w * w).sum())
    >>> picture
    <Drawing of 3 ops>
    >>> "multiply" in picture.dot
    True
    >>> import tempfile
    >>> picture.save(Path(tempfile.mkdtemp(), "graph.dot")).name
    'graph.dot'
    """

    def __init__(self, scene: Scene, about: str, page: Callable[[], str]) -> None:
        self.scene, self._about, self._page = scene, about, page

    @property
    def dot(self) -> str:
        """The picture as DOT text."""
        return dot(self.scene)

    def svg(self, *, responsive: bool = False) -> str:
        """The picture as SVG text, which needs no renderer. responsive: as wide as what it is
        shown in, never wider than drawn, and never narrower than 0.6 of that."""
        return svg(self.scene, responsive=responsive, title=repr(self)[1:-1])

    def png(self) -> bytes:
        """The picture as PNG, 144 pixels an inch; less where it would have over 12,000 pixels
        along one side or 40 million in all.

        Raises RendererNotFoundError, which says what to install, without a renderer.
        """
        width, height = self.scene.inches()
        most = min(_SIDE / max(width, height), (_AREA / (width * height)) ** 0.5)
        dpi = min(_DPI, most)
        text = re.sub(r"\{", f"{{ graph [dpi={dpi:.2f}]", self.dot, count=1)
        return render(text, "png")

    def pdf(self) -> bytes:
        """The picture as a PDF of one page, with lines and fonts and no pixels.

        Raises RendererNotFoundError, which says what to install, without a renderer.
        """
        return render(self.dot, "pdf")

    def html(self) -> str:
        """A page to ask the picture questions: one HTML file that needs no network and no server.

        Point at a weight's wire for what every step contributes to its gradient, click a tap or a
        box, play the two sweeps, truncate. Make it before ``backward()``, which frees what the
        gradients are computed from; it has values, gradients and the ledger without being asked.
        """
        return self._page()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to `path`, as its name says: .svg, .png, .pdf, .dot or .html.

        Returns the path. The file appears whole or not at all. Raises ValueError for another
        ending, OSError where it cannot be written, and what `png` and `pdf` do.
        """
        target = Path(path)
        kinds: dict[str, Callable[[], str | bytes]] = {
            ".svg": self.svg, ".png": self.png, ".pdf": self.pdf, ".dot": lambda: self.dot,
            ".html": self.html,
        }
        if target.suffix.lower() not in kinds:
            raise ValueError(
                f"save({str(path)!r}): the name ends in {target.suffix!r}; a picture is saved as "
                f"{', '.join(kinds)}"
            )
        content = kinds[target.suffix.lower()]()
        data = content.encode() if isinstance(content, str) else content
        with replacing(target) as file:
            file.write(data)
        return target

    def _repr_html_(self) -> str:
        """What a notebook shows: the picture, as wide as its column at most; a long one, whose
        words could not be read then, is scrolled."""
        return f'<div style="overflow-x:auto">{self.svg(responsive=True)}</div>'

    def _repr_svg_(self) -> str:
        """What a notebook shows where it takes no HTML."""
        return self.svg(responsive=True)

    def __repr__(self) -> str:
        return f"<Drawing of {self._about}>"
