"""Runs a program of cells in the playground's worker, and tells the page what to show.

A program is one text. Lines that begin with ``# %%`` open its cells; of each cell the value of the
last expression is shown, as in a notebook. Every run begins in a fresh ``__main__``.
"""

import ast
import base64
import builtins
import contextlib
import gc
import io
import itertools
import linecache
import operator
import re
import sys
import time
import traceback
import types
import warnings
from pathlib import Path

FILE = "program.py"
_MARK = re.compile(r"^# %%[ \t]*(.*)$", re.MULTILINE)
_TAGS = re.compile(r"\s*tags=\[(.*)\]\s*$")
_PLACE = re.compile(rf'^( *)File "{re.escape(FILE)}", line', re.MULTILINE)
_MOST = 200_000  # characters of printed text in one run, so that an endless print fills no page
_AT_ONCE = 100  # lines that are sent one by one


class Cell:
    """The statements below one mark, its title and its tags."""

    def __init__(self, title, first):
        found = _TAGS.search(title)
        self.tags = re.findall(r'"([^"]*)"', found[1]) if found else []
        self.title = title[:found.start()] if found else title
        self.first, self.body = first, []


def cells(source):
    """The cells of a program. Raises SyntaxError for the whole of it, before anything runs."""
    tree = ast.parse(source, FILE)
    inside = {line for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr)
              for line in range(node.lineno + 1, node.end_lineno + 1)}    # of texts over some lines
    found = [Cell("", 1)]
    for mark in _MARK.finditer(source):
        line = source.count("\n", 0, mark.start()) + 1
        if line not in inside:
            found.append(Cell(mark[1].strip(), line))
    for statement in tree.body:
        next(c for c in reversed(found) if c.first <= statement.lineno).body.append(statement)
    return [cell for cell in found if cell.body]


class Outbox:
    """Printed text on its way to the page, in order: the first lines at once, many a few times a
    second."""

    def __init__(self, post):
        self._post, self._waiting = post, []
        self._sent, self._times, self._last = 0, 0, time.monotonic()

    def put(self, stream, text):
        if self._sent > _MOST:
            return
        self._sent += len(text)
        if self._sent > _MOST:
            text += f"\n… more than {_MOST:,} characters: the rest is left out\n"
        self._waiting.append((stream, text))
        many = self._times > _AT_ONCE
        if (text.endswith("\n") and not many) or time.monotonic() - self._last > 0.05:
            self.send()

    def send(self):
        for stream, parts in itertools.groupby(self._waiting, key=operator.itemgetter(0)):
            self._post("text", stream=stream, text="".join(text for _, text in parts))
        self._waiting.clear()
        self._times += 1
        self._last = time.monotonic()


class Printed(io.TextIOBase):
    """Where ``print`` goes: stdout or stderr, which come out in the order of the calls."""

    def __init__(self, stream, outbox):
        self._stream, self._outbox = stream, outbox

    def writable(self):
        return True

    def write(self, text):
        self._outbox.put(self._stream, text)
        return len(text)

    def flush(self):
        self._outbox.send()


