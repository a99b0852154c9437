"""A trainer on several ranks, here threads, is the trainer of the whole batch."""

import signal

import numpy as np
import pytest

from rnn import GRU, Trainer, load_model
from rnn.parallel import Group, ParallelTrainer
from tests.support.ranks import on_ranks

LENGTHS = np.array([6, 1, 3, 5, 2])


def batch(i):
    """A ragged batch, the same on every rank."""
    return np.random.default_rng(i).normal(size=(6, 5, 2)), LENGTHS


def loss(model, x, lengths, carry=None):
    outputs, state = model(x, carry, lengths=lengths)
    mean = (outputs**2).sum() / max(int(lengths.sum()), 1)
    return mean if carry is None else (mean, state)


OPTIONS = {"lr": 0.05, "clip": 0.1, "weight": lambda x, lengths: lengths.sum(), "axis": (1, 0)}


def train(group, steps=6, dtype=np.float64, dropout=0.0, **more):
    layer = GRU(2, 3, 2, dtype=dtype, dropout=dropout, rng=group.rank)
    trainer = ParallelTrainer(layer, loss, group=group, **OPTIONS, **more)
    trainer.fit(batch, steps=steps)
    return trainer


def bits(trainer):
    return {name: array.copy() for name, array in trainer.model.state_dict().items()}


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-6), (np.float64, 1e-12)])
@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("size", [2, 3])
def test_parameters_are_those_of_one(size, carried, dtype, tolerance):
    """After six steps on ragged batches, with clipping, with and without a state that is carried
    on; and the losses, and a validation, are the whole's."""
    more = {"carry": np.zeros((2, 5, 3), dtype)} if carried else {}
    whole = GRU(2, 3, 2, dtype=dtype, rng=0)
    one = Trainer(whole, loss, **{k: v for k, v in OPTIONS.items() if k != "axis"}, **more)
    one.fit(batch, [batch(7), batch(8)], steps=6, every=3)

    def run(group):
        trainer = ParallelTrainer(
            GRU(2, 3, 2, dtype=dtype, rng=group.rank), loss, group=group, **OPTIONS, **more
        )
        trainer.fit(batch, [batch(7), batch(8)], steps=6, every=3)
        return trainer

    for trainer in on_ranks(size, run):
        for name, array in bits(trainer).items():
            np.testing.assert_allclose(array, bits(one)[name], atol=tolerance)
        np.testing.assert_allclose(trainer.history.losses, one.history.losses, rtol=1e-6)
        np.testing.assert_allclose(
            trainer.history.validations, one.history.validations, rtol=1e-6
        )


@pytest.mark.parametrize("before, after", [(2, 2), (2, 3), (3, 1), (1, 2)])
def test_another_number_of_ranks_goes_on(before, after, tmp_path):
    """A checkpoint of some ranks is gone on from by others, the carried state included, as if the
    number had always been the same."""
    more = {"carry": np.zeros((2, 5, 3))}
    path = tmp_path / "run.safetensors"
    on_ranks(before, lambda group: train(group, 3, **more).save(path))

    def rest(group):
        trainer = ParallelTrainer(
            GRU(2, 3, 2, dtype=float, rng=9), loss, group=group, **OPTIONS, **more
        )
        trainer.load(path)
        trainer.fit(batch, steps=6)
        return trainer

    wanted = bits(train(Group(), 6, **more))
    for trainer in on_ranks(after, rest):
        assert trainer.steps == 6
        for name, array in bits(trainer).items():
            np.testing.assert_allclose(array, wanted[name], atol=1e-12)
    assert isinstance(load_model(path), GRU)


def test_the_same_number_goes_on_bit_for_bit(tmp_path):
    """With dropout in the model, whose generators draw otherwise on every rank, equally much."""
    path = tmp_path / "run.safetensors"

    def equal_rows(i):
        return batch(i)[0][:, :4], LENGTHS[:4]

    def made(group):
        layer = GRU(2, 3, 2, dtype=float, dropout=0.5, rng=0)
        return ParallelTrainer(layer, loss, group=group, **OPTIONS)

    def whole(group):
        trainer = made(group)
        trainer.fit(equal_rows, steps=6)
        return bits(trainer)

    def halves(group):
        trainer = made(group)
        trainer.fit(equal_rows, steps=3)
        trainer.save(path)
        again = made(group)
        again.load(path)
        again.fit(equal_rows, steps=6)
        return bits(again), trainer.model.rng.random()

    found = on_ranks(2, halves)
    assert found[0][1] != found[1][1]
    for one, (two, _) in zip(on_ranks(2, whole), found, strict=True):
        for name in one:
            np.testing.assert_array_equal(one[name], two[name])


