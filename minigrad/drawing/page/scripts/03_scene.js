"use strict";
// What Python wrote into the page, and questions to it.
//
// data.marks  boxes, by the id of their <g> in the picture      data.ops    the records of the ops
// data.paths  wires and taps, likewise                          data.nodes  op calls, the oldest first
// data.sums   by weight: [tap, norm of the sum so far], in the order of the backward sweep

const data = JSON.parse(find("data").textContent);
const { marks, paths, ops, nodes, sums } = data;

const kindOf = (id) => (marks[id] || paths[id]).kind;
const isBox = (id) => ["cell", "step", "scalar", "block", "source", "op", "initial", "input", "leaf", "constant"].includes(marks[id]?.kind);
const isWeight = (id) => marks[id]?.kind === "weight";
const isWrong = (id) => paths[id]?.wrong === true;
const isTap = (id) => paths[id]?.kind === "tap";

/** The weight of a bus, a tap or the weight's own box; null for anything else. */
function weightOf(id) {
  if (isWeight(id)) return id;
  const path = paths[id];
  return path && (path.kind === "tap" || path.kind === "bus") && isWeight(path.tail) ? path.tail : null;
}

/** The taps of a weight, in the order of time. */
function tapsOf(weight) {
  return Object.keys(paths)
    .filter((id) => isTap(id) && paths[id].tail === weight)
    .sort((a, b) => (paths[a].step ?? Infinity) - (paths[b].step ?? Infinity));
}

/** By box, the taps into it. */
const tapsInto = new Map();
for (const id of Object.keys(paths).filter(isTap)) tapsInto.set(paths[id].head, [...(tapsInto.get(paths[id].head) ?? []), id]);

/** The numbers of the op calls in a box, the oldest first. */
const callsOf = new Map();
nodes.forEach((node, k) => callsOf.set(node.mark, [...(callsOf.get(node.mark) ?? []), k]));
const callsIn = (mark) => callsOf.get(mark) ?? [];

/** What something is called in the picture: by its label, if it was given one. */
const labelOf = (name) => (Object.hasOwn(data.labels, name) ? data.labels[name] : name);
const nameOf = (id) => labelOf((marks[id] ? marks[id].weight ?? marks[id].name ?? marks[id].words : paths[id]?.name) || kindOf(id));

/** A box, tap or weight in words: "lstm at t = 3", "tap of W_hh at t = 3". */
function titleOf(id) {
  const thing = marks[id] || paths[id];
  const at = thing.step == null ? "" : ` at t = ${thing.step}`;
  if (isTap(id)) return `${nameOf(thing.tail)} in ${thing.into ? labelOf(thing.into) : nameOf(thing.head)}${at}`;
  if (isWrong(id) && thing.argument) return `${thing.into}: ${thing.argument} = ${nameOf(thing.tail)}`;
  return `${nameOf(id)}${at}`;
}

/** What can be selected: boxes, weights, taps and what an audit found wrong, in the order of the picture. */
const selectable = [...Object.keys(marks).filter((id) => isBox(id) || isWeight(id)), ...Object.keys(paths).filter((id) => isTap(id) || isWrong(id))]
  .filter((id) => find(id));
