"""Training: what an update does, how long a run is, what it has learned, how it is interrupted."""

import itertools
import math
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from minigrad.errors import GradientError
from minigrad.functional import cross_entropy
from rnn import LanguageModel
from rnn.demo.baselines import ngram_bits
from rnn.demo.language_model import held_out_bits, sample
from rnn.demo.run import Run
from rnn.demo.settings import Settings
from rnn.demo.text import Split, TextError
from rnn.demo.vocabularies import Vocabulary
from rnn.training import Budget, Interrupt, cosine
from tests.support.paths import ROOT
from tests.support.small_runs import (
    PANGRAM,
    SETTINGS,
    after,
    assert_same_bits,
    everything,
    make_run,
)

# -- an update


def test_learns_what_the_baselines_cannot():
    """On a text that repeats a sentence the LSTM beats frequencies, and learns it by heart."""
    run = after(300, hidden=24, batch=4, steps=12)
    reached = held_out_bits(run.model, run.data)
    assert reached < ngram_bits(run.data, len(run.vocabulary), 1) / 10
    assert run.losses[-1] < 0.1 < run.losses[0]
    written = "".join(sample(run.model, run.vocabulary, "the quick", 20, 0.1, run.rng))
    assert written == " brown fox jumps ove"


def test_first_loss_is_that_of_a_guess():
    """Before it has learned anything the model is near ln V nats per character."""
    run = after(1)
    assert run.losses[0] == pytest.approx(math.log(len(run.vocabulary)), abs=0.3)


def test_state_is_carried_without_its_graph():
    """Truncated BPTT: the values of the state go on into the next window, its graph does not."""
    run = after(3)
    assert not any(part.requires_grad for part in run.trainer.carry)
    inputs = run.window(run.updates)[0]
    carried, _ = run.model(inputs, run.trainer.carry)
    fresh, _ = run.model(inputs)
    assert not np.allclose(carried.numpy(), fresh.numpy())


def test_same_seed_same_bits():
    """Two runs with one seed agree in every bit, samples included; another seed differs."""
    one, two, other = after(7), after(7), after(7, seed=1)
    assert_same_bits(one, two)
    assert one.losses != other.losses
    written = ["".join(sample(r.model, r.vocabulary, "fox", 30, 1.0, r.rng)) for r in (one, two)]
    assert written[0] == written[1]


def test_divergence_is_an_error_and_leaves_the_last_whole_update():
    """A gradient that is not finite raises; the run is as it was before that update."""
    run = after(1)
    before = everything(run)[0]
    nan = np.full(run.model.b_y.shape, np.nan, np.float32)
    healthy = run.model.b_y.numpy().copy()
    run.model.b_y.data = nan
    with pytest.raises(GradientError, match="not finite"):
        run.train(steps=9)
    run.model.b_y.data = healthy
    after_error = everything(run)[0]
    assert all(before[name].tobytes() == after_error[name].tobytes() for name in before)
    assert run.updates == 1


@pytest.mark.parametrize("field", ["hidden", "batch", "steps", "learning_rate", "max_norm", "seed"])
@pytest.mark.parametrize("value", [-1, math.nan, "3", None, True])
def test_settings_out_of_range(field, value):
    """Settings of a wrong kind or sign are refused by name."""
    if field in ("learning_rate", "max_norm") and value is True:
        value = 0.0
    with pytest.raises(ValueError, match=rf"Settings\({field}="):
        Settings(**{field: value})


# -- how long


def test_budget_counts_from_the_first_update():
    """A run is done when its time or its number of updates is used up, whichever it was given."""
    run = make_run()
    assert Budget(steps=4).done(run.trainer) == 0
    run.train(steps=4)
    assert run.updates == 4
    assert Budget(steps=8).done(run.trainer) == 0.5
    run.trainer.seconds = 30.0
    assert Budget(seconds=60).done(run.trainer) == 0.5
    assert Budget(seconds=15).done(run.trainer) == 1
    assert run.train(seconds=15)
    assert run.updates == 4


def test_time_is_what_ends_a_timed_run():
    """With a budget in seconds training lasts as long, and a little for the last update."""
    run = make_run()
    assert run.train(seconds=0.05)
    assert 0.05 <= run.seconds < 5


