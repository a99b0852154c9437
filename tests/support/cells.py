"""Cells of every kind, by name, for what has to hold of all."""

import rnn
from tests.support.nested_cells import NESTED
from tests.support.running import Concatenated

SAME_SIZED = {
    name: kind
    for name, kind in vars(rnn).items()
    if name.endswith("Cell") and name not in ("Cell", "ProjectedLSTMCell")
    and not issubclass(kind, rnn.cells.wrappers.Wrapper)
}
"""The classes of the package whose output has the size of the state, but for those that wrap."""


def kinds(K, H):
    """Functions that make a cell in float64, always with the same weights."""
    own = {"dtype": float, "rng": 0}
    return {
        "elman": lambda: rnn.ElmanCell(K, H, **own),
        "relu": lambda: rnn.ElmanCell(K, H, nonlinearity="relu", dtype=float, rng=3),
        "no bias": lambda: rnn.ElmanCell(K, H, biases=0, nonlinearity="sigmoid", **own),
        "gru after": lambda: rnn.GRUCell(K, H, **own),
        "gru before": lambda: rnn.GRUCell(K, H, reset="before", biases=2, **own),
        "mgu": lambda: rnn.MGUCell(K, H, **own),
        "lstm": lambda: rnn.LSTMCell(K, H, **own),
        "two biases": lambda: rnn.LSTMCell(K, H, biases=2, **own),
        "1997": lambda: rnn.LSTM1997Cell(K, H, **own),
        "coupled": lambda: rnn.CoupledLSTMCell(K, H, **own),
        "peephole": lambda: rnn.PeepholeLSTMCell(K, H, **own),
        "layer norm": lambda: rnn.LayerNormLSTMCell(K, H, **own),
        "projected": lambda: rnn.ProjectedLSTMCell(K, H, H - 1, **own),
        "residual": lambda: rnn.ResidualCell(rnn.GRUCell(H, H, **own)),
        "skip": lambda: rnn.SkipCell(rnn.ElmanCell(K, H, **own), 2),
        "own": lambda: Concatenated(K, H, dtype=float),
        **{name: lambda kind=kind: kind(K, H, **own).eval() for name, kind in NESTED.items()},
    }


def chosen(names, K, H):
    """Those of the given names, separated by commas."""
    every = kinds(K, H)
    return {name: every[name] for name in names.split(", ")}


def states_of(cell, xs):
    """The state behind every step."""
    return [state for _, state in rnn.steps(cell, xs)]
