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
from rnn.demo.checkpoint import load_run, load_settings, load_writer
from rnn.demo.language_model import sample
from rnn.demo.text import TextError
from rnn.training import Checkpoints
from tests.support.small_runs import PANGRAM, after, assert_same_bits, make_run


@pytest.fixture
def saved(tmp_path):
    run = after(4)
    path = tmp_path / "checkpoint.safetensors"
    run.trainer.save(path)
    return run, path


@pytest.mark.parametrize("at", [1, 5, 9])
def test_resumed_run_is_bit_identical(tmp_path, at):
    """A run that is stopped, saved and loaded ends with the same bits as one that was not: in
    parameters, optimizer, carried state, losses, RNG and place in the text."""
    whole = after(10)
    half = make_run()

    def stop(trainer):
        if trainer.steps == at:
            signal.raise_signal(signal.SIGINT)

    half.trainer.watch(stop)
    assert not half.train(steps=10)
    assert half.updates == at
    half.trainer.save(tmp_path / "half")
    resumed = load_run(tmp_path / "half", PANGRAM)
    assert_same_bits(resumed, half)
    assert resumed.seconds == half.seconds
    assert resumed.train(steps=10)
    assert_same_bits(resumed, whole)
    for run in (resumed, whole):
        run.written = "".join(sample(run.model, run.vocabulary, "dog", 20, 1.0, run.rng))
    assert resumed.written == whole.written


def test_writer_writes_as_the_run_does(saved):
    """What `sample` loads is the model, the vocabulary and the seed word of the run."""
    run, path = saved
    model, vocabulary, word, _, _ = load_writer(path)
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
    weights = run.model.layer.cell.W_hh.numpy()
    np.testing.assert_array_equal(arrays["model.layer.cell.W_hh"], weights)
    np.testing.assert_array_equal(arrays["arrays.history.losses"], run.losses)


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


def configured(name, value):
    """Change the configuration, or with None take the entry out."""

    def change(arrays, texts):
        config = json.loads(texts["config"])
        config.pop(name) if value is None else config.update({name: value})
        texts["config"] = json.dumps(config)

    return change


def set_to(**changes):
    """Change the settings."""

    def change(arrays, texts):
        config = json.loads(texts["config"])
        config["settings"].update(changes)
        texts["config"] = json.dumps(config)

    return change


MISFITS = {
    "foreign array": (lambda arrays, texts: arrays.update(junk=1), "holds junk, which is no part"),
    "other format": (entry("format", "other"), "no checkpoint"),
    "older format": (entry("format", "rnn.CharLSTM"), "of an earlier version"),
    "newer version": (entry("version", "2"), "version 2, and this program reads"),
    "no entries": (lambda arrays, texts: texts.clear(), "no checkpoint"),
    "another model": (entry("config", "null"), "no checkpoint of `python -m rnn train`"),
    "no vocabulary": (configured("vocabulary", None), "'vocabulary' in its configuration"),
    "odd vocabulary": (configured("vocabulary", [1]), "'vocabulary' in its configuration"),
    "other vocabulary": (configured("vocabulary", "ab"), "'seed_word' in its configuration"),
    "longer vocabulary": (configured("vocabulary", PANGRAM + "!"), "'settings' in its config"),
    "no settings": (configured("settings", None), "'settings' in its configuration"),
    "no JSON": (entry("config", "{"), "'config' is missing or damaged"),
    "nested JSON": (entry("config", "[" * 100_000), "'config' is missing or damaged"),
    "odd setting": (set_to(hidden=-1), "'settings' in its configuration"),
    "more settings": (set_to(no=1), "'settings' in its configuration"),
    "huge size": (set_to(hidden=10**9), "'settings' in its configuration"),
    "other cell": (set_to(cell="gru"), "'settings' in its configuration"),
    "odd word": (configured("seed_word", "øø"), "'seed_word' in its configuration"),
    "no word": (configured("seed_word", None), "'seed_word' in its configuration"),
    "no digest": (configured("text_sha256", 3), "'text_sha256' in its configuration"),
    "no recipe": (lambda arrays, texts: texts.pop("recipe"), "'recipe' is missing"),
}


@pytest.mark.parametrize("change, message", MISFITS.values(), ids=MISFITS)
def test_checkpoints_that_do_not_fit(saved, change, message):
    """Missing, mis-shaped, mis-typed and meaningless content is refused by name, before anything
    of the size that it claims is made."""
    path = rewritten(saved[1], change)
    for read in (load_writer, lambda path: load_run(path, PANGRAM)):
        with pytest.raises(FileFormatError, match=message):
            read(path)


@pytest.mark.parametrize("name", ["layer.cell.W_xh", "layer.cell.b_h", "W_hy", "b_y"])
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


def dropped(name):
    return lambda arrays, texts: arrays.pop(name)


UNRESUMABLE = {
    "other generator": entry("generators", '{"rng": {"bit_generator": "MT19937"}}'),
    "odd generator": entry("generators", '{"rng": 3}'),
    "odd position": entry("position", '"x"'),
    "no losses": dropped("arrays.history.losses"),
    "odd losses": lambda arrays, texts: arrays.update({"arrays.history.losses": np.zeros((2, 2))}),
    "no optimizer steps": dropped("optimizer.0.steps"),
    "odd rate": lambda arrays, texts: arrays.update({"optimizer.lr": np.arange(3)}),
    "odd carried cell": lambda arrays, texts: arrays.update({"arrays.carry.1": np.zeros(3)}),
    "no carried state": dropped("arrays.carry.0"),
    "other batch": set_to(batch=9),
    "huge batch": set_to(batch=10**9),
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


def test_full_disk_in_mid_training_keeps_the_old_file(tmp_path, monkeypatch):
    """A disk that is full in mid-save costs the new checkpoint, not the old one, and leaves no
    other file behind."""
    run = make_run()
    run.trainer.watch(Checkpoints(tmp_path, best=None, every=0.0))
    run.train(steps=2)
    path = tmp_path / "last.safetensors"
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run.train(steps=6)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_runs_are_saved_now_and_then(tmp_path):
    """While it trains a run is saved at intervals of training time, whole each time."""
    path, counts = tmp_path / "checkpoint.safetensors", []
    run = make_run()
    keeper = Checkpoints(tmp_path, last=path.name, best=None, every=10.0)

    class Clock:
        def on_start(self, trainer):
            keeper.on_start(trainer)

        def on_step(self, trainer):
            trainer.seconds = float(trainer.steps)
            keeper.on_step(trainer)
            if path.exists():
                counts.append(load_run(path, PANGRAM).updates)

    run.trainer.watch(Clock())
    run.train(steps=40)
    assert sorted(set(counts)) == [10, 20, 30, 40]


def test_configuration_is_json(saved):
    """What describes a checkpoint can be read without this package: all settings, and the text."""
    config = json.loads(io.load_metadata(saved[1])["config"])
    assert config["settings"]["hidden"] == 6
    assert config["settings"].keys() == vars(saved[0].settings).keys()
    assert set(config["vocabulary"]) == set(PANGRAM)
