"""What every plot of ``rnn.bptt`` can do: show itself, take a size and a style, be written."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.drawing.render.style import PALETTE
from minigrad.drawing.render.themes import THEMES
from rnn import bptt

pytest.importorskip("matplotlib")

XS = np.random.default_rng(0).normal(size=(5, 2, 3))


def results():
    """Something of each kind that can be plotted, by the name of its class."""
    cell, elman = (make(3, 4, dtype=float, rng=0) for make in (rnn.LSTMCell, rnn.ElmanCell))
    states = [state for _, state in rnn.steps(cell, XS)]
    losses = [h.sum() for h, _ in states]
    hs = [h for h, _ in rnn.steps(elman, XS)]

    def loss(h, t):
        return (h**2).sum()

    found = [
        bptt.report(sum(losses), cell), bptt.ledger(sum(losses), cell),
        bptt.two_time(losses, cell.W_hh), bptt.two_time(losses, cell),
        bptt.lstm_terms(cell, states[2], states[1]),
        bptt.lstm_paths(sum(losses), states), bptt.norms(hs[-1], hs),
        bptt.jacobian(hs[-1], hs[1]), bptt.bound(elman), bptt.spectrum(cell),
        bptt.vanishing(T=4, hidden_size=3, scales=[1.0], cells=[rnn.ElmanCell]),
        bptt.rtrl(elman, XS, loss), bptt.audit({"W_hh": np.ones((4, 4))}, elman, XS, loss),
        bptt.truncation_error(elman, XS, lambda o, where: (o**2).sum(), k1=1, k2=[1, 5]),
    ]
    return {type(result).__name__: result for result in found}


RESULTS = results()


def test_all_that_have_a_plot_are_here():
    """No class that is published with a ``plot`` is left out below."""
    published = {name for name in bptt.__all__ if hasattr(getattr(bptt, name), "plot")}
    assert published == set(RESULTS)


@pytest.mark.parametrize("name", RESULTS)
def test_size_and_style(name):
    """Every plot has the size that was asked for, and is dark where that was asked for: words and
    lines stand out from the ground. And it shows itself."""
    figure = RESULTS[name].plot(size=(10, 6), style="dark")
    assert tuple(figure.get_size_inches()) == (10, 6)
    assert lightness(figure.get_facecolor()) < 0.2
    words = [text for axes in figure.axes for text in (
        axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label,
        *(axes.get_legend().get_texts() if axes.get_legend() else ()),
    ) if text.get_text()]
    assert words
    assert all(lightness(text.get_color()) > 0.5 for text in words)
    lines = [line for axes in figure.axes for line in axes.get_lines()]
    assert all(lightness(line.get_color()) > 0.2 for line in lines)
    assert callable(figure._repr_png_)
    assert callable(figure._repr_svg_)
    signature = inspect.signature(RESULTS[name].plot)
    assert [signature.parameters[p].kind.name for p in ("size", "style")] == ["KEYWORD_ONLY"] * 2


def lightness(colour):
    from matplotlib.colors import to_rgb

    return sum(to_rgb(colour)) / 3


def test_a_plot_shows_itself():
    """A notebook without pyplot finds PNG and SVG on what ``plot`` returns, in its style."""
    figure = RESULTS["LSTMPaths"].plot(size=(5, 3), style="dark")
    png, svg = figure._repr_png_(), figure._repr_svg_()
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20]) == 5 * 110
    assert svg.lstrip().startswith("<?xml")
    assert THEMES["dark"].paper in svg
    assert "#222222" not in svg


def test_a_plot_is_copied_and_pickled():
    """As any figure of matplotlib."""
    figure = RESULTS["LSTMPaths"].plot()
    for copied in (copy.deepcopy(figure), pickle.loads(pickle.dumps(figure))):
        assert type(copied) is type(figure)
        assert copied.axes[0].get_xlabel() == "time step $t$"


def test_colours_are_those_of_the_pictures():
    """The k-th weight has the k-th colour of the palette, as in a drawing of the graph."""
    lines = RESULTS["Ledger"].plot().axes[0].get_lines()
    colours = [line.get_color() for line in lines if not line.get_label().startswith("_")]
    assert colours == list(PALETTE[:3])


def test_styles_of_matplotlib():
    """A name, a dict, or several; and what is none is refused with the ones there are, before
    anything of matplotlib's settings has changed."""
    import matplotlib

    before = dict(matplotlib.rcParams)
    ledger = RESULTS["Ledger"]
    figure = ledger.plot(style={"font.size": 17.0})
    assert figure.axes[0].xaxis.label.get_fontsize() == 17.0
    assert ledger.plot(style="ggplot").axes[0].get_facecolor()[0] < 0.95
    assert ledger.plot(style=["ggplot", {"axes.facecolor": "red"}]).axes[0].get_facecolor() == (
        1.0, 0.0, 0.0, 1.0
    )
    for wrong in ("drak", {"no.such": 1}, {"font.size": "huge"}, 3):
        with pytest.raises(ValueError, match="no such style; wanted 'light', 'dark', or what"):
            ledger.plot(style=wrong)
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("size", [3, (3,), (0, 2), (3, -1), ("a", 2), (np.nan, 2), (1, 2, 3)])
def test_what_is_no_size(size):
    """It is refused in words."""
    with pytest.raises(ValueError, match=r"plot\(size=.*wanted \(width, height\) in inches"):
        RESULTS["Ledger"].plot(size=size)


def test_a_plot_is_written_as_it_looks(tmp_path):
    """The file has the style and the size; a plot makes no window and leaves no settings."""
    import matplotlib

    before = matplotlib.rcParams["text.color"]
    RESULTS["LSTMPaths"].plot(tmp_path / "new" / "dark.svg", size=(4, 4), style="dark")
    text = (tmp_path / "new" / "dark.svg").read_text("utf-8")
    assert 'width="288pt" height="288pt"' in text
    assert THEMES["dark"].paper in text
    assert matplotlib.rcParams["text.color"] == before


def test_a_weight_that_a_step_does_not_use_has_no_mark_there():
    """Steps of another recurrence are no zeros of this one."""
    w, v = (mg.tensor(np.ones(2), requires_grad=True, name=name) for name in "wv")
    loss = 0
    for t in (1, 2, 3):
        with mg.scope("step", t=t):
            loss = loss + (w * 10.0**-t).sum() + ((v * 2).sum() if t < 3 else 0)
    axes = bptt.ledger(loss, [w, v]).plot().axes[0]
    assert "hollow" not in axes.get_xlabel()
    assert np.isnan(axes.get_lines()[1].get_ydata()[2])
