"""Baselines that several examples share, and how their settings are chosen fairly: by
cross-validation on what is learned from, never by the test."""

from __future__ import annotations

import numpy as np

from examples._data import padded
from minigrad import Parameter, optim
from minigrad.functional import cross_entropy

__all__ = ["cross_validated", "logistic_regression", "nearest_warped", "warped"]


def cross_validated(classify, options, seen, labels, folds=5):
    """The option with which `classify(seen, labels, asked, option)` is right most often when each
    fold of the rows is told from the others; of equally good ones the first."""
    fold = np.arange(len(seen)) % folds

    def right(option):
        return np.mean([
            (classify(seen[fold != k], labels[fold != k], seen[fold == k], option)
             == labels[fold == k]).mean()
            for k in range(folds)
        ])

    return max(options, key=right)


def logistic_regression(seen, labels, asked, decay, updates=200):
    """The labels of the rows that are asked for: softmax(x W + b), with a penalty of
    decay/2 · |W|², fitted on the rows seen, whose columns are scaled."""
    centre, spread = seen.mean(axis=0), seen.std(axis=0) + 1e-9
    rows = (seen - centre) / spread
    count = labels.max() + 1
    W, b = Parameter(np.zeros((rows.shape[1], count))), Parameter(np.zeros(count))
    optimizer = optim.Adam([W, b])
    for update in range(updates):
        optimizer.lr = 0.1 * (1 - update / updates)
        loss = cross_entropy(rows @ W + b, labels) + decay / 2 * (W * W).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return ((asked - centre) / spread @ W.numpy() + b.numpy()).argmax(axis=1)


def warped(asked, learned, band):
    """What it costs to lay each sequence (T, K) asked for over each learned one, by the cheapest
    path that strays no more than `band` steps from the diagonal: (asked, learned)."""
    known, ends = padded(learned, 0.0)                                  # (S, B, K)
    found = []
    for sequence in asked:
        far = ((sequence[:, None, None] - known) ** 2).sum(axis=3)     # (T, S, B)
        T, S, B = far.shape
        diagonal = np.arange(T)[:, None] * (ends - 1) / (T - 1)         # (T, B)
        cost = np.full((T + 1, S + 1, B), np.inf)
        cost[0, 0] = 0
        for t, s in np.ndindex(T, S):
            least = np.minimum(np.minimum(cost[t, s], cost[t, s + 1]), cost[t + 1, s])
            near = np.abs(s - diagonal[t]) <= band
            cost[t + 1, s + 1] = np.where(near, far[t, s] + least, np.inf)
        found.append(cost[T, ends, np.arange(B)])
    return np.array(found)


def nearest_warped(learned, labels, asked, bands=(1, 2, 4, 8)):
    """The label of the nearest sequence by dynamic time warping, with the band that does best when
    each sequence learned from is told from the others."""

    def right(band):
        cost = warped(learned, learned, band)
        np.fill_diagonal(cost, np.inf)
        return (labels[cost.argmin(axis=1)] == labels).mean()

    band = max(bands, key=right)
    return labels[warped(asked, learned, band).argmin(axis=1)]
