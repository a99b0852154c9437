"""Painting and saving: which renderer is used, what is written, what happens without one."""

import importlib.metadata
import json
import re
import struct
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from graphviz.backend import dot_command

import minigrad as mg
from minigrad.drawing import Drawing, RendererNotFoundError, RenderError
from minigrad.drawing.render import programs as painter
from minigrad.drawing.render.scene import Mark, Scene
from tests.support.pictures import edges, elman, nodes, parameter, scene

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawing():
    return mg.draw(elman(2), ledger=True, title="Two steps")


@pytest.fixture
def no_renderer(monkeypatch):
    monkeypatch.setattr(painter, "renderers", lambda: iter(()))


def words(svg):
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


@pytest.mark.parametrize("view", ["steps", "ops"])
def test_svg_and_png(view):
    """Both views are painted: the SVG holds the words of the boxes, the PNG is a PNG."""
    painted = mg.draw(elman(2), view=view, title="Two steps")
    found = words(painted.svg())
    assert "Two steps" in found
    assert {"Wxh"} & set(found) or {"W", "xh"} <= set(found)
    width, height = png_size(painted.png())
    assert width > 200
    assert height > 100


def test_the_renderer_moves_nothing():
    """Every box is painted where the layout put it, but for one shift of the whole picture."""
    picture = scene(elman(3), True)
    planned = {s.id: (s.x, -s.y) for s in picture.marks if s.fill and s.lines and not s.circle}
    shifts = []
    painted = painter.render(mg.draw(elman(3), ledger=True).dot, "svg", "neato")
    for group in ET.fromstring(painted).iter(f"{SVG}g"):
        path, title = group.find(f".//{SVG}path"), group.findtext(f"{SVG}title")
        if group.get("class") == "node" and title in planned:
            numbers = np.array(re.findall(r"-?[\d.]+", path.get("d")), float).reshape(-1, 2)
            shifts.append((numbers.min(axis=0) + numbers.max(axis=0)) / 2 - planned[title])
    assert len(shifts) == len(planned) == 14
    assert np.ptp(shifts, axis=0) == pytest.approx([0, 0], abs=0.2)


def test_save(drawing, tmp_path):
    """The name says the format; the path comes back; nothing else is left in the directory."""
    for name in ("graph.svg", "graph.PNG", "graph.dot"):
        path = drawing.save(tmp_path / name)
        assert path == tmp_path / name
        assert path.stat().st_size > 1000
    assert drawing.save(str(tmp_path / "again.svg")).read_text() == drawing.svg()
    assert (tmp_path / "graph.dot").read_text() == drawing.dot
    assert len(list(tmp_path.iterdir())) == 4


def test_unknown_ending(drawing, tmp_path):
    """Another ending is refused before anything is written; the known ones are named."""
    for name in ("graph.pdf", "graph"):
        with pytest.raises(ValueError, match=r"\.svg, \.png, \.dot"):
            drawing.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_failed_save_leaves_the_old_file(drawing, tmp_path, monkeypatch):
    """A renderer that fails, or a disk that does, leaves the file that was there and no other."""
    path = tmp_path / "graph.svg"
    path.write_text("old")

    def full(self, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            drawing.save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError):
        drawing.save(tmp_path / "missing" / "graph.svg")


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer(drawing, tmp_path):
    """PNG says what to install, both ways; SVG and DOT text need nothing."""
    for paint in (drawing.png, lambda: drawing.save(tmp_path / "graph.png")):
        with pytest.raises(RendererNotFoundError, match=r"pip install graphviz-pure.*Graphviz"):
            paint()
    assert not list(tmp_path.iterdir())
    assert drawing.save(tmp_path / "graph.dot").read_text() == drawing.dot
    assert drawing.save(tmp_path / "graph.svg").read_text() == drawing.svg()
    assert "<svg" in drawing._repr_mimebundle_()["image/svg+xml"]


def test_jupyter(drawing):
    """In Jupyter a drawing is its SVG; where only text is shown, its repr."""
    bundle = drawing._repr_mimebundle_(include=None, exclude=None)
    assert bundle["image/svg+xml"].startswith("<svg ")
    assert bundle["text/plain"] == repr(drawing) == "<Drawing of 2 steps: 6 boxes, 4 weights>"
    json.dumps(bundle)


