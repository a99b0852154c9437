"""Backpropagation through time, taken apart and cut short."""

from .audits.audit import Audit, audit
from .audits.findings import Finding, Mistake
from .audits.real_time import RTRL, rtrl
from .contributions.ledger import Ledger, ledger
from .contributions.lstm_paths import LSTMPaths, LSTMTerms, lstm_paths, lstm_terms
from .contributions.two_time import TwoTime, TwoTimes, two_time
from .jacobians.bound import Bound, Spectrum, bound, spectrum
from .jacobians.jacobian import Jacobian, jacobian
from .jacobians.norms import Norms, norms
from .jacobians.vanishing import Vanishing, vanishing
from .reports.report import Report, report
from .reports.rows import ReportRow
from .truncation.comparison import TruncationError, truncation_error
from .truncation.randomized import power_law, randomized
from .truncation.truncated import truncated
from .truncation.windows import Window, windows

__all__ = [
    "RTRL", "Audit", "Bound", "Finding", "Jacobian", "LSTMPaths", "LSTMTerms", "Ledger", "Mistake",
    "Norms", "Report", "ReportRow", "Spectrum", "TruncationError", "TwoTime", "TwoTimes",
    "Vanishing", "Window", "audit", "bound", "jacobian", "ledger", "lstm_paths", "lstm_terms",
    "norms", "power_law", "randomized", "report", "rtrl", "spectrum", "truncated",
    "truncation_error", "two_time", "vanishing", "windows",
]
