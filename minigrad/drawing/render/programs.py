"""Finding a program that renders DOT text, and running it.

Tried in this order: `graphviz-pure`, which the extra ``viz`` installs as a file of the environment
(so it is found even when the environment is not activated), then a `dot` of the system. The
`graphviz` package runs either.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from ...errors import MinigradError

__all__ = ["RenderError", "RendererNotFoundError", "render", "renderers"]

_lock = threading.Lock()  # the graphviz package keeps the program to run in a global


class RenderError(MinigradError, RuntimeError):
    """A renderer that was found, but failed."""


class RendererNotFoundError(RenderError):
    """Neither graphviz-pure nor a system Graphviz is there to paint a picture."""


def renderers() -> Iterator[Path]:
    """The renderers that are installed, the preferred one first."""
    try:
        files = importlib.metadata.files("graphviz-pure") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if Path(file).stem == "graphviz-pure" and "dist-info" not in str(file):
            program = Path(str(file.locate())).resolve()
            if program.is_file():
                yield program
    system = shutil.which("dot")
    if system:
        yield Path(system)


def render(dot: str, kind: str, engine: str) -> bytes:
    """`dot` painted as `kind` ("svg" or "png"). `engine` is "neato", for text in which everything
    has its position, or "dot".

    Raises RendererNotFoundError without any renderer, RenderError when all of them fail.
    """
    import graphviz
    from graphviz.backend import dot_command

    failures: list[str] = []
    for program in renderers():
        with _lock:
            before, dot_command.DOT_BINARY = dot_command.DOT_BINARY, program
            try:
                painted = graphviz.pipe(
                    engine, kind, dot.encode(), quiet=True,
                    neato_no_op=2 if engine == "neato" else None,
                )
            except (OSError, graphviz.ExecutableNotFound, graphviz.CalledProcessError) as error:
                failures.append(f"{program}: {error}")
            else:
                return bytes(painted)
            finally:
                dot_command.DOT_BINARY = before
    if failures:
        raise RenderError(f"no renderer could paint the picture as {kind}: {'; '.join(failures)}")
    raise RendererNotFoundError(
        f"painting a picture as {kind} needs a renderer, and none was found: run "
        f"`pip install graphviz-pure`, or install Graphviz on the system so that `dot` is on the "
        f"PATH. The picture as DOT text needs neither: drawing.dot, or drawing.save('graph.dot')"
    )
