"""A network that writes in one scan: as step by step, and samples with the right frequencies."""

import numpy as np

from examples import free_running
from rnn import generate, greedy


def test_greedy_is_generate():
    """Without noise the scan writes what ``rnn.generate`` writes with ``greedy``."""
    model = free_running.Writer()
    written = model.write(np.zeros((30, 3, 7)))
    fed = generate(model.cell, model.head, np.zeros(3, int), steps=30, feed=greedy).fed
    np.testing.assert_array_equal(written, fed.numpy())


def test_samples_have_the_probabilities_of_the_network():
    """argmax(logits + Gumbel noise) is drawn from softmax(logits)."""
    model = free_running.Writer()
    model.head.b_q.data = np.arange(7) / 3.0
    logits = model(np.zeros((1, 1), int)).numpy()[0, 0]
    wanted = np.exp(logits) / np.exp(logits).sum()
    noise = np.random.default_rng(0).gumbel(size=(1, 20_000, 7))
    found = np.bincount(model.write(noise)[0], minlength=7) / 20_000
    np.testing.assert_allclose(found, wanted, atol=4 * np.sqrt(0.25 / 20_000))


def test_strings():
    """They end with the second E, and are told apart from what is not of the grammar."""
    symbols = [free_running.TASK.symbols.index(s) for s in "TBTXSETEBB"]
    assert free_running.strings(np.array([symbols]).T) == ["BTBTXSETE"]
    assert free_running.grammatical("BTBTXSETE")
    assert not free_running.grammatical("BTBTXSEPE")


def test_it_prints_what_it_wrote(capsys):
    """Run as a program, it shows strings, their share in the grammar, and two ways that agree."""
    free_running.main(updates=100)
    printed = capsys.readouterr().out
    assert printed.count("sampled  B") == 5
    assert "by scan and by rnn.generate, the same:" in printed
