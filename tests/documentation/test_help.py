"""``help(minigrad.Tensor)`` begins with a page to be read; ``help(x.sum)`` says what that is."""

import inspect
import pydoc
import re
import sys
from collections import Counter

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops.page import PAGE
from minigrad.ops.pytorch.words import WORDS
from tests.support.many import for_each

NAMES = sorted(name for name in dir(mg.Tensor) if not name.startswith("_"))
GROUPS = PAGE.partition("\nWhat it is\n")[2]


def text_of(thing):
    return pydoc.render_doc(thing, renderer=pydoc.plaintext)


def grouped():
    """The names that the page has, in all its groups: those before a colon, of each part of a
    line that is parted by semicolons."""
    lines = [line for line in GROUPS.splitlines() if re.match(r"    \S", line)]
    return [name for line in lines for part in line.split(";")
            for name in part.partition(":")[0].split()]


def first_line(name):
    return (inspect.getdoc(inspect.getattr_static(mg.Tensor, name)) or "").partition("\n")[0]


def test_every_attribute_is_in_one_group():
    """The page has each attribute of a Tensor once, and nothing that is none."""
    assert Counter(grouped()) == Counter(NAMES)


def test_the_page_comes_first():
    """Help on Tensor begins with the page, of two screens, and has no text of NumPy's."""
    shown = [line.removeprefix(" |").strip() for line in text_of(mg.Tensor).splitlines()]
    page = [line.strip() for line in PAGE.splitlines()]
    start = shown.index(page[0])
    assert start < 12  # behind the signature, which Python 3.13 puts on several lines
    assert shown[start : start + len(page)] == page
    assert len(page) <= 110
    # What pydoc lists behind it is a few lines each: of Python 3.13 one more for an argument.
    assert len(shown) < (6.5 if sys.version_info < (3, 13) else 7.5) * len(NAMES)
    assert max(map(len, PAGE.splitlines())) <= 100
    assert "array_like" not in " ".join(shown)
    assert "out=None, *, where=True" not in " ".join(shown)


@for_each(NAMES)
def test_the_first_line_says_what_it_does(name):
    """It is one short sentence, and not how NumPy's ufunc is called."""
    line = first_line(name)
    assert 0 < len(line) < 100, line
    assert "out=None" not in line, line


@pytest.mark.parametrize("name, wanted", [
    ("sum", ["Σ x along axis", "axis=None", "keepdims", "As np.sum", "PyTorch's dim and keepdim"]),
    ("tanh", ["tanh(x)", "As np.tanh."]),
    ("all", ["evaluate to True", "axis=None", "No gradient", "As np.all"]),
    ("acos", ["arccos(x)", "np.arccos(x)"]),
    ("topk", ["k largest entries", "k: 'int'", "largest: 'bool' = True", "As PyTorch's."]),
    ("exp_", ["x[...] = x.exp()", "under no_grad()"]),
    ("backward", ["retain_graph", "Raises GradientError"]),
])
def test_help_on_a_method(name, wanted):
    """It says the formula, the arguments, and whose meaning it has."""
    text = text_of(getattr(mg.tensor(np.ones(3)), name))
    for words in wanted:
        assert words in text, text


@pytest.mark.parametrize("name", sorted({re.search(r"\.(\w+)\(", w.call)[1] for w in WORDS
                                         if re.search(r"\.(\w+)\(", w.call)}))
def test_help_where_words_decide(name):
    """It lists the calls that are NumPy's and those that are PyTorch's."""
    text = text_of(getattr(mg.Tensor, name))
    for word in WORDS:
        if f".{name}(" in word.call:
            assert f"{word.call}: {word.gives} ({word.whose})" in text
