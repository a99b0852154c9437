"""Python source with a tag for each character: the data of `examples.tagging`."""

from __future__ import annotations

import importlib
import inspect
import io
import keyword
import tokenize

import numpy as np

__all__ = ["CHARACTERS", "TAGS", "tags", "text"]

TAGS = ("space", "keyword", "name", "number", "string", "comment", "operator")
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
