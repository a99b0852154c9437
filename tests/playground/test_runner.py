"""What a run of a program tells the page: values, pictures, texts, knobs, errors."""

import re

import pytest

from tests.support.playground import ran, runner

pytestmark = pytest.mark.usefixtures("a_page")


def texts(said, stream):
    return "".join(rest["text"] for type, rest in said if rest.get("stream") == stream)


def test_each_cell_shows_its_last_value():
    """As in a notebook: an expression at the end of a cell, not one before it, and not None."""
    said, whole = ran("1\n2\n# %% next\nx = 3\n# %% last\nx + 1\n# %%\nNone\n")
    assert whole
    assert texts(said, "value") == "2\n4\n"
    assert [rest["text"] for type, rest in said if type == "title"] == ["next", "last"]


def test_a_mark_inside_of_a_text_opens_no_cell():
    """Only lines of the program do, so a text over some lines stays one."""
    assert len(runner.cells('x = """\n# %% no\n"""\n# %% yes\nx\n')) == 2


def test_print_and_values_come_in_order():
    """What is printed comes before the value that is shown after it, and errors of print too."""
    said, _ = ran("import sys\nprint('a', end='')\nprint('b', file=sys.stderr)\n7")
    assert [rest["stream"] for _, rest in said] == ["out", "err", "value"]
    assert texts(said, "out") == "a"


def test_an_endless_print_is_cut():
    """The page gets 200,000 characters and is told that there were more."""
    said, _ = ran("for _ in range(30000): print('0123456789')")
    assert 200_000 <= len(texts(said, "out")) < 201_000
    assert "the rest is left out" in texts(said, "out")


def test_pictures_show_themselves_as_pages():
    """A drawing is the page to ask; after backward(), which frees what the page needs, or inside
    of rnn.lessons.show, it is what can be had; display shows one at any place."""
    said, _ = ran("""
import numpy as np, minigrad as mg, rnn
from rnn.lessons import show
w = mg.tensor([1.0, 2.0], requires_grad=True, name="w")
loss = np.tanh(w).sum()
display(mg.draw(loss))
show(mg.draw(loss))
# %% later
np.array([1, 2])
""")
    pages = [rest for type, rest in said if type == "show"]
    assert [page["kind"] for page in pages] == ["page", "page"]
    assert all(page["data"].startswith("<!doctype html>") for page in pages)
    assert texts(said, "value") == "array([1, 2])\n"


def test_forms_have_an_order():
    """Markdown before HTML before SVG; a PNG as base64; a class shows nothing of its own."""
    said, _ = ran("""
class Both:
    def _repr_html_(self): return "<b>"
    def _repr_markdown_(self): return "**b**"
class Png:
    def _repr_png_(self): return b"png"
class Silent:
    def _repr_svg_(self): return None
    def __repr__(self): return "silent"
for value in (Both(), Png(), Silent(), Both): display(value)
""")
    assert [(rest["kind"], rest["data"]) for type, rest in said if type == "show"] == [
        ("markdown", "**b**"), ("png", "cG5n")]
    assert texts(said, "value").startswith("silent\n<class ")


def test_an_error_is_told_by_the_lines_of_the_program():
    """The engine's message as it is, the program's lines with their text, no line of the engine's
    own, and the line to mark."""
    said, whole = ran("import minigrad as mg\ndef f(x):\n    return x @ mg.tensor([1.0, 2.0])\n"
                      "f(mg.tensor([1.0, 2.0, 3.0]))\nprint('never')")
    assert not whole
    (error,) = (rest for type, rest in said if type == "error")
    assert error["line"] == 3
    assert re.match(r"  Line 4, in <module>\n    f\(mg\.tensor", error["text"])
    assert "  Line 3, in f\n    return x @ mg.tensor([1.0, 2.0])\n" in error["text"]
    assert "File" not in error["text"]
    assert "minigrad/" not in error["text"]
    assert "direct cause" not in error["text"]    # NumPy's error, which the engine's explains


def test_a_program_that_is_no_python_does_not_begin():
    """Nothing runs, and the line is marked."""
    said, whole = ran("print(1)\nx = (\n")
    assert not whole
    ((kind, error),) = said
    assert (kind, error["line"]) == ("error", 2)
    assert "SyntaxError: '(' was never closed" in error["text"]


def test_a_cell_that_may_fail_does_not_end_the_program():
    """Where a lesson shows an error, what comes after it runs."""
    said, whole = ran('# %% tags=["raises-exception"]\n1 / 0\n# %%\n5')
    assert whole
    assert [type for type, _ in said] == ["error", "text"]


def test_stopping_is_told_in_a_word():
    """An interrupt has no traceback."""
    said, whole = ran("raise KeyboardInterrupt")
    assert not whole
    assert said == [("error", {"text": "Stopped in line 1.", "line": 1})]


def test_a_chain_of_errors_is_told_whole():
    """What an error was raised from comes first, by lines of the program too."""
    said, _ = ran("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('k') from e")
    (error,) = (rest for _, rest in said)
    assert error["line"] == 4
    assert error["text"].index("ZeroDivisionError") < error["text"].index("KeyError: 'k'")


def test_knobs_are_declared_and_stand_where_they_are_turned():
    """A knob is told once a run; it has its own number, the page's, or the nearest in range."""
    source = ("from rnn.lessons import knob\n"
              "[knob('scale', 0.5, 1.5), knob('scale', 0.5, 1.5), knob('n', 1, 9, value=3)]")
    said, _ = ran(source)
    assert [rest for type, rest in said if type == "knob"] == [
        {"name": "scale", "low": 0.5, "high": 1.5, "value": 1.0},
        {"name": "n", "low": 1, "high": 9, "value": 3.0}]
    assert texts(said, "value") == "[1.0, 1.0, 3.0]\n"
    assert texts(ran(source, {"scale": 1.25, "n": 100})[0], "value") == "[1.25, 1.25, 9.0]\n"


def test_every_run_begins_anew():
    """No variable of the last run is there, and the program is __main__, with its source."""
    ran("x = 1")
    said, whole = ran("import inspect\ndef f():\n    return 1\n"
                      "print(inspect.getsource(f), f.__module__)\nx")
    assert not whole
    assert "return 1\n __main__" in texts(said, "out")
    assert "NameError: name 'x' is not defined" in said[-1][1]["text"]


def test_warnings_name_the_line():
    """Where a program warns, its line is said."""
    said, _ = ran("import warnings\nwarnings.simplefilter('always')\nwarnings.warn('careful')")
    assert texts(said, "err") == "line 3: UserWarning: careful\n"
