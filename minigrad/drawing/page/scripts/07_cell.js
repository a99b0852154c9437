"use strict";
// A box opened: its ops as a small graph, from what enters at the top to its result at the bottom.

/** The ops of a box and what they read: [{ id, words, call?, reads: [id, …] }]. */
function insides(mark) {
  const calls = callsIn(mark), inside = new Set(calls);
  const items = new Map();
  for (const k of calls) {
    const node = nodes[k];
    const reads = node.args.filter((arg) => arg !== null).map((arg) => {
      if (inside.has(arg)) return `op${arg}`;
      const source = typeof arg === "number" ? nodes[arg].mark : arg;
      const name = typeof arg === "number" ? nodes[arg].name ?? nameOf(source) : nameOf(source);
      const at = marks[source]?.step;
      const id = `in${arg}`;
      if (!items.has(id)) items.set(id, { id, words: at == null ? name : `${name} (t = ${at})`, reads: [], source });
      return id;
    });
    items.set(`op${k}`, { id: `op${k}`, words: callWords(k), name: node.name, call: k, reads });
  }
  return [...items.values()];
}

const callWords = (k) => (nodes[k].op === undefined ? nodes[k].part ?? "" : labelOf(ops[nodes[k].op].name));

/** Each item's row is the longest way from what enters; within a row, below what it reads. */
function arranged(items) {
  const byId = new Map(items.map((item) => [item.id, item]));
  const readers = new Map(items.map((item) => [item.id, []]));
  for (const item of items) {
    item.row = Math.max(-1, ...item.reads.map((id) => byId.get(id).row)) + 1;
    item.reads.forEach((id) => readers.get(id).push(item));
  }
  for (const item of items) { // what enters stands right above its first reader
    if (item.source !== undefined) item.row = Math.min(...readers.get(item.id).map((r) => r.row)) - 1;
  }
  const rows = [];
  for (const item of items) (rows[item.row] ??= []).push(item);
  const mean = (list) => list.reduce((sum, other) => sum + other.x, 0) / list.length;
  for (const row of rows) row.forEach((item, k) => { item.x = k - (row.length - 1) / 2; });
  for (let round = 0; round < 6; round++) {
    for (const row of round % 2 ? rows.slice().reverse() : rows) {
      const next = (item) => (round % 2 ? readers.get(item.id) : item.reads.map((id) => byId.get(id)));
      row.forEach((item) => { item.wish = next(item).length ? mean(next(item)) : item.x; });
      row.sort((a, b) => a.wish - b.wish);
      row.forEach((item, k) => { item.x = k - (row.length - 1) / 2; });
    }
  }
  return { rows, byId };
}

/** The picture of the ops; `onpick(k)` is called for the op call that is chosen. */
function cellView(mark, onpick) {
  const items = insides(mark);
  if (!items.length) return null;
  const { rows, byId } = arranged(items);
  const across = 92, down = 46, wide = Math.max(...rows.map((row) => row.length)) * across, high = rows.length * down;
  const x = (item) => wide / 2 + item.x * across, y = (item) => item.row * down + down / 2;
  const wires = items.flatMap((item) => item.reads.map((id) => {
    const from = byId.get(id), [x1, y1, x2, y2] = [x(from), y(from) + 13, x(item), y(item) - 13];
    return draw("path", { class: "line", d: `M${x1},${y1}C${x1},${(y1 + y2) / 2} ${x2},${(y1 + y2) / 2} ${x2},${y2}` });
  }));
  const boxes = items.map((item) => {
    const words = item.name ? `${item.words} → ${item.name}` : item.words;
    const short = [...words].length > 15 ? `${[...words].slice(0, 14).join("")}…` : words;
    const picks = item.call !== undefined;
    const pick = () => onpick(item.call);
    return draw("g", {
      class: picks ? "op" : "enters", "data-call": item.call, role: picks ? "button" : "img", tabindex: picks ? 0 : false,
      "aria-label": words, onclick: picks ? pick : null, onkeydown: picks ? (e) => e.key === "Enter" && pick() : null,
    },
    draw("title", {}, words),
    draw("rect", { x: x(item) - 42, y: y(item) - 13, width: 84, height: 26, rx: picks ? 6 : 13 }),
    draw("text", { x: x(item), y: y(item) + 4, "text-anchor": "middle" }, short));
  });
  return draw("svg", {
    class: "opened", viewBox: `0 0 ${wide} ${high}`, role: "group", "aria-label": `the ${callsIn(mark).length} ops of ${titleOf(mark)}`,
    style: `max-width:${wide}px`,
  }, wires, boxes);
}
