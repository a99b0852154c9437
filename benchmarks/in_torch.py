"""The task in PyTorch: fused layers, and a loop over the steps for a cell that has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .task import Shape, batch, weights
from .workload import Workload

__all__ = ["fused", "loop"]


def fused(shape: Shape, kind: str = "lstm", onednn: bool = True) -> Workload:
    """``torch.nn.LSTM``, ``GRU`` or ``RNN``. They take no tokens: one-hot rows are made before.

    onednn: whether PyTorch may call that library, which has the LSTM as one of its kernels (and not
    the other two, for training in float32); else it is PyTorch's own.
    """
    import torch

    H, V = shape.H, shape.V
    values = {k: torch.tensor(v.T) for k, v in weights(shape, kind=kind).items()}
    layer = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "elman": torch.nn.RNN}[kind](V, H)
    head = torch.nn.Linear(H, V)
    two = "b_xh" in values
    places = {
        "W_xh": layer.weight_ih_l0, "W_hh": layer.weight_hh_l0,
        "b_xh" if two else "b_h": layer.bias_ih_l0,
        "W_hq": head.weight, "b_q": head.bias,
    }
    if two:
        places["b_hh"] = layer.bias_hh_l0
    with torch.no_grad():
        layer.bias_hh_l0.zero_()
        for name, p in places.items():
            p.copy_(values[name])
    xs, targets = batch(shape)
    rows = torch.tensor(np.eye(V, dtype=np.float32)[xs])                 # (T, B, V)
    wanted = torch.tensor(targets.reshape(-1))

    def forward() -> Any:
        hs, _ = layer(rows)
        return torch.nn.functional.cross_entropy(head(hs.reshape(-1, H)), wanted)

    workload = _with_gradients(forward, places, turned=True)
    return workload if onednn else _without_onednn(workload)


def _without_onednn(workload: Workload) -> Workload:
    """The same, with PyTorch's own kernels."""
    from torch.backends import mkldnn

    def plainly(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            before = mkldnn.enabled
            mkldnn.enabled = False
            try:
                return function(*args)
            finally:
                mkldnn.enabled = before

        return call

    forward, backward, gradients = workload
    return Workload(plainly(forward), plainly(backward), gradients)


def loop(shape: Shape, kind: str = "own") -> Workload:
    """The cell of one's own, a step after the other; its tokens are looked up for all of them."""
    import torch
    from torch.nn.functional import cross_entropy, embedding, layer_norm

    T, B, H, _ = shape
    p = {k: torch.tensor(v, requires_grad=True) for k, v in weights(shape, kind=kind).items()}
    W_xh, W_hh, b_h, W_hq, b_q, gain, p_i, p_f, p_o, gain_c, b_c = p.values()
    xs, targets = (torch.tensor(a) for a in batch(shape))

    def step(x: Any, h: Any, c: Any) -> tuple[Any, Any]:
        z = layer_norm(x + h @ W_hh, (4 * H,), gain, b_h)                # (B, 4H)
        i, f, g, o = z.chunk(4, dim=-1)
        i, f = torch.sigmoid(i + p_i * c), torch.sigmoid(f + p_f * c)
        c = f * c + i * torch.tanh(g)
        return torch.sigmoid(o + p_o * c) * torch.tanh(layer_norm(c, (H,), gain_c, b_c)), c

    def forward() -> Any:
        h, c, hs = torch.zeros(B, H), torch.zeros(B, H), []
        for x in embedding(xs, W_xh).unbind():
            h, c = step(x, h, c)
            hs.append(h)
        logits = torch.stack(hs).reshape(T * B, H) @ W_hq + b_q
        return cross_entropy(logits, targets.reshape(-1))

    return _with_gradients(forward, p)


def _with_gradients(
    forward: Any, parameters: dict[str, Any], turned: bool = False
) -> Workload:
    """parameters: by our names; turned: whether matrices are the other way round."""

    def backward(loss: Any) -> None:
        for p in parameters.values():
            p.grad = None
        loss.backward()

    def gradients() -> dict[str, Any]:
        found = {name: p.grad.numpy() for name, p in parameters.items()}
        return {name: g.T if turned else g for name, g in found.items()}  # of a vector it is itself

    return Workload(forward, backward, gradients)
