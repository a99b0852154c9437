"""Your own derivation against the tape: which gradient is wrong, at which step, and why.

A hand derivation of BPTT that is wrong by one index or one factor often still trains. `audit`
compares what you derived with what the tape computes. Where they differ, it repeats the derivation
with one mistake at a time, and names the mistakes that lead to your numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minigrad import Tensor
from minigrad.engine.tensor import detached

from ...cells import Cell, ElmanCell
from ..contributions.ledger import gates_of
from ..graph import pull_back
from ..plots.audit import TermsPanel, plot_audit
from ..result import norm
from .chain import Chain, evaluate
from .chain_mistakes import chain_mistakes
from .claims import Claim, distance
from .findings import Finding, Mistake
from .placement_mistakes import placement_mistakes
from .recurrence import Loss, OneStep, factors, parameters, single_steps
from .report import written

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["Audit", "audit"]

Array = np.ndarray[Any, Any]
Tables = dict[str, Array]      # G[t, s] by parameter, each entry flattened: (T, T, n)
_Tables = Mapping[str, Array]  # G[t, s] by claim, (T, T, *shape)


class Audit(Mapping[str, Finding]):
    """The findings by the name of the gradient; ``print(audit)`` says them in words.

    agrees: whether every claimed gradient is right. weight: the name of the recurrent weight.
    direct: whether the state also reaches the next step without passing through that weight, as c
        does in an LSTM.

    >>> cell = ElmanCell(1, 1, biases=0, nonlinearity="identity", dtype=float)
    >>> cell.W_xh.data, cell.W_hh.data = np.ones((1, 1)), np.ones((1, 1))       # h_t = 1, 2, 3
    >>> claims = {"W_xh": np.array([[6.0]]), "W_hh": np.array([[3.0]])}
    >>> found = audit(claims, cell, np.ones((3, 1, 1)), lambda h, t: h.sum())
    >>> found.agrees, [name for name, finding in found.items() if not finding.agrees]
    (False, ['W_hh'])
    """

    def __init__(self, findings: Mapping[str, Finding], weight: str, direct: bool) -> None:
        self.findings, self.weight, self.direct = dict(findings), weight, direct

    @property
    def agrees(self) -> bool:
        """Whether every claimed gradient is right."""
        return all(finding.agrees for finding in self.values())

    def __getitem__(self, name: str) -> Finding:
        if name not in self.findings:
            raise KeyError(f"audit[{name!r}]: the claimed gradients are {', '.join(self.findings)}")
        return self.findings[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def plot(self, path: str | PathLike[str] | None = None) -> Figure:
        """The relative errors, and for each wrong gradient its terms beside the true ones."""
        relative = {name: finding.relative for name, finding in self.items()}
        wrong = [finding for finding in self.values() if not finding.agrees]
        panels = [panel for panel in map(_panel, wrong) if panel is not None][:3]
        return plot_audit(relative, [finding.name for finding in wrong], panels, path)

    def __repr__(self) -> str:
        return written(self.findings, self.weight, self.direct)


def _panel(finding: Finding) -> TermsPanel | None:
    """The terms by the step of the use: as claimed, or else as the explanation has them."""
    extra = finding.claimed.ndim - finding.terms.ndim
    best = finding.explanations[0] if finding.explanations else None
    because = best.key if best else "not explained"
    if extra >= 0:
        claimed = finding.claimed.sum(axis=0) if extra else finding.claimed
        return TermsPanel(finding.name, finding.terms, claimed, "claimed", because)
    if best is None:
        return None
    return TermsPanel(finding.name, finding.terms, best.terms, "with this mistake", because)


def audit(
    claimed: Any,
    cell: Any,
    xs: Any,
    loss: Loss,
    *,
    params: Any = None,
    state: Any = None,
    rtol: float | None = None,
) -> Audit:
    """Compare claimed gradients of Σ_t ℓ_t with the true ones, and explain the differences.

    claimed: the gradients by the names of the parameters, or a function without arguments that
        returns them. Each in one of three forms: the gradient; its terms G_t by the step of the use
        (T, *shape), as in ``ledger``; or G[t, s] by the steps of loss and use (T, T, *shape), as in
        ``two_time``. "W_hh[f]" is the block of gate f. For a cell with one state, its name ("h")
        is ∂L/∂h_t of all steps, (T, B, H). For a parameter with one entry a plain number will do.
    cell, xs, loss, params, state: as for ``rtrl``: any cell, its inputs, ``loss(output, t)`` → ℓ_t,
        the parameters of the output layer, the first state.
    rtol: the relative difference that still counts as equal (default: 1e-6, or 1e-3 where float32
        is involved). Printed numbers need a larger one.

    Each step is taken apart into its factors, by the tape of that step alone: the error e_t, the
    slope φ'(z_t), the recurrent weight, and what each parameter is multiplied with. A mistake is
    the chain rule with one of them dropped, doubled or shifted by a step, with a carry or a term
    missing, or with a wrong sign or constant. With few steps several mistakes may lead to the same
    numbers; all of them are listed. The factors are dense matrices, so this is for small examples.

    Raises ValueError for unknown names, for shapes that do not fit, and where two runs of the cell
    differ (dropout in training mode); TypeError for what is no cell, no mapping, no numbers.

    >>> from rnn import ElmanCell
    >>> from rnn.bptt import rtrl
    >>> cell, xs = ElmanCell(1, 2, biases=0, dtype=float, rng=0), np.ones((3, 1, 1))
    >>> right = rtrl(cell, xs, lambda h, t: (h ** 2).sum())
    >>> found = audit({"W_hh": -right["W_hh"]}, cell, xs, lambda h, t: (h ** 2).sum())
    >>> found["W_hh"].agrees, found["W_hh"].explanations[0].says
    (False, 'the sign is wrong')
    """
    named = parameters(cell, params, "audit")
    taken = list(single_steps(cell, xs, loss, state, "audit"))
    chain = Chain(
        [factors(step, named) for step in taken], _after(cell, xs, taken, named),
        [step.output.numpy() for step in taken],
    )
    truth = evaluate(chain.truth())
    _check(cell, xs, loss, state, named, truth, taken)

    given = claimed() if callable(claimed) else claimed
    if not isinstance(given, Mapping) or not given:
        raise TypeError(
            f"audit(claimed): received {type(given).__name__}; wanted the claimed gradients by "
            f"name, or a function that returns them"
        )
    claims = {name: Claim(name, value, cell, named, taken) for name, value in given.items()}
    if rtol is None:
        types = [cell.dtype, *(claim.claimed.dtype for claim in claims.values())]
        rtol = 1e-3 if any(t.itemsize < 8 for t in types) else 1e-6
    scale = max((float(norm(table)) for table in truth.values()), default=0.0)
    close = {name: distance(claim, claim.table(truth)) for name, claim in claims.items()}
    finite = {name for name, (_, error, _) in close.items() if np.isfinite(error)}
    wrong = [
        name
        for name, (_, error, size) in close.items()
        if name not in finite or error > max(rtol * size, 1e-14 * scale)
    ]
    mistakes = _Mistakes(chain, cell, taken, named, truth)
    explained = _explanations(mistakes, {n: claims[n] for n in wrong if n in finite}, close, rtol)
    findings = {}
    for name, claim in claims.items():
        true, error, size = close[name]
        terms, because = claim.table(truth).sum(axis=0), tuple(explained.get(name, ()))
        findings[name] = Finding(
            name, claim.claimed, true, terms, error,
            np.inf if name not in finite else error / size if size else 0.0,
            name not in wrong, _steps(claim, true, terms, because, rtol) if name in wrong else (),
            because, _operand(chain, claim.key),
        )
    weight = chain.steps[0].recurrent[0] if chain.steps[0].recurrent else "W"
    return Audit(findings, weight, chain.direct)


class _Mistakes(NamedTuple):
    """Every mistake that may have led to the claimed numbers."""

    chain: Chain
    cell: Cell
    taken: list[OneStep]
    named: Mapping[str, Tensor]
    truth: Tables

    def tables(self, claims: Mapping[str, Claim]) -> Iterator[tuple[str, str, int, _Tables]]:
        """For each mistake: its key, what it is, how many factors it gets wrong, and G[t, s] of
        each claimed gradient with it."""
        chosen = self.cell.nonlinearity if isinstance(self.cell, ElmanCell) else None
        nonlinearity = chosen if isinstance(chosen, str) else None
        for mistake in chain_mistakes(self.chain, nonlinearity, len(self.taken[0].output)):
            found = evaluate(mistake.recipe)
            tables = {name: claim.table(found) for name, claim in claims.items()}
            yield mistake.key, mistake.says, mistake.wrong, tables
        for name, claim in claims.items():
            if claim.of_state:
                continue
            whole = {
                key: _whole(self.truth[key], len(self.taken), p.shape)
                for key, p in self.named.items()
            }
            gates = gates_of(self.cell).get(claim.key, {})
            for other in placement_mistakes(
                claim.key, whole, claim.claimed, len(claim.lead), gates, claim.gate, claim.columns
            ):
                yield other.key, other.says, other.wrong, {name: other.table}


def _whole(table: Array, T: int, shape: tuple[int, ...]) -> Array:
    if not table.size:  # a parameter that no step uses
        return np.zeros((T, T, *shape))
    return table.reshape(T, T, *shape)


def _explanations(
    mistakes: _Mistakes,
    claims: Mapping[str, Claim],
    close: Mapping[str, tuple[Array, float, float]],
    rtol: float,
) -> dict[str, list[Mistake]]:
    """For each wrong gradient the mistakes that lead to it.

    Those that get fewer factors wrong come first, then those that explain more of the gradients.
    """
    if not claims:
        return {}
    found: dict[str, list[tuple[int, int, Mistake]]] = {n: [] for n in claims}
    counts: dict[str, int] = {}
    for place, (key, says, wrong, tables) in enumerate(mistakes.tables(claims)):
        for name, table in tables.items():
            other, error, size = distance(claims[name], table)
            # Near enough to the claim, and much nearer than the truth is.
            if error <= rtol * size and error <= 0.2 * close[name][1]:
                misfit = error / size if size else 0.0
                mistake = Mistake(key, says, misfit, other, table.sum(axis=0))
                found[name].append((wrong, place, mistake))
                counts[key] = counts.get(key, 0) + 1
    explained = {}
    for name, ranked in found.items():
        ranked.sort(key=lambda one: (one[0], -counts[one[2].key], one[1]))
        told = [mistake for *_, mistake in ranked]
        # Any other mistake says more than that the whole is off by a constant.
        explained[name] = [m for m in told if m.key != "constant factor"] or told
    return explained


def _steps(
    claim: Claim, true: Array, terms: Array, because: tuple[Mistake, ...], rtol: float
) -> tuple[int, ...]:
    """The steps of the use whose terms are wrong: the claimed ones, or those of its explanation."""
    if claim.lead:
        wrong, right = claim.claimed, true
        if len(claim.lead) == 2:
            wrong, right = np.swapaxes(wrong, 0, 1), np.swapaxes(right, 0, 1)
    elif because:
        wrong, right = because[0].terms, terms
    else:
        return ()
    axes = tuple(range(1, wrong.ndim))
    off, size = norm(wrong - right, axis=axes), float(np.max(norm(right, axis=axes), initial=0.0))
    limit = rtol * size if claim.lead else 1e-9 * size
    return tuple(int(t) + 1 for t in np.flatnonzero(~(off <= limit)))


def _operand(chain: Chain, name: str) -> str:
    """What a parameter is multiplied with in step t; "" if the factors do not tell."""
    if name in chain.steps[0].recurrent:
        return "h_{t-1}"
    if any(local is None for local in chain.after.get(name, ())):
        return "x_t"
    return ""


def _after(
    cell: Cell, xs: Any, taken: list[OneStep], named: Mapping[str, Tensor]
) -> dict[str, list[Array | None]]:
    """∂(result)/∂parameter of each use in a step T + 1; None where it depends on x_{T+1}.

    There is no x_{T+1}: the step is run with two made-up inputs, and what differs depends on it.
    """
    state = taken[-1].after
    x = np.asarray(detached(xs[-1]))
    another = (x + 1) % cell.input_size if x.dtype.kind in "iu" else x + 1
    found = []
    for made_up in (x, another):
        (step,) = single_steps(
            cell, made_up[None], lambda output, t: None, state if len(state) > 1 else state[0],
            "audit", start=len(taken) + 1,
        )
        uses = factors(step, named).uses
        found.append({name: [use.local for use in uses[name]] for name in named})
    one, two = found
    return {
        name: [
            a if np.array_equal(a, b) else None for a, b in zip(one[name], two[name], strict=True)
        ]
        for name in named
    }


def _check(
    cell: Cell,
    xs: Any,
    loss: Loss,
    state: Any,
    named: Mapping[str, Tensor],
    truth: Tables,
    taken: list[OneStep],
) -> None:
    """Raise unless the steps, put together, are what backpropagation through time computes."""
    from ...sequence.unrolling import steps

    losses = [loss(output, t) for t, (output, _) in enumerate(steps(cell, xs, state), 1)]
    live = [value for value in losses if isinstance(value, Tensor) and value.requires_grad]
    ones = [np.ones(value.shape, value.dtype) for value in live]
    gradients = pull_back(live, ones, list(named.values()))
    slack = np.sqrt(np.finfo(cell.dtype).eps)
    for (name, parameter), g in zip(named.items(), gradients, strict=True):
        total = truth[name].sum(axis=(0, 1))
        have = total.reshape(parameter.shape) if total.size else np.zeros(parameter.shape)
        size = max(float(norm(have)), float(norm(g)))
        if not float(norm(have - g)) <= 100 * slack * size:
            raise ValueError(
                f"audit(cell): two runs of {type(cell).__name__} over the same inputs give "
                f"different gradients for {name} (norms {float(norm(have)):.6g} and "
                f"{float(norm(g)):.6g}); wanted a cell and a loss without randomness (call eval()) "
                f"and without NaN"
            )
