r"""Formulas: the part of TeX's mathematics that sheets and slides use, as MathML.

Browsers show MathML by themselves, so a page with formulas needs no script, no font and no network.
What is not in the tables below is refused by name: a formula is right or is not built.
"""

from __future__ import annotations

import re
from html import escape

__all__ = ["STYLE", "mathml"]

STYLE = """
:is(.minigrad-text, .deck) math { font-family: Georgia, "Times New Roman", serif }
:is(.minigrad-text, .deck) mi.it { font-style: italic }
"""
"""What pages with formulas have in their style sheets."""

_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eta": "η", "theta": "θ",
    "lambda": "λ", "sigma": "σ", "varphi": "φ", "phi": "ϕ", "rho": "ρ", "Delta": "Δ", "ell": "ℓ",
    "partial": "∂", "infty": "∞", "dots": "…", "ldots": "…", "cdots": "⋯",
}
_OPERATORS = {
    "cdot": "·", "odot": "⊙", "otimes": "⊗", "times": "×", "le": "≤", "ge": "≥", "ne": "≠",
    "approx": "≈", "to": "→", "pm": "±", "mid": "|", "in": "∈",
    "|": "‖", "sum": "∑", "prod": "∏", "{": "{", "}": "}",
}
_BEFORE_A_SIGN = ("(</mo>", "=</mo>", "·</mo>", "+</mo>", ",</mo>", "≈</mo>", "→</mo>")
_SPACES = {"quad": "1em", "qquad": "2em", ",": "0.17em", ";": "0.28em", " ": "0.25em"}
_FUNCTIONS = {"tanh", "log", "exp", "min", "max", "sin", "cos"}

_WORDS = re.compile(r"\\(?:text|mathrm|operatorname)\{([^{}]*)\}")
_TOKEN = re.compile(_WORDS.pattern + r"|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S")


def mathml(tex: str, *, block: bool = False) -> str:
    r"""A formula as a ``<math>`` element.

    tex: letters, numbers, operators, ``^``, ``_``, groups, ``\frac``, ``\text``, Greek letters, and
        what else the tables of this file have. block: on a line of its own.

    Raises ValueError for a command that is not known, and for a brace without its partner.

    >>> mathml("2^3 = 8")
    '<math><msup><mn>2</mn><mn>3</mn></msup><mo>=</mo><mn>8</mn></math>'
    >>> mathml(r"\foo")
    Traceback (most recent call last):
        ...
    ValueError: mathml('\\foo'): there is no \foo here; ...
    """
    tokens = [m.group() for m in _TOKEN.finditer(tex)][::-1]    # the next one is the last
    try:
        row = _row(tokens)
        if tokens:
            raise IndexError
    except IndexError:
        raise ValueError(f"mathml({tex!r}): a brace, or what it belongs to, is missing") from None
    except KeyError as unknown:
        raise ValueError(
            f"mathml({tex!r}): there is no {unknown.args[0]} here; rnn/lessons/pages/mathml.py has "
            f"what there is"
        ) from None
    display = ' display="block"' if block else ""
    return f"<math{display}>{row}</math>"


def _row(tokens: list[str]) -> str:
    """What stands until the group closes, or the formula ends."""
    parts: list[str] = []
    while tokens and tokens[-1] != "}":
        if tokens[-1] == "-" and (not parts or parts[-1].endswith(_BEFORE_A_SIGN)):
            tokens.pop()
            parts.append('<mo form="prefix">−</mo>')    # a sign, with no space around it
        else:
            parts.append(_scripted(tokens))
    return "".join(parts)


def _scripted(tokens: list[str]) -> str:
    """One thing, with its primes and what stands below and above it."""
    base, scripts = _one(tokens), {}
    while tokens and tokens[-1] == "'":
        tokens.pop()
        base = f'<mrow>{base}<mo lspace="0" rspace="0">′</mo></mrow>'
    while tokens and tokens[-1] in ("_", "^"):
        mark = tokens.pop()
        scripts[mark] = _one(tokens)
    if not scripts:
        return base
    names = {"_": "sub", "^": "sup"}
    kind = "m" + "".join(names[mark] for mark in "_^" if mark in scripts)
    inside = "".join(scripts[mark] for mark in "_^" if mark in scripts)
    return f"<{kind}>{base}{inside}</{kind}>"


def _letter(letter: str) -> str:
    """A variable. Slanted by a style sheet (STYLE), so that no font for mathematics is needed."""
    return f'<mi mathvariant="normal" class="it">{letter}</mi>'


def _one(tokens: list[str]) -> str:
    """A letter, a number, an operator, a command with its arguments, or a group."""
    token = tokens.pop()
    if token == "{":
        row = _row(tokens)
        tokens.pop()
        return f"<mrow>{row}</mrow>"
    if words := _WORDS.fullmatch(token):
        spaced = re.sub(r"^ | $", "\u00a0", words.group(1))    # else they are lost
        return f"<mtext>{escape(spaced)}</mtext>"
    if token.startswith("\\"):
        return _command(token, tokens)
    if token[0].isdigit():
        return f"<mn>{token}</mn>"
    if token.isalpha():
        return _letter(token)
    return f"<mo>{'−' if token == '-' else escape(token)}</mo>"


def _command(token: str, tokens: list[str]) -> str:
    name = token[1:]
    if name in ("frac", "tfrac"):
        return f"<mfrac>{_one(tokens)}{_one(tokens)}</mfrac>"
    if name == "sqrt":
        return f"<msqrt>{_one(tokens)}</msqrt>"
    if name in _SPACES:
        return f'<mspace width="{_SPACES[name]}"/>'
    if name in _FUNCTIONS:
        return f"<mi>{name}</mi>"
    if name in _LETTERS:
        return _letter(_LETTERS[name])
    if name in _OPERATORS:
        return f"<mo>{_OPERATORS[name]}</mo>"
    raise KeyError(token)
