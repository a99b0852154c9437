"""Layers: cells that run over whole sequences, stacked, in both directions, of unequal lengths.

``Recurrent`` runs any cell; ``RNN``, ``LSTM`` and ``GRU`` are it with the standard cells and
PyTorch's signatures. Reading order: recurrent, stack, states, rnn_lstm_gru.
"""

from .recurrent import Recurrent
from .rnn_lstm_gru import GRU, LSTM, RNN

__all__ = ["GRU", "LSTM", "RNN", "Recurrent"]
