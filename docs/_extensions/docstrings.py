"""Docstrings of minigrad and rnn as reStructuredText, for Sphinx's autodoc.

They are written as plain text: arguments as ``name: what it is``, code between one or two marks,
examples as doctests, and no other markup. So a star or a bar is a star or a bar.
"""

import re

_ARGUMENT = re.compile(r"^(\*{0,2}[a-z]\w*(?:, \*{0,2}\w+)*): (.*)")
_CODE = re.compile(r"(``[^`]+``|`[^`]+`)")
_MARKUP = re.compile(r'[\\*|"]|_(?!\w)')  # a quotation mark, so that it stays straight: "scan"


def translated(lines):
    """The lines of a docstring as those of reStructuredText."""
    out = []
    for block in _blocks(lines):
        out += [*_translated(block), ""]
    return out


def _blocks(lines):
    """Paragraphs; an example that follows a sentence at once is one of its own."""
    block = []
    for line in [*lines, ""]:
        example = line.startswith(">>>") and block and not block[0].startswith(">>>")
        if (not line.strip() or example) and block:
            yield block
            block = []
        if line.strip():
            block.append(line)


def _translated(block):
    first = block[0]
    if first.lstrip().startswith(">>>"):
        return [".. code-block:: pycon", "", *(f"   {line}" for line in block)]
    if first.startswith(" "):
        return ["::", "", *(f"   {line}" for line in block)]
    if first.startswith("- "):
        return _items(block, r"- (.*)", "- {}")
    if _ARGUMENT.match(first):
        return _items(block, _ARGUMENT.pattern, "``{}``\n   {}")
    if any(line.startswith("  ") for line in block):  # lines that are meant to stay lines
        depths = [len(line) - len(line.lstrip()) for line in block]
        return [f"| {' ' * n}{_text(line.strip())}" for n, line in zip(depths, block, strict=True)]
    return [_text(" ".join(block))]


def _items(block, pattern, form):
    """Items, each with the lines that go on below it; an unlike line begins a paragraph."""
    items = []
    for line in block:
        if found := re.match(pattern, line):
            items.append((form, [*found.groups()]))
        elif line.startswith(" ") and items:
            items[-1][1][-1] += f" {line.strip()}"
        elif items and items[-1][0] == "{}":
            items[-1][1][-1] += f" {line}"
        else:
            items.append(("{}", [line]))
    out = []
    for k, (shape, parts) in enumerate(items):
        if k and shape != items[k - 1][0]:
            out.append("")
        out += shape.format(*parts[:-1], _text(parts[-1])).split("\n")
    return out


def _text(text):
    """A sentence in which nothing is markup but the marks around code."""
    parts = _CODE.split(text)
    out = ""
    for k, part in enumerate(parts):
        if k % 2:
            out += "\\ " * bool(re.search(r"[^\s(\[{\"'/-]$", out)) + f"``{part.strip('`')}``"
        else:
            joined = bool(k and re.match(r"[^\s.,:;!?)\]}\"'/-]", part))
            out += "\\ " * joined + _MARKUP.sub(r"\\\g<0>", part)
    return out


def _process(app, what, name, obj, options, lines):
    if what == "module":  # its page begins with the first paragraph
        lines[:] = lines[lines.index("") :] if "" in lines else []
    lines[:] = translated(lines)


def _skip(app, what, name, obj, skip, options):
    """Fields of named tuples say nothing of their own: the docstring of the class does."""
    return True if (getattr(obj, "__doc__", None) or "").startswith("Alias for field") else None


def setup(app):
    app.connect("autodoc-process-docstring", _process)
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
