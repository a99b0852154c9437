"""Training: the loop for any module and any loss, what watches it, and files to go on from.

Read trainer first; budget, feed, moments, state and checkpoint are what it is made of.
"""

from .budget import SCHEDULES, Budget, cosine, linear, warmed_up
from .checkpoint import Checkpoints
from .finder import LearningRates, find_learning_rate
from .history import History
from .interrupt import Interrupt
from .logs import CSVLog, TensorBoard
from .moments import MOMENTS
from .options import OPTIMIZERS
from .progress import Progress
from .trainer import Trainer

__all__ = [
    "MOMENTS", "OPTIMIZERS", "SCHEDULES", "Budget", "CSVLog", "Checkpoints", "History",
    "Interrupt", "LearningRates", "Progress", "TensorBoard", "Trainer", "cosine",
    "find_learning_rate", "linear", "warmed_up",
]
