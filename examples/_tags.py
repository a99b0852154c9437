"""Python source with a tag for each character, the data of `examples.tagging`, and in colours."""

from __future__ import annotations

import importlib
import inspect
import io
import itertools
import keyword
import tokenize

import numpy as np

from examples._figures import COLOURS, INK, finish, new_figure

__all__ = ["CHARACTERS", "TAGS", "coloured", "plot", "tags", "text"]

TAGS = ("space", "keyword", "name", "number", "string", "comment", "operator")
TERMINAL = (0, 35, 0, 34, 32, 90, 33)   # the colours of the tags, as codes for a terminal
PAPER = (INK, COLOURS[3], INK, COLOURS[0], COLOURS[2], "#888888", COLOURS[1])
CHARACTERS = "\n" + "".join(map(chr, range(32, 127)))

KINDS = {
    tokenize.NUMBER: "number", tokenize.STRING: "string", tokenize.COMMENT: "comment",
    tokenize.OP: "operator",
}


def tags(source):
    """The number of the tag of each character. Between tokens is space."""
    starts = np.cumsum([0, *(len(line) + 1 for line in source.split("\n"))])
    found, formatted = np.zeros(len(source), int), None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        begin, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        kind = KINDS.get(token.type)
        if token.type == tokenize.NAME:
            kind = "keyword" if keyword.iskeyword(token.string) else "name"
        name = tokenize.tok_name[token.type]
        if name in ("FSTRING_START", "TSTRING_START"):  # from Python 3.12 on they come in pieces
            formatted = begin if formatted is None else formatted
        elif name in ("FSTRING_END", "TSTRING_END"):
            begin, kind, formatted = formatted, "string", None
        if kind is not None:
            found[begin:end] = TAGS.index(kind)
    return found


def text(modules):
    """The source of the modules and its tags, as one. What is not ASCII becomes a "?"."""
    sources = [inspect.getsource(importlib.import_module(module)) for module in modules]
    known = ["".join(c if c in CHARACTERS else "?" for c in source) for source in sources]
    return "".join(known), np.concatenate([tags(source) for source in sources])


def coloured(source, said):
    """The source with the escape codes of terminals for the colours of its tags."""
    runs = itertools.groupby(zip(source, said, strict=True), key=lambda pair: TERMINAL[pair[1]])
    texts = [(code, "".join(c for c, _ in pairs)) for code, pairs in runs]
    return "".join(f"\x1b[{code}m{text}\x1b[0m" if code else text for code, text in texts)


def plot(source, said, truth, path):
    """Source in the colours of what is said; what is tagged wrong on red."""
    lines, wide = source.split("\n"), max(map(len, source.split("\n")))
    figure = new_figure(0.075 * wide, 0.16 * len(lines))        # 9 points, 0.6 of that in width
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, wide), ylim=(len(lines), 0))
    axes.set_axis_off()
    wrong, start = {"facecolor": "#ffb3b3", "edgecolor": "none", "pad": 0.5}, 0
    for row, code in enumerate(lines):
        marks = zip(code, said[start:], truth[start:], range(wide), strict=False)
        for (k, right), run in itertools.groupby(marks, lambda m: (m[1], m[1] == m[2])):
            run = list(run)
            axes.text(
                run[0][3], row + 0.8, "".join(c for c, *_ in run), family="monospace", fontsize=9,
                color=PAPER[k], bbox=None if right else wrong,
            )
        start += len(code) + 1
    finish(figure, path)
