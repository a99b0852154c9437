"""A program in the fragment of a link."""

import re

import pytest

from playground.links import fragment, read

SOURCE = "import numpy as np\n# ‖G_t‖ → ∞\nprint('&#?=+/%')\n" * 20


def test_a_link_gives_the_program_back():
    """Any text survives, and where the knobs stand; the fragment needs no further quoting."""
    link = fragment(SOURCE, {"scale": 1.25, "a b": -2.0})
    assert read(link) == (SOURCE, {"scale": 1.25, "a b": -2.0})
    assert re.fullmatch(r"#[\w&=.+-]+", link, re.ASCII)
    assert len(link) < len(SOURCE) / 4


@pytest.mark.parametrize("text", ["", "#lesson=x", "#code=!", "#code=AAAA", "#code=KyjKzCvRMNQ"])
def test_a_damaged_link_is_refused(text):
    """It is no program, and says so."""
    with pytest.raises(ValueError, match="damaged"):
        read(text)
