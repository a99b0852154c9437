"""A page that shows a training while it runs, and asks for itself again every few seconds.

One file without scripts and without network: the browser reads it again by itself, and it is
replaced as a whole each time.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.io import replacing

from ..bptt import norms
from .diagnosis import opened
from .run import Run
from .watching import Samples

__all__ = ["LivePage", "chart", "norms_by_lag"]

WIDTH, HEIGHT, MARGIN = 560, 220, 46
COLOURS = ("#0072b2", "#d55e00", "#009e73")
STYLE = (
    "body{font:15px system-ui,sans-serif;max-width:1200px;margin:2em auto;padding:0 1em;"
    "color:#222;background:#fff}figure{display:inline-block;margin:0 1em 1em 0}"
    "svg text{font:12px system-ui,sans-serif;fill:currentColor}pre{white-space:pre-wrap;"
    "background:#f4f4f4;padding:1em}@media(prefers-color-scheme:dark){body{color:#e8e8e8;"
    "background:#1e1e1e}pre{background:#2a2a2a}}"
)


class LivePage:
    """A callback that writes the page: the loss of training, the held-out text beside the
    baselines, the gradient by lag, and the last sample.

    path: of the page. run: what is trained. baselines: by name bits per character, drawn as lines.
    samples: whose last words are shown. every: after how many seconds of training it is written;
    the browser waits as long.

    >>> import tempfile
    >>> from rnn.demo.settings import Settings
    >>> run = Run(Settings(hidden=4, batch=2, steps=5), "to be or not to be, " * 20)
    >>> path = Path(tempfile.mkdtemp(), "live.html")
    >>> run.trainer.watch(LivePage(path, run, {}))
    >>> run.train(steps=3)
    True
    >>> "3 updates" in path.read_text("utf-8")
    True
    """

    def __init__(
        self, path: str | PathLike[str], run: Run, baselines: dict[str, float],
        samples: Samples | None = None, every: float = 5.0,
    ) -> None:
        self.path, self.run, self.baselines, self.samples = Path(path), run, baselines, samples
        self.every, self._next = every, 0.0

    def on_start(self, trainer: Any) -> None:
        """Write the first page."""
        self._write(running=True)

    def on_step(self, trainer: Any) -> None:
        """Write the page, if it is time."""
        if trainer.seconds >= self._next:
            self._write(running=True)

    def on_end(self, trainer: Any) -> None:
        """Write the last one, which asks for nothing more."""
        self._write(running=False)

    def _write(self, running: bool) -> None:
        self._next = self.run.seconds + self.every
        with replacing(self.path) as file:
            file.write(self._page(running).encode())

    def _page(self, running: bool) -> str:
        run, trainer = self.run, self.run.trainer
        state = f"{trainer.done:.0%} done" if running else html.escape(trainer.stopped)
        title = f"{run.updates:,} updates in {run.seconds:,.0f} s, {state}"
        again = f'<meta http-equiv="refresh" content="{max(1, round(self.every))}">'
        sample = self.samples.last if self.samples else ""
        return (
            f'<!doctype html>\n<html lang="en"><meta charset="utf-8">{again if running else ""}'
            f"<title>{title}</title><style>{STYLE}</style>\n<h1>{title}</h1>\n{self._charts()}"
            f"<h2>Last sample</h2>\n<pre>{html.escape(sample)}</pre>\n</html>\n"
        )

    def _charts(self) -> str:
        run, history = self.run, self.run.trainer.history
        steps = np.arange(1, len(history) + 1)
        bits = np.asarray(history.losses) / math.log(2) * run.tokens_per_character
        curves = {"each update": (steps, bits)}
        if history.validations:
            where, values = np.array(history.validations).T
            curves["held out"] = (where, values)
        loss = chart("Bits per character, by update", curves, self.baselines)
        norm = chart("Norm of the gradient, by update", {"": (steps, np.asarray(history.norms))},
                     logarithmic=True)
        lags, found = norms_by_lag(run)
        lag = chart("‖∂L/∂h‖ of the last step's loss, by lag", {"": (lags, found)},
                    logarithmic=True)
        return f"{loss}\n{norm}\n{lag}\n"


def norms_by_lag(run: Run, streams: int = 4, most: int = 64) -> tuple[Any, Any]:
    """How far the last step of the next window looks back: ‖∂ℓ_T/∂h_t‖ by the lag T - t, where h_t
    is the state of the last layer; of a few streams."""
    inputs, targets = run.window(run.trainer.batch)
    window = opened(run.model, inputs[-most:, :streams], targets[-most:, :streams])
    found = norms(window.losses[-1], window.states)
    return found.lags[::-1], np.asarray(found.values)[::-1]


def chart(
    title: str, curves: dict[str, tuple[Any, Any]], levels: dict[str, float] | None = None,
    *, logarithmic: bool = False,
) -> str:
    """Curves (x, y) by name, and levels as dashed lines, as an SVG in a figure.

    >>> chart("Loss", {"training": ([1, 2], [3.0, 1.0])}).count("<polyline")
    1
    """
    levels = levels or {}
    points = {name: _thinned(x, y, logarithmic) for name, (x, y) in curves.items()}
    xs = np.concatenate([x for x, _ in points.values()] or [np.zeros(0)])
    ys = np.concatenate([*(y for _, y in points.values()), np.array(list(levels.values()))])
    head = f"<figure><figcaption>{html.escape(title)}</figcaption>"
    if not len(xs):
        return f"{head}<p>not yet</p></figure>"
    x0, x1 = float(xs.min()), float(max(xs.max(), xs.min() + 1))
    y0, y1 = float(min(ys.min(), 0.0 if not logarithmic else ys.min())), float(ys.max())
    y1 = y1 if y1 > y0 else y0 + 1.0

    def across(x: Any) -> Any:
        return MARGIN + (np.asarray(x) - x0) / (x1 - x0) * (WIDTH - MARGIN - 8)

    def down(y: Any) -> Any:
        return 8 + (y1 - np.asarray(y)) / (y1 - y0) * (HEIGHT - 40)

    parts = [f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" fill="none">']
    for y in np.linspace(y0, y1, 5):
        shown = f"{10**y:.1e}" if logarithmic else f"{y:.2f}"
        parts.append(_line(MARGIN, WIDTH - 8, float(down(y)), "#8884"))
        parts.append(f'<text x="{MARGIN - 4}" y="{down(y) + 4:.1f}" text-anchor="end">{shown}'
                     f"</text>")
    for x in (x0, x1):
        anchor = "start" if x == x0 else "end"
        parts.append(f'<text x="{across(x):.1f}" y="{HEIGHT - 16}" text-anchor="{anchor}">{x:,.0f}'
                     f"</text>")
    for name, value in levels.items():
        parts.append(_line(MARGIN, WIDTH - 8, float(down(value)), "#888", "4 3"))
        parts.append(f'<text x="{WIDTH - 10}" y="{down(value) - 3:.1f}" text-anchor="end">'
                     f"{html.escape(name)} {value:.3f}</text>")
    for k, (name, (x, y)) in enumerate(points.items()):
        pairs = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across(x), down(y), strict=True))
        parts.append(f'<polyline points="{pairs}" stroke="{COLOURS[k % 3]}" stroke-width="1.5"/>')
        if name:
            parts.append(f'<text x="{MARGIN + 8 + 120 * k}" y="{HEIGHT - 2}" '
                         f'style="fill:{COLOURS[k % 3]}">{html.escape(name)}</text>')
    return f"{head}{''.join(parts)}</svg></figure>"


def _line(left: float, right: float, y: float, colour: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="M{left} {y:.1f}H{right}" stroke="{colour}"{dashed}/>'


def _thinned(x: Sequence[float], y: Sequence[float], logarithmic: bool) -> tuple[Any, Any]:
    """At most some 500 points: means of neighbours; only those that can be drawn."""
    xs, ys = np.asarray(x, float), np.asarray(y, float)
    if logarithmic:
        with np.errstate(divide="ignore", invalid="ignore"):
            ys = np.log10(ys)
    kept = np.isfinite(ys)
    xs, ys = xs[kept], ys[kept]
    size = -(-len(xs) // 500)
    if size <= 1:
        return xs, ys
    starts = np.arange(0, len(xs), size)
    counts = np.diff([*starts, len(xs)])
    return np.add.reduceat(xs, starts) / counts, np.add.reduceat(ys, starts) / counts
