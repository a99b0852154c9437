"use strict";
// Pan and zoom: which part of the picture is seen. (x, y) is its top left corner in the picture's
// own units, `scale` how many pixels of the screen a unit has.

const stage = find("stage"), picture = stage.querySelector("svg");
picture.setAttribute("role", "group"); // what is in it can be reached, one by one
const whole = { width: data.width, height: data.height };
const view = { x: 0, y: 0, scale: 0 };

function show() {
  const [width, height] = [stage.clientWidth / view.scale, stage.clientHeight / view.scale];
  picture.setAttribute("viewBox", `${view.x} ${view.y} ${width} ${height}`);
}

/** Where a point of the screen is in the picture. */
function placeOf(event) {
  const box = stage.getBoundingClientRect();
  return { x: view.x + (event.clientX - box.left) / view.scale, y: view.y + (event.clientY - box.top) / view.scale };
}

/** What is in the middle of the stage, if that is so many pixels wide and high. */
function middle(width = stage.clientWidth, height = stage.clientHeight) {
  return { x: view.x + width / 2 / view.scale, y: view.y + height / 2 / view.scale };
}

/** Show the picture at a scale, with the point `at` in the middle. */
function look(scale, at) {
  view.scale = scale;
  view.x = at.x - stage.clientWidth / 2 / scale;
  view.y = at.y - stage.clientHeight / 2 / scale;
  show();
}

/** Zoom by a factor; the point `at` stays where it is. */
function zoom(factor, at = middle()) {
  const scale = Math.min(Math.max(view.scale * factor, 0.05), 8), f = scale / view.scale;
  view.x = at.x - (at.x - view.x) / f;
  view.y = at.y - (at.y - view.y) / f;
  view.scale = scale;
  show();
}

/** Move the window over the picture by so many pixels. */
function pan(dx, dy) {
  view.x += dx / view.scale;
  view.y += dy / view.scale;
  show();
}

/** The scale at which the whole picture is seen. */
const fitting = () => Math.min(stage.clientWidth / (whole.width + 16), stage.clientHeight / (whole.height + 16), 2.5);

function fit() {
  look(fitting(), { x: whole.width / 2, y: whole.height / 2 });
}

/** The first view: at the scale that was asked for; else all of the picture, or where its words
 *  would be too small, its left end around the first box. */
function open() {
  const asked = data.scale && (data.scale * 96) / 72, readable = 0.72;
  if (!asked && fitting() > 0.8 * readable) return fit();
  const scale = asked || readable, first = Object.values(marks).find(({ kind }) => ["cell", "step", "scalar", "op"].includes(kind));
  const high = whole.height * scale < stage.clientHeight || !first;
  look(scale, { x: whole.width / 2, y: high ? whole.height / 2 : first.y });
  if (whole.width * scale > stage.clientWidth) view.x = -8;
  show();
}

/** Whether the middle of a box is in view. */
function seen({ x, y }) {
  const [across, down] = [(x - view.x) * view.scale, (y - view.y) * view.scale];
  return across > 40 && across < stage.clientWidth - 40 && down > 24 && down < stage.clientHeight - 24;
}

/** Bring a box, or the box that a tap leads to, into view if it is not. */
function reveal(id) {
  const mark = marks[id] || marks[paths[id].head];
  if (mark?.x !== undefined && (!seen(mark) || view.scale < 0.4)) look(Math.max(view.scale, 0.8), mark);
}

stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX, 0);
  else zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), placeOf(event));
}, { passive: false });

// One pointer moves the picture, two zoom it.
const pointers = new Map();
let dragged = false; // whether the pointer has moved, so that its release is no click

stage.addEventListener("pointerdown", (event) => {
  pointers.set(event.pointerId, event);
  dragged = false;
});

stage.addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
  if (!dragged && Math.hypot(dx, dy) < 4) return;
  if (!dragged) stage.setPointerCapture(event.pointerId);
  dragged = true;
  if (pointers.size === 1) pan(-dx, -dy);
  else {
    const other = [...pointers.values()].find((p) => p.pointerId !== event.pointerId);
    const apart = (p) => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY);
    zoom(apart(event) / (apart(before) || 1), placeOf(other));
  }
  pointers.set(event.pointerId, event);
});

for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
  stage.addEventListener(name, (event) => pointers.delete(event.pointerId));
}

find("zoom-in").addEventListener("click", () => zoom(1.25));
find("zoom-out").addEventListener("click", () => zoom(0.8));
find("fit").addEventListener("click", fit);

// A stage of another size shows the same middle at the same scale.
let size = null;
new ResizeObserver(() => {
  if (size) look(view.scale, middle(...size));
  else if (stage.clientWidth && stage.clientHeight) open();
  if (view.scale) size = [stage.clientWidth, stage.clientHeight];
}).observe(stage);
