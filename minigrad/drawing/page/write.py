"""One HTML file of a picture, its data, and the scripts that answer questions about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from ...engine.node import Node
from ..options import Options
from ..render.scene import Scene
from ..render.svg import svg
from ..render.themes import Colours, coloured, is_dark
from .facts import facts
from .packing import as_json, packed
from .replay import Replay

__all__ = ["Page", "html"]

_HERE = Path(__file__).parent
_COLOR = re.compile(r'class="(?:mark|path) (\w+)"|(fill|stroke)="(#[0-9a-fA-F]{6})"')


class Page(str):
    """The text of a page. In a notebook it shows itself, in a frame of its own, so that neither
    its scripts nor its styles meet those of the notebook."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        text = self.replace("&", "&amp;").replace("'", "&#39;")    # few of these, and many "
        return (
            f"<iframe srcdoc='{text}' "
            f'sandbox="allow-scripts" title="graph" loading="lazy" '
            f'style="width:100%;height:640px;border:1px solid #d9dde5;border-radius:8px"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<page of {len(self) / 1000:.0f} kB>"


def html(
    scene: Scene,
    about: str,
    asked: Options,
    *,
    values: Mapping[Node, Any] | None = None,
    gradients: Mapping[Node, Any] | None = None,
    names: Mapping[Node, str] | None = None,
    without: str = "",
    verdict: str = "",
    absent: Sequence[str] = (),
    times: Mapping[str, Any] | None = None,
    replay: Replay | None = None,
) -> Page:
    """The page of a picture.

    scene: in the colours of the light theme. about: the picture in a few words. asked: what else
    was asked for. values, gradients, names: of ops in it, by node. without: why there are no
    gradients, if there are none. verdict: of an audit, what is wrong with what is red.
    absent: what the page has not, and why. times: the two-time tables. replay: what the page needs
    to run the model itself.
    """
    width, height = scene.size()
    found = facts(scene, values or {}, gradients or {}, names or {}) | {
        "width": width, "height": height, "words": about, "without": without or None,
        "verdict": verdict or None, "absent": list(absent),
        "times": times or {}, "labels": dict(asked.labels), "backward": asked.backward,
        "scale": scene.scale if asked.sized else None,
        "theme": None if asked.theme == "light" else _scheme(asked.theme),
    }
    own = coloured(scene, asked.colours)
    ground, painted = _ground(own), svg(own, title=about)
    data = packed(found | {"nodes": []}) | {"nodes": packed(found["nodes"])}  # each has its room
    return Page(Template(_text("page.html")).substitute(
        title=escape(asked.title or "Graph"),
        about=escape(about),
        styles=f"{_other(scene, painted, asked, ground)}\n{_all('styles', '*.css')}",
        scripts=_all("scripts", "*.js"),
        svg=painted,
        data=as_json(data | {"replay": replay and replay.data}),
        records=replay.records if replay else "const RECORDS = [];",
    ))


def _ground(scene: Scene) -> str:
    """The background of a scene, which the page paints and the scene leaves alone from here on."""
    ground = "none" if scene.background == "transparent" else scene.background
    scene.background = "#ffffff"
    return ground


def _scheme(theme: Any) -> str:
    return "dark" if is_dark(theme) else "light"


def _other(scene: Scene, painted: str, asked: Options, ground: str) -> str:
    """The ground of the picture, and for each kind of part and each of its colours that which it
    has in the other scheme: in the dark, or where the picture is dark, in the light.

    They are read off the two pictures, which differ in nothing else. painted: the one that the page
    has, on its ground. What is chosen or runs has rules of its own, before which these give way.
    """
    there = {"light": "dark", "dark": "light"}[_scheme(asked.theme)]
    other = coloured(scene, Colours(there, None, asked.highlight))
    rules = {f"#stage{{background:{ground}}}": None,
             f'[data-theme="{there}"] #stage{{background:{_ground(other)}}}': None}
    kind = ""
    for one, two in zip(_COLOR.finditer(painted), _COLOR.finditer(svg(other)), strict=True):
        kind = one[1] or kind
        if one[2] and one[3] != two[3]:
            where = f':where([data-theme="{there}"]) #stage :where(.{kind}) [{one[2]}="{one[3]}"]'
            rules[f"{where}{{{one[2]}:{two[3]}}}"] = None
    return "\n".join(rules)


@lru_cache(maxsize=8)
def _text(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


@lru_cache(maxsize=8)
def _all(folder: str, pattern: str) -> str:
    """The files of a folder, in the order of their names, as one text."""
    return "\n".join(path.read_text("utf-8") for path in sorted((_HERE / folder).glob(pattern)))
