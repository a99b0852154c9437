"""A language model of Python's documentation, trained here and in PyTorch: nine tenths are read,
and the bits per character of the last tenth are the result.

Both have the same parameters at the start, windows, optimizer, schedule, clipping and number of
updates. PyTorch runs its fused LSTM. It adds two biases, of which one stays 0, so that the models
are the same too.
"""

from __future__ import annotations

import math
from time import perf_counter
from typing import Any

from rnn.demo.exporting import torch_state
from rnn.demo.run import Run
from rnn.demo.settings import Settings
from rnn.demo.text import documentation
from rnn.training import cosine

__all__ = ["SYSTEMS"]

EMBEDDING = 64


def prepared(seed: int) -> Run:
    """The run that both systems make, before its first update."""
    return Run(Settings(seed=seed, embedding=EMBEDDING, validate_every=10**9), documentation())


def minigrad(seed: int, updates: int) -> dict[str, float]:
    """Bits per held-out character, and the seconds that the updates took."""
    run = prepared(seed)
    run.train(steps=updates)
    return {"bits": run.trainer.best, "seconds": run.seconds, "loss": run.losses[-1]}


def torch(seed: int, updates: int) -> dict[str, float]:
    """The same in PyTorch."""
    import torch
    from torch.nn.functional import cross_entropy

    run = prepared(seed)
    settings, V = run.settings, len(run.vocabulary)
    embedding = torch.nn.Embedding(V, EMBEDDING)
    layer = torch.nn.LSTM(EMBEDDING, settings.hidden)
    head = torch.nn.Linear(settings.hidden, V)
    start = {name: torch.tensor(array) for name, array in torch_state(run.model).items()}
    for module, prefix in ((embedding, "encoder."), (layer, "rnn."), (head, "decoder.")):
        own = {n.removeprefix(prefix): a for n, a in start.items() if n.startswith(prefix)}
        module.load_state_dict(own)
    layer.bias_hh_l0.data.zero_()
    layer.bias_ih_l0.data = start["rnn.bias_ih_l0"] + start["rnn.bias_hh_l0"]
    layer.bias_hh_l0.requires_grad_(False)
    parameters = [p for m in (embedding, layer, head) for p in m.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=settings.learning_rate)

    state: Any = None
    began = perf_counter()
    for k in range(updates):
        inputs, targets = map(torch.from_numpy, run.window(k))
        h, (h_n, c_n) = layer(embedding(inputs), state)
        loss = cross_entropy(head(h).reshape(-1, V), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, settings.max_norm)
        optimizer.param_groups[0]["lr"] = settings.learning_rate * cosine(k / updates)
        optimizer.step()
        state = h_n.detach(), c_n.detach()
    seconds = perf_counter() - began
    bits = held_out(run, lambda tokens, state: _logits(embedding, layer, head, tokens, state))
    return {"bits": bits, "seconds": seconds, "loss": loss.item()}


def _logits(embedding: Any, layer: Any, head: Any, tokens: Any, state: Any) -> Any:
    import torch

    with torch.no_grad():
        h, state = layer(embedding(torch.from_numpy(tokens)), state)
        return head(h).numpy(), state


def held_out(run: Run, logits_of: Any) -> float:
    """Bits per character of the held-out text, laid out as for the model of the run."""
    from rnn.demo.language_model import held_out_bits

    class Other:
        def __call__(self, tokens: Any, state: Any, how: str) -> Any:
            return logits_of(tokens, state)

    bits = held_out_bits(Other(), run.data)    # type: ignore[arg-type]  # it is only called
    assert math.isfinite(bits)
    return bits * run.tokens_per_character


SYSTEMS = {"minigrad": minigrad, "torch": torch}
