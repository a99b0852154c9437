"""Files of the repository that a page links to are pages too, with a place for each line.

In the repository ``[`unroll`](../../rnn/sequence/unrolling.py)`` leads to the file. On the site the
same link leads to the line of `unroll` on the file's page, files/rnn/sequence/unrolling.py.html. A
page of a picture (`.html`) is copied as it is.
"""

import re
from pathlib import Path
from shutil import copyfile

from definitions import line_of
from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound

_DOCS = Path(__file__).resolve().parents[1]
_ROOT = _DOCS.parent
_LINK = re.compile(r"(\[([^\[\]]*)\]\()(?!\w+:)([^)#\s]+)(#[^)\s]*)?(?=\))")
_SCHEME = "repository:"


def _mark(app, docname, source):
    """Give the links to files that are no pages of the book a scheme, and note the files."""
    folder = (_DOCS / docname).parent
    files = set()

    def marked(link):
        opening, words, target, place = link.groups("")
        path = (folder / target).resolve()
        in_book = path.is_relative_to(_DOCS) and path.suffix != ".html"
        if in_book or not path.is_relative_to(_ROOT) or not path.is_file():
            return link[0]
        files.add(name := path.relative_to(_ROOT).as_posix())
        if path.suffix == ".py" and not place and (line := line_of(path, words.strip('`'))):
            place = f"#L{line}"
        return f"{opening}{_SCHEME}{name}{place}"

    source[0] = _LINK.sub(marked, source[0])
    app.env.metadata[docname]["files"] = files


def _lead(app, doctree, docname):
    """Let such links lead to the files' pages."""
    for link in doctree.findall(nodes.reference):
        if link.get("refuri", "").startswith(_SCHEME):
            name, *place = link["refuri"].removeprefix(_SCHEME).split("#")
            page = app.builder.get_relative_uri(docname, _page(name))
            link["refuri"] = "#".join([page, *place])


def _page(name):
    return f"files/{name.removesuffix('.html')}"


def _pages(app):
    """The pages of all files that were noted."""
    for name in sorted(set().union(*(m.get("files", ()) for m in app.env.metadata.values()))):
        if name.endswith(".html"):
            copy = Path(app.outdir, "files", name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copyfile(_ROOT / name, copy)
        else:
            yield _page(name), {"title": name, "body": _highlighted(name)}, "page.html"


def _highlighted(name):
    try:
        lexer = get_lexer_for_filename(name)
    except ClassNotFound:
        lexer = TextLexer()
    lines = HtmlFormatter(lineanchors="L", linenos="inline", anchorlinenos=True)
    code = highlight((_ROOT / name).read_text("utf-8"), lexer, lines)
    return f"<h1>{name}</h1>\n{code.replace('L-', 'L')}"


def setup(app):
    app.connect("source-read", _mark)
    app.connect("doctree-resolved", _lead)
    app.connect("html-collect-pages", _pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
