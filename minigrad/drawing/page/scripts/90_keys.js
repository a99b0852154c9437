"use strict";
// The keyboard: everything that a pointer can do.

const KEYS = [
  ["← → ↑ ↓", "go to the neighbour; Shift moves the picture"], ["Enter", "choose it"], ["/", "search; Enter for the next hit"],
  ["+  −", "zoom"], ["0", "show all"], ["Space", "play or pause"], [",  .", "one op back or on"], ["Home  End", "the first or last moment"],
  ["b", "backward arrows"], ["d", "light or dark"], ["Esc", "leave what is open"], ["?", "this list"],
];

find("help").append(
  make("h2", {}, "Keys"),
  make("table", {}, KEYS.map(([keys, what]) => make("tr", {}, make("td", {}, keys.split("  ").map((key) => [make("kbd", {}, key), " "])), make("td", {}, what)))),
  make("p", { class: "note" }, "Drag to move, wheel or two fingers to zoom. No network, no server: the page is this one file."),
  make("form", { method: "dialog" }, make("button", {}, "Close")),
);
find("help-button").addEventListener("click", () => find("help").showModal());

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** What has the focus in the picture, else what is chosen, else the first thing. */
const here = () => [document.activeElement?.closest?.("#stage g")?.id, chosen, selectable[0]].find((id) => selectable.includes(id));

const DO = {
  "/": () => search.focus(), "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: fit,
  " ": () => frames.length && toggle(), ".": () => step(1), ",": () => step(-1), Home: () => step(-Infinity), End: () => step(Infinity),
  b: () => find("backward").click(), d: () => find("theme").click(), "?": () => find("help").showModal(), Enter: () => here() && select(here()),
  Escape: () => (playing() ? leave() : select(null)),
};

document.addEventListener("keydown", (event) => {
  const target = event.target, typing = target.matches("input, select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || typing || find("help").open) return;
  if (target.matches("button, [role=tab], tr, .op") && [" ", "Enter"].includes(event.key)) return;
  const arrow = ARROWS[event.key];
  if (arrow) {
    if (event.shiftKey) pan(60 * arrow[0], 60 * arrow[1]);
    else {
      const next = here() && neighbour(here(), ...arrow);
      if (next) { reveal(next); focusOn(next); say(find(next).getAttribute("aria-label")); }
    }
  } else if (DO[event.key]) DO[event.key]();
  else return;
  event.preventDefault();
});
