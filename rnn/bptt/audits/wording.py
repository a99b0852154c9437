"""What a mistake is, in the user's words: where, of which rule, and what stands there instead."""

from __future__ import annotations

from typing import NamedTuple

from .derivation import Derivation, Use
from .expressions import Apply, Atom
from .formulas import LATEX, TEXT, Notation
from .recording import Call, Line, Quantity
from .rule_mistakes import RuleMistake

__all__ = ["Wording", "wording"]


class Wording(NamedTuple):
    """A mistake in words.

    key: in short. says: all of it. of: whose cotangent is wrong. op, line: where. right, used: what
    it gets by the rule, and with the mistake. latex: both formulas, for notebooks.
    uses: the arguments whose rules are wrong.
    """

    key: str
    says: str
    of: str
    op: str
    line: Line
    right: str
    used: str
    latex: str
    uses: tuple[Use, ...]


def wording(derivation: Derivation, mistake: RuleMistake) -> Wording:
    """A mistake in words."""
    use = mistake.use
    call = next(c for c in derivation.at_place(use.place) if use.slot in derivation.rules[c])
    value: Quantity = call.args[use.slot]
    text = Notation(derivation, TEXT)
    of = text.cotangent(value, call)
    right, used = _both(derivation, mistake, call, text)
    short, what = _what(mistake, call, text)
    kind = mistake.change.kind
    if kind in ("path", "sign", "doubled", "halved") and mistake.change.old is None:
        formula = f"by the rule {of} has {right}"
    else:
        formula = f"{of} = {used}, where the rule has {right}"
    scope = {
        "": "", "carry": ", in what is carried to other steps only",
        "use": ", in the gradients of the parameters only",
    }[mistake.scope]
    source = f" in `{_code(call.line.text)}` ({call.line})" if call.line.text else ""
    key = f"{mistake.scope + ': ' if mistake.scope else ''}{of}: {short}"
    latex = Notation(derivation, LATEX)
    wanted, wrong = _both(derivation, mistake, call, latex)
    name = latex.cotangent(value, call)
    return Wording(
        key, f"{what}{source}{scope}: {formula}", of, call.op.name, call.line, right, used,
        rf"{name} \leftarrow {wrong} \quad\text{{instead of}}\quad {wanted}",
        tuple(mistake.uses),
    )


def _both(
    derivation: Derivation, mistake: RuleMistake, call: Call, notation: Notation
) -> tuple[str, str]:
    """What a value gets by the rule, and what it gets with the mistake."""
    used = mistake.uses[mistake.use]
    right = mistake.right or derivation.written(call, mistake.use.slot)
    return notation.rule(right, call), notation.rule(used, call)


def _code(text: str) -> str:
    """A line of source without its comment."""
    return text.partition("  #")[0].strip()


def _what(mistake: RuleMistake, call: Call, notation: Notation) -> tuple[str, str]:
    """The mistake in a word or two, and in half a sentence."""
    change = mistake.change
    old = "" if change.old is None else notation.rule(change.old, call)
    new = "" if change.new is None else notation.rule(change.new, call)
    out = notation.value(call.outs[0], call)
    of = notation.cotangent(call.args[mistake.use.slot], call)
    term = old or f"the term of {of} through {out}"
    op = change.old.op.name if isinstance(change.old, Apply) else ""
    later = "later" if isinstance(change.new, Atom) and change.new.by > 0 else "earlier"
    short, sentence = _WORDS[change.kind]
    given = {"old": old, "new": new, "term": term, "op": op, "later": later, "call": call.op.name}
    return " ".join(short.format(**given).split()), sentence.format(**given)


_WORDS = {
    "path": ("left out", "{term} was left out"),
    "sign": ("sign of {old}", "the sign of {term} was turned"),
    "doubled": ("twice {old}", "{term} counts twice"),
    "halved": ("half {old}", "{term} is halved"),
    "dropped": ("without {old}", "the factor {old} is missing"),
    "twice": ("{old} twice", "the factor {old} is there twice"),
    "divided": ("divided by {old}", "one divided by {old} in place of multiplying"),
    "multiplied": ("times {old}", "one multiplied by {old} in place of dividing"),
    "instead": ("{new} for {old}", "{new} was taken for {old}"),
    "step": ("{new} for {old}", "{new} was taken for {old}, a step {later}"),
    "cotangent": ("{new} for {old}", "{new} was taken for {old}"),
    "function": ("slope of {new}", "the slope of {new} was taken for that of {call}"),
    "term": ("without {old}", "the term {old} was left out"),
    "minus": ("minus {old}", "{old} was subtracted, not added"),
    "plus": ("plus {old}", "{old} was added, not subtracted"),
    "reversed": ("{old} reversed", "{old} was subtracted the wrong way round"),
    "without": ("without the {op}", "the {op} in {old} was forgotten"),
    "transposed": ("{new} for {old}", "{new} stands where {old} belongs"),
    "turned": ("transposed", "the outer product is the wrong way round"),
    "mean": ("mean", "a mean was taken, where the rule has a sum"),
    "sum": ("sum", "a sum was taken, where the rule has a mean"),
    "only": ("only sequence {new}", "only sequence {new} of the batch was counted"),
    "all steps": ("all a step {new}", "all that a step has computed was taken a step {new}"),
    "exchanged": ("{old} and {new} exchanged", "{old} and {new} were exchanged"),
    "copied": ("{old}, {new} mixed up", "one of {old} and {new} stands for the other"),
}
