"""A training step of a character LSTM whose layer is one ``scan`` of a cell written in eight lines,
beside the same cell unrolled and PyTorch's fused layer: ``python -m benchmarks.scan``.

Tokens → layer → linear → mean cross-entropy, forward and backward, float32, one thread each. The
passes of all systems alternate in one process each, and the fastest counts: a machine that does
other things slows down all of them.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .lstm import Shape, batch, weights
from .workload import Workload

__all__ = ["fused", "scanned"]


def lstm(W: Any, U: Any, b: Any) -> Callable[[Any, Any], Any]:
    """The cell: token rows of W, or products with it; gates i, f, g, o."""
    from minigrad.functional import embedding, sigmoid

    def step(x: Any, state: Any) -> Any:
        h, c = state
        z = embedding(x, W) + h @ U + b                                  # (B, 4H)
        i, f, g, o = np.split(z, 4, axis=-1)                             # each (B, H)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        return h, (h, c)

    return step


def scanned(shape: Shape, how: str = "scan", **options: Any) -> Workload:
    """``scan`` of the cell above; how: "scan" or "unroll"."""
    import minigrad as mg
    from minigrad.functional import cross_entropy

    parameters = {name: mg.Parameter(value) for name, value in weights(shape).items()}
    W_xh, W_hh, b_h, W_hq, b_q = parameters.values()
    step = lstm(W_xh, W_hh, b_h)
    xs, targets = batch(shape)
    zeros = np.zeros((shape.B, shape.H), np.float32)

    def forward() -> Any:
        hs, _ = mg.scan(step, (zeros, zeros), xs, how=how, **options)    # (T, B, H)
        logits = hs.reshape(-1, shape.H) @ W_hq + b_q
        return cross_entropy(logits, targets.reshape(-1))

    def backward(loss: Any) -> None:
        for p in parameters.values():
            p.zero_grad()
        loss.backward()

    return Workload(
        forward, backward, lambda: {name: p.grad.numpy() for name, p in parameters.items()}
    )


def fused(shape: Shape) -> Workload:
    """``torch.nn.LSTM``. It takes no tokens: the one-hot rows are made beforehand."""
    import torch

    torch.set_num_threads(1)
    H, V = shape.H, shape.V
    values = {k: torch.tensor(v) for k, v in weights(shape).items()}
    layer, head = torch.nn.LSTM(V, H), torch.nn.Linear(H, V)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(values["W_xh"].T)
        layer.weight_hh_l0.copy_(values["W_hh"].T)
        layer.bias_ih_l0.copy_(values["b_h"])
        layer.bias_hh_l0.zero_()
        head.weight.copy_(values["W_hq"].T)
        head.bias.copy_(values["b_q"])
    parameters = [*layer.parameters(), *head.parameters()]
    xs, targets = batch(shape)
    rows = torch.tensor(np.eye(V, dtype=np.float32)[xs])                 # (T, B, V)
    wanted = torch.tensor(targets.reshape(-1))

    def forward() -> Any:
        hs, _ = layer(rows)
        return torch.nn.functional.cross_entropy(head(hs.reshape(-1, H)), wanted)

    def backward(loss: Any) -> None:
        for p in parameters:
            p.grad = None
        loss.backward()

    def gradients() -> dict[str, Any]:
        found = {
            "W_xh": layer.weight_ih_l0.grad.T, "W_hh": layer.weight_hh_l0.grad.T,
            "b_h": layer.bias_ih_l0.grad, "W_hq": head.weight.grad.T, "b_q": head.bias.grad,
        }
        return {name: g.numpy() for name, g in found.items()}

    return Workload(forward, backward, gradients)


def alternating(
    systems: dict[str, Workload], seconds: float = 8.0
) -> dict[str, tuple[float, float]]:
    """The fastest pass and the median of each, in ms, their passes taken in turn."""
    times: dict[str, list[float]] = {name: [] for name in systems}
    for work in systems.values():
        work.backward(work.forward())
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, work in systems.items():
            start = time.perf_counter()
            work.backward(work.forward())
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: (min(ts), float(np.median(ts))) for name, ts in times.items()}


def main() -> None:
    """Print the table for H of the command line (default 64, 128, 256)."""
    for H in map(int, sys.argv[1:] or ("64", "128", "256")):
        shape = Shape(T=64, B=32, H=H, V=65)
        systems = {"unroll": scanned(shape, "unroll"), "scan": scanned(shape)}
        with contextlib.suppress(ImportError):
            systems["torch.nn.LSTM"] = fused(shape)
        for name, (best, median) in alternating(systems).items():
            print(f"H={H:4d}  {name:14s} fastest {best:7.2f} ms  median {median:7.2f} ms")
        first = systems["unroll"].gradients()
        for name, work in systems.items():
            for key, g in work.gradients().items():
                apart = np.abs(g - first[key]).max() / np.abs(first[key]).max()
                if apart > 1e-4:
                    print(f"{name}: {key} differs by {apart:.1e}")


if __name__ == "__main__":
    main()
