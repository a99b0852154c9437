"""``check_scan``: the laws of ``scan`` on a step of a recurrence, yours or one that is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..scanning.run import scan
from .gradcheck import default_seed
from .scan_laws import SCAN_LAWS
from .scan_trial import ScanTrial, label
from .trial import LawBroken

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
    names = known_laws(laws)
    generators = [rng] if isinstance(rng, np.random.Generator) else list(rng)
    seed = default_seed() if seed is None else seed
    before = [g.bit_generator.state for g in generators]
    try:
        scan.plan(step, state, xs)  # which refuses what cannot be scanned at all
        for generator, start in zip(generators, before, strict=True):
            generator.bit_generator.state = start
        check_scan_laws(ScanTrial(step, state, xs, seed, generators), names)
    finally:
        for generator, start in zip(generators, before, strict=True):
            generator.bit_generator.state = start


def known_laws(laws: Iterable[str] | None) -> list[str]:
    """The names of laws, or an error that lists them."""
    names = list(SCAN_LAWS) if laws is None else [laws] if isinstance(laws, str) else list(laws)
    if unknown := [name for name in names if name not in SCAN_LAWS]:
        raise ValueError(f"there is no law {unknown[0]!r}; there are {', '.join(SCAN_LAWS)}")
    return names


def check_scan_laws(trial: ScanTrial, names: Iterable[str]) -> None:
    """The laws on one trial; the error says which is broken."""
    for name in names:
        law = SCAN_LAWS[name]
        text = " ".join((law.__doc__ or "").split())
        broken = f"scan of {label(trial.step)} breaks the law {name!r}: {text}"
        trial.restart()
        try:
            law(trial)
        except LawBroken as error:
            raise LawBroken(f"{broken}\n  {error}\n  {trial}") from None
        except Exception as error:
            error.add_note(f"{broken}\n  {trial}")
            raise
