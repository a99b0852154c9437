"""What a paper says beside what is measured here, as a table that ends in a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Claim", "verdict"]


class Claim(NamedTuple):
    """A statement of the paper, and where it stands; the number that it has, and that of here."""

    source: str
    says: str
    stated: str
    measured: str
    holds: bool


def verdict(claims: Sequence[Claim]) -> None:
    """Print the claims with their numbers, and whether they hold.

    Ends the program (SystemExit) with what does not.
    """
    stated, measured = (max(len(c[k]) for c in claims) for k in (2, 3))
    for claim in claims:
        print(f"{claim.source}: {claim.says}")
        print(f"    stated {claim.stated:<{stated}}   measured {claim.measured:<{measured}}   "
              f"{'holds' if claim.holds else 'DOES NOT HOLD'}")
    failed = [claim.says for claim in claims if not claim.holds]
    if failed:
        raise SystemExit(f"does not hold: {'; '.join(failed)}")
    print(f"all {len(claims)} hold")
