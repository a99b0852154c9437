"use strict";
// x[index] with NumPy's meaning, and its transpose.

/** A slice of an axis of n entries: from where, how many, how far apart. */
function stretch([start, stop, by], n) {
  const step = by ?? 1, place = (p, low, high) => Math.min(Math.max(p < 0 ? p + n : p, low), high);
  const from = step > 0 ? place(start ?? 0, 0, n) : place(start ?? n - 1, -1, n - 1);
  const to = step > 0 ? place(stop ?? n, 0, n) : stop == null ? -1 : place(stop, -1, n - 1);
  return [from, Math.max(0, Math.ceil((to - from) / step)), step];
}

/** Which entries of an array of a shape an index picks, with NumPy's meaning: the shape of the
 *  result, and where each of its entries stands. An index is numbers, slices, arrays, null, "...". */
function picked(index, shape) {
  const own = strides({ shape }, shape), given = Array.isArray(index) ? index : [index];
  const used = given.filter((i) => i !== null && i !== "...").length, rest = Array(shape.length - used).fill({ slice: [] });
  const items = (given.includes("...") ? given : [...given, "..."]).flatMap((i) => (i === "..." ? rest : [i]));
  const together = items.some((i) => i?.data), axes = [], arrays = [];
  let start = 0, axis = 0, front = null, last = null;
  items.forEach((item, k) => {
    if (item === null) return void axes.push({ n: 1, step: 0 });
    const n = shape[axis], step = own[axis++], wrapped = (i) => (i < 0 ? i + n : i) * step;
    if (item.slice) {
      const [from, count, by] = stretch(item.slice, n);
      axes.push({ n: count, step: by * step });
      if (count) start += from * step;
    } else if (!together) start += wrapped(item);
    else { // arrays side by side stand where the first does, others before all axes
      front = front === null ? axes.length : last === k - 1 ? front : 0;
      last = k;
      const values = asArray(item);
      arrays.push({ shape: values.shape, data: values.data.map(wrapped) });
    }
  });
  const common = arrays.reduce((one, { shape: other }) => together2(one, other), []);
  const jumps = arrays.reduce((sum, places) => np.add(sum, places), array(common, new Float64Array(sizeOf(common)))).data;
  const evenly = ({ n, step }) => Array.from({ length: n }, (_, k) => k * step);
  const groups = [...axes.slice(0, front ?? 0).map(evenly), [...jumps], ...axes.slice(front ?? 0).map(evenly)];
  const places = groups.reduce((found, jump) => found.flatMap((at) => jump.map((j) => at + j)), [start]);
  const sizes = axes.map(({ n }) => n);
  return { shape: [...sizes.slice(0, front ?? 0), ...common, ...sizes.slice(front ?? 0)], places };
}

function getitem(x, { index }) {
  const found = picked(index, x.shape);
  return array(found.shape, found.places.map((at) => x.data[at]));
}

/** Zeros of a shape, with g added where the index points: the transpose of getitem. */
function indexAdd(g, { index, shape }) {
  const out = array(shape, new Float64Array(sizeOf(shape))), found = picked(index, shape), given = spread(g, found.shape);
  found.places.forEach((at, k) => { out.data[at] += given.data[k]; });
  return out;
}

/** The part of x that an index of one axis picks. */
const along = (x, axis, item) => getitem(x, { index: [...Array(axis).fill({ slice: [] }), item] });

function split(x, { indices_or_sections: where, axis = 0 }) {
  const a = (axis + x.shape.length) % x.shape.length, given = where?.data ?? where;
  const ends = typeof given === "number" ? Array.from({ length: given }, (_, k) => ((k + 1) * x.shape[a]) / given) : [...given, x.shape[a]];
  return ends.map((stop, k) => along(x, a, { slice: [k ? ends[k - 1] : 0, stop] }));
}

function unstack(x, { axis = 0 }) {
  const a = (axis + x.shape.length) % x.shape.length;
  return Array.from({ length: x.shape[a] }, (_, k) => along(x, a, k));
}
