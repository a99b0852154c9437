"""One HTML file of a picture, its data, and the scripts that answer questions about it."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from ...engine.node import Node
from ..render.scene import Scene
from ..render.svg import svg
from ..render.themes import themed
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
        return (
            f'<iframe srcdoc="{escape(self)}" sandbox="allow-scripts" title="graph" loading="lazy" '
            f'style="width:100%;height:640px;border:1px solid #d9dde5;border-radius:8px"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<page of {len(self) / 1000:.0f} kB>"


def html(
    scene: Scene,
    about: str,
    *,
    values: Mapping[Node, Any] | None = None,
    gradients: Mapping[Node, Any] | None = None,
    names: Mapping[Node, str] | None = None,
    title: str = "",
    without: str = "",
    times: Mapping[str, Any] | None = None,
    replay: Replay | None = None,
) -> Page:
    """The page of a picture.

    about: the picture in a few words. values, gradients, names: of ops in it, by node. title: its
    heading. without: why there are no gradients, if there are none. times: the two-time tables.
    replay: what the page needs to run the model itself.
    """
    width, height = scene.size()
    found = facts(scene, values or {}, gradients or {}, names or {}) | {
        "width": width, "height": height, "words": about, "without": without or None,
        "times": times or {},
    }
    painted = svg(scene, title=about)
    data = packed(found | {"nodes": []}) | {"nodes": packed(found["nodes"])}  # each has its room
    return Page(Template(_text("page.html")).substitute(
        title=escape(title or "Graph"),
        about=escape(about),
        styles=f"{_dark(scene, painted)}\n{_all('styles', '*.css')}",
        scripts=_all("scripts", "*.js"),
        svg=painted,
        data=as_json(data | {"replay": replay and replay.data}),
        records=replay.records if replay else "const RECORDS = [];",
    ))


def _dark(scene: Scene, painted: str) -> str:
    """For each kind of part and each of its colours, the one that it has in the dark theme.

    They are read off the two pictures, which differ in nothing else. painted: the light one. What
    is chosen or runs has rules of its own, before which these give way.
    """
    dark = copy.copy(scene)
    themed(dark, "dark", None)
    rules: dict[str, None] = {}
    kind = ""
    for one, two in zip(_COLOR.finditer(painted), _COLOR.finditer(svg(dark)), strict=True):
        kind = one[1] or kind
        if one[2] and one[3] != two[3]:
            where = f':where([data-theme="dark"]) #stage :where(.{kind}) [{one[2]}="{one[3]}"]'
            rules[f"{where}{{{one[2]}:{two[3]}}}"] = None
    return "\n".join(rules)


@lru_cache(maxsize=8)
def _text(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


@lru_cache(maxsize=8)
def _all(folder: str, pattern: str) -> str:
    """The files of a folder, in the order of their names, as one text."""
    return "\n".join(path.read_text("utf-8") for path in sorted((_HERE / folder).glob(pattern)))
