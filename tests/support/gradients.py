"""Gradients for optimizers to step along."""

import minigrad as mg


def give_grads(params, rng):
    """Each gets one from N(0, 1), in its own dtype."""
    for p in params:
        p.grad = mg.tensor(rng.normal(size=p.shape).astype(p.dtype))
