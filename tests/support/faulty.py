"""Ops that are right nearly everywhere: wrong far out, at a point, near it, at ties, for an axis.

Each faulty one has a right twin, with the same forward, that has to pass.
"""

import math

import numpy as np

import minigrad as mg
from minigrad.engine.domain import DISTINCT, NONZERO, POSITIVE, Domain
from minigrad.engine.tensor import detached
from tests.support.planted import planted

AXES = {"axis": "axes", "keepdims": "bool"}


def raw(x):
    """The values as constants, in float64."""
    return np.asarray(detached(x), float)


def like(g, a):
    """`a` in the dtype of the cotangent, as a rule should compute."""
    return np.asarray(a, g.dtype)


def unary(forward, rule, **record):
    return planted(vjps=(rule,), **record)(forward)


def sin_but(where, slope=lambda x: 0.0 * x):
    """sin, whose slope is another one where a condition on x holds."""
    return unary(np.sin, lambda g, x: g * np.where(where(raw(x)), slope(x), np.cos(x)))


def tanh_but(where, slope=lambda x: 0.0 * x):
    return unary(
        np.tanh, lambda g, x, out: g * np.where(where(raw(x)), slope(x), (1 - out) * (1 + out))
    )


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def logistic(x):
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


# -- NaN far out, by the obvious formulas

