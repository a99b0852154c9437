"""Faults of a compiler, planted in the source that it writes for a step, or in what finds a plan.

Each is an edit of the generated functions: what a pass that is wrong would have written.
"""

import itertools
import re
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from minigrad.scanning import plan as plans
from minigrad.scanning import step as steps

KINDS = {
    "hoisted": "what depends on the state is computed once, at the first step",
    "one short": "a sum over time leaves out the first step",
    "stopped early": "the backward loop leaves out the first step",
    "dropped": "a total is what the last step gave: = for +=",
    "reused": "two results that live at the same time are in one array",
    "swapped": "two rows of the same shape are read in each other's place",
    "exchanged": "two parts of the state, or two gradients, come back in each other's place",
    "shifted": "the states before each step are taken for those after it",
    "forgotten": "what the backward pass needs of a step is not written down",
    "kept": "the arrays of one call are those of the next",
    "kept inside": "arrays that no call returns are shared by all calls, also those of threads",
    "cleared late": "a total is set to 0 behind a run, not before it",
}


class CompilerFault(NamedTuple):
    """One fault: its kind, the lines of a source, and what stands in the place of some of them."""

    kind: str
    source: tuple[str, ...]
    change: dict[str, list[str]]

    @contextmanager
    def planted(self):
        """A block in which plans that are made have the fault, and in which none is there yet."""
        honest = plans.compiled

        def faulty(lines, *given):
            if sorted(lines.lines) == sorted(self.source):  # arrays are made in any order
                lines.lines[:] = [
                    new for line in lines.lines for new in self.change.get(line, [line])
                ]
                lines.names.update(_kept=_keeper(), _total=_keeper())
            return honest(lines, *given)

        with _no_plans():
            plans.compiled = faulty
            try:
                yield
            finally:
                plans.compiled = honest

    def __str__(self):
        return f"{self.kind}: {' '.join(line.strip() for line in self.change)}"


@contextmanager
def _no_plans():
    before = dict(plans._plans)
    plans.forget()
    try:
        yield
    finally:
        plans.forget()
        plans._plans.update(before)


def _keeper():
    """np.empty, or np.zeros, that gives the same array again for one place in the source."""
    arrays = {}

    def kept(place, shape, dtype):
        if (place, shape) not in arrays:
            arrays[place, shape] = np.zeros(shape, dtype)
        return arrays[place, shape]

    return kept


def sources(run):
    """The sources that are written while something runs, each a tuple of lines."""
    honest, found = plans.compiled, []

    def watching(lines, *given):
        found.append(tuple(lines.lines))
        return honest(lines, *given)

    with _no_plans():
        plans.compiled = watching
        try:
            run()
        finally:
            plans.compiled = honest
    return found


def faults(source):
    """All faults that can be planted in one source."""
    at = next((k for k, line in enumerate(source) if line.startswith("def backward")), len(source))
    for kind, edits in EDITS.items():
        for change in edits(source, at):
            yield CompilerFault(kind, source, {source[k]: new for k, new in change.items()})


# -- the edits: from the lines, and where the backward function begins, to {number: new lines}


def _each(pattern, put):
    """An edit for every line that matches."""

    def edits(source, at):
        for k, line in enumerate(source):
            if found := re.match(pattern, line):
                yield {k: put(line, found)}

    return edits


def _hoisted(source, at):
    state = next(re.match(r" +(.*) = state\b", s)[1] for s in source if " = state " in s + " ")
    words = {w.strip() for w in state.split(",")} - {""}
    for k, line in enumerate(source[:at]):
        found = re.match(r"( {12})(\w+) = (np\.(matmul|add|multiply)\((\w+), (\w+).*)$", line)
        if found and words & {found[5], found[6]}:
            call = found[3].partition("#")[0].rstrip()
            where = re.search(r", out=(\w+(\[t[^]]*\])?)", call)
            fixed = re.sub(r", out=\w+(\[[^]]*\])?", "", call)
            lines = [f"if t == 0: first_{found[2]} = {fixed}", f"{found[2]} = first_{found[2]}"]
            if where and where[2]:
                lines.append(f"{where[1]} = {found[2]}")
            yield {k: [found[1] + line for line in lines]}


def _one_short(source, at):
    for k in range(at, len(source)):
        if found := re.match(r"( {4})d_\w+ = .*?\w+\(\[\(?.*?\b(\w+)\.reshape\(.*\b(\w+)\.reshape",
                             source[k]):
            rows = f"{found[1]}{found[3]}"
            yield {k: [f"{rows} = np.array({found[3]})", f"{rows}[0] = 0", source[k]]}


