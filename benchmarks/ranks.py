"""What several ranks gain: ``mpiexec -n 2 python -m benchmarks.ranks`` prints one line of JSON.

A character model (an LSTM of H units and its readout) takes steps of Adam by
``rnn.parallel.ParallelTrainer``; then the sum over all gradients, and one of nothing, are timed by
themselves. ``python -m benchmarks.ranks --predict`` prints what to expect of 2 to 256 machines, by
a model in four numbers: docs/parallel.md has both.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from typing import Any

import numpy as np

from .measure import MISSING

__all__ = ["NETWORKS", "main", "measured", "pays_from", "prediction", "seconds_of_sum"]

# Seconds a message, and bytes a second. The first two are measured here, by the fastest "empty sum"
# and "sum" of two ranks; the others are what such networks are sold as.
NETWORKS = {
    "one machine, shared memory": (1.6e-6, 6.4e9),
    "one machine, loopback": (6.4e-6, 4.5e9),
    "100 Gbit/s": (2e-6, 11e9),
    "10 Gbit/s": (30e-6, 1.1e9),
    "1 Gbit/s": (50e-6, 0.11e9),
}


def measured(H: int, batch: int, split: bool, steps: int, V: int = 96, T: int = 64) -> Any:
    """Seconds of a step and of its sum, the fastest of all, on every rank alike.

    batch: B, of all ranks together if `split`, else of each.
    """
    import minigrad as mg
    import rnn
    from rnn.parallel import ParallelTrainer, world

    group = world()
    B = batch if split else batch * group.size
    model = mg.Module()
    model.layer, model.head = rnn.LSTM(V, H, rng=0), rnn.Readout(H, V, rng=1)
    tokens = np.random.default_rng(0).integers(0, V, (T + 1, B))

    def loss(model: Any, x: Any, y: Any) -> Any:
        logits = model.head(model.layer(x)[0])
        return mg.functional.cross_entropy(logits.reshape(-1, V), y.reshape(-1))

    times: list[float] = [time.perf_counter()]
    trainer = ParallelTrainer(
        model, loss, group=group, callbacks=[lambda _: times.append(time.perf_counter())]
    )
    trainer.fit([(tokens[:-1], tokens[1:])], steps=steps + 2)
    step = min(np.diff(times)[2:])
    count = sum(p.size for p in model.parameters())
    return {
        "ranks": group.size, "H": H, "B": B, "T": T, "parameters": count, "step": step,
        "tokens per second": B * T / step,
        "sum": _fastest(group, count), "empty sum": _fastest(group, 1),
    }


def _fastest(group: Any, count: int) -> float:
    """Seconds for the sum of so many float32, the fastest of some."""
    array, best = np.ones(count, np.float32), np.inf
    for _ in range(20):
        group.sum(0.0)    # all begin together
        start = time.perf_counter()
        group.sum(array)
        best = min(best, time.perf_counter() - start)
    return float(best)


def seconds_of_sum(
    machines: int, parameters: int, latency: float, bandwidth: float
) -> float:
    """Seconds to add up so many float32 over machines in a ring: 2 (N - 1) messages, each 1/N of
    all (Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms, 2009)."""
    return 2 * (machines - 1) * (latency + 4 * parameters / machines / bandwidth)


def pays_from(
    machines: int, parameters: int, row: float, latency: float, bandwidth: float, part: float = 0.8
) -> int:
    """How many rows a machine needs, so that this part of its time is work.

    row: seconds that one row takes, forward, backward and its share of the update.
    """
    waited = seconds_of_sum(machines, parameters, latency, bandwidth)
    return math.ceil(waited * part / (1 - part) / row)


def prediction(row: float, parameters: int) -> str:
    """A table of `seconds_of_sum` and `pays_from`."""
    counts = (2, 8, 32, 256)
    lines = [
        "| network | " + " | ".join(f"{N} machines" for N in counts) + " |",
        "|---" * (1 + len(counts)) + "|",
    ]
    for name, network in NETWORKS.items():
        cells = [
            f"{1e3 * seconds_of_sum(N, parameters, *network):.2f} ms, "
            f"{pays_from(N, parameters, row, *network)}" for N in counts
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the line on the root."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranks", description=__doc__)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--split", action="store_true", help="the batch is that of all ranks")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--predict", action="store_true")
    parser.add_argument("--row", type=float, default=1.0e-3, help="seconds a row takes")
    parser.add_argument("--parameters", type=int, default=386_144)
    given = parser.parse_args()
    if given.predict:
        print(prediction(given.row, given.parameters))
        return
    try:
        import mpi4py  # noqa: F401  # without it every rank would be alone
    except ModuleNotFoundError:
        print("mpi4py", file=sys.stderr)
        sys.exit(MISSING)
    found = measured(given.hidden, given.batch, given.split, given.steps)
    from rnn.parallel import world

    if world().root:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
