"use strict";
// A little NumPy: arrays of any number of axes, { shape, data }, the entries in a row. A plain number
// is an array without axes. These are the functions that the generated records are written in.

const sizeOf = (shape) => shape.reduce((product, n) => product * n, 1);
const array = (shape, data) => ({ shape, data: data instanceof Float64Array ? data : Float64Array.from(data) });
const asArray = (x) => (typeof x === "number" ? array([], [x]) : typeof x === "boolean" ? array([], [Number(x)]) : x);
const norm = (x) => Math.hypot(...x.data);

/** How far apart neighbours along each axis are, in an array that is read as one of `shape`. */
function strides(x, shape) {
  const steps = new Array(shape.length).fill(0);
  let step = 1;
  for (let own = x.shape.length - 1, axis = shape.length - 1; own >= 0; own--, axis--) {
    if (x.shape[own] !== 1) steps[axis] = step;
    step *= x.shape[own];
  }
  return steps;
}

/** The shape of two arrays together. */
function together2(a, b) {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, k) => {
    const one = a[a.length - length + k] ?? 1, two = b[b.length - length + k] ?? 1;
    return one === 1 ? two : one;
  });
}

/** Entries in a new order: that of `shape`, each axis with its own step in the old array. */
function gathered(x, shape, steps, start = 0) {
  const out = new Float64Array(sizeOf(shape)), at = new Array(shape.length).fill(0);
  for (let k = 0, place = start; k < out.length; k++) {
    out[k] = x.data[place];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += steps[axis];
      if (++at[axis] < shape[axis]) break;
      place -= steps[axis] * shape[axis];
      at[axis] = 0;
    }
  }
  return array(shape, out);
}

const each = (f) => (x) => { const a = asArray(x); return array(a.shape, a.data.map(f)); };
const spread = (x, shape) => { const a = asArray(x); return String(a.shape) === String(shape) ? a : gathered(a, shape, strides(a, shape)); };
const both = (f) => (x, y) => {
  const shape = together2(asArray(x).shape, asArray(y).shape), a = spread(x, shape), b = spread(y, shape);
  return array(shape, a.data.map((value, k) => f(value, b.data[k])));
};

const axesOf = (axis, count) => (axis == null ? [...Array(count).keys()] : [axis].flat().map((a) => (a + count) % count));

/** A fold along axes: `f(total, entry)` from `start`. */
function folded(x, { axis = null, keepdims = false }, f, start) {
  const axes = axesOf(axis, x.shape.length), kept = x.shape.map((n, k) => (axes.includes(k) ? 1 : n));
  const out = array(kept, new Float64Array(sizeOf(kept)).fill(start)), steps = strides(out, x.shape), at = new Array(x.shape.length).fill(0);
  for (let k = 0; k < x.data.length; k++) {
    const place = at.reduce((sum, i, a) => sum + i * steps[a], 0);
    out.data[place] = f(out.data[place], x.data[k]);
    for (let a = at.length - 1; a >= 0 && ++at[a] === x.shape[a]; a--) at[a] = 0;
  }
  return keepdims ? out : array(kept.filter((_, k) => !axes.includes(k)), out.data);
}

function transpose(x, { axes = null } = {}) {
  const order = axes ? axes.map((a) => (a + x.shape.length) % x.shape.length) : x.shape.map((_, k) => k).reverse();
  const own = strides({ shape: x.shape.map((n) => n) }, x.shape);
  return gathered(x, order.map((a) => x.shape[a]), order.map((a) => own[a]));
}

/** x @ y: vectors, matrices, and stacks of these. */
function matmul(x, y) {
  const row = x.shape.length === 1, column = y.shape.length === 1;
  if (row || column) {
    const { shape, data } = matmul(row ? array([1, ...x.shape], x.data) : x, column ? array([...y.shape, 1], y.data) : y);
    return array([...shape.slice(0, -2), ...(row ? [] : shape.slice(-2, -1)), ...(column ? [] : shape.slice(-1))], data);
  }
  const [n, m] = x.shape.slice(-2), p = y.shape[y.shape.length - 1];
  const lead = together2(x.shape.slice(0, -2), y.shape.slice(0, -2));
  const a = spread(x, [...lead, n, m]), b = spread(y, [...lead, m, p]), out = new Float64Array(sizeOf(lead) * n * p);
  for (let k = 0; k < sizeOf(lead); k++) {
    for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) {
      let sum = 0;
      for (let q = 0; q < m; q++) sum += a.data[k * n * m + i * m + q] * b.data[k * m * p + q * p + j];
      out[k * n * p + i * p + j] = sum;
    }
  }
  return array([...lead, n, p], out);
}

function concatenate(xs, axis) {
  const a = (axis + xs[0].shape.length) % xs[0].shape.length;
  const shape = xs[0].shape.map((n, k) => (k === a ? xs.reduce((sum, x) => sum + x.shape[a], 0) : n));
  const outer = sizeOf(shape.slice(0, a)), data = [];
  for (let k = 0; k < outer; k++) {
    for (const x of xs) { const run = sizeOf(x.shape.slice(a)); for (let q = 0; q < run; q++) data.push(x.data[k * run + q]); }
  }
  return array(shape, data);
}

const withAxis = (shape, axis) => { const a = (axis + shape.length + 1) % (shape.length + 1); return [...shape.slice(0, a), 1, ...shape.slice(a)]; };
const reshaped = (x, shape) => {
  const given = [shape].flat(), rest = -sizeOf(given);
  return array(given.map((n) => (n === -1 ? x.data.length / rest : n)), x.data);
};
