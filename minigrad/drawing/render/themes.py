"""How a finished picture is coloured and sized: its theme, its background."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .highlight import highlighted
from .scene import Mark, Path, Scene
from .style import (
    BACK,
    CUT,
    FILLS,
    FRAME,
    INK,
    MUTED,
    PALETTE,
    QUIET,
    STATE,
    WIRE,
    WRONG,
    dashed_as,
    dashes,
    pale,
)

__all__ = ["THEMES", "Colours", "Theme", "coloured", "is_dark", "scaled"]

_GREY = "#555555"  # of wires from what was computed before all steps
_PIXELS = 96 / 72  # of a point


class Theme(NamedTuple):
    """The colours of a picture, six-digit ones: "#1a2b3c".

    paper, ink: of the ground and of words. wire, state, muted: of wires, of states along time, and
    of small words. wrong, back: of what is wrong, and of backward arrows. weights: of the weights,
    one after the other. weight_ink: of words on them. fills: by kind of box, its ground and its
    border. dashed: whether weights differ in the kind of line too, for paper without colours.
    """

    paper: str = "#ffffff"
    ink: str = INK
    wire: str = WIRE
    state: str = STATE
    muted: str = MUTED
    wrong: str = WRONG
    back: str = BACK
    weights: tuple[str, ...] = PALETTE
    weight_ink: str = "#ffffff"
    fills: Mapping[str, tuple[str, str]] = {**FILLS, "frame": FRAME}
    dashed: bool = False


LIGHT = Theme()
THEMES = {
    "light": LIGHT,
    "dark": Theme(
        "#16181d", "#ececec", "#9aa0a8", "#d5d8dd", "#aab0b8", "#ff5c5c", "#4db6ac",
        ("#66b3ff", "#ff9966", "#aaf8d1", "#c042ff", "#ecec13", "#ff5500", "#8476cb", "#76cbaf"),
        "#101114",
        {
            "cell": ("#3a3320", "#b9964a"), "step": ("#2a2d33", "#767c85"),
            "scalar": ("#402a2d", "#c08080"), "block": ("#2a2d33", "#767c85"),
            "source": ("#2f3238", "#767c85"), "input": ("#22304a", "#7f9bd1"),
            "initial": ("#1d2025", "#767c85"), "constant": ("#1d2025", "#666b73"),
            "frame": ("#1f2126", "#55503f"),
        },
    ),
    "print": Theme(
        ink="#000000", wire="#444444", state="#000000", muted="#333333", back="#444444",
        fills=dict.fromkeys((*FILLS, "frame"), ("#ffffff", "#444444")), dashed=True,
    ),
}


class Colours(NamedTuple):
    """What was asked for of the colours of a picture, by the names of ``draw``."""

    theme: Any = "light"
    background: str | None = None
    highlight: Any = None


def coloured(scene: Scene, colours: Colours) -> Scene:
    """A scene, which was made in the light theme, in other colours.

    Raises ValueError for an unknown theme, colour or part of a theme, and for a highlight that is
    not there.
    """
    scene = copy.copy(scene)  # its lists are replaced
    found = _theme(colours.theme)
    _themed(scene, found, colours.background)
    if colours.highlight is not None:
        clear = scene.background == "transparent"
        highlighted(scene, colours.highlight, found.paper if clear else scene.background)
    return scene


def is_dark(theme: Any) -> bool:
    """Whether a theme has a dark paper."""
    paper = _theme(theme).paper
    return sum(int(paper[k : k + 2], 16) for k in (1, 3, 5)) < 3 * 128


def _themed(scene: Scene, found: Theme, background: str | None) -> None:
    if background is not None and background != "transparent":
        background = _color(background, "background")
    if found is not LIGHT:
        base = {mark.data.get("weight", mark.data.get("name")): mark.line for mark in scene.marks}
        scene.marks = [_mark(mark, found) for mark in scene.marks]
        scene.paths = [_path(path, found, base) for path in scene.paths]
    scene.background = background or found.paper


def _theme(theme: Any) -> Theme:
    if isinstance(theme, Mapping):
        unknown = set(theme) - set(Theme._fields)
        if unknown:
            raise ValueError(
                f"draw(..., theme={{{', '.join(map(repr, sorted(unknown)))}: ...}}): the parts of "
                f"a theme are {', '.join(Theme._fields)}"
            )
        parts = dict(theme)
        for name in ("paper", "ink", "wire", "state", "muted", "wrong", "back", "weight_ink"):
            if name in parts:
                parts[name] = _color(parts[name], f"theme[{name!r}]")
        if "weights" in parts:
            parts["weights"] = tuple(_color(c, "theme['weights']") for c in parts["weights"])
        parts["fills"] = {**LIGHT.fills, **{
            kind: tuple(_color(c, f"theme['fills'][{kind!r}]") for c in pair)
            for kind, pair in parts.get("fills", {}).items()
        }}
        return LIGHT._replace(**parts)
    if not isinstance(theme, str) or theme not in THEMES:
        raise ValueError(
            f"draw(..., theme={theme!r}): wanted one of {', '.join(map(repr, THEMES))}, or a dict "
            f"with some of {', '.join(Theme._fields)}"
        )
    return THEMES[theme]


def _color(color: Any, what: str) -> str:
    """A colour in six digits."""
    if isinstance(color, str) and re.fullmatch(r"#([0-9a-fA-F]{3}){1,2}", color):
        return color if len(color) == 7 else "#" + "".join(2 * c for c in color[1:])
    raise ValueError(f"draw(..., {what}): received {color!r}; wanted a colour like '#1a2b3c'")


def _of(color: str, theme: Theme) -> str:
    """A colour of the light theme in another."""
    if color in PALETTE:
        return theme.weights[PALETTE.index(color) % len(theme.weights)]
    return {
        INK: theme.ink, WIRE: theme.wire, STATE: theme.state, MUTED: theme.muted,
        _GREY: theme.muted, QUIET: theme.muted, CUT: theme.wrong, WRONG: theme.wrong,
        BACK: theme.back,
    }.get(color, color)


def _mark(mark: Mark, theme: Theme) -> Mark:
    kind = {"delay": "initial", "mention": "initial", "op": "block"}.get(mark.kind, mark.kind)
    fill, line = LIGHT.fills.get(kind, ("", ""))
    new_fill, new_line = theme.fills.get(kind, ("", ""))
    if mark.kind == "text":  # white below the two strokes of a cut
        fill, new_fill = LIGHT.paper, theme.paper
    white = mark.ink == LIGHT.weight_ink
    return mark._replace(
        fill=new_fill if mark.fill == fill else _of(mark.fill, theme),
        line=new_line if mark.line == line else _of(mark.line, theme),
        ink=theme.weight_ink if white else _of(mark.ink, theme),
        lines=[one._replace(color=_of(one.color, theme)) for one in mark.lines],
    )


def _path(path: Path, theme: Theme, base: Mapping[Any, str]) -> Path:
    color, dash = _of(path.color, theme), path.dash
    own = base.get(path.data.get("weight"), "")
    share = path.data.get("share")
    if share is not None and own and not path.data.get("wrong"):
        color = pale(_of(own, theme), share, theme.paper)
    if theme.dashed and own in PALETTE and path.kind != "cotangent":
        dash = dashes(PALETTE.index(own) + len(PALETTE) * dashed_as(dash))
    return path._replace(color=color, dash=dash)


def scaled(scene: Scene, scale: float | None, width: float | None, size: Any) -> None:
    """Set how large the picture is shown: by a factor, to a width, or into a size, in pixels.

    Raises ValueError for several of these, and for what is not positive.
    """
    given = {"scale": scale, "width": width, "size": size}
    asked = {name: value for name, value in given.items() if value is not None}
    if not asked:
        return
    if len(asked) > 1:
        raise ValueError(f"draw(..., {', '.join(asked)}): they say one thing; give one of them")
    ((name, value),) = asked.items()
    numbers = value if isinstance(value, tuple | list) else (value,)
    if len(numbers) != (2 if name == "size" else 1) or not all(
        isinstance(n, int | float) and 0 < n < 1e6 for n in numbers
    ):
        raise ValueError(
            f"draw(..., {name}={value!r}): wanted "
            f"{'(width, height) in pixels' if name == 'size' else 'a positive number'}"
        )
    wide, high = (side * _PIXELS for side in scene.size())
    factors = {"scale": numbers[0], "width": numbers[0] / wide,
               "size": min(numbers[0] / wide, numbers[-1] / high)}
    scene.scale = factors[name]
