"""DOT text as graphviz-pure wants it, which brings one font and measures ASCII alone.

It takes every byte of another letter for a letter, and so begins such lines in tables too far to
the left: there they are put into cells of their true width. What its font has not is warned of.
"""

from __future__ import annotations

import html
import re
import warnings

from .dot import FONTS
from .metrics import width

__all__ = ["for_pure", "warn_of_boxes"]

# What its font has: Latin, Greek, Cyrillic and Hebrew letters and some signs, as was tried.
_LETTERS = (
    (0x0, 0x377), (0x37A, 0x4FF), (0x591, 0x5F4), (0x1D00, 0x1D7F), (0x1E00, 0x1EFF),
    (0x2000, 0x20BE), (0x2100, 0x214F), (0x2153, 0x215E), (0x2190, 0x2195),
)
_SIGNS = "∂∆∏∑−∙√∞∟∩∫≈≉≠≡≢≤≥≮≯≰≱─│■□▲►▼◄◊○◌●◦☺☻☼♀♂♠♣♥♦♪♫♯"
_TOOLTIP = re.compile(r'tooltip=("([^"\\]|\\.)*"|[^\s\]]+)')  # which is not painted
_CELL = re.compile(
    r'<td>(<font point-size="([\d.]+)"[^>]*>(<b>)?([^<]*[^\x00-\x7f][^<]*)(?:</b>)?</font>)</td>')


def for_pure(dot: str) -> str:
    """The same picture for graphviz-pure. Products ⊙, which its font has not, are painted as ◦."""
    return _CELL.sub(_centred, dot.replace(FONTS, "Helvetica").replace("⊙", "◦"))


def _centred(cell: re.Match[str]) -> str:
    """A line of a label, at the left of a cell that is as wide as the line."""
    line, size, bold, words = cell.groups()
    wide = width(html.unescape(words), float(size), bool(bold))
    return (
        f'<td><table border="0" cellborder="0" cellspacing="0" cellpadding="0" fixedsize="true" '
        f'width="{wide + 1:.0f}" height="{1.2 * float(size):.0f}"><tr><td align="left">{line}</td>'
        f"</tr></table></td>"
    )


def warn_of_boxes(dot: str) -> None:
    """Say which characters have been painted as boxes, for want of a font with them."""
    missing = [c for c in dict.fromkeys(_TOOLTIP.sub("", dot))
               if c not in _SIGNS and not any(low <= ord(c) <= high for low, high in _LETTERS)]
    if missing:
        warnings.warn(
            f"graphviz-pure has no glyphs for {''.join(missing[:20])!r} and paints boxes in their "
            f"place; save the picture as SVG, or install Graphviz or pygraphviz, which use your "
            f"fonts",
            stacklevel=4,
        )
