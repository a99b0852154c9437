"""The derivative of an LSTM's memory, ∂C_t/∂C_{t-1}: every factor of a printed formula, checked.

A set of notes on vanishing gradients prints, with C̃ the candidate and (·) the sums in the gates,

    ∂C_t/∂C_{t-1} = C_{t-1} σ'(·) W_hf * o_{t-1} tanh'(C_{t-1})      through the forget gate
                  + C̃_t σ'(·) W_hi * o_{t-1} tanh'(C_{t-1})          through the input gate
                  + i_t tanh'(·) W_C * o_{t-1} tanh'(C_{t-1})        through the candidate
                  + f_t                                              directly

and adds that to go back k steps one multiplies this k times. Here every factor of it is replaced by
its neighbours, in time and in kind, and the result held against what the tape computes, term by
term. Two things are wrong:

- the third line has W_C, the whole weight of the candidate, which acts on [h_{t-1}, x_t] and is
  (H + K, H). What belongs there is its recurrent block, (H, H): W_hC, as in the lines above it.
  With W_C the product has no shape; with the input's block W_xC, if K = H, it is wrong.
- multiplying k times is not enough. C_{t-2} also reaches C_t past C_{t-1}: by way of h_{t-2}, the
  output gate o_{t-1} and h_{t-1}. It takes the Jacobian of the whole state (h, C).

All else in the formula is right: every other index and every other factor. (Weights act there from
the left, W_hf h_{t-1}; in this package from the right, h_{t-1} W_hf, so that they come transposed.)

Run it with ``python -m examples.lstm_cell_derivative [FOLDER]``; it draws the terms there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import rnn
from examples._command import command
from rnn.bptt import jacobian, lstm_terms

H = 4  # inputs too, so that W_xC can be put where W_hC belongs
T = 5  # the step that is looked at
GATES = {"f": "f", "i": "i", "C̃": "g", "o": "o"}  # the notes' names, and this package's


def run(seed=0):
    """An LSTM, and its live states over a few steps of random inputs."""
    rng = np.random.default_rng(seed)
    cell = rnn.LSTMCell(H, H, dtype=float, rng=rng)
    for gate in "ifgo":
        cell.gate(gate).W_hh = rng.normal(size=(H, H))
    xs = rng.normal(size=(T + 1, 1, H))
    return cell, xs, [state for _, state in rnn.steps(cell, xs)]


def values(cell, xs):
    """The gates, their slopes, C and h at every step, in NumPy: value["f", t] is f_t."""
    value = {("h", 0): np.zeros(H), ("C", 0): np.zeros(H)}
    for t, (x,) in enumerate(xs, 1):
        for name, gate in GATES.items():
            part = cell.gate(gate)
            z = x @ part.W_xh + value["h", t - 1] @ part.W_hh + part.b_h
            a = np.tanh(z) if name == "C̃" else 1 / (1 + np.exp(-z))
            value[name, t] = a
            value[f"{name}'", t] = 1 - a**2 if name == "C̃" else a * (1 - a)
        value["C", t] = value["f", t] * value["C", t - 1] + value["i", t] * value["C̃", t]
        value["tanh'(C)", t] = 1 - np.tanh(value["C", t]) ** 2
        value["h", t] = value["o", t] * np.tanh(value["C", t])
    return value


# Each line as printed: what stands before the weight, the weight, and what stands after it; every
# factor with its step relative to t. A weight is (gate, block). The third has W_hC.
LINES = {
    "f": ([("C", -1), ("f'", 0)], ("f", "W_hh"), [("o", -1), ("tanh'(C)", -1)]),
    "i": ([("C̃", 0), ("i'", 0)], ("i", "W_hh"), [("o", -1), ("tanh'(C)", -1)]),
    "g": ([("i", 0), ("C̃'", 0)], ("C̃", "W_hh"), [("o", -1), ("tanh'(C)", -1)]),
}


def term(line, cell, value, t=T):
    """diag(before) Wᵀ diag(after): in this package weights act from the right, h W."""
    before, (gate, block), after = line
    left, right = (
        np.prod([value[name, t + shift] for name, shift in factors], axis=0)
        for factors in (before, after)
    )
    return left[:, None] * getattr(cell.gate(GATES[gate]), block).T * right


def variants(line):
    """The line with one factor shifted by a step, left out, or replaced by another of its kind."""
    before, (gate, block), after = line
    for side, factors in enumerate((before, after)):
        for k, (name, shift) in enumerate(factors):
            others = [(name, shift + 1), (name, shift - 1)]
            others += [(other, shift) for other in _kin(name) if other != name]
            for other in (*others, None):
                changed = [*factors[:k], *([other] if other else []), *factors[k + 1 :]]
                parts = [changed, after] if side == 0 else [before, changed]
                says = f"{_text((name, shift))} → {_text(other) if other else 'left out'}"
                yield says, (parts[0], (gate, block), parts[1])
    for other in GATES:
        if other != gate:
            yield f"W_h{gate} → W_h{other}", (before, (other, block), after)
    yield f"W_h{gate} → W_x{gate}", (before, (gate, "W_xh"), after)


def _kin(name):
    """The factors of the same kind: gates, slopes of gates, memories."""
    for kind in (("f", "i", "o"), ("f'", "i'", "o'", "C̃'"), ("C", "C̃")):
        if name in kind:
            return kind
    return ()


def _text(factor):
    name, shift = factor
    step = {0: "t", -1: "t-1", -2: "t-2", 1: "t+1"}[shift]
    return f"tanh'(C_{step})" if name == "tanh'(C)" else f"{name}_{step}"


def check():
    """For each line: how far it is from the tape as printed (with W_hC), and with each change."""
    cell, xs, states = run()
    value, found = values(cell, xs), {}
    measured = lstm_terms(cell, states[T - 1], states[T - 2])
    for name, line in LINES.items():
        off = {
            says: float(np.abs(term(other, cell, value) - measured[name][0]).max())
            for says, other in [("as printed", line), *variants(line)]
        }
        found[name] = off
    direct = measured["direct"][0]
    found["direct"] = {
        "as printed": float(np.abs(np.diag(value["f", T]) - direct).max()),
        "f_t → f_t-1": float(np.abs(np.diag(value["f", T - 1]) - direct).max()),
        "f_t → f_t+1": float(np.abs(np.diag(value["f", T + 1]) - direct).max()),
        "f_t → i_t": float(np.abs(np.diag(value["i", T]) - direct).max()),
        "f_t → 1": float(np.abs(np.eye(H) - direct).max()),
    }
    total = sum(term(line, cell, value) for line in LINES.values()) + np.diag(value["f", T])
    return found, float(np.abs(total - measured.total[0]).max())


def two_steps():
    """∂C_t/∂C_{t-2} of the tape, the product of two ∂C_t/∂C_{t-1}, and the path between them.

    The path goes C_{t-2} → h_{t-2} → o_{t-1} → h_{t-1} → C_t, past C_{t-1}.
    """
    cell, xs, states = run()
    value = values(cell, xs)
    (_, C_t), (h_1, C_1), (h_2, C_2) = states[T - 1], states[T - 2], states[T - 3]
    whole = jacobian(C_t, C_2)[0]
    product = jacobian(C_t, C_1)[0] @ jacobian(C_1, C_2)[0]
    by_h = jacobian(C_t, (h_1, C_1))[0][:, :H]  # ∂C_t/∂h_{t-1}
    gate = (np.tanh(value["C", T - 1]) * value["o'", T - 1])[:, None] * cell.gate("o").W_hh.T
    path = by_h @ gate @ jacobian(h_2, C_2)[0]
    states_product = (
        jacobian(states[T - 1], states[T - 2])[0] @ jacobian(states[T - 2], states[T - 3])[0]
    )
    exact = jacobian(states[T - 1], states[T - 3])[0]
    return whole, product, path, float(np.abs(states_product - exact).max())


def main(folder="out"):
    cell, _, states = run()
    print(lstm_terms(cell, states[T - 1], states[T - 2]), "\n")
    found, total = check()
    for name, off in found.items():
        printed = off.pop("as printed")
        closest = min(off, key=off.get)
        print(f"{'directly' if name == 'direct' else 'through ' + name}: off by {printed:.0e} as "
              f"printed{' but with W_hC' if name == 'g' else ''};")
        print(f"    of {len(off)} changes of one factor the closest is {closest}, off by "
              f"{off[closest]:.3f}")
    print(f"sum of the four terms, against the tape: {total:.0e}")
    print(f"\nthe third line: W_C acts on [h_t-1, x_t] and is ({2 * H}, {H}), which fits nowhere")
    print(f"    there. W_hC, ({H}, {H}), is right; W_xC, of that shape here, is off by "
          f"{found['g']['W_hC̃ → W_xC̃']:.3f}")
    whole, product, path, states_off = two_steps()
    print("\n'multiply it k times': ‖∂C_t/∂C_t-2 − ∂C_t/∂C_t-1 ∂C_t-1/∂C_t-2‖ = "
          f"{np.linalg.norm(whole - product):.4f} of {np.linalg.norm(whole):.4f}")
    print(f"    with the path through o_t-1 added: {np.linalg.norm(whole - product - path):.0e}; "
          f"with Jacobians of whole states: {states_off:.0e}")
    path = Path(folder) / "lstm_cell_derivative.png"
    lstm_terms(cell, states[T - 1], states[T - 2]).plot(path)
    print(path)


if __name__ == "__main__":
    command(main, __doc__)
