"""The gallery: it has pictures of every kind, and docs/gallery is what the code draws today."""

import re
from inspect import getsource

import pytest

from examples import gallery
from examples._pictures import PICTURES
from tests.support.paths import ROOT
from tests.support.pictures import assert_clear

DOCS = ROOT / "docs" / "gallery"
BEST = [name for name, picture in PICTURES.items() if picture.best]
OTHERS = [name for name in PICTURES if name not in BEST]


@pytest.mark.parametrize("name", BEST)
def test_docs_have_what_is_drawn_today(name, tmp_path):
    """Byte for byte, pages too: after a change of what is drawn, `make gallery` writes them."""
    for file in gallery.save(PICTURES[name], tmp_path):
        made, kept = ((folder / file).read_bytes() for folder in (tmp_path, DOCS))
        same = made == kept  # pytest would take minutes to say where two pages differ
        assert same, f"docs/gallery/{file} is not what the code draws: run `make gallery`"


def test_the_page_of_docs_shows_them_all():
    """docs/gallery/README.md has each of the best with its lines, and nothing else is there."""
    files = {name: [f"{name}.svg", *[f"{name}.html"] * PICTURES[name].page] for name in BEST}
    assert (DOCS / "README.md").read_text(encoding="utf-8") == gallery.readme(files)
    found = {path.name for path in DOCS.iterdir()}
    assert found == {"README.md"}.union(*files.values())
    assert max(path.stat().st_size for path in DOCS.iterdir()) < 1.5e6


@pytest.mark.parametrize("name", OTHERS)
def test_the_others_are_drawn(name, tmp_path):
    """Each is made; in a graph nothing overlaps."""
    made = PICTURES[name].make()
    if hasattr(made, "scene"):
        assert_clear(made.scene)
    else:
        made.savefig(tmp_path / "plot.png", dpi=20)
        assert (tmp_path / "plot.png").stat().st_size > 1000


def test_nothing_overlaps_in_the_best():
    """Nor does a wire run through a box."""
    for name in BEST:
        assert_clear(PICTURES[name].make().scene)


def test_the_lines_of_a_picture_are_few():
    """Ten at most, beside the line with its name."""
    for picture in PICTURES.values():
        assert len(gallery.source(picture).splitlines()) <= 12, picture.name
        assert getsource(picture.make).endswith(gallery.source(picture) + "\n")


def test_it_writes_an_index(monkeypatch, tmp_path, capsys):
    """Run as a program, it writes every picture and a page with each of them, its caption and its
    lines; here of three."""
    few = {name: PICTURES[name] for name in ("square", "scalar_recurrence", "two_time_plot")}
    monkeypatch.setattr(gallery, "PICTURES", few)
    gallery.main(tmp_path / "out")
    assert capsys.readouterr().out.startswith("3 pictures, and ")
    written = {path.name for path in (tmp_path / "out").iterdir()}
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert written == {"index.html", *re.findall(r'(?:src|href)="([^"]+)"', page)}
    assert len(written) == 5
    for name in few:
        assert f"def {name}():" in page
