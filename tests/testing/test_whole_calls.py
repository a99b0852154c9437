"""Ops whose records make whole calls get extreme values as those whose operands are drawn do."""

import numpy as np
import pytest

from minigrad.engine.domain import NONZERO, REAL
from minigrad.engine.tensor import detached
from minigrad.testing import CheckRefused, check_op
from minigrad.testing.gradcheck import at_once
from tests.support.planted import planted

# Where a rule is wrong, as a function of the values of its argument, and by which factor.
WRONG = {
    "NaN beyond 700": (lambda x: np.abs(x) > 700, np.nan),
    "0 beyond 5": (lambda x: np.abs(x) > 5, 0.0),
    "wrong at 0": (lambda x: x == 0, 2.0),
    "wrong near 0": (lambda x: np.abs(x) < 1e-3, 0.5),
    "wrong at 1": (lambda x: x == 1, 2.0),
    "wrong where all are equal": (lambda x: x == np.mean(x), 2.0),
    "wrong beside 0": (lambda x: (np.abs(x) > 0) & (np.abs(x) < 1e-4), 0.0),
    "nowhere": (lambda x: np.zeros(x.shape, bool), 1.0),
}


def factor(x, kind):
    where, wrong = WRONG[kind]
    x = np.asarray(detached(x), float)
    return np.where(where(x), wrong, 1.0)


def calls(*shapes):
    return lambda rng: (tuple(rng.normal(size=s) for s in shapes), {})


def matrices(kind):
    return planted(
        "(n,k),(k,m)->(n,m)", samples=calls((3, 4), (4, 2)),
        vjps=(lambda g, x, y: (g @ y.T) * factor(x, kind).astype(g.dtype), lambda g, x: x.T @ g),
    )(np.matmul)


def loss(kind):
    return planted(
        "(n),(n)->()", samples=calls((2, 3), (2, 3)),
        vjps=(
            lambda g, x, y: 2 * g * (x - y) * factor(x, kind).astype(g.dtype),
            lambda g, x, y: 2 * g * (y - x),
        ),
    )(lambda x, y: np.sum(np.square(x - y)))


def differences(kind):
    return planted(
        "(n)->(m)", samples=calls((4, 5)),
        vjps=(lambda g, x: np.concatenate([g, 0 * g[:, :1]], 1) * factor(x, kind).astype(g.dtype)
              - np.concatenate([0 * g[:, :1], g], 1),),
    )(lambda x: x[:, :-1] - x[:, 1:])


OPS = {"matrices": matrices, "loss": loss, "differences": differences}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kind", [kind for kind in WRONG if kind != "nowhere"])
@pytest.mark.parametrize("name", OPS)
def test_what_is_wrong_somewhere(name, kind, seed):
    """NaN far out, 0 beyond 5, wrong at and near one point and at ties: caught."""
    with at_once(), pytest.raises((AssertionError, CheckRefused)):
        check_op(OPS[name](kind), examples=3, seed=seed)


@pytest.mark.parametrize("name", OPS)
def test_what_is_right(name):
    """The same op without the fault passes."""
    check_op(OPS[name]("nowhere"), examples=3)


def side(x, y):
    return np.sign(np.asarray(detached(x), float) - np.asarray(detached(y), float))


def distances(domains=()):
    """Σ |x - y|, with slope 0 at ties."""
    return planted(
        "(n),(n)->()", samples=calls((2, 3), (2, 3)), domains=domains,
        vjps=(
            lambda g, x, y: g * side(x, y).astype(g.dtype),
            lambda g, x, y: -g * side(x, y).astype(g.dtype),
        ),
    )(lambda x, y: np.sum(np.abs(x - y)))


def test_kinks_at_ties():
    """A kink that no record names is reported; one that is named is none."""
    with pytest.raises(CheckRefused, match="record declares none"):
        check_op(distances(), examples=3)
    check_op(distances((NONZERO, REAL)), examples=3)
