"""The loop: what a step is, how long training is, what validation decides, who is told."""

import itertools
import math

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.errors import GradientError
from minigrad.optim import SGD, Adam, AdamW, CosineAnnealingLR, clip_grad_norm
from rnn.training import MOMENTS, warmed_up
from tests.rnn.training.conftest import (
    Tagger,
    bits_of,
    carried_loss,
    loss_of,
    make_batches,
    make_trainer,
)


def plain_loop(batches, steps, rate=lambda k: 0.05, clip=math.inf):
    """The same training written out: the definition that a trainer is compared with."""
    model = Tagger()
    optimizer, losses, norms = Adam(model.parameters(), lr=0.05), [], []
    for k, batch in zip(range(steps), itertools.cycle(batches)):
        loss = loss_of(model, *batch)
        model.zero_grad()
        loss.backward()
        norms.append(clip_grad_norm(model.parameters(), clip))
        optimizer.lr = rate(k)
        optimizer.step()
        losses.append(loss.item())
    return model, losses, norms


@pytest.mark.parametrize("clip", [None, 0.01])
@pytest.mark.parametrize("schedule", ["constant", "linear", CosineAnnealingLR])
def test_it_is_the_loop_that_one_would_write(batches, clip, schedule):
    """Loss, clipping, schedule and step in the order of the plain loop, bit for bit."""
    options, rate = {"schedule": schedule}, lambda k: 0.05
    trainer = make_trainer(clip=clip)
    if schedule is CosineAnnealingLR:
        made = CosineAnnealingLR(trainer.optimizer, T_max=6)
        options["schedule"], rate = made, made.lr_at
    elif schedule == "linear":
        rate = lambda k: 0.05 * (1 - k / 6)    # noqa: E731
    trainer = rnn.Trainer(trainer.model, loss_of, trainer.optimizer, clip=clip, **options)
    history = trainer.fit(batches, steps=6)
    model, losses, norms = plain_loop(batches, 6, rate, math.inf if clip is None else clip)
    assert history.losses == losses
    assert history.norms == norms
    assert history.rates == [rate(k) for k in range(6)]
    for name, value in trainer.model.state_dict().items():
        assert value.tobytes() == model.state_dict()[name].tobytes(), name


FORMS = {
    "list": lambda batches: batches,
    "function": lambda batches: lambda: iter(batches),
    "generator function": lambda batches: lambda: (b for b in batches),
    "by number": lambda batches: lambda i: batches[i % len(batches)],
    "iterator": lambda batches: itertools.cycle(batches),
}


@pytest.mark.parametrize("form", FORMS)
def test_batches_in_any_form(batches, form):
    """A list, a function that returns an iterable, one of a number, and an iterator are alike."""
    trainer, plain = make_trainer(), make_trainer()
    assert trainer.fit(FORMS[form](batches), steps=6).losses == plain.fit(batches, steps=6).losses


def test_a_batch_need_not_be_a_tuple():
    """What is neither tuple nor list is one argument of the loss, a dict for one."""
    w = mg.Parameter(np.ones(2))
    model = mg.Module()
    model.w = w
    seen = []
    trainer = rnn.Trainer(model, lambda m, b: seen.append(b) or (m.w * b["x"]).sum(), "sgd", lr=0.1)
    trainer.fit([{"x": np.ones(2)}], epochs=2)
    assert seen == [{"x": pytest.approx(np.ones(2))}] * 2


def test_accumulation_is_the_mean_over_all_that_the_batches_hold():
    """Steps of several ragged batches, weighted by their tokens, are steps of the joint batch;
    the last of an epoch has what is left."""
    rng = np.random.default_rng(0)
    xs = [rng.normal(size=n) for n in (1, 5, 2, 4, 3)]

    def mean_square(model, x):
        return ((model.w - x) ** 2).mean()

    def trained(batches, **options):
        model = mg.Module()
        model.w = mg.Parameter(np.zeros(()))
        trainer = rnn.Trainer(model, mean_square, SGD(model.parameters(), lr=0.1), **options)
        return trainer.fit(batches, epochs=3), trainer

    found, trainer = trained(xs, accumulate=2, weight=len)
    wanted, _ = trained([np.concatenate(xs[k : k + 2]) for k in (0, 2, 4)])
    assert found.losses == pytest.approx(wanted.losses, rel=1e-14)
    assert (trainer.steps, trainer.epoch, trainer.batch) == (9, 3, 0)
    unweighted, _ = trained(xs, accumulate=2)
    assert unweighted.losses[1] != pytest.approx(wanted.losses[1], rel=1e-3)


def test_groups_follow_the_schedule_from_their_own_rate(batches):
    """Each group of parameters has its own first rate, and the schedule multiplies it."""
    model = Tagger()
    optimizer = Adam([
        {"params": list(model.layer.parameters())},
        {"params": list(model.head.parameters()), "lr": 0.5},
    ], lr=0.1)
    rates = []
    trainer = rnn.Trainer(
        model, loss_of, optimizer, schedule=lambda done: 1 - done,
        callbacks=[lambda t: rates.append([g["lr"] for g in t.optimizer.param_groups])],
    )
    trainer.fit(batches, steps=2)
    assert rates == [[0.1, 0.5], [0.05, 0.25]]


