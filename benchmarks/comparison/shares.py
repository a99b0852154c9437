"""The gradient of a weight that three steps share: is there more than the sum?

The recurrence is the one of the README: h_t = tanh(0.6 x_t + w h_{t-1}), L = ½ Σ (0.8 h_t - y_t)².
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["SEEN"]

W = 0.9
DATA = [(0.5, 0.4), (0.1, 0.2), (0.4, 0.1)]


def loss_of(weights: Sequence[Any], tanh: Callable[[Any], Any], h: Any = 0.0) -> Any:
    """L, with a weight for each step, which may be one and the same."""
    loss: Any = 0.0
    for w, (x, y) in zip(weights, DATA, strict=True):
        h = tanh(0.6 * x + w * h)
        loss = loss + 0.5 * (0.8 * h - y) ** 2
    return loss


def said(values: Sequence[Any]) -> str:
    """Numbers to four decimals."""
    return ", ".join(f"{float(v):.4f}" for v in values)


def minigrad() -> str:
    """the ledger of the weight."""
    import minigrad as mg
    import rnn

    w = mg.tensor(W, requires_grad=True, name="w")
    h, loss = mg.tensor(0.0), mg.tensor(0.0)
    for t, (x, y) in enumerate(DATA, start=1):
        with mg.scope("rnn", t=t):
            h = np.tanh(0.6 * x + w * h)
            loss = loss + 0.5 * (0.8 * h - y) ** 2
    return said(rnn.bptt.ledger(loss, w)["w"])


def torch() -> str:
    """what a hook on the weight is called with."""
    import torch

    calls: list[Any] = []
    w = torch.tensor(W, dtype=torch.float64, requires_grad=True)
    w.register_hook(calls.append)
    loss_of([w] * 3, torch.tanh, torch.tensor(0.0, dtype=torch.float64)).backward()
    return f"{len(calls)} call: {said(calls)}"


def torch__untied() -> str:
    """a copy of the weight for each step, made by hand."""
    import torch

    w = torch.tensor(W, dtype=torch.float64, requires_grad=True)
    copies = [w.clone() for _ in DATA]
    for copy in copies:
        copy.retain_grad()
    loss_of(copies, torch.tanh, torch.tensor(0.0, dtype=torch.float64)).backward()
    return said([copy.grad for copy in copies])


def torch__layer() -> str:
    """nodes between the outputs of nn.LSTM, of 5 steps, and its weights."""
    import torch

    outputs, _ = torch.nn.LSTM(3, 4)(torch.ones(5, 2, 3))
    found, todo = set(), [outputs.grad_fn]
    while todo:
        node = todo.pop()
        if node is not None and node not in found and "AccumulateGrad" not in node.name():
            found.add(node)
            todo += [before for before, _ in node.next_functions]
    names = sorted({node.name() for node in found})
    return f"{len(found)}: {', '.join(names)}" if len(names) < 4 else f"{len(found)}"


def module_of(forward: Callable[[Any, Any], Any]) -> Any:
    """``forward(w, h)`` as a PyTorch module with one weight, which TorchLens' log wants alive."""
    import torch

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = torch.nn.Parameter(torch.tensor(W, dtype=torch.float64))

        def forward(self, h: Any) -> Any:
            return forward(self.w, h)

    return Net()


def torchlens() -> str:
    """gradients kept of the weight, and of the product w · h, of three passes."""
    import torch
    import torchlens

    capture = torchlens.options.CaptureOptions(save_grads=True)
    net = module_of(lambda w, h: loss_of([w] * 3, torch.tanh, h))
    log = torchlens.trace(net, torch.tensor(0.0, dtype=torch.float64), capture=capture)
    log.log_backward(log[log.output_layers[0]].out)
    (weight,) = log.params
    by_pass = said([op.grad for op in log.ops if op.uses_params])
    return f"{len(weight.grads)}: {said([weight.grad])}; of the product {by_pass}"


def jax() -> str:
    """a copy of the weight for each step, made by hand."""
    import jax

    return said(jax.grad(lambda ws: loss_of(ws, jax.numpy.tanh))([W] * 3))


def autograd() -> str:
    """the gradient."""
    import autograd
    import autograd.numpy as anp

    return said([autograd.grad(lambda w: loss_of([w] * 3, anp.tanh))(W)])


def mygrad() -> str:
    """the gradient."""
    import mygrad

    w = mygrad.tensor(W)
    loss_of([w] * 3, np.tanh).backward()
    return said([w.grad])


def micrograd() -> str:
    """the gradient."""
    from micrograd.engine import Value

    def tanh(x: Any) -> Any:  # it has relu; of its + * ** alone, and so is e^x not to be had
        squared = x * x
        return x * (squared * (squared + 105) + 945) / ((squared * 15 + 420) * squared + 945)

    w = Value(W)
    loss_of([w] * 3, tanh).backward()
    return f"{said([w.grad])} (with a rational tanh)"


def advect() -> str:
    """the gradient."""
    import advect

    return said([advect.grad(lambda w: loss_of([w] * 3, np.tanh))(np.array(W))])


SEEN = (minigrad, torch, torch__untied, torch__layer, torchlens, jax, autograd, mygrad, micrograd,
        advect)
