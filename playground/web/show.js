// What a run says and draws. Text, Markdown and errors go below the program, pictures beside it, each
// in a frame of its own that can reach neither this page nor any other.
import { markdown } from "./markdown.js";

const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text ?? "" });

// Text as a terminal shows it: a carriage return begins the line anew.
function typed(before, text) {
  const lines = (before + text.replace(/\r\n/g, "\n")).split("\n");
  return lines.map((line) => line.includes("\r") ? line.replace(/\r$/, "").split("\r").at(-1) : line).join("\n");
}

export class Shown {
  constructor(output, pictures, tabs) {
    Object.assign(this, { output, pictures, tabs, chosen: 0 });
    this.clear();
  }

  // A new run begins. `quiet`: the last pictures stay until there are new ones.
  begin(quiet) {
    this.fresh = true;
    this.count = 0;
    this.names = [];
    this.quiet = quiet;
    if (!quiet) this.clear();
  }

  clear() {
    this.output.replaceChildren();
    this.pictures.replaceChildren();
    this.tabs.replaceChildren();
    this.count = 0;
    this.names = [];
    this.fresh = false;
  }

  put(element) {
    if (this.fresh) {
      this.output.replaceChildren();
      this.fresh = false;
    }
    const low = this.output.scrollHeight - this.output.scrollTop - this.output.clientHeight < 40;
    this.output.append(element);
    if (low) this.output.scrollTop = this.output.scrollHeight;
    return element;
  }

  title(text) { this.put(make("h3", "", text)); }

  text(stream, text) {
    const last = this.fresh ? null : this.output.lastElementChild;
    if (last?.dataset.stream === stream) last.textContent = typed(last.textContent, text);
    else this.put(make("pre", stream, typed("", text))).dataset.stream = stream;
  }

  error(text) { this.put(make("pre", "error", text)).setAttribute("role", "alert"); }

  note(text) { this.put(make("p", "note", text)); }

  show(kind, data, title) {
    if (kind === "markdown") {
      const element = this.put(make("div", "markdown"));
      element.innerHTML = markdown(data);
      element.classList.toggle("right", data.startsWith("**✓"));
      element.classList.toggle("wrong", data.startsWith("**✗"));
    } else this.picture(kind, data, title);
  }

  picture(kind, data, title) {
    const number = ++this.count, name = this.named(title || "Picture");
    const frame = make("iframe");
    frame.title = name;
    frame.setAttribute("sandbox", "allow-scripts");
    frame.srcdoc = kind === "page" ? data : still(kind, data);
    const old = this.pictures.children[number - 1];
    if (old) {    // of the last run: it is seen until this one can be
      old.querySelector("iframe.waiting")?.remove();
      frame.className = "waiting";
      frame.addEventListener("load", () => {
        for (const other of [...old.children]) if (other !== frame) other.remove();
        frame.className = "";
      });
      old.append(frame);
    } else {
      const place = make("div", "picture");
      place.append(frame);
      this.pictures.append(place);
      this.tabs.append(this.tab(number));
      if (!this.quiet) this.chosen = number - 1;
    }
    this.tabs.children[number - 1].textContent = name;
    this.choose(Math.min(this.chosen, this.count - 1));
    const link = this.put(make("button", "to-picture", `▣ ${name}`));
    link.addEventListener("click", () => this.choose(number - 1, true));
  }

  // A name that no other picture of the run has.
  named(title) {
    const same = this.names.filter((name) => name === title).length;
    this.names.push(title);
    return same ? `${title} (${same + 1})` : title;
  }

  tab(number) {
    const tab = make("button", "tab");
    tab.setAttribute("role", "tab");
    tab.addEventListener("click", () => this.choose(number - 1, true));
    return tab;
  }

  choose(k, byHand = false) {
    if (byHand) this.pictures.scrollIntoView({ block: "nearest" });
    this.chosen = k;
    [...this.pictures.children].forEach((place, i) => { place.hidden = i !== k; });
    [...this.tabs.children].forEach((tab, i) => tab.setAttribute("aria-selected", String(i === k)));
    this.tabs.hidden = this.tabs.children.length < 2;
  }

  // The run is over: what the last one had and this one has not goes.
  end() {
    if (this.fresh) this.output.replaceChildren();
    this.fresh = false;
    for (const list of [this.pictures, this.tabs]) while (list.children.length > this.count) list.lastElementChild.remove();
    if (this.count) this.choose(Math.min(this.chosen, this.count - 1));
  }
}

// A frame's page around a still picture, or around a piece of HTML.
function still(kind, data) {
  const body = kind === "png" ? `<img alt="" src="data:image/png;base64,${data}">` : data;
  return `<!doctype html><meta charset="utf-8"><style>body{margin:8px;background:#fff;color:#222;font:14px/1.45 Helvetica,Arial,sans-serif}
    svg,img{max-width:100%;height:auto}table{border-collapse:collapse}td,th{padding:2px 8px;text-align:left}</style>${body}`;
}
