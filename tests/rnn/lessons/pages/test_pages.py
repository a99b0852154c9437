"""Pages: Markdown and formulas as HTML, and files of three kinds."""

import re
from xml.etree import ElementTree

import pytest

from minigrad.drawing import RendererNotFoundError, RenderError
from rnn.lessons import worksheet
from rnn.lessons.pages import Document, printing
from rnn.lessons.pages.markdown import to_html
from rnn.lessons.pages.mathml import mathml
from rnn.lessons.sheets import TOPICS


def words(html):
    """What a reader sees of it."""
    return "".join(ElementTree.fromstring(f"<x>{html}</x>").itertext())


@pytest.mark.parametrize("tex, seen", [
    (r"W_{hh} h_{t-1}", "Whhht−1"), (r"\frac{\partial L}{\partial W}", "∂L∂W"),
    (r"\sum_t \delta_t^2", "∑tδt2"), (r"\varphi'(z_t) \le 1", "φ′(zt)≤1"),
    (r"\text{share of } W", "share of\u00a0W"), (r"a < b", "a<b"), (r"\|x\| \odot r", "‖x‖⊙r"),
    (r"\sqrt{2} \cdot (-0.5)", "2·(−0.5)"),
])
def test_formulas(tex, seen):
    """They are well-formed, and nothing of them is lost."""
    assert words(mathml(tex)) == seen


def test_signs_stand_close():
    """The minus of a negative number is no operator between two; that of a difference is one."""
    assert mathml("= -2").count("prefix") == 1
    assert mathml("(-2)").count("prefix") == 1
    assert mathml("a -2").count("prefix") == 0


@pytest.mark.parametrize("tex, said", [
    (r"\oint x", r"there is no \\oint here"), (r"\frac{1}", "a brace, or what it belongs to"),
    ("x_", "a brace"), ("{x", "a brace"), ("x}", "a brace"),
])
def test_wrong_formulas(tex, said):
    """They are refused by name."""
    with pytest.raises(ValueError, match=said):
        mathml(tex)


@pytest.mark.parametrize("text, html", [
    ("one\ntwo", "<p>one\ntwo</p>"),
    ("# A `b*c*`", "<h1>A <code>b*c*</code></h1>"),
    ("- one\n  more\n- two", "<ul><li>one\nmore</li><li>two</li></ul>"),
    ("3. x\n4. y", '<ol start="3"><li>x</li><li>y</li></ol>'),
    ("> **so**", "<blockquote><p><strong>so</strong></p></blockquote>"),
    ("a\n\n---\n\nb", "<p>a</p>\n<hr>\n<p>b</p>"),
    ("```python\nx < 1  # *no*\n\ny\n```", "<pre><code>x &lt; 1  # *no*\n\ny</code></pre>"),
    ("[to](there.md) ~~gone~~", '<p><a href="there.md">to</a> <del>gone</del></p>'),
    ("<script>x</script> <!-- unseen -->", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
    ('![a "b"](p.svg)', '<img src="p.svg" alt="a &quot;b&quot;">'),
])
def test_markdown(text, html):
    """Each kind of block and span."""
    assert to_html(text) == html


def test_stars_in_formulas_are_no_emphasis():
    """Formulas and code are left alone."""
    assert to_html("$a*b$ and $c*d$").count("<em>") == 0
    assert to_html("a_b `x*y*z` *really*").count("<em>") == 1


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_asks_nothing_of_a_network(topic):
    """Its HTML is well-formed, has its pictures inside of it, and no address."""
    html = worksheet(topic, 1).key.html()
    plain = re.sub(r"<style>.*?</style>", "", html.partition("\n")[2], flags=re.DOTALL)
    ElementTree.fromstring(re.sub(r"<(meta|img|hr)([^>]*)>", r"<\1\2/>", plain))
    assert html.count("<img") == html.count("data:image/svg+xml;base64,") >= 1
    assert not re.search(r'(src|href)="(?!data:)|url\(|@import|<script|<link', html)
    assert "\0" not in html
    assert "$" not in html


def test_markdown_files(tmp_path):
    """The text names the pictures that lie beside it."""
    sheet = worksheet("bptt", 1).key
    path = sheet.save(tmp_path / "key.md")
    named = re.findall(r"\]\((.+?\.svg)\)", path.read_text("utf-8"))
    assert named == ["key-graph.svg", "key-shares.svg"]
    for name in named:
        assert (tmp_path / name).read_text("utf-8").startswith("<svg")


def test_what_a_notebook_shows():
    """The sheet, and the key folded up."""
    shown = worksheet("truncation", 1)._repr_html_()
    sheet, _, key = shown.partition("<details><summary>The key of truncation-1</summary>")
    assert "<img" in sheet
    assert "<del>" in key


def test_other_endings(tmp_path):
    """They are refused, with those that there are; nothing is written."""
    with pytest.raises(ValueError, match=r"'\.docx'; a page is saved as \.md, \.html or \.pdf"):
        Document("x").save(tmp_path / "x.docx")
    assert list(tmp_path.iterdir()) == []


def test_without_a_browser(monkeypatch, tmp_path):
    """The error says what to install, and what to do without."""
    monkeypatch.setattr(printing.shutil, "which", lambda name: None)
    with pytest.raises(RendererNotFoundError, match=r"save\('.*x\.pdf'\).*save the page as \.html"):
        Document("x").save(tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_fails(monkeypatch):
    """It is named."""
    monkeypatch.setattr(printing, "browser", lambda: "false")
    with pytest.raises(RenderError, match="false printed nothing"):
        printing.printed("<p>x</p>", "save('x.pdf')")


@pytest.mark.browser
def test_pdf(tmp_path):
    """It is printed, two sheets on two pages at least."""
    if printing.browser() is None:
        pytest.skip("no browser that prints")
    one = worksheet("gru_conventions", 1).sheet
    path = Document.joined([one, one]).save(tmp_path / "x.pdf")
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", data)) >= 2
