"""The checks of plain arguments, and the one rule for randomness: a Generator, a seed or None."""

import inspect

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad import functional as F
from minigrad import init
from minigrad.checks import as_generator, as_number, as_probability, as_size

FIXED = ("chrono_bias", "constant", "identity", "ones", "unit_forget_bias", "zeros")


def initializer(name):
    options = {"hidden_size": 4} if name == "recurrent_uniform" else {}
    return lambda rng: getattr(init, name)((4, 4), rng=rng, **options)


def weights(make):
    return lambda rng: next(iter(make(3, 4, rng=rng).state_dict().values()))


DRAWS = {
    **{
        f"init.{name}": initializer(name)
        for name in init.__all__
        if "rng" in inspect.signature(getattr(init, name)).parameters and name not in FIXED
    },
    "init.chrono_bias": lambda rng: init.chrono_bias((8,), T_max=9, rng=rng),
    "init.per_gate": lambda rng: init.per_gate(init.normal, 2)((4, 8), rng=rng),
    "dropout": lambda rng: F.dropout(np.ones(99), rng=rng),
    "gumbel_softmax": lambda rng: F.gumbel_softmax(np.ones(9), rng=rng),
    "attention": lambda rng: F.scaled_dot_product_attention(
        np.eye(9), np.eye(9), np.eye(9), dropout_p=0.5, rng=rng),
    **{
        name: weights(getattr(rnn, name))
        for name in ("ElmanCell", "LSTMCell", "GRUCell", "MGUCell", "PeepholeLSTMCell", "LSTM")
    },
    "ProjectedLSTMCell": lambda rng: rnn.ProjectedLSTMCell(
        3, 4, projection_size=2, rng=rng).W_hp.numpy(),
    "Recurrent": lambda rng: rnn.Recurrent(rnn.ElmanCell(3, 4), rng=rng).rng.random(3),
    "Readout": lambda rng: rnn.Readout(3, 4, rng=rng).W_hq.numpy(),
    "DropoutCell": lambda rng: rnn.DropoutCell(
        rnn.ElmanCell(9, 9), inputs=0.5, rng=rng).initial_state(9)[1].numpy(),
    "ZoneoutCell": lambda rng: rnn.ZoneoutCell(rnn.ElmanCell(3, 4), 0.5, rng=rng).rng.random(3),
    "sampled": lambda rng: rnn.sampled(rng)(np.zeros((50, 9))).numpy(),
    "randomized": lambda rng: [
        w.where.stop for w in rnn.bptt.randomized(rnn.ElmanCell(1, 1), np.ones((60, 1, 1)), 0.5,
                                                  rng=rng)],
    "vanishing": lambda rng: rnn.bptt.vanishing(
        [1.0], 5, 4, cells=[rnn.ElmanCell], rng=rng)["rnn", 1.0].values,
    "Adding": lambda rng: rnn.tasks.Adding(9).draw(4, rng)[0],
    "CopyMemory": lambda rng: rnn.tasks.CopyMemory(9).draw(4, rng)[0],
    "TemporalOrder": lambda rng: rnn.tasks.TemporalOrder().draw(4, rng)[0],
    "EmbeddedReber": lambda rng: rnn.tasks.EmbeddedReber().draw(4, rng).tokens,
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_whatever_draws_takes_a_generator_a_seed_or_none(draw):
    """A seed is the Generator that it starts, None a fresh one; else an error."""
    wanted = draw(np.random.default_rng(5))
    np.testing.assert_array_equal(draw(5), wanted)
    np.testing.assert_array_equal(draw(np.uint8(5)), wanted)
    np.testing.assert_array_equal(draw(np.random.default_rng(5)), wanted)
    assert not all(np.array_equal(draw(None), wanted) for _ in range(5))
    for other in ("5", 5.0, True, np.random.RandomState(5)):
        with pytest.raises(TypeError, match=r"received rng=.*wanted a NumPy Generator"):
            draw(other)
    with pytest.raises(ValueError, match="rng=-5, wanted"):
        draw(-5)


def public():
    """Everything that users call, by name."""
    for home in (mg, F, init, rnn, rnn.bptt, rnn.tasks, rnn.losses, rnn.convert, mg.optim):
        for name in home.__all__:
            thing = getattr(home, name)
            if callable(thing):
                yield f"{home.__name__}.{name}", thing
                for method in vars(thing) if isinstance(thing, type) else ():
                    if not method.startswith("_") and callable(getattr(thing, method)):
                        yield f"{home.__name__}.{name}.{method}", getattr(thing, method)


def test_randomness_is_called_rng_everywhere():
    """One name and one annotation in every public signature; ``seed`` is for what replays."""
    for name, thing in public():
        try:
            parameters = inspect.signature(thing).parameters
        except (TypeError, ValueError):
            continue
        assert "seed" not in parameters or name == "rnn.bptt.vanishing", name  # its former name
        if "rng" in parameters:
            assert parameters["rng"].annotation in ("Rng", "np.random.Generator | int | None"), name


def test_a_generator_goes_on():
    """It is used, not copied: what comes next is another draw."""
    rng = np.random.default_rng(0)
    assert as_generator(rng, "f") is rng
    assert as_generator(np.random.PCG64(3), "f").random() == np.random.default_rng(3).random()


@pytest.mark.parametrize(
    ("check", "error", "message"),
    [
        (lambda: as_number("1", "lr", "SGD"), TypeError, r"SGD\(lr\): received '1', wanted a fini"),
        (lambda: as_number(True, "lr", "SGD"), TypeError, "received True"),
        (lambda: as_number(np.ones(1), "lr", "SGD"), TypeError, r"received \(1,\) float64"),
        (lambda: as_number(np.nan, "lr", "SGD"), ValueError, "received nan"),
        (lambda: as_number(np.inf, "lr", "SGD"), ValueError, "received inf"),
        (lambda: as_number(-1, "lr", "SGD", 0.0), ValueError, "a finite number of at least 0"),
        (lambda: as_number(0, "lr", "SGD", 0.0, open_low=True), ValueError, "number above 0"),
        (lambda: as_number(1, "beta", "Adam", 0.0, 1.0), ValueError, r"a number in \[0, 1\)"),
        (lambda: as_probability(1, "p", "f"), ValueError, r"f\(p=1\): wanted a probability"),
        (lambda: as_probability(np.nan, "p", "f"), ValueError, r"f\(p=nan\)"),
        (lambda: as_probability("0", "p", "f"), TypeError, r"f\(p='0'\)"),
        (lambda: as_size(0, "T", "f"), ValueError, r"f\(T=0\): wanted a positive integer"),
        (lambda: as_size(2.0, "T", "f"), TypeError, r"f\(T=2\.0\): wanted a positive integer"),
        (lambda: as_size(True, "T", "f"), TypeError, r"f\(T=True\)"),
    ],
)
def test_refusals_name_function_argument_and_what_is_wanted(check, error, message):
    """Another kind of thing is a TypeError, a value out of range a ValueError."""
    with pytest.raises(error, match=message):
        check()
