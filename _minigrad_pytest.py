"""The pytest plugin of minigrad.testing: settings profiles, and seeds that replay.

It lies outside of the package because pytest imports it at every start, and importing the package
imports NumPy. Nothing here does, unless an option asks for it.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

SEED = "MINIGRAD_SEED"  # read by minigrad.testing, also without pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("minigrad").addoption(
        "--minigrad-seed",
        metavar="N",
        help="seed of what minigrad.testing draws: a number, or 'random' for one that is printed "
        "(default: 0)",
    )


@pytest.hookimpl(tryfirst=True)  # Hypothesis loads the profile in its own pytest_configure
def pytest_configure(config: pytest.Config) -> None:
    chosen = config.getoption("--minigrad-seed")
    if chosen is not None:
        if chosen == "random":
            chosen = str(random.SystemRandom().randrange(2**32))
        if not chosen.isdecimal():
            raise pytest.UsageError(f"--minigrad-seed={chosen}: wanted a number or 'random'")
        before = os.environ.get(SEED)
        os.environ[SEED] = chosen
        config.add_cleanup(lambda: _restore(before))
    if config.getoption("hypothesis_profile", None) in ("quick", "ci", "thorough"):
        import minigrad.testing.profiles  # noqa: F401  # registers them


def _restore(before: str | None) -> None:
    if before is None:
        os.environ.pop(SEED, None)
    else:
        os.environ[SEED] = before


def pytest_report_header(config: pytest.Config) -> list[str]:
    seed: Any = os.environ.get(SEED)
    return [f"minigrad: seed {seed} (replay with --minigrad-seed={seed})"] if seed else []
