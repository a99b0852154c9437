"""A training step of a character LSTM, up to the gradients: what the demo does all the time.

One layer over T steps, a linear head on all hidden states, the mean cross-entropy of the next
token, and the gradients of all parameters, in float32. Both systems start from the same weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .task import Shape, batch, weights
from .workload import Workload

__all__ = ["SYSTEMS", "Shape", "batch", "trainer", "weights"]

Array = np.ndarray[Any, Any]


def minigrad(shape: Shape, one_hot: bool = False, dtype: Any = np.float32) -> Workload:
    """``unroll`` of LSTMCell. With `one_hot` it gets rows (T, B, V) in place of tokens."""
    import minigrad as mg
    import rnn
    from minigrad.functional import cross_entropy

    cell = rnn.LSTMCell(shape.V, shape.H, dtype=dtype)
    values = weights(shape, dtype)
    cell.W_xh.data, cell.W_hh.data, cell.b_h.data = (values[k] for k in ("W_xh", "W_hh", "b_h"))
    W_hq, b_q = mg.Parameter(values["W_hq"]), mg.Parameter(values["b_q"])
    parameters: dict[str, Any] = {**dict(cell.named_parameters()), "W_hq": W_hq, "b_q": b_q}
    xs, targets = batch(shape)
    inputs = mg.tensor(np.eye(shape.V, dtype=dtype)[xs] if one_hot else xs)

    def forward() -> Any:
        hs, _ = rnn.unroll(cell, inputs)                                 # (T, B, H)
        logits = hs.reshape(-1, shape.H) @ W_hq + b_q                    # (T·B, V)
        return cross_entropy(logits, targets.reshape(-1))

    def backward(loss: Any) -> None:
        for p in parameters.values():
            p.zero_grad()
        loss.backward()

    def gradients() -> dict[str, Array]:
        return {name: p.grad.numpy() for name, p in parameters.items()}

    return Workload(forward, backward, gradients)


def torch(shape: Shape, one_hot: bool = True, dtype: Any = np.float32) -> Workload:
    """A loop over torch.nn.LSTMCell. It takes no tokens: the one-hot rows are made beforehand."""
    import torch

    _, B, H, V = shape
    values = {k: torch.tensor(v) for k, v in weights(shape, dtype).items()}
    cell = torch.nn.LSTMCell(V, H, dtype=values["b_h"].dtype)
    head = torch.nn.Linear(H, V, dtype=values["b_h"].dtype)
    with torch.no_grad():
        cell.weight_ih.copy_(values["W_xh"].T)
        cell.weight_hh.copy_(values["W_hh"].T)
        cell.bias_ih.copy_(values["b_h"])
        cell.bias_hh.zero_()
        head.weight.copy_(values["W_hq"].T)
        head.bias.copy_(values["b_q"])
    parameters = [*cell.parameters(), *head.parameters()]
    xs, targets = batch(shape)
    rows = list(torch.tensor(np.eye(V, dtype=dtype)[xs]).unbind())       # T times (B, V)
    wanted = torch.tensor(targets.reshape(-1))
    zeros = torch.zeros(B, H, dtype=values["b_h"].dtype)

    def forward() -> Any:
        h, c, hs = zeros, zeros, []
        for x in rows:
            h, c = cell(x, (h, c))
            hs.append(h)
        logits = head(torch.stack(hs).reshape(-1, H))                    # (T·B, V)
        return torch.nn.functional.cross_entropy(logits, wanted)

    def backward(loss: Any) -> None:
        for p in parameters:
            p.grad = None
        loss.backward()

    def gradients() -> dict[str, Array]:
        found = {
            "W_xh": cell.weight_ih.grad.T, "W_hh": cell.weight_hh.grad.T, "b_h": cell.bias_ih.grad,
            "W_hq": head.weight.grad.T, "b_q": head.bias.grad,
        }
        return {name: g.numpy() for name, g in found.items()}

    return Workload(forward, backward, gradients)


SYSTEMS = {"minigrad": minigrad, "torch": torch}


def trainer() -> Callable[[], float]:
    """A whole training step of a small RNN, and its loss: unroll, backward, clip, Adam."""
    shape = Shape(T=4, B=2, H=4, V=5)
    import minigrad as mg
    import rnn
    from minigrad.functional import cross_entropy
    from minigrad.optim import Adam, clip_grad_norm

    cell = rnn.ElmanCell(shape.V, shape.H, rng=0)
    W_hq = mg.Parameter(weights(shape)["W_hq"])
    parameters = [*cell.parameters(), W_hq]
    optimizer = Adam(parameters, lr=1e-3)
    xs, targets = batch(shape)
    state: list[Any] = [None]

    def step() -> float:
        hs, last = rnn.unroll(cell, xs, state[0])
        state[0] = rnn.detach(last)
        loss = cross_entropy(hs.reshape(-1, shape.H) @ W_hq, targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm(parameters, 1.0)
        optimizer.step()
        return loss.item()

    return step