def _pairs(source, pattern, span):
    """Pairs of lines in a row of those that match, whose groups but the first are equal."""
    found = [(k, m) for k in span if (m := re.match(pattern, source[k]))]
    for (k, one), (n, other) in itertools.pairwise(found):
        if one.groups()[1:] == other.groups()[1:]:
            yield k, one, n, other


def _reused(source, at):
    pattern = r" {4}(tmp\w*) = np\.empty\((\(.*\)), (\S+)\)"
    for span in (range(at), range(at, len(source))):
        for k, one, _, other in _pairs(source, pattern, span):
            yield {k: [f"    {one[1]} = {other[1]} = np.empty({one[2]}, {one[3]})"], _: []}


def _swapped(source, at):
    pattern = r" {12,16}\w+ = (\w+)\[t\](?= ) *# (\(.*\))"
    for span in (range(at), range(at, len(source))):
        for k, one, n, other in _pairs(source, pattern, span):
            yield {
                k: [source[k].replace(f"{one[1]}[t]", f"{other[1]}[t]")],
                n: [source[n].replace(f"{other[1]}[t]", f"{one[1]}[t]")],
            }


def _exchanged(source, at):
    for k, line in enumerate(source):
        if found := re.match(r"( +return .*?\()(\w+), (\w+)(, .*\).*|\).*)$", line):
            yield {k: [f"{found[1]}{found[3]}, {found[2]}{found[4]}"]}


def _returned(source):
    """What a call gives away: results and gradients."""
    return {w for s in source if s.startswith("    return ") for w in re.findall(r"\w+", s)}


def _kept(inside):
    def edits(source, at):
        away, change = _returned(source), {}
        for k, line in enumerate(source):
            found = re.match(r"( {4}(\w+) = )(?:np\.)?empty\((\(.*\)), (\S+)\)", line)
            if found and (found[2] not in away if inside else found[2] in away):
                change[k] = [f"{found[1]}_kept({k}, {found[3]}, {found[4]})"]
        if change:
            yield change

    return edits


def _cleared_late(source, at):
    end = len(source) - 1
    for k in range(at, end):
        if found := re.match(r"( {4}(\w+) = )np\.zeros\((\(.*?\)), (\S+)\)", source[k]):
            change = {k: [f"{found[1]}_total({k}, {found[3]}, {found[4]})"]}
            for n in range(k + 1, end):
                if added := re.match(rf"( +){found[2]} = {found[2]} \+ (\w+)$", source[n]):
                    change[n] = [f"{added[1]}{found[2]} += {added[2]}"]
            put = source[end].replace(found[2], f"out_{found[2]}")
            copied = f"    out_{found[2]} = {found[2]}.copy()"
            change[end] = [copied, f"    {found[2]}[...] = 0", put]
            if len(change) > 2:
                yield change


EDITS = {
    "hoisted": _hoisted,
    "one short": _one_short,
    "stopped early": _each(
        r" +for t in reversed\(range\((T|start, end)\)\)",
        lambda s, m: [s.replace(f"range({m[1]})", f"range(1, {m[1].rpartition(' ')[2]})")],
    ),
    "dropped": _each(
        r"( +)(\w+) = \2 \+ (.*)", lambda s, m: [f"{m[1]}{m[2]} = {m[3]}"]
    ),
    "reused": _reused,
    "swapped": _swapped,
    "exchanged": _exchanged,
    "shifted": _each(r".*_all\[:-1\]", lambda s, m: [s.replace("_all[:-1]", "_all[1:]")]),
    "forgotten": _each(
        r"( {12,16})\w+_all\w*\[t\] = \w+$", lambda s, m: [f"{m[1]}pass"]
    ),
    "kept": _kept(False),
    "kept inside": _kept(True),
    "cleared late": _cleared_late,
}


# -- in what finds a plan


@contextmanager
def without_parts_of_key(*places):
    """A block in which plans are found by a key without some of its parts."""
    honest = steps.Traced.key

    def key(self):
        return tuple(part for k, part in enumerate(honest(self)) if k not in places)

    with _no_plans():
        steps.Traced.key = key
        try:
            yield
        finally:
            steps.Traced.key = honest


@contextmanager
def one_draw_for_all():
    """A block in which every step has the draws of the first one."""
    honest = plans.seen_again

    def seen_again(*given, **options):
        seen = honest(*given, **options)
        return seen._replace(drawn=[d[[0] * len(d)] for d in seen.drawn])

    with _no_plans():
        plans.seen_again = seen_again
        try:
            yield
        finally:
            plans.seen_again = honest
