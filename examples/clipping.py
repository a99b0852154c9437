"""Gradient clipping: g ← min(1, θ/‖g‖) g, with one norm over all parameters.

A recurrent network with large weights has gradients that are mostly harmless and now and then
enormous: one such step throws the weights away. Clipping by the norm shortens the step and keeps
its direction. It has to be one norm over all parameters: clipping each on its own, or each entry,
turns the step into another direction, as the angles below show.

Clipping does nothing for gradients that vanish.

Run it with ``python -m examples.clipping``.
"""

from __future__ import annotations

import math

import numpy as np

import rnn
from examples._command import command
from minigrad import init
from minigrad.optim import clip_grad_norm, clip_grad_value
from rnn.bptt import TruncationError


def network(gain=2.0, T=20, seed=0):
    """A tanh network with large weights, its inputs, and a target for the last state."""
    rng = np.random.default_rng(seed)
    cell = rnn.ElmanCell(2, 8, dtype=float, rng=rng)
    cell.gate("h").W_hh = init.orthogonal((8, 8), gain=gain, rng=rng, dtype=float)
    return cell, 0.3 * rng.normal(size=(T, 1, 2)), 0.5 * rng.normal(size=(1, 8))


def backward(cell, xs, target):
    """The loss ½‖h_T - target‖², with fresh gradients in the parameters."""
    cell.zero_grad()
    _, h = rnn.unroll(cell, xs)
    loss = 0.5 * ((h - target) ** 2).sum()
    loss.backward()
    return loss.item()


def gradients(cell):
    return {name: p.grad.numpy().copy() for name, p in cell.named_parameters()}


def clipped(theta=1.0):
    """‖g‖; then by way of clipping the norm that is left, and the angle to g in degrees."""
    cell, xs, target = network()
    backward(cell, xs, target)
    full = gradients(cell)
    found = {}
    for way in ("one norm", "a norm for each parameter", "each entry"):
        backward(cell, xs, target)
        if way == "one norm":
            norm = clip_grad_norm(cell.parameters(), theta)
        elif way == "each entry":
            clip_grad_value(cell.parameters(), theta)
        else:
            for p in cell.parameters():
                clip_grad_norm([p], theta)
        left = clip_grad_norm(cell.parameters(), math.inf)  # which only measures
        found[way] = (left, TruncationError(full, gradients(cell)).angle())
    return norm, found


def train(theta, updates=100, rate=0.05):
    """The losses of gradient descent with clipping at theta; math.inf is none."""
    cell, xs, target = network()
    losses, norms = [], []
    for _ in range(updates):
        losses.append(backward(cell, xs, target))
        norms.append(clip_grad_norm(cell.parameters(), theta))
        for p in cell.parameters():
            p.data -= rate * p.grad.numpy()
    return losses, norms


def main():
    norm, found = clipped()
    print(f"‖g‖ = {norm:.3f}, clipped at θ = 1")
    for way, (left, angle) in found.items():
        print(f"    {way:<26} leaves ‖g‖ = {left:.6f}, turned by {angle:.1f}°")
    for theta in (math.inf, 1.0):
        losses, norms = train(theta)
        print(f"\ngradient descent with θ = {theta}: ‖g‖ up to {max(norms):.0f}")
        print("    loss", " ".join(f"{loss:.4f}" for loss in losses[::12]), f"... {losses[-1]:.4f}")


if __name__ == "__main__":
    command(main, __doc__)
