"use strict";
// A bus: the taps of one weight, and what each has in the gradient, ∂L/∂W = Σ G_t.

/** The part of the sum that a tap is: ⟨G_t, G⟩ / ‖G‖². The parts of all taps add up to 1. */
function partOf(tap, total) {
  const { norm, cosine } = paths[tap];
  if (Number(norm) === 0) return 0;
  return total ? (Number(norm) * Number(cosine)) / Math.abs(total) : NaN;
}

/** A table with a row for each tap: t, ‖G_t‖ as a bar, its part of the sum, the cosine with it. */
function tapTable(weight, onpick) {
  const taps = tapsOf(weight).filter((tap) => paths[tap].norm !== undefined);
  if (!taps.length) return make("p", { class: "note" }, data.without ?? "No contributions are known.");
  const most = Math.max(...taps.map((tap) => Number(paths[tap].norm) || 0));
  const total = Number(marks[weight].norm);
  const rows = taps.map((tap) => {
    const { norm, cosine, value, step, into } = paths[tap];
    const bar = make("span", { class: "bar", style: `width:${most > 0 ? (100 * norm) / most : 0}%` });
    return make("tr", { "data-tap": tap, tabindex: 0, onclick: () => onpick(tap), onkeydown: (e) => e.key === "Enter" && onpick(tap) },
      make("th", { scope: "row" }, step ?? into),
      make("td", { class: "bars" }, bar),
      make("td", {}, number(value ?? norm)),
      make("td", {}, percent(partOf(tap, total))),
      make("td", {}, cosine === undefined ? "·" : Number(cosine).toFixed(2).replace("-", "−")));
  });
  const head = make("tr", {},
    make("th", { scope: "col" }, "t"), make("th", { "aria-hidden": "true" }),
    make("th", { scope: "col", title: "what the use at step t contributes" }, marks[weight].total?.values?.length === 1 ? "Gₜ" : "‖Gₜ‖"),
    make("th", { scope: "col", title: "⟨Gₜ, G⟩ / ‖G‖²: these add up to 100 %" }, "share"),
    make("th", { scope: "col", title: "the angle between Gₜ and the sum G" }, "cos"));
  return make("table", { class: "taps" }, make("thead", {}, head), make("tbody", {}, rows));
}

/** The gradient of a weight in words: its norm, and how much of the taps cancels in it. */
function sumWords(weight) {
  const { norm, cancel, gradients } = marks[weight], gradient = Object.values(gradients ?? {})[0];
  if (norm === undefined) return gradient ? `gradient ${brief(gradient)}` : "";
  const left = cancel === undefined || Number(cancel) > 0.9995 ? "" : `, ${percent(Number(cancel))} of Σ ‖Gₜ‖: the rest cancels`;
  return `‖Σ Gₜ‖ = ${number(norm)}${left}`;
}
