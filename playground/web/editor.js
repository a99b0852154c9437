// A light editor: a textarea above its own text in colours, with line numbers. Tab indents,
// Shift+Tab takes it back, Enter keeps the indentation, Ctrl+/ comments; after Escape, Tab leaves.

const WORDS = new Set(("False None True and as assert async await break class continue def del elif else except finally " +
  "for from global if import in is lambda nonlocal not or pass raise return try while with yield match case").split(" "));
const TOKEN = new RegExp([
  /(?<comment>#[^\n]*)/, /(?<string>(?<!\w)[rbfu]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
  /(?<number>\b(?:0[xob][\da-f_]+|\d[\d_]*\.?[\d_]*(?:e[+-]?\d+)?j?)\b)/, /(?<decorator>^[ \t]*@[\w.]+)/, /(?<name>[^\W\d]\w*)/,
].map((part) => part.source).join("|"), "gim");

const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

export function coloured(source) {
  let html = "", end = 0;
  for (const found of source.matchAll(TOKEN)) {
    const [kind, text] = Object.entries(found.groups).find(([, text]) => text !== undefined);
    const known = kind === "name" ? (WORDS.has(text) ? "keyword" : "") : kind === "comment" && text.startsWith("# %%") ? "cell" : kind;
    html += escaped(source.slice(end, found.index)) + (known ? `<i class="${known}">${escaped(text)}</i>` : escaped(text));
    end = found.index + text.length;
  }
  return html + escaped(source.slice(end));
}

export class Editor {
  constructor(root, changed) {
    [this.text, this.colours, this.numbers] = ["textarea", "pre code", ".numbers"].map((part) => root.querySelector(part));
    this.leaving = false;
    this.text.addEventListener("input", () => { this.mark(null); this.paint(); changed(); });
    this.text.addEventListener("scroll", () => this.follow());
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.paint();
  }

  get value() { return this.text.value; }

  set value(source) {
    this.text.value = source;
    this.text.scrollTop = this.text.scrollLeft = 0;
    this.mark(null);
    this.paint();
  }

  paint() {
    this.colours.innerHTML = coloured(this.value) + "\n";
    const lines = this.value.split("\n").length;
    this.numbers.replaceChildren(...Array.from({ length: lines }, (_, k) => {
      const number = document.createElement("span");
      number.textContent = k + 1;
      number.className = k + 1 === this.marked ? "wrong" : "";
      return number;
    }));
    this.follow();
  }

  // Mark the line of an error, and bring it into view.
  mark(line) {
    if (line === this.marked) return;
    this.marked = line;
    this.paint();
    const number = line && this.numbers.children[line - 1];
    if (number) {
      const { scrollTop, clientHeight } = this.text, top = number.offsetTop;
      if (top < scrollTop || top > scrollTop + clientHeight - 30) this.text.scrollTop = top - clientHeight / 2;
    }
  }

  follow() {
    const { scrollTop, scrollLeft } = this.text;
    this.colours.parentElement.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
    this.numbers.style.transform = `translateY(${-scrollTop}px)`;
  }

  key(event) {
    const leaving = this.leaving;
    this.leaving = event.key === "Escape";
    if (event.key === "Tab" && !leaving) {
      event.preventDefault();
      const { selectionStart: a, selectionEnd: b } = this.text;
      if (event.shiftKey) this.lines((line) => line.replace(/^ {1,4}/, ""));
      else if (this.value.slice(a, b).includes("\n")) this.lines((line) => line && "    " + line);
      else this.insert(" ".repeat(4 - (a - this.value.lastIndexOf("\n", a - 1) - 1) % 4));
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing) {
      event.preventDefault();
      const before = this.value.slice(0, this.text.selectionStart), line = before.slice(before.lastIndexOf("\n") + 1);
      this.insert("\n" + line.match(/^ */)[0] + (/:\s*(#.*)?$/.test(line) ? "    " : ""));
    } else if (event.key === "/" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      const all = this.selected().text.split("\n").every((line) => /^\s*(#|$)/.test(line));
      this.lines((line) => all ? line.replace(/^(\s*)# ?/, "$1") : line && line.replace(/^(\s*)/, "$1# "));
    }
  }

  // Put text where the selection is; the browser's own undo knows of it.
  insert(text) {
    this.text.focus();
    if (!document.execCommand("insertText", false, text)) {
      this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, "end");
      this.text.dispatchEvent(new Event("input"));
    }
  }

  // The selected lines, whole.
  selected() {
    const { value, text: { selectionStart: a, selectionEnd: b } } = this;
    const first = value.lastIndexOf("\n", a - 1) + 1, end = value.indexOf("\n", b > a ? b - 1 : b);
    return { first, text: value.slice(first, end < 0 ? value.length : end) };
  }

  // Change each of them.
  lines(change) {
    const { first, text } = this.selected(), after = text.split("\n").map(change).join("\n");
    if (after === text) return;
    this.text.setSelectionRange(first, first + text.length);
    this.insert(after);
    this.text.setSelectionRange(first, first + after.length);
  }
}
