"""A scene as SVG text, written in plain Python: no program is run and no font is needed.

Every mark and path is a ``<g>`` with an id, classes and data attributes, so that a picture can be
styled and scripted. Each line of text is given its length, so that it fits its box in any font.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from .scene import Mark, Path, Point, Scene, arrow_length, rounded, shortened
from .text import TextLine, clean

__all__ = ["FONTS", "svg"]

FONTS = (
    "Helvetica, Arial, 'Liberation Sans', 'Noto Sans', 'Noto Sans CJK SC', 'Noto Emoji', sans-serif"
)
_INCH = 96 / 72  # CSS pixels in a point
_LEAST = 0.6  # of its size, where it is fitted into a column: smaller words cannot be read


def svg(scene: Scene, *, responsive: bool = False, title: str = "") -> str:
    """The SVG text of a scene.

    responsive: as wide as its surroundings, but never larger than drawn, nor below 0.6 of that.
    title: what a screen reader calls the picture.
    """
    width, height = scene.size()
    shown = _INCH * scene.scale
    size = f'width="{_number(width * shown)}" height="{_number(height * shown)}"'
    if responsive:
        least = f"min-width:{_number(width * shown * _LEAST)}px"
        size = f'style="max-width:100%;{least};height:auto" {size}'
    box = f'viewBox="0 0 {_number(width)} {_number(height)}"'
    fonts = f'font-family="{escape(FONTS)}" text-anchor="middle"'
    name = 'xmlns="http://www.w3.org/2000/svg" class="minigrad" role="img" xml:space="preserve"'
    ground = "none" if scene.background == "transparent" else scene.background
    paper = f'width="{_number(width)}" height="{_number(height)}" fill="{ground}"'
    out = [
        f"<svg {name} {size} {box} {fonts}>",
        f"<title>{_text(title or 'graph')}</title>",
        f'<rect class="paper" {paper}/>',
    ]
    place = scene.turned()
    frames = [mark for mark in scene.marks if mark.kind == "frame"]
    for mark in frames:
        out += _mark(scene, mark, place(mark.x, mark.y))
    for path in scene.paths:
        out += _path(scene, path, [place(x, y) for x, y in path.points])
    for mark in scene.marks:
        if mark.kind != "frame" and (mark.fill or mark.lines):
            out += _mark(scene, mark, place(mark.x, mark.y))
    return "\n".join([*out, "</svg>", ""])


def _open(scene: Scene, what: str, kind: str, own: str, data: Mapping[str, Any]) -> str:
    known = "".join(f' data-{key.replace("_", "-")}="{_text(said)}"' for key, said in _said(data))
    return f'<g id="{scene.slugs[own]}" class="{what} {kind}"{known}>'


def _said(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What of the data can stand in attributes: words, numbers, and lists of words."""
    for key, value in data.items():
        if isinstance(value, bool):
            yield key, str(value).lower()
        elif isinstance(value, str | int | float):
            yield key, f"{value:.6g}" if isinstance(value, float) else str(value)
        elif isinstance(value, list | tuple) and all(isinstance(v, str | int) for v in value):
            yield key, " ".join(map(str, value))


def _mark(scene: Scene, mark: Mark, at: Point) -> list[str]:
    x, y = at
    out = [_open(scene, "mark", mark.kind, mark.id, mark.data)]
    about = mark.tooltip or ("" if mark.kind == "text" else " ".join(map(str, mark.lines)))
    if about:
        out.append(f"<title>{_text(about)}</title>")
    look = f'fill="{mark.fill}" stroke="{mark.line or mark.fill}" stroke-width="{mark.thick:g}"'
    look += ' stroke-dasharray="5 3"' if mark.dashed else ""
    if mark.fill and mark.circle:
        out.append(f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(mark.width / 2)}" '
                   f"{look}/>")
    elif mark.fill:
        out.append(
            f'<rect x="{_number(x - mark.width / 2)}" y="{_number(y - mark.height / 2)}" '
            f'width="{_number(mark.width)}" height="{_number(mark.height)}" '
            f'rx="6" {look}/>'
        )
    top = y - sum(line.height for line in mark.lines) / 2
    for line in mark.lines:
        out.append(_line(line, mark, x, top + line.height / 2))
        top += line.height
    return [*out, "</g>"]


def _line(line: TextLine, mark: Mark, x: float, middle: float) -> str:
    drop = 0.22 * line.size
    words, low_before = "", False
    for text, low in line.pieces:
        if text:
            up = f' dy="{_number(-drop)}"' if low_before else ""
            words += f"<tspan{up}>{_text(text)}</tspan>" if up else _text(text)
            low_before = False
        if low:
            shift = "" if low_before else f' dy="{_number(drop)}"'
            words += f'<tspan{shift} font-size="{_number(0.75 * line.size)}">{_text(low)}</tspan>'
            low_before = True
    y = middle + (0.30 if line.low else 0.35) * line.size
    bold = ' font-weight="bold"' if line.bold else ""
    kind = f' class="{line.says}"' if line.says else ""
    return (
        f'<text{kind} x="{_number(x)}" y="{_number(y)}" font-size="{line.size:g}"{bold} '
        f'textLength="{_number(line.width)}" lengthAdjust="spacingAndGlyphs" '
        f'fill="{line.color or mark.ink}">{words}</text>'
    )


def _path(scene: Scene, path: Path, points: Sequence[Point]) -> list[str]:
    out = [_open(scene, "path", path.kind, path.id, {
        **path.data, "tail": scene.slugs[path.tail], "head": scene.slugs[path.head],
    })]
    if path.tooltip:
        out.append(f"<title>{_text(path.tooltip)}</title>")
    length = arrow_length(path)
    body = shortened(points, length)
    spline = rounded(body, path.bend)
    start, *pieces = [spline[:1], *(spline[k : k + 3] for k in range(1, len(spline), 3))]
    steps = "".join(map(_piece, [start, *pieces], pieces))
    dash = "5 3" if path.dashed else path.dash
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    out.append(
        f'<path class="line" d="M{_places(start)}{steps}" '
        f'fill="none" stroke="{path.color}" stroke-width="{path.thick:.2f}"{dashed}/>'
    )
    if length:
        (x1, y1), (x2, y2) = body[-1], points[-1]
        d = math.dist((x1, y1), (x2, y2)) or 1.0
        half = (0.3 * length + path.thick / 2) / d
        ux, uy = half * (x2 - x1), half * (y2 - y1)
        tips = ((x2, y2), (x1 - uy, y1 + ux), (x1 + uy, y1 - ux))
        out.append(f'<polygon class="head" points="{_places(tips)}" fill="{path.color}"/>')
    return [*out, "</g>"]


def _piece(before: Sequence[Point], piece: Sequence[Point]) -> str:
    """The next piece of a line: a straight one along an axis by its end, else its three points."""
    points = [before[-1], *piece]
    straight = any(len({p[axis] for p in points}) == 1 for axis in (0, 1))
    return f"L{_places(piece[-1:])}" if straight else f"C{_places(piece)}"


def _places(points: Sequence[Point]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    """Two digits after the point, as short as can be: the same bytes everywhere."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _text(text: str) -> str:
    return escape(clean(text))
