"""Hypothesis settings: quick at the desk, the same examples every time where CI is set."""

import gc
import os

import hypothesis
import pytest

import minigrad.testing.profiles  # noqa: F401  # registers quick, ci and thorough

hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "quick")


@pytest.fixture
def collector_off():
    """No garbage is collected while the test runs, but by reference counts."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
