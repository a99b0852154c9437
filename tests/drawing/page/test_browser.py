"""The page in a real browser: each question is asked as a reader would, and the answer is what the
page then shows. `make test-browser` installs what this needs; pictures go to out/pages/."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.drawing.render.themes import THEMES
from minigrad.observe.contributions import contributions
from tests.drawing.test_models import MODELS as ALL
from tests.support.pages import watched
from tests.support.pictures import elman, gru, lstm, parameter, weights

pytestmark = pytest.mark.browser

MODELS = {"elman": elman, "lstm": lstm, "gru": gru}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The file of each model's page."""
    folder = tmp_path_factory.mktemp("pages")
    return {name: mg.draw(make(4), title=name).save(folder / f"{name}.html")
            for name, make in MODELS.items()}


@pytest.fixture
def page(browser, files):
    with watched(browser, files["elman"]) as opened:
        yield opened


def terms(loss, name):
    """G_t by step, and their sum, of a weight."""
    uses = contributions(loss, [weights(loss)[name]])[0]
    return {use.t: use.value for use in uses}, sum(use.value for use in uses)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["slide", "phone"])
@pytest.mark.parametrize("name", MODELS)
def test_opens_from_a_file(browser, files, name, size, scheme):
    """No errors and no requests; all of the picture is there, and nothing is wider than the screen;
    the colours are those of the scheme that the system asks for."""
    with watched(browser, files[name], size, scheme) as page:
        page.shot(f"{name}-{size}-{scheme}")
        assert page.one("#stage g.cell").count() == 4
        assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        ground = page.style("body", "backgroundColor")
        light = sum(map(int, ground[4:-1].split(","))) > 3 * 128
        assert light is (scheme == "light")
        page.one("#theme").click()
        assert page.style("body", "backgroundColor") != ground


def test_dark_is_the_dark_theme(browser, files):
    """In the dark a picture has the colours of ``theme="dark"``, words and wires too."""
    with watched(browser, files["lstm"], scheme="dark") as page:
        theme = THEMES["dark"]
        for selector, name, color in (
            (".cell > rect", "fill", theme.fills["cell"][0]),
            (".cell > rect", "stroke", theme.fills["cell"][1]), (".cell text", "fill", theme.ink),
            (".weight text", "fill", theme.weight_ink), (".state > .line", "stroke", theme.state),
        ):
            red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
            assert page.style(f"#stage {selector}", name) == f"rgb({red}, {green}, {blue})"
        page.one("#stage .weight > rect").first.click()
        assert page.style("#stage .weight.chosen > rect", "stroke") == "rgb(127, 176, 255)"


def test_of_fifty_steps(browser, tmp_path):
    """An LSTM of 50 steps is a page of less than 1.5 MB; it opens, and its boxes can be read."""
    cell = rnn.LSTMCell(3, 32, dtype=float, rng=0)
    xs = np.random.default_rng(0).normal(size=(50, 8, 3))
    file = mg.draw((rnn.unroll(cell, xs)[0] ** 2).mean()).save(tmp_path / "long.html")
    assert file.stat().st_size < 1_500_000
    with watched(browser, file) as page:
        assert page.one("#stage g.cell").count() == 50
        assert page.one("#stage g.cell text").first.bounding_box()["height"] > 7
        page.one("#search").fill("t=40 W_hh")
        assert page.texts("#found") == ["1 of 1"]
        assert page.one("#details .heat").count() >= 2
        page.shot("fifty")


@pytest.mark.parametrize("name", ALL)
def test_every_model_is_a_page(browser, tmp_path, name):
    """Whatever the graph, everything can be chosen, and each panel and moment shown."""
    file = mg.draw(ALL[name]()).save(tmp_path / "page.html")
    with watched(browser, file) as page:
        said = page.texts("#details .warning") + page.texts("#details .absent")
        assert page.data["replay"] or said  # where there are no knobs the page says why
        for own in page.page.evaluate("selectable.slice(0, 30)"):
            page.page.evaluate("(own) => select(own)", own)
        for tab in page.page.locator("#tabs button").all():
            if tab.is_visible():
                tab.click()
        page.slide("#scrub", 7)
        page.slide("#scrub", 10_000)
        page.page.keyboard.press("Escape")
        assert bool(page.data["replay"]) is bool(page.one("#tab-knobs").count())


