"""Stopping and going on: bit for bit, from files that survive whatever happens."""

import errno
import itertools
import json
import os
import signal

import numpy as np
import pytest

import rnn
from minigrad import io
from minigrad.errors import FileFormatError, StateDictError
from minigrad.optim import SGD, Adam, AdamW, CosineAnnealingLR, RMSprop
from rnn.training import Checkpoints
from tests.rnn.training.conftest import (
    Tagger,
    bits_of,
    carried_loss,
    loss_of,
    make_batches,
    make_trainer,
)


def drawing(rng):
    """A function whose epochs come in an order that is drawn, noise and all."""
    batches = make_batches()

    def epoch():
        for k in rng.permutation(len(batches)):
            x, y = batches[k]
            yield x + rng.normal(size=x.shape).astype(np.float32), y

    return epoch


def noisy_loss(rng):
    return lambda model, x, y: loss_of(model, x + rng.normal(size=x.shape).astype(np.float32), y)


def plain(rng):
    return make_trainer(rng=rng), make_batches()


def numbered(rng):
    batches = make_batches()
    return make_trainer(rng=rng), lambda i: batches[i % 4]


def accumulating(rng):
    return make_trainer(rng=rng, accumulate=3, weight=lambda x, y: y.size), make_batches(5)


def shuffled(rng):
    return make_trainer(noisy_loss(rng), rng=rng), drawing(rng)


def carrying(rng):
    carry = np.zeros((2, 2, 4), np.float32)
    return make_trainer(carried_loss, carry=carry, rng=rng), make_batches()


def scheduled(rng):
    trainer = make_trainer()
    schedule = CosineAnnealingLR(trainer.optimizer, T_max=9)
    return rnn.Trainer(
        trainer.model, loss_of, trainer.optimizer, schedule=schedule, rng=rng), make_batches()


def momentum(rng):
    return make_trainer(optimizer=lambda p: SGD(p, lr=0.1, momentum=0.9), clip=0.1), make_batches()


def in_groups(rng):
    def optimizer(parameters):
        first, *others = parameters
        return RMSprop([{"params": [first]}, {"params": others, "lr": 0.01}], lr=0.1)

    return make_trainer(optimizer=optimizer, schedule="cosine", rng=rng), make_batches()


KINDS = [plain, numbered, accumulating, shuffled, carrying, scheduled, momentum, in_groups]


@pytest.mark.parametrize("at", [1, 3, 4, 6])
@pytest.mark.parametrize("kind", KINDS)
def test_going_on_is_bit_identical(kind, at, tmp_path):
    """A training that is stopped, saved and loaded by another process ends with the same bits as
    one that was not stopped: parameters, optimizer, schedule, carry, random numbers and place."""
    trainer, batches = kind(np.random.default_rng(3))
    trainer.fit(batches, batches if kind is plain else None, steps=9, every=2)

    stopped, batches = kind(np.random.default_rng(3))
    stopped._tell._found["on_step"].append(
        lambda t: signal.raise_signal(signal.SIGINT) if t.steps == at else None)
    with pytest.raises(KeyboardInterrupt):
        stopped.fit(batches, batches if kind is plain else None, steps=9, every=2)
    assert (stopped.steps, stopped.stopped) == (at, "interrupted")
    stopped.save(tmp_path / "file")

    other, batches = kind(np.random.default_rng(4))
    other.load(tmp_path / "file")
    assert bits_of(other) == bits_of(stopped)
    other.fit(batches, batches if kind is plain else None, steps=9, every=2)
    assert bits_of(other) == bits_of(trainer)


@pytest.mark.parametrize("bits", [np.random.MT19937, np.random.SFC64, np.random.Philox])
def test_every_generator_of_numpy_is_saved(bits, tmp_path):
    """Also those whose state has arrays in it."""
    trainer = make_trainer(rng=np.random.Generator(bits(1)))
    trainer.rng.normal(size=3)
    trainer.save(tmp_path / "file")
    other = make_trainer(rng=np.random.Generator(bits(2)))
    other.load(tmp_path / "file")
    assert other.rng.normal() == trainer.rng.normal()


