"use strict";
// What is pointed at, chosen, and has the focus.

let chosen = null;

/** A class on an element of the picture, and on it alone. */
function only(name, ids) {
  picture.querySelectorAll(`.${name}`).forEach((one) => one.classList.remove(name));
  ids.forEach((id) => find(id)?.classList.add(name));
}

/** A weight with its buses and taps; of anything else the thing itself. */
function together(id) {
  const weight = weightOf(id);
  if (!weight || isTap(id)) return [id];
  return [weight, ...Object.keys(paths).filter((path) => weightOf(path) === weight)];
}

/** Choose something: the panel shows it. null for nothing. */
function select(id) {
  chosen = id;
  only("chosen", id == null ? [] : together(id));
  picture.classList.toggle("choosing", id != null && weightOf(id) != null);
  openTab("details");
  showDetails(id);
  if (id == null) return;
  reveal(id);
  focusOn(id);
  say(details.textContent.slice(0, 300));
}

/** Point at something, without choosing it; null to leave. */
function hover(id) {
  only("pointed", id == null ? [] : together(id));
  showDetails(id ?? chosen);
}

const isKnown = (id) => id && (isBox(id) || weightOf(id) || isTap(id) || isWrong(id));

/** What of the picture an event is on. */
function under(event) {
  const group = event.target.closest?.("g.mark, g.path");
  return group && isKnown(group.id) ? group.id : null;
}

let pointed = null;
picture.addEventListener("pointerover", (event) => {
  const id = event.pointerType === "touch" || pointers.size || playing() ? null : under(event);
  const next = id && weightOf(id) && !isTap(id) ? id : null; // only buses open by pointing
  if (id !== pointed) only("pointed", id == null ? [] : together(id));
  if (next !== null || (pointed !== null && weightOf(pointed) && !isTap(pointed))) showDetails(next ?? chosen);
  pointed = id;
});

picture.addEventListener("pointerleave", () => {
  if (pointed !== null) hover(null);
  pointed = null;
});

stage.addEventListener("click", (event) => {
  if (!dragged) select(under(event));
});

// Taps and wires are thin: a wide unseen line below each takes the pointer.
for (const id of Object.keys(paths)) {
  const line = find(id)?.querySelector("path");
  if (!line || !isKnown(id)) continue;
  const wide = line.cloneNode(false);
  wide.setAttribute("class", "reach");
  wide.removeAttribute("stroke-dasharray");
  line.before(wide);
}

// One of the selectable things is in the order of the Tab key; arrows go to its neighbours.
for (const id of selectable) {
  const group = find(id);
  group.setAttribute("role", "button");
  group.setAttribute("tabindex", "-1");
  group.setAttribute("aria-label", [titleOf(id), isTap(id) && paths[id].norm !== undefined ? `norm ${number(paths[id].norm)}` : ""].filter(Boolean).join(", "));
}
if (selectable.length) find(selectable[0]).setAttribute("tabindex", "0");

function focusOn(id) {
  if (!selectable.includes(id)) return;
  picture.querySelectorAll('[tabindex="0"]').forEach((one) => one.setAttribute("tabindex", "-1"));
  find(id).setAttribute("tabindex", "0");
  find(id).focus({ preventScroll: true });
}

/** Where something is: a tap is between its bus and its box. */
function middleOf(id) {
  const box = find(id).getBoundingClientRect();
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** The nearest thing in a direction; what lies aside counts three times as far. */
function neighbour(id, dx, dy) {
  const from = middleOf(id);
  let best = null, least = Infinity;
  for (const other of selectable) {
    if (other === id) continue;
    const to = middleOf(other);
    const ahead = (to.x - from.x) * dx + (to.y - from.y) * dy;
    const aside = Math.abs((to.x - from.x) * dy) + Math.abs((to.y - from.y) * dx);
    if (ahead > 1 && ahead + 3 * aside < least) [best, least] = [other, ahead + 3 * aside];
  }
  return best;
}