def test_graphviz_pure_is_tried_first(monkeypatch, tmp_path):
    """The renderer of the environment comes first, whatever the PATH is; then a system dot."""
    pytest.importorskip("graphviz")
    try:
        importlib.metadata.distribution("graphviz-pure")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("graphviz-pure is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    (first,) = painter.renderers()
    assert first.stem == "graphviz-pure"
    assert first.is_file()
    system = tmp_path / "dot"
    system.write_text("#!/bin/sh\nexit 1\n")
    system.chmod(0o755)
    assert [path.stem for path in painter.renderers()] == ["graphviz-pure", "dot"]


def test_a_system_dot_alone(monkeypatch, tmp_path):
    """Without graphviz-pure a `dot` on the PATH paints; positions are kept with -n2."""
    good = next(painter.renderers())
    said = tmp_path / "said"
    system = tmp_path / "dot"
    system.write_text(f'#!/bin/sh\necho "$@" > {said}\nexec {good} "$@"\n')
    system.chmod(0o755)

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", missing)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert png_size(mg.draw(elman(1)).png())
    assert said.read_text().split() == ["-Kneato", "-Tpng", "-n2"]
    assert png_size(mg.draw(elman(1), view="ops").png())
    assert said.read_text().split() == ["-Kneato", "-Tpng", "-n2"]


def test_renderers_that_fail(monkeypatch, tmp_path, drawing):
    """One that fails is passed over; when all fail the error says what each said."""
    good = next(painter.renderers())
    bad = tmp_path / "bad"
    bad.write_text("#!/bin/sh\necho 'out of ink' >&2\nexit 3\n")
    bad.chmod(0o755)
    before = dot_command.DOT_BINARY
    monkeypatch.setattr(painter, "renderers", lambda: iter([bad, tmp_path / "absent", good]))
    assert png_size(drawing.png())
    monkeypatch.setattr(painter, "renderers", lambda: iter([bad, tmp_path / "absent"]))
    with pytest.raises(RenderError, match="out of ink"):
        drawing.png()
    assert before == dot_command.DOT_BINARY


def test_the_graphviz_package_is_left_as_it_was(drawing):
    """Its program is the user's again after each painting, from any thread."""
    before = dot_command.DOT_BINARY
    painted = []
    threads = [threading.Thread(target=lambda: painted.append(drawing.png())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(painted)) == 1
    assert len(painted) == 4
    assert before == dot_command.DOT_BINARY


def test_wide_pictures_have_bounded_pngs():
    """A PNG has at most 12,000 pixels along a side and 40 million in all, in both views."""
    width, height = png_size(mg.draw(elman(150)).png())
    assert 11_000 < width <= 12_100
    assert height < 1000
    x = parameter("x", 1)
    for _ in range(390):
        x = x * 1.5
    width, height = png_size(mg.draw(x).png())
    assert width * height <= 40e6
    far = Scene()
    for x in (0, 500_000):
        far.add(Mark(far.id("end"), x, 0, 100, 100, (), "#ffffff"))
    assert 11_000 < max(png_size(Drawing(far, "ends", str).png())) <= 12_100


NASTY = (
    'W"<&>\\_h', "a:b", "<b>bold</b>", "node", "x\\N\\", "größe", "重み", "",
    "line\nbreak", "{a|b}",
)


@pytest.mark.parametrize("view", ["steps", "ops"])
@pytest.mark.parametrize("name", NASTY)
def test_any_name_is_painted_as_it_is(view, name):
    """Names of tensors, scopes and inputs, and titles, may hold what DOT or HTML would read."""
    w, h = mg.Parameter(np.ones((2, 2)), name=name), mg.tensor(np.zeros(2))
    for t in (1, 2):
        with mg.scope(name or "rnn", t=t, **{"h": h, name or "x": np.ones(2)}):
            h = np.tanh(h @ w)
    drawing = mg.draw(h.sum(), view=view, title=name or None)
    for svg in (drawing.svg(), painter.render(drawing.dot, "svg", "neato")):
        shown = [word.replace("\u00a0", " ") for word in words(svg)]
        if name:
            assert name.replace("\n", " ") in shown
    if view == "steps":
        boxes = nodes(drawing.dot)
        taps = [head for tail, head, _ in edges(drawing.dot) if tail in boxes and "[t=" in head]
        assert len(taps) == 2 + 1 + 1 + 2  # of the weight, the initial state, h_1, the inputs


def test_importing_minigrad_imports_no_graphviz():
    """Drawing costs nothing until something is drawn."""
    names = {"graphviz", "minigrad.drawing.render.scene"}
    code = f"import sys, minigrad; print({names} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
