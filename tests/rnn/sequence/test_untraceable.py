"""Steps of which every call counts are not traced: they run as in a loop."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import TraceError
from rnn import Cell, Recurrent
from tests.rnn.sequence.test_default_way import XS, T, passed
from tests.rnn.sequence.test_opened import OPTIONS, B, H, K, near


class Plain(Cell):
    gates = ("h",)

    def step(self, x, h):
        h = np.tanh(self.preactivation(x, h))
        return h, h


class Counting(Plain):
    calls = 0

    def step(self, x, h):
        self.calls += 1
        return super().step(x, h)


class Remembering(Plain):
    def __init__(self, *args, **words):
        super().__init__(*args, **words)
        self.seen = []

    def step(self, x, h):
        h, _ = super().step(x, h)
        self.seen.append(h.shape)
        return h, h


class Showing(Plain):
    last = None

    def step(self, x, h):
        self.last = self.preactivation(x, h)
        h = np.tanh(self.last)
        return h, h


class Averaging(Plain):
    def __init__(self, *args, **words):
        super().__init__(*args, **words)
        self.mean = mg.tensor(np.zeros(H))

    def step(self, x, h):
        h, _ = super().step(x, h)
        self.mean.data = self.mean.numpy() * 0.9 + 0.1
        return h - self.mean, h


class Asking(Plain):
    def step(self, x, h):
        h, _ = super().step(x, h)
        return (h, h) if h.detach().sum().item() > 0 else (-h, h)


class Drawing(Plain):
    def __init__(self, *args, **words):
        super().__init__(*args, **words)
        self.rng = np.random.default_rng(0)

    def step(self, x, h):
        h, _ = super().step(x, h)
        return h + self.rng.normal(size=h.shape), h


class Told(Plain):
    def step(self, x, h):
        print("a step")
        h, _ = super().step(x, h)
        return h * float(np.random.random()), h  # noqa: NPY002  # the generator of the process


@pytest.mark.parametrize("kind", [Counting, Remembering, Showing, Averaging, Asking, Drawing])
def test_cells_that_cannot_be_traced_are_unrolled(kind):
    """A step that counts, remembers, keeps a tensor, writes to one, asks for values or draws runs
    at every step; what it leaves behind is what unrolling leaves."""
    cells = [Recurrent(kind(K, H, **OPTIONS)) for _ in range(2)]
    found, wanted = (passed(c, how)[0] for c, how in zip(cells, (None, "unroll"), strict=True))
    for a, b in zip(found, wanted, strict=True):
        near(a, b)
    a, b = (c.cell for c in cells)
    if kind is Counting:
        assert a.calls == b.calls == T
    if kind is Remembering:
        assert a.seen == b.seen == [(B, H)] * T
    if kind is Showing:
        near(a.last.detach().numpy(), b.last.detach().numpy())
    if kind is Averaging:
        near(a.mean.numpy(), b.mean.numpy())
    if kind is Drawing:
        assert a.rng.bit_generator.state == b.rng.bit_generator.state


@pytest.mark.parametrize(("kind", "attribute"), [
    (Counting, "Counting.calls"), (Remembering, "Remembering.seen"), (Showing, "Showing.last"),
    (Averaging, "Averaging.mean"),
])
def test_scan_refuses_a_step_that_changes_its_cell(kind, attribute):
    """With how='scan' it raises, and names what is changed and the way out; the cell is as it was.
    """
    layer = Recurrent(kind(K, H, **OPTIONS))
    before = dict(vars(layer.cell))
    seen = list(getattr(layer.cell, "seen", ()))
    with pytest.raises(TraceError, match=rf"changes {attribute}.*how='unroll'"):
        layer(XS, how="scan")
    assert vars(layer.cell) == before
    assert list(getattr(layer.cell, "seen", ())) == seen


def test_draws_of_the_process_are_its_own():
    """NumPy's generator of the process is where a loop leaves it."""
    ends = []
    for how in (None, "unroll"):
        np.random.seed(3)  # noqa: NPY002
        outputs, _ = Recurrent(Told(K, H, **OPTIONS))(XS[:T], how=how)
        ends.append((outputs.detach().numpy(), np.random.random()))  # noqa: NPY002
    np.testing.assert_array_equal(ends[0][0], ends[1][0])
    assert ends[0][1] == ends[1][1]


def test_errors_are_those_of_the_loop():
    """A step that is wrong, whether it is traced or not, says what it says unrolled."""

    class Wrong(Plain):
        def step(self, x, h):
            return h, np.concatenate([h, h], axis=1)

    errors = []
    for how in (None, "unroll"):
        with pytest.raises(ValueError, match="state") as error:
            Recurrent(Wrong(K, H, **OPTIONS))(XS[:T], how=how)
        errors.append((str(error.value), getattr(error.value, "__notes__", None)))
    assert errors[0] == errors[1]
