"""What goes wrong in hand derivations of BPTT: a factor dropped, doubled or shifted by one step.

Each mistake is a recipe of its own, made of the factors of the chain rule. Formulas are written for
a vanilla network, h_t = φ(z_t) with z_t = h_{t-1} W + ...; for other cells φ'(z_t) stands for
∂s_t/∂(h_{t-1} W), the slope from the product with the recurrent weights to the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .chain import Chain, Matrices, Recipe
from .recurrence import ParameterUse

__all__ = ["ChainMistake", "chain_mistakes"]

Choice = Callable[[str, int], Sequence[ParameterUse]]


class ChainMistake(NamedTuple):
    """One mistake in the chain rule.

    key: a short name. says: what it is, in a sentence. recipe: the chain rule with it. wrong: how
    many factors it gets wrong; mistakes with fewer are likelier.
    """

    key: str
    says: str
    recipe: Recipe
    wrong: int = 1


def chain_mistakes(chain: Chain, nonlinearity: str | None, batch: int) -> Iterator[ChainMistake]:
    """Every mistake that the shapes allow, the likeliest first.

    nonlinearity: the name of φ, None if it has none. batch: the number of sequences.
    """
    yield from _carry_slope(chain, nonlinearity)
    yield from _carry_weight(chain)
    yield from _carry_whole(chain)
    yield from _use(chain, nonlinearity)
    yield from _slope(chain, nonlinearity)
    yield from _operand(chain)
    yield from _sum(chain)
    yield from _scale(chain, batch)


# φ' in terms of h = φ(z).
_SLOPES = {"tanh": "(1 − h_{t}²)", "sigmoid": "h_{t}(1 − h_{t})", "relu": "[h_{t} > 0]"}


def _instead(nonlinearity: str | None, wrong: str, right: str) -> str:
    """The shifted φ' as a formula in h, for a nonlinearity that has one; else nothing."""
    form = _SLOPES.get(nonlinearity or "")
    if form is None:
        return ""
    one, other = (form.replace("{t}", step) for step in (wrong, right))
    return f"; for {nonlinearity} that is {one} instead of {other}"


def _weight(chain: Chain) -> str:
    return " and ".join(chain.steps[0].recurrent) or "W"


def _shifted(items: Sequence[Any], by: int) -> list[Any]:
    """items[t + by] for every t; where there is no such step, its own."""
    return [items[k + by] if 0 <= k + by < len(items) else items[k] for k in range(len(items))]


def _zeros(items: Matrices) -> Matrices:
    return [np.zeros_like(item) for item in items]


# -- from δ_{t+1} to δ_t


def _carry_slope(chain: Chain, nonlinearity: str | None) -> Iterator[ChainMistake]:
    """Mistakes in the φ' of the carry."""
    W, truth, D = _weight(chain), chain.truth(), chain.slopes
    right = f"(δ_{{t+1}} ⊙ φ'(z_{{t+1}})) {W}ᵀ"

    def mistake(key: str, says: str, slopes: Matrices) -> ChainMistake:
        carries = chain.carries(slopes, chain.weights, chain.rests)
        return ChainMistake(f"carry: {key}", says, truth._replace(carries=carries))

    for by, key, wrong in ((-1, "early", "t"), (1, "late", "{t+2}")):
        yield mistake(
            f"slope one step {key}",
            f"φ' of the wrong step in the carry: (δ_{{t+1}} ⊙ φ'(z_{wrong})) {W}ᵀ, where the "
            f"chain rule has φ'(z_{{t+1}})" + _instead(nonlinearity, wrong, "{t+1}"),
            _shifted(D, by),
        )
    if chain.square:
        yield mistake(
            "slope missing",
            f"φ' is missing in the carry: δ_{{t+1}} {W}ᵀ, where the chain rule has {right}",
            [np.eye(chain.n_u)] * chain.T,
        )
        yield mistake(
            "slope twice",
            f"φ' is applied twice in the carry: (δ_{{t+1}} ⊙ φ'(z_{{t+1}})²) {W}ᵀ, where the "
            f"chain rule has {right}",
            [d @ d for d in D],
        )


