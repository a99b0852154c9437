"""The profile as tables: ``python -m benchmarks.tables [H ...]``; a section of RESULTS.md."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from .kernels import AVX2
from .pairs import run
from .task import KINDS

__all__ = ["markdown", "measured"]

WIDTHS = (64, 128, 256, 512)


def measured(widths: Sequence[int] = WIDTHS, kind: str = "lstm") -> str:
    """The tables, each width in a process of its own with one thread."""
    shapes = {H: {"T": 64, "B": 32, "H": H, "V": 65} for H in widths}
    found = {H: run("profile", shape=shape, kind=kind) for H, shape in shapes.items()}
    older = {
        H: run("rates", settings=AVX2, H=H, B=shape["B"], T=shape["T"])
        for H, shape in shapes.items()
    }
    return markdown(found, older)


def markdown(found: dict[int, dict[str, Any]], older: dict[int, dict[str, float]]) -> str:
    """Parts of a pass, what it takes without each pass of the compiler, its kernels, and the rates
    of products. found: by H, what `profile` gives. older: rates without AVX-512.
    """
    own = {H: one["rates"] for H, one in found.items()}
    widest = max(found)
    tables = [
        by_width("ms a pass (share)", {H: shares(one["parts"]) for H, one in found.items()}),
        by_width("time, with all passes 1", {H: gains(one["passes"]) for H, one in found.items()}),
        kernels(widest, found[widest]["kernels"]),
        by_width("Gflop/s of products", {H: rates(own[H], older[H]) for H in found}),
    ]
    return "\n\n".join(map("\n".join, tables))


def shares(parts: dict[str, float]) -> dict[str, str]:
    """Milliseconds, and what part of their sum they are."""
    return {name: f"{ms:.2f} ({100 * ms / parts['sum']:.0f} %)" for name, ms in parts.items()}


def gains(passes: dict[str, float]) -> dict[str, str]:
    """How much longer it takes without each."""
    return {f"without {name}": f"{ms / passes['']:.2f}×" for name, ms in passes.items() if name}


def rates(own: dict[str, float], older: dict[str, float]) -> dict[str, str]:
    """Of the kernels that NumPy chooses, and of those for AVX2."""
    both = own | {f"{name}, AVX2": rate for name, rate in older.items()}
    return {name: f"{rate:.0f}" for name, rate in both.items()}


def kernels(H: int, found: dict[str, list[float]], most: int = 12) -> list[str]:
    """Those that take longest."""
    rows = [[name, f"{calls:.0f}", f"{ms:.2f}"] for name, (calls, ms) in found.items()]
    return grid([f"kernel, H = {H}", "calls", "ms"], rows[:most])


def by_width(what: str, columns: dict[int, dict[str, str]]) -> list[str]:
    """A column for each H."""
    names = dict.fromkeys(name for column in columns.values() for name in column)
    rows = [[name, *(column.get(name, "") for column in columns.values())] for name in names]
    return grid([what, *(f"H = {H}" for H in columns)], rows)


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table in Markdown, its columns aligned.

    >>> print("\\n".join(grid(["a", "b"], [["one", "2"]])))
    | a   | b   |
    | --- | --- |
    | one | 2   |
    """
    widths = [max(3, *map(len, column)) for column in zip(head, *rows, strict=True)]
    body = [head, ["-" * w for w in widths], *rows]
    return [
        f"| {' | '.join(f'{cell:<{w}}' for cell, w in zip(row, widths, strict=True))} |"
        for row in body
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("widths", nargs="*", type=int, default=WIDTHS, metavar="H")
    parser.add_argument("--kind", choices=KINDS, default="lstm", help="the cell (default lstm)")
    options = parser.parse_args()
    print(measured(options.widths, options.kind))


if __name__ == "__main__":
    main()