NAN = {
    "softplus": unary(softplus, lambda g, x: g * np.exp(x) / (1 + np.exp(x))),
    "sigmoid": unary(
        logistic,
        lambda g, x: g * (np.exp(x) / (1 + np.exp(x))) * (1 - np.exp(x) / (1 + np.exp(x))),
    ),
    "sigmoid of -x": unary(logistic, lambda g, x: g * np.exp(-x) / (1 + np.exp(-x)) ** 2),
    "tanh": unary(
        np.tanh,
        lambda g, x: g * (1 - ((np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))) ** 2),
    ),
    "log cosh": unary(
        lambda x: np.logaddexp(x, -x) - math.log(2), lambda g, x: g * np.sinh(x) / np.cosh(x)
    ),
    "beyond 1e5": sin_but(lambda x: np.abs(x) > 1e5, lambda x: np.nan * x),
    "beyond 1e200": tanh_but(lambda x: np.abs(x) > 1e200, lambda x: np.nan * x),
    "below -700": sin_but(lambda x: x < -700, lambda x: np.nan * x),
    "x / x": unary(lambda x: 3.0 * x, lambda g, x: g * 3 * (x * x) / (x * x)),
    "tiny": unary(
        np.log, lambda g, x: g * np.where(raw(x) < 1e-200, np.nan, 1 / x), domains=(POSITIVE,)
    ),
}
ZERO = {
    "beyond 5": sin_but(lambda x: np.abs(x) > 5),
    "beyond 3.2": sin_but(lambda x: x > 3.2),
    "below -50": unary(np.square, lambda g, x: g * np.where(raw(x) < -50, 0, 2 * x)),
    "beyond 1e6": unary(np.arcsinh, lambda g, x: g * (raw(x) < 1e6) / np.hypot(x, 1)),
    "beyond 1e30": unary(np.square, lambda g, x: g * np.where(np.abs(raw(x)) > 1e30, 0, 2 * x)),
    "clipped": tanh_but(lambda x: np.abs(x) > 5),
    "between 7 and 8": unary(
        np.square, lambda g, x: g * np.where((raw(x) > 7) & (raw(x) < 8), 0, 2 * x)
    ),
}
POINT = {
    "0": tanh_but(lambda x: x == 0),
    "NaN at 0": unary(np.sin, lambda g, x: g * np.sin(2 * x) / (2 * np.sin(x))),
    "near 0": tanh_but(lambda x: np.abs(x) < 1e-4),
    "near 0, twice": unary(
        np.square, lambda g, x: g * x * like(g, np.where(np.abs(raw(x)) < 1e-4, 4, 2))
    ),
    "nearest 0": tanh_but(lambda x: np.abs(x) < 1e-100),
    "-0": tanh_but(lambda x: (x == 0) & np.signbit(x)),
    "+0": tanh_but(lambda x: (x == 0) & ~np.signbit(x), lambda x: 2 + x),
    "1": tanh_but(lambda x: x == 1),
    "-1": sin_but(lambda x: x == -1),
    "3": sin_but(lambda x: x == 3),
    "0.5": sin_but(lambda x: x == 0.5),
    "integers": sin_but(lambda x: x == np.round(x)),
    "1000": sin_but(lambda x: x == 1000),
    "infinite at 0": tanh_but(lambda x: x == 0, lambda x: np.inf + x),
    "beside a kink": unary(
        np.abs, lambda g, x: g * like(g, np.sign(raw(x)) * (1 + (np.abs(raw(x)) < 1e-6))),
        domains=(NONZERO,),
    ),
    "at a kink": unary(
        np.abs, lambda g, x: g * like(g, np.where(raw(x) == 0, 5, np.sign(raw(x)))),
        domains=(NONZERO,),
    ),
    "NaN at a kink": unary(np.abs, lambda g, x: g * x / np.abs(x), domains=(NONZERO,)),
}
KINKS = {
    "relu": unary(lambda x: np.maximum(x, 0), lambda g, x: g * (raw(x) > 0)),
    "½ at 0": unary(lambda x: np.maximum(x, 0), lambda g, x: g * like(g, np.sign(raw(x)) + 1) / 2),
    "abs": unary(np.abs, lambda g, x: g * like(g, np.sign(raw(x)))),
    "hardtanh": unary(lambda x: np.clip(x, -1, 1), lambda g, x: g * (np.abs(raw(x)) < 1)),
    "at 2.7": unary(lambda x: np.maximum(x, 2.7), lambda g, x: g * (raw(x) > 2.7)),
    "at 0.37, weak": unary(
        lambda x: x + 0.1 * np.abs(x - 0.37),
        lambda g, x: g * like(g, 1 + 0.1 * np.sign(raw(x) - 0.37)),
    ),
    "at 345.6": unary(
        lambda x: np.maximum(x, 345.6), lambda g, x: g * (raw(x) > 345.6)
    ),
    "at 1e-5": unary(lambda x: np.maximum(x, 1e-5), lambda g, x: g * (raw(x) > 1e-5)),
    "jump at 0.5": unary(lambda x: x + (x > 0.5), lambda g: g),
    "jump at 12.34": unary(lambda x: np.where(x > 12.34, x + 3, x), lambda g: g),
    "round": unary(lambda x: np.round(x), lambda g: 0.0 * g),
    "one of two": unary(
        lambda x: np.clip(x, 0, 6), lambda g, x: g * ((raw(x) > 0) & (raw(x) < 6)),
        domains=(NONZERO,),
    ),
    "maximum": planted(
        "(),()->()",
        vjps=(lambda g, x, y: g * (raw(x) > raw(y)), lambda g, x, y: g * (raw(y) >= raw(x))),
    )(np.maximum),
    "slope": unary(lambda x: x * np.abs(x), lambda g, x: 2 * g * np.abs(x)),
}


# -- ties


def among(x, axis, keepdims, out, g, share):
    shape = np.sum(raw(x), axis=axis, keepdims=True).shape
    wins = raw(x) == np.reshape(raw(out), shape)
    count = wins.sum(axis=axis, keepdims=True) if share else 1
    return np.where(wins, np.reshape(g, shape) / like(g, count), 0)


def largest(share):
    return planted(
        "(n)->()", samples=AXES, domains=(DISTINCT,),
        vjps=(lambda g, out, x, axis, keepdims: among(x, axis, keepdims, out, g, share),),
    )(lambda x, *, axis=None, keepdims=False: np.max(x, axis=axis, keepdims=keepdims))


