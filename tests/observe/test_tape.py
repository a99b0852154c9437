"""The tape as a table, in text and in a notebook."""

from html import unescape

import numpy as np

import minigrad as mg


def test_a_notebook_shows_a_table():
    """The same cells as in text, in HTML, whatever the names hold."""
    w = mg.tensor([1.0, 2.0], requires_grad=True, name="<b>w</b>&")
    tape = mg.Tape(np.tanh(w * 3.0).sum())
    shown = tape._repr_html_()
    assert shown.count("<tr>") == len(tape) + 1
    assert "<td>&lt;b&gt;w&lt;/b&gt;&amp;</td>" in shown
    for line in tape.table().splitlines():
        assert all(word in unescape(shown) for word in line.split())


def test_long_tapes_show_their_ends():
    """Of very many ops the first and the last."""
    x = mg.tensor(1.0, requires_grad=True)
    for _ in range(1000):
        x = x * 1.001
    shown = mg.Tape(x)._repr_html_()
    assert shown.count("<tr>") == 1 + 60 + 1
    assert "<td>1000</td>" in shown
