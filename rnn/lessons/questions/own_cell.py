"""A cell of your own: its derivative by hand, its laws, and a test that notices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import Parameter
from minigrad.functional import sigmoid

from ...cells import Cell
from ..exercise import Exercise, Wrong
from ..judging import as_function, as_number, compare, shown

__all__ = ["EXERCISES"]


def _jacobian(answer: Any) -> str:
    a, b, h = 1.0, 2.0, 0.5
    z, n = 1 / (1 + np.exp(-a * h)), np.tanh(b * h)
    kept, gate, candidate = 1 - z, (n - h) * z * (1 - z) * a, z * (1 - n**2) * b
    compare(as_number(answer, "∂h_t/∂h"), kept + gate + candidate, "∂h_t/∂h", slips={
        "this is the direct way alone, 1 - z; z and n depend on h as well": kept,
        "the way through the candidate n is missing, z (1 - n²) b": kept + gate,
        "the way through the gate z is missing, (n - h) z (1 - z) a": kept + candidate,
        "the direct way 1 - z is missing": gate + candidate,
        "through the gate it is n - h, not h - n: a larger z takes h away and brings n":
            kept - gate + candidate,
        "through the gate h is taken away as well: n - h, not n":
            kept + n * z * (1 - z) * a + candidate,
        "the slope of the candidate is b (1 - n²); b is missing": kept + gate + candidate / b,
        "the slope of tanh, 1 - n², is missing": kept + gate + z * b,
        "the slope of the logistic function is z (1 - z), not 1 - z²":
            kept + (n - h) * (1 - z**2) * a + candidate,
    })
    return (f"Directly {shown(kept)}, through the gate {shown(gate)}, through the candidate "
            f"{shown(candidate)}.")


_JACOBIAN = Exercise(
    name="own_cell.1",
    task=r"One unit, no input: $z = \sigma(a h)$, $n = \tanh(b h)$, $h_t = (1 - z)\,h + z\,n$, "
         r"with $a = 1$, $b = 2$ and $h = 0.5$. What is $\partial h_t / \partial h$? Give a "
         "number, to four digits.",
    examine=_jacobian,
    hints=(
        "h stands in three places. Take one way after the other, and add.",
        "1 - z directly, (n - h) z (1 - z) a through the gate, z (1 - n²) b through the candidate.",
    ),
    solution="""
import numpy as np
a, b, h = 1.0, 2.0, 0.5
z, n = 1 / (1 + np.exp(-a * h)), np.tanh(b * h)
answer = (1 - z) + (n - h) * z * (1 - z) * a + z * (1 - n**2) * b
""",
)


def _rates_reference(cell: Any, x: Any, h: Any) -> Any:
    gate = cell.gate("h")
    rate = 1 / (1 + np.exp(-cell.a.numpy()))
    h = (1 - rate) * h + rate * np.tanh(x @ gate.W_xh + h @ gate.W_hh + gate.b_h)
    return h, h


def _rates(answer: Any) -> str:
    from ...testing import check_cell

    if not (isinstance(answer, type) and issubclass(answer, Cell)):
        raise Wrong("the answer is a class that inherits from rnn.Cell; give the class itself.")
    kind: Any = answer
    made = kind(2, 3, rng=0)
    if not isinstance(getattr(made, "a", None), Parameter):
        raise Wrong("the cell has no Parameter `a`, so there is nothing that could be learned: in "
                    "__init__, after super().__init__(...), set self.a = mg.Parameter(...).")
    if made.a.shape != (3,):
        raise Wrong(f"`a` has shape {made.a.shape} in a cell of 3 units; wanted (3,), a rate for "
                    "each unit.")
    if np.any(made.a.numpy()):
        raise Wrong(f"`a` starts as {shown(made.a.numpy())}; wanted zeros, so that all rates are "
                    "½.")
    if made.a.dtype != made.dtype:
        raise Wrong(f"`a` is {made.a.dtype} in a cell of {made.dtype}: with it everything becomes "
                    f"{made.a.dtype}. np.zeros(..., self.dtype) makes it of the cell's dtype.")

    def build(input_size: int, hidden_size: int, rng: Any) -> Any:
        cell = kind(input_size, hidden_size, dtype=float, rng=rng)
        cell.a.data = np.linspace(-1.0, 2.0, hidden_size)        # rates that differ
        return cell

    try:
        made(np.ones((4, 2)))
        check_cell(build, reference=_rates_reference, examples=6)
    except Exception as error:
        text = " ".join(str(error).split("\n  ")[:2])
        raise Wrong(f"{type(error).__name__}: {text}") from None
    return "All laws hold, and a step is what the formula says, with rates that differ."


_RATES = Exercise(
    name="own_cell.2",
    task=r"Write a cell that learns how fast each unit changes: "
         r"$h_t = (1 - \alpha) \odot h_{t-1} + \alpha \odot \tanh(x_t W_{xh} + h_{t-1} W_{hh} + "
         r"b_h)$ with $\alpha = \sigma(a)$, where `a` is a Parameter of shape (H,) that starts at "
         "0. One gate, `gates = (\"h\",)`. Give the class.",
    examine=_rates,
    hints=(
        "`__init__(self, *args, **kwargs)` calls that of rnn.Cell first; then the parameter.",
        "self.a = mg.Parameter(np.zeros(self.hidden_size, self.dtype)); step uses sigmoid(self.a).",
    ),
    solution="""