def test_carry_goes_on_and_its_graph_ends(batches):
    """With carry= the state of a batch is that behind the one before, without its past."""
    seen = []

    def loss(model, x, y, state):
        seen.append(state)
        return carried_loss(model, x, y, state)

    zeros = np.zeros((2, 2, 4), np.float32)
    trainer = make_trainer(loss, carry=zeros)
    trainer.fit(batches, steps=3)
    assert not seen[0].numpy().any()
    assert all(state.numpy().any() and not state.requires_grad for state in seen[1:])


# -- how long


@pytest.mark.parametrize("source", ["list", "function"])
def test_epochs_steps_and_seconds_are_counted_from_the_start(batches, source):
    """A second fit goes on to the end that is asked for; what is used up first ends it."""
    given = FORMS[source](batches)
    trainer = make_trainer()
    trainer.fit(given, steps=6)
    assert (trainer.steps, trainer.epoch, trainer.batch, trainer.done) == (6, 1, 2, 1.0)
    trainer.fit(given, epochs=3, steps=100)
    assert (trainer.steps, trainer.epoch, trainer.batch) == (12, 3, 0)
    trainer.fit(given, steps=5)
    assert trainer.steps == 12
    whole = make_trainer()
    whole.fit(batches, steps=12)
    assert whole.history.losses == trainer.history.losses
    timed = make_trainer()
    timed.fit(given, seconds=1e-9)
    assert timed.steps == 1


@pytest.mark.parametrize("part, factor", [(0.0, 0.0), (0.1, 0.5), (0.2, 1.0), (0.6, 0.5)])
def test_warm_up(part, factor):
    """The rate rises to its first value and then follows the schedule, which has the rest."""
    assert warmed_up("linear", 0.2)(part) == pytest.approx(factor)


# -- validation


def test_validation_is_without_gradients_dropout_and_traces(batches):
    """It averages the loss over its batches, weighted, in evaluation mode; modes come back."""
    trainer = make_trainer(weight=lambda x, y: y.size)
    trainer.model.head.training = False
    short = [(x[:1], y[:1]) for x, y in batches[:1]]
    modes = [m.training for m in trainer.model.modules()]
    found = trainer.evaluate([batches[1], *short])
    assert modes == [m.training for m in trainer.model.modules()]
    trainer.model.eval()
    one, other = (loss_of(trainer.model, *b).item() for b in (batches[1], *short))
    assert found == pytest.approx((6 * one + 2 * other) / 8, rel=1e-6)


def test_when_it_validates(batches):
    """After each epoch, or every so many steps; and once at the end."""
    values = iter(range(100))
    trainer = make_trainer()
    trainer.fit(batches, lambda model: next(values), steps=10)
    assert [step for step, _ in trainer.history.validations] == [4, 8, 10]
    trainer = make_trainer()
    trainer.fit(batches, batches, steps=10, every=5)
    assert [step for step, _ in trainer.history.validations] == [5, 10]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_patience_ends_training_behind_the_best(batches, mode):
    """After `patience` validations without a better one it stops, and says so; NaN is not
    better."""
    sign = 1 if mode == "min" else -1
    values = iter([5, 4, math.nan, 4, 4.5, 1])
    trainer = make_trainer(patience=3, mode=mode)
    trainer.fit(batches, lambda model: sign * next(values), steps=100, every=2)
    assert (trainer.best, trainer.best_step, trainer.steps) == (sign * 4, 4, 10)
    assert "the best of 5 validations was after step 4" in trainer.stopped


# -- callbacks


def test_moments(batches):
    """Objects and functions are told at the moments that are documented, in order."""
    told = []

    class Watcher:
        pass

    for moment in MOMENTS:
        setattr(Watcher, moment, lambda self, t, moment=moment: told.append((moment, t.steps)))
    trainer = make_trainer(callbacks=[Watcher(), lambda t: told.append(("function", t.steps))])
    trainer.fit(batches[:1], batches[:1], steps=1)
    assert told == [
        ("on_start", 0), ("on_gradients", 0), ("on_step", 1), ("function", 1), ("on_epoch", 1),
        ("on_validation", 1), ("on_end", 1),
    ]


def test_callbacks_can_change_gradients_and_stop(batches):
    """What on_gradients leaves in .grad is what the step takes; stop ends the fit with a reason."""

    class Freeze:
        def on_gradients(self, trainer):
            trainer.model.zero_grad()

        def on_step(self, trainer):
            if trainer.steps == 2:
                trainer.stop("enough")

    trainer = make_trainer(callbacks=[Freeze()])
    before = trainer.model.state_dict()
    trainer.fit(batches, steps=9)
    assert (trainer.steps, trainer.stopped) == (2, "enough")
    after = trainer.model.state_dict()
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)


# -- a step is whole or not at all


FAILURES = {
    "loss": {"loss": lambda model, x, y: 1 / 0},
    "callback": {"callbacks": [type("Fails", (), {"on_gradients": lambda self, t: 1 / 0})()]},
}


