"""What the plots share: the canvas that they are drawn on, its colours, axes and kinds of marks.

Every plot takes a `path` that it is written to, if it is given (.png, .svg, .pdf), a `size`, and a
`style`: "light" or "dark", in the colours of the pictures that ``minigrad.draw`` makes; or any
that ``matplotlib.style.use`` takes, a name, a file or a dict, put on top of the light one.
"""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = [
    "Canvas", "bars", "colour", "faint", "ground", "heat_map", "ink", "line", "linear_axis",
    "log_axis", "marker", "mixed", "ruled", "spans_decades", "whole_numbers",
]

DASHES = ("-", "--", ":", "-.")
DECADES = 2.0  # values that span more than this get a logarithmic axis
STYLES = ("light", "dark")  # of the themes of pictures


class Canvas(NamedTuple):
    """Where a plot goes, how large it is and how it looks; None leaves the choice to the plot.

    size: (width, height) in inches.

    >>> with Canvas(size=(3, 2), style="dark").figure(6.4, 3.8) as figure:
    ...     _ = figure.add_subplot().plot([1, 2, 4], color=colour(0))
    >>> [float(inches) for inches in figure.get_size_inches()]
    [3.0, 2.0]
    """

    path: str | PathLike[str] | None = None
    size: tuple[float, float] | None = None
    style: Any = None

    @contextmanager
    def figure(self, width: float, height: float) -> Iterator[Figure]:
        """A figure to draw on, which is written when it is done; it belongs to no window and no
        global state, and shows itself in a notebook.

        Raises ImportError without matplotlib, and ValueError for a size or a style that is none.
        """
        inches = (width, height) if self.size is None else _checked(self.size)
        with _styled(self.style):
            figure = _figure_class()(figsize=inches, layout="constrained")
            yield figure
            if self.path is not None:
                Path(self.path).parent.mkdir(parents=True, exist_ok=True)
                figure.savefig(self.path, dpi=150)


@functools.cache
def _figure_class() -> type[Any]:
    """matplotlib's Figure, with what a notebook asks of an object that it is to show."""
    from matplotlib.figure import Figure

    class ShownFigure(Figure):
        """A Figure that shows itself in a notebook, whether or not pyplot is in use there."""

        def _repr_png_(self) -> bytes:
            return self._written("png", dpi=110)

        def _repr_svg_(self) -> str:
            return self._written("svg").decode()

        def _written(self, form: str, **options: Any) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format=form, **options)
            return buffer.getvalue()

    ShownFigure.__qualname__ = "ShownFigure"
    return ShownFigure


def __getattr__(name: str) -> Any:
    """The class of figures, which pickle looks for here; it exists once matplotlib is imported."""
    if name == "ShownFigure":
        return _figure_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _matplotlib() -> Any:
    try:
        import matplotlib.style
    except ImportError as error:
        raise ImportError("plotting needs matplotlib: pip install matplotlib") from error
    return matplotlib


def _checked(size: Any) -> tuple[float, float]:
    wrong = ValueError(
        f"plot(size={size!r}): wanted (width, height) in inches, two numbers above 0, such as "
        f"(8, 4)"
    )
    try:
        width, height = (float(inches) for inches in size)
    except (TypeError, ValueError):
        raise wrong from None
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise wrong
    return width, height


@contextmanager
def _styled(style: Any) -> Iterator[None]:
    """matplotlib's settings while a figure is made."""
    library = _matplotlib()
    ours = isinstance(style, str) and style in STYLES
    sheets = [_sheet(style if ours else "light")]
    if style is not None and not ours:
        sheets += list(style) if isinstance(style, list | tuple) else [style]
    with ExitStack() as stack:
        try:
            stack.enter_context(library.style.context(sheets))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"plot(style={style!r}): no such style; wanted 'light', 'dark', or what "
                f"matplotlib.style.use takes, such as 'ggplot' or {{'font.size': 14}}"
            ) from error
        yield


