// The Markdown that feedback, hints and solutions are written in: paragraphs, headings, lists,
// tables, fenced code, and in a line code, maths, bold, italic and links. HTML in it is text.
import { coloured } from "./editor.js";
import { maths } from "./math.js";

const escaped = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

// What is left alone: code and maths; the rest is looked through for bold, italic and links.
function inline(text) {
  return text.split(/(`[^`]+`|\$\$[^$]+\$\$|\$[^$\s](?:[^$]*[^$\s])?\$(?!\d))/).map((part, k) => {
    if (k % 2 === 0) return styled(part);
    if (part[0] === "`") return `<code>${escaped(part.slice(1, -1))}</code>`;
    return part.startsWith("$$") ? maths(part.slice(2, -2), true) : maths(part.slice(1, -1), false);
  }).join("");
}

function styled(text) {
  return escaped(text)
    .replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, '<a href="$2" target="_blank" rel="noopener noreferrer">$1</a>')
    .replace(/\*\*(.+?)\*\*/gs, "<strong>$1</strong>")
    .replace(/(^|[^\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])/g, "$1<em>$2</em>");
}

function table(rows) {
  const cells = (line, tag) => line.replace(/^\||\|$/g, "").split("|").map((cell) => `<${tag}>${inline(cell.trim())}</${tag}>`).join("");
  const [head, , ...body] = rows;
  return `<table><tr>${cells(head, "th")}</tr>${body.map((line) => `<tr>${cells(line, "td")}</tr>`).join("")}</table>`;
}

function block(text) {
  const lines = text.split("\n");
  const heading = text.match(/^(#{1,4}) (.*)$/);
  if (heading) return `<h4>${inline(heading[2])}</h4>`;
  if (lines.length > 1 && /^\|?[\s:|-]+\|[\s:|-]*$/.test(lines[1])) return table(lines);
  for (const [tag, mark] of [["ul", /^[-*] /], ["ol", /^\d+\. /]]) {
    if (mark.test(text)) {
      const items = lines.reduce((all, line) => mark.test(line) ? [...all, line.replace(mark, "")] : [...all.slice(0, -1), `${all.at(-1)} ${line.trim()}`], []);
      return `<${tag}>${items.map((item) => `<li>${inline(item)}</li>`).join("")}</${tag}>`;
    }
  }
  return `<p>${inline(text)}</p>`;
}

export function markdown(source) {
  return source.split(/^```/m).map((part, k) => {
    if (k % 2) {
      const [language, ...lines] = part.split("\n"), code = lines.join("\n").replace(/\n$/, "");
      return `<pre><code>${/^py/.test(language.trim()) ? coloured(code) : escaped(code)}</code></pre>`;
    }
    return part.split(/\n\s*\n/).map((text) => text.trim()).filter(Boolean).map(block).join("");
  }).join("");
}