def _carry_weight(chain: Chain) -> Iterator[ChainMistake]:
    """Mistakes in the carry's recurrent weight, and in its paths past that weight."""
    W, truth, D, A, R = _weight(chain), chain.truth(), chain.slopes, chain.weights, chain.rests
    product = "δ_{t+1} ⊙ φ'(z_{t+1})"

    def mistake(
        key: str, says: str, slopes: Matrices, weights: Matrices, rests: Matrices
    ) -> ChainMistake:
        carries = chain.carries(slopes, weights, rests)
        return ChainMistake(f"carry: {key}", says, truth._replace(carries=carries))

    if chain.square:
        yield mistake(
            "weight not transposed",
            f"{W} is not transposed in the carry: ({product}) {W}, where the chain rule has {W}ᵀ",
            D, [a.T for a in A], R,
        )
        yield mistake(
            "weight missing",
            f"{W}ᵀ is missing in the carry: {product}, where the chain rule has ({product}) {W}ᵀ",
            D, [np.eye(chain.n_u)] * chain.T, R,
        )
        yield mistake(
            "weight twice",
            f"one {W}ᵀ too many in every carry: ({product}) {W}ᵀ {W}ᵀ",
            D, [a @ a for a in A], R,
        )
    if chain.direct:
        yield mistake(
            "only through the weights",
            f"the carry goes through {W} alone; the direct way from state to state is missing",
            D, A, _zeros(R),
        )
        yield mistake(
            "only past the weights",
            f"the carry goes the direct way from state to state alone; the one through {W} is "
            f"missing",
            _zeros(D), A, R,
        )


def _carry_whole(chain: Chain) -> Iterator[ChainMistake]:
    """Mistakes in the carry as a whole: missing, scaled, or not carried back far enough."""
    W, truth = _weight(chain), chain.truth()
    right = f"(δ_{{t+1}} ⊙ φ'(z_{{t+1}})) {W}ᵀ"
    yield ChainMistake(
        "carry missing",
        f"the carry is missing: δ_t = e_t, where the chain rule has δ_t = e_t + {right}; the "
        f"errors of later steps are never carried back to earlier ones",
        truth._replace(carries=_zeros(truth.carries)),
    )
    for factor, says in ((-1.0, "has the wrong sign"), (2.0, "counts twice"), (0.5, "is halved")):
        yield ChainMistake(
            f"carry: times {factor:g}",
            f"the carry {says}: δ_t = e_t + ({factor:g}) {right}",
            truth._replace(carries=[factor * c for c in truth.carries]),
        )
    lags = np.subtract.outer(np.arange(chain.T), np.arange(chain.T))
    for reach in range(2, chain.T):
        yield ChainMistake(
            f"reach {reach}",
            f"errors are carried back {reach - 1} step{'s' if reach > 2 else ''} and no further: "
            f"truncated BPTT with a reach of {reach}",
            truth._replace(pairs=truth.pairs * (lags < reach)),
        )


# -- from δ_t to the term of step t


