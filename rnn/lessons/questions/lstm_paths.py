"""The LSTM's two paths."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.functional import sigmoid

from ...bptt import jacobian
from ...cells import LSTMCell
from ...sequence.unrolling import steps
from ..exercise import Exercise, Wrong
from ..judging import as_number, compare, shown

__all__ = ["EXERCISES"]

BEFORE = 0.8, 0.7                                                        # c and o at step t-1
GATES = 0.4, 0.9, -0.5                                                   # i, f and g at step t
WEIGHTS = -1.0, 2.0, 1.5                                                 # w_hi, w_hf and w_hg


def _one_unit() -> float:
    """∂c_t/∂c_{t-1} of the unit of the first exercise, by the engine."""
    (value, o), (i, f, g), (w_i, w_f, w_g) = BEFORE, GATES, WEIGHTS
    c = mg.tensor(value, requires_grad=True)
    h = o * np.tanh(c)
    moved = h - h.item()                                                 # 0, with the slope of h
    # What x_t and the biases add is such that the gates come out as the task says.
    i, f = (sigmoid(np.log(a / (1 - a)) + w * moved) for a, w in ((i, w_i), (f, w_f)))
    (f * c + i * np.tanh(np.arctanh(g) + w_g * moved)).backward()
    assert c.grad is not None
    return float(c.grad.item())


def _memory(answer: Any) -> str:
    (c, o), (i, f, g), (w_i, w_f, w_g) = BEFORE, GATES, WEIGHTS
    slope = o * (1 - np.tanh(c) ** 2)
    by_i, by_f, by_g = g * i * (1 - i) * w_i, c * f * (1 - f) * w_f, i * (1 - g**2) * w_g
    gates = by_i + by_f + by_g
    compare(
        as_number(answer, "∂c_t/∂c_{t-1}"), _one_unit(), "∂c_t/∂c_{t-1}",
        slips={
            "this is the direct term f_t alone; c_{t-1} also reaches the gates, through h_{t-1}": f,
            "the direct term f_t is missing; these are the three ways through h_{t-1}":
                gates * slope,
            "the factor o_{t-1} of ∂h_{t-1}/∂c_{t-1} is missing": f + gates * slope / o,
            "the factor tanh'(c_{t-1}) of ∂h_{t-1}/∂c_{t-1} is missing": f + gates * o,
            "both factors of ∂h_{t-1}/∂c_{t-1} are missing": f + gates,
            "tanh' was taken at c_t; what the gates read is h_{t-1}, made of c_{t-1}":
                f + gates * o * (1 - np.tanh(f * c + i * g) ** 2),
            "the way through the forget gate is missing": f + (by_i + by_g) * slope,
            "the way through the input gate is missing": f + (by_f + by_g) * slope,
            "the way through the candidate is missing": f + (by_f + by_i) * slope,
            "the slopes of the gates, σ' and tanh', are missing":
                f + (g * w_i + c * w_f + i * w_g) * slope,
        },
    )
    return (f"Directly {f}; through i, f and g {shown([by * slope for by in (by_i, by_f, by_g)])}."
            " Together more than 1: an LSTM's gradient can grow, too.")


_MEMORY = Exercise(
    name="lstm_paths.1",
    task="An LSTM of one unit. At step $t-1$ it had $c_{t-1} = 0.8$ and $o_{t-1} = 0.7$. At step "
         "$t$ its gates come out as $i_t = 0.4$, $f_t = 0.9$, $g_t = -0.5$. Their recurrent "
         "weights are $w_{hi} = -1$, $w_{hf} = 2$, $w_{hg} = 1.5$. What is "
         r"$\partial c_t/\partial c_{t-1}$, along all ways? Give a number.",
    examine=_memory,
    hints=(
        "Four terms. What do three of them have in common?",
        ("f + (c σ'(f) w_hf + g σ'(i) w_hi + i tanh'(g) w_hg) · o tanh'(c), where c and o are "
         "those of step t-1, and the slopes follow from the gates: f (1 - f), i (1 - i), 1 - g²."),
    ),
    solution="""
import numpy as np

