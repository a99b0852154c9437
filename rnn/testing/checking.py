"""``check_cell``: the laws, on trials that Hypothesis draws and shrinks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from minigrad.testing import CheckRefused
from minigrad.testing.extras import hypothesis_for
from minigrad.testing.gradcheck import default_seed, only_whether
from minigrad.testing.trial import hold, known_laws

from .laws import CELL_LAWS
from .references import reference_of
from .subject import Subject
from .trial import CellTrial, Reference, Runner

__all__ = ["BoundLaw", "cell_laws", "check_cell"]

Sizes = tuple[int, int, int, int, int]  # inputs, units, steps, sequences, and the seed


def check_cell(
    cell: Any,
    *,
    reference: Reference | None = None,
    run: Runner | None = None,
    laws: Iterable[str] | None = None,
    examples: int | None = None,
    seed: int | None = None,
) -> None:
    """Check every law on a cell, with sizes and values drawn; raise at the first broken one.

    cell: a class of cells, called as ``MyCell(K, H, dtype=float, rng=rng)`` with drawn sizes; or a
        function of rng, or of (input_size, hidden_size, rng), that makes one; or a cell, of which
        copies are checked. In float64, and in evaluation mode.
    reference: what a step means, ``reference(cell, x, state) -> (output, state)`` on plain arrays;
        it reads weights as ``cell.gate("f").W_xh`` or ``cell.W_xh.numpy()``. The cells of this
        package have theirs; without one, which gate is which cannot be known.
    run: what runs the cell, ``run(cell, xs, state) -> (outputs, state)`` (default: ``rnn.unroll``).
    laws: names from ``CELL_LAWS`` (default: all).
    examples: how many trials; default: a fifth of what the Hypothesis profile says, since each is
        checked by twenty-five laws.
    seed: of the draws; default 0, or what ``pytest --minigrad-seed`` says. A failure prints it.

    Raises LawBroken or GradientMismatch (both AssertionErrors) for the smallest failing trial that
    Hypothesis finds; TypeError for what is no float64 cell; ValueError for unknown laws.

    >>> from rnn import ElmanCell
    >>> check_cell(ElmanCell, examples=2)
    """
    hypothesis = hypothesis_for("check_cell")
    if examples is None:
        examples = max(1, hypothesis.settings().max_examples // 5)
    seed = default_seed() if seed is None else seed
    label, names = Subject(cell).label, known_laws(laws, CELL_LAWS)
    try:
        check(cell, names, examples, seed, reference, run)
    except Exception as error:
        chosen = "" if laws is None else f"laws={names!r}, "
        error.add_note(
            f"replay with rnn.testing.check_cell({label}, {chosen}examples={examples}, "
            f"seed={seed})" + ", with the same reference or run" * bool(reference or run)
        )
        raise


def check(
    cell: Any,
    names: Iterable[str],
    examples: int,
    seed: int,
    reference: Reference | None = None,
    run: Runner | None = None,
) -> None:
    """``check_cell`` of what was given in full."""
    from hypothesis import Phase, reject

    subject = Subject(cell)

    def test(sizes: Sizes) -> None:
        if not _obeys(subject, names, sizes, reference, run):
            reject()

    shrink = [] if only_whether.get() else [Phase.shrink]
    _run(test, examples, seed, Phase.generate, *shrink)


def check_quickly(
    cell: Any, names: Iterable[str], examples: int, seed: int, reference: Reference | None = None
) -> None:
    """The laws on the same trials as in `check`, the largest first, where most faults show: it
    fails if that does, but sooner, and not with the smallest trial."""
    subject = Subject(cell)
    for sizes in _largest_first(examples, seed):
        _obeys(subject, names, sizes, reference)


def _obeys(
    subject: Subject, names: Iterable[str], sizes: Sizes, reference: Reference | None,
    run: Runner | None = None,
) -> bool:
    """Whether the laws can be checked on a trial, which then obeys them; not so at a kink."""
    K, H, T, B, own = sizes
    made = subject.make(K, H, own)
    trial = CellTrial(made, T, B, own, reference or reference_of(made), run)
    for name in names:
        try:
            hold(trial, type(made).__name__, name, CELL_LAWS[name])
        except CheckRefused as error:
            if "kink" not in str(error):
                raise
            return False  # another trial will do
    return True


class BoundLaw:
    """One law on one cell: calling it checks it; as a string it is the law's name.

    Raises LawBroken, or what the cell raises, with the arguments that replay it.

    >>> from rnn import ElmanCell
    >>> law = BoundLaw("causality", ElmanCell, {"examples": 2})
    >>> law()
    >>> str(law), law
    ('causality', <law 'causality' of ElmanCell>)
    """

    def __init__(self, name: str, cell: Any, options: dict[str, Any]) -> None:
        self.name, self.cell, self.options = name, cell, options

    def __call__(self) -> None:
        check_cell(self.cell, laws=[self.name], **self.options)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<law {self.name!r} of {Subject(self.cell).label}>"


def cell_laws(cell: Any, *, laws: Iterable[str] | None = None, **options: Any) -> list[BoundLaw]:
    """The laws of a cell one by one, each to be called; the arguments are those of ``check_cell``.

    So that each is a test of its own:

        @pytest.mark.parametrize("law", cell_laws(MyCell), ids=str)
        def test_my_cell(law):
            law()

    >>> from rnn import ElmanCell
    >>> [chunked] = cell_laws(ElmanCell, laws=["chunked"], examples=3)
    >>> chunked()
    """
    Subject(cell)
    return [BoundLaw(name, cell, options) for name in known_laws(laws, CELL_LAWS)]


def _run(test: Callable[[Sizes], None], examples: int, seed: int, *phases: Any) -> None:
    """Run `test` on drawn sizes under Hypothesis, from `seed` and nothing else."""
    import hypothesis
    from hypothesis import strategies as st

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples, phases=phases, database=None, derandomize=False, deadline=None,
        print_blob=False, report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(
        # Two units at least: normalising a single one leaves nothing of it.
        K=st.integers(1, 3), H=st.integers(2, 3), T=st.integers(1, 5), B=st.integers(1, 3),
        own=st.integers(0, 2**16 - 1),
    )
    def run(K: int, H: int, T: int, B: int, own: int) -> None:
        test((K, H, T, B, own))

    run()


@functools.cache
def _largest_first(examples: int, seed: int) -> list[Sizes]:
    """The sizes that `check` draws, those of most steps and sequences first."""
    from hypothesis import Phase

    found: list[Sizes] = []
    _run(found.append, examples, seed, Phase.generate)
    return sorted(found, key=lambda sizes: -sizes[2] * sizes[3])