def _use(chain: Chain, nonlinearity: str | None) -> Iterator[ChainMistake]:
    """Mistakes in the slope between δ_t and the op that uses the parameter."""
    W, truth, steps = _weight(chain), chain.truth(), chain.steps
    right = "where the chain rule has δ_t ⊙ φ'(z_t)"

    def mistake(key: str, says: str, choose: Choice) -> ChainMistake:
        return ChainMistake(f"use: {key}", says, truth._replace(uses=chain.uses(choose)))

    def changed(change: Callable[[ParameterUse, int], ParameterUse]) -> Choice:
        fits = (chain.n_u, chain.n_u)
        return lambda name, t: [
            change(use, t) if use.slope.shape == fits else use for use in steps[t].uses[name]
        ]

    def shifted(by: int) -> Choice:
        def choose(name: str, t: int) -> Sequence[ParameterUse]:
            here = steps[t].uses[name]
            there = steps[t + by].uses[name] if 0 <= t + by < chain.T else here
            if [u.slope.shape for u in there] != [u.slope.shape for u in here]:
                return here
            return [ParameterUse(o.slope, u.local) for o, u in zip(there, here, strict=True)]

        return choose

    if chain.square:
        yield mistake(
            "one weight too many",
            f"one {W}ᵀ too many at the use: each term has (δ_t ⊙ φ'(z_t)) {W}ᵀ, {right}; the "
            f"product that leads back to the use starts one step too early",
            changed(lambda use, t: ParameterUse(use.slope @ steps[t].weight, use.local)),
        )
        yield mistake(
            "slope missing",
            f"φ' is missing at the use: each term has δ_t, {right}",
            changed(lambda use, t: ParameterUse(np.eye(chain.n_u), use.local)),
        )
        yield mistake(
            "slope twice",
            f"φ' is applied twice at the use: each term has δ_t ⊙ φ'(z_t)², {right}",
            changed(lambda use, t: ParameterUse(use.slope @ use.slope, use.local)),
        )
    for by, key, wrong in ((-1, "early", "{t-1}"), (1, "late", "{t+1}")):
        yield mistake(
            f"slope one step {key}",
            f"φ' of the wrong step at the use: δ_t ⊙ φ'(z_{wrong}), {right}"
            + _instead(nonlinearity, wrong, "t"),
            shifted(by),
        )
    for longer, says in ((1, "long"), (-1, "short")):
        yield ChainMistake(
            f"product one factor too {says}",
            f"the product that leads back to the use is one factor ∂h_t/∂h_{{t-1}} too {says}",
            truth._replace(longer=longer),
        )


# What people write for φ', in terms of h = φ(z): (a key, the formula, the function).
_WRONG_SLOPES: dict[str, list[tuple[str, str, Callable[[Any], Any]]]] = {
    "tanh": [
        ("not squared", "1 − h_t", lambda h: 1 - h),
        ("of the sigmoid", "h_t(1 − h_t)", lambda h: h * (1 - h)),
        ("at h", "1 − tanh(h_t)²", lambda h: 1 - np.tanh(h) ** 2),
        ("with the wrong sign", "1 + h_t²", lambda h: 1 + h**2),
    ],
    "sigmoid": [
        ("incomplete", "1 − h_t", lambda h: 1 - h),
        ("of tanh", "1 − h_t²", lambda h: 1 - h**2),
        ("at h", "σ(h_t)(1 − σ(h_t))", lambda h: 0.25 / np.cosh(h / 2) ** 2),
        ("with the wrong sign", "h_t(1 + h_t)", lambda h: h * (1 + h)),
    ],
}


def _slope(chain: Chain, nonlinearity: str | None) -> Iterator[ChainMistake]:
    """The same mistake in φ' everywhere: in the carry and at the use of the parameter."""
    if not chain.square:
        return

    def mistake(key: str, says: str, slopes: Matrices, wrong: int) -> ChainMistake:
        def choose(name: str, t: int) -> Sequence[ParameterUse]:
            return [
                use._replace(slope=slopes[t]) if np.array_equal(use.slope, chain.slopes[t]) else use
                for use in chain.steps[t].uses[name]
            ]

        recipe = chain.truth()._replace(
            carries=chain.carries(slopes, chain.weights, chain.rests), uses=chain.uses(choose)
        )
        return ChainMistake(f"slope {key}", says, recipe, wrong)

    D, both = chain.slopes, "everywhere, in the carry and at the use"
    yield mistake("missing everywhere", f"φ' is missing {both}", [np.eye(chain.n_u)] * chain.T, 2)
    yield mistake("twice everywhere", f"φ' is applied twice {both}", [d @ d for d in D], 2)
    name = nonlinearity or ""
    for key, formula, function in _WRONG_SLOPES.get(name, ()) if chain.outputs else ():
        right = _SLOPES[name].replace("{t}", "t")
        yield mistake(
            key, f"φ' of {name} is wrong: {formula}, where the derivative is {right}",
            [np.diag(function(h).ravel().astype(float)) for h in chain.outputs], 1,
        )


