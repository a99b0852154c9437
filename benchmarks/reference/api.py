"""The pages of the API: what a module publishes, as a table, and then every docstring in full."""

from __future__ import annotations

import importlib
import inspect
from itertools import takewhile
from typing import Any

from .markdown import first_sentence, paragraph, plain, table

__all__ = ["MODULES", "file_of", "page", "published"]

MODULES = {
    "minigrad": "The engine: Tensors, transforms, scopes, `scan`, pictures, files.",
    "minigrad.functional": "The functions of neural networks, under PyTorch's names.",
    "minigrad.optim": "Optimizers, schedules, clipping.",
    "minigrad.init": "Initial values.",
    "minigrad.testing": "The testing kit for ops, derivations and compiled loops.",
    "minigrad.io": "Files of arrays.",
    "rnn": "Cells, layers, models, and what runs them.",
    "rnn.bptt": "A gradient through time, taken apart.",
    "rnn.convert": "Parameters to and from PyTorch, Keras, ONNX.",
    "rnn.losses": "Losses over time.",
    "rnn.training": "The Trainer and what belongs to it.",
    "rnn.parallel": "Training on several ranks.",
    "rnn.tasks": "The classical tests of memory.",
    "rnn.testing": "The laws of cells.",
    "rnn.lessons": "Exercises that check themselves.",
}
_OWN_PAGES = {"Tensor": "tensor.md", "errors": "errors.md", "ops": "ops.md"}
_PAGE = """\
# {name}

{about}

{names}
## In full

```{{eval-rst}}
.. automodule:: {name}
   :members:{without}
```
"""


def file_of(module: str) -> str:
    """The name of a module's page, without its ending."""
    return module.replace(".", "_")


def page(module: str) -> str:
    """The text of a module's page."""
    pages = {name: _place(module, name, value) for name, value in published(module).items()}
    rows = (
        (f"[`{name}`]({place})" if (place := pages[name]) else f"`{name}`", _about(value))
        for name, value in published(module).items()
    )
    elsewhere = ", ".join(name for name, place in pages.items() if place)
    return _PAGE.format(
        name=module, about=plain(paragraph(importlib.import_module(module))),
        names=table(("name", "what it is"), rows),
        without=f"\n   :exclude-members: {elsewhere}" if elsewhere else "",
    )


def _place(module: str, name: str, value: Any) -> str:
    """The page on which something is told of in full, where that is another one."""
    if module == "minigrad" and name in _OWN_PAGES:
        return _OWN_PAGES[name]
    if f"{module}.{name}" in MODULES:
        return f"{file_of(f'{module}.{name}')}.md"
    before = takewhile(lambda other: other != module, MODULES)
    places = [m for m in before if any(v is value for v in published(m).values())]
    return f"{file_of(places[0])}.md" if places else ""


def published(module: str) -> dict[str, Any]:
    """What a module publishes, by name."""
    found = importlib.import_module(module)
    return {name: getattr(found, name) for name in found.__all__}


def _about(value: Any) -> str:
    if inspect.ismodule(value) or callable(value):
        return plain(first_sentence(value))
    return f"a {type(value).__name__}"