# -- when they are written


def test_last_and_best_are_kept(batches, tmp_path):
    """The best by validation, and the last, whatever ended training."""
    values = iter([3.0, 1.0, 2.0])
    folder = tmp_path / "a ü b" / "new"
    trainer = make_trainer(checkpoints=folder, config={"note": "ß"})
    trainer.fit(batches, lambda model: next(values), steps=6, every=2)
    steps = {}
    for path in sorted(folder.iterdir()):
        other = make_trainer()
        other.load(path)
        steps[path.name] = (other.steps, len(other.history.validations))
        assert json.loads(io.load_metadata(path)["config"]) == {"note": "ß"}
    assert steps == {"best.safetensors": (4, 2), "last.safetensors": (6, 3)}


def failing(trainer):
    if trainer.steps == 3:
        raise RuntimeError("mine")


def interrupting(trainer):
    if trainer.steps == 3:
        signal.raise_signal(signal.SIGINT)
        if trainer.history.validations:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("end, kind", [(failing, RuntimeError), (interrupting, KeyboardInterrupt)])
@pytest.mark.parametrize("validated", [False, True], ids=["once", "twice"])
def test_whatever_ends_training_the_last_step_is_in_the_file(
    batches, tmp_path, end, kind, validated
):
    """An error in a callback, Ctrl-C, and Ctrl-C twice leave the last whole step in the file."""
    trainer = make_trainer(checkpoints=tmp_path, callbacks=[end])
    with pytest.raises(kind):
        trainer.fit(batches, batches if validated else None, steps=9, every=1)
    other = make_trainer()
    other.load(tmp_path / "last.safetensors")
    assert bits_of(other) == bits_of(trainer)
    assert other.steps == 3


def test_ctrl_c_anywhere_in_a_step(batches, tmp_path):
    """Twice Ctrl-C, at any moment of a step, leaves what the file has: a whole step, from which
    training goes on to the same bits."""
    whole = make_trainer()
    whole.fit(batches, steps=4)
    for moment in range(12):
        calls = itertools.count()

        def press(moment=moment, calls=calls):
            if next(calls) == moment:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)

        class Pressing(Adam):
            def step(self, press=press):
                press()
                super().step()
                press()

        def loss(model, x, y, press=press):
            press()
            return loss_of(model, x, y)

        model = Tagger()
        trainer = rnn.Trainer(model, loss, Pressing(model.parameters(), lr=0.05),
                              checkpoints=Checkpoints(tmp_path, every=0.0))
        with pytest.raises(KeyboardInterrupt):
            trainer.fit(batches, steps=4)
        other = make_trainer()
        other.load(tmp_path / "last.safetensors")
        assert bits_of(other) == bits_of(trainer), moment
        other.fit(batches, steps=4)
        assert bits_of(other) == bits_of(whole), moment


def test_full_disk_keeps_the_old_file(batches, tmp_path, monkeypatch):
    """A disk that is full costs the new file alone, and leaves no other behind."""
    trainer = make_trainer(checkpoints=Checkpoints(tmp_path, best=None))
    trainer.fit(batches, steps=2)
    before = (tmp_path / "last.safetensors").read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        trainer.fit(batches, steps=4)
    assert (tmp_path / "last.safetensors").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["last.safetensors"]


# -- what does not fit


def changed_entry(name, value):
    return lambda arrays, texts: texts.update({name: json.dumps(value)})


def dropped(name):
    return lambda arrays, texts: (arrays.pop(name, None), texts.pop(name, None))


def changed(name, value):
    return lambda arrays, texts: arrays.update({name: value})


