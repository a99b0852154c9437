"""Callbacks that come with the package: progress, and what may be added later."""

import io

import numpy as np
import pytest

import minigrad as mg
import rnn
from rnn.training import Progress


def line(**options):
    model = mg.Module()
    model.w = mg.Parameter(np.array(3.0))
    return rnn.Trainer(model, lambda m, x: (m.w * x) ** 2, "sgd", lr=0.1, **options)


def test_progress_of_any_trainer():
    """Loss, speed, validation and the time that is left, in a few lines."""
    stream = io.StringIO()
    trainer = line(callbacks=[Progress(stream, lines=2)])
    trainer.fit([1.0], lambda model: 7.0, steps=4, every=1)
    lines = stream.getvalue().splitlines()
    assert [text.split()[0] for text in lines] == ["25%", "50%", "100%"]
    for part in ("loss ", " steps/s", "validation 7", " left"):
        assert part in lines[-1]


def test_watch_adds_callbacks():
    """What is added is told as what was given, after it; and is checked as well."""
    told = []
    trainer = line(callbacks=[lambda t: told.append("first")])
    trainer.watch(lambda t: told.append("second"), lambda t: told.append("third"))
    trainer.fit([1.0], steps=1)
    assert told == ["first", "second", "third"]
    with pytest.raises(TypeError, match="wanted a function of the trainer"):
        trainer.watch(3)


def test_results_and_progress_are_apart(capsys):
    """What is said goes to stdout, or where results go; the lines of progress to stderr."""
    Progress().say("a sample")
    stream = io.StringIO()
    Progress(results=stream).say("another")
    assert (capsys.readouterr().out, stream.getvalue()) == ("a sample\n", "another\n")
