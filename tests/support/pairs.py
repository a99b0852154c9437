"""The pages docs/coming_from/*.md: what one writes elsewhere, what one writes here, and what the
two print."""

import contextlib
import io
import re
from typing import NamedTuple

from minigrad.engine.op import OPS
from tests.support.paths import ROOT

__all__ = ["FOLDER", "NUMBER", "PAGES", "Pair", "agree", "pairs_of", "printed"]

FOLDER = ROOT / "docs" / "coming_from"
PAGES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "index")
FENCE = re.compile(r"^```(python|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:e[-+]?\d+)?(?!\w)")


class Pair(NamedTuple):
    """What one writes there and here, each with the imports of its page before it, and what is
    printed below: by the second exactly, by the first in its own form."""

    page: str
    title: str
    theirs: str
    ours: str
    output: str

    def __str__(self):
        return f"{self.page}: {self.title}"


def pairs_of(page):
    """The pairs of a page, in order; its first two fences are the imports of all others.

    Raises AssertionError for a page that is not made of pairs, ours being the second.
    """
    text = (FOLDER / f"{page}.md").read_text(encoding="utf-8")
    imports, rest = FENCE.findall(text)[:2], list(FENCE.finditer(text))[2:]
    kinds = [fence[1] for fence in rest]
    assert kinds == ["python", "python", "text"] * (len(rest) // 3), f"{page}.md: {kinds}"
    pairs = []
    for theirs, ours, output in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        title = HEADING.findall(text[: theirs.start()])[-1]
        sides = [fence[2].startswith("# minigrad\n") for fence in (theirs, ours)]
        assert sides == [False, True], f"{page}.md, {title}: the second fence is minigrad's"
        pairs.append(Pair(
            page, title, imports[0][1] + theirs[2], imports[1][1] + ours[2], output[2]
        ))
    return pairs


def printed(code, title):
    """What the lines print when they are run by themselves; ops that they add go again."""
    out, before = io.StringIO(), dict(OPS)
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(code, f"<{title}>", "exec"), {"__name__": "pasted"})
    finally:
        OPS.clear()
        OPS.update(before)
    return out.getvalue()


def agree(found, wanted):
    """Whether two texts have the same numbers, each to the digits in which both print it, and to
    six, since one of them may be float32."""
    one, two = (NUMBER.findall(re.sub(r"dtype=\S+", "", text)) for text in (found, wanted))
    return len(one) == len(two) and all(
        abs(float(a) - float(b)) <= max(_half_digit(a), _half_digit(b)) + 2e-6 * abs(float(b))
        for a, b in zip(one, two, strict=True)
    )


def _half_digit(number):
    """Half of the last digit that is printed; 0 for an integer."""
    mantissa, _, exponent = number.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals) if "." in mantissa else 0.0
