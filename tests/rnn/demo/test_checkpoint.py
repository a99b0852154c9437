"""Checkpoints: a run goes on from one to the last bit, and damage of any kind is refused."""

import errno
import json
import os
import pickle
import signal

import numpy as np
import pytest
from safetensors.numpy import load_file

from minigrad import io
from minigrad.errors import FileFormatError, StateDictError
from rnn.demo.checkpoint import Keeper, load_run, load_settings, load_writer, save_run
from rnn.demo.language_model import sample
from rnn.demo.text import TextError
from rnn.demo.train import train
from rnn.training import Budget
from tests.support.small_runs import PANGRAM, after, assert_same_bits, make_run


@pytest.fixture
def saved(tmp_path):
    run = after(4)
    path = tmp_path / "checkpoint.safetensors"
    save_run(path, run)
    return run, path


@pytest.mark.parametrize("at", [1, 5, 9])
def test_resumed_run_is_bit_identical(tmp_path, at):
    """A run that is stopped, saved and loaded ends with the same bits as one that was not: in
    parameters, optimizer, carried state, losses, RNG and place in the text."""
    whole = after(10)
    half = make_run()

    def stop(run, done):
        if run.updates == at:
            signal.raise_signal(signal.SIGINT)

    assert not train(half, Budget(steps=10), [stop])
    assert half.updates == at
    save_run(tmp_path / "half", half)
    resumed = load_run(tmp_path / "half", PANGRAM)
    assert_same_bits(resumed, half)
    assert resumed.seconds == half.seconds
    assert train(resumed, Budget(steps=10))
    assert_same_bits(resumed, whole)
    for run in (resumed, whole):
        run.written = "".join(sample(run.model, run.vocabulary, "dog", 20, 1.0, run.rng))
    assert resumed.written == whole.written


def test_writer_writes_as_the_run_does(saved):
    """What `sample` loads is the model, the vocabulary and the seed word of the run."""
    run, path = saved
    model, vocabulary, word = load_writer(path)
    assert vocabulary.characters == run.vocabulary.characters
    assert word == run.seed_word
    rng = [np.random.default_rng(3) for _ in range(2)]
    assert "".join(sample(model, vocabulary, word, 30, 1.0, rng[0])) == "".join(
        sample(run.model, run.vocabulary, word, 30, 1.0, rng[1])
    )
    assert load_settings(path) == run.settings


def test_checkpoint_is_plain_safetensors(saved):
    """Other programs read the arrays with the safetensors package alone."""
    run, path = saved
    arrays = load_file(path)
    np.testing.assert_array_equal(arrays["model.cell.W_hh"], run.model.cell.W_hh.numpy())
    np.testing.assert_array_equal(arrays["losses"], run.losses)


def test_checkpoint_truncated_anywhere(saved, tmp_path):
    """A file that ends too early, at any byte, is refused and loads nothing."""
    raw = saved[1].read_bytes()
    path = tmp_path / "cut"
    for length in [*range(2000), *range(2000, len(raw), 97), len(raw) - 1]:
        path.write_bytes(raw[:length])
        with pytest.raises(FileFormatError):
            load_writer(path)


def test_checkpoint_with_any_byte_flipped(saved, tmp_path):
    """One changed byte anywhere is refused."""
    raw = bytearray(saved[1].read_bytes())
    path = tmp_path / "flipped"
    for at in [*range(2600), *range(2600, len(raw), 61)]:
        raw[at] ^= 0x10
        path.write_bytes(raw)
        with pytest.raises(FileFormatError):
            load_writer(path)
        raw[at] ^= 0x10


def test_pickle_is_refused_unread(tmp_path):
    """A pickle that would run code on loading is refused, and nothing runs."""

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    path = tmp_path / "bomb"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(FileFormatError):
        load_writer(path)
    assert not (tmp_path / "exploded").exists()


def rewritten(path, change):
    """The checkpoint with its arrays and text entries changed, but well-formed and checksummed."""
    arrays, texts = io.load(path), io.load_metadata(path)
    change(arrays, texts)
    io.save(path, arrays, texts)
    return path


def entry(name, value):
    return lambda arrays, texts: texts.update({name: value})


