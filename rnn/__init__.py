"""rnn: recurrent cells and layers on minigrad, with no hand-written backward pass.

Backpropagation through time is what the tape does when a cell is called T times. Read the code in
this order: cells (base, elman, lstm, gru), sequence (loop, unrolling), layers (recurrent), models,
bptt (contributions, jacobians, truncation, audits), convert.
"""

from typing import TYPE_CHECKING

from minigrad import __version__ as __version__
from minigrad.engine.callers import pass_over
from minigrad.suggest import unknown_name

from . import bptt, convert, losses, parallel, tasks, training
from .cell_graph import draw_cell
from .cells import (
    Cell,
    CoupledLSTMCell,
    DropoutCell,
    ElmanCell,
    Gate,
    GRUCell,
    LayerNormLSTMCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    ResidualCell,
    RNNCell,
    SkipCell,
    ZoneoutCell,
)
from .checkpoints import Checkpoint, load_checkpoint, load_model, save_checkpoint
from .convert.onnx_files import onnx_export
from .layers import GRU, LSTM, RNN, Recurrent
from .models import (
    Generated,
    LanguageModel,
    Readout,
    Seq2Seq,
    generate,
    greedy,
    join_directions,
    last,
    sampled,
)
from .sequence.scanning import scan
from .sequence.unrolling import detach, each_step, steps, unroll
from .training import Trainer

if TYPE_CHECKING:
    from . import testing as testing

__all__ = [
    "GRU", "LSTM", "RNN", "Cell", "Checkpoint", "CoupledLSTMCell", "DropoutCell", "ElmanCell",
    "GRUCell", "Gate", "Generated", "LSTM1997Cell", "LSTMCell", "LanguageModel",
    "LayerNormLSTMCell", "MGUCell", "PeepholeLSTMCell", "ProjectedLSTMCell", "RNNCell",
    "Readout", "Recurrent", "ResidualCell", "Seq2Seq", "SkipCell", "Trainer", "ZoneoutCell",
    "bptt", "convert", "detach", "draw_cell", "each_step", "generate", "greedy",
    "join_directions", "last", "load_checkpoint", "load_model", "losses", "onnx_export",
    "parallel", "sampled", "save_checkpoint", "scan", "steps", "tasks", "training", "unroll",
]

pass_over(__file__)    # anomaly reports name the line that called the layer, not one inside it


if not TYPE_CHECKING:  # for a type checker there is no other name

    def __getattr__(name):
        if name != "testing":
            raise unknown_name("rnn", name, __all__)
        import importlib

        return importlib.import_module("rnn.testing")  # which few programs need


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
