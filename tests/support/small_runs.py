"""Tiny runs on a tiny text, for the tests of training and of the command line."""

import dataclasses

import numpy as np

from minigrad.transforms.tree import flatten
from rnn.demo import cli
from rnn.demo.run import Run
from rnn.demo.settings import Settings

TONGUE_TWISTER = "Peter Piper picked a peck of pickled peppers. " * 20
OPTIONS = ["--hidden", "5", "--batch", "2", "--steps", "6"]

PANGRAM = "the quick brown fox jumps over the lazy dog; " * 12
SETTINGS = Settings(hidden=6, batch=3, steps=5)


def make_run(**changes):
    """A run on the pangram that has not begun."""
    return Run(dataclasses.replace(SETTINGS, **changes), PANGRAM)


def after(updates, **changes):
    """The run after so many updates."""
    run = make_run(**changes)
    run.train(steps=updates)
    return run


def everything(run):
    """All that a run consists of: arrays by name, and the rest."""
    arrays = {f"model.{k}": v for k, v in run.model.state_dict().items()}
    optimizer = run.trainer.optimizer.state_dict()
    arrays |= {f"optimizer.{k}": np.asarray(v) for k, v in optimizer.items()}
    arrays |= {f"state.{k}": part.numpy() for k, part in enumerate(flatten(run.trainer.carry)[0])}
    return arrays, (run.losses, run.rng.bit_generator.state, run.settings, run.digest)


def assert_same_bits(one, two):
    """Two runs agree in everything, to the last bit."""
    arrays, rest = everything(one)
    other_arrays, other_rest = everything(two)
    assert arrays.keys() == other_arrays.keys()
    for name, array in arrays.items():
        assert array.dtype == other_arrays[name].dtype
        assert array.tobytes() == other_arrays[name].tobytes(), name
    assert rest == other_rest


def run_command(*arguments):
    """``python -m rnn`` with these arguments, in this process; the exit code."""
    return cli.main([str(argument) for argument in arguments])