MISFITS = {
    "foreign array": (lambda arrays, texts: arrays.update(junk=1), "no part of .*: junk; use"),
    "foreign state": (
        lambda arrays, texts: arrays.update({"carried.x": arrays["carried.h"]}), ": carried.x; use"
    ),
    "foreign slot": (
        lambda arrays, texts: arrays.update({"optimizer.9.m": 1}), r": optimizer\.9\.m; use"
    ),
    "newer, and foreign": (
        lambda arrays, texts: (arrays.update(junk=1), texts.update(version="2", vocabulary="?")),
        r"version '2', .* reads version '1'",
    ),
    "other format": (entry("format", "other"), "no checkpoint of `python -m rnn train`"),
    "newer version": (entry("version", "2"), r"version '2', .* reads version '1'"),
    "no entries": (lambda arrays, texts: texts.clear(), "no checkpoint"),
    "no vocabulary": (lambda arrays, texts: texts.pop("vocabulary"), "'vocabulary' is missing"),
    "odd vocabulary": (entry("vocabulary", "[1]"), "'vocabulary' is missing or damaged"),
    "other vocabulary": (entry("vocabulary", '"ab"'), "'seed_word' is missing or damaged"),
    "longer vocabulary": (entry("vocabulary", json.dumps(PANGRAM + "!")), "model.W_hy has shape"),
    "no JSON": (entry("settings", "{"), "'settings' is missing or damaged"),
    "nested JSON": (entry("settings", "[" * 100_000), "'settings' is missing or damaged"),
    "odd setting": (entry("settings", '{"hidden": -1}'), "'settings' is missing or damaged"),
    "more settings": (entry("settings", '{"hidden": 6, "no": 1}'), "'settings' is missing"),
    "huge size": (entry("settings", '{"hidden": 1000000000}'), r"W_hy has shape .* \(1000000000, "),
    "other batch": (entry("settings", '{"hidden": 6, "batch": 9}'), "carried.h has shape"),
    "odd word": (entry("seed_word", '"øø"'), "'seed_word' is missing or damaged"),
    "no head": (lambda arrays, texts: arrays.pop("model.W_hy"), "model.W_hy is missing"),
    "odd head": (
        lambda arrays, texts: arrays.update({"model.W_hy": arrays["model.W_hy"].astype(float)}),
        "model.W_hy has dtype float64",
    ),
}


@pytest.mark.parametrize("change, message", MISFITS.values(), ids=MISFITS)
def test_checkpoints_that_do_not_fit(saved, change, message):
    """Missing, mis-shaped, mis-typed and meaningless content is refused by name, before anything
    of the size that it claims is made."""
    path = rewritten(saved[1], change)
    for read in (load_writer, lambda path: load_run(path, PANGRAM)):
        with pytest.raises(FileFormatError, match=message):
            read(path)


@pytest.mark.parametrize("name", ["cell.W_xh", "cell.W_hh", "cell.b_h", "b_y"])
@pytest.mark.parametrize("change", ["missing", "mis-shaped", "mis-typed", "unexpected"])
def test_parameters_that_do_not_fit(saved, name, change):
    """Every parameter must be there in its shape and dtype, and no other; the error lists them."""

    def damage(arrays, texts):
        array = arrays.pop(f"model.{name}")
        if change == "mis-shaped":
            arrays[f"model.{name}"] = array[:-1]
        elif change == "mis-typed":
            arrays[f"model.{name}"] = array.astype(np.int32)
        elif change == "unexpected":
            arrays[f"model.{name}"] = arrays["model.extra"] = array

    with pytest.raises(StateDictError, match=change):
        load_writer(rewritten(saved[1], damage))


UNRESUMABLE = {
    "other generator": entry("rng", '{"bit_generator": "MT19937"}'),
    "odd generator": entry("rng", "3"),
    "odd time": entry("seconds", '"x"'),
    "negative time": entry("seconds", "-1.0"),
    "no losses": lambda arrays, texts: arrays.pop("losses"),
    "odd losses": lambda arrays, texts: arrays.update(losses=np.zeros((2, 2))),
    "no optimizer steps": lambda arrays, texts: arrays.pop("optimizer.0.steps"),
    "odd rate": lambda arrays, texts: arrays.update({"optimizer.lr": np.arange(3)}),
    "odd carried cell": lambda arrays, texts: arrays.update({"carried.c": np.zeros(3)}),
}


@pytest.mark.parametrize("change", UNRESUMABLE.values(), ids=UNRESUMABLE)
def test_what_resuming_needs_is_checked(saved, change):
    """Damage to what only resuming reads is found by resuming; sampling still works."""
    path = rewritten(saved[1], change)
    with pytest.raises((FileFormatError, StateDictError)):
        load_run(path, PANGRAM)
    load_writer(path)


def test_resuming_on_another_text_is_refused(saved):
    """The place in a text means nothing in another one."""
    with pytest.raises(TextError, match="trained on another text"):
        load_run(saved[1], PANGRAM + "!")


def test_failed_save_leaves_the_old_file(saved, monkeypatch):
    """A disk that is full in mid-save costs the new checkpoint, not the old one, and leaves no
    other file behind."""
    run, path = saved
    before = path.read_bytes()
    train(run, Budget(steps=6))

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_run(path, run)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_keeper_saves_now_and_then(tmp_path):
    """While it trains a run is saved at intervals of training time, whole each time."""
    path, counts = tmp_path / "kept", []
    run, keeper = make_run(), Keeper(path, every=10.0)
    for second in range(1, 41):
        run.update(0.01)
        run.seconds = float(second)
        keeper.watch(run, 0.5)
        if path.exists():
            counts.append(load_run(path, PANGRAM).updates)
    assert sorted(set(counts)) == [11, 21, 31]


def test_metadata_is_json(saved):
    """What describes a checkpoint can be read without this package."""
    texts = io.load_metadata(saved[1])
    assert json.loads(texts["settings"])["hidden"] == 6
    assert set(json.loads(texts["vocabulary"])) == set(PANGRAM)
