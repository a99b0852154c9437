"""Writing a checkpoint: everything that a run needs to go on, in one file, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad import io
from minigrad.errors import describe
from minigrad.module import Module

from .plain import generator_state, plain
from .recipes import recipe_of

__all__ = ["FORMAT", "VERSION", "Generators", "named_generators", "save_checkpoint"]

FORMAT, VERSION = "rnn.checkpoint", 1

Generators = np.random.Generator | Mapping[str, np.random.Generator]


def save_checkpoint(
    path: str | os.PathLike[str],
    model: Module,
    optimizer: Any = None,
    *,
    schedule: Any = None,
    generators: Generators | None = None,
    position: Any = None,
    config: Any = None,
    arrays: Mapping[str, Any] | None = None,
) -> None:
    """Write a run to a file, from which ``load_checkpoint`` goes on to the last bit.

    path: an existing file is replaced in one step once the new one is on the disk, so neither a
        kill nor a full disk costs it (``minigrad.save``).
    model: any Module. With its parameters the file holds what ``load_model`` makes it of, and where
        the generators inside it stand, such as those of dropout.
    optimizer, schedule: anything with ``state_dict()`` and ``load_state_dict()``.
    generators: the one that draws batches, or several by name.
    position: where the run is in its data, and what it knows so far: epoch, step, best loss.
    config: how the run was set up. Both are numbers, text, None, and lists and dicts of them.
    arrays: anything else by name, such as the state carried between windows, or all losses.

    The same content gives the same bytes. Raises TypeError or ValueError that names the argument
    for content that a file cannot hold, and OSError where the file cannot be written.

    >>> import tempfile
    >>> import minigrad as mg
    >>> from rnn import GRU, load_checkpoint
    >>> path = tempfile.mkdtemp() + "/run.safetensors"
    >>> model, rng = GRU(3, 4), np.random.default_rng(0)
    >>> optimizer = mg.optim.Adam(model.parameters())
    >>> save_checkpoint(path, model, optimizer, generators=rng, position={"epoch": 7})
    >>> saved = load_checkpoint(path)
    >>> saved.restore(model, optimizer, generators=rng)
    >>> saved.position
    {'epoch': 7}
    """
    if not isinstance(model, Module):
        raise TypeError(f"save_checkpoint(model): received {describe(model)}, wanted a Module")
    recipe = recipe_of(model)
    held = {f"model.{name}": array for name, array in model.state_dict().items()}
    held |= {f"attributes.{place}": array for place, array in recipe.arrays.items()}
    parts = {"optimizer": optimizer, "schedule": schedule}
    for part, thing in parts.items():
        held |= {f"{part}.{name}": array for name, array in _state(thing, part).items()}
    if not isinstance(arrays, Mapping | None):
        raise TypeError(
            f"save_checkpoint(arrays): received {describe(arrays)}, wanted arrays by name"
        )
    held |= {f"arrays.{name}": array for name, array in (arrays or {}).items()}
    texts = {
        "recipe": recipe.text,
        "inside": {place: generator_state(g) for place, g in recipe.generators.items()},
        "generators": {
            name: generator_state(g)
            for name, g in named_generators(generators, "save_checkpoint").items()
        },
        "parts": [part for part, thing in parts.items() if thing is not None],
        "position": position,
        "config": config,
    }
    entries = {key: plain(value, f"save_checkpoint({key})") for key, value in texts.items()}
    io.save(path, held, {"format": FORMAT, "version": str(VERSION), **entries})


def named_generators(
    given: Generators | None, owner: str
) -> dict[str, np.random.Generator]:
    """Generators by name; one that is given alone is called "rng"."""
    if given is None:
        return {}
    named = dict(given) if isinstance(given, Mapping) else {"rng": given}
    for name, generator in named.items():
        if not isinstance(generator, np.random.Generator):
            raise TypeError(
                f"{owner}(generators): {name!r} is {describe(generator)}, wanted a "
                f"numpy.random.Generator: numpy.random.default_rng(seed), made once"
            )
    return named


def _state(thing: Any, part: str) -> dict[str, Any]:
    if thing is None:
        return {}
    if not callable(getattr(thing, "state_dict", None)):
        raise TypeError(
            f"save_checkpoint({part}): received {describe(thing)}, which has no state_dict()"
        )
    state: dict[str, Any] = thing.state_dict()
    return state
