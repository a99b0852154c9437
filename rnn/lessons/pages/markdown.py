"""Markdown as HTML: the part of it that sheets and slides are written in.

Headings, paragraphs, lists of one level, tables, quotes, code, rules, pictures, links, emphasis,
and formulas between dollars. HTML in the text is shown, not obeyed; comments are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from .mathml import mathml

__all__ = ["to_html"]

_ITEM = re.compile(r"(?:[-*]|\d+\.) +")
_FENCE = re.compile(r"^```.*?^```[ ]*$", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# Code and formulas first: what looks like emphasis inside of them is none.
_WHOLE = re.compile(r"`(?P<code>[^`]+)`|\$(?P<tex>[^$]+)\$")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_SPANS = (
    (re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*(.+?)\*"), r"<em>\1</em>"),
    (re.compile(r"~~(.+?)~~"), r"<del>\1</del>"),
)


def to_html(text: str, source: Callable[[str], str] = str) -> str:
    """A text in Markdown as HTML.

    source: what stands in a picture for its address, by the name that the text has for it.

    Raises ValueError for a formula that ``mathml`` does not know.

    >>> to_html("# One *step*")
    '<h1>One <em>step</em></h1>'
    >>> print(to_html("| t | 1 |\\n|---|---|\\n| x | 0.5 |"))
    <table><thead><tr><th>t</th><th>1</th></tr></thead>
    <tbody><tr><td>x</td><td>0.5</td></tr></tbody></table>
    """
    kept: list[str] = []

    def keep(made: str) -> str:
        kept.append(made)
        return f"\0{len(kept) - 1}\0"

    def fence(found: re.Match[str]) -> str:
        code = found.group().partition("\n")[2].rpartition("\n")[0]
        return "\n\n" + keep(f"<pre><code>{escape(code)}</code></pre>") + "\n\n"

    def whole(found: re.Match[str]) -> str:
        if found["tex"] is not None:
            return keep(mathml(found["tex"]))
        return keep(f"<code>{escape(found['code'])}</code>")

    def picture(found: re.Match[str]) -> str:
        words, name = found.groups()
        return keep(f'<img src="{source(name)}" alt="{escape(words)}">')

    text = _FENCE.sub(fence, _COMMENT.sub("", text))
    text = re.sub(r"\$\$(.+?)\$\$", lambda m: keep(mathml(m[1], block=True)), text, flags=re.DOTALL)
    text = _PICTURE.sub(picture, _WHOLE.sub(whole, text))
    text = escape(text, quote=False)
    for pattern, form in _SPANS:
        text = pattern.sub(form, text)
    made = "\n".join(_block(b) for b in re.split(r"\n\s*\n", text.strip("\n")) if b.strip())
    while "\0" in made:    # an alternative text may hold a formula
        made = re.sub(r"\0(\d+)\0", lambda m: kept[int(m[1])], made)
    return made


def _block(block: str) -> str:
    """What stands between two empty lines."""
    lines = block.strip("\n").splitlines()
    first = lines[0]
    if heading := re.match(r"(#{1,6}) +", first):
        level = len(heading.group(1))
        head = f"<h{level}>{first[heading.end():]}</h{level}>"
        return head if len(lines) == 1 else head + "\n" + _block("\n".join(lines[1:]))
    if re.fullmatch(r"-{3,}", first.strip()):
        return "<hr>"
    if len(lines) > 1 and re.fullmatch(r"[|:\- ]+", lines[1]):
        return _table(lines)
    if _ITEM.match(first):
        return _list(lines)
    if first.startswith("&gt;"):
        inside = "\n".join(line.removeprefix("&gt;").lstrip() for line in lines)
        return f"<blockquote>{_block(inside)}</blockquote>"
    joined = "\n".join(line.strip() for line in lines)
    return joined if re.fullmatch(r"\0\d+\0", joined) else f"<p>{joined}</p>"


def _table(lines: list[str]) -> str:
    def row(line: str, cell: str) -> str:
        cells = (part.strip() for part in line.strip().strip("|").split("|"))
        return "<tr>" + "".join(f"<{cell}>{part}</{cell}>" for part in cells) + "</tr>"

    body = "\n".join(row(line, "td") for line in lines[2:])
    return (f"<table><thead>{row(lines[0], 'th')}</thead>\n<tbody>{body}</tbody></table>")


def _list(lines: list[str]) -> str:
    """Items; a line that does not begin one goes on with the last."""
    kind = "ol" if lines[0][0].isdigit() else "ul"
    first = f' start="{lines[0].partition(".")[0]}"' if kind == "ol" else ""
    items: list[str] = []
    for line in lines:
        if found := _ITEM.match(line):
            items.append(line[found.end():])
        else:
            items[-1] += "\n" + line.strip()
    return f"<{kind}{first}>" + "".join(f"<li>{item}</li>" for item in items) + f"</{kind}>"