def test_learning_rate_falls_from_its_peak_to_zero():
    """The schedule starts at the full rate, only ever falls, and ends at 0."""
    rates = [cosine(x) for x in np.linspace(0, 1, 50)]
    assert rates[0] == 1
    assert rates[-1] == pytest.approx(0, abs=1e-15)
    assert all(b < a for a, b in itertools.pairwise(rates))


# -- held-out text and samples


class Unigram(LanguageModel):
    """A model that gives the same probabilities everywhere."""

    def __init__(self, p):
        super().__init__(len(p), 2, rng=np.random.default_rng(0), dtype=np.float64)
        self.W_hy.data = np.zeros(self.W_hy.shape)
        self.b_y.data = np.log(p)


@pytest.mark.parametrize("streams, steps", [(1, 64), (3, 4), (7, 1), (64, 64), (1000, 2)])
def test_every_held_out_character_counts_once(streams, steps):
    """However the held-out text is laid out, its bits are the sum over all its characters."""
    rng = np.random.default_rng(0)
    p = np.array([0.5, 0.3, 0.15, 0.05])
    data = Split(rng.integers(0, 4, 9), rng.integers(0, 4, 101))
    bits = held_out_bits(Unigram(p), data, streams, 1, steps)
    assert bits == pytest.approx(np.mean(-np.log2(p[data.held_out])), rel=1e-12)


def test_held_out_state_is_carried_between_chunks():
    """Reading in chunks of any length gives the same bits, as the state goes on."""
    run = after(20)
    whole = held_out_bits(run.model, run.data, 2, 9, steps=1000)
    assert held_out_bits(run.model, run.data, 2, 9, steps=3) == pytest.approx(whole, rel=1e-6)


def test_samples_follow_the_model():
    """Step by step a sample has the probabilities that the model gives to the whole of it: at and
    near temperature 0, the likeliest character after all of those before."""
    run = after(40)
    written = "fox" + "".join(sample(run.model, run.vocabulary, "fox", 12, 0.0))
    assert written == "fox" + "".join(sample(run.model, run.vocabulary, "fox", 12, 1e-300))
    logits, _ = run.model(run.vocabulary.encode(written)[:, None])
    best = logits.numpy()[2:-1, 0].argmax(axis=-1)
    assert run.vocabulary.decode(best) == written[3:]


def test_temperature_spreads_samples():
    """At a high temperature characters come nearly evenly."""
    model, vocabulary = Unigram(np.array([0.97, 0.01, 0.01, 0.01])), Vocabulary("abcd")
    rng = np.random.default_rng(0)
    cold = "".join(sample(model, vocabulary, "a", 200, 1.0, rng))
    hot = "".join(sample(model, vocabulary, "a", 200, 1e9, rng))
    assert cold.count("a") > 180
    assert max(map(hot.count, "abcd")) < 80


@pytest.mark.parametrize("temperature", [-1.0, math.nan, math.inf])
def test_sample_refuses_temperatures(temperature):
    """A temperature that is not a number of at least 0 is refused when it is given, not later."""
    run = make_run()
    with pytest.raises(ValueError, match="temperature"):
        sample(run.model, run.vocabulary, "fox", 5, temperature)


@pytest.mark.parametrize("word, message", [("", "is empty"), ("føx", "does not know: 'ø'")])
def test_seed_words_that_cannot_start_a_sample(word, message):
    """An empty word and unknown characters are refused, before training and before sampling."""
    run = make_run()
    with pytest.raises(TextError, match=message):
        sample(run.model, run.vocabulary, word, 5)
    with pytest.raises(TextError, match=message):
        Run(SETTINGS, PANGRAM, word)


# -- Ctrl-C


