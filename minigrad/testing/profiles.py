"""Hypothesis settings by name: ``quick`` for every run, ``ci``, and ``thorough`` for a long one.

Importing this registers them, unless a conftest.py has registered its own of the same name.
``pytest --hypothesis-profile=thorough`` puts one to use, or ``settings.load_profile("quick")`` in
a conftest.py. All print the code that replays a failure.
"""

from __future__ import annotations

from .extras import without_hypothesis

try:
    from hypothesis import settings
    from hypothesis.errors import InvalidArgument
except ImportError as error:
    raise without_hypothesis("minigrad.testing.profiles") from error

__all__ = ["PROFILES"]

# No deadlines: the first call of an op takes longer than the others, and machines differ.
PROFILES = {
    "quick": settings(max_examples=100, deadline=None, print_blob=True),
    # The same examples in every run: a push fails for what it changed, not for what was drawn.
    "ci": settings(max_examples=100, deadline=None, print_blob=True, derandomize=True),
    "thorough": settings(max_examples=1000, deadline=None, print_blob=True),
}
"""The settings, by name."""

for _name, _settings in PROFILES.items():
    try:
        settings.get_profile(_name)
    except InvalidArgument:
        settings.register_profile(_name, _settings)
