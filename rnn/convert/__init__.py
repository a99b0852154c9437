"""Parameters to and from other frameworks, and which convention some given weights follow.

Everything is plain dictionaries of arrays: none of those packages is needed. ``from_file`` and
``to_file`` read and write files of theirs. Readers
(``from_torch``, ``from_keras``, ``from_onnx``, ``from_gates``) give ``Weights``, whose ``cell()``
is a new cell; ``load`` writes them into existing cells and layers. Writers (``to_torch`` and so on)
take cells, layers or Weights. Moving numbers is all they do, so that round trips are exact.
``from_pytorch`` and ``to_pytorch`` are other names of ``from_torch`` and ``to_torch``.

>>> from rnn import LSTMCell
>>> from rnn.convert import from_torch, to_keras, to_torch
>>> import numpy as np
>>> cell = LSTMCell(5, 3, biases=2)
>>> again = from_torch(to_torch(cell)).cell()
>>> all(np.array_equal(a, b) for a, b in zip(cell.state_dict().values(),
...                                          again.state_dict().values(), strict=True))
True
>>> list(to_keras(from_torch(to_torch(cell))))
['kernel', 'recurrent_kernel', 'bias']
"""

from .cells import load, weights_of
from .explaining import explain
from .files import from_file, to_file
from .gates import from_gates, to_gates
from .keras import from_keras, to_keras
from .operators import Operator, from_onnx, to_onnx
from .pytorch import from_torch, to_torch
from .report import Explanation, Match
from .weights import CellWeights, Weights

from_pytorch, to_pytorch = from_torch, to_torch

__all__ = [
    "CellWeights", "Explanation", "Match", "Operator", "Weights", "explain", "from_file",
    "from_gates", "from_keras", "from_onnx", "from_pytorch", "from_torch", "load", "to_file",
    "to_gates", "to_keras", "to_onnx", "to_pytorch", "to_torch", "weights_of",
]
