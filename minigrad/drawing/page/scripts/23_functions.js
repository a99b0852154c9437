"use strict";
// The functions that the generated records are written in, by the names that they have in NumPy.

const truth = (f) => both((a, b) => Number(f(a, b)));
const np = {
  ...LOSSES,
  add: both((a, b) => a + b), subtract: both((a, b) => a - b), multiply: both((a, b) => a * b), divide: both((a, b) => a / b),
  power: both((a, b) => a ** b), maximum: both((a, b) => (a > b || a !== a ? a : b)), minimum: both((a, b) => (a < b || a !== a ? a : b)),
  greater: truth((a, b) => a > b), less: truth((a, b) => a < b), greater_equal: truth((a, b) => a >= b), less_equal: truth((a, b) => a <= b),
  equal: truth((a, b) => a === b), not_equal: truth((a, b) => a !== b), bitwise_and: truth((a, b) => a && b), bitwise_or: truth((a, b) => a || b),
  invert: each((a) => Number(!a)), isfinite: each((a) => Number(Number.isFinite(a))), negative: each((a) => -a), positive: each((a) => a),
  absolute: each(Math.abs), sign: each(Math.sign), square: each((a) => a * a), sqrt: each(Math.sqrt), reciprocal: each((a) => 1 / a),
  exp: each(Math.exp), expm1: each(Math.expm1), log: each(Math.log), log1p: each(Math.log1p), tanh: each(Math.tanh), sin: each(Math.sin), cos: each(Math.cos),
  tan: each(Math.tan), arcsin: each(Math.asin), arccos: each(Math.acos), arctan: each(Math.atan), sinh: each(Math.sinh), cosh: each(Math.cosh),
  arcsinh: each(Math.asinh), arccosh: each(Math.acosh), arctanh: each(Math.atanh), exp2: each((a) => 2 ** a), log2: each(Math.log2), log10: each(Math.log10),
  cbrt: each(Math.cbrt), fabs: each(Math.abs), floor: each(Math.floor), ceil: each(Math.ceil), trunc: each(Math.trunc),
  hypot: both(Math.hypot), arctan2: both(Math.atan2), copysign: both((a, b) => (b < 0 || Object.is(b, -0) ? -1 : 1) * Math.abs(a)),
  sigmoid: each((a) => 1 / (1 + Math.exp(-a))), relu: each((a) => (a > 0 || a !== a ? a : 0)),
  clip: (x, low, high) => np.minimum(np.maximum(x, low ?? -Infinity), high ?? Infinity),
  where: (c, x, y) => { const shape = together2(asArray(c).shape, together2(asArray(x).shape, asArray(y).shape)); const [k, a, b] = [c, x, y].map((v) => spread(v, shape)); return array(shape, k.data.map((t, i) => (t ? a : b).data[i])); },
  singular: (x) => asArray(x), astype: (x) => asArray(x), clone: (x) => x,
  sum: (x, params = {}) => folded(x, params, (a, b) => a + b, 0), amax: (x, params = {}) => folded(x, params, (a, b) => (b > a || b !== b ? b : a), -Infinity),
  mean: (x, params = {}) => { const total = np.sum(x, params); return np.divide(total, x.data.length / total.data.length); },
  matmul, transpose, split, unstack, getitem, index_add: indexAdd, embedding: (index, weight) => getitem(weight, { index }),
  reshape: (x, { shape }) => reshaped(asArray(x), shape), broadcast_to: (x, { shape }) => spread(x, [shape].flat()),
  swapaxes: (x, { axis1, axis2 }) => { const order = x.shape.map((_, k) => k), n = order.length, [a, b] = [(axis1 + n) % n, (axis2 + n) % n]; [order[a], order[b]] = [order[b], order[a]]; return transpose(x, { axes: order }); },
  moveaxis: (x, { source, destination }) => {
    const from = axesOf(source, x.shape.length), to = axesOf(destination, x.shape.length), order = x.shape.map((_, k) => k).filter((k) => !from.includes(k));
    to.map((place, k) => [place, from[k]]).sort(([a], [b]) => a - b).forEach(([place, axis]) => order.splice(place, 0, axis));
    return transpose(x, { axes: order });
  },
  expand_dims: (x, { axis }) => {
    const shape = x.shape.slice(), axes = axesOf(axis, shape.length + [axis].flat().length);
    axes.sort((a, b) => a - b).forEach((a) => shape.splice(a, 0, 1));
    return array(shape, x.data);
  },
  squeeze: (x, { axis = null }) => { const axes = axis === null ? x.shape.flatMap((n, k) => (n === 1 ? [k] : [])) : axesOf(axis, x.shape.length); return array(x.shape.filter((_, k) => !axes.includes(k)), x.data); },
  concatenate: (...args) => {
    const { axis = 0 } = args.pop(), xs = args.map(asArray);
    return axis === null ? concatenate(xs.map((x) => reshaped(x, -1)), 0) : concatenate(xs, axis);
  },
  stack: (...args) => { const axis = args[args.length - 1].axis ?? 0; return concatenate(args.slice(0, -1).map((x) => array(withAxis(asArray(x).shape, axis), asArray(x).data)), axis); },
};
