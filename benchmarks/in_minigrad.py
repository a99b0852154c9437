"""The task in minigrad: a layer of `rnn`, and cells written as a user's own ``step``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .task import Shape, batch, weights
from .workload import Workload

__all__ = ["STEPS", "layer", "own", "states"]

Step = Callable[[Any, Any], Any]


def layer(shape: Shape, kind: str = "lstm", how: str | None = "scan") -> Workload:
    """``rnn.LSTM``, ``rnn.GRU`` or ``rnn.RNN`` on tokens; how: as the layer takes it, so that None
    is what it chooses by itself."""
    import minigrad as mg
    import rnn

    values = weights(shape, kind=kind)
    made = {"lstm": rnn.LSTM, "gru": rnn.GRU, "elman": rnn.RNN}[kind](shape.V, shape.H, how=how)
    cell: Any = made.cell
    parameters = {name: mg.Parameter(values[name]) for name in ("W_hq", "b_q")}
    for name in dict(cell.named_parameters()):
        parameters[name] = getattr(cell, name)
        parameters[name].data = values[name]
    return _trained(shape, parameters, lambda xs: made(xs)[0])


def own(shape: Shape, kind: str = "own", **options: Any) -> Workload:
    """``minigrad.scan`` of a step; `options` go to it: ``how``, ``passes``."""
    import minigrad as mg

    parameters = {k: mg.Parameter(v) for k, v in weights(shape, kind=kind).items()}
    step = STEPS[kind](**parameters)
    zeros = np.zeros((shape.B, shape.H), np.float32)

    def outputs(xs: Any) -> Any:
        hs, _ = mg.scan(step, (zeros, zeros), xs, **options)
        return hs

    return _trained(shape, parameters, outputs)


def states(shape: Shape, how: str = "scan") -> Workload:
    """An LSTM of which only the last state is asked for, so that no step has an output to keep."""
    import minigrad as mg

    given = weights(shape)
    parameters = {k: mg.Parameter(given[k]) for k in ("W_xh", "W_hh", "b_h")}
    lstm, xs = plain_lstm(**parameters), mg.tensor(batch(shape)[0])
    zeros = np.zeros((shape.B, shape.H), np.float32)

    def step(x: Any, state: Any) -> Any:
        _, after = lstm(x, state)
        return (), after

    def forward() -> Any:
        _, (h, _) = mg.scan(step, (zeros, zeros), xs, how=how)
        return h.sum()

    return _with_gradients(forward, parameters)


def _trained(
    shape: Shape, parameters: dict[str, Any], outputs: Callable[[Any], Any]
) -> Workload:
    """Outputs (T, B, H) of tokens, the head, and the loss."""
    from minigrad.functional import cross_entropy

    W_hq, b_q = parameters["W_hq"], parameters["b_q"]
    xs, targets = batch(shape)

    def forward() -> Any:
        rows = outputs(xs).reshape(-1, shape.H)                          # (T·B, H)
        return cross_entropy(rows @ W_hq + b_q, targets.reshape(-1))

    return _with_gradients(forward, parameters)


def _with_gradients(forward: Callable[[], Any], parameters: dict[str, Any]) -> Workload:
    def backward(loss: Any) -> None:
        for p in parameters.values():
            p.zero_grad()
        loss.backward()

    def gradients() -> dict[str, np.ndarray[Any, Any]]:
        return {name: p.grad.numpy() for name, p in parameters.items()}

    return Workload(forward, backward, gradients)


def plain_lstm(W_xh: Any, W_hh: Any, b_h: Any, **head: Any) -> Step:
    """An LSTM: gates i, f, g, o."""
    from minigrad.functional import embedding, sigmoid

    def step(x: Any, state: Any) -> Any:
        h, c = state
        z = embedding(x, W_xh) + h @ W_hh + b_h                          # (B, 4H)
        i, f, g, o = np.split(z, 4, axis=-1)                             # each (B, H)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        return h, (h, c)

    return step


def normalised_lstm(
    W_xh: Any, W_hh: Any, b_h: Any, gain: Any, p_i: Any, p_f: Any, p_o: Any, gain_c: Any, b_c: Any,
    **head: Any,
) -> Step:
    """With layer norm and peepholes: the cell of one's own in `task.KINDS`."""
    from minigrad.functional import embedding, layer_norm, sigmoid

    H = len(p_i)

    def step(x: Any, state: Any) -> Any:
        h, c = state
        z = layer_norm(embedding(x, W_xh) + h @ W_hh, 4 * H, gain, b_h)  # (B, 4H)
        i, f, g, o = np.split(z, 4, axis=-1)                             # each (B, H)
        i, f = sigmoid(i + p_i * c), sigmoid(f + p_f * c)
        c = f * c + i * np.tanh(g)
        h = sigmoid(o + p_o * c) * np.tanh(layer_norm(c, H, gain_c, b_c))
        return h, (h, c)

    return step


STEPS: dict[str, Callable[..., Step]] = {"lstm": plain_lstm, "own": normalised_lstm}
"""The cells that are written as a step, by kind."""