def test_pan_and_zoom(page):
    """The wheel zooms around the pointer, dragging moves, buttons and keys do the same."""
    x, y, width, height = page.view()
    stage = page.one("#stage").bounding_box()
    page.page.mouse.move(stage["x"] + stage["width"] / 4, stage["y"] + stage["height"] / 2)
    page.page.mouse.wheel(0, -300)
    page.page.wait_for_function(f"() => view.scale > 1.2 * {stage['width'] / width}")
    x2, _, width2, _ = page.view()
    assert x2 + width2 / 4 == pytest.approx(x + width / 4)  # what is under the pointer stays
    page.page.mouse.down()
    page.page.mouse.move(stage["x"] + stage["width"] / 4 + 80, stage["y"] + stage["height"] / 2)
    page.page.mouse.up()
    assert page.view()[0] == pytest.approx(x2 - 80 * width2 / stage["width"])
    assert not page.chosen()  # a drag is no click
    page.one("#fit").click()
    assert page.view() == pytest.approx([x, y, width, height])
    for key, factor in (("+", 0.8), ("0", 1), ("-", 1.25), ("0", 1)):
        page.page.keyboard.press(key)
        assert page.view()[2] == pytest.approx(factor * width)
    page.page.keyboard.press("Shift+ArrowRight")
    assert page.view()[0] > x
    page.page.set_viewport_size({"width": 1000, "height": 600})
    page.page.wait_for_function("() => picture.getBoundingClientRect().width === stage.clientWidth")


def test_search(page):
    """Words and steps find boxes, taps and weights; Enter goes on; what is found is shown."""
    page.page.keyboard.press("/")
    page.page.keyboard.type("W_hh t=3")
    tap = page.taps("W_hh")[3]
    assert page.texts("#found") == ["1 of 1"]
    assert page.chosen() == {tap}
    assert page.texts("#details h2") == ["W_hh in rnn at t = 3"]
    page.one("#search").fill("tanh")  # the boxes with this op inside
    assert page.texts("#found") == ["1 of 4"]
    page.one("#search").press("Enter")
    assert page.texts("#found") == ["2 of 4"]
    assert page.chosen() == {page.box("rnn", 2)}
    page.one("#search").fill("no such thing")
    assert page.texts("#found") == ["nothing found"]
    page.one("#search").press("Escape")
    assert page.one("#search").input_value() == ""


def test_keyboard_alone(page):
    """Arrows go to neighbours, Enter chooses, Escape leaves; each has a name for a screen reader,
    and what is chosen is said."""
    keyboard = page.page.keyboard
    page.one(f"#{page.box('rnn', 1)}").focus()
    keyboard.press("ArrowRight")
    focused = page.page.evaluate("document.activeElement.id")
    assert focused == page.box("rnn", 2)
    keyboard.press("Enter")
    assert page.chosen() == {focused}
    assert page.texts("#details h2") == ["rnn at t = 2"]
    assert "rnn at t = 2" in page.one("#speech").inner_text()
    keyboard.press("Escape")
    assert page.chosen() == set()
    keyboard.press("?")
    assert page.one("#help").is_visible()
    keyboard.press("Escape")
    assert not page.one("#help").is_visible()
    names = page.page.eval_on_selector_all(
        "#stage [role=button]", "all => all.map((one) => one.getAttribute('aria-label'))")
    assert all(names)
    assert "W_hh in rnn at t = 2, norm" in " ".join(names)
    unnamed = page.page.eval_on_selector_all(
        "button, input, select",
        "all => all.filter((e) => !(e.labels?.length || e.ariaLabel || e.innerText)).length")
    assert unnamed == 0


def test_point_at_a_bus(page):
    """Every tap's ‖G_t‖, share of the sum and cosine with it; they go when the pointer does."""
    page.one(f"#{page.box('W_hh')}").hover()
    found, total = terms(elman(4), "W_hh")
    assert page.one("#details .taps tbody tr").count() == 4
    for k, (t, value) in enumerate(found.items()):
        row = page.texts(f"#details .taps tbody tr:nth-child({k + 1}) > :not(.bars)")
        step, norm, share, cosine = (cell.replace("−", "-") for cell in row)
        assert int(step) == t
        assert float(norm) == pytest.approx(np.linalg.norm(value), rel=1e-2)
        inner = (value * total).sum()
        assert float(share.removesuffix(" %")) == pytest.approx(
            100 * inner / (total**2).sum(), abs=0.06)
        size = np.linalg.norm(value) * np.linalg.norm(total)
        assert cosine == "·" if size == 0 else float(cosine) == pytest.approx(inner / size, abs=.01)
    assert page.one("#stage .bus.pointed").count() == 1
    page.one("#about").hover()
    assert page.texts("#details h2") == ["This picture"]


def test_choose_a_tap(page):
    """The heat map of G_t, the rule that made it with its source line, ‖G_t‖ in words."""
    page.one(f"#{page.taps('W_hh')[3]} .reach").click(force=True)
    value = terms(elman(4), "W_hh")[0][3]
    cells = page.page.eval_on_selector_all(
        "#details .heat rect", "all => all.map((cell) => Number(cell.dataset.value))")
    assert np.reshape(cells, value.shape) == pytest.approx(value, abs=1e-4 * abs(value).max())
    assert page.texts("#details .formula") == ["matmul: x @ y"]
    assert "def _right(g" in page.texts("#details .rule.now code")[0]
    assert page.texts("#details .rule.now .where")[0].startswith("minigrad/ops/linear/products.py:")
    page.one("#details .heat rect").nth(1).hover()
    page.page.wait_for_selector("#details .reading:has-text('[0, 1] = ')")
    page.one("#details button").click()  # all taps of this weight
    assert page.texts("#details h2") == ["W_hh"]


