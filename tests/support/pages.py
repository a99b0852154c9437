"""Pages in a real browser: opened from their file, watched for errors and for requests."""

import json
import shutil
from contextlib import contextmanager

import pytest

from tests.support.paths import ROOT

SIZES = {"slide": (1280, 720), "phone": (390, 844)}
OUT = ROOT / "out" / "pages"


def chromium():
    """The browser of the system, or a skipped test that says what to install."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no chromium: make test-browser installs one")
    return path


@contextmanager
def started():
    """The browser, running."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


class Opened:
    """A page that is open, and questions to it."""

    def __init__(self, page, data):
        self.page, self.data = page, data

    def one(self, selector):
        return self.page.locator(selector)

    def texts(self, selector):
        return self.page.locator(selector).all_text_contents()

    def box(self, name, step=None):
        """The id of the mark of a name and a step."""
        return next(own for own, mark in self.data["marks"].items()
                    if mark.get("name") == name and mark.get("step") == step
                    and mark["kind"] != "text")

    def taps(self, weight):
        """The ids of the taps of a weight, by step."""
        own = self.box(weight)
        return {path.get("step"): key for key, path in self.data["paths"].items()
                if path["kind"] == "tap" and path["tail"] == own}

    def slide(self, selector, value):
        """Move a slider."""
        self.one(selector).evaluate(
            "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", str(value))

    def view(self):
        """The part of the picture that is seen: left, top, width, height."""
        return [float(v) for v in self.one("#stage > svg").get_attribute("viewBox").split()]

    def chosen(self):
        """The ids of what is chosen."""
        return set(self.page.eval_on_selector_all(
            "#stage .chosen", "groups => groups.map((group) => group.id)"))

    def style(self, selector, name):
        return self.one(selector).first.evaluate(f"e => getComputedStyle(e).{name}")

    def shot(self, name):
        """Keep what is seen as out/pages/NAME.png, to be looked at."""
        OUT.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=OUT / f"{name}.png")


@contextmanager
def watched(browser, file, size="slide", scheme="light", motion="no-preference"):
    """A page opened from its file. No error, no warning and no request but for the file itself."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion=motion)
    page, wrong = context.new_page(), []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
    page.on("request", lambda r: wrong.append(r.url) if r.url != file.as_uri() else None)
    page.goto(file.as_uri())
    page.wait_for_selector("#details h2")
    try:
        yield Opened(page, json.loads(page.inner_text("#data")))
        assert wrong == []
    finally:
        context.close()


if __name__ == "__main__":  # whether a browser starts at all
    with started() as one:
        one.new_page().goto("about:blank")
