"""Long-lag tasks on which recurrent nets are measured: as many sequences as you like, from a seed.

Each is a class with the sizes of its sequences. ``draw(batch, rng)`` gives arrays, time first;
``baseline`` is the score of the best predictor without a memory, which a net has to beat.

    adding.py            add two marked numbers                     mean squared error, 1/6
    temporal_order.py    which of X, Y came first, which second     share of wrong answers, 3/4
    copy_memory.py       say again what was said T steps ago        cross-entropy, S ln K / (T + 2S)
    reber.py             tell what a grammar allows next            share of wrong answers, 1/2
"""

from .adding import Adding
from .copy_memory import CopyMemory
from .reber import EmbeddedReber, Strings
from .temporal_order import TemporalOrder

__all__ = ["Adding", "CopyMemory", "EmbeddedReber", "Strings", "TemporalOrder"]
