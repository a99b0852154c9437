"""Each lesson as a notebook to download, and one click away from the playground."""

import base64
import json
import zlib
from pathlib import Path
from shutil import copytree

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook

_DOCS = Path(__file__).resolve().parents[1]
_PLAYGROUND = _DOCS.parent / "out" / "playground"    # by `make playground`


def lessons():
    """The names of the lessons, in the order of the book."""
    return [path.stem for path in sorted((_DOCS / "lessons").glob("[0-9]*.md"))]


def notebook(lesson):
    """A lesson as a notebook, not yet run."""
    text = (_DOCS / "lessons" / f"{lesson}.md").read_text("utf-8")
    return read_myst_markdown_notebook(text, add_source_map=False)


def code(lesson):
    """Its cells of code, as one program."""
    cells = [cell.source for cell in notebook(lesson).cells if cell.cell_type == "code"]
    return "\n\n# %%\n".join(cells)


def fragment(source):
    """A program as the end of an address: deflated, then base64 as addresses have it."""
    packed = zlib.compress(source.encode(), 9, wbits=-15)
    return "#code=" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _doors(app, pagename, templatename, context, doctree):
    """A line below the title of a lesson."""
    folder, _, lesson = pagename.rpartition("/")
    if folder == "lessons" and lesson in lessons():
        doors = f'<a class="door" href="{lesson}.ipynb" download>Notebook (.ipynb)</a>'
        if _PLAYGROUND.is_dir():
            address = f"../playground/index.html{fragment(code(lesson))}"
            doors += f' <a class="door playground" href="{address}">Open in the playground</a>'
        title, end, rest = context["body"].partition("</h1>")
        context["body"] = f'{title}{end}\n<p class="doors">{doors}</p>{rest}'


def _write(app, failed):
    """The files that the doors lead to."""
    if failed or app.builder.name != "html":
        return
    folder = Path(app.outdir, "lessons")
    folder.mkdir(exist_ok=True)
    programs = []
    for lesson in lessons():
        made = notebook(lesson)
        nbformat.write(made, folder / f"{lesson}.ipynb")
        title = next(cell.source for cell in made.cells if cell.cell_type == "markdown")
        title = title.strip().partition("\n")[0].removeprefix("# ")
        programs.append({"name": lesson, "title": title, "code": code(lesson)})
    (folder / "code.json").write_text(json.dumps(programs), "utf-8")
    if _PLAYGROUND.is_dir():
        copytree(_PLAYGROUND, Path(app.outdir, "playground"), dirs_exist_ok=True)


def setup(app):
    app.connect("html-page-context", _doors)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
