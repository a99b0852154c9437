"""A group of ranks, here threads: sums, means, shares; gradients and ledgers of ragged shares."""

import numpy as np
import pytest

import minigrad as mg
from rnn import GRU, LSTM, Readout, bptt
from rnn.parallel import Group, world
from tests.support.ranks import on_ranks


@pytest.mark.parametrize("count", [0, 1, 2, 5, 12])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_shares_are_all_rows_once(size, count):
    """Ranks' rows come one after the other, and differ by at most one in number."""
    array = np.arange(2 * count).reshape(2, count)
    shares = on_ranks(size, lambda group: group.share(array, axis=1))
    np.testing.assert_array_equal(np.concatenate(shares, axis=1), array)
    assert np.ptp([share.shape[1] for share in shares]) <= 1


def test_sums_and_means():
    """Sums of arrays, weighted means of numbers and arrays; a rank of weight 0 does not count."""

    def both(group):
        mean = group.average(np.nan if group.root else group.rank, weight=group.rank)
        return group.sum(np.full(2, group.rank)).tolist(), mean, group.average(np.ones(2)).tolist()

    assert on_ranks(3, both) == [([3.0, 3.0], (1 + 4) / 3, [1.0, 1.0])] * 3
    with pytest.raises(ValueError, match="weigh"):
        on_ranks(2, lambda group: group.average(1.0, weight=0))


def loss_of(model, x, y, lengths):
    """The mean over all tokens of ragged sequences."""
    layer, head = model.parts
    logits = head(layer(x, lengths=lengths)[0])
    mask = np.arange(len(x))[:, None] < lengths
    return mg.functional.cross_entropy(logits.reshape(-1, 4)[mask.ravel()], y[mask])


def make(dtype):
    model = mg.Module()
    model.parts = [GRU(3, 5, 2, dtype=dtype, rng=0), Readout(5, 4, dtype=dtype, rng=1)]
    model.unused = mg.Parameter(np.ones(2, dtype))
    return model


X, Y = np.random.default_rng(0).normal(size=(6, 5, 3)), np.ones((6, 5), int)
LENGTHS = np.array([6, 1, 3, 5, 2])


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize("size", [2, 3, 7])
def test_gradients_of_ragged_shares(size, dtype, tolerance):
    """Weighted by tokens they are those of the whole batch, also where ranks have no rows; in one
    sum; and a parameter that no rank uses keeps None."""
    whole = make(dtype)
    loss_of(whole, X, Y, LENGTHS).backward()

    def step(group):
        model = make(dtype)
        own = [group.share(X, 1), group.share(Y, 1), group.share(LENGTHS)]
        weight = int(own[2].sum())
        if weight:
            loss_of(model, *own).backward()
        total, also = group.average_gradients(model.parameters(), weight, also=[1.0, group.rank])
        assert (total, also) == (LENGTHS.sum(), [size, size * (size - 1) / 2])
        assert group._comm.calls == 1
        return {name: p.grad for name, p in model.named_parameters()}

    for grads in on_ranks(size, step):
        assert grads.pop("unused") is None
        for name, p in whole.named_parameters():
            if name != "unused":
                assert grads[name].dtype == dtype
                np.testing.assert_allclose(grads[name].numpy(), p.grad.numpy(), atol=tolerance)


def test_ledgers_are_additive():
    """The reduced ledger of ragged shares is that of the whole batch: terms, steps, totals."""
    layer = LSTM(3, 4, dtype=float, rng=0)

    def loss(xs, lengths):
        outputs, _ = layer(xs[: lengths.max()], lengths=lengths)
        return outputs.sum() / lengths.sum()

    order = np.argsort(LENGTHS)             # so that one rank has no step 6
    x, lengths = X[:, order], LENGTHS[order]
    whole = bptt.ledger(loss(x, lengths), layer)

    def part(group):
        rows = group.rows(5)
        own = lengths[rows]
        return group.reduce_ledger(bptt.ledger(loss(x[:, rows], own), layer), own.sum())

    for ledger in on_ranks(2, part):
        assert ledger.steps == whole.steps
        assert list(ledger) == list(whole)
        for name in whole:
            np.testing.assert_allclose(ledger[name], whole[name], atol=1e-15)
            np.testing.assert_allclose(ledger.total(name), whole.total(name), atol=1e-15)


def test_ledgers_of_other_steps():
    """Terms are added up by their step, whichever steps a rank has: here 1, 2 and 2, 3."""
    layer = GRU(3, 4, dtype=float, rng=0)

    def of(rank):
        return bptt.ledger(layer(X[:2], start=1 + rank)[0].mean(), layer)

    own = of(0)["cell.W_hh"]
    for ledger in on_ranks(2, lambda group: group.reduce_ledger(of(group.rank))):
        assert ledger.steps == (1, 2, 3)
        wanted = [own[0] / 2, (own[1] + own[0]) / 2, own[1] / 2]
        np.testing.assert_allclose(ledger["cell.W_hh"], wanted, atol=1e-15)


@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_runs_of_their_own_are_shared(size):
    """Each item goes to one rank, and every rank has all results in order."""
    asked = []

    def run(group):
        return group.map(lambda item: asked.append(item) or item**2, range(7))

    assert on_ranks(size, run) == [[0, 1, 4, 9, 16, 25, 36]] * size
    assert sorted(asked) == list(range(7))


def test_being_the_same():
    """broadcast gives the root's values; check_same names the rank that has others."""

    def run(group):
        model = Readout(2, 3, rng=group.rank)
        with pytest.raises(RuntimeError, match="rank 1, 2 are not those of rank 0"):
            group.check_same(model)
        group.broadcast(model)
        group.check_same(model)
        return model.W_hq.numpy()

    for found in on_ranks(3, run):
        np.testing.assert_array_equal(found, Readout(2, 3, rng=0).W_hq.numpy())


def test_alone():
    """Without MPI the world is this process, and every method leaves things as they are."""
    group = Group()
    assert (group.rank, group.size, group.root, group.average(3.0)) == (0, 1, True, 3.0)
    w = mg.Parameter(np.ones(2))
    (w * w).sum().backward()
    before = w.grad
    assert group.average_gradients([w], 3) == (3.0, [])
    assert w.grad is before
    assert world().size == 1


def test_what_is_refused():
    """An axis that the array lacks; ranks that all weigh nothing; ledgers of other weights."""
    with pytest.raises(ValueError, match=r"axis=2\): the array has shape \(2, 3\)"):
        Group().share(np.ones((2, 3)), axis=2)
    with pytest.raises(ValueError, match="all ranks weigh 0"):
        on_ranks(2, lambda group: group.average_gradients([mg.Parameter(1.0)], 0))

    def other(group):
        cell = GRU(1, 2) if group.root else LSTM(1, 2)
        return group.reduce_ledger(bptt.ledger(cell(np.ones((2, 1, 1)))[0].sum(), cell))

    with pytest.raises(ValueError, match="of different weights"):
        on_ranks(2, other)