@pytest.mark.parametrize("failing", FAILURES)
def test_an_exception_leaves_the_last_whole_step(batches, failing, tmp_path):
    """An error in mid-step, of whoever's code, changes nothing: parameters, optimizer, random
    numbers and place are those of the step before, and training can go on from there."""
    whole, trainer = make_trainer(), make_trainer()
    whole.fit(batches, steps=6)
    trainer.fit(batches, steps=3)
    before = bits_of(trainer)
    broken = rnn.Trainer(trainer.model, **{"loss": loss_of, "optimizer": trainer.optimizer,
                                           **FAILURES[failing]})
    trainer.save(tmp_path / "file")
    broken.load(tmp_path / "file")
    with pytest.raises(ZeroDivisionError):
        broken.fit(batches, steps=6)
    assert bits_of(broken) == before
    assert broken.stopped.startswith("ZeroDivisionError")
    trainer.fit(batches, steps=6)
    assert bits_of(trainer) == bits_of(whole)


def test_divergence_is_an_error(batches):
    """A gradient that is not finite raises, and the step is not taken."""
    trainer = make_trainer()
    trainer.fit(batches, steps=1)
    x, y = batches[1]
    before = bits_of(trainer)
    with np.errstate(all="ignore"), pytest.raises(GradientError, match="not finite"):
        trainer.fit([(x * np.inf, y)] * 4, steps=2)
    assert bits_of(trainer) == before


# -- arguments


WRONG = [
    ({"model": 3}, TypeError, r"Trainer\(model\)"),
    ({"loss": 3}, TypeError, r"Trainer\(loss\)"),
    ({"weight": 3}, TypeError, r"Trainer\(weight\)"),
    ({"optimizer": "adma"}, ValueError, "did you mean adam"),
    ({"optimizer": 3}, TypeError, "wanted one of minigrad.optim"),
    ({"lr": 0.1}, ValueError, r"Trainer\(lr=0.1\)"),
    ({"schedule": "cosin"}, ValueError, "'cosine'"),
    ({"schedule": 3}, TypeError, r"Trainer\(schedule\)"),
    ({"clip": 0}, ValueError, r"Trainer\(clip\)"),
    ({"accumulate": 0}, ValueError, "accumulate"),
    ({"patience": 1.5}, TypeError, "patience"),
    ({"mode": "best"}, ValueError, "'min' or 'max'"),
    ({"callbacks": [3]}, TypeError, "on_step"),
    ({"callbacks": [type("C", (), {"on_steps": 3})()]}, TypeError, "did you mean on_step"),
    ({"checkpoints": ""}, ValueError, "folder"),
    ({"rng": -1}, ValueError, "seed"),
]


@pytest.mark.parametrize("options, kind, message", WRONG)
def test_arguments_that_do_not_fit(options, kind, message):
    """Each is refused by name when the trainer is made."""
    model = Tagger()
    usual = {"model": model, "loss": loss_of, "optimizer": AdamW(model.parameters())}
    with pytest.raises(kind, match=message):
        rnn.Trainer(**{**usual, **options})


FITS = [
    ({}, ValueError, "steps=, epochs= or seconds="),
    ({"steps": 0}, ValueError, r"Trainer.fit\(steps\)"),
    ({"epochs": 1.5}, ValueError, "whole number"),
    ({"seconds": math.nan}, ValueError, "seconds"),
    ({"steps": 1, "every": 0}, ValueError, "every"),
    ({"steps": 1, "batches": 3}, TypeError, r"Trainer.fit\(batches\)"),
    ({"steps": 1, "batches": []}, ValueError, "epoch 1 has no batches: it is empty"),
    ({"epochs": 2, "batches": iter(make_batches(2))}, ValueError, "epoch 2 .* it is an iterator"),
]


@pytest.mark.parametrize("options, kind, message", FITS)
def test_fits_that_cannot_be(batches, options, kind, message):
    """How long, and on what, is checked, with what would do."""
    with pytest.raises(kind, match=message):
        make_trainer().fit(**{"batches": batches, **options})


LOSSES = [
    (lambda m, x, y: 1.0, {}, "wanted a Tensor without axes"),
    (lambda m, x, y: m(x)[0], {}, r"wanted a Tensor without axes"),
    (lambda m, x, y: carried_loss(m, x, y, None), {}, "pass the first one as carry="),
    (lambda m, x, y, c: loss_of(m, x, y), {"carry": np.zeros(1)}, "returns a pair"),
]


@pytest.mark.parametrize("loss, options, message", LOSSES)
def test_losses_that_are_none(batches, loss, options, message):
    """What the loss returns is checked, and what to do is said."""
    with pytest.raises(TypeError, match=message):
        make_trainer(loss, **options).fit(batches, steps=1)


def test_weights_that_are_none(batches):
    """Batches that weigh nothing make no mean."""
    with pytest.raises(ValueError, match=r"Trainer\(weight\)"):
        make_trainer(weight=lambda x, y: 0).fit(batches, steps=1)
