"""Hypothesis settings: quick at the desk, the same examples every time where CI is set."""

import os

import hypothesis

import minigrad.testing.profiles  # noqa: F401  # registers quick, ci and thorough

hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "quick")
