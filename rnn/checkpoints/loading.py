"""Reading a checkpoint: into a run that is set up already, or as a new model."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np

from minigrad import io
from minigrad.errors import FileFormatError, StateDictError
from minigrad.module import Module

from .plain import generator_from
from .recipes import Unknown, made_from, recipe_of
from .saving import FORMAT, VERSION, Generators, named_generators

__all__ = ["Checkpoint", "load_checkpoint", "load_model"]

_PREFIXES = ("model.", "attributes.", "optimizer.", "schedule.", "arrays.")


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read and check a file of ``save_checkpoint``; nothing is changed before ``restore``.

    Raises FileFormatError, which says what is wrong and what helps, for a file that is damaged, of
    a newer version or no checkpoint; OSError where it cannot be read.

    >>> import tempfile
    >>> from rnn import Readout, save_checkpoint
    >>> path = tempfile.mkdtemp() + "/run.safetensors"
    >>> save_checkpoint(path, Readout(3, 2), config={"hidden": 3})
    >>> load_checkpoint(path).config
    {'hidden': 3}
    """
    return Checkpoint(path)


def load_model(path: str | os.PathLike[str]) -> Module:
    """The model of a checkpoint, made anew, in evaluation mode: ready to be used.

    path: a file of ``save_checkpoint``, as the trainer and the command line write it.

    A class of your own has to be imported or defined before; its ``__init__`` is not called.
    Nothing in the file is executed.
    Raises FileFormatError for a file that is damaged or no checkpoint, or whose model has a class
    that this program does not have, or an attribute that a file cannot hold, such as a lambda:
    then make the model yourself, and ``load_checkpoint(path).restore(model)``. StateDictError where
    arrays do not fit, OSError where the file cannot be read.

    >>> import tempfile
    >>> from rnn import GRU, save_checkpoint
    >>> path = tempfile.mkdtemp() + "/run.safetensors"
    >>> layer = GRU(5, 3, num_layers=2)
    >>> save_checkpoint(path, layer)
    >>> again = load_model(path)
    >>> again
    GRU(5, 3, num_layers=2)  162 parameters
    ...
    >>> x = np.ones((4, 1, 5))
    >>> bool((again(x)[0].numpy() == layer(x)[0].numpy()).all())
    True
    """
    return Checkpoint(path, owner="load_model").model().eval()


