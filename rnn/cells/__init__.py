"""Recurrent cells: pure functions with parameters, ``output, state = cell(x, state)``."""

from .base import Cell
from .elman import ElmanCell, RNNCell
from .gate import Gate
from .gru import GRUCell
from .lstm import LSTMCell
from .lstm_variants import (
    CoupledLSTMCell,
    LayerNormLSTMCell,
    LSTM1997Cell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
)
from .mgu import MGUCell
from .state import State
from .wrappers import DropoutCell, ResidualCell, SkipCell, Wrapper, ZoneoutCell

__all__ = [
    "Cell", "CoupledLSTMCell", "DropoutCell", "ElmanCell", "GRUCell", "Gate", "LSTM1997Cell",
    "LSTMCell", "LayerNormLSTMCell", "MGUCell", "PeepholeLSTMCell", "ProjectedLSTMCell", "RNNCell",
    "ResidualCell", "SkipCell", "State", "Wrapper", "ZoneoutCell",
]
