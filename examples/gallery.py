"""Pictures of models of every kind, an index of them, and pages that move.

The scalar neuron, the recurrent cells, layers, encoders and decoders, attention, truncation, long
and ragged sequences; unrolled, rolled up and op by op; an audit; plots. Each is made by the few
lines that the index shows below it. docs/gallery has some of them.

Run it with ``python -m examples.gallery [FOLDER]``, and look at index.html there.
"""

from __future__ import annotations

import inspect
import textwrap
from html import escape
from pathlib import Path

from examples import _pictures
from examples._command import command
from examples._pictures import PICTURES


def source(picture):
    """The lines that make a picture."""
    text = inspect.getsource(picture.make)
    return text[text.index("def "):].rstrip()


def preamble():
    """What the lines of all pictures begin with."""
    parts = (inspect.getsource(part).rstrip() for part in (_pictures.inputs, _pictures.total))
    imports = "import numpy as np\n\nimport minigrad as mg\nimport rnn"
    return "\n\n\n".join([imports, *parts])


def save(picture, folder):
    """Write a picture, and its page if it has one; the names of the files."""
    made = picture.make()
    if not hasattr(made, "save"):  # a plot
        made.savefig(folder / f"{picture.name}.png", dpi=100)
        return [f"{picture.name}.png"]
    endings = ("svg", "html") if picture.page else ("svg",)
    return [made.save(folder / f"{picture.name}.{ending}").name for ending in endings]


def index(written):
    """The page that shows all, as HTML."""
    parts = []
    for name, (image, *pages) in written.items():
        links = "".join(f' <a href="{page}">The same as a page to ask.</a>' for page in pages)
        parts.append(
            f'<section><h2>{escape(name.replace("_", " "))}</h2><p>'
            f'{escape(PICTURES[name].caption)}{links}</p><img src="{image}" alt="{escape(name)}">'
            f"<details><summary>made by</summary><pre>{escape(source(PICTURES[name]))}</pre>"
            f"</details></section>"
        )
    style = "body{font:16px/1.5 sans-serif;max-width:72em;margin:2em auto;padding:0 1em;color:#222}"
    style += "img{max-width:100%}section{margin-bottom:3em}pre{background:#f4f4f4;padding:1em}"
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Gallery</title>'
        f"<style>{style}</style>\n<h1>Gallery</h1>\n<details><summary>all begin with</summary>"
        f"<pre>{escape(preamble())}</pre></details>\n" + "\n".join(parts) + "\n</html>\n"
    )


def readme(written):
    """The page that shows some, as Markdown."""
    about = (
        "What `minigrad.draw` makes. In a browser the parts of an `.svg` have tooltips, and an "
        "`.html` answers questions: open it from a checkout, or download it. "
        "`python -m examples.gallery` draws these and some twenty others. All begin with"
    )
    parts = [f"# Gallery\n\n{textwrap.fill(about, 140)}\n\n```python\n{preamble()}\n```\n"]
    for name, (image, *pages) in written.items():
        links = "".join(f" The same as [a page to ask]({page})." for page in pages)
        parts.append(
            f"## {name.replace('_', ' ').capitalize()}\n\n"
            f"{textwrap.fill(PICTURES[name].caption + links, 140)}\n\n"
            f"![{name.replace('_', ' ')}]({image})\n\n```python\n{source(PICTURES[name])}\n```\n"
        )
    return "\n".join(parts)


def main(folder="out/gallery"):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = {name: save(picture, folder) for name, picture in PICTURES.items()}
    (folder / "index.html").write_text(index(written), encoding="utf-8")
    print(f"{len(written)} pictures, and {folder / 'index.html'}")


def write_docs(folder="docs/gallery"):
    """The best ones, and the page README.md that shows them: ``make gallery``."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    best = {name: save(picture, folder) for name, picture in PICTURES.items() if picture.best}
    (folder / "README.md").write_text(readme(best), encoding="utf-8")


if __name__ == "__main__":
    command(main, __doc__)
