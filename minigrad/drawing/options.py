"""What was asked of a picture, and how a scene that has been laid out is finished by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .render.captions import add_caption
from .render.cotangents import add_cotangents
from .render.themes import Colours, coloured, scaled

if TYPE_CHECKING:
    from .render.scene import Scene

__all__ = ["Options", "finished", "with_words"]


class Options(NamedTuple):
    """What was asked of ``draw``, by the names that it has there."""

    values: Any = False
    gradients: bool = False
    ledger: Any = False
    backward: bool = False
    widths: str = "weight"
    show: frozenset[str] | None = None
    steps: Any = None
    max_steps: int | None = None
    wrap: int | None = None
    direction: str | None = None
    labels: Mapping[str, str] = {}
    highlight: Any = None
    title: str | None = None
    caption: str | None = None
    theme: Any = "light"
    background: str | None = None
    scale: float | None = None
    width: float | None = None
    size: Any = None

    @property
    def colours(self) -> Colours:
        return Colours(self.theme, self.background, self.highlight)

    @property
    def sized(self) -> bool:
        """Whether a size was asked for."""
        return (self.scale, self.width, self.size) != (None, None, None)


def with_words(scene: Scene, asked: Options, *, backward: bool) -> Scene:
    """The scene with its caption and, if so, its backward arrows; in the colours of the light
    theme."""
    if backward:
        add_cotangents(scene)
    add_caption(scene, asked.caption)
    scaled(scene, asked.scale, asked.width, asked.size)
    return scene


def finished(scene: Scene, asked: Options) -> Scene:
    """The scene as a still picture shows it."""
    return coloured(with_words(scene, asked, backward=asked.backward), asked.colours)
