"""From loops to source: NumPy that can be read, and that is what runs.

Tracebacks show it, debuggers step through it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ..engine.unbroadcast import wider
from .cores import one_thread
from .kernels import CONCATENATE, takes_out, written_into
from .loops import Loop, Loops, outputs_of
from .memory import empty
from .program import Equation, Var
from .slopes import block_of
from .source import Lines, shapes
from .stacked import merged, stacked_call
from .storage import Storage, storage_of

__all__ = ["emitted"]


def emitted(loops: Loops) -> Lines:
    """The functions ``forward`` and, if there is a backward program, ``backward``."""
    lines = Lines()
    writer = _Writer(lines, loops)
    writer.forward()
    if loops.backward is not None:
        lines.write("")
        lines.write("")
        writer.backward()
    return lines


def _tuple(parts: Sequence[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


class _Writer:
    """all_of: the expression for all steps of a variable; row: for the one of step t."""

    def __init__(self, lines: Lines, loops: Loops) -> None:
        self.lines, self.loops = lines, loops
        self.all_of: dict[Var, str] = {}
        self.row: dict[Var, str] = {}
        self.saved: list[str] = []  # the arrays, by name
        self.once: list[Var] = []

    # -- pieces

    def unpack(self, targets: Sequence[str], source: str, comment: str = "") -> None:
        """``a, b = source``"""
        if targets:
            comma = "," if len(targets) == 1 else ""
            self.lines.write(f"{', '.join(targets)}{comma} = {source}", comment)

    def loop(self, steps: str, t: str = "t") -> None:
        """The head of the loop, two blocks deep."""
        self.lines.write(f"with {self.lines.constant(one_thread, 'one_thread')}():")
        self.lines.depth += 1
        self.lines.write(f"for {t} in {steps}:")
        self.lines.depth += 1

    def end_loop(self, depth: int) -> None:
        """Behind the loop again; where a step has nothing to do, it says so."""
        if self.lines.lines[-1].endswith(":"):
            self.lines.write("pass")
        self.lines.depth = depth

    def stack(self, v: Var, count: str = "T") -> str:
        """Make the array for all steps of a variable."""
        name = self.lines.free(f"{v.name or 'v'}_all")
        self.made(name, _tuple([count, *map(str, v.shape)]), v)
        return name

    def new(self, shape: str, like: Var) -> str:
        """An array that is large, or may be."""
        again = self.loops.buffers and not like.dtype.hasobject
        function = self.lines.constant(empty, "empty") if again else "np.empty"
        return f"{function}({shape}, np.{like.dtype})"

    def made(self, name: str, shape: str, like: Var) -> None:
        """Make one."""
        self.lines.write(f"{name} = {self.new(shape, like)}")

    def rows(self, variables: Collection[Var], count: str = "T") -> None:
        """An array for all steps of each."""
        for v in variables:
            if v not in self.all_of:
                name = self.stack(v)
                self.all_of[v], self.row[v] = name, f"{name}[t]"

    def stacked(self, equations: Sequence[Equation]) -> None:
        """Equations for all steps at once."""
        for equation in equations:
            (out,) = equation.outs
            shape = _tuple(["T", *map(str, out.shape)])
            where = self.new(shape, out) if self.loops.buffers else None
            call = stacked_call(self.lines, equation, self.all_of, where=where)
            name = self.lines.free(f"{out.name or 'v'}_all")
            self.lines.write(f"{name} = {call}", f"(T, {str(out.shape)[1:]}")
            self.all_of[out], self.row[out] = name, f"{name}[t]"

    def body(self, equations: Sequence[Equation], storage: Storage | None) -> None:
        """The equations of one step, each written to where its result lives."""
        temps = {} if storage is None else storage.temps
        done = set() if storage is None else set(map(id, storage.fixed))
        for equation in equations:
            if id(equation) in done:
                self.copied(equation.outs)
                continue
            out = equation.outs[0]
            where = self.row.get(out) if len(equation.outs) == 1 else None
            if storage is not None and out in storage.parts:
                whole, axis, start, stop = storage.parts[out]
                index = ", ".join([*[":"] * axis, f"{start}:{stop}"])
                where = f"{self.lines.name(whole)}[{index}]"
            elif out in temps:
                where = self.array[temps[out]]
            if where is None or storage is None or not takes_out(equation):
                self.lines.equation(equation)
                self.copied(equation.outs)
                continue
            if equation.op is CONCATENATE and self._in_parts(equation, storage):
                continue
            name = self.lines.name(out)
            self.lines.write(
                f"{name} = {written_into(self.lines, equation, where)}", str(out.shape)
            )

    def copied(self, outs: Sequence[Var]) -> None:
        """What is needed after its step, copied to its row."""
        for v in outs:
            if v in self.row:
                self.lines.write(f"{self.row[v]} = {self.lines.name(v)}")

    @staticmethod
    def _in_parts(equation: Equation, storage: Storage) -> bool:
        whole = equation.outs[0]
        places = [storage.parts.get(p) for p in equation.args if isinstance(p, Var)]
        return len(places) == len(equation.args) and all(p and p[0] is whole for p in places)

    def make_temps(self, storage: Storage) -> None:
        """The arrays that the steps share, and the views of them."""
        self.array = []
        for v in storage.arrays:
            name = self.lines.free("tmp")
            self.array.append(name)
            self.lines.write(f"{name} = np.empty({v.shape}, np.{v.dtype})")
        known: set[Var] = set()
        for equation in storage.fixed:
            for v in equation.uses():
                if v in storage.temps and v not in known:
                    known.add(v)
                    self.lines.write(f"{self.lines.name(v)} = {self.array[storage.temps[v]]}")
            self.lines.equation(equation)

    def read(self, variables: Collection[Var]) -> None:
        """The rows of this step."""
        for v in variables:
            self.lines.write(f"{self.lines.name(v)} = {self.row[v]}", str(v.shape))

    def wholes(self, storage: Storage | None) -> None:
        """The rows that are written in parts."""
        if storage is not None:
            self.read(dict.fromkeys(whole for whole, *_ in storage.parts.values()))

    # -- forwards

    def forward(self) -> None:
        """``forward(T, state, xs, captured)`` gives the last state, the outputs, what is saved."""
        lines, loops = self.lines, self.loops
        program, loop = loops.forward, loops.first
        state, xs, captured = (program.inputs[g] for g in ("state", "x", "captured"))
        lines.write("def forward(T, state, xs, captured):")
        lines.depth += 1
        self.unpack([lines.name(v) for v in captured], "captured", shapes(captured))
        self.unpack([lines.name(v) for v in state], "state", shapes(state))
        sequences = [lines.free(f"{v.name or 'x'}s") for v in xs]
        self.unpack(sequences, "xs")
        for v, name in zip(xs, sequences, strict=True):
            self.all_of[v], self.row[v] = name, f"{name}[t]"
        for equation in loop.once:
            lines.equation(equation)
        self.stacked(loop.ahead)
        saved = [v for v in loops.saved() if v not in loops.constant()]
        made = {v for e in loop.body for v in e.outs}
        new = program.outputs["state"]
        carried: dict[Var, Var] = {}  # what is stored with the state that it becomes
        for before, after in zip(state, new, strict=True):
            if before in saved and after in made and after not in self.row:
                name = self.stack(before, "T + 1")
                lines.write(f"{name}[0] = {lines.name(before)}")
                self.all_of[before], self.row[before] = f"{name}[:-1]", f"{name}[t]"
                self.all_of[after], self.row[after] = f"{name}[1:]", f"{name}[t + 1]"
                carried[before] = after
        ys = program.outputs["y"]
        self.rows([v for v in saved if v not in self.all_of])
        self.rows([v for v in ys if v in made and v not in self.all_of])
        others = [k for k, v in enumerate(ys) if v not in self.all_of]
        of_y = {k: lines.free("ys") for k in others}
        for k, name in of_y.items():
            like = ys[k]
            self.made(name, f"(T, *{like.shape})", like)
        storage = self.storage(loop, new)
        outside = lines.depth
        self.loop("range(T)")
        used = {v for e in loop.body for v in e.uses()} | set(ys) | set(new)
        self.read([v for v in (*xs, *(e.outs[0] for e in loop.ahead)) if v in used])
        for v in state:
            if v in self.row and v not in carried:
                lines.write(f"{self.row[v]} = {lines.name(v)}")
        self.wholes(storage)
        self.body(loop.body, storage)
        for k, name in of_y.items():
            lines.write(f"{name}[t] = {lines.text(ys[k])}")
        self.unpack([lines.name(v) for v in state], _tuple([lines.text(v) for v in new]))
        self.end_loop(outside)
        outputs = [of_y.get(k) or self.all_of[v] for k, v in enumerate(ys)]
        wanted = loops.read_again()
        self.once = [v for e in loop.once for v in e.outs if v in wanted]
        kept = dict.fromkeys(self.all_of[v].partition("[")[0] for v in saved)
        self.saved = [*kept, *[lines.name(v) for v in self.once]]
        lines.write(
            f"return {_tuple([lines.name(v) for v in state])}, {_tuple(outputs)}, "
            f"{_tuple(self.saved)}"
        )
        lines.depth -= 1

    def storage(
        self, loop: Loop, leaving: Sequence[Any], added: Collection[Var] = ()
    ) -> Storage | None:
        """The arrays of a loop, made."""
        if not self.loops.buffers:
            return None
        leave = {v for v in leaving if isinstance(v, Var)}
        storage = storage_of(loop.body, set(self.row), leave, added)
        self.make_temps(storage)
        return storage

    # -- backwards

    def backward(self) -> None:
        """``backward(T, d_state, d_ys, captured, saved)`` gives the cotangents of all inputs."""
        lines, loops = self.lines, self.loops
        forward, program, loop = loops.forward, loops.backward, loops.second
        assert program is not None
        captured, state = forward.inputs["captured"], forward.inputs["state"]
        lines.write("def backward(T, d_state, d_ys, captured, saved):")
        lines.depth += 1
        self.unpack([lines.name(v) for v in captured], "captured", shapes(captured))
        self.unpack(self.saved, "saved")
        carried = dict(zip(loops.live["state"], program.inputs["state"], strict=True))
        of_state = [
            lines.name(carried[k]) if k in carried else lines.free("unused")
            for k in range(len(state))
        ]
        self.unpack(of_state, "d_state")
        sequences = [lines.free(f"{v.name or 'd_y'}s") for v in program.inputs["y"]]
        self.unpack(sequences, "d_ys")
        for v, name in zip(program.inputs["y"], sequences, strict=True):
            self.all_of[v], self.row[v] = name, f"{name}[t]"
        for equation in loop.once:
            lines.equation(equation)
        totals = self.totals()
        after = {v for e in loop.behind for v in e.uses()}
        after.update(v for s in loop.sums for v in s.uses())
        after.update(outputs_of(program, "x"))
        made = {v for e in loop.body for v in e.outs}
        arriving = [v for v in program.inputs["state"] if v in after]
        self.rows([*(v for e in loop.body for v in e.outs if v in after), *arriving])
        added = outputs_of(program, "captured")
        storage = self.storage(loop, program.outputs["state"], added)
        outside = lines.depth
        self.backward_loop(loop)
        ends = [v for g in ("state", "captured") for v in outputs_of(program, g)]
        used = dict.fromkeys([*(v for e in loop.body for v in e.uses()), *ends])
        constant = loops.constant() | made | set(program.inputs["state"])
        self.read([v for v in used if v not in constant])
        self.copied(arriving)
        self.wholes(storage)
        self.body(loop.body, storage)
        for v, name in totals.items():
            atom = program.outputs["captured"][captured.index(v)]
            if isinstance(atom, Var):
                lines.write(f"{name} = {name} + {lines.text(atom)}")
        new = [
            f"np.zeros({v.shape}, np.{v.dtype})" if a is None else lines.text(a)
            for a, v in zip(program.outputs["state"], state, strict=True)
        ]
        self.unpack(of_state, _tuple(new))
        self.end_loop(outside)
        self.stacked(loop.behind)
        self.add_sums(totals)
        of_x = [
            "None" if a is None else self.all_of[a] if isinstance(a, Var)
            else f"np.broadcast_to({lines.text(a)}, (T, *{v.shape}))"
            for a, v in zip(program.outputs["x"], forward.inputs["x"], strict=True)
        ]
        of_captured = [
            f"{totals[v]}.astype(np.float16)" if v in totals and v.dtype == np.float16
            else totals.get(v, "None") for v in captured
        ]
        lines.write(f"return {_tuple(of_state)}, {_tuple(of_x)}, {_tuple(of_captured)}")
        lines.depth -= 1

    def backward_loop(self, loop: Loop) -> None:
        """Its head: over the steps, or over blocks of them, with slopes for each."""
        if not loop.ahead:
            self.loop("reversed(range(T))")
            return
        arrays = self.block_arrays(loop)
        self.loop(f"range(T, 0, -{loop.steps})", "end")
        self.lines.write(f"start = max(end - {loop.steps}, 0)")
        self.block(loop, arrays)
        self.lines.write("for t in reversed(range(start, end)):")
        self.lines.depth += 1

    def block_arrays(self, loop: Loop) -> dict[Var, str]:
        """Where the results for a block of steps are written to, in arrays that all blocks share.
        """
        if not self.loops.buffers:
            return {}
        read = {v for e in loop.body for v in e.uses()}
        storage = storage_of(loop.ahead, (), (), added=read)
        names = [self.lines.free("steps") for _ in storage.arrays]
        for name, v in zip(names, storage.arrays, strict=True):
            self.made(name, _tuple([f"min(T, {loop.steps})", *map(str, v.shape)]), v)
        return {v: f"{names[k]}[:end - start]" for v, k in storage.temps.items()}

    def block(self, loop: Loop, arrays: dict[Var, str]) -> None:
        """What is known of the steps of a block, computed at once."""
        here = {v: f"{name}[start:end]" for v, name in self.all_of.items()}
        for equation in loop.ahead:
            (x, *_), (out, *_) = equation.args, equation.outs
            if (places := block_of(equation)) is not None:
                for place, v in zip(places, equation.outs, strict=True):
                    self.row[v] = f"{self.row[x][:-1]}, {place}]"
                    cut = here[x].endswith("]")
                    here[v] = f"{here[x][:-1]}, {place}]" if cut else f"{here[x]}[:, {place}]"
                continue
            call = stacked_call(
                self.lines, equation, here, "end - start", arrays.get(out)
            )
            name = self.lines.free(f"{out.name or 'v'}_steps")
            self.lines.write(f"{name} = {call}", f"(steps, {str(out.shape)[1:]}")
            here[out], self.row[out] = name, f"{name}[t - start]"

    def totals(self) -> dict[Var, str]:
        """A name for the total of each captured input that has one; zeros if steps add to it."""
        program: Any = self.loops.backward
        captured = self.loops.forward.inputs["captured"]
        summed = {captured[s.place] for s in self.loops.second.sums}
        found = {}
        for v, atom in zip(captured, program.outputs["captured"], strict=True):
            if atom is None and v not in summed:
                continue
            found[v] = self.lines.free(f"d_{self.lines.name(v)}")
            if atom is not None:
                dtype = wider(v.dtype) if v.dtype == np.float16 else v.dtype
                self.lines.write(f"{found[v]} = np.zeros({v.shape}, np.{np.dtype(dtype)})")
        return found

    def add_sums(self, totals: dict[Var, str]) -> None:
        """What is summed over all steps at once."""
        program: Any = self.loops.backward
        captured = self.loops.forward.inputs["captured"]
        begun = {v for v, a in zip(captured, program.outputs["captured"], strict=True)
                 if a is not None}
        for s in self.loops.second.sums:
            v = captured[s.place]
            function = self.lines.constant(s.total, getattr(s.total, "__name__", "total"))
            call = f"{function}([{merged(self.lines, s.items, self.all_of)}], {v.shape})"
            name = totals[v]
            self.lines.write(f"{name} = {f'{name} + ' if v in begun else ''}{call}", str(v.shape))
            begun.add(v)
