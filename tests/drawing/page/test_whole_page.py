"""The page as a file: complete in itself, small, and made without the graph being changed."""

import re
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.drawing import page
from tests.support.paths import ROOT
from tests.support.pictures import elman, lstm


def unrolled(T, B, H):
    """The mean squared outputs of an LSTM, and its cell."""
    cell = rnn.LSTMCell(3, H, dtype=float, rng=0)
    xs = np.random.default_rng(0).normal(size=(T, B, 3))
    return (rnn.unroll(cell, xs)[0] ** 2).mean(), cell


def test_nothing_from_elsewhere():
    """No address, no import, no source outside of the file; its policy allows none."""
    text = mg.draw(elman(2)).html()
    addresses = set(re.findall(r"https?://[^\"' <]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    reaching = r"<(?:link|img|iframe|object|embed)|\bsrc=|@import|import\(|fetch\("
    assert not re.findall(reaching, text)
    assert "default-src 'none'" in text


def test_the_same_bytes_again():
    """The same graph gives the same page."""
    assert mg.draw(lstm(3)).html() == mg.draw(lstm(3)).html()


def test_the_graph_is_kept():
    """Making a page frees nothing and writes nothing: backward() gives what it gave before."""
    loss, cell = unrolled(3, 2, 4)
    mg.draw(loss).html()
    assert cell.W_hh.grad is None
    loss.backward()
    other, again = unrolled(3, 2, 4)
    other.backward()
    assert np.array_equal(cell.W_hh.grad.numpy(), again.W_hh.grad.numpy())


@pytest.mark.parametrize("view", ["steps", "rolled", "ops"])
def test_every_view_is_a_page(view, tmp_path):
    """Each view is saved as a page, with its title as text; shown in a notebook it is a frame."""
    drawing = mg.draw(elman(3), view=view, title="<3 steps>")
    path = drawing.save(tmp_path / "graph.HTML")
    text = path.read_text("utf-8")
    assert text == drawing.html()
    assert "<h1>&lt;3 steps&gt;</h1>" in text
    assert drawing.html()._repr_html_().startswith("<iframe srcdoc=")


def test_after_backward():
    """A freed graph is a page without gradients, which says what to do."""
    loss, _cell = unrolled(3, 2, 4)
    loss.backward()
    text = mg.draw(loss).html()
    assert "Without gradients." in text
    assert "retain_graph=True" in text


def test_what_docs_tell(tmp_path, monkeypatch):
    """The lines of docs/pages.md make the page that it speaks of, with everything in it."""
    monkeypatch.chdir(tmp_path)
    told = (ROOT / "docs" / "pages.md").read_text("utf-8")
    exec(told.partition("```python\n")[2].partition("```")[0], {})
    text = Path("lstm.html").read_text("utf-8")
    assert "<h1>An LSTM</h1>" in text
    assert '"absent":[]' in text
    assert len(text) < 1_500_000


def test_scripts_are_small():
    """All scripts and styles together are less than 100 kB."""
    folders = [Path(page.__path__[0], name) for name in ("scripts", "styles")]
    assert sum(file.stat().st_size for one in folders for file in one.iterdir()) < 100_000
