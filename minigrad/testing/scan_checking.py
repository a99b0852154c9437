"""``check_scan``: the laws of ``scan`` on a step of a recurrence, yours or one that is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..scanning.generators import restore, states
from ..scanning.run import scan
from .gradcheck import default_seed
from .scan_laws import SCAN_LAWS
from .scan_trial import ScanTrial, label
from .trial import hold, known_laws

__all__ = ["check_scan", "check_scan_laws"]


def check_scan(
    step: Any,
    state: Any,
    xs: Any,
    *,
    rng: np.random.Generator | Sequence[np.random.Generator] = (),
    laws: Iterable[str] | None = None,
    seed: int | None = None,
) -> None:
    """Check that ``mg.scan(step, state, xs)`` is the loop over the step; raise at the first law
    that is broken.

    The loop is run on the tape, and a scan has to give its outputs, its last state and all its
    gradients (of the inputs, of the first state, of every Tensor that the step refers to), in
    float64 to 1e-12 of the largest entry: with every pass of the compiler alone and with none, in
    reverse, in chunks, in threads, after errors, after changes of weights, shapes and dtypes.
    Where the loop treats the rows of a batch (axis 0 of the state, axis 1 of inputs and outputs)
    each as it would alone, so does a scan, with ``lengths`` too.

    step, state, xs: as for ``mg.scan``; all floats among them get gradients.
    rng: the generator, or generators, that the step draws from; every run starts where they are,
        and they are there again in the end.
    laws: names from ``SCAN_LAWS`` (default: all).
    seed: of cotangents, lengths and the like; default 0, or what ``pytest --minigrad-seed`` says.

    Raises LawBroken (an AssertionError) that names the law, the result or the gradient, and by how
    much it is off; ValueError for unknown laws; TraceError for a step that asks for values, and
    what else ``scan`` raises.

    >>> from minigrad import Parameter
    >>> w = Parameter(np.array([0.5, -0.5]), name="w")
    >>> check_scan(lambda x, h: (h * x, np.tanh(w * h + x)), np.zeros((3, 2)), np.ones((4, 3, 2)))
    """
    names = known_laws(laws, SCAN_LAWS)
    generators = [rng] if isinstance(rng, np.random.Generator) else list(rng)
    seed = default_seed() if seed is None else seed
    before = states(generators)
    try:
        scan.plan(step, state, xs)  # which refuses what cannot be scanned at all
        restore(generators, before)
        check_scan_laws(ScanTrial(step, state, xs, seed, generators), names)
    finally:
        restore(generators, before)


def check_scan_laws(trial: ScanTrial, names: Iterable[str]) -> None:
    """The laws on one trial; the error says which is broken."""
    for name in names:
        hold(trial, f"scan of {label(trial.step)}", name, SCAN_LAWS[name])
