"""The page's own run of a small model is Python's: loss, gradients and terms, however the knobs are
turned, for any number of steps."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from tests.support.node import reruns


class Memory(rnn.Cell):
    """A state that an outer product of what it reads writes to: axes are added and summed away."""

    gates = ("k", "v")

    def step(self, x, h):
        k, v = np.split(self.preactivation(x, h), 2, axis=-1)
        h = 0.5 * h + (np.tanh(k)[:, :, None] * v[:, None, :]).sum(axis=1)
        return h[:, ::1][:, 0:3], h


CELLS = {
    "memory": lambda: Memory(2, 3, dtype=float, rng=0),
    "elman": lambda: rnn.ElmanCell(2, 3, dtype=float, rng=0),
    "relu": lambda: rnn.ElmanCell(2, 3, nonlinearity="relu", dtype=float, rng=2),
    "lstm": lambda: rnn.LSTMCell(2, 3, dtype=float, rng=0),
    "gru": lambda: rnn.GRUCell(2, 3, dtype=float, rng=0),
    "gru before": lambda: rnn.GRUCell(2, 3, reset="before", dtype=float, rng=0),
    "mgu": lambda: rnn.MGUCell(2, 3, dtype=float, rng=0),
    "clipped": lambda: rnn.ElmanCell(2, 3, clip=0.4, dtype=float, rng=0),
}
rng = np.random.default_rng(0)
XS, YS = rng.normal(size=(4, 2, 2)), rng.normal(size=(4, 2, 1))


class Model:
    """A cell, a head, and a loss of as many steps as are asked for; inputs and targets recur."""

    def __init__(self, kind, loss):
        self.cell, self.loss = CELLS[kind](), getattr(self, loss)
        self.V = mg.Parameter(np.random.default_rng(1).normal(size=(3, 1)), name="V")

    def run(self, steps, weights=None, input=1):
        """The loss; with weights scaled in place."""
        leaves = {**dict(self.cell.named_parameters()), "V": self.V}
        for name, factor in (weights or {}).items():
            leaves[name].data = factor * leaves[name].numpy()
        # What comes again: the first of such a memory's steps, of zeros, have ops of their own.
        first = 2 if isinstance(self.cell, Memory) else 1
        again = [t if t < 4 else first + (t - first) % (4 - first) for t in range(steps)]
        return self.loss(input * XS[again], YS[[k % 4 for k in range(steps)]], again), leaves

    def stacked(self, xs, ys, _):
        """The mean over outputs that are stacked, with a head behind all steps."""
        outputs, _ = rnn.unroll(self.cell, xs)
        return ((outputs @ self.V - ys) ** 2).mean()

    def last(self, xs, ys, _):
        """The last step alone is read."""
        outputs, _ = rnn.unroll(self.cell, xs)
        return (np.tanh(outputs[-1]) @ self.V).sum()

    def summed(self, xs, ys, again):
        """A sum of losses of the steps, each in its own scope."""
        total = mg.tensor(0.0)
        for t, (output, _) in enumerate(rnn.steps(self.cell, xs)):
            with mg.scope("loss", t=t + 1):
                error = output @ self.V - YS[again[t]]
                total = total + 0.5 * (error * error).sum()
        return total

    def listed(self, xs, ys, _):
        """Losses that are summed behind all steps."""
        return sum([(output**2).sum() for output, _ in rnn.steps(self.cell, xs)])


QUESTIONS = [
    (4, {}), (4, {"weights": {"W_hh": 2.5}}), (4, {"input": -1.7}),
    (4, {"weights": {"W_xh": 0.3, "V": 2.0}, "input": 0.5}), (2, {}), (8, {}),
    (8, {"weights": {"W_hh": 0.6}}),
]


@pytest.mark.parametrize(("kind", "loss"), [
    *((kind, "stacked") for kind in CELLS),
    *(("elman", loss) for loss in ("last", "summed", "listed")), ("gru", "summed"),
])
def test_as_python_runs_it(kind, loss):
    """To 1e-6, and in fact to rounding: the loss, each gradient, each term."""
    model = Model(kind, loss)
    text = mg.draw(model.run(4)[0]).html()
    used = [(n, ask) for n, ask in QUESTIONS
            if loss != "listed" or "V" not in ask.get("weights", {})]
    for (steps, ask), found in zip(used, reruns(text, used), strict=True):
        other = Model(kind, loss)
        expected, leaves = other.run(steps, **ask)
        assert found["loss"] == pytest.approx(expected.item(), rel=1e-9)
        leaves = {name: leaf for name, leaf in leaves.items() if name in found["gradients"]}
        assert len(leaves) >= 3
        uses = mg.contributions(expected, list(leaves.values()))
        for name, own in zip(leaves, uses, strict=True):
            total = sum(use.value for use in own)
            close = {"rel": 1e-6, "abs": 1e-9}
            assert found["gradients"][name] == pytest.approx(np.ravel(total), **close)
            by_step = {t: np.array(values) for t, values in found["terms"][name] if t is not None}
            for use in own:
                if use.t is not None:
                    by_step[use.t - 1] = by_step[use.t - 1] - np.ravel(use.value)
            for rest in by_step.values():
                assert rest == pytest.approx(0 * rest, abs=1e-9)


def test_in_single_precision():
    """The page computes in double precision: the loss is Python's to what float32 has."""
    cell = rnn.LSTMCell(2, 3, rng=0)
    loss = (rnn.unroll(cell, XS.astype("f4"))[0] ** 2).sum()
    (found,) = reruns(mg.draw(loss).html(), [(4, {})])
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-6)


