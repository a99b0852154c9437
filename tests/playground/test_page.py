"""The playground in a real browser, served as files: it computes, draws, explains and stops.

`make playground` builds it, `make test-browser` runs these.
"""

import re

import pytest

from playground.building import compressed
from playground.links import fragment, read
from tests.support.served import built, served, visited

pytestmark = pytest.mark.browser

LOOP = "print('begun', flush=True)\nwhile True:\n    pass\n"


@pytest.fixture(scope="module")
def site():
    """Its address, and what the server has sent."""
    with served(built()) as (address, sent):
        yield address, sent


@pytest.fixture(scope="module")
def shared(browser, site):
    """A tab that tests use one after the other, as a visitor does; Python is loaded once."""
    with visited(browser, site[0]) as visit:
        yield visit.ready()


def test_it_is_small():
    """A visitor receives at most 12 MB, from a host that compresses."""
    assert compressed(built()) <= 12e6


def test_it_is_downloaded_once(browser, site):
    """Progress is shown while it loads; a second visit takes the large files from what the browser
    has kept, and of the others asks whether they have changed."""
    address, sent = site
    with visited(browser, address) as visit:
        visit.page.wait_for_selector("#progress:not([hidden])")
        assert visit.said == "Loading Python, NumPy and minigrad…"
        visit.ready()
        sent.clear()
        visit.page.reload()
        visit.ready()
        assert not [path for path, _ in sent if re.search(r"\.(wasm|whl|zip)$", path)]
        assert sum((built() / path.lstrip("/")).stat().st_size for path, code in sent
                   if code == 200 and path != "/") < 50_000


@pytest.mark.parametrize("lesson", ["01_first_picture", "07_sum_over_time", "17_rtrl"])
def test_lessons_run(shared, lesson):
    """A lesson of the menu comes to its end, with its numbers and its pictures; its hints and
    solutions are not given away."""
    shared.open(lesson).run()
    assert shared.said.startswith("Done in")
    assert shared.page.url.endswith(f"#lesson={lesson}")
    assert shared.picture().locator("svg").count() >= 1
    assert re.search(r"^# (hint|solution)\(", shared.source, re.MULTILINE)
    assert not re.search(r"^(hint|solution)\(", shared.source, re.MULTILINE)


def test_pictures_answer_questions(shared):
    """Beside the program is the drawing's own page: a click on a box tells about it."""
    shared.open("1_shared_weight").run()
    frame = shared.picture()
    frame.locator("#details h2").wait_for()
    frame.get_by_role("button", name="W_hh").first.click()
    assert "W_hh" in frame.locator("#details").inner_text()


def test_several_pictures_have_tabs(shared):
    """Each is one click away, under the title of its cell."""
    shared.run("import minigrad as mg\nw = mg.tensor(2.0, requires_grad=True)\n"
               "# %% first\nmg.draw(w * w)\n# %% second\nmg.draw(w + w)\nmg.draw(w * 3)\n"
               "display(mg.draw(w - 1))\nmg.draw(w)")
    assert shared.texts(".tab") == ["first", "second", "second (2)"]
    assert shared.page.locator(".tab[aria-selected=true]").inner_text() == "second (2)"
    shared.page.click("text=▣ first")
    assert shared.page.locator(".tab[aria-selected=true]").inner_text() == "first"
    assert shared.picture().locator("svg").count() >= 1


def test_a_knob_changes_the_picture(shared):
    """A slider appears; when it moves, the program runs again, and its picture is another."""
    shared.open("1_shared_weight").run()
    before, numbers = shared.picture().content(), shared.output
    shared.turn("scale", 2.5)
    assert shared.page.locator("#knobs output").inner_text() == "2.50"
    assert shared.output != numbers
    shared.page.wait_for_selector("iframe.waiting", state="detached")
    assert shared.picture().content() != before
    shared.run("print('no knob')")
    assert not shared.page.locator("#knobs").is_visible()


def test_an_exercise_is_failed_and_explained(shared):
    """What comes back says what is wrong, by numbers; the right answer passes; a law of the testing
    kit, which needs Hypothesis, is there too."""
    shared.run('from rnn.lessons import check\ncheck("chain_rule.1")')
    assert shared.page.locator("#output math").count() >= 2
    shared.run('from rnn.lessons import check\ncheck("chain_rule.1", 1.0)')
    (told,) = shared.texts("#output .markdown.wrong")
    assert re.search(r"chain_rule\.1 .*is not 1: it is smaller, by 0\.\d+", told)
    shared.run("import numpy as np\nfrom rnn.lessons import check\n"
               'check("chain_rule.1", (1 - np.tanh(0.3) ** 2) * 0.5)')
    assert len(shared.texts("#output .markdown.right")) == 1
    shared.run("import rnn\nfrom rnn.testing import check_cell\n"
               "check_cell(rnn.RNNCell)\nprint('ok')")
    assert "ok" in shared.output


def test_an_error_is_told_as_the_engine_writes_it(shared):
    """The program's own lines and the message; the line is marked in the program."""
    shared.run("import minigrad as mg\nx = mg.tensor([1.0, 2.0])\n\nx @ mg.tensor([1.0])\n")
    (told,) = shared.texts("#output .error")
    assert "Line 4" in told
    assert "matmul" in told
    assert "site-packages" not in told
    assert shared.texts(".numbers .wrong") == ["4"]


