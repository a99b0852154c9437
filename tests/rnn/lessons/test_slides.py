"""Decks: every one of the project builds, from its own code, and asks nothing of a network."""

import re
from functools import cache

import pytest

from rnn.lessons import deck
from rnn.lessons.pages import printing
from tests.support.paths import ROOT

DECKS = sorted((ROOT / "docs/teachers/slides").glob("*.md"))
EACH = pytest.mark.parametrize("path", DECKS, ids=lambda path: path.stem)


@cache
def built(path):
    return deck(path)


def write(folder, text):
    path = folder / "deck.md"
    path.write_text(text, "utf-8")
    return path


@EACH
def test_every_picture_is_drawn_by_the_code(path):
    """A deck builds; its text names no picture, and its slides have as many as its cells make."""
    text = path.read_text("utf-8")
    assert "![" not in text
    slides = built(path).slides
    pictures = [part for slide in slides for part in re.findall(r'<img class="still"[^>]*>', slide)]
    assert len(pictures) >= 5
    assert all('src="data:image/svg+xml;base64,' in picture for picture in pictures)


@EACH
def test_a_deck_asks_nothing_of_a_network(path):
    """No address in it leads anywhere."""
    html = re.sub(r"<iframe srcdoc='[^']*'", "<iframe", built(path).html())
    assert not re.search(r'(src|href)="(?!data:)|url\(|@import|<link', html)


@EACH
def test_numbers_on_slides_come_from_code(path):
    """A number with three decimals or more in the text is computed there, or is one that others
    have published."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"\d\.\d{3,}", text)) <= {"0.1128"}


def test_what_a_slide_shows(tmp_path):
    """Code, what it prints, its last value, numbers in the text; notes are kept; code can hide."""
    shown = deck(write(tmp_path, """---
title: ignored
---
# A deck

> said, not shown

```{code-cell} python
a = 2
print("so", a)
a + 1
```

---

```{code-cell} python
:tags: [remove-input]
line = '''
---
'''
```

$x_1$ is {eval}`a * 10`.
"""))
    first, second = shown.slides
    assert "<pre><code>a = 2\nprint" in first
    assert "<pre>so 2</pre><pre>3</pre>" in first
    assert "<blockquote><p>said, not shown</p></blockquote>" in first
    assert "line" not in second
    assert "is 20.</p>" in second


@pytest.mark.parametrize("text, error, words", [
    ("# A\n\n---\n\n```{code-cell} python\n1 / 0\n```", ZeroDivisionError, "division"),
    ("no heading", ValueError, "there is no slide with a heading"),
    (r"# A $\nonsense$", ValueError, r"there is no \\nonsense here"),
])
def test_decks_that_are_wrong(tmp_path, text, error, words):
    """What went wrong is raised, with the number of the slide."""
    with pytest.raises(error, match=words) as raised:
        deck(write(tmp_path, text))
    if error is ZeroDivisionError:
        assert "slide 2" in raised.value.__notes__[0]


def test_other_endings(tmp_path):
    """A deck is a page or a PDF."""
    with pytest.raises(ValueError, match=r"'\.pptx'; a deck is saved as \.html or \.pdf"):
        deck(write(tmp_path, "# A")).save(tmp_path / "a.pptx")


@pytest.mark.browser
@EACH
def test_in_a_browser(path, tmp_path, browser):
    """Slides turn by keys, none is cut off, notes come and go; no error and no request."""
    file = built(path).save(tmp_path / "deck.html")
    page, wrong = browser.new_page(viewport={"width": 1280, "height": 720}), []
    page.on("console", lambda m: wrong.append(m.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: wrong.append(r.url)
            if not r.url.startswith((file.as_uri(), "data:", "about:")) else None)
    page.goto(file.as_uri())
    assert page.locator("section:visible").count() == 1
    for number in range(1, len(built(path).slides) + 1):
        assert page.url.endswith(f"#{number}")
        high, room, wide, width = page.evaluate(
            "(s => [s.scrollHeight, s.clientHeight, s.scrollWidth, s.clientWidth])"
            "(document.querySelector('section.on'))")
        assert high <= room + 1, f"slide {number} is too high"
        assert wide <= width + 1, f"slide {number} is too wide"
        cut = page.evaluate("[...document.querySelectorAll('section.on pre')]"
                            ".some((pre) => pre.scrollWidth > pre.clientWidth + 1)")
        assert not cut, f"slide {number} has a line that is too long"
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    assert not page.locator("section.on blockquote").is_visible()
    page.keyboard.press("n")
    assert page.locator("section.on blockquote").is_visible()
    page.close()
    assert wrong == []


@pytest.mark.browser
@EACH
def test_pdf(path, tmp_path):
    """One page a slide."""
    if printing.browser() is None:
        pytest.skip("no browser that prints")
    data = built(path).save(tmp_path / "deck.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == len(built(path).slides)
