"""Each lesson as a notebook to download, and one click away from the playground."""

import re
from pathlib import Path
from shutil import copytree

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook

_DOCS = Path(__file__).resolve().parents[1]
_PLAYGROUND = _DOCS.parent / "build" / "playground"    # by `make playground`
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!\w+:|#)([^)]+)\)")
_ABOUT = "*A lesson of the book of minigrad. To run it install minigrad with its extra `test`.*"


def _lessons():
    """Names and files, in the order of the book."""
    return {path.stem: path for path in sorted((_DOCS / "lessons").glob("[0-9]*.md"))}


def _notebook(path):
    """A lesson as a notebook that is not yet run, and is read far from the other files: a link to
    a lesson leads to its notebook, a link to any other file tells its path."""
    def plain(link):
        file, _, place = link[2].partition("#")
        if re.fullmatch(r"\d\d_\w+\.md", file):
            return f"[{link[1]}]({file.removesuffix('.md')}.ipynb)"
        there = (path.parent / file).resolve().relative_to(_DOCS.parent).as_posix()
        return f"{link[1]} ({there}{', line ' + place[1:] if place[:1] == 'L' else ''})"

    made = read_myst_markdown_notebook(path.read_text("utf-8"), add_source_map=False)
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number}"    # the same in each build
        if cell.cell_type == "markdown":
            cell.source = _LINK.sub(plain, cell.source)
    title, *rest = made.cells[0].source.split("\n", 1)
    made.cells[0].source = "\n\n".join([title, _ABOUT, *rest])
    return made


def _doors(app, pagename, templatename, context, doctree):
    """A line below the title of a lesson."""
    lesson = pagename.removeprefix("lessons/")
    if lesson in _lessons():
        doors = f'<a href="{lesson}.ipynb" download>Notebook (.ipynb)</a>'
        if _PLAYGROUND.is_dir():
            doors += (f'<a class="playground" href="../playground/index.html#lesson={lesson}">'
                      f'Open in the playground</a>')
        title, end, rest = context["body"].partition("</h1>")
        context["body"] = f'{title}{end}\n<p class="doors">{doors}</p>{rest}'


def _write(app, failed):
    """What the doors lead to."""
    if failed or app.builder.name != "html":
        return
    for lesson, path in _lessons().items():
        nbformat.write(_notebook(path), Path(app.outdir, "lessons", f"{lesson}.ipynb"))
    if _PLAYGROUND.is_dir():
        copytree(_PLAYGROUND, Path(app.outdir, "playground"), dirs_exist_ok=True)


def setup(app):
    app.connect("html-page-context", _doors)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
