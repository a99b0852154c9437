"""What weights are called in a picture, where several have one name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

__all__ = ["told_apart"]

T = TypeVar("T", bound=Hashable)


def told_apart(
    things: Sequence[T], name: Callable[[T], str], place: Callable[[T], str]
) -> dict[T, str]:
    """Names that differ: W_hh of an encoder and of a decoder are encoder.W_hh and decoder.W_hh.

    name: what a thing is called. place: where it is used first, which is put before a name that
    several have; where that is one place, or nowhere, they are numbered in their order.
    Returns the names in the order of the things.

    >>> told_apart([(1, "W", "enc"), (2, "W", "dec"), (3, "b", "dec")], lambda w: w[1],
    ...            lambda w: w[2])
    {(1, 'W', 'enc'): 'enc.W', (2, 'W', 'dec'): 'dec.W', (3, 'b', 'dec'): 'b'}
    """
    groups: dict[str, list[T]] = defaultdict(list)
    for thing in things:
        groups[name(thing)].append(thing)
    found: dict[T, str] = {}
    for title, group in groups.items():
        places = [place(thing) for thing in group]
        for k, thing in enumerate(group):
            if len(group) == 1:
                found[thing] = title
            elif places.count(places[k]) == 1 and places[k]:
                found[thing] = f"{places[k]}.{title}"
            else:
                found[thing] = f"{title} ({places[:k].count(places[k]) + 1})"
    return {thing: found[thing] for thing in things}
