"""The page that shows slides: one at a time on a screen, one a page on paper."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .mathml import STYLE

__all__ = ["deck_html"]

# Everything is measured in rem: a slide is 46 wide and 26 high, on any screen and in print.
# Black on white, because projectors wash out what is not.
_STYLE = """
@page { size: 1288px 728px; margin: 0 }
* { box-sizing: border-box }
html { font-size: min(calc(100vw / 46), calc(100vh / 26)); background: #fff }
body { margin: 0; color: #111; font-family: Helvetica, Arial, "Liberation Sans", sans-serif }
section { width: 46rem; height: 26rem; margin: 0 auto; padding: 1.4rem 2.2rem 1.6rem;
          display: flex; flex-direction: column; overflow: hidden; line-height: 1.35;
          position: relative; break-after: page; break-inside: avoid }
section > * { flex: none; margin: 0 0 .55rem }
section > :is(figure, .row) { flex: 1 1 0; min-height: 0 }
h1 { font-size: 2.1rem } section.title { justify-content: center }
h2 { font-size: 1.45rem } h3 { font-size: 1.1rem }
ul, ol { padding-left: 1.3rem } li { margin-bottom: .3rem }
table { border-collapse: collapse } th, td { border: 1px solid #888; padding: .2rem .6rem }
th { background: #f0f0f0; font-weight: normal }
pre { background: #f4f4f4; padding: .5rem .8rem; border-radius: .3rem; font-size: .72rem;
      line-height: 1.35; overflow: hidden }
code { font-family: ui-monospace, Consolas, "Liberation Mono", monospace }
:not(pre) > code { font-size: .88em }
figure { margin: 0; display: flex; justify-content: center; min-width: 0 }
figure img { width: 100%; height: 100%; object-fit: contain }
.row { display: flex; gap: 1rem } .row.tall { flex-direction: column }
.row > figure { flex: 1 1 0; min-height: 0 }
.shown { flex: 1 1 0; min-height: 0; overflow: hidden }
.shown > .minigrad-text { columns: 2; max-width: none; padding: 0; font-size: .62rem; height: 100% }
figure iframe { width: 100% !important; height: 100% !important }
blockquote { display: none }
.number { position: absolute; right: 1.2rem; bottom: .6rem; font-size: .6rem; color: #666 }
@media screen {
  .moving .still { display: none }
  .live section { display: none } .live section.on { display: flex }
  .notes blockquote { display: block; position: absolute; left: 2rem; right: 2rem; bottom: 1.6rem;
    margin: 0; padding: .5rem .9rem; background: #fff7d6; border-left: .3rem solid #c90;
    font-size: .72rem } .notes blockquote p { margin: 0 }
}
@media print { html { font-size: 28px } iframe { display: none } }
"""

_SCRIPT = """
const slides = [...document.querySelectorAll("section")];
let here = 0;
function show(number) {
  here = Math.max(0, Math.min(slides.length - 1, number));
  slides.forEach((slide, k) => slide.classList.toggle("on", k === here));
  history.replaceState(null, "", "#" + (here + 1));
}
const turns = { ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1 };
addEventListener("keydown", (event) => {
  if (event.key in turns) { event.preventDefault(); show(here + turns[event.key]); }
  else if (event.key === "Home") show(0);
  else if (event.key === "End") show(slides.length - 1);
  else if (event.key === "n") document.body.classList.toggle("notes");
  else if (event.key === "f") document.documentElement.requestFullscreen();
});
addEventListener("click", (event) => {
  if (event.target.closest("a, figure.moving")) return;
  show(here + (event.clientX < innerWidth / 4 ? -1 : 1));
});
addEventListener("hashchange", () => show(parseInt(location.hash.slice(1)) - 1));
document.body.classList.add("live");
show((parseInt(location.hash.slice(1)) || 1) - 1);
"""


def deck_html(title: str, slides: Sequence[str]) -> str:
    """Slides as one HTML file, which asks nothing of any network.

    title: of the window. slides: the HTML of each. Without scripts they stand one below another.

    >>> page = deck_html("Two", ["<h1>Two</h1>", "<h2>1 < 2</h2>"])
    >>> page.count("<section"), "http" in page
    (2, False)
    """
    sections = "\n".join(
        f'<section{" class=title" if "<h1>" in slide else ""}>{slide}'
        f'<div class="number">{number}</div></section>'
        for number, slide in enumerate(slides, start=1)
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f'<style>{STYLE}{_STYLE}</style></head>\n<body class="deck">\n{sections}\n'
        f"<script>{_SCRIPT}</script>\n</body></html>\n"
    )
