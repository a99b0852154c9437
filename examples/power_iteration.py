"""Powers of a matrix, and what they mean for gradients: everything turns into one direction.

First the exercise of a set of lecture notes, with its seed: M^k x aligns with the eigenvector v_1
of the largest |λ| of a symmetric M. Then the same run on ∂h_T/∂h_t of a recurrent network, by way
of the live graph: the gradient that comes back k steps is a product of k Jacobians, so whatever
the loss says at the end, the same few directions are left of it at the beginning.

For a symmetric M the direction is an eigenvector. A network's Jacobians differ from step to step
and are not symmetric: what gradients align with there is v_1, the first right singular vector of
J = ∂h_T/∂h_t. With u_1 the left one, a gradient u at step T comes back as uJ with

    tan ∠(uJ, v_1) ≤ (σ_2/σ_1) tan ∠(u, u_1),

so the ratio of the first two singular values says how far the alignment has got.

Run it with ``python -m examples.power_iteration``.
"""

from __future__ import annotations

import numpy as np

import rnn
from examples._command import command
from rnn.bptt import jacobian

POWERS = (1, 5, 10, 20)


def alignment(u, v):
    """|cos| of the angle between two vectors."""
    return float(abs(u @ v) / (np.linalg.norm(u) * np.linalg.norm(v)))


def symmetric():
    """The notes' run: eigenvalues by modulus, and the alignment of M^k x with v_1."""
    np.random.seed(42)  # noqa: NPY002  # the notes draw their numbers so
    A = np.random.randn(5, 5)  # noqa: NPY002
    M = (A + A.T) / 2
    values, vectors = np.linalg.eigh(M)
    order = np.argsort(-np.abs(values))
    x = np.random.randn(5)  # noqa: NPY002
    x /= np.linalg.norm(x)
    found = [alignment(np.linalg.matrix_power(M, k) @ x, vectors[:, order[0]]) for k in POWERS]
    return values[order], found


def network(T=25, hidden=5, seed=0):
    """The states of a small tanh network that runs on random inputs."""
    rng = np.random.default_rng(seed)
    cell = rnn.ElmanCell(2, hidden, dtype=float, rng=rng)
    cell.gate("h").W_hh = rng.normal(size=(hidden, hidden)) / np.sqrt(hidden)
    return [h for _, h in rnn.steps(cell, rng.normal(size=(T, 1, 2)))]


def recurrent(lags=POWERS, seed=0):
    """For each lag k: ‖∂h_T/∂h_{T-k}‖₂, σ_2/σ_1, and how well two random gradients are aligned.

    The first two alignments are with v_1, the first right singular vector of ∂h_T/∂h_{T-k} (of the
    identity, at lag 0, any vector is one); the third is between the two gradients.
    """
    states = network(seed=seed)
    rng = np.random.default_rng(seed + 1)
    one, other = rng.normal(size=(2, states[-1].shape[1]))
    rows = []
    for k in (0, *lags):
        J = jacobian(states[-1], states[-1 - k])
        values, v_1 = J.singular_values[0], np.linalg.svd(J[0])[2][0]
        a, b = one @ J[0], other @ J[0]  # ∂L/∂h_{T-k}, for L = one · h_T and L = other · h_T
        rows.append((k, J.norm, values[1] / values[0], alignment(a, v_1), alignment(b, v_1),
                     alignment(a, b)))
    return rows


def aligned_networks(seeds=10, above=0.98):
    """Of so many networks, in how many the two gradients are aligned after the longest lag."""
    return sum(recurrent(POWERS[-1:], seed)[-1][-1] > above for seed in range(seeds))


def main():
    values, found = symmetric()
    print("symmetric M: eigenvalues", " ".join(f"{value:.8f}" for value in values))
    for k, value in zip(POWERS, found, strict=True):
        print(f"    M^{k:<2} x aligned with v_1: {value:.6f}")
    print(f"    the rest shrinks with |λ_2/λ_1|^k, {abs(values[1] / values[0]):.4f}^k\n")
    print("a tanh network, two gradients that differ at step T, k steps back:")
    print("     k  ‖∂h_T/∂h_T-k‖   σ_2/σ_1   one with v_1   other with v_1   with each other")
    for k, norm, ratio, one, other, both in recurrent():
        with_v = f"{one:.6f}       {other:.6f}" if k else "       –              –"
        print(f"    {k:2d}  {norm:13.6f}  {ratio:8.2e}   {with_v:<23}        {both:.6f}")
    print("\nWhatever the loss says at step T, at step T - 20 its gradient has one and the same")
    print("direction, v_1; all that is left of the difference is how long it is. How soon depends")
    print(f"on σ_2/σ_1: {aligned_networks()} of 10 such networks are above 0.98 after 20 steps.")


if __name__ == "__main__":
    command(main, __doc__)
