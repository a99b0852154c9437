// The page: the program, what runs it, what it shows.
import { Editor } from "./editor.js";
import { Engine } from "./engine.js";
import { Knobs } from "./knobs.js";
import { asked, fragment } from "./link.js";
import { Shown } from "./show.js";

const $ = (id) => document.getElementById(id);
const DRAFT = "minigrad.playground.draft";

function say(text, part = null, alarm = false) {
  $("said").textContent = text;
  $("progress").hidden = part === null;
  if (part !== null) $("progress").value = part;
  $("status").classList.toggle("alarm", alarm);
}

// What a browser may refuse, where it keeps nothing, is not kept.
function kept(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    localStorage.setItem(name, value);
  } catch { /* as in a private window */ }
  return null;
}

// -- light and dark

function colour(theme) {
  document.documentElement.dataset.theme = theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}
colour(kept("minigrad.playground.theme"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => colour(kept("minigrad.playground.theme")));
$("theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  kept("minigrad.playground.theme", theme);
  colour(theme);
});

// -- the program and its runs

const editor = new Editor($("editor"), () => kept(DRAFT, editor.value));
const shown = new Shown($("output"), $("pictures"), $("tabs"));
const knobs = new Knobs($("knobs"), () => turn());
let engine = null, again = false, clock = 0;

function buttons() {
  const running = engine?.running != null;
  $("run").disabled = !engine?.ready || running;
  $("stop").disabled = !running;
  document.body.dataset.state = running ? "running" : engine?.ready ? "ready" : engine?.worker ? "loading" : "lost";
}

function run(turned = false) {
  if (!engine?.ready || engine.running !== null) return;
  again = false;
  editor.mark(null);
  shown.begin(turned);
  knobs.begin();
  engine.run(editor.value, knobs.values);
  say("Running…");
  let seconds = 0;
  clock = setInterval(() => say(`Running… ${++seconds} s`), 1000);
  buttons();
}

// A knob was moved: run again, and where a run is on its way, once more after it.
function turn() {
  if (engine?.running != null) again = true;
  else run(true);
}

const hear = {
  starting: () => say("Loading Python, NumPy and minigrad…", 0),
  progress: ({ part }) => say("Loading Python, NumPy and minigrad…", part),
  stage: ({ text }) => say(`${text[0].toUpperCase()}${text.slice(1)}…`, 1),
  ready: ({ seconds }) => say(`Ready (loaded in ${seconds.toFixed(1)} s).`),
  title: ({ text }) => shown.title(text),
  text: ({ stream, text }) => shown.text(stream, text),
  show: ({ kind, data, title }) => shown.show(kind, data, title),
  knob: (message) => knobs.declare(message),
  error: ({ text, line }) => {
    shown.error(text);
    if (line) editor.mark(line);
  },
  done: ({ seconds, whole }) => {
    shown.end();
    if (whole) knobs.end();
    say(whole ? `Done in ${seconds.toFixed(2)} s.` : "Not to the end: see the output.", null, !whole);
    if (again) setTimeout(() => run(true));
  },
  stopped: () => {
    shown.note("Stopped. Python starts anew.");
    shown.end();
  },
  lost: ({ text, fatal }) => {
    shown.error(fatal ? `Python gave up in this program: ${text}. It starts anew. (Very deep recursion does this, or memory that is used up.)` : `Python could not be loaded: ${text}. Reload the page to try again.`);
    shown.end();
    say("Python is lost.", null, true);
  },
};

function told(message) {
  if (engine?.running === null) clearInterval(clock);
  hear[message.type]?.(message);
  buttons();
}

$("run").addEventListener("click", () => run());
$("stop").addEventListener("click", () => engine.stop());
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});

// -- the menu, links, what this is

function open(source, stand = {}) {
  editor.value = source;
  knobs.set(stand);
  shown.clear();
  kept(DRAFT, source);
}

const programs = new Map();

async function fill() {
  const groups = await (await fetch("programs.json")).json();
  for (const { label, programs: list } of groups) {
    if (!list.length) continue;
    const group = Object.assign(document.createElement("optgroup"), { label });
    for (const { name, title, source } of list) {
      programs.set(name, source);
      group.append(new Option(title, name));
    }
    $("menu").append(group);
  }
}

$("menu").addEventListener("change", () => {
  const name = $("menu").value;
  if (!programs.has(name)) return;
  open(programs.get(name));
  history.replaceState(null, "", `#lesson=${name}`);
});

$("link").addEventListener("click", async () => {
  history.replaceState(null, "", await fragment(editor.value, knobs.values));
  try {
    await navigator.clipboard.writeText(location.href);
    say("The link is copied; it is in the address bar too.");
  } catch {
    say("The link is in the address bar.");
  }
});

async function follow() {
  try {
    const { source, lesson, knobs: stand } = await asked(location.hash);
    if (source !== null) return open(source, stand), true;
    if (lesson === null) return false;
    if (!programs.has(lesson)) throw new Error(`there is no lesson ${lesson}`);
    open(programs.get(lesson), stand);
    $("menu").value = lesson;
    return true;
  } catch (error) {
    shown.error(`This link carries no program that can be read (${error.message}).`);
    return false;
  }
}
window.addEventListener("hashchange", follow);

$("about-button").addEventListener("click", () => $("about").showModal());

await fill();
if (!await follow()) {
  const [first] = programs.keys();
  if (kept(DRAFT)) open(kept(DRAFT));
  else open(programs.get(first));
}
if (typeof WebAssembly !== "object" || typeof Worker !== "function") {
  say("This browser has no WebAssembly, so programs cannot run here. They can be read, and the lessons have stills of their pictures.", null, true);
} else {
  engine = new Engine(told);
  $("how-stop").textContent = engine.isolated
    ? "the run is interrupted, as by Ctrl-C; where that does not help within 2 seconds, Python starts anew."
    : "Python is ended and starts anew, which takes a few seconds. (A host that sends the two headers of cross-origin isolation can do without.)";
}