(c, o), (i, f, g), (w_hi, w_hf, w_hg) = (0.8, 0.7), (0.4, 0.9, -0.5), (-1.0, 2.0, 1.5)
dh_dc = o * (1 - np.tanh(c) ** 2)
by_gates = c * f * (1 - f) * w_hf + g * i * (1 - i) * w_hi + i * (1 - g**2) * w_hg
answer = f + by_gates * dh_dc
""",
)


def _carousel(answer: Any) -> str:
    if not (isinstance(answer, type) and issubclass(answer, LSTMCell)):
        raise Wrong("the answer is a class that is derived from rnn.LSTMCell; this is "
                    f"{answer!r}. Give the class itself, without calling it.")
    plain, theirs = _Run(LSTMCell), _Run(answer)
    for t, (right, found) in enumerate(zip(plain.states, theirs.states, strict=True), start=1):
        for name, a, b in zip("hc", right, found, strict=True):
            off = float(np.abs(a.numpy() - b.numpy()).max())
            if off > 1e-9:
                raise Wrong(f"the values change: {name}_{t} is off by {off:.3g} from the LSTM's. "
                            "To cut a gradient is not to change a value: `detach()` keeps it.")
    found = jacobian(theirs.states[-1][1], theirs.c_0).matrix[0]
    every = jacobian(plain.states[-1][1], plain.c_0).matrix[0]
    wanted = np.diag(_product_of_forget_gates(plain))
    loss = (theirs.states[-1][0] ** 2).sum()
    if not loss.requires_grad:
        raise Wrong("from a loss of h_T no gradient goes back at all: h_t, as the step returns it, "
                    "is detached, and the loss reads it.")
    loss.backward()
    for gate in theirs.cell.gates:
        for name in ("W_xh", "W_hh"):
            grad = getattr(theirs.cell, name).grad
            if grad is None or not grad.numpy()[:, theirs.cell.gate(gate).columns].any():
                raise Wrong(f"{name} of gate {gate} gets no gradient, so it can never learn. Cut "
                            "is what goes on to earlier steps, not what reaches the weights.")
    if np.allclose(found, wanted, rtol=1e-9, atol=1e-12):
        return f"∂c_T/∂c_0 is diag(∏ f_t), here {shown(np.diag(found))} on the diagonal."
    numbers = f"Its first row is {shown(found[0])}, wanted is {shown(wanted[0])}."
    if not found.any():
        raise Wrong(f"∂c_T/∂c_0 is 0: the way along c is cut as well. {numbers}")
    if np.allclose(found, every):
        raise Wrong(f"∂c_T/∂c_0 is that of an ordinary LSTM, along all ways. {numbers}")
    raise Wrong(f"some ways are cut, but not all of those through h, or more than those. {numbers}")


class _Run:
    """A cell with the weights of one LSTM, over the same inputs, from a c_0 that has a gradient."""

    def __init__(self, kind: type[LSTMCell]) -> None:
        self.cell = kind(2, 3, dtype=float, rng=0)
        self.cell.load_state_dict(LSTMCell(2, 3, dtype=float, rng=0).state_dict())
        rng = np.random.default_rng(1)
        self.xs = rng.normal(size=(5, 1, 2))
        self.c_0 = mg.tensor(rng.normal(size=(1, 3)), requires_grad=True)
        before = (mg.tensor(np.zeros((1, 3))), self.c_0)
        self.states = [state for _, state in steps(self.cell, self.xs, before)]


def _product_of_forget_gates(run: _Run) -> Any:
    """∏ f_t, (H,), from the values alone."""
    gate, h, product = run.cell.gate("f"), np.zeros((1, run.cell.hidden_size)), 1.0
    for x, (after, _) in zip(run.xs, run.states, strict=True):
        z = x @ gate.W_xh + h @ gate.W_hh + gate.b_h
        product, h = product / (1 + np.exp(-z)), after.numpy()
    return np.asarray(product)[0]


_CAROUSEL = Exercise(
    name="lstm_paths.2",
    task="Derive a cell from `rnn.LSTMCell` that computes the same values, and whose gradient "
         r"flows along $c$ only, so that $\partial c_T/\partial c_0 = \mathrm{diag}(\prod_t f_t)$ "
         "exactly. All its weights still have to learn. Its `step(self, x, state)` gets the pair "
         "`(h, c)` and returns `h, (h, c)`. Give the class.",
    examine=_carousel,
    hints=(
        "Which wire has to be cut: one that leaves h_t, or one that enters the step?",
        ("`h.detach()` has the value of h, and no gradient goes back through it. What the gates "
         "read may be detached; h_t as the step returns it may not, for the loss reads it."),
    ),
    solution="""
import rnn

class Carousel(rnn.LSTMCell):
    def step(self, x, state):
        h, c = state
        return super().step(x, (h.detach(), c))

answer = Carousel
""",
)


def _ways(end: mg.Tensor, start: mg.Tensor) -> int:
    """How many ways lead from one value to another on the tape."""
    ways = {start._node: 1}
    for node in mg.Tape(end):
        if node is not start._node:
            ways[node] = sum(ways.get(parent, 0) for parent in node.parents)
    return ways[end._node]


def _count(answer: Any) -> str:
    cell = LSTMCell(1, 1, dtype=float, rng=0)
    (_, _), (_, c_2), (_, c_3), (_, c_4) = (
        state for _, state in steps(cell, np.ones((4, 1, 1))))
    one, two = _ways(c_3, c_2), _ways(c_4, c_2)
    compare(
        as_number(answer, "the number of ways"), two, "the number of ways",
        slips={
            "these are the ways over one step": one,
            "these are the ways through c_{t-1}, 4 · 4; some go past it, through o_{t-1}": one**2,
            "there are 4 ways for each step, and they multiply, they do not add": 2 * one,
            "past c_{t-1} there is more than one way: h_{t-1} is read by three gates of c_t":
                one**2 + 1,
            "o_t is no way to c_t: it acts on h_t": one**2 + 4,
            "c_{t-2} has one way into h_{t-1} past c_{t-1}, through o_{t-1}; the others go through "
            "c_{t-1}": one**2 + 9,
        },
    )
    return f"{one**2} through c_{{t-1}}, and {two - one**2} past it, through o_{{t-1}}."


_COUNT = Exercise(
    name="lstm_paths.3",
    task="Read it off the picture of the cell, two of them in a row, with one unit each: how many "
         r"different ways lead from $c_{t-2}$ to $c_t$? Over one step, from $c_{t-1}$ to $c_t$, "
         "there are 4. Give a number.",
    examine=_count,
    hints=(
        "Count those through c_{t-1} first. Then look for one that goes past it.",
        ("4 · 4 go through c_{t-1}. Past it: c_{t-2} → h_{t-2} → o_{t-1} → h_{t-1}, and from there "
         "by every gate that makes c_t."),
    ),
    solution="""
through_c = 4 * 4        # 4 to c_{t-1}, and from there 4 to c_t
past_c = 1 * 3           # through h_{t-2} and o_{t-1} to h_{t-1}; then through f, i or g
answer = through_c + past_c
""",
)

EXERCISES = (_MEMORY, _CAROUSEL, _COUNT)
