"""The error for a missing Hypothesis, which draws the inputs of most checks."""

from __future__ import annotations

from types import ModuleType

__all__ = ["hypothesis_for", "without_hypothesis"]


def without_hypothesis(what: str) -> ImportError:
    """An error that says that `what` needs Hypothesis, and which extra installs it."""
    return ImportError(
        f"{what} needs Hypothesis, which is not installed: pip install hypothesis, or install the "
        f"extra that has it, pip install -e '.[test]' in a checkout (minigrad-bptt[test])",
        name="hypothesis",
    )


def hypothesis_for(what: str) -> ModuleType:
    """The package ``hypothesis``; ImportError that says how to get it, for `what`."""
    try:
        import hypothesis
    except ImportError as error:
        raise without_hypothesis(what) from error
    return hypothesis
