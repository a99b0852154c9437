"use strict";
// Knobs: the model runs in the page, with a weight scaled, the inputs scaled, or another number of
// steps. What the taps of a weight are then is drawn step by step.

/** Whether the page finds the loss that Python has found. */
function reproduces() {
  try {
    const { loss } = rerun(replay.programs[replay.steps]);
    return Math.abs(loss - Number(replay.loss)) <= 1e-5 * Math.max(1, Math.abs(loss));
  } catch {
    return false;
  }
}

const lengths = replay ? Object.keys(replay.programs).map(Number).sort((a, b) => a - b) : [];
const knobs = { weight: null, factor: 1, input: 1, steps: replay?.steps };

/** The sum of a weight's terms by step, the earliest first; those outside of the steps are left out. */
function byStep(terms) {
  return [...(terms ?? new Map())].filter(([step]) => step !== null).sort(([a], [b]) => a - b);
}

/** What a run of the model shows: the loss, and ‖G_t‖ of each step as bars. */
function runView({ loss, terms, gradients }) {
  const own = byStep(terms[knobs.weight]), sizes = own.map(([, term]) => norm(term)), most = Math.max(...sizes, 0);
  const rows = own.map(([step], k) => make("tr", { "data-step": step + replay.start, "data-norm": sizes[k] },
    make("th", { scope: "row" }, step + replay.start),
    make("td", { class: "bars" }, make("span", { class: "bar", style: `width:${most > 0 ? (100 * sizes[k]) / most : 0}%` })),
    make("td", {}, number(sizes[k]))));
  const first = sizes.find((size) => size > 0), last = sizes[sizes.length - 1], apart = sizes.length - 1 - sizes.indexOf(first);
  const rate = first > 0 && last > 0 && apart > 0 ? (first / last) ** (1 / apart) : NaN;
  return [
    make("p", { class: "sum" }, "loss ", make("output", { id: "knob-loss", "data-loss": loss }, number(loss)), ", ‖∂L/∂W‖ ",
      make("output", { id: "knob-norm", "data-norm": gradients[knobs.weight] ? norm(gradients[knobs.weight]) : 0 }, number(gradients[knobs.weight] ? norm(gradients[knobs.weight]) : 0))),
    make("p", { id: "knob-words" }, Number.isFinite(rate) ? `Each step back multiplies ‖Gₜ‖ by ${number(rate)}: it ${rate < 0.98 ? "fades" : rate > 1.02 ? "explodes" : "stays"}.` : " "),
    make("table", { class: "taps" }, make("tbody", {}, rows)),
  ];
}

function turn(change) {
  Object.assign(knobs, change);
  if (playing()) leave();
  const run = rerun(replay.programs[knobs.steps], { weights: { [knobs.weight]: knobs.factor }, input: knobs.input });
  find("knob-run").replaceChildren(...runView(run));
  for (const [id, text] of [["factor", knobs.factor.toFixed(2)], ["input", knobs.input.toFixed(2)], ["steps", knobs.steps]]) find(`knob-${id}-is`).textContent = text;
  const same = knobs.steps === replay.steps, own = new Map(byStep(run.terms[knobs.weight]).map(([step, term]) => [step + replay.start, norm(term)]));
  if (!same || (knobs.factor === 1 && knobs.input === 1)) resetTaps();
  else setTaps(new Map(tapsOf(knobs.weight).filter((tap) => paths[tap].step !== undefined).map((tap) => [tap, own.get(paths[tap].step) ?? 0])), Math.max(...own.values()));
}

/** A slider with its value beside its name. */
function knob(id, words, attributes, onchange) {
  const value = make("output", { id: `knob-${id}-is` });
  return make("label", { class: "knob" }, make("span", {}, words, " ", value),
    make("input", { type: "range", id: `knob-${id}`, "aria-label": words, ...attributes, oninput: (event) => onchange(Number(event.target.value)) }));
}

function knobsView() {
  const weights = [...new Set(Object.values(replay.leaves))].filter((id) => tapsOf(id).length > 1);
  const order = weights.filter((id) => /hh/i.test(nameOf(id))).concat(weights);
  if (!order.length) return false;
  knobs.weight = order[0];
  const choose = make("select", { id: "knob-weight", onchange: (event) => { find("knob-factor").value = 1; turn({ weight: event.target.value, factor: 1 }); } },
    weights.map((id) => make("option", { value: id, selected: id === knobs.weight }, nameOf(id))));
  find("knobs").replaceChildren(
    heading("Knobs"),
    make("p", { class: "note" }, "The model runs here, in the page: JavaScript that Python wrote from the records of its own ops. Turn, and watch the taps fade or explode."),
    part("Turn",
      make("p", {}, make("label", {}, "weight ", choose)),
      knob("factor", "scaled by", { min: 0, max: 3, step: 0.05, value: 1 }, (factor) => turn({ factor })),
      replay.inputs.length > 0 ? knob("input", "inputs scaled by", { min: -3, max: 3, step: 0.1, value: 1 }, (input) => turn({ input })) : make("output", { id: "knob-input-is", hidden: true }),
      lengths.length > 1 ? knob("steps", "steps, T =", { min: 0, max: lengths.length - 1, step: 1, value: lengths.indexOf(replay.steps) }, (k) => turn({ steps: lengths[k] })) : make("output", { id: "knob-steps-is", hidden: true })),
    part("‖Gₜ‖ by step", make("div", { id: "knob-run" })),
    make("button", { onclick: () => { knobsView(); turn({ factor: 1, input: 1, steps: replay.steps }); } }, "As it was"));
  return true;
}

if (replay && reproduces() && knobsView()) {
  addTab("knobs");
  turn({});
}
