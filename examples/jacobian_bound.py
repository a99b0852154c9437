"""A bound on the gradient of a vanilla network, beside measurements; and four mistakes in notes.

    ∂h_t/∂h_{t-1} = diag(φ'(z_t)) W_hhᵀ,    ‖∂h_t/∂h_s‖₂ ≤ (γ_W γ_h)^(t-s)

with γ_W the largest singular value of W_hh, and γ_h the largest |φ'|: 1 for tanh, ¼ for the
logistic sigmoid. A set of notes that derives this has four slips, each shown here by a network that
breaks what they say:

- "∂h_{t+1}/∂h_k is bounded by (γ_W γ_h)^(t-k)": from k to t + 1 there are t + 1 - k factors, not
  t - k. For γ_W γ_h > 1 the bound as printed is exceeded.
- "γ_W is the largest eigenvalue": a product can exceed the powers of the largest |eigenvalue|,
  unless W_hh is normal. It takes the largest singular value.
- "the norm has an upper bound of 1, since tanh' ≤ 1": only together with γ_W ≤ 1.
- They write h = φ(W_hhᵀ h) and the Jacobian diag(φ') W_hh: it is diag(φ') W_hhᵀ.

Run it with ``python -m examples.jacobian_bound [FOLDER]``; it draws norms and bound there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import rnn
from examples._command import command
from minigrad import init
from rnn.bptt import bound, jacobian, norms, spectrum


def network(nonlinearity="tanh", gain=1.2, T=20, hidden=16, seed=0):
    """A cell whose W_hh has γ_W = gain, and its states over T steps of small random inputs."""
    rng = np.random.default_rng(seed)
    cell = rnn.ElmanCell(2, hidden, nonlinearity=nonlinearity, biases=0, dtype=float, rng=rng)
    cell.gate("h").W_hh = init.orthogonal((hidden, hidden), gain=gain, rng=rng, dtype=float)
    return cell, [h for _, h in rnn.steps(cell, 0.3 * rng.normal(size=(T, 1, 2)))]


def beside_the_bound(nonlinearity, gain):
    """‖∂h_T/∂h_{T-k}‖₂ and its bound, for k = 0, 1, 2, ..."""
    cell, states = network(nonlinearity, gain)
    found = norms(states[-1], states)
    return found.values[::-1], bound(cell).at(found.lags[::-1])


def exponent(t=5, k=2, gain=1.5):
    """‖∂h_{t+1}/∂h_k‖₂ of a linear network, with (γ_W γ_h)^(t-k) and (γ_W γ_h)^(t+1-k)."""
    cell, states = network("identity", gain)
    rate = bound(cell).rate
    return jacobian(states[t], states[k - 1]).norm, rate ** (t - k), rate ** (t + 1 - k)


def eigenvalues(T=12):
    """‖∂h_T/∂h_{T-k}‖₂ of a linear network whose W_hh is far from normal; its radius and γ_W."""
    cell = rnn.ElmanCell(1, 2, nonlinearity="identity", biases=0, dtype=float, rng=0)
    cell.gate("h").W_hh = [[0.8, 2.0], [0.0, 0.7]]
    states = [h for _, h in rnn.steps(cell, np.ones((T, 1, 1)))]
    return norms(states[-1], states).values[::-1], spectrum(cell).radius("h"), bound(cell).gamma_W


def transposition():
    """How far diag(φ') W_hhᵀ and diag(φ') W_hh are from the Jacobian of the tape."""
    cell, states = network()
    J, W = jacobian(states[7], states[6])[0], cell.W_hh.numpy()
    slope = np.diag(1 - states[7].numpy()[0] ** 2)
    return [float(np.linalg.norm(J - slope @ matrix, 2)) for matrix in (W.T, W)]


def main(folder="out"):
    for nonlinearity, gain in (("tanh", 0.9), ("tanh", 1.2), ("sigmoid", 1.2), ("sigmoid", 3.9)):
        cell, _ = network(nonlinearity, gain)
        measured, limit = beside_the_bound(nonlinearity, gain)
        print(f"{nonlinearity}, {bound(cell)}")
        for k in (1, 5, 10, 19):
            print(f"    k = {k:2d}: measured {measured[k]:.3e}, at most {limit[k]:.3e}")
    have, printed, right = exponent()
    print(f"\nexponent: ‖∂h_6/∂h_2‖ = {have:.4f}; the notes allow 1.5^3 = {printed:.4f}, and there")
    print(f"    are four factors: 1.5^4 = {right:.4f}")
    values, radius, gamma = eigenvalues()
    print(f"eigenvalues: with |λ| ≤ {radius:.1f} the norm grows from 1 to {values.max():.3f} "
          f"before it falls; γ_W is {gamma:.3f}")
    cell, states = network("tanh", 1.2)
    last = jacobian(states[-1], states[-2]).norm
    print(f"no bound of 1: ‖∂h_20/∂h_19‖ = {last:.3f} for γ_W = 1.2")
    right, wrong = transposition()
    print(f"transposition: diag(φ') W_hhᵀ is off by {right:.0e}, diag(φ') W_hh by {wrong:.2f}")
    path = Path(folder) / "jacobian_bound.png"
    cell, states = network("tanh", 0.9)
    norms(states[-1], states).plot(path, bound=bound(cell))
    print(path)


if __name__ == "__main__":
    command(main, __doc__)