import numpy as np
import minigrad as mg
import rnn
from minigrad.functional import sigmoid

class RatesCell(rnn.Cell):
    gates = ("h",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.a = mg.Parameter(np.zeros(self.hidden_size, self.dtype))

    def step(self, x, h):
        rate = sigmoid(self.a)
        h = (1 - rate) * h + rate * np.tanh(self.preactivation(x, h))
        return h, h

answer = RatesCell
""",
)


class _Right(Cell):
    """The cell of the lesson, which a test has to let pass."""

    gates = ("z", "n")

    def step(self, x: Any, h: Any) -> Any:
        z, n = np.split(self.preactivation(x, h), 2, axis=-1)
        return self.blend(sigmoid(self.centre(z)), np.tanh(n), h)

    def centre(self, z: Any) -> Any:
        return z

    def blend(self, z: Any, n: Any, h: Any) -> Any:
        h = (1 - z) * h + z * n
        return h, h


class _Centred(_Right):
    def centre(self, z: Any) -> Any:
        return z - z.mean(axis=0)


class _Forgetful(_Right):
    def blend(self, z: Any, n: Any, h: Any) -> Any:
        h = (1 - z) * h.detach() + z * n
        return h, h


class _Fixed(_Right):
    def blend(self, z: Any, n: Any, h: Any) -> Any:
        return super().blend(z.detach(), n, h)


class _Remembering(_Right):
    kept: Any = None

    def blend(self, z: Any, n: Any, h: Any) -> Any:
        before = h if self.kept is None or self.kept.shape != h.shape else self.kept
        h, _ = super().blend(z, n, before)
        self.kept = h.detach()
        return h, h


class _Stuck(_Right):
    def blend(self, z: Any, n: Any, h: Any) -> Any:
        return super().blend(z, n, h)[0], h


_FAULTS: dict[type[Cell], str] = {
    _Stuck: "returns the state as it was given. Run at least two steps, and look at the state",
    _Remembering: "keeps its state on itself and goes on from it. Run the same thing twice, and "
                  "compare",
    _Centred: "centres its gate over the batch, so that sequences see each other. Run a sequence "
              "alone and among others, and compare",
    _Fixed: "takes its gate off the graph. All values are right; look at the gradient of every "
            "block of W_hh, or compare with differences",
    _Forgetful: "lets no gradient through (1 - z) h. All values are right, and no gradient is 0; "
                "compare it with differences",
}


def _teeth(answer: Any) -> str:
    test = as_function(answer, "the test")
    if (found := _outcome(test, _Right)) is not None:
        raise Wrong(f"your test fails for a cell that is right: {found}")
    missed = [(kind, what) for kind, what in _FAULTS.items() if _outcome(test, kind) is None]
    if missed:
        caught = len(_FAULTS) - len(missed)
        raise Wrong(f"your test caught {caught} of {len(_FAULTS)} faulty cells. It passes for one "
                    f"that {missed[0][1]}.")
    return f"All {len(_FAULTS)} faults are noticed, and the right cell passes."


def _outcome(test: Callable[[Any], Any], kind: type[Cell]) -> str | None:
    """What the test says against a cell; None if it passes."""
    try:
        said = test(kind)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if said is not None:
        raise Wrong(f"your test returns {said!r}. A test says that something is wrong by raising, "
                    "as `assert` does; what it returns is looked at by nobody.")
    return None


_TEETH = Exercise(
    name="own_cell.3",
    task="Write `def test(cell_class)` that raises (as `assert` does) for a faulty cell and "
         "returns nothing for a right one. It is run on UpdateCell of this lesson, and on five "
         "faulty versions of it. Make cells by `cell_class(2, 3, dtype=float, rng=0)`. Write the "
         "comparisons yourself; `minigrad.testing.check_grads` may help.",
    examine=_teeth,
    hints=(
        "What must not depend on what? Twice the same, alone or among others. And gradients?",
        "check_grads(lambda h: rnn.unroll(cell, xs, h)[0], h0); no gradient of W_hh may be 0.",
    ),
    solution="""
import numpy as np
import rnn
from minigrad.testing import check_grads

def test(cell_class):
    cell = cell_class(2, 3, dtype=float, rng=0)
    rng = np.random.default_rng(0)
    xs, h0 = rng.normal(size=(4, 2, 2)), rng.normal(size=(2, 3))
    outputs, last = rnn.unroll(cell, xs, h0)
    again, _ = rnn.unroll(cell, xs, h0)
    assert np.array_equal(outputs.numpy(), again.numpy()), "not the same twice"
    alone, _ = rnn.unroll(cell, xs[:, :1], h0[:1])
    assert np.allclose(outputs.numpy()[:, :1], alone.numpy()), "sequences see each other"
    assert np.allclose(outputs.numpy()[-1], last.numpy()), "the state is not the last output"
    check_grads(lambda h: rnn.unroll(cell, xs, h)[0], h0, order=1)
    outputs.sum().backward()
    assert np.all(cell.W_hh.grad.numpy() != 0), "a weight that nothing depends on"

answer = test
""",
)

EXERCISES = (_JACOBIAN, _RATES, _TEETH)
