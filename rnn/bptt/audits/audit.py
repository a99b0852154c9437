"""Your own derivation against the tape: which gradient is wrong, at which step, and why.

A hand derivation of BPTT that is wrong by one index or one factor often still trains. `audit`
compares what you derived with what the tape computes. Where they differ, it repeats the derivation
with one mistake at a time, and names the mistakes that lead to your numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Tensor
from minigrad.console import printable
from minigrad.module import Module

from ...cells import Cell
from ..contributions.naming import weights_of
from ..graph import pull_back
from ..plots.audit import TermsPanel, plot_audit
from ..plots.figures import Canvas
from ..result import norm
from .catalogue import Catalogue
from .claims import Claim, distance
from .explaining import Explainer, Told
from .findings import Finding, Mistake
from .model import Model, named_parameters, outputs_of
from .report import written
from .single_steps import Loss

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

    from .picture import Drawing

__all__ = ["Audit", "audit"]

Array = np.ndarray[Any, Any]


class Audit(Mapping[str, Finding]):
    """The findings by the name of the gradient; ``print(audit)`` says them in words.

    agrees: whether every claimed gradient is right. weight: the name of the recurrent weight.
    direct: whether the state also reaches the next step without passing through that weight, as c
        does in an LSTM.

    >>> from rnn import ElmanCell
    >>> cell = ElmanCell(1, 1, biases=0, nonlinearity="identity", dtype=float)
    >>> cell.W_xh.data, cell.W_hh.data = np.ones((1, 1)), np.ones((1, 1))       # h_t = 1, 2, 3
    >>> claims = {"W_xh": np.array([[6.0]]), "W_hh": np.array([[3.0]])}
    >>> found = audit(claims, cell, np.ones((3, 1, 1)), lambda h, t: h.sum())
    >>> found.agrees, [name for name, finding in found.items() if not finding.agrees]
    (False, ['W_hh'])
    """

    def __init__(
        self, findings: Mapping[str, Finding], weight: str, direct: bool,
        model: Model, keys: Mapping[str, str],
    ) -> None:
        self.findings, self.weight, self.direct = dict(findings), weight, direct
        self._model, self._keys = model, dict(keys)

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

    def plot(
        self, path: str | PathLike[str] | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """The relative errors, and for each wrong gradient its terms beside the true ones.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        """
        relative = {name: finding.relative for name, finding in self.items()}
        wrong = [finding for finding in self.values() if not finding.agrees]
        panels = [panel for panel in map(_panel, wrong) if panel is not None][:3]
        canvas = Canvas(path, size, style)
        return plot_audit(relative, [finding.name for finding in wrong], panels, canvas)

    def draw(
        self, name: str | None = None, *, view: str = "auto", direction: str = "LR",
        title: str | None = None,
    ) -> Drawing:
        """The graph of the run with what is wrong in red, and below it the reason.

        name: the claim that is shown (default: the first wrong one with an explanation).
        view: "cell", one step opened up, in which the operand is red whose rule was not kept;
            "steps", all steps, with the true terms at the taps, in which the uses are red whose
            terms are wrong; "auto": the cell, where the explanation is about a rule.
        direction: of the cell, where data flows: "LR" (default), "RL", "BT" or "TB".
        title: a line above.

        Raises ValueError for an unknown view, and for "cell" where no rule is to blame; KeyError
        for a claim that there is not.

        >>> from rnn import ElmanCell
        >>> cell = ElmanCell(1, 1, biases=0, nonlinearity="identity", dtype=float)
        >>> cell.W_xh.data, cell.W_hh.data = np.ones((1, 1)), np.ones((1, 1))
        >>> claims = {"W_hh": np.array([[3.0]])}
        >>> audit(claims, cell, np.ones((3, 1, 1)), lambda h, t: h.sum()).draw()
        <Drawing of step 2, audited: 6 ops>
        """
        from .picture import draw_cell_of, draw_steps_of

        if view not in ("auto", "cell", "steps"):
            raise ValueError(
                f"audit(...).draw(view={view!r}): wanted one of 'auto', 'cell', 'steps'"
            )
        wrong = [finding for finding in self.values() if not finding.agrees]
        best = [f for f in wrong if f.explanations] or wrong
        chosen = self[name] if name is not None else best[0] if best else None
        why = chosen.explanations[0].where if chosen and chosen.explanations else None
        if chosen is not None and why is not None and view != "steps":
            return draw_cell_of(self._model, chosen, why, direction, title)
        if view == "cell":
            raise ValueError(
                "audit(...).draw(view='cell'): no rule of an op is to blame"
                f"{f' for ∂L/∂{chosen.name}' if chosen else ''}; draw with view='steps'"
            )
        shown = wrong if name is None else [self[name]]
        return draw_steps_of(self._model, shown, self._keys, title)

    @printable
    def __repr__(self) -> str:
        return written(self.findings)


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
        ``two_time``. "W_hh[f]" is the block of gate f. The name of a part of the state ("h"), or of
        what the code of the step binds to a name ("f", "z"; "δf" too), is ∂L/∂ of it at all steps,
        (T, *shape). For a parameter with one entry a plain number will do.
    cell: any cell; a layer or another Module that makes outputs (T, B, ...) of `xs`; or a function
        step(x, state) → (output, state), with its parameters as `params`.
    xs, state: its inputs, and the first state. loss: ``loss(output, t)`` → ℓ_t, or None.
    params: parameters besides those of a Module, such as those of the output layer.
    rtol: the relative difference that still counts as equal (default: 1e-6, or 1e-3 where float32
        is involved). Printed numbers need a larger one.

    The run is recorded, op by op. What backpropagation does with it is derived again with one
    mistake at a time: a factor of a rule dropped, doubled, with the wrong sign, of another operand
    or another step; a term left out; a sum that is a mean; gates exchanged; in all that follows, or
    only in what is carried to other steps, or only in the gradients of the parameters. A mistake is
    told in the names and lines of the code of the step. With few steps several mistakes may lead to
    the same numbers; all of them are listed. All are computed side by side, so this is for small
    examples: some thousand times one backward pass.

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
    named = named_parameters(cell, params)
    model = Model(cell, xs, loss, named, state)
    given = claimed() if callable(claimed) else claimed
    if not isinstance(given, Mapping) or not given:
        raise TypeError(
            f"audit(claimed): received {type(given).__name__}; wanted the claimed gradients by "
            f"name, or a function that returns them"
        )
    gates = weights_of(cell, "audit").gates if isinstance(cell, Module) else {}

    def columns(weight: str, gate: str) -> slice:
        blocks = gates.get(weight, {})
        if isinstance(cell, Cell):
            return cell.gate(gate).columns  # or its error
        if gate not in blocks:
            raise ValueError(
                f"audit(claimed): '{weight}[{gate}]': the gates of {weight} are "
                f"{', '.join(blocks) or 'not known'}"
            )
        return blocks[gate]

    claims = {name: Claim(name, value, model, columns) for name, value in given.items()}
    keys = list(dict.fromkeys([*named, *(claim.key for claim in claims.values())]))
    truth = {key: table[0] for key, table in model.tables([None], keys).items()}
    _check(cell, xs, loss, state, named, truth)
    if rtol is None:
        types = [*(p.dtype for p in named.values()), *(c.claimed.dtype for c in claims.values())]
        rtol = 1e-3 if any(t.itemsize < 8 for t in types) else 1e-6
    scale = max((float(norm(table)) for table in truth.values()), default=0.0)
    close = {name: distance(claim, claim.block(truth[claim.key])) for name, claim in claims.items()}
    finite = {name for name, (_, error, _) in close.items() if np.isfinite(error)}
    wrong = [
        name
        for name, (_, error, size) in close.items()
        if name not in finite or error > max(rtol * size, 1e-14 * scale)
    ]
    told: Mapping[str, Told] = {}
    if to_explain := [name for name in wrong if name in finite]:
        known = {name: claim for name, claim in claims.items() if name in finite}
        catalogue = Catalogue(model, list(dict.fromkeys(claim.key for claim in known.values())))
        told = Explainer(
            catalogue, known, truth, to_explain,
            {name: error for name, (_, error, _) in close.items()}, rtol, gates,
        ).explained()
    findings = {}
    for name, claim in claims.items():
        true, error, size = close[name]
        terms = claim.block(truth[claim.key]).sum(axis=0)[: model.T]
        because, nearest, tried = told.get(name, Told((), None, 0))
        findings[name] = Finding(
            name, claim.claimed, true, terms, error,
            np.inf if name not in finite else error / size if size else 0.0,
            name not in wrong, _steps(claim, true, terms, because, rtol) if name in wrong else (),
            because, model.operand(claim.key), nearest, tried,
        )
    of = {name: claim.key for name, claim in claims.items()}
    return Audit(findings, model.recurrent_weight(), model.direct(), model, of)


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


def _check(
    cell: Any, xs: Any, loss: Loss, state: Any, named: Mapping[str, Tensor],
    truth: Mapping[str, Array],
) -> None:
    """Raise unless another run over the same inputs has the same gradients."""
    losses = [loss(output, t) for t, output in enumerate(outputs_of(cell, xs, state), 1)]
    live = [value for value in losses if isinstance(value, Tensor) and value.requires_grad]
    ones = [np.ones(value.shape, value.dtype) for value in live]
    gradients = pull_back(live, ones, list(named.values()))
    for name, g in zip(named, gradients, strict=True):
        have = truth[name].sum(axis=(0, 1))
        size = max(float(norm(have)), float(norm(g)))
        if not float(norm(have - g)) <= 100 * np.sqrt(np.finfo(g.dtype).eps) * size:
            raise ValueError(
                f"audit(cell): two runs of {type(cell).__name__} over the same inputs give "
                f"different gradients for {name} (norms {float(norm(have)):.6g} and "
                f"{float(norm(g)):.6g}); wanted a cell and a loss without randomness (call eval()) "
                f"and without NaN"
            )
