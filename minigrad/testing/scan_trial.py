"""One step under test: what a loop over it computes, what a scan does, and where they differ."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engine.node import Leaf, ancestors
from ..engine.tensor import Tensor, as_tensor, detached
from ..scanning.generators import restore, states
from ..scanning.run import scan
from ..transforms.tree import flatten, flatten_like, paths
from .trial import LawBroken, demand, pull_linked

__all__ = [
    "INPUTS", "LAST", "OUTPUTS", "Array", "Named", "Results", "Runner", "ScanTrial", "agree",
    "label", "near",
]

Array = np.ndarray[Any, Any]
Named = dict[str, Array]
Runner = Callable[[Any, Any, Any], tuple[Any, Any]]
OUTPUTS, LAST, FIRST, INPUTS = "the outputs", "the last state", "the first state", "the inputs"


class Results(NamedTuple):
    """What a run computed, by name: values, and the gradients of ⟨cotangents, values⟩.

    live: the values that are on the graph.
    """

    values: Named
    gradients: Named
    live: set[str]


class ScanTrial:
    """One step under test.

    states, inputs: the first state and the inputs, by name. closed_over: the Tensors that the step
    refers to and that require grad, by name, as found on the tape of the loop. cotangents: those of
    the results, by name. generators: what the step draws from; each run starts where they are now.

    >>> w = Tensor(0.5, requires_grad=True, name="w")
    >>> trial = ScanTrial(lambda x, s: (s * w, s + x), 1.0, np.arange(3.0))
    >>> trial.wanted.values
    {'the outputs': array([0.5, 0.5, 1. ]), 'the last state': array(4.)}
    >>> list(trial.wanted.gradients)
    ['the first state', 'the inputs', 'w']
    """

    def __init__(
        self, step: Any, state: Any, xs: Any, seed: int = 0,
        generators: Sequence[np.random.Generator] = (),
    ) -> None:
        self.step, self.seed, self.generators = step, seed, list(generators)
        self._start = states(self.generators)
        leaves, self.put_state = flatten(state)
        self.states: Named = dict(zip(_paths(FIRST, state), map(_own, leaves), strict=True))
        leaves, self.put_x = flatten(xs)
        self.inputs: Named = dict(zip(_paths(INPUTS, xs), map(_own, leaves), strict=True))
        self.T = len(next(iter(self.inputs.values())))
        self.restart()
        self.closed_over = self._closed_over()
        dtypes = [a.dtype for a in (*self.states.values(), *self.inputs.values())]
        dtypes += [t.dtype for t in self.closed_over.values()]
        eps = max((float(np.finfo(d).eps) for d in dtypes if d.kind == "f"), default=0.0)
        self.rtol = 1e-12 if eps < 1e-15 else 100 * eps

    def restart(self) -> None:
        """Set ``rng``, from which laws draw, to its start, whatever other laws have drawn."""
        self.rng = np.random.default_rng([self.seed, 1])

    def __repr__(self) -> str:
        shapes = {k: v.shape for k, v in (self.states | self.inputs).items()}
        listed = ", ".join(f"{k} {shape}" for k, shape in shapes.items())
        return f"{label(self.step)}: {listed}, seed {self.seed}"

    # -- running it

    def loop(self, step: Any, state: Any, xs: Any) -> tuple[Any, Any]:
        """The definition of a scan: step after step, each from the state before it."""
        leaves, rebuild = flatten(xs)
        outputs = []
        for row in zip(*[leaf.unbind() for leaf in leaves], strict=True):
            output, state = step(rebuild(list(row)), state)
            found, put = flatten(output)
            outputs.append(list(map(as_tensor, found)))
        return put([np.stack(column) for column in zip(*outputs, strict=True)]), state

    def loop_back(self, step: Any, state: Any, xs: Any) -> tuple[Any, Any]:
        """The loop from the last input to the first; outputs at the places of their inputs."""

        def back(tree: Any) -> Any:
            leaves, rebuild = flatten(tree)
            return rebuild([leaf[::-1] for leaf in leaves])

        outputs, last = self.loop(step, state, back(xs))
        return back(outputs), last

    def run(
        self, run: Runner, states: Named | None = None, inputs: Named | None = None,
        step: Any = None, frozen: Collection[str] = (),
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The results, and what may have gradients, by name; nothing in `frozen` needs one."""
        given = {**self.states, **self.inputs, **(states or {}), **(inputs or {})}
        leaves = {
            k: Tensor(v, requires_grad=v.dtype.kind == "f" and k not in frozen)
            for k, v in given.items()
        }
        state, xs = (
            put([leaves[k] for k in names])
            for put, names in ((self.put_state, self.states), (self.put_x, self.inputs))
        )
        restore(self.generators, self._start)
        ys, last = run(step or self.step, state, xs)
        ends = flatten_like(last, state, "the last state")
        results = dict(zip(_paths(OUTPUTS, ys), map(as_tensor, flatten(ys)[0]), strict=True))
        results |= zip(_paths(LAST, state), map(as_tensor, ends), strict=True)
        targets = {k: v for k, v in leaves.items() if v.requires_grad}
        return results, targets | {k: v for k, v in self.closed_over.items() if v.requires_grad}

    def gradients(
        self, results: dict[str, Tensor], targets: dict[str, Tensor], cotangents: Named | None
    ) -> Named:
        """The gradients of ⟨cotangents, results⟩."""
        g = {**self.cotangents, **(cotangents or {})}
        pairs = [(y, g[k].astype(y.dtype)) for k, y in results.items() if y.requires_grad]
        found = pull_linked(pairs, list(targets.values()), create_graph=False)
        return {k: np.asarray(detached(d)) for k, d in zip(targets, found, strict=True)}

    def result(
        self, run: Runner = scan, states: Named | None = None, inputs: Named | None = None, *,
        cotangents: Named | None = None, step: Any = None, frozen: Collection[str] = (),
    ) -> Results:
        """Values and gradients of a run; what is left out is the trial's own."""
        results, targets = self.run(run, states, inputs, step, frozen)
        return Results(
            {k: np.array(detached(y)) for k, y in results.items()},
            self.gradients(results, targets, cotangents),
            {k for k, y in results.items() if y.requires_grad},
        )

    @functools.cached_property
    def wanted(self) -> Results:
        """What the loop computes."""
        return self.result(self.loop)

    @functools.cached_property
    def wanted_back(self) -> Results:
        """What the loop in reverse computes."""
        return self.result(self.loop_back)

    @functools.cached_property
    def cotangents(self) -> Named:
        """Drawn for each result."""
        results, _ = self.run(self.loop)
        rng = np.random.default_rng(self.seed)
        return {k: rng.normal(size=y.shape) for k, y in results.items()}

    # -- pieces of it

    def steps(self, which: Any, named: Named) -> Named:
        """Inputs, outputs or their cotangents at some steps; all else as it is."""
        return {k: v[which] if k.startswith((OUTPUTS, INPUTS)) else v for k, v in named.items()}

    def of_rows(self, named: Named, which: Sequence[int]) -> Named:
        """Some rows of everything that has them."""
        return {
            k: v.take(which, int(k.startswith((OUTPUTS, INPUTS))))
            if k.startswith((OUTPUTS, INPUTS, LAST, FIRST)) else v
            for k, v in named.items()
        }

    def alone(self, run: Runner, rows: Sequence[int], steps: slice = slice(None)) -> Results:
        """A run of some rows of the batch, as a batch of their own, at some steps."""
        return self.result(
            run, self.of_rows(self.states, rows),
            self.steps(steps, self.of_rows(self.inputs, rows)),
            cotangents=self.steps(steps, self.of_rows(self.cotangents, rows)),
        )

    @functools.cached_property
    def rows(self) -> int:
        """How many rows the batch has (axis 0 of the state, axis 1 of inputs and outputs) where the
        loop treats each as it would alone; else 0."""
        own = self.wanted.values
        everything = {**self.states, **self.inputs, **own}
        sizes = {v.shape[int(k.startswith((OUTPUTS, INPUTS))) :][:1] for k, v in everything.items()}
        if self.generators or not self.states or len(sizes) != 1 or sizes == {()}:
            return 0
        ((B,),) = sizes
        for b in range(B):
            try:
                found = self.alone(self.loop, [b])
                agree(found.values, self.of_rows(own, [b]), "alone", self.rtol)
            except Exception:  # rows see each other, or there have to be so many
                return 0
        return int(B)

    # -- what it depends on

    def _closed_over(self) -> dict[str, Tensor]:
        """The Tensors behind the results of the loop that it was not given."""
        self.closed_over = {}
        results, given = self.run(self.loop)
        nodes = [y._node for y in results.values() if y._node is not None]
        leaves = [node for node in ancestors(nodes) if isinstance(node, Leaf)]
        own = {t._node for t in given.values()}
        found = [node.owner() for node in reversed(leaves) if node not in own]
        known = _words(self.step)
        names = [t.name or known.get(id(t)) or f"a Tensor of shape {t.shape}" for t in found]
        return {
            name if names.count(name) == 1 else f"{name} (no. {k})": t
            for k, (name, t) in enumerate(zip(names, found, strict=True))
        }