def larger(tie):
    def rule(g, x, y):
        return g * like(g, np.where(raw(x) == raw(y), tie, raw(x) > raw(y)))

    return planted(
        "(),()->()", domains=(DISTINCT, DISTINCT),
        vjps=(rule, lambda g, x, y: rule(g, y, x)),
    )(np.maximum)


def product(wrong):
    def rule(g, x, y):
        return g * y * like(g, 1 + wrong(x, y))

    return planted("(),()->()", vjps=(rule, lambda g, x: g * x))(np.multiply)


def spread(x):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return np.sqrt(np.mean(centred**2, axis=-1))


def _spread(g, out, x):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return np.expand_dims(g / out, -1) * centred / x.shape[-1]


def _logsumexp(x):
    top = np.max(x, axis=-1, keepdims=True)
    return np.log(np.sum(np.exp(x - top), axis=-1)) + top[..., 0]


TIES = {
    "max gives all of it to each": largest(share=False),
    "maximum gives 1 to both": larger(1.0),
    "maximum gives 0 to both": larger(0.0),
    "equal values": product(lambda x, y: raw(x) == raw(y)),
    "the same object": product(lambda x, y: 1.0 * (x is y)),
    "opposite values": product(lambda x, y: raw(x) == -raw(y)),
    "a zero operand": product(lambda x, y: raw(y) == 0),
    "std of a constant": planted("(n)->()", domains=(DISTINCT,), vjps=(_spread,))(spread),
    "all zeros": planted(
        "(n)->()",
        vjps=(lambda g, x: np.expand_dims(g, -1) * (2 * x if raw(x).any() else 2 * x + 1),),
    )(lambda x: np.sum(x * x, -1)),
    "prod by division": planted(
        "(n)->()", vjps=(lambda g, x, out: np.expand_dims(g * out, -1) / x,)
    )(lambda x: np.prod(x, -1)),
    "logsumexp without a shift": planted(
        "(n)->()",
        vjps=(lambda g, x: np.expand_dims(g, -1) * np.exp(x) / np.exp(x).sum(-1, keepdims=True),),
    )(_logsumexp),
}


# -- some arrays only


def summed(wrong):
    def rule(g, x, axis, keepdims):
        shape = np.sum(raw(x), axis=axis, keepdims=True).shape
        return np.broadcast_to(np.reshape(g, shape), np.shape(x)) * (1 + wrong(axis, keepdims, x))

    return planted("(n)->()", samples=AXES, vjps=(rule,))(
        lambda x, *, axis=None, keepdims=False: np.sum(x, axis=axis, keepdims=keepdims)
    )


def sized(most):
    return unary(np.sin, lambda g, x: g * np.cos(x) * (1 if x.size < most else 1.5))


def typed(dtype):
    return unary(
        np.sin, lambda g, x: g * np.cos(x) * (g.dtype.type(1.5) if g.dtype == dtype else 1)
    )


ARRAYS = {
    "many entries": sized(2000),
    "very many entries": sized(50_000),
    "a long axis": summed(lambda axis, keepdims, x: x.size > 5000),
    "float32": typed(np.float32),
    "float16": typed(np.float16),
    "float16 overflows": unary(
        lambda x: np.arctan(x), lambda g, x: g * x * x / (x * x * (1 + x * x))
    ),
    "axis=-2, kept": summed(lambda axis, keepdims, x: axis == -2 and keepdims),
    "axis=(1, 0)": summed(lambda axis, keepdims, x: axis == (1, 0)),
    "no axis": summed(lambda axis, keepdims, x: axis == ()),
    "three axes": summed(lambda axis, keepdims, x: isinstance(axis, tuple) and len(axis) == 3),
    "a mode": planted(
        samples={"mode": ("a", "b", "c", "d", "e", "f", "g", "h", "i")},
        vjps=(lambda g, x, mode: g * np.cos(x) * (2 if mode == "h" else 1),),
    )(lambda x, *, mode="a": np.sin(x)),
}
SECOND = {
    "everywhere": unary(np.sin, lambda g, x: g * np.cos(raw(x))),
    "beyond 5": unary(np.sin, lambda g, x: g * np.cos(np.where(np.abs(raw(x)) > 5, raw(x), x))),
    "at 0": unary(np.exp, lambda g, x: g * np.exp(np.where(raw(x) == 0, raw(x), x))),
    "NaN at 0": unary(lambda x: x * x, lambda g, x: 2 * g * np.sqrt(x * x) * np.sign(raw(x))),
}
FAULTY = {
    f"{kind}: {name}": op
    for kind, ops in (
        ("NaN", NAN), ("zero", ZERO), ("point", POINT), ("kink", KINKS), ("tie", TIES),
        ("arrays", ARRAYS), ("order 2", SECOND),
    )
    for name, op in ops.items()
}

