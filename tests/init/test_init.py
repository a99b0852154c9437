"""Initialisers: each has the distribution or the structure that its formula says."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad import init

DRAWN = {
    "uniform": {},
    "normal": {},
    "recurrent_uniform": {"hidden_size": 4},
    "xavier_uniform": {},
    "xavier_normal": {},
    "kaiming_uniform": {},
    "kaiming_normal": {},
    "orthogonal": {},
}
FIXED = {"zeros": {}, "ones": {}, "constant": {"value": 0.5}, "identity": {}}
BIAS = {"chrono_bias": {"T_max": 50}, "unit_forget_bias": {}}


def call(name, shape=None, **more):
    options = {**DRAWN, **FIXED, **BIAS}[name] | more
    return getattr(init, name)(shape or ((8,) if name in BIAS else (6, 4)), **options)


@pytest.mark.parametrize("name", [*DRAWN, *FIXED, *BIAS])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_result_is_a_fresh_array(name, dtype):
    """Any initialiser gives a writeable contiguous array of the shape and dtype asked for."""
    a = call(name, dtype=dtype)
    assert a.shape == ((8,) if name in BIAS else (6, 4))
    assert a.dtype == dtype
    assert a.flags.c_contiguous
    assert a.flags.writeable
    assert call(name).dtype == np.float32


@pytest.mark.parametrize("name", [*DRAWN, "chrono_bias"])
def test_seed_decides_draw(name):
    """The same Generator state gives the same bits, and so does its seed; without, draws differ."""
    first, *others = (call(name, rng=rng) for rng in (np.random.default_rng(3), 3, np.int64(3)))
    for other in others:
        np.testing.assert_array_equal(first, other)
    assert not np.array_equal(call(name), call(name))


@pytest.mark.parametrize("name", [*DRAWN, *FIXED, *BIAS])
def test_bad_arguments_are_named(name):
    """Negative or fractional sizes, integer dtypes and what is no generator are refused."""
    for shape in ((2, -1), (2.5, 3), "ab", -4):
        with pytest.raises(ValueError, match=f"{name}.*received shape"):
            call(name, shape)
    with pytest.raises(TypeError, match="wanted a float dtype"):
        call(name, dtype=int)
    if name in DRAWN or name == "chrono_bias":
        for rng in ("0", 0.0, True, np.random.RandomState(0)):
            with pytest.raises(TypeError, match=rf"{name}.*default_rng\(seed\)|default_rng"):
                call(name, rng=rng)
        with pytest.raises(ValueError, match="rng=-1, wanted"):
            call(name, rng=-1)


@pytest.mark.parametrize("name", [*DRAWN, *FIXED])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_empty_shapes(name, shape):
    """A matrix of size 0 is a matrix of size 0."""
    assert call(name, shape).shape == shape


MOMENTS = [
    ("uniform", {"low": -1.0, "high": 3.0}, 1.0, 4 / math.sqrt(12)),
    ("normal", {"mean": 2.0, "std": 0.5}, 2.0, 0.5),
    ("recurrent_uniform", {"hidden_size": 64}, 0.0, 1 / 8 / math.sqrt(3)),
    ("xavier_uniform", {"gain": 2.0}, 0.0, 2 * math.sqrt(2 / 500)),
    ("xavier_normal", {}, 0.0, math.sqrt(2 / 500)),
    ("xavier_normal", {"fan_in": 50, "fan_out": 50}, 0.0, math.sqrt(2 / 100)),
    ("kaiming_uniform", {}, 0.0, math.sqrt(2 / 200)),
    ("kaiming_normal", {"mode": "fan_out"}, 0.0, math.sqrt(2 / 300)),
    ("kaiming_normal", {"nonlinearity": "tanh"}, 0.0, 5 / 3 / math.sqrt(200)),
    ("kaiming_normal", {"nonlinearity": "leaky_relu", "slope": 1.0}, 0.0, 1 / math.sqrt(200)),
    ("kaiming_normal", {"fan_in": 8}, 0.0, math.sqrt(2 / 8)),
]


@pytest.mark.parametrize(("name", "options", "mean", "std"), MOMENTS)
def test_mean_and_deviation(name, options, mean, std):
    """Of 60,000 draws, mean and deviation are those of the formula, to 5 errors of each."""
    a = getattr(init, name)((200, 300), **options, rng=np.random.default_rng(1), dtype=float)
    assert abs(a.mean() - mean) < 5 * std / math.sqrt(a.size)
    assert abs(a.std() / std - 1) < 5 / math.sqrt(2 * a.size)


@pytest.mark.parametrize(
    ("name", "options", "bound"),
    [
        ("uniform", {"low": -0.3, "high": 0.3}, 0.3),
        ("recurrent_uniform", {"hidden_size": 16}, 0.25),
        ("xavier_uniform", {}, math.sqrt(6 / 500)),
        ("kaiming_uniform", {}, math.sqrt(6 / 200)),
    ],
)
def test_uniform_bounds_are_reached_and_kept(name, options, bound):
    """Uniform draws fill their interval to within 0.1 % and do not leave it."""
    a = getattr(init, name)((200, 300), **options, rng=np.random.default_rng(1), dtype=float)
    assert 0.999 * bound < np.abs(a).max() <= bound


def test_fans_of_other_shapes_must_be_given():
    """Only a matrix says what its fans are; anything else needs fan_in and fan_out."""
    for name in ("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"):
        with pytest.raises(ValueError, match=f"{name}.*fan_in= and fan_out="):
            call(name, (3, 4, 5))
        assert call(name, (3, 4, 5), fan_in=20, fan_out=15).shape == (3, 4, 5)


def test_constants():
    """zeros, ones, constant and scaled identity are what they are called."""
    np.testing.assert_array_equal(init.zeros((2,)), [0, 0])
    np.testing.assert_array_equal(init.ones(2), [1, 1])
    np.testing.assert_array_equal(init.constant((2,), value=-3), [-3, -3])
    np.testing.assert_array_equal(init.identity((2, 3), scale=0.5), [[0.5, 0, 0], [0, 0.5, 0]])


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32), st.floats(0.1, 3))
def test_orthogonal(rows, columns, seed, gain):
    """The shorter side is orthonormal up to the gain."""
    rng = np.random.default_rng(seed)
    q = init.orthogonal((rows, columns), gain=gain, rng=rng, dtype=np.float64)
    product = q.T @ q if rows >= columns else q @ q.T
    np.testing.assert_allclose(product, gain**2 * np.eye(min(rows, columns)), atol=1e-12)


def test_orthogonal_has_no_preferred_sign():
    """Over 2,000 draws the mean of every entry is 0: the Q of a bare QR would be biased."""
    rng = np.random.default_rng(0)
    mean = np.mean([init.orthogonal((3, 3), rng=rng, dtype=float) for _ in range(2000)], axis=0)
    assert np.abs(mean).max() < 5 / math.sqrt(3 * 2000)


def test_chrono_bias():
    """b_f = log u, b_i = −b_f, u uniform on [1, T − 1]; the mean memory 1/(1 − σ(b_f)) = 1 + u."""
    b = init.chrono_bias((4 * 5000,), T_max=101, rng=np.random.default_rng(0), dtype=float)
    i, f, g, o = b.reshape(4, -1)
    np.testing.assert_array_equal(i, -f)
    assert not g.any()
    assert not o.any()
    u = np.exp(f)
    assert 1 <= u.min() < 1.1
    assert 99.9 < u.max() <= 100 + 1e-9
    assert abs(u.mean() - 50.5) < 5 * 99 / math.sqrt(12 * 5000)


def test_chrono_bias_of_a_gru():
    """Either sense of the update gate: the gate that keeps the state gets +, one that writes −."""
    keep = init.chrono_bias(
        (6,), T_max=9, order="rzn", keep="z", write="", rng=np.random.default_rng(0)
    )
    write = init.chrono_bias(
        (6,), T_max=9, order="rzn", keep="", write="z", rng=np.random.default_rng(0)
    )
    np.testing.assert_array_equal(keep, -write)
    assert (keep[2:4] > 0).all()
    assert not keep[[0, 1, 4, 5]].any()


def test_gate_errors():
    """Shapes that are no multiple of the gates, unknown letters and short memories are refused."""
    for name, options, message in [
        ("chrono_bias", {"shape": (7,)}, r"wanted \(4·H,\)"),
        ("chrono_bias", {"shape": (2, 4)}, r"wanted \(4·H,\)"),
        ("chrono_bias", {"keep": "z"}, "received gate 'z'"),
        ("chrono_bias", {"order": "iifg"}, "one letter for each gate"),
        ("chrono_bias", {"T_max": 1}, "2 or more steps"),
        ("chrono_bias", {"T_max": math.nan}, "finite"),
        ("unit_forget_bias", {"keep": "if"}, "received gate 'if'"),
        ("unit_forget_bias", {"keep": ""}, "received gate ''"),
    ]:
        with pytest.raises(ValueError, match=message):
            call(name, **options)


def test_unit_forget_bias():
    """`value` in the forget gate, 0 elsewhere, in any gate order."""
    np.testing.assert_array_equal(init.unit_forget_bias(8), [0, 0, 1, 1, 0, 0, 0, 0])
    np.testing.assert_array_equal(
        init.unit_forget_bias((4,), order="fiog", value=2.0), [2, 0, 0, 0]
    )


def test_per_gate():
    """Each block of columns is drawn by itself, in order, from one Generator."""
    rng = np.random.default_rng(5)
    one_by_one = [init.xavier_normal((3, 4), rng=rng, gain=2.0) for _ in range(3)]
    drawn = init.per_gate(init.xavier_normal, 3)((3, 12), rng=np.random.default_rng(5), gain=2.0)
    np.testing.assert_array_equal(drawn, np.concatenate(one_by_one, axis=1))
    with pytest.raises(ValueError, match=r"wanted \(\.\.\., 4·H\)"):
        init.per_gate(init.zeros, 4)((2, 6))
    with pytest.raises(ValueError, match="wanted 1 or more"):
        init.per_gate(init.zeros, 0)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("uniform", {"low": 1.0, "high": 0.0}),
        ("uniform", {"low": math.nan}),
        ("normal", {"std": -1.0}),
        ("constant", {"value": math.inf}),
        ("recurrent_uniform", {"hidden_size": 0}),
        ("xavier_uniform", {"gain": -1.0}),
        ("kaiming_normal", {"mode": "fan"}),
        ("kaiming_normal", {"nonlinearity": "swish"}),
    ],
)
def test_bad_numbers_are_refused(name, options):
    """A number out of range or not finite raises and names the argument."""
    with pytest.raises(ValueError, match=f"{name.split('_')[0]}|nonlinearity"):
        call(name, **options)


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [("normal", "mean", "0"), ("orthogonal", "gain", "1"), ("identity", "scale", None),
     ("constant", "value", True), ("xavier_normal", "gain", [1.0])],
)
def test_what_is_no_number_is_refused(name, argument, value):
    """Another kind of thing raises TypeError, and names function and argument."""
    with pytest.raises(TypeError, match=rf"{name}\({argument}\): .*wanted a finite number"):
        call(name, **{argument: value})


def test_gains():
    """The table of gains, and the two names of Glorot's initialisers."""
    expected = {"linear": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
    for nonlinearity, gain in expected.items():
        assert init.calculate_gain(nonlinearity) == pytest.approx(gain)
    assert init.calculate_gain("leaky_relu", 0.2) == pytest.approx(math.sqrt(2 / 1.04))
    assert init.glorot_uniform is init.xavier_uniform
    assert init.glorot_normal is init.xavier_normal
