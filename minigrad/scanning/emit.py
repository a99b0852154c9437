"""From programs to source: the loop over time, forwards and backwards, as NumPy that can be read.

The source is what runs. It is shown by tracebacks and stepped through by debuggers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.unbroadcast import wider
from .program import Program, Var
from .source import Lines, shapes

__all__ = ["emitted"]


def emitted(forward: Program, backward: Program | None, live: dict[str, list[int]]) -> Lines:
    """The functions ``forward`` and, if there is a backward program, ``backward``.

    live: which parts of the state and of the output have a cotangent.
    """
    lines = Lines()
    needed = [] if backward is None else backward.inputs["saved"]
    once = set(forward.inputs["captured"])
    per_step = [v for v in needed if v not in once]
    kept = {v: lines.free(f"{v.name or 'v'}_all") for v in per_step}
    _forward(lines, forward, kept)
    if backward is not None:
        lines.write("")
        lines.write("")
        _backward(lines, forward, backward, live, kept)
    return lines


def _unpack(lines: Lines, targets: Sequence[str], source: str, comment: str = "") -> None:
    if targets:
        comma = "," if len(targets) == 1 else ""
        lines.write(f"{', '.join(targets)}{comma} = {source}", comment)


def _tuple(parts: Sequence[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _forward(lines: Lines, program: Program, kept: dict[Var, str]) -> None:
    state, xs, captured = (program.inputs[group] for group in ("state", "x", "captured"))
    lines.write("def forward(T, state, xs, captured):")
    lines.depth += 1
    _unpack(lines, [lines.name(v) for v in captured], "captured", shapes(captured))
    _unpack(lines, [lines.name(v) for v in state], "state", shapes(state))
    sequences = [lines.free(f"{v.name or 'x'}s") for v in xs]
    _unpack(lines, sequences, "xs")
    outputs = [lines.free(f"y{k or ''}s") for k, _ in enumerate(program.outputs["y"])]
    for name in (*kept.values(), *outputs):
        lines.write(f"{name} = []")
    lines.write("for t in range(T):")
    lines.depth += 1
    for v, sequence in zip(xs, sequences, strict=True):
        lines.write(f"{lines.name(v)} = {sequence}[t]", str(v.shape))
    for equation in program.equations:
        lines.equation(equation)
    for v, name in kept.items():
        lines.write(f"{name}.append({lines.name(v)})")
    for atom, name in zip(program.outputs["y"], outputs, strict=True):
        lines.write(f"{name}.append({lines.text(atom)})")
    new = [lines.text(atom) for atom in program.outputs["state"]]
    _unpack(lines, [lines.name(v) for v in state], _tuple(new))
    lines.depth -= 1
    lines.write(
        f"return {_tuple([lines.name(v) for v in state])}, "
        f"{_tuple([f'np.stack({name})' for name in outputs])}, {_tuple(list(kept.values()))}"
    )
    lines.depth -= 1


def _backward(
    lines: Lines, forward: Program, program: Program, live: dict[str, list[int]],
    kept: dict[Var, str],
) -> None:
    captured, state = forward.inputs["captured"], forward.inputs["state"]
    lines.write("def backward(T, d_state, d_ys, captured, saved):")
    lines.depth += 1
    _unpack(lines, [lines.name(v) for v in captured], "captured", shapes(captured))
    _unpack(lines, list(kept.values()), "saved")
    carried = dict(zip(live["state"], program.inputs["state"], strict=True))
    of_state = [
        lines.name(carried[k]) if k in carried else lines.free("unused") for k in range(len(state))
    ]
    _unpack(lines, of_state, "d_state")
    sequences = [lines.free(f"{lines.name(v)}s") for v in program.inputs["y"]]
    _unpack(lines, sequences, "d_ys")
    totals = {}
    for v, atom in zip(captured, program.outputs["captured"], strict=True):
        if atom is not None:
            totals[v] = lines.free(f"total_{lines.name(v)}")
            dtype = wider(v.dtype) if v.dtype == np.float16 else v.dtype
            lines.write(f"{totals[v]} = np.zeros({v.shape}, np.{np.dtype(dtype)})")
    x_lists = {
        k: lines.free(f"d_{v.name or 'x'}s")
        for k, v in enumerate(forward.inputs["x"]) if program.outputs["x"][k] is not None
    }
    for name in x_lists.values():
        lines.write(f"{name} = [None] * T")
    lines.write("for t in reversed(range(T)):")
    lines.depth += 1
    for v, name in kept.items():
        lines.write(f"{lines.name(v)} = {name}[t]", str(v.shape))
    for v, name in zip(program.inputs["y"], sequences, strict=True):
        lines.write(f"{lines.name(v)} = {name}[t]", str(v.shape))
    for equation in program.equations:
        lines.equation(equation)
    for v, atom in zip(captured, program.outputs["captured"], strict=True):
        if atom is not None:
            lines.write(f"{totals[v]} = {totals[v]} + {lines.text(atom)}")
    for k, name in x_lists.items():
        lines.write(f"{name}[t] = {lines.text(program.outputs['x'][k])}")
    new = [_or_zeros(lines, a, v) for a, v in zip(program.outputs["state"], state, strict=True)]
    _unpack(lines, of_state, _tuple(new))
    lines.depth -= 1
    of_x = [
        f"np.stack({x_lists[k]})" if k in x_lists else "None"
        for k in range(len(forward.inputs["x"]))
    ]
    of_captured = [
        "None" if v not in totals
        else f"{totals[v]}.astype(np.float16)" if v.dtype == np.float16 else totals[v]
        for v in captured
    ]
    lines.write(f"return {_tuple(of_state)}, {_tuple(of_x)}, {_tuple(of_captured)}")
    lines.depth -= 1


def _or_zeros(lines: Lines, atom: Any, like: Var) -> str:
    if atom is not None:
        return lines.text(atom)
    return f"np.zeros({like.shape}, np.{like.dtype})"
