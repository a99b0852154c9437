"""Painting and saving: which renderer is used, what is written, what happens without one."""

import importlib.metadata
import importlib.util
import re
import struct
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.drawing import Drawing, RendererNotFoundError, RenderError
from minigrad.drawing.render import programs as painter
from minigrad.drawing.render.scene import Mark, Scene
from minigrad.functional import sigmoid
from tests.support.pictures import edges, elman, nodes, parameter, scene

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawing():
    return mg.draw(elman(2), ledger=True, title="Two steps")


@pytest.fixture
def no_renderer(monkeypatch):
    monkeypatch.setattr(painter, "renderers", lambda kind: iter(()))


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
    painted = painter.render(mg.draw(elman(3), ledger=True).dot, "svg")
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
    for name in ("graph.gif", "graph"):
        with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot, \.html"):
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
    assert drawing._repr_svg_().startswith("<svg ")


def test_jupyter(drawing):
    """In a notebook a drawing is its SVG, as wide as the column at most, and scrolled where its
    words could not be read then."""
    shown = drawing._repr_svg_()
    assert shown.startswith("<svg ")
    style = r'style="max-width:100%;min-width:([\d.]+)px;height:auto" width="(.*?)"'
    least, wide = re.search(style, shown).groups()
    assert float(least) == pytest.approx(0.6 * float(wide), abs=0.01)
    assert shown.partition("viewBox")[2] == drawing.svg().partition("viewBox")[2]
    assert drawing._repr_html_() == f'<div style="overflow-x:auto">{shown}</div>'
    assert repr(drawing) == "<Drawing of 2 steps: 6 boxes, 4 weights>"


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def without_wheels(monkeypatch, *found):
    """As if these packages alone were installed."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if name in found else None)
    if "graphviz-pure" not in found:
        def missing(name):
            raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.metadata, "files", missing)


def test_the_order_of_renderers(monkeypatch, tmp_path):
    """A system dot, then pygraphviz, then graphviz-pure, whatever the PATH is; that has no PDF."""
    try:
        importlib.metadata.distribution("graphviz-pure")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("graphviz-pure is not installed")
    monkeypatch.setenv("PATH", str(tmp_path))
    without_wheels(monkeypatch, "graphviz-pure", "pygraphviz")
    library, pure = painter.renderers("png")
    assert library[0] == sys.executable
    assert Path(pure[0]).stem == "graphviz-pure"
    assert Path(pure[0]).is_file()
    system = program(tmp_path / "dot", "exit 1")
    assert [command[0] for command in painter.renderers("png")] == [
        str(system), sys.executable, pure[0],
    ]
    assert [command[0] for command in painter.renderers("pdf")] == [str(system), sys.executable]


def test_a_system_dot_alone(monkeypatch, tmp_path):
    """A `dot` on the PATH paints; positions are kept with -n2."""
    *_, good = painter.renderers("png")
    said = tmp_path / "said"
    program(tmp_path / "dot", f'echo "$@" > {said}\nexec {good[0]} "$@"')
    without_wheels(monkeypatch)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for view in ("steps", "ops"):
        assert png_size(mg.draw(elman(1), view=view).png())
        assert said.read_text().split() == ["-Kneato", "-n2", "-Tpng"]


def test_pdf_by_a_system_dot(monkeypatch, tmp_path, drawing):
    """PDF is asked of a renderer that has it; without one the error names such."""
    program(tmp_path / "dot", 'cat > /dev/null; echo "%PDF $@"')
    without_wheels(monkeypatch, "graphviz-pure")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    path = drawing.save(tmp_path / "graph.pdf")
    assert path.read_bytes() == b"%PDF -Kneato -n2 -Tpdf\n"
    (tmp_path / "dot").unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RendererNotFoundError, match=r"as pdf .*`pip install pygraphviz`, or inst"):
        drawing.pdf()


def test_pygraphviz(tmp_path, drawing):
    """Its Graphviz runs in another process, and puts everything where it was put here."""
    pytest.importorskip("pygraphviz")
    (command,) = [c for c in painter.renderers("pdf") if c[0] == sys.executable]
    done = subprocess.run(command, input=drawing.dot.encode(), capture_output=True, check=True)
    assert done.stdout.startswith(b"%PDF")


def test_renderers_that_fail(monkeypatch, tmp_path, drawing):
    """One that fails is passed over; when all fail the error says what each said."""
    *_, good = painter.renderers("png")
    bad = [str(program(tmp_path / "bad", "echo 'out of ink' >&2\nexit 3"))]
    absent = [str(tmp_path / "absent")]
    monkeypatch.setattr(painter, "renderers", lambda kind: iter([bad, absent, good]))
    assert png_size(drawing.png())
    monkeypatch.setattr(painter, "renderers", lambda kind: iter([bad, absent]))
    with pytest.raises(RenderError, match=r"status 3: out of ink; .*absent"):
        drawing.png()


def test_letters_without_a_font(monkeypatch):
    """A PNG in which letters are boxes says so; those that its fonts have, and SVG, do not."""
    def drawn(name):
        return mg.draw(mg.tensor(1.0, requires_grad=True, name=name) * 2.0, view="ops")

    pure = [c for c in painter.renderers("png") if Path(c[0]).stem == "graphviz-pure"]
    if not pure:
        pytest.skip("graphviz-pure is not installed")
    monkeypatch.setattr(painter, "renderers", lambda kind: iter(pure))
    mg.draw(sigmoid(parameter("x", 2)).sum(), view="ops").png()  # a tooltip has ⁻ˣ, no label
    with pytest.warns(UserWarning, match=r"no glyphs for '重み🙂' .* save the picture as SVG"):
        drawn("重み🙂").png()
    drawn("größe Ωθ ‖∂‖ → שלום").png()
    assert "重み🙂" in drawn("重み🙂").svg()


def test_from_several_threads(drawing):
    """Threads that paint at once get the same bytes."""
    painted = []
    threads = [threading.Thread(target=lambda: painted.append(drawing.png())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(painted)) == 1
    assert len(painted) == 4


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
    for svg in (drawing.svg(), painter.render(drawing.dot, "svg")):
        shown = [word.replace("\u00a0", " ") for word in words(svg)]
        if name:
            assert name.replace("\n", " ") in shown
    if view == "steps":
        boxes = nodes(drawing.dot)
        taps = [head for tail, head, _ in edges(drawing.dot) if tail in boxes and "[t=" in head]
        assert len(taps) == 2 + 1 + 1 + 2  # of the weight, the initial state, h_1, the inputs


def test_importing_minigrad_imports_no_graphviz():
    """Nor any of the drawing room but its door, and so does rnn: drawing costs nothing until
    something is drawn."""
    code = "import sys, minigrad, rnn; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert "graphviz" not in loaded
    assert [name for name in loaded if name.startswith("minigrad.drawing.")] == []
