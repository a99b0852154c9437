"use strict";
// Numbers as the pictures write them, and arrays as the page carries them.

/** Three significant digits: 0.200, 0, 3.2e-7, 1234. */
function number(value) {
  const x = Number(value), size = Math.abs(x);
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  const text = size >= 1e-3 && size < 1e3 ? x.toPrecision(3)
    : size >= 1e3 && size < 1e5 ? x.toFixed(0) : x.toExponential(1);
  return text.replace(/\.$/, "").replace("-", "−").replace("e−", "e-").replace("e+", "e");
}

const percent = (part) => (Number.isFinite(part) ? `${(100 * part).toFixed(1).replace("-", "−")} %` : "·");

/** The 16-bit integers of a packed array as numbers; the lowest integer is NaN. */
function decoded({ scale, data }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 2 }, (_, k) => {
    const q = view.getInt16(2 * k, true);
    return q === -32768 ? NaN : (q / 32767) * Number(scale);
  });
}

/** The entries of an array, or null where the page has only its norms. */
function entries(array) {
  if (array.values) return array.values.map(Number);
  return array.data === undefined ? null : decoded(array);
}

/** An array in a few words: its number, its few numbers, or its norm. */
function brief(array) {
  if (!array || array.norm === undefined) return "";
  if (array.values && array.values.length === 1) return number(array.values[0]);
  if (array.values && array.values.length <= 3) return `[${array.values.map(number).join(", ")}]`;
  return `norm ${number(array.norm)}`;
}

const shapeText = (shape) =>
  !shape || shape.length === 0 ? "one number" : shape.some(Array.isArray) ? "several arrays" : shape.join(" × ");