def _sheet(name: str) -> dict[str, Any]:
    """The style "light" or "dark", in the colours of the pictures of graphs."""
    from cycler import cycler

    from minigrad.drawing.render.themes import THEMES

    back, front, colours = THEMES[name].paper, THEMES[name].ink, THEMES[name].weights
    inked = dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), front
    )
    return inked | {
        "figure.facecolor": back, "axes.facecolor": back, "savefig.facecolor": "auto",
        "grid.color": mixed(back, front, 0.15), "grid.linewidth": 0.6, "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=colours), "axes.spines.top": False,
        "axes.spines.right": False, "axes.titlelocation": "left", "axes.titlesize": "medium",
        "legend.frameon": False, "lines.linewidth": 1.6,
        "lines.markersize": 4.0,
    }


def ink() -> Any:
    """The colour that words and totals have in the style in use."""
    return _matplotlib().rcParams["text.color"]


def ground() -> Any:
    """The colour behind the data."""
    return _matplotlib().rcParams["axes.facecolor"]


def mixed(one: Any, other: Any, share: float) -> str:
    """A colour with a share of another.

    >>> mixed("#000000", "#ffffff", 0.2)
    '#333333'
    """
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = (
        (1 - share) * a + share * b for a, b in zip(to_rgb(one), to_rgb(other), strict=True)
    )
    return str(to_hex((red, green, blue)))


def faint(share: float = 0.15) -> str:
    """The colour of what is behind or beside: the ground with a share of ink."""
    return mixed(ground(), ink(), share)


def colour(k: int) -> str:
    """The k-th colour of the style in use, which it keeps when another is in use."""
    from matplotlib.colors import to_hex

    return str(to_hex(f"C{k}"))


def line(k: int) -> dict[str, Any]:
    """The look of the k-th line: the colours of the style, and after the last of them they come
    again, dashed."""
    times, place = divmod(k, len(_matplotlib().rcParams["axes.prop_cycle"]))
    return {"color": colour(place), "linestyle": DASHES[times % len(DASHES)]}


def marker(count: int) -> str | None:
    """Dots on a line of `count` values, while there are few enough to tell them apart."""
    return "o" if count <= 40 else None


def ruled(axes: Any) -> None:
    """Faint horizontal lines behind the data."""
    axes.grid(axis="y")


def log_axis(axes: Any) -> None:
    """A logarithmic y axis with a faint grid."""
    axes.set_yscale("log")
    ruled(axes)


def linear_axis(axes: Any) -> None:
    """A y axis from 0 on, with a faint grid."""
    axes.set_ylim(bottom=0)
    ruled(axes)


def whole_numbers(axis: Any) -> None:
    """Ticks at whole numbers only: steps, lags and ranks."""
    axis.get_major_locator().set_params(integer=True)


def spans_decades(values: Any) -> bool:
    """Whether positive values spread so far that they need a logarithmic axis."""
    positive = values[(values > 0) & np.isfinite(values)]
    return bool(positive.size) and bool(np.log10(positive.max() / positive.min()) > DECADES)


def heat_map(axes: Any, matrix: Any, limit: float, title: str) -> Any:
    """A matrix in colours that are white at 0."""
    image = axes.imshow(
        matrix, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest", aspect="equal"
    )
    axes.set_title(title)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(visible=True, color=faint(0.2))
    return image


def bars(
    axes: Any,
    labels: Sequence[str],
    values: Sequence[float],
    form: str,
    colours: Sequence[str] | None = None,
    least: float = 0.0,
) -> None:
    """Horizontal bars, the first on top, with their numbers; `least` fills the width at least."""
    drawn = np.nan_to_num(np.asarray(values, dtype=float), nan=0.0, posinf=0.0)
    places = np.arange(len(labels))[::-1]
    axes.barh(places, drawn, height=0.62, color=colours or colour(0))
    axes.set_yticks(places, labels)
    for place, value, width in zip(places, values, drawn, strict=True):
        axes.annotate(
            form.format(value), (width, place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize="small",
        )
    axes.set_xlim(0, (float(drawn.max(initial=least)) or 1.0) * 1.22)
    axes.set_ylim(-0.7, len(labels) - 0.3)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(left=False)
