"use strict";
// The panel: what is known of a weight, a tap, a box or one op.

const details = find("details");

function put(...children) {
  details.replaceChildren(...children.flat(Infinity).filter((child) => child != null && child !== false));
  for (const text of details.querySelectorAll(".opened text")) { // wide letters, in boxes of one width
    if (text.getComputedTextLength() > 78) fill(text, { textLength: 78, lengthAdjust: "spacingAndGlyphs" }, []);
  }
}

const heading = (text) => make("h2", {}, text);
const part = (title, ...children) => {
  const found = children.flat(Infinity).filter((child) => child != null && child !== false);
  return found.length ? make("section", { class: "part" }, make("h3", {}, title), found) : null;
};

/** The formula of an op and its rules, as the record has them; that of one argument first. */
function ruleView(op, argument) {
  const one = ([name, [text, where]]) => make("div", { class: name === argument ? "rule now" : "rule" },
    make("p", { class: "note" }, name === "all" ? "∂ with respect to all arguments" : `∂ with respect to ${name}`),
    text && make("pre", {}, make("code", {}, text)),
    where && make("p", { class: "where" }, where));
  const rules = Object.entries(op.rules), first = rules.filter(([name]) => name === argument || argument == null);
  const rest = rules.filter((rule) => !first.includes(rule));
  return part("Rule",
    make("p", { class: "formula" }, `${op.name}: ${op.formula}`),
    first.map(one),
    rest.length > 0 && make("details", {}, make("summary", { class: "note" }, "with respect to the other arguments"), rest.map(one)));
}

/** The name of the argument that a call reads something as. */
function argumentOf(call, read) {
  const op = ops[nodes[call].op];
  return op && op.arguments[op.variadic ? 0 : nodes[call].args.indexOf(read)];
}

function showWeight(weight) {
  const mark = marks[weight];
  put(heading(nameOf(weight)),
    make("p", { class: "note" }, `${shapeText(mark.shape)}${mark.dtype ? `, ${mark.dtype}` : ""}`),
    make("p", { class: "sum" }, sumWords(weight)),
    tapsOf(weight).length > 0 && part("What each step contributes", tapTable(weight, select)),
    part("The gradient, their sum", arrayView(mark.total ?? Object.values(mark.gradients ?? {})[0])),
    part("Its value", arrayView(Object.values(mark.values ?? {})[0])));
}

/** What an audit says of what is wrong. */
const verdict = (id) => isWrong(id) && make("p", { class: "warning" }, lowered(data.verdict));

/** A wire that an audit found wrong. */
function showWrong(id) {
  const call = callsIn(paths[id].head).find((k) => ops[nodes[k].op]?.name === paths[id].into);
  put(heading(titleOf(id)), verdict(id), call !== undefined && ruleView(ops[nodes[call].op], paths[id].argument));
}

function showTap(tap) {
  const path = paths[tap], weight = path.tail;
  const call = callsIn(path.head).find((k) => nodes[k].args.includes(weight));
  const op = call === undefined ? ops.find((one) => one.name === path.op) : ops[nodes[call].op];
  put(heading(titleOf(tap)), verdict(tap),
    path.norm !== undefined && make("table", { class: "facts" },
      [["‖Gₜ‖", number(path.norm)], ["share of the sum", percent(partOf(tap, Number(marks[weight].norm)))],
        ["cosine with the sum", path.cosine === undefined ? "·" : number(path.cosine)]]
        .map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, value)))),
    part("Gₜ, what this use contributes", arrayView(path.term)),
    path.line && part("Called at", make("p", { class: "where" }, path.line)),
    op && ruleView(op, call === undefined ? null : argumentOf(call, weight)),
    make("button", { onclick: () => select(weight) }, `All taps of ${nameOf(weight)}`));
}

/** Arrays by name: those of states, or that of the only result. */
function named(arrays) {
  return Object.entries(arrays ?? {}).map(([name, array]) => [name && make("h4", {}, name), arrayView(array)]);
}

/** Mark one op of an opened box. */
function markOp(call) {
  details.querySelectorAll(".opened .op").forEach((op) => op.classList.toggle("now", op.dataset.call === String(call)));
}

/** Mark one op of an opened box, and show it below. */
function openOp(call) {
  markOp(call);
  find("opened-op")?.replaceChildren(...callView(call));
}

function showBox(id) {
  const mark = marks[id], inside = cellView(id, openOp), calls = callsIn(id);
  if (calls.length === 1) { // a box of the op view
    put(heading(titleOf(id)), mark.scope && make("p", { class: "note" }, mark.scope), callView(calls[0]).slice(1));
    return;
  }
  put(heading(titleOf(id)),
    mark.scope && make("p", { class: "note" }, mark.scope),
    part("Inside", inside, inside && make("p", { class: "note" }, "Choose an op for its numbers and its rule."), make("div", { id: "opened-op" })),
    part("Values", named(mark.values)),
    part("Gradients", named(mark.gradients)));
}

/** One op call: its value, its gradient, its rules. */
function callView(call) {
  const node = nodes[call], op = ops[node.op];
  const words = node.name ? `${callWords(call)} → ${node.name}` : callWords(call);
  return [
    make("h3", {}, words),
    part("Value", node.value ? arrayView(node.value) : make("p", { class: "note" }, `${shapeText(node.shape)}; not kept`)),
    part("Gradient", arrayView(node.gradient)),
    op && ruleView(op),
  ].filter(Boolean);
}

function showAbout() {
  const weights = Object.keys(marks).filter(isWeight), tapped = selectable.some(isTap), wrong = selectable.filter(isWrong);
  put(heading("This picture"),
    make("p", {}, data.words),
    data.verdict && make("p", { class: "warning" }, lowered(data.verdict)),
    data.without && make("p", { class: "warning" }, data.without),
    wrong.length > 0 && part("In red", make("ul", { class: "weights" }, wrong.map((id) => make("li", {}, make("button", { onclick: () => select(id) }, titleOf(id)))))),
    weights.length > 0 && part("Weights", make("ul", { class: "weights" }, weights.map((weight) => make("li", {},
      make("button", { onclick: () => select(weight) }, nameOf(weight)), make("span", { class: "note" }, sumWords(weight)))))),
    part("Ask it", make("p", {}, tapped ? "Point at a weight’s wire to see what each step contributes to its gradient. Click a tap for its Gₜ and the rule, "
      + "a box for the ops inside. " : "Click a box for its value, its gradient and the rule of its op. ",
    nodes.length > 0 && "Play runs the two sweeps. ", "Press ? for the keys.")),
    data.absent.map((text) => make("p", { class: "note absent" }, text)));
}

let shown; // what the panel shows

/** Show what is known of something; of nothing, what the picture is. */
function showDetails(id) {
  if (id === shown) return;
  shown = id;
  if (id == null) showAbout();
  else if (isTap(id) && isWeight(paths[id].tail)) showTap(id);
  else if (isWrong(id)) showWrong(id);
  else if (weightOf(id)) showWeight(weightOf(id));
  else if (marks[id]) showBox(id);
  else showAbout();
}
