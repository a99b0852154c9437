"use strict";
// A heat map of an array: blue below 0, orange above, pale near 0. Norms are only orange.

const shades = (value, most) => {
  if (!Number.isFinite(value)) return "var(--alarm)";
  const part = most > 0 ? Math.min(Math.abs(value) / most, 1) ** 0.8 : 0;
  return `color-mix(in oklab, var(${value < 0 ? "--negative" : "--positive"}) ${(100 * part).toFixed(1)}%, var(--zero))`;
};

/** Rows of numbers as a map, with what the pointer is on written below. `label(row, column)` names
 *  an entry; `onrow(row)` is called for a row that is chosen. */
function cells(rows, { label = (i, j) => `[${i}, ${j}]`, most, onrow } = {}) {
  const high = rows.length, wide = rows[0]?.length ?? 0;
  const largest = most ?? Math.max(...rows.flat().map(Math.abs).filter(Number.isFinite), 0);
  const side = Math.max(3, Math.min(22, 300 / wide));
  const shown = make("output", { class: "reading" }, " ");
  const map = draw("svg", {
    class: "heat", role: "img", viewBox: `0 0 ${wide * side} ${high * side}`, "data-rows": high, "data-columns": wide,
    width: wide * side, "aria-label": `heat map, ${high} × ${wide}, largest ${number(largest)}`,
  });
  rows.forEach((row, i) => {
    const line = draw("g", { class: "row", "data-row": i });
    row.forEach((value, j) => {
      line.append(draw("rect", {
        x: j * side, y: i * side, width: side + 0.3, height: side + 0.3, fill: shades(value, largest),
        "data-value": value, "data-column": j,
      }));
    });
    map.append(line);
  });
  const at = (event) => event.target.closest("rect");
  map.addEventListener("pointerover", (event) => {
    const cell = at(event);
    if (!cell) return;
    const i = Number(cell.parentNode.dataset.row);
    shown.textContent = `${label(i, Number(cell.dataset.column))} = ${number(cell.dataset.value)}`;
  });
  map.addEventListener("pointerleave", () => { shown.textContent = " "; });
  if (onrow) map.addEventListener("click", (event) => at(event) && onrow(Number(at(event).parentNode.dataset.row)));
  return make("div", { class: "map" }, map, shown);
}

/** An array of any number of axes as rows: the last axis runs to the right. */
function asRows(values, shape) {
  const wide = shape.length ? shape[shape.length - 1] : 1;
  return Array.from({ length: wide ? values.length / wide : 0 }, (_, i) => values.slice(i * wide, (i + 1) * wide));
}

/** What the page has of an array: its number, its map, or the norms of its rows and columns. */
function arrayView(array) {
  if (!array) return null;
  const values = entries(array);
  if (values && values.length === 1) return make("p", { class: "value" }, number(values[0]));
  const words = make("p", { class: "note" }, `${shapeText(array.shape)}${array.norm === undefined ? "" : `, norm ${number(array.norm)}`}`);
  if (values && values.length) return [words, cells(asRows(values, array.shape))];
  if (!array.rows) return words;
  return [
    words,
    make("p", { class: "note" }, "norm of each row"), cells([decoded(array.rows)], { label: (_, j) => `row ${j}` }),
    make("p", { class: "note" }, "norm of each column"), cells([decoded(array.columns)], { label: (_, j) => `column ${j}` }),
  ];
}