def _own(value: Any) -> Array:
    return np.array(detached(value))


def _paths(what: str, tree: Any) -> list[str]:
    """A name for every leaf of nested containers."""
    return [f"{what} {path}" if path else what for path in paths(tree)]


def label(step: Any) -> str:
    """What to call a step, and where it is written."""
    code = getattr(step, "__code__", None)
    where = f" ({code.co_filename}:{code.co_firstlineno})" if code else ""
    return f"{getattr(step, '__qualname__', type(step).__name__)}{where}"


def _words(step: Any) -> dict[int, str]:
    """What the step calls the Tensors that it refers to, by id."""
    reach: dict[str, Any] = {}
    if inspect.isroutine(step):
        variables = inspect.getclosurevars(step)
        reach = {**variables.globals, **variables.nonlocals}
    found = {}
    for name, value in {**reach, "": getattr(step, "__self__", step)}.items():
        if isinstance(value, Tensor):
            found[id(value)] = name
        elif hasattr(value, "named_parameters") and not isinstance(value, type):
            found |= {id(p): f"{name}.{k}".lstrip(".") for k, p in value.named_parameters()}
    return found


# -- comparing


def agree(found: Any, wanted: Any, what: str, rtol: float) -> None:
    """Raise LawBroken unless two runs have the same values and gradients up to rounding.

    found, wanted: Results, or values alone.
    """
    if isinstance(wanted, Results):
        agree(found.values, wanted.values, what, rtol)
        agree(found.gradients, wanted.gradients, f"{what}: the gradient of", rtol)
        if missing := sorted(wanted.live - found.live):
            raise LawBroken(f"{what}: {missing[0]} is not on the graph, and in the loop it is")
        return
    demand(
        found.keys() == wanted.keys(), f"{what}: {', '.join(found)}; wanted {', '.join(wanted)}"
    )
    for name, value in wanted.items():
        near(found[name], value, f"{what} {name}", rtol)


