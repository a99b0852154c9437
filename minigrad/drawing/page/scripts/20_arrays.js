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

/** x @ y: matrices, and stacks of them. */
function matmul(x, y) {
  if (x.shape.length === 1) { const out = matmul(array([1, ...x.shape], x.data), y); return array([...out.shape.slice(0, -2), ...out.shape.slice(-1)], out.data); }
  if (y.shape.length === 1) { const out = matmul(x, array([...y.shape, 1], y.data)); return array(out.shape.slice(0, -1), out.data); }
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

/** The part of x from `start` to `stop` along an axis. */
function cut(x, axis, start, stop) {
  const shape = x.shape.map((n, k) => (k === axis ? stop - start : n)), own = strides({ shape: x.shape }, x.shape);
  const steps = x.shape.map((n, k) => (n === 1 ? 0 : own[k]));
  return gathered(x, shape, steps, start * sizeOf(x.shape.slice(axis + 1)));
}

function split(x, { indices_or_sections: where, axis = 0 }) {
  const a = (axis + x.shape.length) % x.shape.length, n = x.shape[a];
  const ends = typeof where === "number" ? Array.from({ length: where }, (_, k) => ((k + 1) * n) / where) : [...where, n];
  return ends.map((stop, k) => cut(x, a, k ? ends[k - 1] : 0, stop));
}

const withAxis = (shape, axis) => { const a = (axis + shape.length + 1) % (shape.length + 1); return [...shape.slice(0, a), 1, ...shape.slice(a)]; };
const reshaped = (x, shape) => {
  const given = [shape].flat(), rest = -sizeOf(given);
  return array(given.map((n) => (n === -1 ? x.data.length / rest : n)), x.data);
};
const unstack = (x, { axis = 0 }) => {
  const a = (axis + x.shape.length) % x.shape.length;
  return Array.from({ length: x.shape[a] }, (_, k) => array(x.shape.filter((_, q) => q !== a), cut(x, a, k, k + 1).data));
};

/** For each axis of an array, from where to where an index of numbers, slices and null goes. */
function ranges(index, shape) {
  const given = [index].flat().filter((i) => i !== null); // null is a new axis
  return shape.map((n, axis) => {
    const i = given[axis];
    if (i === undefined) return [0, n];
    if (typeof i === "number") return [(i + n) % n, ((i + n) % n) + 1];
    const place = (p, otherwise) => (p == null ? otherwise : Math.min(Math.max(p < 0 ? p + n : p, 0), n));
    return [place(i.slice[0], 0), place(i.slice[1], n)];
  });
}

function getitem(x, { index }) {
  const part = ranges(index, x.shape).reduce((rest, [start, stop], axis) => cut(rest, axis, start, stop), x);
  const given = [index].flat(), rest = part.shape.slice(), shape = [];
  for (const i of given) {
    if (i === null) shape.push(1);
    else if (typeof i === "number") rest.shift();
    else shape.push(rest.shift());
  }
  return array([...shape, ...rest], part.data);
}

/** Zeros of a shape, with g added where the index points: the transpose of getitem. */
function indexAdd(g, { index, shape }) {
  const found = ranges(index, shape), part = found.map(([start, stop]) => stop - start);
  const out = array(shape, new Float64Array(sizeOf(shape))), at = part.map(() => 0), own = strides({ shape: shape.map((n) => n) }, shape);
  for (let k = 0; k < g.data.length; k++) {
    out.data[at.reduce((sum, i, a) => sum + (i + found[a][0]) * (shape[a] === 1 ? 0 : own[a]), 0)] += g.data[k];
    for (let a = at.length - 1; a >= 0 && ++at[a] === part[a]; a--) at[a] = 0;
  }
  return out;
}

const truth = (f) => both((a, b) => Number(f(a, b)));
const np = {
  add: both((a, b) => a + b), subtract: both((a, b) => a - b), multiply: both((a, b) => a * b), divide: both((a, b) => a / b),
  power: both((a, b) => a ** b), maximum: both((a, b) => (a > b || a !== a ? a : b)), minimum: both((a, b) => (a < b || a !== a ? a : b)),
  greater: truth((a, b) => a > b), less: truth((a, b) => a < b), greater_equal: truth((a, b) => a >= b), less_equal: truth((a, b) => a <= b),
  equal: truth((a, b) => a === b), not_equal: truth((a, b) => a !== b), bitwise_and: truth((a, b) => a && b), bitwise_or: truth((a, b) => a || b),
  invert: each((a) => Number(!a)), isfinite: each((a) => Number(Number.isFinite(a))), negative: each((a) => -a), positive: each((a) => a),
  absolute: each(Math.abs), sign: each(Math.sign), square: each((a) => a * a), sqrt: each(Math.sqrt), reciprocal: each((a) => 1 / a),
  exp: each(Math.exp), expm1: each(Math.expm1), log: each(Math.log), log1p: each(Math.log1p), tanh: each(Math.tanh), sin: each(Math.sin), cos: each(Math.cos),
  sigmoid: each((a) => 1 / (1 + Math.exp(-a))), relu: each((a) => (a > 0 || a !== a ? a : 0)),
  clip: (x, low, high) => np.minimum(np.maximum(x, low ?? -Infinity), high ?? Infinity),
  where: (c, x, y) => { const shape = together2(asArray(c).shape, together2(asArray(x).shape, asArray(y).shape)); const [k, a, b] = [c, x, y].map((v) => spread(v, shape)); return array(shape, k.data.map((t, i) => (t ? a : b).data[i])); },
  singular: (x) => asArray(x), astype: (x) => asArray(x), clone: (x) => x,
  sum: (x, params = {}) => folded(x, params, (a, b) => a + b, 0), amax: (x, params = {}) => folded(x, params, (a, b) => (b > a || b !== b ? b : a), -Infinity),
  mean: (x, params = {}) => { const total = np.sum(x, params); return np.divide(total, x.data.length / total.data.length); },
  matmul, transpose, split, unstack, getitem, index_add: indexAdd,
  reshape: (x, { shape }) => reshaped(asArray(x), shape), broadcast_to: (x, { shape }) => spread(x, [shape].flat()),
  swapaxes: (x, { axis1, axis2 }) => { const order = x.shape.map((_, k) => k), n = order.length, [a, b] = [(axis1 + n) % n, (axis2 + n) % n]; [order[a], order[b]] = [order[b], order[a]]; return transpose(x, { axes: order }); },
  expand_dims: (x, { axis }) => array([axis].flat().reduce(withAxis, x.shape), x.data),
  squeeze: (x, { axis = null }) => { const axes = axis === null ? x.shape.flatMap((n, k) => (n === 1 ? [k] : [])) : axesOf(axis, x.shape.length); return array(x.shape.filter((_, k) => !axes.includes(k)), x.data); },
  concatenate: (...args) => concatenate(args.slice(0, -1), args[args.length - 1].axis ?? 0),
  stack: (...args) => { const axis = args[args.length - 1].axis ?? 0; return concatenate(args.slice(0, -1).map((x) => array(withAxis(asArray(x).shape, axis), asArray(x).data)), axis); },
};
