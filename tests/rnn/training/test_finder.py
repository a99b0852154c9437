"""The learning-rate finder, and the plots of training."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.errors import GradientError
from minigrad.optim import SGD
from rnn.training import History, LearningRates, find_learning_rate
from tests.rnn.training.conftest import bits_of, make_trainer


def bowl(**options):
    """The loss w², on which SGD converges for lr < 1 and explodes above."""
    model = mg.Module()
    model.w = mg.Parameter(np.array(3.0))
    return rnn.Trainer(model, lambda m, x: m.w**2, SGD(model.parameters(), lr=0.5), **options)


def test_rates_are_a_geometric_series_and_the_suggestion_converges():
    """It ends where the loss explodes; what it suggests is a rate with which training works."""
    trainer = bowl()
    found = find_learning_rate(trainer, [0], low=1e-4, high=100.0, steps=61, smoothing=0.5)
    np.testing.assert_allclose(np.diff(np.log10(found.rates)), 0.1, rtol=1e-9)
    assert found.rates[0] == pytest.approx(1e-4)
    assert 1 < found.rates[-1] < 100
    assert 0.01 < found.suggestion < 1
    assert found.losses[0] == 9.0


@pytest.mark.parametrize("steps_before", [0, 3])
def test_the_trainer_is_as_before(batches, steps_before):
    """Parameters, optimizer, schedule, history, generators and place are untouched."""
    trainer = make_trainer(rng=3, schedule="cosine", clip=0.3)
    whole = make_trainer(rng=3, schedule="cosine", clip=0.3)
    if steps_before:
        trainer.fit(batches, steps=steps_before)
        whole.fit(batches, steps=steps_before)
    before = bits_of(trainer)
    found = find_learning_rate(trainer, batches, steps=5)
    assert len(found.losses) == 5
    assert bits_of(trainer) == before
    trainer.fit(batches, steps=6)
    whole.fit(batches, steps=6)
    assert bits_of(trainer) == bits_of(whole)


def test_smoothing_is_corrected_for_its_start():
    """Of a loss that stays it is the loss, from the first step on."""
    trainer = bowl()
    trainer.model.w.requires_grad = False
    trainer.model.v = mg.Parameter(np.array(0.0))
    trainer = rnn.Trainer(trainer.model, lambda m, x: m.w**2 + 0 * m.v, "sgd")
    found = find_learning_rate(trainer, [0], steps=4)
    np.testing.assert_allclose(found.smoothed, 9.0)


def test_a_loss_that_is_not_finite_at_once_is_an_error():
    """Where there is no curve there is no suggestion."""
    trainer = bowl()
    trainer.model.w.data = np.array(np.nan)
    with pytest.raises(GradientError):
        find_learning_rate(trainer, [0])


@pytest.mark.parametrize(
    "options, name",
    [({"low": 0}, "low"), ({"low": 2.0}, "high"), ({"steps": 0}, "steps"),
     ({"smoothing": 1}, "smoothing")],
)
def test_arguments_of_the_finder(options, name):
    """Rates, steps and smoothing are checked by name."""
    with pytest.raises(ValueError, match=rf"find_learning_rate\({name}"):
        find_learning_rate(bowl(), [0], **options)


def test_plots_show_the_numbers(tmp_path):
    """The curves are those of the data, and the files are written."""
    rates = np.geomspace(1e-3, 1.0, 5)
    found = LearningRates(rates, rates * 2, np.array([3.0, 2.0, 1.0, 2.0, 9.0]))
    axes = found.plot(tmp_path / "rates.png").axes[0]
    np.testing.assert_array_equal(axes.lines[1].get_ydata(), found.smoothed)
    assert axes.get_xscale() == "log"
    history = History()
    for k in range(30):
        history.add(1 / (k + 1), 1.0, 0.1)
    history.validations = [(10, 0.5), (30, 0.2)]
    axes = history.plot(tmp_path / "history.svg").axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), history.losses)
    np.testing.assert_array_equal(axes.lines[2].get_xdata(), [10, 30])
    assert (tmp_path / "rates.png").exists()
    assert History().plot().axes


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_suggestions_of_curves_of_any_length(count):
    """It is one of the rates; noise at the start, where means are over few losses, misleads not."""
    rates = np.geomspace(1e-4, 1.0, count)
    smoothed = np.where(np.arange(count) < 0.7 * count, 3.0 - np.arange(count) / count, 9.0)
    smoothed[0] += 5.0
    found = LearningRates(rates, smoothed, smoothed)
    assert found.suggestion in rates
    if count == 40:
        assert 1e-4 < found.suggestion < 0.1
