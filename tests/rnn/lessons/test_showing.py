"""A picture that moves, in a notebook: the page in a frame, the still where there is none."""

import re
from html import unescape

import numpy as np
import pytest

import minigrad as mg
import rnn
from rnn.lessons import show


def picture():
    cell = rnn.ElmanCell(2, 3, rng=0, dtype=float)
    outputs, _ = rnn.unroll(cell, np.ones((3, 1, 2)))
    return mg.draw((outputs**2).sum(), ledger=True)


def test_a_notebook_gets_the_page_and_the_still():
    """The frame has the page whole, with the picture in it; the still is the picture's own."""
    drawn = picture()
    shown = show(drawn)
    frame = shown._repr_html_()
    inside = unescape(re.search(r"srcdoc='([^']*)'", frame)[1])
    assert inside == drawn.html()
    assert "<svg" in inside
    assert 'sandbox="allow-scripts"' in frame
    assert shown._repr_svg_() == drawn._repr_svg_()
    assert len(frame) < 1.02 * len(inside) + 500    # what is escaped is little
    assert repr(shown) == f"{drawn!r} that moves: {len(inside) / 1000:.0f} kB"


def test_the_page_is_made_at_once():
    """A backward pass that comes later, and frees the graph, takes nothing from it."""
    w = mg.tensor(2.0, requires_grad=True, name="w")
    loss = np.tanh(w * w)
    shown = show(mg.draw(loss))
    before = shown._repr_html_()
    loss.backward()
    assert shown._repr_html_() == before


@pytest.mark.parametrize("given", [None, "graph.svg", mg.tensor(1.0)])
def test_what_is_no_picture_is_refused(given):
    """The error says what was given, and what gives a picture."""
    with pytest.raises(TypeError, match=r"show\(picture\): received .*wanted a Drawing"):
        show(given)
