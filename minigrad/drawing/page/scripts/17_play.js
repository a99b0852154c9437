"use strict";
// Play the sweeps: values appear, then cotangents flow back and each weight's sum grows tap by tap.

const player = find("player"), scrub = find("scrub"), running = find("running");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let moment = -1; // the frame that is shown; -1 before the first, when the picture is as it was
let timer = null;

const playing = () => moment >= 0;

/** A rule in one line: what a lambda gives; of a function its lines, or where those are long the last. */
function shortRule(text) {
  if (!text.startsWith("def")) return text.replace(/^lambda[^:]*:/, "").replace(/\s+/g, " ").trim();
  const body = text.replace(/^def[^]*?:\n/, "").replace(/"""[^]*?"""/, "").split("\n").map((line) => line.trim()).filter(Boolean);
  const whole = body.join("; ");
  return whole.length <= 90 && !/\bif\b/.test(whole) ? whole : body[body.length - 1].replace(/^return /, "");
}

/** The words of a moment: what runs, on what, by which rule. */
function wordsOf({ sweep, call }) {
  const node = nodes[call], op = ops[node.op], mark = marks[node.mark];
  const where = `${sweep === "forward" ? "forward" : "backward"} · ${titleOf(node.mark)} · `;
  const name = node.name ? ` → ${node.name}` : "";
  if (!op) return [`${where}part ${callWords(call)}`, ""];
  if (sweep === "forward") return [`${where}${op.name}${name}`, `${op.formula}${node.value ? ` = ${brief(node.value)}` : ""}`];
  const rules = Object.entries(op.rules)
    .filter(([name]) => name === "all" || op.variadic || node.args[op.arguments.indexOf(name)] != null)
    .map(([name, [text]]) => `∂/∂${name}: ${shortRule(text)}`);
  return [`${where}${op.name}${name}${node.gradient ? `, cotangent ${brief(node.gradient)}` : ""}`, rules.join("    ")];
}

/** A bar at the foot of each weight for the sum of the taps that have come in, and its number. */
const gauges = new Map([...growth.keys()].map((weight) => {
  const { x, y, width, height } = marks[weight];
  const bar = draw("rect", { x: x - width / 2 + 3, y: y + height / 2 - 4, width: 0, height: 3, rx: 1.5 });
  const group = draw("g", { class: "grown", "data-weight": weight }, bar);
  picture.append(group);
  return [weight, { bar, group, width: width - 6, text: find(weight)?.querySelector(".sum") ?? find(weight)?.querySelector(".gradient") }];
}));

function drawGauges() {
  for (const [weight, { bar, group, width, text }] of gauges) {
    const steps = growth.get(weight), come = steps.filter(({ at }) => at >= 0 && at <= moment);
    const most = Math.max(...steps.map(({ norm }) => norm));
    const norm = come.length ? come[come.length - 1].norm : 0;
    bar.setAttribute("width", playing() && most > 0 ? (width * norm) / most : 0);
    find(weight)?.classList.toggle("whole", come.length === steps.length);
    if (text) reword(text, playing() && come.length < steps.length ? `|Σ| = ${number(norm)}` : null);
    group.dataset.norm = norm;
    group.dataset.taps = come.length;
  }
}

/** Show one moment; -1 leaves the sweeps. */
function goToMoment(at) {
  moment = Math.min(Math.max(at, -1), frames.length - 1);
  if (playing()) resetTaps();
  scrub.value = moment + 1;
  picture.classList.toggle("playing", playing());
  find("stop").hidden = !playing();
  drawGauges();
  if (!playing()) {
    showDetails(chosen);
    running.replaceChildren(make("span", { class: "note" }, `${frames.length} moments: each op forward, then each op backward, newest first.`));
    only("running", []);
    return;
  }
  const frame = frames[moment], { mark } = nodes[frame.call];
  const back = frame.sweep === "backward";
  for (const id of Object.keys(marks)) {
    const group = find(id);
    if (!group) continue;
    const ran = ranAt.has(id) ? ranAt.get(id) <= moment || (back ? false : id === mark) : true;
    group.classList.toggle("reached", ran);
    const grows = growth.get(id)?.some(({ at }) => at >= 0 && at <= moment);
    group.classList.toggle("returned", grows || (returnedAt.get(id) ?? Infinity) <= moment);
  }
  for (const id of Object.keys(paths)) {
    find(id)?.classList.toggle("reached", isTap(id) && back ? comesAt.get(id) <= moment : !isTap(id) || find(paths[id].head)?.classList.contains("reached"));
  }
  for (const [id, at] of flowsAt) find(id)?.classList.toggle("flowed", at <= moment);
  for (const text of picture.querySelectorAll("[data-tap]")) {
    text.classList.toggle("reached", (comesAt.get(text.dataset.tap) ?? Infinity) <= moment);
  }
  only("running", [mark, ...frame.taps]);
  const [title, rule] = wordsOf(frame);
  running.replaceChildren(make("strong", {}, title), make("code", { title: rule }, rule || " "));
  follow(mark, frame.call);
}

/** The panel shows the box that runs, opened, with its op marked; in a pause that op's numbers too. */
function follow(mark, call) {
  if (shown !== mark) {
    openTab("details");
    showDetails(mark);
    if (!seen(marks[mark])) look(view.scale, marks[mark]);
    find("panel").scrollTop = 0;
  }
  if (timer) markOp(call);
  else openOp(call);
}

/** The next moment; with less motion, that of the next box. */
function onward() {
  let next = moment + 1;
  if (calm.matches) while (next < frames.length - 1 && nodes[frames[next].call].mark === nodes[frames[next + 1].call].mark) next++;
  if (next >= frames.length) return pause();
  goToMoment(next);
}

/** The play button says what it does next. */
function showTimer() {
  player.classList.toggle("runs", timer !== null);
  find("play").setAttribute("aria-label", timer ? "Pause" : "Play");
}

function pause() {
  clearInterval(timer);
  timer = null;
  showTimer();
  if (!playing()) return;
  openOp(frames[moment].call);
  say(running.textContent);
}

/** All moments in about half a minute, none shorter than a frame of the screen. */
function play() {
  if (moment >= frames.length - 1) goToMoment(-1);
  onward();
  const pace = calm.matches ? 1200 : Math.min(Math.max(30000 / frames.length, 16), 450);
  timer = setInterval(onward, pace);
  showTimer();
}

const toggle = () => (timer ? pause() : play());
const step = (by) => { pause(); goToMoment(moment + by); if (playing()) say(running.textContent); };
const leave = () => { pause(); goToMoment(-1); };

if (frames.length) {
  scrub.max = frames.length;
  scrub.addEventListener("input", () => { pause(); goToMoment(Number(scrub.value) - 1); });
  find("play").addEventListener("click", toggle);
  find("forth").addEventListener("click", () => step(1));
  find("back").addEventListener("click", () => step(-1));
  find("to-start").addEventListener("click", () => { pause(); goToMoment(0); });
  find("stop").addEventListener("click", leave);
  goToMoment(-1);
} else {
  player.hidden = true;
}
