"""Each renderer that is installed, really run: a system dot, pygraphviz, graphviz-pure."""

import re
import shutil
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import minigrad as mg
from minigrad.drawing import RendererNotFoundError
from minigrad.drawing.render import programs
from minigrad.drawing.render.dot import FONTS
from minigrad.drawing.render.pure import for_pure, warn_of_boxes
from tests.support.pictures import elman, parameter

SVG = "{http://www.w3.org/2000/svg}"
STARTS = {"png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-", "svg": b"<?xml"}
WHICH = {
    "dot": lambda command: Path(command[0]).stem == "dot",
    "pygraphviz": lambda command: command[0] == sys.executable,
    "graphviz-pure": lambda command: Path(command[0]).stem == "graphviz-pure",
}


@pytest.fixture(scope="module")
def drawing():
    return mg.draw(elman(2), ledger=True, title="größe")


def only(name, kind, monkeypatch):
    """That renderer and no other, or the test is skipped."""
    found = [c for c in programs.renderers(kind) if WHICH[name](c)]
    if not found:
        pytest.skip(f"{name} is not here, or paints no {kind}")
    monkeypatch.setattr(programs, "renderers", lambda kind: iter(found))


@pytest.mark.parametrize("kind", STARTS)
@pytest.mark.parametrize("name", WHICH)
def test_each_kind(name, kind, monkeypatch, drawing):
    """It paints what it can paint."""
    only(name, kind, monkeypatch)
    assert programs.render(drawing.dot, kind).startswith(STARTS[kind])


@pytest.mark.parametrize("name", WHICH)
def test_boxes_are_where_they_were_put(name, monkeypatch, drawing):
    """And the words of each stand in its middle, up to a point or two."""
    only(name, "svg", monkeypatch)
    root = ET.fromstring(programs.render(drawing.dot, "svg"))
    marks = {mark.id: mark for mark in drawing.scene.marks if mark.lines and mark.fill}
    shifts, off = set(), []
    for group in root.iter(f"{SVG}g"):
        mark = marks.get(group.findtext(f"{SVG}title"))
        if mark is None or group.get("class") != "node":
            continue
        path = " ".join(part.get("d") or part.get("points") or "" for part in group.iter())
        xs = [float(x) for x, _ in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]
        if not xs:
            continue  # a circle
        middle = (min(xs) + max(xs)) / 2
        shifts.add(round(middle - mark.x))
        for text in group.iter(f"{SVG}text"):
            if text.get("text-anchor") == "middle":
                off.append(abs(float(text.get("x")) - middle))
            else:  # it begins at the left, as wide as the box was made for
                line = next((n for n in mark.lines if str(n) == text.text), None)
                off.append(abs(float(text.get("x")) + line.width / 2 - middle) if line else 0.0)
    assert max(shifts) - min(shifts) <= 1
    assert len(off) > 10
    assert max(off) < 4


def test_a_system_dot_finds_a_font_of_the_right_width():
    """In a list of fonts it takes one with Helvetica's widths, where there is one: alone the name
    would be taken for a PostScript font."""
    if not shutil.which("dot") or not shutil.which("fc-match"):
        pytest.skip("there is no system dot")
    font = subprocess.run(["fc-match", "Helvetica"], capture_output=True, text=True, check=True)
    if "Liberation" not in font.stdout:
        pytest.skip("there is no font with Helvetica's widths")
    text = f'digraph {{ node [fontname="{FONTS}"]; a }}'
    done = subprocess.run(["dot", "-v", "-Tsvg"], input=text, capture_output=True, text=True,
                          check=True)
    assert "Liberation Sans" in done.stderr


def test_what_graphviz_pure_gets():
    """One font, ◦ for ⊙, and lines with other letters than ASCII's in cells of their width."""
    w = parameter("W_σ", 4)
    drawing = mg.draw((w * w).sum(), view="ops", gradients=True, labels={"multiply": "⊙"})
    assert "⊙" in drawing.dot
    assert f'fontname="{FONTS}"' in drawing.dot
    text = for_pure(drawing.dot)
    assert "⊙" not in text
    assert "fontname=Helvetica" in text.replace('"', "")
    cells = re.findall(r'width="\d+" height="11"><tr><td align="left"><font [^>]*>‖grad‖', text)
    assert len(cells) == 2


def test_the_signs_that_graphviz_pure_has():
    """Those of our labels are among them; ∇ and ⊗ are not, and are warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_boxes("‖Σ Gₜ‖ = ∂L/∂W → ℓ₁₂ √ ≤ · × − ⁻ ᵀ ½ ◦ größe Ωθ שלום Москва")
    for sign in "∇⊗⊙セ🙂":
        with pytest.warns(UserWarning, match=f"no glyphs for '{sign}'"):
            warn_of_boxes(f"label={sign}")


def test_without_any(monkeypatch, tmp_path, drawing):
    """An empty PATH and no packages: PNG and PDF say what to install, the rest is saved."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(programs, "_graphviz_pure", lambda: None)
    for ending in ("svg", "dot", "html"):
        assert drawing.save(tmp_path / f"graph.{ending}").stat().st_size > 1000
    with pytest.raises(RendererNotFoundError, match=r"as png needs .*`pip install graphviz-pure`"):
        drawing.png()
    with pytest.raises(RendererNotFoundError, match=r"as pdf needs .*`pip install pygraphviz`"):
        drawing.save(tmp_path / "graph.pdf")
    assert not (tmp_path / "graph.pdf").exists()