def test_choose_a_box(page):
    """The ops inside, as many as the tape has; of one that is chosen the gradient and the rule."""
    page.one(f"#{page.box('rnn', 2)}").click()
    tape = [n for n in mg.Tape(elman(4)) if n.op and str(n.scope) == "rnn[t=2]"]
    assert page.texts(".opened .op title") == [n.op.name for n in tape[:-1]] + ["tanh → h"]
    assert {"W_xh", "W_hh", "b_h", "h (t = 1)"} >= set(page.texts(".opened .enters text"))
    page.one(".opened .op", ).filter(has_text="tanh").click()
    assert page.texts("#opened-op .formula") == ["tanh: tanh(x)"]
    assert "slope *= g" in page.texts("#opened-op code")[0]
    assert page.one("#opened-op .heat").count() == 2  # its value and its gradient
    last = next(own for own, m in page.data["marks"].items() if m.get("op") == "add"
                and m["kind"] in ("block", "scalar"))
    page.one(f"#{last}").click()
    value, gradient = page.texts("#details .value")
    assert float(value) == pytest.approx(elman(4).item(), rel=1e-2)
    assert gradient == "1.00"


def test_choose_on_a_phone(browser, files):
    """Everything is reached by touch as well: a tap of the finger chooses."""
    with watched(browser, files["lstm"], "phone") as page:
        page.one(f"#{page.box('W_hh')}").click()
        assert page.texts("#details h2") == ["W_hh"]
        page.one("#details .taps tbody tr").nth(2).click()
        assert page.texts("#details h2") == ["W_hh in lstm at t = 3"]
        page.shot("tap-phone")


def frame(page, sweep, text):
    """The number of the first moment of a sweep whose words hold a text."""
    count = int(page.one("#scrub").get_attribute("max"))
    for at in range(1, count + 1):
        page.slide("#scrub", at)
        words = page.texts("#running")[0]
        if words.startswith(sweep) and text in words:
            return at
    raise AssertionError(text)


def test_play_forward(page):
    """Values appear box by box, with the rule of the op that runs, at any place of the slider."""
    early, late = page.box("rnn", 1), page.box("rnn", 3)
    frame(page, "forward", "rnn at t = 1 · tanh")
    assert "tanh(x)" in page.texts("#running code")[0]
    assert page.style(f"#{early} .value", "visibility") == "visible"
    assert page.style(f"#{late} .value", "visibility") == "hidden"
    assert float(page.style(f"#{late}", "opacity")) < 0.5
    assert page.one("#stage .running").first.get_attribute("id") == early
    frame(page, "forward", "rnn at t = 3 · tanh")
    assert page.style(f"#{late} .value", "visibility") == "visible"
    page.shot("forward")
    page.one("#stop").click()
    assert page.one("#stage .playing").count() == 0


def test_play_backward(page):
    """The newest first, each weight's sum grows tap by tap until it is the gradient."""
    found, total = terms(elman(4), "W_hh")
    gauge = page.one(f'.grown[data-weight="{page.box("W_hh")}"]')
    taps, so_far = page.taps("W_hh"), 0
    for count, t in enumerate([4, 3, 2, 1], 1):
        at = frame(page, "backward", f"rnn at t = {t} · matmul")
        while int(gauge.get_attribute("data-taps")) < count:
            at += 1
            page.slide("#scrub", at)
        so_far = so_far + found[t]
        assert float(gauge.get_attribute("data-norm")) == pytest.approx(
            np.linalg.norm(so_far), rel=1e-4)
        assert "running" in page.one(f"#{taps[t]}").get_attribute("class")
        if t == 3:
            page.shot("backward")
    page.slide("#scrub", 10_000)
    assert float(gauge.get_attribute("data-norm")) == pytest.approx(np.linalg.norm(total), rel=1e-4)
    assert page.style(f"#{page.box('W_hh')} .gradient", "visibility") == "visible"
    assert "∂/∂" in page.texts("#running code")[0]


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_play_runs_and_pauses(browser, files, motion):
    """The button plays, and pauses; where less motion is wanted, a box at a time and slowly."""
    with watched(browser, files["elman"], motion=motion) as page:
        page.one("#play").click()
        assert page.one("#play").get_attribute("aria-label") == "Pause"
        start = int(page.one("#scrub").input_value())
        if motion == "reduce":
            assert page.style("#stage g.cell", "transitionDuration") == "0s"
            assert page.texts("#running strong")[0].endswith("tanh → h")  # the last op of the box
        else:
            page.page.wait_for_function(f"() => scrub.value > {start + 2}")
        page.page.keyboard.press("Space")
        assert page.one("#play").get_attribute("aria-label") == "Play"
        stopped = int(page.one("#scrub").input_value())
        page.page.keyboard.press(".")
        page.page.keyboard.press(",")
        assert int(page.one("#scrub").input_value()) == stopped
        page.page.keyboard.press("Escape")
        assert page.one("#stage .playing").count() == 0


