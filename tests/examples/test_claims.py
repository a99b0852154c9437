"""How examples of published results end: each statement with its numbers, and a verdict."""

import pytest

from examples._claims import Claim, verdict

GOOD = Claim("eq. 1", "a norm is bounded", "≤ 1", "≤ 0.9", True)


def test_a_verdict_shows_both_numbers(capsys):
    """Where all hold it says how many."""
    verdict([GOOD, GOOD])
    printed = capsys.readouterr().out
    assert "eq. 1: a norm is bounded\n    stated ≤ 1   measured ≤ 0.9   holds\n" in printed
    assert printed.endswith("all 2 hold\n")


def test_what_does_not_hold_ends_the_program():
    """With a text that names it, and so with an exit code that is not 0."""
    with pytest.raises(SystemExit, match="does not hold: a mean is 1"):
        verdict([GOOD, Claim("eq. 2", "a mean is 1", "1", "0.7", False)])
