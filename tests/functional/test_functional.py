"""minigrad.functional as a whole."""

import minigrad.functional as F


def test_everything_public_is_tested_and_listed():
    """Every name of the module is callable and says what it computes."""
    for name in F.__all__:
        assert getattr(F, name).__doc__, name