def test_a_long_graph_does_not_end_python(shared):
    """20,000 ops in a row are freed, though the stack of a browser is small."""
    shared.run("import numpy as np\nimport minigrad as mg\nx = mg.tensor(1.0, requires_grad=True)\n"
               "for _ in range(20000): x = np.tanh(x)\ndel x\nprint('freed')")
    assert shared.output.strip() == "freed"


def test_the_editor_indents(shared):
    """Enter keeps the indentation, Tab adds to it, Shift+Tab takes it back; Ctrl+Enter runs."""
    shared.put("")
    shared.page.focus("textarea")
    shared.page.keyboard.type("if 2 > 1:\nx = 3\nprint(x)")
    assert shared.source == "if 2 > 1:\n    x = 3\n    print(x)"
    shared.page.keyboard.press("Shift+Tab")
    assert shared.source.endswith("\nprint(x)")
    shared.page.keyboard.press("Control+/")
    assert shared.source.endswith("\n# print(x)")
    shared.page.keyboard.press("Control+/")
    shared.page.keyboard.press("Control+Enter")
    shared.ready()
    assert shared.output.strip() == "3"


def test_a_link_restores_the_program(browser, site, shared):
    """Copied here, opened elsewhere: the same program, its knob where it stood, and nothing runs
    by itself. Python's links and the page's are the same."""
    source = 'from rnn.lessons import knob\n# ‖G‖ → ∞\nprint(knob("scale", 0, 2))\n'
    shared.run(source).turn("scale", 1.5)
    shared.page.click("#link")
    shared.page.wait_for_url("**#code=*")
    link = shared.page.url.removeprefix(site[0])
    assert read(link) == (source, {"scale": 1.5})
    with visited(browser, site[0], fragment(source, {"scale": 1.5})) as visit:
        visit.ready()
        assert visit.source == source
        assert visit.output == ""
        visit.run()
        assert visit.output.strip() == "1.5"


def test_a_damaged_link_is_told(shared):
    """It says so, and what is there stays."""
    shared.put("kept")
    shared.page.evaluate("location.hash = '#code=AAAA'")
    shared.page.wait_for_selector("#output .error")
    assert "no program that can be read" in shared.output
    assert shared.source == "kept"


def test_stop_ends_a_run(shared):
    """An endless program ends; Python starts anew, and runs the next."""
    shared.put(LOOP)
    shared.page.click("#run")
    shared.page.wait_for_selector("#output >> text=begun")
    assert shared.page.is_disabled("#run")
    shared.page.click("#stop")
    shared.ready()
    assert "Stopped. Python starts anew." in shared.output
    assert shared.run("1 + 1").output.strip() == "2"


def test_where_the_page_is_isolated_a_run_is_interrupted(browser):
    """By two headers of the host: Stop is Ctrl-C, and Python stays."""
    with served(built(), isolated=True) as (address, sent), visited(browser, address) as visit:
        visit.ready().put(LOOP)
        visit.page.click("#run")
        visit.page.wait_for_selector("#output >> text=begun")
        sent.clear()
        visit.page.click("#stop")
        visit.ready()
        assert "Stopped in line" in visit.output
        assert sent == []
        visit.open("2_first_gradient").run()
        assert visit.picture().locator("svg").count() >= 1


def test_python_that_gave_up_starts_anew(shared):
    """A program that ends the interpreter, as a million objects in each other do when they are
    freed: the page says so, and the next program runs."""
    shared.run("class Link: pass\nlast = None\nfor _ in range(10**6):\n"
               "    link = Link()\n    link.last = last\n    last = link\ndel last, link")
    assert "Python gave up in this program" in shared.output
    assert "Maximum call stack size exceeded" in "".join(shared.wrong)    # Pyodide's own report
    shared.wrong.clear()
    assert shared.run("1 + 1").output.strip() == "2"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(browser, site, scheme):
    """On 360 pixels nothing is wider than the screen, and the paper is light or dark as asked."""
    with visited(browser, site[0], viewport={"width": 360, "height": 740},
                 color_scheme=scheme) as visit:
        assert visit.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        paper = visit.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert (int(re.findall(r"\d+", paper)[0]) > 128) == (scheme == "light")
        visit.page.click("#theme")
        assert visit.page.evaluate("() => getComputedStyle(document.body).backgroundColor") != paper


def test_without_webassembly_it_can_be_read(browser, site):
    """It says so; the program is there, and nothing can be run."""
    with visited(browser, site[0], script="delete globalThis.WebAssembly") as visit:
        visit.page.wait_for_selector("#status.alarm")
        assert "no WebAssembly" in visit.said
        assert "knob(" in visit.source
        assert visit.page.is_disabled("#run")


def test_opened_from_its_file_it_says_what_to_do(browser):
    """Browsers start no workers from files."""
    page = browser.new_context().new_page()
    page.goto((built() / "index.html").as_uri())
    assert "python -m http.server" in page.inner_text("#said")
    page.context.close()
