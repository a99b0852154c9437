"""The occasionally dishonest casino: hidden states by a scan, its gradient, and its maximum.

A casino rolls a fair die, and now and then, unseen, a loaded one that shows a six every second time
(Durbin, Eddy, Krogh and Mitchison 1998). Which rolls were loaded? The score of a sequence of hidden
states z is a sum along a chain, Σ_t e[t, z_t] + Σ_t a[z_t, z_{t+1}], as in a hidden Markov model
(e and a are logarithms of probabilities) or a linear-chain conditional random field (any numbers).

- The forward algorithm is a scan with a logsumexp: log Z = ln Σ_z exp(score(z)). In this model that
  is the logarithm of the probability of the rolls.
- Its gradient is the backward algorithm: ∂ log Z/∂e[t, k] is the probability that z_t = k, and
  ∂ log Z/∂a[j, k] is how many steps from j to k are expected. Nobody wrote it.
- Decoding without a beam: the same scan with a maximum in the place of the logsumexp (Viterbi) has
  the best score, and its gradient is 1 along the best path and 0 elsewhere.
- The die and the habits of the casino can be learned from the rolls alone, by climbing log Z.

Run it with ``python -m examples.casino [FOLDER]``; it draws the hidden states there.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

import minigrad as mg
from examples._command import command
from examples._figures import finish, new_figure, ruled
from minigrad.functional import log_softmax, logsumexp

STAY = np.array([[0.95, 0.05], [0.10, 0.90]])  # from fair, loaded to fair, loaded
DICE = np.array([[1 / 6] * 6, [0.1] * 5 + [0.5]])  # of each die, how likely each number is


def roll(T=300, seed=5):
    """The hidden states and the rolls, 0 to 5: (T,) each."""
    rng = np.random.default_rng(seed)
    states, rolls = np.zeros(T, int), np.zeros(T, int)
    for t in range(T):
        states[t] = rng.choice(2, p=STAY[states[t - 1]]) if t else 0
        rolls[t] = rng.choice(6, p=DICE[states[t]])
    return states, rolls


def over_paths(total, e, a):
    """`total` of the scores of all paths: logsumexp or a maximum. e: (T, ..., S), a: (S, S)."""

    def step(e, scores):
        scores = total(scores[..., None] + a, -2) + e  # by the state before and the one after
        return scores, scores

    return total(mg.scan(step, e[0], e[1:])[1], -1)


def maximum(x, axis):
    return x.max(axis=axis)


def with_gradient(total, e, a):
    """The total over all paths, and its gradients by e and a."""
    e, a = (mg.tensor(given, requires_grad=True) for given in (e, a))
    found = over_paths(total, e, a)
    return found.item(), *(g.numpy() for g in mg.gradients(found, [e, a]))


def by_brute_force(e, a):
    """log Z, the marginals (T, S) and the best path, by going through all S^T paths."""
    T, S = e.shape
    paths = np.array(list(itertools.product(range(S), repeat=T)))              # (S^T, T)
    scores = e[np.arange(T), paths].sum(1) + a[paths[:, :-1], paths[:, 1:]].sum(1)
    weights = np.exp(scores - scores.max())
    marginals = [np.bincount(zs, weights, S) / weights.sum() for zs in paths.T]
    return scores.max() + np.log(weights.sum()), np.array(marginals), paths[scores.argmax()]


def learn(rolls, updates=200, seed=0):
    """The dice (2, 6), the habits (2, 2) and ln p on the way, from rolls (T, B) of B evenings."""
    rng = np.random.default_rng(seed)
    dice = mg.Parameter(rng.normal(0, 0.3, (2, 6)))
    habits = mg.Parameter(2 * np.eye(2))
    optimizer, totals = mg.optim.Adam([dice, habits], lr=0.05, maximize=True), []
    for _ in range(updates):
        e = np.moveaxis(log_softmax(dice, -1)[:, rolls], 0, -1)                # (T, B, 2)
        found = over_paths(logsumexp, e, log_softmax(habits, -1))              # (B,)
        total = (found + np.log(0.5)).sum()  # either die may be the first
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    return np.exp(log_softmax(dice, -1).numpy()), np.exp(log_softmax(habits, -1).numpy()), totals


def plot(states, marginals, path_found, path):
    figure = new_figure(9.0, 3.0)
    axes = figure.add_subplot()
    t = np.arange(1, 1 + len(states))
    axes.fill_between(t, 0, states, step="mid", color="#dddddd", label="loaded, in truth")
    axes.plot(t, marginals[:, 1], color="#0072b2", linewidth=1.2, label="P(loaded), the gradient")
    axes.step(t, -0.12 + 0.08 * path_found, where="mid", color="#d55e00", linewidth=1.2,
              label="the best path")
    axes.set(xlabel="roll", xlim=(0, len(t) + 1), ylim=(-0.2, 1.05), yticks=(0, 0.5, 1))
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.18), ncols=3)
    ruled(axes)
    return finish(figure, path)


def main(folder="out"):
    states, rolls = roll()
    e, a = np.log(DICE)[:, rolls].T, np.log(STAY)                              # (T, 2), (2, 2)
    log_z, marginals, _ = with_gradient(logsumexp, e[:10], a)
    exact, wanted, best = by_brute_force(e[:10], a)
    _, viterbi, _ = with_gradient(maximum, e[:10], a)
    print(f"ten rolls: log Z {log_z:.6f}, {exact:.6f} over all 1,024 paths; marginals off by "
          f"{np.abs(marginals - wanted).max():.0e}; best path "
          f"{'the same' if (viterbi.argmax(1) == best).all() else 'another'}")
    _, marginals, steps = with_gradient(logsumexp, e, a)
    _, viterbi, _ = with_gradient(maximum, e, a)
    counted = np.zeros((2, 2), int)
    np.add.at(counted, (states[:-1], states[1:]), 1)
    print(f"{len(rolls)} rolls: changes of the die expected {steps[0, 1] + steps[1, 0]:.1f}, in "
          f"truth {counted[0, 1] + counted[1, 0]}")
    for name, found in (("likeliest state", marginals), ("best path", viterbi)):
        print(f"    {name:<15} right at {(found.argmax(1) == states).mean():.0%} of the rolls")
    evenings = np.stack([roll(seed=seed)[1] for seed in range(10)], axis=1)
    dice, _, totals = learn(evenings)
    loaded = dice[dice[:, 5].argmax()]
    print(f"learned from ten evenings: ln p {totals[0]:.0f} → {totals[-1]:.0f}, the loaded die "
          f"{' '.join(f'{p:.2f}' for p in loaded)}")
    path = Path(folder) / "casino.png"
    plot(states, marginals, viterbi.argmax(1), path)
    print(path)


if __name__ == "__main__":
    command(main, __doc__)