def test_generators_begin_as_the_roots():
    """Whatever seeds the ranks have: that of the batches draws the same, those inside the model
    draw otherwise, and so that the root's saved state tells all of them."""

    def run(group):
        layer = GRU(2, 3, 2, dropout=0.5, rng=group.rank)
        trainer = ParallelTrainer(layer, loss, group=group, rng=10 + group.rank)
        return trainer.rng.random(), layer.rng.bit_generator.state

    found = on_ranks(3, run)
    assert {drawn for drawn, _ in found} == {np.random.default_rng(10).random()}
    root = np.random.PCG64()
    root.state = found[0][1]
    assert [state for _, state in found] == [root.state, root.jumped(1).state,
                                                root.jumped(2).state]


def test_batches_in_every_form():
    """An iterable with a length, one without, a function that gives one: the same training."""
    rows = [batch(i) for i in range(3)]
    forms = [rows, lambda: iter(rows), type("Rows", (), {"__iter__": lambda self: iter(rows)})()]

    def run(group, form):
        trainer = ParallelTrainer(GRU(2, 3, dtype=float, rng=0), loss, group=group, **OPTIONS)
        trainer.fit(form, rows[:1], epochs=2)
        return bits(trainer), trainer.steps, len(trainer.history.validations)

    first, *others = [on_ranks(2, lambda group, f=f: run(group, f))[1] for f in forms]
    assert first[1:] == (6, 2)
    for other in others:
        assert other[1:] == first[1:]
        for name in first[0]:
            np.testing.assert_array_equal(first[0][name], other[0][name])


def test_ctrl_c_is_agreed_upon(tmp_path):
    """A Ctrl-C that reaches one rank stops all behind the same step, with a checkpoint."""

    def run(group):
        def stop(trainer):
            if trainer.steps == 3 and group.rank == 1:
                trainer._asking._note(signal.SIGINT, None)

        trainer = ParallelTrainer(
            GRU(2, 3, rng=0), loss, group=group, callbacks=[stop], checkpoints=tmp_path, **OPTIONS
        )
        with pytest.raises(KeyboardInterrupt):
            trainer.fit(batch, steps=99)
        return trainer.steps, trainer.stopped

    assert on_ranks(2, run) == [(4, "interrupted")] * 2
    again = ParallelTrainer(GRU(2, 3, rng=0), loss, group=Group(), **OPTIONS)
    again.load(tmp_path / "last.safetensors")
    assert again.steps == 4


def test_one_rank_that_fails_does_not_wait_for_the_others(tmp_path):
    """Its error is raised, and the checkpoint from before stays."""

    def run(group):
        def fail(trainer):
            if trainer.steps == 2:
                trainer.save(tmp_path / "before")
            if trainer.steps == 3 and group.rank == 1:
                raise OSError("no more data")

        trainer = ParallelTrainer(
            GRU(2, 3, rng=0), loss, group=group, callbacks=[fail], checkpoints=tmp_path, **OPTIONS
        )
        trainer.fit(batch, steps=99)

    with pytest.raises(OSError, match="no more data"):
        on_ranks(2, run)
    assert load_model(tmp_path / "before")


def test_a_file_that_cannot_be_written_is_an_error_on_all(tmp_path):
    """Not on the root alone, for which the others would wait."""

    def run(group):
        trainer = train(group, 1)
        with pytest.raises(OSError, match="nowhere"):
            trainer.save(tmp_path / "nowhere" / "x")
        return True

    assert on_ranks(2, run) == [True, True]


def test_a_generator_of_both_becomes_two():
    """Where the model has the generator of the batches it gets one of its own, so that the batches
    stay the same on all ranks."""

    def run(group):
        rng = np.random.default_rng(0)
        trainer = ParallelTrainer(GRU(2, 3, 2, dropout=0.5, rng=rng), loss, group=group, rng=rng)
        assert trainer.rng is rng
        return rng.random(), trainer.model.rng.random()

    (batches, one), (same, two) = on_ranks(2, run)
    assert batches == same
    assert len({batches, one, two}) == 3


def test_what_is_refused():
    """Generators that cannot be split; axes that do not fit the batch."""
    sfc = np.random.Generator(np.random.SFC64(0))
    with pytest.raises(ValueError, match="SFC64 cannot be split among ranks"):
        on_ranks(2, lambda group: ParallelTrainer(GRU(2, 3, 2, dropout=0.5, rng=sfc), loss,
                                                  group=group))
    with pytest.raises(ValueError, match="a batch has 2 parts; wanted one axis for each"):
        on_ranks(2, lambda group: ParallelTrainer(
            GRU(2, 3), loss, group=group, axis=(1,)).fit(batch, steps=1))