class Checkpoint:
    """What is in a checkpoint: ``config``, ``position`` and ``arrays`` as they were saved.

    ``restore`` puts the rest into a run; ``model()`` makes a new model.

    >>> import tempfile
    >>> from rnn import Readout, save_checkpoint
    >>> path = tempfile.mkdtemp() + "/run.safetensors"
    >>> save_checkpoint(path, Readout(3, 2), position={"epoch": 7}, arrays={"losses": [0.5, 0.25]})
    >>> saved = load_checkpoint(path)
    >>> saved.position, saved.arrays["losses"], saved.model().W_hq.shape
    ({'epoch': 7}, array([0.5 , 0.25]), (3, 2))
    """

    def __init__(
        self, path: str | os.PathLike[str], *, owner: str = "load_checkpoint"
    ) -> None:
        self.path, self._owner = path, owner
        held, self._texts = io.contents(path)
        self._check_kind()
        strange = [name for name in held if not name.startswith(_PREFIXES)]
        if strange:
            self._refuse(f"it holds {', '.join(strange)}, which is no part of a checkpoint")
        self._held = {
            prefix: {
                name.removeprefix(prefix): array
                for name, array in held.items() if name.startswith(prefix)
            }
            for prefix in _PREFIXES
        }
        self._recipe = self._entry("recipe", dict)
        self._inside = self._entry("inside", dict)
        self._generators = self._entry("generators", dict)
        self._parts = self._entry("parts", list)
        self.position: Any = self._entry("position")
        self.config: Any = self._entry("config")
        self.arrays: dict[str, np.ndarray[Any, Any]] = self._held["arrays."]

    def model(self) -> Module:
        """A new model, in the mode in which it was saved; raises as ``load_model`` does."""
        try:
            return made_from(
                self._recipe, self._held["model."], self._held["attributes."], self._inside,
                f"{self._owner}({os.fspath(self.path)!r})",
            )
        except StateDictError:
            raise
        except Unknown as error:
            raise FileFormatError(
                f"{self._owner}: the model in {os.fspath(self.path)} cannot be made again: "
                f"{error}; import or define its classes first, or make the model yourself and "
                f"call rnn.load_checkpoint(path).restore(model)"
            ) from error
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as e:
            raise self._damaged("recipe") from e

    def restore(
        self,
        model: Module | None = None,
        optimizer: Any = None,
        *,
        schedule: Any = None,
        generators: Generators | None = None,
    ) -> None:
        """Put the run back to where it was saved, or raise and change nothing.

        model: of the same parameters; generators inside it go on where they stood too.
        optimizer, schedule, generators: as for ``save_checkpoint``. What is left out stays as it
            is.

        Raises StateDictError where something does not fit, and FileFormatError where the checkpoint
        has no optimizer, schedule or generator, or a damaged one.
        """
        steps: list[tuple[Callable[[Any], Any], Any, Any]] = []  # (load, new, old)
        if model is not None:
            steps.append((model.load_state_dict, self._held["model."], model.state_dict()))
            steps += self._standing(recipe_of(model).generators, self._inside, "the model's")
        for part, thing in (("optimizer", optimizer), ("schedule", schedule)):
            if thing is not None:
                if part not in self._parts:
                    self._refuse(f"it was saved without {part}=, so there is none to restore")
                steps.append((thing.load_state_dict, self._held[f"{part}."], thing.state_dict()))
        if generators is not None:
            named = named_generators(generators, "restore")
            steps += self._standing(named, self._generators, "the")
        with ExitStack() as undo:
            for load, new, old in steps:
                undo.callback(load, old)
                load(new)
            undo.pop_all()

    def _standing(
        self, here: dict[str, np.random.Generator], saved: dict[str, Any], whose: str
    ) -> list[tuple[Callable[[Any], Any], Any, Any]]:
        """How to bring generators to where the saved ones stood."""
        if here.keys() != saved.keys():
            raise StateDictError(
                f"restore: {whose} generators are {', '.join(here) or 'none'}; the checkpoint has "
                f"{', '.join(saved) or 'none'}, so nothing was restored"
            )
        steps: list[tuple[Callable[[Any], Any], Any, Any]] = []
        for name, generator in here.items():
            try:
                new = generator_from(saved[name]).bit_generator.state
            except ValueError as error:
                raise self._damaged(f"generator {name}") from error
            old = generator.bit_generator.state
            if new["bit_generator"] != old["bit_generator"]:
                raise StateDictError(
                    f"restore: the generator {name} is a {old['bit_generator']}, the saved one a "
                    f"{new['bit_generator']}, so nothing was restored"
                )
            steps.append((_setter(generator), new, old))
        return steps

    # -- what is wrong with it

    def _check_kind(self) -> None:
        kind, version = self._texts.get("format"), self._texts.get("version", "")
        if kind != FORMAT:
            raise FileFormatError(
                f"{self._owner}: {os.fspath(self.path)} is no checkpoint of rnn.save_checkpoint; "
                f"of arrays alone make the model yourself, and "
                f"model.load_state_dict(minigrad.load(path))"
            )
        if not version.isascii() or not version.isdecimal():
            raise self._damaged("version")
        if len(version) > 9 or int(version) > VERSION:
            raise FileFormatError(
                f"{self._owner}: {os.fspath(self.path)} is a checkpoint of version {version}, and "
                f"this program reads versions up to {VERSION}; install a newer minigrad"
            )

    def _entry(self, name: str, kind: type = object) -> Any:
        """What the JSON of a text entry holds, which must be of this kind."""
        try:
            value = json.loads(self._texts[name])
        except (KeyError, RecursionError, ValueError) as error:
            raise self._damaged(name) from error
        if not isinstance(value, kind):
            raise self._damaged(name)
        return value

    def _damaged(self, name: str) -> FileFormatError:
        return FileFormatError(
            f"{self._owner}: {os.fspath(self.path)}: its entry {name!r} is missing or damaged; use "
            f"another copy of the file"
        )

    def _refuse(self, wrong: str) -> None:
        raise FileFormatError(f"{self._owner}: {os.fspath(self.path)}: {wrong}")


def _setter(generator: np.random.Generator) -> Callable[[Any], None]:
    def set_state(state: Any) -> None:
        generator.bit_generator.state = state

    return set_state