def test_a_scalar_of_constants():
    """Constants that nothing has kept are found: a number that was only added, and 0.6 x."""
    w, h, loss = mg.tensor(0.9, requires_grad=True, name="w"), mg.tensor(0.0), mg.tensor(0.0)
    for t, (x, y) in enumerate([(0.5, 0.4), (0.1, 0.2), (0.4, 0.1)], start=1):
        with mg.scope("rnn", t=t, h=h):
            h = np.tanh(0.6 * x + w * h)
            loss = loss + 0.5 * (0.8 * h - y) ** 2
    (found,) = reruns(mg.draw(loss).html(), [(3, {})])
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    assert found["gradients"]["w"] == pytest.approx([mg.gradients(loss, [w])[0].item()], rel=1e-9)


class Characters:
    """A small model of characters: tokens in, cross-entropy out, with attention if asked for."""

    def __init__(self, attends=False):
        rng = np.random.default_rng(0)
        self.attends, V = attends, 5
        self.tokens, self.targets = rng.integers(0, V, (4, 2)), rng.integers(0, V, (4, 2))
        self.leaves = {"E": mg.Parameter(rng.normal(size=(V, 2)), name="E"),
                       "W_hy": mg.Parameter(rng.normal(size=(3, V)), name="W_hy")}
        self.cell = rnn.LSTMCell(2, 3, dtype=float, rng=0)
        self.leaves |= dict(self.cell.named_parameters())

    def run(self, steps):
        E, W_hy, total, states = self.leaves["E"], self.leaves["W_hy"], mg.tensor(0.0), []
        xs = [mg.functional.embedding(self.tokens[min(t, 4 + (t - 4) % 3 - 3)], E)
              for t in range(steps)]
        for t, (h, _) in enumerate(rnn.steps(self.cell, xs)):
            with mg.scope("output", t=t + 1):
                if self.attends:
                    states.append(h)
                    over = np.stack(states)
                    scores = mg.functional.softmax((over * h).sum(axis=-1), dim=0)
                    h = (over * scores[:, :, None]).sum(axis=0)
                y = h @ W_hy
            with mg.scope("loss", t=t + 1):
                target = self.targets[min(t, 4 + (t - 4) % 3 - 3)]
                total = total + mg.functional.cross_entropy(y, target)
        return total


@pytest.mark.parametrize("attends", [False, True])
def test_characters(attends):
    """Tokens that pick rows of a table, and losses over classes, for any number of steps; attention
    over all states before, for the number that there is."""
    model = Characters(attends)
    lengths = [4] if attends else [4, 2, 8]
    questions = [(n, {"weights": w}) for n in lengths for w in ({}, {"W_hh": 1.5, "E": 0.5})]
    text = mg.draw(model.run(4)).html()
    for (steps, ask), found in zip(questions, reruns(text, questions), strict=True):
        other = Characters(attends)
        for name, factor in ask["weights"].items():
            other.leaves[name].data = factor * other.leaves[name].numpy()
        loss = other.run(steps)
        assert found["loss"] == pytest.approx(loss.item(), rel=1e-9)
        slopes = mg.gradients(loss, list(other.leaves.values()))
        for name, slope in zip(other.leaves, slopes, strict=True):
            assert found["gradients"][name] == pytest.approx(np.ravel(slope), rel=1e-6, abs=1e-9)


def test_a_bias_that_nobody_holds():
    """A weight that nothing has kept is found from what it was added to: the values are there, and
    so are the knobs."""
    loss = (rnn.unroll(rnn.LSTMCell(2, 3, dtype=float, rng=0), XS)[0] ** 2).sum()
    (found,) = reruns(mg.draw(loss).html(), [(4, {})])
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-9)
    (bias,) = (m for m in mg.draw(loss, values=True).scene.marks if m.data.get("weight") == "b_h")
    expected = rnn.LSTMCell(2, 3, dtype=float, rng=0).b_h.numpy()
    assert bias.data["values"][""] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def models(why):
    """A graph that no page can run, and what the page says of it."""
    cell = rnn.ElmanCell(2, 300 if why == "large" else 3, dtype=float, rng=0)
    outputs, _ = rnn.unroll(cell, np.tile(XS, (120, 1, 1)) if why == "long" else XS)
    loss = (np.linalg.det(outputs[-1, :1, :1] + 1.0) if why == "unknown" else outputs.sum())
    if why == "written":
        cell.W_hh.data = 2 * cell.W_hh.numpy()
    if why == "freed":
        loss.backward()
    return {"several": [loss, outputs], "array": outputs}.get(why, loss), cell


@pytest.mark.parametrize(("why", "says"), [
    ("large", "the model has 91,"), ("long", "op calls, and a page runs 2,000"),
    ("unknown", "there is no JavaScript for det"),
    ("written", ""), ("freed", ""), ("several", ""), ("array", ""),
])
def test_absent_where_it_cannot_be(why, says):
    """No knobs for what is too much, what is not known any more, and ops without JavaScript: the
    page says so, and is whole in all else; without gradients it says that, which is enough."""
    output, _cell = models(why)
    page = mg.draw(output, view="steps", max_steps=4 if why == "long" else None).html()
    assert '"replay":null' in page
    assert "const RECORDS = [];" in page
    assert ("Without gradients" in page) is (not says)
    assert says in page if says else '"absent":[]' in page
