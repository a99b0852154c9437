"use strict";
// G[s, t]: what the loss of step s contributes to a gradient through the use at step t. Choose a row
// to see one loss alone; choose k2 to see what truncated backpropagation through time loses.

const times = data.times ?? {};
const asked = { weight: Object.keys(times)[0], row: null, reach: null }; // reach: k2, or null for all

/** What is left of each tap if every loss goes back through k2 steps only. */
function keptOf(table, reach) {
  return table.taps.map((tap, j) => {
    const within = table.rows.flatMap((row, i) => (Math.abs(row - table.columns[j]) < reach ? [i] : []));
    if (!within.length) return 0;
    const last = table.kept[within[within.length - 1]][j];
    return Number(last);
  });
}

/** The boxes and wires that a loss is computed from: all that its cotangents can come through. */
function behind(starts) {
  const lit = new Set(starts), todo = [...starts];
  while (todo.length) {
    const mark = todo.pop();
    for (const [id, { head, tail, cut, kind }] of Object.entries(paths)) {
      if (head !== mark || cut || lit.has(id) || kind === "cotangent") continue;
      lit.add(id);
      if (!lit.has(tail)) todo.push(tail);
      lit.add(tail);
    }
  }
  return lit;
}

/** Make all else faint; null for nothing. */
function lightUp(starts) {
  picture.classList.toggle("alone", starts !== null);
  const lit = starts ? behind(starts) : new Set();
  for (const [id, path] of Object.entries(paths)) if (path.kind === "cotangent" && lit.has(path.along)) lit.add(id);
  only("lit", [...lit, ...Object.keys(paths).filter((id) => kindOf(id) === "bus" && lit.has(paths[id].tail))]);
}

function showTimes() {
  const table = times[asked.weight], { row, reach } = asked;
  const values = row !== null ? table.norms[row].map(Number) : keptOf(table, reach ?? Infinity);
  const most = Math.max(...(row !== null ? values : table.kept[table.kept.length - 1].map(Number)));
  if (row === null && reach === null) resetTaps();
  else setTaps(new Map(table.taps.map((tap, j) => [tap, values[j]])), most, reach !== null);
  lightUp(row === null ? null : table.starts[row]);
  find("times").querySelectorAll(".row").forEach((line) => line.classList.toggle("now", Number(line.dataset.row) === row));
  find("times-words").replaceChildren(...timesWords(table, values));
}

function timesWords(table, values) {
  const { row, reach } = asked;
  if (row !== null) {
    const far = table.taps.filter((_, j) => values[j] > 0).length;
    return [make("p", {}, `The loss of step ${table.steps[row]} alone: it reaches ${far} of ${table.taps.length} uses of ${nameOf(asked.weight)}.`)];
  }
  if (reach === null) return [make("p", {}, "All losses, all the way back: the whole gradient.")];
  const full = table.kept[table.kept.length - 1].map(Number);
  const lost = table.taps.filter((_, j) => values[j] === 0 && full[j] > 0);
  const error = table.errors[Math.min(reach, table.errors.length) - 1];
  return [
    make("p", { class: "sum" }, `k₂ = ${reach}: ‖G − Gₖ‖ / ‖G‖ = `, make("output", { id: "times-error", "data-error": error }, percent(Number(error)))),
    make("p", {}, lost.length ? `Lost whole: the taps at t = ${lost.map((tap) => paths[tap].step).join(", ")}.` : "No tap is lost whole; what is left of each is written at it."),
  ];
}

function ask(change) {
  Object.assign(asked, change);
  if (playing()) leave();
  showTimes();
}

/** The panel for one weight. */
function timesView() {
  const table = times[asked.weight], longest = table.errors.length;
  const label = (i, j) => `‖G[${table.steps[i]}, ${paths[table.taps[j]].step}]‖`;
  const map = cells(table.norms.map((line) => line.map(Number)), { label, onrow: (row) => ask({ row: row === asked.row ? null : row, reach: null }) });
  const reach = make("input", {
    type: "range", id: "reach", min: 1, max: longest, value: asked.reach ?? longest, "aria-label": "k₂, how many steps each loss goes back",
    oninput: (event) => ask({ row: null, reach: Number(event.target.value) }),
  });
  const loss = make("select", { id: "loss-step", onchange: (event) => ask({ row: event.target.value === "" ? null : Number(event.target.value), reach: null }) },
    make("option", { value: "" }, "all steps"), table.steps.map((step, row) => make("option", { value: row }, `step ${step ?? row}`)));
  const weights = make("select", { id: "times-weight", onchange: (event) => { Object.assign(asked, { weight: event.target.value, row: null, reach: null }); openTimes(); } },
    Object.keys(times).map((id) => make("option", { value: id, selected: id === asked.weight }, nameOf(id))));
  return [
    heading("Two times"),
    make("p", { class: "note" }, "G[s, t] is what the loss of step s (a row, the first at the top) contributes through the use at step t (a column). Choose a row."),
    make("p", { class: "fields" }, make("label", {}, "weight ", weights), make("label", {}, "loss of ", loss)),
    part(`‖G[s, t]‖ of ${nameOf(asked.weight)}`, map),
    part("Truncate: k₂ steps back from each loss", reach),
    make("div", { id: "times-words" }),
    make("button", { onclick: () => { Object.assign(asked, { row: null, reach: null }); openTimes(); } }, "The whole gradient again"),
  ];
}

function openTimes() {
  find("times").replaceChildren(...timesView());
  showTimes();
}

if (asked.weight) {
  addTab("times");
  openTimes();
}
