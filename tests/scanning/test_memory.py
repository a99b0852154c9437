"""Memory that is lent again: to nobody while somebody can see it, and no more than is of use."""

import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.values import frozen
from minigrad.scanning import memory
from minigrad.scanning.memory import empty

ROW = 1 << 14  # of float64: large enough for blocks


@pytest.fixture(autouse=True)
def blocks(monkeypatch):
    """The blocks of a test, and no others."""
    found = []
    monkeypatch.setattr(memory, "_blocks", found)
    return found


def size(blocks):
    return sum(map(len, blocks))


def test_what_is_let_go_of_is_lent_again(blocks):
    """The same memory, also for another shape and dtype, if it is not much smaller."""
    a = empty((2, ROW), np.float64)
    where = a.ctypes.data
    del a
    b = empty((3 * ROW,), np.float32)
    assert (b.ctypes.data, b.shape, b.dtype, len(blocks)) == (where, (3 * ROW,), np.float32, 1)


def test_what_was_handed_out_read_only_is_written_to_again(blocks):
    """An array of the user's is read-only down to the block, which the next one may write to."""
    seen = frozen(empty((2, ROW), np.float64))
    assert not blocks[0].flags.writeable
    del seen
    empty((2, ROW), np.float64)[:] = 1.0
    assert len(blocks) == 1


@pytest.mark.parametrize("seen", [
    lambda a: a, lambda a: a[1:], lambda a: a[0, ::-2], lambda a: a.T.reshape(-1, 4),
    lambda a: a.view(np.uint8), lambda a: a[..., None].swapaxes(0, 1), memoryview,
    lambda a: np.asarray(memoryview(a)), lambda a: np.lib.stride_tricks.as_strided(a, (3,), (0,)),
    lambda a: mg.tensor(a[0]), lambda a: np.frombuffer(a), lambda a: np.from_dlpack(a[1]),
    lambda a: np.broadcast_to(a[:, None], (2, 5, ROW)), lambda a: iter(a), lambda a: a.flat,
], ids=range(15))
def test_what_is_seen_is_not_lent(seen):
    """Whatever shows the memory keeps it, be it the last thing that does."""
    shown = seen(empty((2, ROW), np.float64))
    others = [empty((2, ROW), np.float64) for _ in range(3)]
    if isinstance(shown, mg.Tensor):
        shown = shown.numpy()
    if isinstance(shown, np.ndarray | memoryview):
        assert not any(np.shares_memory(np.asarray(shown), other) for other in others)
    assert len({other.ctypes.data for other in others}) == 3


def test_no_more_lies_idle_than_is_in_use(blocks):
    """Shapes change: where memory has to be made, what fits nothing is let go of."""
    for n in (1, 4, 16, 64, 5):
        a = empty((n, ROW), np.float64)
        assert size(blocks) <= 2 * a.nbytes
        del a


def test_no_more_is_held_than_a_process_can_spare(blocks, monkeypatch):
    """Whatever a run needs at once: beyond a limit memory goes back to the system."""
    monkeypatch.setattr(memory, "_MOST", 5 * 8 * ROW)
    several = [empty((2, ROW), np.float64) for _ in range(4)]
    for k, array in enumerate(several):
        array[...] = k
    assert [float(array.mean()) for array in several] == [0, 1, 2, 3]
    assert size(blocks) == 4 * 8 * ROW


def test_outputs_outlive_later_calls():
    """Outputs, gradients and the graph of one call, while others run between."""
    rng = np.random.default_rng(0)
    W, xs = mg.tensor(rng.normal(size=(32, 32)), requires_grad=True), rng.normal(size=(300, 8, 32))

    def run():
        return mg.scan(lambda x, h: 2 * (np.tanh(h @ W + x),), np.zeros((8, 32)), xs)

    first, last = run()
    wanted = first.detach().numpy().copy(), last.detach().numpy().copy()
    loss = (first * first).sum()
    for _ in range(3):
        others, _ = run()
        others.sum().backward()
    np.testing.assert_array_equal(first.detach().numpy(), wanted[0])
    np.testing.assert_array_equal(last.detach().numpy(), wanted[1])
    (got,) = mg.gradients(loss, [W])
    again, _ = run()
    np.testing.assert_array_equal(got.numpy(), mg.gradients((again * again).sum(), [W])[0].numpy())


def test_threads_share_no_memory():
    """Many at once, each of which finds what it has written."""
    wrong = []

    def work(k):
        for n in range(50):
            a = empty((ROW,), np.float64)
            a[...] = k * 100 + n
            if not (a == k * 100 + n).all():
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
