"""Many to many, aligned: a syntax highlighter that has learned what Python looks like.

Each character of Python source is tagged as keyword, name, number, string, comment, operator or
space. The source comes with every CPython, and the true tags from its own tokenizer. The network
learns from five modules of the standard library and is tested on three that it never saw.

Whether the "i" of "in" begins a keyword depends on what comes after it ("int" is a name), and
whether a word is part of a string on what came before. So a layer that reads forward alone does
less well than one that reads in both directions. Baselines: the commonest tag of each character,
and of each character together with its neighbours.

Run it with ``python -m examples.tagging``; takes some seconds.
"""

from __future__ import annotations

import importlib
import inspect
import io
import keyword
import tokenize
from collections import Counter, defaultdict

import numpy as np

from examples._command import command
from minigrad import no_grad, optim
from minigrad.functional import cross_entropy
from minigrad.module import Module
from rnn import GRU, Readout

LEARNED = ("textwrap", "heapq", "string", "calendar", "colorsys")
TESTED = ("bisect", "fnmatch", "shlex")
TAGS = ("space", "keyword", "name", "number", "string", "comment", "operator")
CHARACTERS = "\n" + "".join(map(chr, range(32, 127)))
WINDOW = 96         # characters that are read at a time

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


def windows(source, labels):
    """Text cut into windows: characters and tags (T, B). What is left at the end is left out."""
    count = len(source) // WINDOW
    codes = np.array([CHARACTERS.index(c) for c in source])
    return tuple(a[: count * WINDOW].reshape(count, WINDOW).T for a in (codes, labels))


def commonest(learned, tested, around):
    """The commonest tag of each character with `around` neighbours on each side: counts from
    `learned`, tags for `tested`. What was never seen is guessed from the character alone."""

    def contexts(codes, reach):
        padded = np.pad(codes, ((reach, reach), (0, 0)), constant_values=-1)
        views = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0)
        return [tuple(view) for view in views.reshape(-1, 2 * reach + 1).tolist()]

    guesses = []
    for reach in {0, around}:
        counts = defaultdict(Counter)
        for context, tag in zip(contexts(learned[0], reach), learned[1].ravel(), strict=True):
            counts[context][tag] += 1
        best = {context: counter.most_common(1)[0][0] for context, counter in counts.items()}
        guesses.append([best.get(context, -1) for context in contexts(tested[0], reach)])
    found = np.array(guesses)
    return np.where(found[-1] >= 0, found[-1], found[0]).reshape(tested[0].shape)


class Tagger(Module):
    """Characters (T, B) → scores of the tags (T, B, 7)."""

    def __init__(self, hidden, bidirectional, rng):
        self.reader = GRU(len(CHARACTERS), hidden, bidirectional=bidirectional, how="scan", rng=rng)
        self.head = Readout(self.reader.output_size, len(TAGS), rng=rng)

    def forward(self, characters):
        outputs, _ = self.reader(characters)
        return self.head(outputs)


def train(learned, bidirectional, updates=150, hidden=32, seed=0):
    rng = np.random.default_rng(seed)
    model = Tagger(hidden, bidirectional, rng)
    optimizer = optim.Adam(model.parameters())
    for update in range(updates):
        optimizer.lr = 0.02 * (1 - update / updates)
        chosen = rng.choice(learned[0].shape[1], size=16, replace=False)
        characters, targets = (a[:, chosen] for a in learned)
        scores = model(characters)
        loss = cross_entropy(scores.reshape(-1, len(TAGS)), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    return model


def predict(model, characters):
    with no_grad():
        return model(characters).numpy().argmax(axis=2)


def right(said, tested):
    """The fraction of the characters that are tagged right, spaces between tokens not counted."""
    counted = tested[1] != TAGS.index("space")
    return (said == tested[1])[counted].mean()


def main(updates=150):
    learned, tested = (windows(*text(modules)) for modules in (LEARNED, TESTED))
    print(f"{tested[0].size} characters of modules never seen, tagged right by")
    for name, around in (("the commonest tag of a character", 0), ("and of its neighbours", 1)):
        print(f"    {name:<35}{right(commonest(learned, tested, around), tested):.1%}")
    for name, both in (("a GRU that reads forward", False), ("a GRU in both directions", True)):
        model = train(learned, both, updates)
        print(f"    {name:<35}{right(predict(model, tested[0]), tested):.1%}")
    line = "def half(n):  # in two"
    said = predict(model, np.array([[CHARACTERS.index(c)] for c in line]))[:, 0]
    print(f"\n    {line}\n    " + "".join(" knd\"#o"[k] for k in said))


if __name__ == "__main__":
    command(main, __doc__)
