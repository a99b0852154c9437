"""What the tests of training share: a small net with dropout, and trainers of it."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest

import rnn
from minigrad import io
from minigrad.functional import cross_entropy
from minigrad.module import Module
from minigrad.optim import Adam


class Tagger(Module):
    """Two layers with dropout between them, and a head at each step."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.layer = rnn.GRU(3, 4, num_layers=2, dropout=0.3, rng=rng)
        self.head = rnn.Readout(4, 2, rng=rng)

    def forward(self, x, state=None):
        outputs, state = self.layer(x, state)
        return self.head(outputs), state


def loss_of(model, x, y):
    logits, _ = model(x)
    return cross_entropy(logits.reshape(-1, 2), y.reshape(-1))


def carried_loss(model, x, y, state):
    logits, state = model(x, state)
    return cross_entropy(logits.reshape(-1, 2), y.reshape(-1)), state


def make_batches(count=4, seed=1, steps=3):
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(steps, 2, 3)).astype(np.float32), rng.integers(0, 2, (steps, 2)))
        for _ in range(count)
    ]


def make_trainer(loss=loss_of, optimizer=None, **options):
    """A trainer of the tagger with Adam."""
    model = Tagger()
    optimizer = optimizer or (lambda p: Adam(p, lr=0.05))
    return rnn.Trainer(model, loss, optimizer(model.parameters()), **options)


def bits_of(trainer):
    """All that a trainer is, to the last bit, but for the clock."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        trainer.save(path)
        arrays, texts = io.load(path), io.load_metadata(path)
    position = json.loads(texts.pop("position"))
    position.pop("seconds")
    texts.pop("recipe")    # which says whether the model has been told to train
    return {k: (v.dtype, v.tobytes()) for k, v in arrays.items()}, texts, position


@pytest.fixture
def batches():
    """Four batches (x, y) of two sequences of three steps."""
    return make_batches()