def _operand(chain: Chain) -> Iterator[ChainMistake]:
    """Mistakes in what the parameter is multiplied with: h_t in place of h_{t-1}, say."""
    truth = chain.truth()
    for by, key, wrong in (
        (1, "next", "h_t instead of h_{t-1}, x_{t+1} instead of x_t"),
        (-1, "previous", "h_{t-2} instead of h_{t-1}, x_{t-1} instead of x_t"),
    ):

        def choose(where: str, name: str, t: int, by: int = by) -> Sequence[ParameterUse]:
            here: list[ParameterUse] = getattr(chain.steps[t], where)[name]
            there: Sequence[Any] = ()
            if 0 <= t + by < chain.T:
                there = [use.local for use in getattr(chain.steps[t + by], where)[name]]
            elif t + by == chain.T and where == "uses":
                there = chain.after.get(name, ())
            if len(there) != len(here):
                there = [None] * len(here)
            return [
                ParameterUse(use.slope, np.zeros_like(use.local) if local is None else local)
                for use, local in zip(here, there, strict=True)
            ]

        yield ChainMistake(
            f"use: operand of the {key} step",
            f"the parameter's operand is that of the {key} step (in the outer products "
            f"{wrong}, and in the output layer h_{'{t+1}' if by > 0 else '{t-1}'} instead of h_t)",
            truth._replace(
                uses=chain.uses(lambda name, t, choose=choose: choose("uses", name, t)),  # type: ignore[misc]  # bound per mistake
                in_loss=chain.in_loss(lambda name, t, choose=choose: choose("in_loss", name, t)),  # type: ignore[misc]  # bound per mistake
            ),
        )


# -- the sum over the terms


def _sum(chain: Chain) -> Iterator[ChainMistake]:
    """Mistakes in which terms are summed."""
    truth, T = chain.truth(), chain.T
    if T < 2:
        return

    def only(step: int, values: Matrices) -> Matrices:
        return [v if t == step else np.zeros_like(v) for t, v in enumerate(values)]

    def in_loss(step: int) -> dict[str, Matrices]:
        return {name: only(step, values) for name, values in truth.in_loss.items()}

    yield ChainMistake(
        "only the last loss",
        f"only the loss of the last step, {T}, is counted, where the chain rule sums over all",
        truth._replace(errors=only(T - 1, truth.errors), in_loss=in_loss(T - 1)),
    )
    for step, word in ((T - 1, "last"), (0, "first")):
        yield ChainMistake(
            f"only the {word} use",
            f"only the {word} use, in step {step + 1}, is counted, where the chain rule sums over "
            f"all",
            truth._replace(pairs=truth.pairs * (np.arange(T) == step), in_loss=in_loss(step)),
        )
    for by, wrong in ((-1, "{t-1}"), (1, "{t+1}")):
        errors = [
            truth.errors[t + by] if 0 <= t + by < T else np.zeros_like(truth.errors[t])
            for t in range(T)
        ]
        yield ChainMistake(
            f"error of step {wrong}",
            f"the error of the wrong step: e_{wrong}, where the chain rule has e_t",
            truth._replace(errors=errors),
        )
    yield ChainMistake(
        "whole product",
        "the error of step t meets the use of step t alone, and after all the factors down to "
        "step 1; the chain rule brings it to every step s ≤ t, after the t − s factors in between",
        truth._replace(whole=True),
        wrong=2,
    )


def _scale(chain: Chain, batch: int) -> Iterator[ChainMistake]:
    """Constant factors of the whole."""
    truth, T = chain.truth(), chain.T
    scales = [
        (-1.0, "the sign is wrong"),
        (2.0, "twice the gradient: a factor 2 too many, or a ½ missing"),
        (0.5, "half the gradient: a factor ½ too many, or a 2 missing"),
    ]
    for n, what in ((T, "steps"), (batch, "sequences")):
        if n > 2:
            scales.append((1 / n, f"the mean over the {n} {what}, where the loss is their sum"))
            scales.append((float(n), f"the sum over the {n} {what}, where the loss is their mean"))
    for factor, says in scales:
        errors = [factor * e for e in truth.errors]
        in_loss = {name: [factor * v for v in values] for name, values in truth.in_loss.items()}
        recipe = truth._replace(errors=errors, in_loss=in_loss)
        yield ChainMistake(f"times {factor:.4g}", says, recipe)
