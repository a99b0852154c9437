"""A scene as DOT text. The renderer lays nothing out: `neato -n2` paints what is put somewhere."""

from __future__ import annotations

from .scene import ARROW, Mark, Path, Scene, arrow_length, rounded, shortened
from .text import clean, escaped, label

__all__ = ["FONTS", "dot", "tooltip"]

# Helvetica's name alone is taken for a PostScript font, and where that is missing for DejaVu Sans,
# which is wider than what boxes are made for; in a list each is looked for by its name.
FONTS = "Helvetica,Arial,Liberation Sans,Nimbus Sans,sans-serif"


def dot(scene: Scene) -> str:
    """The DOT text of a scene."""
    import graphviz

    # Frames lie below everything; without any, lines end below the dots and boxes.
    framed = any(mark.kind == "frame" for mark in scene.marks)
    order = "nodesfirst" if framed else "edgesfirst"
    asked = {"size": f'{",".join(f"{side:.2f}" for side in scene.inches())}!'}
    graph = graphviz.Digraph(
        comment="every position is given: paint it with neato -n2", engine="neato",
        graph_attr={"bgcolor": scene.background, "pad": "0.2", "outputorder": order,
                    **(asked if scene.scale != 1 else {})},
        node_attr={"fontname": FONTS, "shape": "box", "fixedsize": "shape",
                   "label": "", "margin": "0"},
        edge_attr={"fontname": FONTS},
    )
    for mark in scene.marks:
        graph.node(mark.id, **_node(mark))
    for path in scene.paths:
        graph.edge(path.tail, path.head, **_edge(path))
    return str(graph.source)


def _node(mark: Mark) -> dict[str, str]:
    style = [] if mark.circle or not mark.fill else ["rounded"]
    style += ["filled"] * bool(mark.fill) + ["dashed"] * mark.dashed
    found = {
        "pos": f"{mark.x:.1f},{mark.y:.1f}",
        "width": f"{mark.width / 72:.4f}",
        "height": f"{mark.height / 72:.4f}",
        "label": label(mark.lines),
        "tooltip": tooltip(mark.tooltip or " ".join(map(str, mark.lines))),
    }
    if mark.lines:
        found |= {"fontsize": f"{mark.lines[0].size:g}", "fontcolor": mark.ink}
    if not mark.fill:
        return found | {"shape": "plaintext" if mark.lines else "none"}
    if mark.circle:
        found["shape"] = "circle"
    return found | {
        "style": ",".join(style), "fillcolor": mark.fill, "color": mark.line or mark.fill,
        "penwidth": f"{mark.thick:g}",
    }


def _edge(path: Path) -> dict[str, str]:
    length = arrow_length(path)
    x, y = path.points[-1]
    body = rounded(shortened(path.points, length), path.bend)
    spline = " ".join(f"{x:.1f},{y:.1f}" for x, y in body)
    found = {
        "pos": f"e,{x:.1f},{y:.1f} {spline}" if path.arrow else spline,
        "color": path.color,
        "penwidth": f"{path.thick:.2f}",
        "arrowhead": "normal" if path.arrow else "none",
        "tooltip": tooltip(path.tooltip),
    }
    if path.arrow:
        found["arrowsize"] = f"{length / ARROW:.2f}"
    if path.dashed or path.dash:
        found["style"] = "dotted" if path.dash in ("2 3", "1.5 1.5") else "dashed"
    return found


def tooltip(text: str) -> str:
    """A tooltip without escapes, which renderers expand once or twice."""
    return escaped(clean(text).replace("\\", "/"))
