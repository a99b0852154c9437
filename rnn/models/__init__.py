"""The shapes that tasks on sequences have, each a line or two of the pieces in this room.

    one to one        head(cell(x)[0])
    many to one       head(last(layer(xs, lengths=lengths)[0], lengths))
    one to many       generate(layer, head, x, steps=T).outputs
    aligned           head(layer(xs)[0])
    encoder, decoder  Seq2Seq(encoder, decoder, head, start=0)(source, target)
    what comes next   LanguageModel(size, hidden)(tokens)
"""

from .generation import Generated, generate
from .language_model import CELLS, LanguageModel
from .readout import Readout, last
from .seq2seq import Seq2Seq, join_directions
from .tokens import greedy, sampled

__all__ = [
    "CELLS", "Generated", "LanguageModel", "Readout", "Seq2Seq", "generate", "greedy",
    "join_directions", "last", "sampled",
]