class Run:
    """One run of a program. `post` sends a message to the page; `knobs` has where they stand."""

    def __init__(self, post, knobs):
        self._post, self._knobs, self._title = post, knobs, ""
        self._declared = set()
        self._outbox = Outbox(post)

    def program(self, source):
        """Run it; whether it came to its end."""
        Path(FILE).write_text(source, encoding="utf-8")
        linecache.checkcache()
        main = types.ModuleType("__main__")
        main.__file__ = FILE
        sys.modules["__main__"] = main
        builtins.display = self.show
        with contextlib.redirect_stdout(Printed("out", self._outbox)), \
                contextlib.redirect_stderr(Printed("err", self._outbox)), \
                warnings.catch_warnings():
            warnings.showwarning = self._warn
            _listen(self._knob)
            try:
                return self._cells(source, vars(main))
            finally:
                self._outbox.send()
                main.__dict__.clear()
                gc.collect()

    def _cells(self, source, space):
        try:
            found = cells(source)
        except SyntaxError as error:
            self._error(error)
            return False
        for cell in found:
            if cell.title:
                self._title = cell.title    # of its pictures, and of those of the untitled after it
                self._outbox.send()
                self._post("title", text=cell.title)
            try:
                self._one(cell, space)
            except SystemExit:
                return True
            except BaseException as error:
                self._error(error)
                if "raises-exception" not in cell.tags:
                    return False
        return True

    def _one(self, cell, space):
        last = cell.body[-1]
        shown = isinstance(last, ast.Expr)
        rest = ast.Module(cell.body[:-1] if shown else cell.body, [])
        exec(compile(rest, FILE, "exec"), space)
        if shown:
            value = eval(compile(ast.Expression(last.value), FILE, "eval"), space)
            if value is not None:
                self.show(value)

    def show(self, value):
        """Show a value as a notebook would; a drawing as the page that answers questions."""
        self._outbox.send()
        for kind, data in _forms(value):
            self._post("show", kind=kind, data=data, title=self._title)
            return
        self._post("text", stream="value", text=repr(value) + "\n")

    def _knob(self, name, low, high, value):
        value = min(max(float(self._knobs.get(name, value)), low), high)
        if name not in self._declared:
            self._declared.add(name)
            self._post("knob", name=name, low=low, high=high, value=value)
        return value

    def _warn(self, message, category, filename, lineno, file=None, line=None):
        where = f"line {lineno}: " if filename == FILE else ""
        self._outbox.put("err", f"{where}{category.__name__}: {message}\n")

    def _error(self, error):
        self._outbox.send()
        text, line = told(error)
        self._post("error", text=text, line=line)


def _listen(listener):
    from rnn.lessons import knobs

    knobs.listen(listener)


def told(error):
    """An error as the reader of the program needs it: their own lines, and the message; the number
    of the line where it began. What runs inside of the packages is left out."""
    found = traceback.TracebackException.from_exception(error)
    own = _own(found)
    line = own[-1].lineno if own else None
    if isinstance(error, SyntaxError) and error.filename == FILE:
        line = error.lineno
    if isinstance(error, KeyboardInterrupt):
        return f"Stopped{f' in line {line}' if line else ''}.", line
    text = "".join(found.format()).rstrip().replace("Traceback (most recent call last):\n", "")
    return _PLACE.sub(r"\1Line", text), line


def _own(found):
    """Leave in an error, and in those that it came from, the lines of the program alone; what it
    came from inside of the packages goes."""
    own = [frame for frame in found.stack if frame.filename == FILE]
    found.stack = traceback.StackSummary.from_list(own)
    if found.__cause__ is not None and not _own(found.__cause__):
        found.__cause__ = None
        found.__suppress_context__ = True
    if found.__context__ is not None and not _own(found.__context__):
        found.__context__ = None
    return own


def _forms(value):
    """What a value can show itself as, the best first: pairs of a kind and its text."""
    if isinstance(getattr(value, "page", None), str):    # rnn.lessons.show(picture)
        yield "page", str(value.page)
    if callable(getattr(value, "html", None)) and callable(getattr(value, "svg", None)):
        try:    # the page wants gradients, which a backward pass that was run has let go of
            yield "page", str(value.html())
        except Exception:
            yield "svg", value.svg()
    for method, kind in (("_repr_markdown_", "markdown"), ("_repr_html_", "html"),
                         ("_repr_svg_", "svg"), ("_repr_latex_", "markdown")):
        text = _asked(value, method)
        if text is not None:
            yield kind, text
    png = _asked(value, "_repr_png_")
    if png is not None:
        yield "png", base64.b64encode(png).decode()


def _asked(value, method):
    """What ``value.method()`` gives; None where there is no such method, as of a class."""
    if isinstance(value, type) or not callable(getattr(value, method, None)):
        return None
    return getattr(value, method)()


def run(source, knobs, post):
    """Run a program; the number of seconds, negative where it did not come to its end."""
    began = time.perf_counter()
    whole = Run(post, knobs).program(source)
    seconds = time.perf_counter() - began
    return seconds if whole else -seconds