def test_interrupt_in_mid_update_finishes_it(monkeypatch):
    """Ctrl-C while an update runs lets that update finish, and nothing starts after it."""
    # Of one long run and a run of 3 updates the first 3 differ by the learning rate alone.
    whole, run = after(3, schedule="constant"), make_run(schedule="constant")
    real, calls = run.loss, []

    def loss(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return real(*arguments)

    monkeypatch.setattr(run.trainer, "_loss", loss)
    before = signal.getsignal(signal.SIGINT)
    assert not run.train(steps=100)
    assert signal.getsignal(signal.SIGINT) is before
    assert run.updates == 3
    assert run.losses == whole.losses
    assert all(np.isfinite(p.numpy()).all() for p in run.model.parameters())


def test_second_interrupt_is_immediate():
    """Who presses Ctrl-C again does not want to wait."""
    with Interrupt() as interrupt:
        signal.raise_signal(signal.SIGINT)
        assert interrupt.received
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.skipif(os.name == "nt", reason="Windows ignores no signal for a child")
def test_where_sigint_is_ignored():
    """A shell's background job (``nohup make test &``) starts with SIGINT ignored; the tests of
    Ctrl-C pass there too, since they do not take the handler for granted."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k",
               "interrupt"]
    ignoring = f"import os, signal; signal.signal(2, signal.SIG_IGN); os.execv({command[0]!r}, "
    done = subprocess.run([sys.executable, "-c", f"{ignoring}{command!r})"], check=False,
                          capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_training_in_another_thread():
    """Signals go to the main thread; in others training works without."""
    run = make_run()
    thread = threading.Thread(target=run.train, kwargs={"steps": 2})
    thread.start()
    thread.join()
    assert run.updates == 2


def test_an_update_is_by_the_gradient_of_its_window_alone():
    """What the updates before have left in .grad plays no part."""
    run = make_run(max_norm=1e9)
    run.train(steps=1)
    before = run.model.state_dict(), run.trainer.carry
    run.train(steps=2)
    found = {name: p.grad.numpy() for name, p in run.model.named_parameters()}
    run.model.load_state_dict(before[0])
    inputs, targets = run.windows.at(SETTINGS.steps)
    logits, _ = run.model(inputs, before[1])
    run.model.zero_grad()
    cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)).backward()
    for name, p in run.model.named_parameters():
        np.testing.assert_allclose(found[name], p.grad, rtol=1e-5, atol=1e-9, err_msg=name)


def test_windows_follow_each_other():
    """Each update reads where the one before has ended, and accumulated ones go on too."""
    for accumulate in (1, 2):
        run, seen = make_run(accumulate=accumulate), []
        at = run.windows.at
        run.windows.at = lambda position, at=at, seen=seen: seen.append(position) or at(position)
        run.train(steps=3)
        assert seen == [k * run.settings.steps for k in range(3 * accumulate)]


# -- other models


MODELS = [{"cell": "gru", "layers": 2, "dropout": 0.2}, {"cell": "zoneout+mgu", "tie": True},
          {"cell": "projected", "embedding": 3, "dtype": "float64"}, {"level": "word"},
          {"level": "byte", "optimizer": "sgd"}, {"optimizer": "adamw", "warmup": 0.2},
          {"optimizer": "rmsprop", "schedule": "linear", "accumulate": 2}]


@pytest.mark.parametrize("changes", MODELS, ids=str)
def test_what_can_be_chosen_learns(changes):
    """Every cell, level and optimizer has a loss that falls, and bits per character."""
    run = after(30, learning_rate=1.0 if changes.get("optimizer") == "sgd" else 0.02, **changes)
    assert run.losses[-1] < 0.97 * run.losses[0]
    assert 0 < run.bits(run.model) < 8
    assert run.model.b_y.dtype == changes.get("dtype", "float32")


@pytest.mark.parametrize("level", ["word", "byte"])
def test_bits_are_per_character_whatever_is_predicted(level):
    """Where all tokens are equally likely the text costs log2 V for each token, and that is told
    per character."""
    run = make_run(level=level)
    for parameter in run.model.parameters():
        parameter.data = np.zeros(parameter.shape, parameter.dtype)
    tokens, text = run.data.held_out, run.vocabulary.decode(run.data.held_out)
    wanted = math.log2(len(run.vocabulary)) * len(tokens) / len(text)
    assert run.bits(run.model) == pytest.approx(wanted, rel=1e-6)


CHOICES = [("cell", "lsmt"), ("optimizer", "adm"), ("schedule", "x"), ("level", "letter"),
           ("dtype", "int8"), ("tie", 1), ("dropout", 1.0), ("warmup", -0.1), ("layers", 0)]


@pytest.mark.parametrize("field, value", CHOICES)
def test_words_that_cannot_be_chosen(field, value):
    """Settings that are words say which there are."""
    with pytest.raises(ValueError, match=rf"{field}='?{value}'?\)?: wanted"):
        Settings(**{field: value})