RIGHT = {
    "softplus": unary(softplus, lambda g, x: g * mg.functional.sigmoid(x)),
    "softplus, naive": unary(
        lambda x: np.log(1 + np.exp(np.minimum(x, 700.0))) + np.maximum(x - 700, 0),
        lambda g, x: g * mg.functional.sigmoid(x),
    ),
    "sin": unary(np.sin, lambda g, x: g * np.cos(x)),
    "fast": unary(lambda x: np.sin(30 * x), lambda g, x: 30 * g * np.cos(30 * x)),
    "tanh": unary(np.tanh, lambda g, out: g * (1 - out**2)),
    "square": unary(np.square, lambda g, x: 2 * g * x),
    "cube": unary(lambda x: x * x * x, lambda g, x: 3 * g * x * x),
    "arcsinh": unary(np.arcsinh, lambda g, x: g / np.hypot(x, 1)),
    "bump": unary(lambda x: np.exp(-x * x), lambda g, x, out: -2 * g * x * out),
    "gelu, by tanh": unary(
        lambda x: 0.5 * x * (1 + np.tanh(0.8 * x)),
        lambda g, x: 0.5 * g * (
            1 + np.tanh(0.8 * x) + 0.8 * np.clip(x, -500, 500) * (1 - np.tanh(0.8 * x) ** 2)
        ),
    ),
    "relu": unary(lambda x: np.maximum(x, 0), lambda g, x: g * (raw(x) > 0), domains=(NONZERO,)),
    "kink at 2.7": unary(
        lambda x: np.maximum(x, 2.7), lambda g, x: g * (raw(x) > 2.7),
        domains=(Domain(kinks=(2.7,)),),
    ),
    "jump at 0.5": unary(lambda x: x + (x > 0.5), lambda g: g, domains=(Domain(kinks=(0.5,)),)),
    "log": unary(np.log, lambda g, x: g / x, domains=(POSITIVE,)),
    "log, of some": unary(np.log, lambda g, x: g / x, domains=(Domain(0.5, 2.0),)),
    "√(1 - x²)": unary(
        lambda x: np.sqrt(1 - x * x), lambda g, x, out: -g * x / out, domains=(Domain(-1, 1),)
    ),
    "a pole": unary(
        lambda x: 1 / (x - 2), lambda g, x: -g / (x - 2) ** 2, domains=(Domain(kinks=(2.0,)),)
    ),
    "max": largest(share=True),
    "maximum": larger(0.5),
    "product": product(lambda x, y: 0.0),
    "sum": summed(lambda axis, keepdims, x: 0.0),
    "polynomial": unary(
        lambda x: 0.1 * x**4 - x**2 + x, lambda g, x: g * (0.4 * x**3 - 2 * x + 1)
    ),
    "logit": unary(
        lambda x: np.log(x / (1 - x)), lambda g, x: g / (x * (1 - x)), domains=(Domain(0, 1),)
    ),
    "prod": planted(
        "(2)->()", vjps=(lambda g, x: np.expand_dims(g, -1) * x[..., ::-1],)
    )(lambda x: x[..., 0] * x[..., 1]),
}
