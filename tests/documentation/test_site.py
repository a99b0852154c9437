"""The built book in a real browser: each page asks for nothing from elsewhere and fits a phone.

`make docs` builds it, `make test-browser` runs these where it is built.
"""

import re
from contextlib import contextmanager
from html import unescape
from urllib.parse import unquote

import pytest

from tests.support.paths import ROOT
from tests.support.served import served, visited

pytestmark = pytest.mark.browser

SITE = ROOT / "out" / "docs" / "html"
OTHERS = {"playground", "slides", "_static"}    # have tests of their own
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")
               if not OTHERS & set(path.relative_to(SITE).parts))
FILES = [name for name in PAGES if name.startswith("files/")]    # made alike: some of them will do
BOOK = [name for name in PAGES if name not in FILES]
READ = [*BOOK, *[name for name in FILES if name.endswith(".py.html")][:2]]
LESSONS = [name for name in PAGES if re.match(r"lessons/\d", name)]


@contextmanager
def opened(browser, name, width=1280, scheme="light", **options):
    """A page, opened from its file. No error, no warning, no request but for files of the site."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, **options)
    page, wrong = context.new_page(), []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    own = SITE.as_uri()
    page.on("request", lambda r: None if r.url.startswith((own, "about:srcdoc", "data:"))
            else wrong.append(r.url))
    try:
        page.goto((SITE / name).as_uri())
        page.evaluate("document.fonts.ready")
        yield page
        assert wrong == []
    finally:
        context.close()


def brightness(page):
    """Of the paper, from 0 to 255."""
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(int, re.findall(r"\d+", color)[:3])) / 3


@pytest.mark.parametrize("name", READ)
def test_opens_on_a_phone_in_the_dark(browser, name):
    """On 360 pixels nothing is wider than the screen, and the paper is dark."""
    with opened(browser, name, 360, "dark") as page:
        wide = page.evaluate("""[...document.querySelectorAll("article *")].filter(
            e => e.getBoundingClientRect().right > innerWidth + 1
                 && !e.closest(".highlight, .output, .formula, .table-wrapper, svg, pre")
        ).map(e => e.outerHTML.slice(0, 120))""")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), wide
        assert brightness(page) < 60


@pytest.mark.parametrize("name", READ)
def test_opens_on_a_screen_in_the_light(browser, name):
    """The paper is light; every formula is set, in the book's own font; none is left as TeX."""
    with opened(browser, name) as page:
        assert brightness(page) > 200
        page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
        sizes = page.evaluate("""[...document.querySelectorAll("math")].map(
            e => [e.getBoundingClientRect().width, e.getBoundingClientRect().height])""")
        assert all(width > 2 and height > 4 for width, height in sizes)
        if sizes:
            assert page.evaluate("document.fonts.check('16px BookMath')")
        text = page.evaluate("""(() => {
            const copy = document.querySelector("article").cloneNode(true);
            copy.querySelectorAll("pre, code, script, iframe, svg").forEach(e => e.remove());
            return copy.textContent; })()""")
        assert re.findall(r"\$[^$\n]{1,60}\$|\\[a-z]{3,}", text) == []


@pytest.mark.parametrize("name", PAGES)
def test_is_small(name):
    """A page is at most 1.5 MB."""
    assert (SITE / name).stat().st_size <= 1_500_000


@pytest.mark.parametrize("name", BOOK)
def test_links_lead_somewhere(name):
    """Every link and source inside of the site is a file of it, and has the place that is named."""
    text = re.sub(r"srcdoc='[^']*'", "", (SITE / name).read_text("utf-8"))
    for link in re.findall(r'<[a-z]+ [^<>]*?(?:href|src)="([^"]+)"', text):
        if re.match(r"[a-z]+:|//", link):
            continue
        path, _, place = unquote(unescape(link)).partition("#")
        target = (SITE / name).parent / path.partition("?")[0] if path else SITE / name
        assert target.is_file(), link
        if place and target.suffix == ".html" and "playground" not in target.parts:
            assert f'id="{place}"' in target.read_text("utf-8"), link


@pytest.mark.parametrize("name", LESSONS)
def test_is_a_lesson(browser, name):
    """A lesson has a picture, its notebook beside it, and a moving picture that moves, if any."""
    with opened(browser, name) as page:
        assert page.locator(".cell_output svg, .cell_output img, iframe").count() >= 1
        notebook = page.locator(".doors a").first.get_attribute("href")
        assert (SITE / name).parent.joinpath(notebook).is_file()
        frames = page.locator("iframe")
        assert frames.count() <= 1
        if frames.count():
            frames.scroll_into_view_if_needed()
            inside = page.frame_locator("iframe")
            inside.locator("#play").click()
            assert inside.locator("#running").inner_text()


@pytest.mark.parametrize("name", LESSONS[:1])
def test_reads_without_scripts(browser, name):
    """Where no script runs, formulas and pictures are there all the same."""
    with opened(browser, name, java_script_enabled=False) as page:
        assert page.locator("article h1").is_visible()
        assert page.locator(".cell_output svg").first.is_visible()


@pytest.mark.parametrize("name", LESSONS[:1])
def test_the_reader_chooses_light_or_dark(browser, name):
    """The theme's button changes the paper; pictures stay on white, on which they are drawn."""
    with opened(browser, name) as page:
        seen = set()
        for _ in range(3):
            page.locator(".theme-toggle:visible").first.click()
            seen.add(brightness(page) > 128)
            card = "getComputedStyle(document.querySelector('.cell_output svg')).backgroundColor"
            assert page.evaluate(card) == "rgb(255, 255, 255)"
        assert seen == {True, False}


@pytest.mark.parametrize("name", LESSONS[6:7])
def test_opens_in_the_playground(browser, name):
    """One click leads from a lesson to its program; where there is no WebAssembly there is no door,
    and the page with its stills is what there is."""
    if not (SITE / "playground").is_dir():
        pytest.skip("the book is built without the playground: make playground, then make docs")
    door = ".doors .playground"
    with served(SITE) as (address, _):
        with visited(browser, address, name) as visit:
            visit.page.click(door)
            visit.ready()
            cell = re.search(r"^show\(.*\)$", (ROOT / "docs" / name.replace(".html", ".md"))
                             .read_text("utf-8"), re.MULTILINE)[0]
            assert cell in visit.source
        without = "delete window.WebAssembly"
        with visited(browser, address, name, without) as visit:
            assert not visit.page.locator(door).is_visible()
            assert visit.page.locator(".cell_output svg").first.is_visible()
