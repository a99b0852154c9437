"""What ``draw`` is asked for, as a page shows it: colours, sizes, names, backward arrows, audit."""

import pytest

import minigrad as mg
from minigrad.drawing.render.themes import THEMES
from tests.rnn.bptt.audits.test_picture import AUDITS
from tests.support.pages import watched
from tests.support.pictures import caption, elman, lstm

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(browser, tmp_path):
    """Opens the page of a picture."""
    def opened(drawing, **options):
        return watched(browser, drawing.save(tmp_path / "page.html"), **options)
    return opened


def rgb(color):
    return "rgb({}, {}, {})".format(*(int(color[k : k + 2], 16) for k in (1, 3, 5)))


OWN = {"paper": "#fff8e0", "fills": {"cell": ("#ddeeff", "#001122")}}


@pytest.mark.parametrize(
    ("theme", "scheme", "opens"),
    [("dark", "light", "dark"), ("print", "dark", "light"), (OWN, "dark", "light"),
     ("light", "dark", "dark")],
    ids=["dark", "print", "own", "light"],
)
def test_theme(opened, theme, scheme, opens):
    """A theme that was asked for is what a page opens in, whatever the system has; the button leads
    to the other scheme, in which the picture has the colours of that, and back."""
    drawing = mg.draw(elman(2), theme=theme, highlight="W_hh")
    with opened(drawing, scheme=scheme) as page:
        for shown in (opens, "dark" if opens == "light" else "light", opens):
            assert page.page.evaluate("document.documentElement.dataset.theme") == shown
            asked = theme in ("dark", "print") or theme is OWN
            found = theme if asked and shown == opens else shown
            still = mg.draw(elman(2), theme=found, highlight="W_hh").scene
            assert page.style("#stage", "backgroundColor") == rgb(still.background)
            for kind in ("cell", "weight"):
                mark = next(m for m in still.marks if m.kind == kind)
                box = f"#{still.slugs[mark.id]} > rect"
                assert page.style(box, "fill") == rgb(mark.fill)
                assert page.style(box, "stroke") == rgb(mark.line or mark.fill)
            page.one("#theme").click()


def test_background(opened):
    """The ground that was asked for is behind the picture; with none it is that of the page."""
    with opened(mg.draw(elman(1), background="#fed")) as page:
        assert page.style("#stage", "backgroundColor") == rgb("#ffeedd")
    with opened(mg.draw(elman(1), background="transparent")) as page:
        assert page.style("#stage", "backgroundColor") == "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("options", [{"scale": 2}, {"width": 900}, {"size": (4000, 300)}])
def test_size(opened, options):
    """A page opens as large as was asked for; from there everything can be seen."""
    with opened(mg.draw(lstm(8), **options)) as page:
        wide, high = page.data["width"] * 96 / 72, page.data["height"] * 96 / 72
        factor = {"scale": 2, "width": 900 / wide, "size": 300 / high}[next(iter(options))]
        box = page.one("#stage > svg > title + .paper").bounding_box()
        assert (box["width"], box["height"]) == pytest.approx((factor * wide, factor * high))
        assert page.one("#stage g.cell").first.bounding_box()["x"] > 0
        page.one("#fit").click()
        assert page.view()[2] >= page.data["width"]


def test_labels(opened):
    """Weights, scopes and ops are called as asked in the picture, the panel and the search, and
    found by their own names too."""
    drawing = mg.draw(elman(2), labels={"W_hh": "recurrent", "rnn": "cell", "tanh": "squash"})
    with opened(drawing) as page:
        page.one("#search").fill("recurrent t=2")
        assert page.texts("#details h2") == ["recurrent in cell at t = 2"]
        page.one("#search").fill("W_hh")
        assert page.texts("#details h2") == ["recurrent"]
        page.one("#search").press("Escape")
        page.one(f"#{page.box('rnn', 2)}").click()
        assert page.texts("#details h2") == ["cell at t = 2"]
        assert any(word.startswith("squash") for word in page.texts(".opened text"))


