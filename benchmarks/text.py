"""A language model of Python's documentation, trained here and in PyTorch: nine tenths are read,
and the bits per character of the last tenth are the result.

Both have the same parameters at the start, windows, optimizer, schedule, clipping, dropout and
number of updates. PyTorch runs its fused layer. To its LSTM it adds two biases, of which one stays
0, so that the models are the same too.

    python -m benchmarks.text two-layer-gru torch 4000    # one run, and how long its updates took
"""

from __future__ import annotations

import math
import sys
from time import perf_counter
from typing import Any

from rnn.demo.exporting import torch_state
from rnn.demo.run import Run
from rnn.demo.settings import Settings
from rnn.demo.text import documentation
from rnn.training import cosine

__all__ = ["MODELS", "SYSTEMS"]

MODELS: dict[str, dict[str, Any]] = {
    "lstm": {"embedding": 64},
    "two-layer-gru": {
        "cell": "gru", "layers": 2, "hidden": 256, "embedding": 64, "dropout": 0.25,
        "learning_rate": 0.006,
    },
}


def prepared(model: str, seed: int) -> Run:
    """The run that both systems make, before its first update."""
    settings = Settings(seed=seed, validate_every=10**9, **MODELS[model])
    return Run(settings, documentation())


def minigrad(model: str, seed: int, updates: int) -> dict[str, float]:
    """Bits per held-out character, and the seconds that the updates took."""
    run = prepared(model, seed)
    run.train(steps=updates)
    return {"bits": run.trainer.best, "seconds": run.seconds, "loss": run.losses[-1]}


def torch(model: str, seed: int, updates: int) -> dict[str, float]:
    """The same in PyTorch."""
    import torch
    from torch.nn.functional import cross_entropy

    run = prepared(model, seed)
    net = _torch_net(run)
    settings, V = run.settings, len(run.vocabulary)
    parameters = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=settings.learning_rate)

    state: Any = None
    began = perf_counter()
    for k in range(updates):
        inputs, targets = map(torch.from_numpy, run.window(k))
        logits, state = net(inputs, state)
        loss = cross_entropy(logits.reshape(-1, V), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, settings.max_norm)
        optimizer.param_groups[0]["lr"] = settings.learning_rate * cosine(k / updates)
        optimizer.step()
        state = tuple(s.detach() for s in state) if type(state) is tuple else state.detach()
    seconds = perf_counter() - began
    return {"bits": held_out(run, net), "seconds": seconds, "loss": loss.item()}


def _torch_net(run: Run) -> Any:
    """The model of a run as a PyTorch module with the same parameters."""
    import torch
    from torch.nn.functional import dropout

    settings, V = run.settings, len(run.vocabulary)
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[settings.cell]
    between = settings.dropout if settings.layers > 1 else 0.0

    class Net(torch.nn.Module):    # type: ignore[misc]  # PyTorch need not be there
        def __init__(self) -> None:
            super().__init__()
            self.encoder = torch.nn.Embedding(V, settings.embedding)
            self.rnn = kind(settings.embedding, settings.hidden, settings.layers, dropout=between)
            self.decoder = torch.nn.Linear(settings.hidden, V)

        def forward(self, tokens: Any, state: Any) -> Any:
            x = dropout(self.encoder(tokens), settings.dropout, self.training)
            h, state = self.rnn(x, state)
            return self.decoder(dropout(h, settings.dropout, self.training)), state

    net = Net()
    net.load_state_dict({k: torch.tensor(a) for k, a in torch_state(run.model).items()})
    if settings.cell == "lstm":
        layer = net.rnn
        layer.bias_ih_l0.data += layer.bias_hh_l0.data
        layer.bias_hh_l0.data.zero_()
        layer.bias_hh_l0.requires_grad_(False)
    return net


def held_out(run: Run, net: Any) -> float:
    """Bits per character of the held-out text, laid out as for the model of the run."""
    import torch

    from rnn.demo.language_model import held_out_bits

    class Other:
        def __call__(self, tokens: Any, state: Any, how: str) -> Any:
            with torch.no_grad():
                logits, state = net(torch.from_numpy(tokens), state)
            return logits.numpy(), state

    net.eval()
    bits = held_out_bits(Other(), run.data)    # type: ignore[arg-type]  # it is only called
    assert math.isfinite(bits)
    return bits * run.tokens_per_character


SYSTEMS = {"minigrad": minigrad, "torch": torch}

if __name__ == "__main__":
    print(SYSTEMS[sys.argv[2]](sys.argv[1], 0, int(sys.argv[3])))
