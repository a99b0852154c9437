"""How long things are: files, and the records of ops. Of the core test_core says it."""

import ast
from statistics import median

from tests.support.many import for_each
from tests.support.modules import MODULES, text_of
from tests.support.paths import ROOT

# Why a file of fewer than 40 lines (or all such files of a room) stands by itself.
SHORT = {
    "rnn.__main__": "`python -m rnn`: Python wants this name",
    "minigrad.testing.profiles": "imported by pytest before anything else of the kit may be",
    "minigrad.testing.extras": "the one place that says how to install Hypothesis",
    "minigrad.ops.elementwise.bessel": "one family of functions, as its neighbours are",
    "rnn.training.modes": "what training, the demo's samples and its diagnosis share",
    "rnn.cells.mgu": "one cell, as its neighbours are",
    "minigrad.scanning": "a pass of the compiler is a file, which says what it gains",
    "minigrad.engine.memory": "arrays that are used again: beside the engine, not in it",
    "minigrad.engine.variable": "what the tape knows of a Tensor, apart from what users need",
    "minigrad.engine.callers": "whose line an error names: knows Python's frames and no op",
}

# Decorators of ops that are longer than 8 lines: most have several arguments with long rules.
LONG_RECORDS = {
    "_concatenate": 9, "_convolve": 11, "_gather": 9, "_pad": 9, "_product": 10, "_scatter_add": 9,
    "_take": 9, "_take_along_axis": 10, "_where": 11, "binary_cross_entropy": 18,
    "binary_cross_entropy_with_logits": 19, "huber_loss": 13, "index_add": 10, "kl_div": 16,
    "linear": 13,
}


def lines(name):
    return text_of(name).count("\n")


def records():
    """Every op: the lines of its decorator, and of all of its definition but for the help text
    below the formula, which is that of the function of minigrad.functional too."""
    for name in MODULES:
        for node in ast.walk(ast.parse(text_of(name))):
            if isinstance(node, ast.FunctionDef):
                for call in node.decorator_list:
                    if isinstance(call, ast.Call) and ast.unparse(call.func) == "primitive":
                        decorator = call.end_lineno - call.lineno + 1
                        text = node.body[0]
                        help_text = text.end_lineno - text.lineno
                        yield node.name, decorator, node.end_lineno - call.lineno + 1 - help_text


def test_no_file_is_long():
    """At most 400 lines, in packages and tests."""
    found = {name: lines(name) for name in MODULES}
    found |= {str(p.relative_to(ROOT)): p.read_text("utf-8").count("\n")
              for p in (ROOT / "tests").rglob("*.py")}
    assert {name: n for name, n in found.items() if n > 400} == {}


@for_each([n for n, p in MODULES.items() if p.name != "__init__.py"])
def test_short_files_have_a_reason(name):
    """A file of fewer than 40 lines is one idea that has no place beside another; the table says
    which. A front door (``__init__.py``) may be short."""
    known = name in SHORT or name.rpartition(".")[0] in SHORT
    assert lines(name) >= 40 or known, f"{name} has {lines(name)} lines: join a neighbour?"


def test_records_of_ops_are_short():
    """The declaration of an op takes at most 8 lines, but for those in the table, which may only
    become shorter; half of all ops are at most 8 lines with their formula and forward."""
    found = list(records())
    assert len(found) > 100
    for name, decorator, _ in found:
        assert decorator <= LONG_RECORDS.get(name, 8), f"the record of {name}"
    assert median(whole for *_, whole in found) <= 8
    assert LONG_RECORDS.keys() <= {name for name, *_ in found}
