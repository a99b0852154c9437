"""The profile as tables: ``python -m benchmarks.tables [H ...]``; a section of RESULTS.md."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from .kernels import AVX2
from .pairs import run
from .task import KINDS

__all__ = ["markdown", "measured", "sections"]

WIDTHS = (64, 128, 256, 512)
Profiles = dict[int, dict[str, Any]]  # what `profile` says, by H


def sections() -> str:
    """What RESULTS.md has: the layer, and two cases in which products are the least part of it."""
    return "\n\n".join([
        "**LSTM layer**", markdown(measured()), speeds(WIDTHS),
        "**A cell of one's own**", markdown(measured((64, 256), "own")),
        "**LSTM layer, B = 1, T = 1,000**", markdown(measured((64,), T=1_000, B=1)),
    ])


def measured(
    widths: Sequence[int] = WIDTHS, kind: str = "lstm", T: int = 64, B: int = 32
) -> Profiles:
    """Each width in a process of its own with one thread."""
    shapes = {H: {"T": T, "B": B, "H": H, "V": 65} for H in widths}
    return {H: run("profile", shape=shape, kind=kind) for H, shape in shapes.items()}


def markdown(found: Profiles) -> str:
    """Parts of a pass, what it takes without each pass of the compiler, and its kernels."""
    tables = [by_width("ms a pass (share)", {H: shares(one["parts"]) for H, one in found.items()})]
    passes = {H: gains(one["passes"]) for H, one in found.items() if "passes" in one}
    if passes:
        tables.append(by_width("time, with all passes 1", passes))
    widest = max(found)
    tables.append(kernels(widest, found[widest]["kernels"]))
    return "\n\n".join(map("\n".join, tables))


def speeds(widths: Sequence[int], T: int = 64, B: int = 32) -> str:
    """How fast NumPy's products are by themselves, with its own choice of kernels and for AVX2."""
    def of(settings: dict[str, str], H: int) -> dict[str, float]:
        return run("rates", settings=settings, H=H, B=B, T=T)

    found = {H: rates(of({}, H), of(AVX2, H)) for H in widths}
    return "\n".join(by_width("Gflop/s of products", found))


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
    parser.add_argument("-T", type=int, default=64, help="steps (default 64)")
    parser.add_argument("-B", type=int, default=32, help="sequences (default 32)")
    options = parser.parse_args()
    print(markdown(measured(options.widths, options.kind, options.T, options.B)))


if __name__ == "__main__":
    main()