def test_one_loss_alone(page):
    """A chosen loss step lights up its part of the taps, and no tap that is later than it."""
    page.one("#tab-times").click()
    page.one("#times-weight").select_option(label="W_hh")
    page.one("#loss-step").select_option(label="step 3")
    words = "The loss of step 3 alone: it reaches 2 of 4 uses of W_hh."
    assert page.texts("#times-words") == [words]
    numbers = {t: page.texts(f'#stage [data-tap="{tap}"] text')[0]
               for t, tap in page.taps("W_hh").items()}
    assert numbers[4] == "0"
    assert float(numbers[3]) > 0
    assert page.one(".heat .row.now").count() == 1
    page.shot("loss-step")
    page.one("#times .heat .row").nth(1).locator("rect").first.click()
    assert page.texts("#times-words")[0].startswith("The loss of step 2 alone")
    page.one("#times button").click()
    assert page.one("#stage.other, #stage > svg.other").count() == 0


def test_truncation(page):
    """With k2 steps each loss reaches the last k2 uses; the error is ‖G − G_k‖ / ‖G‖."""
    page.one("#tab-times").click()
    page.one("#times-weight").select_option(label="W_xh")
    page.slide("#reach", 1)
    leaves = {name: parameter(name, *shape).numpy() for name, shape in {
        "W_xh": (3, 4), "W_hh": (4, 4), "b_h": (4,), "W_hy": (4, 2)}.items()}
    h, cut, whole = np.zeros((2, 4)), 0, terms(elman(4), "W_xh")[1]
    for t in range(1, 5):  # by hand: the loss of each step through its own step alone
        x = np.full((2, 3), 0.1 * t)
        h = np.tanh(x @ leaves["W_xh"] + h @ leaves["W_hh"] + leaves["b_h"])
        cut = cut + x.T @ (2 * h @ leaves["W_hy"] @ leaves["W_hy"].T * (1 - h**2))
    error = np.linalg.norm(whole - cut) / np.linalg.norm(whole)
    found = page.one("#times-error").get_attribute("data-error")
    assert float(found) == pytest.approx(error, rel=1e-4)
    page.shot("truncation")
    page.slide("#reach", 4)
    assert page.one("#times-error").inner_text() == "0.0 %"


def test_knobs(browser, tmp_path):
    """The page runs the model itself: turned knobs show the loss and the taps that Python finds."""
    cell = rnn.ElmanCell(2, 3, dtype=float, rng=0)
    xs = np.random.default_rng(0).normal(size=(5, 2, 2))
    file = mg.draw((rnn.unroll(cell, xs)[0] ** 2).sum()).save(tmp_path / "knobs.html")

    def loss(steps):
        return (rnn.unroll(cell, xs[:steps])[0] ** 2).sum()

    with watched(browser, file) as page:
        def seen(selector, name):
            return float(page.one(selector).get_attribute(f"data-{name}"))

        page.one("#tab-knobs").click()
        assert seen("#knob-loss", "loss") == pytest.approx(loss(5).item(), rel=1e-9)
        page.slide("#knob-factor", 2.5)
        cell.W_hh.data = 2.5 * cell.W_hh.numpy()
        assert seen("#knob-loss", "loss") == pytest.approx(loss(5).item(), rel=1e-9)
        for use in mg.contributions(loss(5), [cell.W_hh])[0]:
            size = np.linalg.norm(use.value)
            assert seen(f'#knob-run [data-step="{use.t}"]', "norm") == pytest.approx(size, abs=1e-9)
            (word,) = page.texts(f'#stage [data-tap="{page.taps("W_hh")[use.t]}"] text')
            assert float(word) == pytest.approx(size, rel=1e-2)
        page.shot("knobs")
        page.slide("#knob-steps", 2)
        assert seen("#knob-loss", "loss") == pytest.approx(loss(3).item(), rel=1e-9)
        assert page.one("#knob-run tr").count() == 3
        page.slide("#knob-input", 0)
        xs[:] = 0
        assert seen("#knob-loss", "loss") == pytest.approx(loss(3).item(), rel=1e-9)
        page.one("#knobs button").click()
        assert page.texts("#knob-factor-is") == ["1.00"]
        assert page.one("#stage > svg.other").count() == 0
