"""Labels are text: whatever they hold, a page opens, shows them, and runs nothing of them."""

import numpy as np
import pytest

import minigrad as mg
from tests.support.pages import watched

pytestmark = pytest.mark.browser

LABELS = {
    "script": "</script><script>window.taken = 1</script>",
    "image": '"><img src=x onerror="window.taken = 1">',
    "comment": "<!-- <script> ]]> -->",
    "quotes": "a'b\"c`${window.taken = 1}`\\",
    "template": "$data ${scripts} $$ {{}}",
    "right to left": "\u202e\u05e9\u05dc\u05d5\u05dd\u202c W",
    "emoji": "\U0001f469\u200d\U0001f4bb\U0001f525",
    "lines": "a\nb\r\n\tc\u2028d\x00",
    "long": "W" * 10_000,
    "prototype": "__proto__",
}


def labelled(name):
    """A recurrence in which everything is called `name`."""
    W = mg.Parameter(np.full((2, 2), 0.3), name=name)
    h, loss = mg.tensor(np.zeros((1, 2))), mg.tensor(0.0)
    for t in (1, 2):
        with mg.scope(name, t=t, **{name: h}):
            h = np.tanh(h @ W + 1.0)
        with mg.scope("loss", t=t):
            loss = loss + (h * h).sum()
    return loss


@pytest.mark.parametrize("name", LABELS)
def test_labels_are_text(browser, tmp_path, name):
    """Nothing is run, nothing is fetched, nothing breaks: the label can be searched for, chosen and
    read, in the picture and in the panel, and the layout stays within the screen."""
    label = LABELS[name]
    asked = {"title": label, "caption": label[:200], "labels": {label: label, "rest": label}}
    file = mg.draw(labelled(label), **asked).save(tmp_path / "page.html")
    with watched(browser, file) as page:
        assert page.page.evaluate("window.taken") is None
        assert page.one("script").count() == 3
        assert page.one("img").count() == 0
        weight = next(k for k, m in page.data["marks"].items() if m["kind"] == "weight")
        assert page.data["marks"][weight]["weight"] == label
        page.one(f'[id="{weight}"] > rect').click()
        assert page.page.evaluate("chosen") == weight
        assert page.page.evaluate("details.querySelector('h2').textContent") == label
        page.one("#search").fill("loss")
        assert page.texts("#found") == ["1 of 2"]
        page.slide("#scrub", 5)
        page.slide("#scrub", 10_000)
        assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.page.evaluate("window.taken") is None
        page.shot(f"label-{name.replace(' ', '-')}")


def test_in_a_notebook(browser, tmp_path):
    """What a notebook shows is a frame with the whole page in it, apart from the notebook."""
    page = mg.draw(labelled("</script>W'\""), title='"><b>').html()
    assert len(repr(page)) < 40
    file = tmp_path / "notebook.html"
    file.write_text(f"<!doctype html><p>cell</p>{page._repr_html_()}", "utf-8")
    context = browser.new_context()
    tab, wrong = context.new_page(), []
    tab.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.goto(file.as_uri())
    frame = tab.frame_locator("iframe")
    frame.locator("g.weight > rect").click()
    assert frame.locator("#details h2").inner_text() == "</script>W'\""
    assert frame.locator("h1").inner_text() == '"><b>'
    assert tab.locator("p").inner_text() == "cell"
    assert tab.locator("iframe").get_attribute("srcdoc") == str(page)
    assert wrong == []
    context.close()
