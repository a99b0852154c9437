"""Backpropagation through time, taken apart and cut short."""

from .audit import Audit, Explanation, Finding, audit
from .bound import Bound, Spectrum, bound, spectrum
from .jacobian import Jacobian, jacobian
from .ledger import Ledger, ledger
from .lstm_paths import LSTMPaths, LSTMTerms, lstm_paths, lstm_terms
from .norms import Norms, norms
from .randomized import power_law, randomized
from .rtrl import RTRL, rtrl
from .truncated import truncated
from .truncation import TruncationError, truncation_error
from .two_time import TwoTime, two_time
from .vanishing import Vanishing, vanishing
from .windows import Window, windows

__all__ = [
    "RTRL", "Audit", "Bound", "Explanation", "Finding", "Jacobian", "LSTMPaths", "LSTMTerms",
    "Ledger", "Norms", "Spectrum", "TruncationError", "TwoTime", "Vanishing", "Window", "audit",
    "bound", "jacobian", "ledger", "lstm_paths", "lstm_terms", "norms", "power_law", "randomized",
    "rtrl", "spectrum", "truncated", "truncation_error", "two_time", "vanishing", "windows",
]
