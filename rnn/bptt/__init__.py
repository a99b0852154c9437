"""Backpropagation through time, taken apart and cut short."""

from .bound import Bound, Spectrum, bound, spectrum
from .jacobian import Jacobian, jacobian
from .ledger import Ledger, ledger
from .lstm_paths import LSTMPaths, LSTMTerms, lstm_paths, lstm_terms
from .norms import Norms, norms
from .randomized import power_law, randomized
from .rtrl import RTRL, rtrl
from .truncated import Window, truncated, windows
from .truncation import TruncationError, truncation_error
from .two_time import TwoTime, two_time

__all__ = [
    "RTRL", "Bound", "Jacobian", "LSTMPaths", "LSTMTerms", "Ledger", "Norms", "Spectrum",
    "TruncationError", "TwoTime", "Window", "bound", "jacobian", "ledger", "lstm_paths",
    "lstm_terms", "norms", "power_law", "randomized", "rtrl", "spectrum", "truncated",
    "truncation_error", "two_time", "windows",
]