PLACE = {"steps": 1, "epoch": 0, "batch": 1, "seconds": 0.5, "epoch_began": None}
MISFITS = {
    "another format": (lambda a, t: t.update(format="other"), "no checkpoint"),
    "newer": (lambda a, t: t.update(version="7"), "version 7, and this program reads"),
    "no JSON": (lambda a, t: t.update(position="{"), "'position' is missing or damaged"),
    "nested JSON": (lambda a, t: t.update(config="[" * 100_000), "'config' is missing or damaged"),
    "no position": (dropped("position"), "'position' is missing or damaged"),
    "negative": (changed_entry("position", {**PLACE, "steps": -1}), "position"),
    "odd": (changed_entry("position", {**PLACE, "batch": True}), "position"),
    "NaN": (changed_entry("position", {**PLACE, "seconds": float("nan")}), "position"),
    "odd start": (changed_entry("position", {**PLACE, "epoch_began": {}}), "position"),
    "of another": (changed_entry("position", {"page": 3}), "position"),
    "no rng": (dropped("generators"), "generators"),
    "other generators": (changed_entry("generators", {"x": {}}), "generators are rng"),
    "odd state": (changed_entry("generators", {"rng": 3}), "generator rng"),
    "odd state inside": (changed_entry("inside", {"layer.rng": {}}), "generator layer.rng"),
    "strange array": (changed("junk", np.zeros(1)), "junk, which is no part"),
    "another array": (changed("arrays.junk", np.zeros(1)), "unexpected: junk"),
    "no parameter": (dropped("model.head.W_hq"), "missing: *head.W_hq"),
    "odd parameter": (changed("model.head.W_hq", np.zeros(3)), "head.W_hq"),
    "no slot": (dropped("optimizer.0.m"), "0.m"),
    "odd rate": (changed("optimizer.lr", np.array(-1.0)), "lr"),
    "no first rate": (dropped("arrays.base_lrs"), "base_lrs"),
    "odd carry": (changed("arrays.carry.0", np.zeros(3, np.float32)), "carry.0"),
    "no history": (dropped("arrays.history.losses"), "history.losses"),
    "odd history": (changed("arrays.history.validations", np.zeros((2, 3))), "validations"),
}


@pytest.mark.parametrize("change, message", MISFITS.values(), ids=MISFITS)
def test_what_does_not_fit_changes_nothing(batches, tmp_path, change, message):
    """Damage and files of another training are refused by name; the trainer is as it was."""
    options = {"loss": carried_loss, "carry": np.zeros((2, 2, 4), np.float32), "rng": 0}
    saved, path = make_trainer(**options), tmp_path / "file"
    saved.fit(batches, steps=1)
    saved.save(path)
    arrays, texts = io.load(path), io.load_metadata(path)
    change(arrays, texts)
    io.save(path, arrays, texts)
    trainer = make_trainer(**options)
    trainer.fit(batches, steps=2)
    before = bits_of(trainer)
    with pytest.raises((FileFormatError, StateDictError), match=message):
        trainer.load(path)
    assert bits_of(trainer) == before


def test_another_optimizer_is_refused(batches, tmp_path):
    """The state of Adam is none of SGD's; and nothing is loaded, the parameters included."""
    saved = make_trainer(optimizer=lambda p: AdamW(p, lr=0.1))
    saved.fit(batches, steps=1)
    saved.save(tmp_path / "file")
    trainer = make_trainer(optimizer=lambda p: SGD(p, lr=0.1))
    before = bits_of(trainer)
    with pytest.raises(StateDictError, match="SGD"):
        trainer.load(tmp_path / "file")
    assert bits_of(trainer) == before


def test_batches_that_are_too_few_to_go_on(batches, tmp_path):
    """An epoch that is shorter than the place in it is not the one that was trained on."""
    trainer = make_trainer()
    trainer.fit(batches, steps=3)
    trainer.save(tmp_path / "file")
    other = make_trainer()
    other.load(tmp_path / "file")
    with pytest.raises(ValueError, match="behind batch 3 of an epoch, and here it has 2"):
        other.fit(batches[:2], steps=9)


def test_config_that_json_cannot_hold(batches, tmp_path):
    """What cannot be saved is an error, and no file."""
    with pytest.raises(TypeError):
        make_trainer(config=object()).save(tmp_path / "file")
    assert not list(tmp_path.iterdir())
