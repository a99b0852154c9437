"""Finding what renders DOT text as PNG or PDF, and running it.

Tried in this order: a `dot` of the system; `pygraphviz`, whose wheels bundle Graphviz; and
`graphviz-pure`, which the extra ``viz`` installs: a program in a wheel, found even where the
environment is not activated, which paints no PDF. Each runs in a process of its own.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ...errors import MinigradError
from .pure import for_pure, warn_of_boxes

__all__ = ["RenderError", "RendererNotFoundError", "render", "renderers"]

_OPTIONS = ("-Kneato", "-n2")  # everything has its place already
_PURE = "graphviz-pure"
_PYGRAPHVIZ = """\
import sys, pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format=sys.argv[1], prog="nop2"))
"""


class RenderError(MinigradError, RuntimeError):
    """A renderer that was found, but failed."""


class RendererNotFoundError(RenderError):
    """There is nothing to paint a picture with: no Graphviz, and no package that brings it."""


def renderers(kind: str) -> Iterator[list[str]]:
    """The commands that paint DOT text as `kind`, the preferred one first."""
    system = shutil.which("dot")
    if system:
        yield [system, *_OPTIONS, f"-T{kind}"]
    if importlib.util.find_spec("pygraphviz") is not None:
        yield [sys.executable, "-c", _PYGRAPHVIZ, kind]
    pure = None if kind == "pdf" else _graphviz_pure()
    if pure is not None:
        yield [str(pure), *_OPTIONS, f"-T{kind}"]


def _graphviz_pure() -> Path | None:
    """The program of the package `graphviz-pure`."""
    try:
        files = importlib.metadata.files(_PURE) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    for file in files:
        if Path(file).stem == _PURE and "dist-info" not in str(file):
            program = Path(str(file.locate())).resolve()
            if program.is_file():
                return program
    return None


def render(dot: str, kind: str) -> bytes:
    """`dot`, in which everything has its position, painted as `kind`: "png", "pdf" or "svg".

    Raises RendererNotFoundError without any renderer, RenderError when all of them fail.
    """
    failures: list[str] = []
    for command in renderers(kind):
        pure = Path(command[0]).stem == _PURE
        text = for_pure(dot) if pure else dot
        try:
            done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
        except OSError as error:
            failures.append(f"{command[0]}: {error}")
            continue
        if done.returncode == 0 and done.stdout:
            if kind == "png" and pure:
                warn_of_boxes(text)
            return done.stdout
        said = done.stderr.decode(errors="replace").strip()
        failures.append(f"{command[0]}: status {done.returncode}: {said[-500:]}")
    if failures:
        raise RenderError(f"no renderer could paint the picture as {kind}: {'; '.join(failures)}")
    wheel = "pygraphviz" if kind == "pdf" else "graphviz-pure` or `pip install pygraphviz"
    raise RendererNotFoundError(
        f"painting a picture as {kind} needs Graphviz, and none was found: run `pip install "
        f"{wheel}`, or install Graphviz on the system so that `dot` is on the PATH. SVG, HTML and "
        f"DOT text need nothing: drawing.save('graph.svg')"
    )