def test_backward_arrows(opened):
    """They are there where asked for, else by the button and its key."""
    for asked in (False, True):
        with opened(mg.draw(elman(3), backward=asked)) as page:
            there = page.one("#stage .cotangent")
            assert there.count() > 10
            assert there.first.is_visible() is asked
            page.one("#backward").click()
            assert there.first.is_visible() is not asked
            assert page.one("#backward").get_attribute("aria-pressed") == str(not asked).lower()
            page.page.keyboard.press("b")
            assert there.first.is_visible() is asked


def test_cotangents_flow_newest_first(opened):
    """In the backward sweep the arrows come one after the other, from the loss to the first step;
    the panel shows the box that runs, opened, with the op that runs marked."""
    with opened(mg.draw(elman(3))) as page:
        states = {path["step"]: key for key, path in page.data["paths"].items()
                  if path["kind"] == "cotangent" and path.get("name") == "h"
                  and "state" in path["along"]}
        came, half = {}, int(page.one("#scrub").get_attribute("max")) // 2
        assert set(states) == {1, 2}
        for at in range(1, 2 * half + 1):
            page.slide("#scrub", at)
            for step, arrow in states.items():
                if step not in came and page.one(f"#{arrow}").is_visible():
                    came[step] = at
            running = page.page.evaluate("titleOf(nodes[frames[moment].call].mark)")
            assert page.texts("#details h2") == [running]
            assert page.one("#details .opened .op.now, #details h2").count() in (1, 2)
        assert half < came[2] < came[1]
        page.shot("flows")
        page.page.keyboard.press("Escape")
        assert page.one("#stage .cotangent").first.is_hidden()
        assert page.texts("#details h2") == ["This picture"]


def test_what_runs_is_in_view(opened):
    """On a phone too, wherever the picture was: the box that runs is on the stage."""
    with opened(mg.draw(lstm(6)), size="phone") as page:
        stage = page.one("#stage").bounding_box()
        for at in (3, 150, 10_000):
            page.slide("#scrub", at)
            box = page.one("#stage .mark.running").bounding_box()
            assert stage["x"] < box["x"] + box["width"] / 2 < stage["x"] + stage["width"]
            assert stage["y"] < box["y"] + box["height"] / 2 < stage["y"] + stage["height"]


def test_one_loss_lights_up_what_it_is_computed_from(opened):
    """The boxes and wires before the loss of a chosen step are seen, those after it are faint."""
    with opened(mg.draw(elman(4)), motion="reduce") as page:  # nothing fades in
        page.one("#tab-times").click()
        page.one("#loss-step").select_option(label="step 2")
        for t in range(1, 5):
            lit = t <= 2
            assert (page.style(f"#{page.box('rnn', t)}", "opacity") == "1") is lit
            assert (page.style(f"#{page.box('loss', t)}", "opacity") == "1") is (t == 2)
        assert page.one("#stage .lost").count() == 0
        page.slide("#reach", 2)
        assert page.style(f"#{page.box('rnn', 4)}", "opacity") == "1"
        page.one("#times button").click()
        assert page.one("#stage .lit").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["cell", "steps"])
def test_an_audit(opened, view, scheme):
    """What is wrong is red, the sentence that explains it stands in the panel, and each wrong tap
    or edge can be chosen, by pointer and keyboard, and says the same."""
    drawing = AUDITS["A1"]().draw(view=view)
    with opened(drawing, scheme=scheme) as page:
        wrong = [key for key, path in page.data["paths"].items() if path.get("wrong")]
        assert len(wrong) == (1 if view == "cell" else 3)
        for own in wrong:
            color = THEMES[scheme].wrong
            assert page.style(f"#{own} > .line", "stroke") == rgb(color)
        (said,) = page.texts("#details .warning")
        assert "was taken for" in said
        assert said.split(" ")[0].startswith("∂L/∂W")
        assert said.split(":")[1][:12].strip("_{} ")[:1] in caption(drawing)
        assert page.one("#details .weights").first.locator("button").count() == len(wrong)
        page.one(f"#{wrong[0]} .reach").click(force=True)
        assert page.chosen() == {wrong[0]}
        assert page.texts("#details .warning") == [said]
        assert page.one("#details .rule.now").count() == 1
        page.page.keyboard.press("Escape")
        page.one("#details .weights button").first.press("Enter")
        assert page.chosen() == {wrong[0]}
        page.shot(f"audit-{view}-{scheme}")
