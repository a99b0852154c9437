"""How boxes look: their words and colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..reading.boxes import Box, Unrolled
from .text import TextLine, indexed, painted, plain

__all__ = [
    "BACK", "CUT", "DASHES", "FILLS", "FRAME", "INK", "MUTED", "PALETTE", "QUIET", "STATE", "WIRE",
    "WRONG",
    "Look", "colors_of", "dash", "dashed_as", "dashes", "dashes_of", "look", "mixed", "named",
    "pale", "small", "state_pieces",
]

INK, WIRE, STATE, MUTED, CUT = "#222222", "#777777", "#444444", "#666666", "#c62828"
BACK = "#00796b"  # of arrows against the wires
WRONG, QUIET = "#d50000", "#7b8794"  # what is wrong, and all weights of such a picture
# Told apart by readers who see no red or no green, and dark enough for white words; after the
# eighth weight the colours come again, with another kind of line.
PALETTE = (
    "#0070a8", "#cb4f10", "#6e00db", "#9f6e3c", "#b30f7c", "#0a317f", "#721845", "#9c0d0d",
)
DASHES = ("", "7 3", "2 3", "9 3 2 3", "12 4", "4 4", "9 3 2 3 2 3", "1.5 1.5")
FILLS = {
    "cell": ("#fff3d6", "#c9a24b"), "step": ("#f4f4f4", "#888888"),
    "scalar": ("#fde7e7", "#c98080"), "block": ("#f4f4f4", "#888888"),
    "source": ("#ececec", "#888888"), "input": ("#e8f0fe", "#8aa4d6"),
    "initial": ("#ffffff", "#888888"), "constant": ("#ffffff", "#aaaaaa"),
}
FRAME = ("#fbf6ea", "#d9c9a0")


class Look(NamedTuple):
    """What a box is painted with."""

    id: str
    lines: Sequence[TextLine]
    fill: str
    line: str
    ink: str
    tooltip: str
    kind: str

    @property
    def width(self) -> float:
        return max((line.width for line in self.lines), default=0.0)

    @property
    def height(self) -> float:
        return sum(line.height for line in self.lines)


def look(
    box: Box, unrolled: Unrolled, color: str = "", notes: Sequence[TextLine] = (),
    labels: Mapping[str, str] | None = None,
) -> Look:
    """The words and colours of a box; `color` is that of its wire, if it has one of its own.
    labels: other names for boxes, by their own."""
    own = (labels or {}).get(box.title)
    name, step = plain(own or box.title), box.at
    tooltip = _about(box)
    kind: str = box.kind
    if kind == "weight":
        lines = [TextLine([indexed(plain(own) if own else _short(box, unrolled))], 11, True)]
        lines += [note._replace(color="") for note in notes]
        return Look(name, painted(lines), color, color, "#ffffff", tooltip, kind)
    if kind == "step" and box.states:
        kind, lines = "cell", [TextLine([(name, "")])]
        if not any(note.low for note in notes):  # notes with subscripts name the states already
            lines.append(TextLine(state_pieces(list(box.states), step), 10))
    elif kind in ("step", "input", "initial"):
        # With notes the label could not have two sizes.
        symbol = box.title == "loss" and not own and not notes
        lines = [TextLine([("ℓ" if symbol else name, step)], 12 if symbol else 11)]
    else:
        size = 15 if name == "Σ" and not notes else 11
        lines = [TextLine([(plain(word), "")], size)
                 for word in (own or box.title).split("\n")]
    if box.scalar and kind == ("step" if box.column is not None else "block"):
        kind = "scalar"
    fill, line = FILLS[kind]
    at = f"{name}[t={step}]" if step else name
    return Look(at, painted([*lines, *notes]), fill, color or line, INK, tooltip, kind)


def named(full: Look, where: str) -> Look:
    """A box that is only named, because it is elsewhere: its name in its colour, on white."""
    own = full.line if full.kind == "weight" else MUTED
    return full._replace(
        lines=painted([full.lines[0]._replace(color=""), TextLine([(where, "")], 9, color=MUTED)]),
        fill=FILLS["initial"][0], line=own, ink=own, kind="mention",
    )


def _short(box: Box, unrolled: Unrolled) -> str:
    """The shortest end of a dotted name that no other box has."""
    parts = box.title.split(".")
    others = [b.title.split(".") for b in unrolled.sources if b is not box]
    n = 1
    while n < len(parts) and any(other[-n:] == parts[-n:] for other in others):
        n += 1
    return plain(".".join(parts[-n:]))


def _about(box: Box) -> str:
    """What a box shows when the mouse is over it."""
    if not box.nodes:
        return box.title
    node = box.nodes[-1]
    ops = [n.op.name for n in box.nodes if n.op]
    words = f": {', '.join(ops[:12])}{', ...' if len(ops) > 12 else ''}" if ops else ""
    where = str(node.scope) if node.scope and ops and not box.any_step else box.title
    return f"{where}{words}; shape {node.shape}"


def state_pieces(names: Sequence[str], step: str) -> list[tuple[str, str]]:
    """Names with the step as subscript, and some room between them."""
    return [(("  " if k else "") + plain(name), step) for k, name in enumerate(names)]


def small(words: str, color: str) -> TextLine:
    """Words beside a wire."""
    return TextLine([(words, "")], 9, color=color)


def colors_of(unrolled: Unrolled) -> dict[Box, str]:
    """A colour for every weight, in their order; grey for computed sources."""
    weights = [box for box in unrolled.sources if box.kind == "weight"]
    colors = {box: PALETTE[k % len(PALETTE)] for k, box in enumerate(weights)}
    boxes = (*unrolled.sources, *unrolled.steps)
    others = [box for box in boxes if box.kind in ("source", "block")]
    return colors | dict.fromkeys(others, "#555555")


def dashes_of(unrolled: Unrolled) -> dict[Box, str]:
    """The kind of line of every weight: with its colour it is of no other."""
    weights = [box for box in unrolled.sources if box.kind == "weight"]
    return {box: dash(k) for k, box in enumerate(weights)}


def dash(k: int) -> str:
    """The kind of line of the k-th weight: another one whenever the colours come again."""
    return dashes(k // len(PALETTE))


def dashes(n: int) -> str:
    """The n-th kind of line: lengths of strokes and gaps. After those of the table come strokes
    with more and more dots."""
    return DASHES[n] if n < len(DASHES) else "9 3" + " 2 3" * (n - len(DASHES) + 3)


def dashed_as(kind: str) -> int:
    """The number of a kind of line."""
    return DASHES.index(kind) if kind in DASHES else kind.count(" 2 3") + len(DASHES) - 3


def pale(color: str, share: float, paper: str = "#ffffff") -> str:
    """`color`, nearer to the paper the smaller its share."""
    return mixed(color, paper, 0.7 - 0.7 * share)


def mixed(color: str, other: str, share: float) -> str:
    """A colour with a share of another in it, both in six digits."""
    if not (len(color) == len(other) == 7):
        return color
    pairs = [(int(color[k : k + 2], 16), int(other[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)
