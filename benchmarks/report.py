"""The table: on the terminal as text, in RESULTS.md as Markdown with the machine it was made on."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .measure import processors
from .pairs import run
from .questions import Result

__all__ = ["HEADER", "machine", "markdown", "table"]

HEADER = Result("what", "measured", "bar", None, "detail")
NOTES = """\
Ratios are medians over pairs of neighbouring runs, each system in a process of its own; the range
of the pairs is in parentheses. Within a process the fastest pass counts. Every process has one
thread, on one processor. Lines without a bar are for comparison only.

- **Tape op**: 2,000 multiplications of 4-vectors in float64, one after the other, forward and
  backward, freeing the graph included; time per multiplication. The constant factor is a tensor
  that needs no gradient.
- **LSTM step**: T = 64, B = 32, H = 128, V = 65, float32, forward, mean cross-entropy and backward,
  parameters' gradients included. minigrad runs `rnn.unroll` of `LSTMCell`, every op on the tape;
  PyTorch a loop over `torch.nn.LSTMCell`, the head applied once to all steps. PyTorch's cell takes
  one-hot rows, made beforehand; minigrad takes the tokens, and in the line "one-hot inputs" the
  same rows as PyTorch.
- **Peak memory**: T = 256, B = 64, H = 256: the highest resident memory during the first full step
  less that before it, when imports, parameters, data and two short steps are done.
- **Growth**: a small RNN trained with Adam; what Python and NumPy have allocated (tracemalloc), and
  in another run resident memory, after the steps less before.
- **Import**: in bare processes, bytecode compiled.
"""

WHERE = """\
The sweep is plain since cotangents are types that add; the call and the pullback of each op are
generated from templates. Of 2.55 µs for a multiplication whose operands both need a gradient,
measured by taking the parts out one at a time:

- 0.82 µs forward, of which NumPy's product is 0.21; all checks together are 0.06, the rest makes a
  Tensor and its node;
- 0.6 µs two products and one sum of the backward pass, as bare NumPy;
- 0.65 µs the generated pullback around them: calling the rules 0.13, whether what they return fits
  0.2, which parents need it 0.05, the totals;
- 0.3 µs the sweep: the walk and the sort 0.13, residuals and bookkeeping;
- 0.15 µs freeing and Python's collector.
"""


def columns(result: Result) -> tuple[str, ...]:
    verdict = "verdict" if result is HEADER else result.verdict
    return (result.what, result.measured, result.bar, verdict, result.detail)


def table(results: Sequence[Result]) -> str:
    """The results in aligned columns.

    >>> print(table([Result("ours / theirs", "0.50×", "≤ 1×", True, "1 ms, theirs 2 ms")]))
    what           measured  bar   verdict  detail
    ours / theirs  0.50×     ≤ 1×  ok       1 ms, theirs 2 ms
    """
    lines = [columns(r) for r in (HEADER, *results)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def markdown(results: Sequence[Result], facts: dict[str, str]) -> str:
    """RESULTS.md: the table, what the lines mean, and the machine."""
    head, *lines = ("| " + " | ".join(columns(r)) + " |" for r in (HEADER, *results))
    rule = "|" + " --- |" * len(columns(HEADER))
    about = [f"- {name}: {fact}" for name, fact in facts.items()]
    return "\n".join([
        "# What minigrad costs", "",
        "Written by `make bench BENCH_ARGS=--write`.", "",
        head, rule, *lines, "",
        "## How it is measured", "", NOTES,
        "## Where an op's time goes", "", WHERE,
        "## The machine", "", *about, "",
    ])


def machine() -> dict[str, str]:
    """What the figures depend on: the processor and the versions, and nothing about the owner."""
    facts = {
        "processor": _processor(),
        "processors that may be used": str(processors()),
        "system": f"{platform.system()}, {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    for name in ("numpy", "threadpoolctl", "torch", "jax", "autograd"):
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    return facts | run("kernels")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
