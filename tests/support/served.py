"""The playground as a host serves it: from its folder, by a server that knows nothing of it."""

import threading
import zipfile
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.paths import ROOT

BUILT = ROOT / "build" / "playground"
_WEB = ROOT / "playground" / "web"


def built():
    """The folder that `make playground` has written; a skipped test where there is none. One that
    is older than what it is made of is an error, not a test of the past."""
    if not (BUILT / "files.json").is_file():
        pytest.skip("the playground is not built: make playground builds it")
    old = [path.name for path in _WEB.iterdir()
           if path.is_file() and (BUILT / path.name).read_bytes() != path.read_bytes()]
    (wheel,) = BUILT.glob("pyodide/minigrad_bptt-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for package in ("minigrad", "rnn"):
            for path in (ROOT / package).rglob("*.py"):
                name = path.relative_to(ROOT).as_posix()
                if name not in archive.namelist() or archive.read(name) != path.read_bytes():
                    old.append(name)
    assert old == [], "build/playground is older than these: make playground"
    return BUILT


class _Handler(SimpleHTTPRequestHandler):
    """``python -m http.server``, silent; with the headers of isolation where they are wanted."""

    def __init__(self, *args, isolated, sent, **kwargs):
        self.isolated, self.sent = isolated, sent
        super().__init__(*args, **kwargs)

    def log_request(self, code="-", size="-"):
        self.sent.append((self.path, int(code)))

    def log_message(self, *args):
        pass

    def end_headers(self):
        if self.isolated:
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


@contextmanager
def served(folder, isolated=False):
    """The address of the folder while it is served, and what has been sent: paths and codes."""
    sent = []
    handler = partial(_Handler, directory=str(folder), isolated=isolated, sent=sent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", sent
        finally:
            server.shutdown()
            thread.join()


class Visited:
    """The playground in a browser's tab, and what a visitor does there."""

    def __init__(self, context, address):
        self.page, self.wrong = context.new_page(), []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("requestfailed", lambda r: self.wrong.append(f"failed: {r.url}"))
        own = (address, "data:", "about:srcdoc")
        self.page.on("request",
                     lambda r: None if r.url.startswith(own) else self.wrong.append(r.url))

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.wrong.append(message.text)

    def ready(self, seconds=90):
        """Wait until Python waits for a program."""
        self.page.wait_for_selector("body[data-state=ready]", timeout=seconds * 1000)
        return self

    def put(self, source):
        """Put a program in the place of the one that is there."""
        self.page.fill("textarea", source)
        return self

    def run(self, source=None):
        """Run a program to its end."""
        if source is not None:
            self.put(source)
        self.page.click("#run")
        return self.ready()

    def open(self, name):
        """Open a program of the menu."""
        self.page.select_option("#menu", name)
        return self

    def turn(self, knob, value):
        """Move a slider, and wait for what comes of it."""
        slider = self.page.get_by_label(knob, exact=True)
        slider.evaluate("(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }",
                        str(value))
        return self.ready()

    def texts(self, selector):
        return self.page.locator(selector).all_inner_texts()

    def picture(self):
        """The frame of the picture that is seen, once it is there."""
        frame = self.page.locator(".picture:not([hidden]) iframe:not(.waiting)")
        frame.wait_for()
        return frame.element_handle().content_frame()

    @property
    def said(self):
        return self.page.inner_text("#said")

    @property
    def output(self):
        return self.page.inner_text("#output")

    @property
    def source(self):
        return self.page.input_value("textarea")


@contextmanager
def visited(browser, address, fragment="", script="", **options):
    """A first visit: nothing is kept from others. No error and no request to anywhere else.
    script: what runs in the page before its own."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    try:
        visit = Visited(context, address)
        visit.page.add_init_script(script)
        visit.page.goto(address + fragment)
        yield visit
        assert visit.wrong == []
    finally:
        context.close()
