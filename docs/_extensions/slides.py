"""The decks in teachers/slides, as HTML and, where a browser prints, as PDF beside it.

They are no pages of the book: their pictures are large, and they are turned by keys.
"""

from pathlib import Path

from rnn.lessons import deck
from rnn.lessons.pages.printing import browser

_FOLDER = "teachers/slides"


def _leave_out(app, config):
    config.exclude_patterns.append(f"{_FOLDER}/*")


def _build(app, failed):
    if failed or app.builder.name != "html":
        return
    folder = Path(app.outdir, _FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(Path(app.srcdir, _FOLDER).glob("*.md")):
        slides = deck(path)
        slides.save(folder / f"{path.stem}.html")
        if browser():
            slides.save(folder / f"{path.stem}.pdf")
    if not browser():
        print("slides are made as HTML only: Chromium, Chrome or Edge would print them as PDF, too")


def setup(app):
    app.connect("config-inited", _leave_out)
    app.connect("build-finished", _build)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