def near(found: Array, wanted: Array, what: str, rtol: float) -> None:
    """Raise LawBroken, with the worst entry, unless two arrays are equal up to rounding, relative
    to the largest entry, or to 0.1; NaN is equal to NaN."""
    demand(
        found.shape == wanted.shape and found.dtype == wanted.dtype,
        f"{what} has shape {found.shape} and dtype {found.dtype}, wanted {wanted.shape} and "
        f"{wanted.dtype}",
    )
    finite = wanted[np.isfinite(wanted)]
    scale = max(0.1, float(np.abs(finite).max(initial=0.0)))
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.where(found == wanted, 0.0, np.abs(np.subtract(found, wanted, dtype=float)))
    off[np.isnan(found) & np.isnan(wanted)] = 0.0
    wrong = ~(off <= rtol * scale)
    if wrong.any():
        at = np.unravel_index(int(np.argmax(np.where(wrong, np.nan_to_num(off, nan=np.inf), -1))),
                              wrong.shape)
        raise LawBroken(
            f"{what}: {int(wrong.sum())} of {wrong.size} entries are wrong, by up to "
            f"{float(off[at]) / scale:.1e} of the largest; {[int(k) for k in at]} is "
            f"{found[at].item()!r}, wanted {wanted[at].item()!r}"
        )
