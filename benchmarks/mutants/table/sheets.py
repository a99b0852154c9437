"""Faults in worksheets, and in how pages and slides are made of Markdown."""

from ..fault import Fault

SHEETS = "tests/rnn/lessons/sheets/test_worksheets.py"
PAGES, SLIDES = "tests/rnn/lessons/pages/test_pages.py", "tests/rnn/lessons/test_slides.py"
BPTT, GRU = "rnn/lessons/sheets/bptt.py", "rnn/lessons/sheets/gru_conventions.py"

FAULTS = [
    Fault(
        "rnn/lessons/sheets/numbers.py", "- value) > 1e-10", "- value) > 1e-3",
        SHEETS, "worksheets: long numbers are cut off",
    ),
    Fault(
        "rnn/lessons/sheets/asking.py", "default_rng([number, ", "default_rng([0, ",
        SHEETS, "worksheets: every seed gives the same sheet",
    ),
    Fault(
        BPTT, "h[t - 1] if t else 0.0", "h[t]",
        SHEETS, "worksheets: the recursion pairs a use with the state after it",
    ),
    Fault(
        BPTT, "(w['W_hh'], s[t + 1], d[t + 1])", "(w['W_hh'], s[t], d[t + 1])",
        SHEETS, "worksheets: the key has the slip that it warns of",
    ),
    Fault(
        "rnn/lessons/sheets/truncation.py", "part(t, s, t > 1 >= s)", "part(t, s, t > 2 >= s)",
        SHEETS, "worksheets: another cut is struck out than made",
    ),
    Fault(
        GRU, "kept = z[k] if update == \"keep\" else 1 - z[k]", "kept = z[k]",
        SHEETS, "worksheets: one convention is written for both",
    ),
    Fault(
        "rnn/lessons/pages/mathml.py", "    raise KeyError(token)", "    return token",
        PAGES, "formulas: an unknown command is printed as it is",
    ),
    Fault(
        "rnn/lessons/pages/markdown.py", "_PICTURE.sub(picture, _WHOLE.sub(whole, text))",
        "_PICTURE.sub(picture, text)",
        PAGES, "Markdown: formulas are read as emphasis",
    ),
    Fault(
        "rnn/lessons/slides.py", "re.split(r\"^---+[ ]*$\", _CELL.sub(hidden, text)",
        "re.split(r\"^---+[ ]*$\", text",
        SLIDES, "slides: dashes in a cell end the slide",
    ),
]
