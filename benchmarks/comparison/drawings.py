"""A recurrence of three steps with one weight, drawn: what is in the picture?"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .shares import DATA, W, module_of

__all__ = ["SEEN"]


def recurrence(w: Any, tanh: Callable[[Any], Any], h: Any) -> Any:
    """h_3 of h_t = tanh(0.6 x_t + w h_{t-1})."""
    for x, _ in DATA:
        h = tanh(0.6 * x + w * h)
    return h


def minigrad() -> str:
    """wires of the weight; taps from it, one for each use."""
    import minigrad as mg

    w = mg.tensor(W, requires_grad=True, name="w")
    h = mg.tensor(0.1, requires_grad=True, name="h_0")
    for t, (x, _) in enumerate(DATA, start=1):
        with mg.scope("rnn", t=t, h=h):
            h = np.tanh(0.6 * x + w * h)
    kinds = [path.kind for path in mg.draw(h).scene.paths]
    return f"{kinds.count('bus')}; {kinds.count('tap')}"


def torchlens() -> str:
    """labels that name the weight, unrolled and rolled; its page of HTML."""
    import torch
    import torchlens

    net = module_of(lambda w, h: recurrence(w, torch.tanh, h))
    log = torchlens.trace(net, torch.tensor(0.1, dtype=torch.float64))
    counts = []
    with tempfile.TemporaryDirectory() as folder:
        for mode in ("unrolled", "rolled"):
            log.draw(vis_mode=mode, vis_outpath=str(Path(folder, mode)), vis_fileformat="svg",
                     vis_save_only=True)
            text = Path(folder, f"{mode}.svg").read_text(encoding="utf-8")
            counts.append(text.count("params: w"))
        page = torchlens.export.html(log, Path(folder, "page.html"))
        size = page.stat().st_size
    return f"{counts[0]} and {counts[1]}; {size // 1000} kB"


def mygrad() -> str:
    """nodes of the weight; edges from it."""
    import mygrad
    from mygrad.computational_graph import build_graph

    w = mygrad.tensor(W)
    text = build_graph(recurrence(w, np.tanh, mygrad.tensor(0.1)), names={"w": w}).source
    nodes = set(re.findall(r"(\d+) \[label=w\]", text))
    edges = sum(len(re.findall(rf"{node} -> ", text)) for node in nodes)
    return f"{len(nodes)}; {edges}"


def jax() -> str:
    """equations of the program of a scan over three steps, printed."""
    import jax

    def run(w: Any) -> Any:
        xs = jax.numpy.array([x for x, _ in DATA])
        return jax.lax.scan(lambda h, x: (jax.numpy.tanh(0.6 * x + w * h),) * 2, 0.1, xs)[0]

    return f"{str(jax.make_jaxpr(run)(W)).count(' = ')}"


SEEN = (minigrad, torchlens, mygrad, jax)
