// A small part of TeX as MathML, enough for the tasks and hints of the exercises. What it does not
// know it leaves as it is written.

const SYMBOLS = Object.fromEntries(`
alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ tau τ
phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω ell ℓ infty ∞ top ⊤ partial ∂ nabla ∇
hbar ℏ emptyset ∅ dots … ldots … cdots ⋯ vdots ⋮ mathbb{R} ℝ`.trim().split(/\s+/).reduce((pairs, word, k, all) => k % 2 ? pairs : [...pairs, [word, all[k + 1]]], []));
const OPERATORS = {
  cdot: "·", times: "×", odot: "⊙", otimes: "⊗", circ: "∘", pm: "±", mp: "∓", le: "≤", leq: "≤", ge: "≥", geq: "≥", ne: "≠", neq: "≠",
  approx: "≈", equiv: "≡", sim: "∼", propto: "∝", to: "→", rightarrow: "→", leftarrow: "←", mapsto: "↦", Rightarrow: "⇒", in: "∈", notin: "∉",
  subset: "⊂", cup: "∪", cap: "∩", forall: "∀", exists: "∃", mid: "|", lVert: "‖", rVert: "‖", Vert: "‖", "|": "‖", lvert: "|", rvert: "|",
  langle: "⟨", rangle: "⟩", lbrace: "{", rbrace: "}", "{": "{", "}": "}", sum: "∑", prod: "∏", int: "∫", gg: "≫", ll: "≪", quad: "\u2003", qquad: "\u2003\u2003",
  ",": "\u2009", ";": "\u2005", ":": "\u2005", " ": " ", "!": "", colon: ":",
};
const NAMES = new Set("tanh sinh cosh sin cos tan exp log ln max min det diag softmax arg lim".split(" "));
const ACCENTS = { hat: "^", widehat: "^", bar: "¯", overline: "¯", tilde: "~", widetilde: "~", dot: "˙", ddot: "¨", vec: "→" };
const PLAIN = new Set(["text", "mathrm", "operatorname", "textrm", "mathit", "mathbf", "boldsymbol", "mathsf", "mathcal", "mathbb", "texttt"]);
const SKIPPED = new Set(["left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "limits", "nolimits", "tfrac"]);

const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
const row = (items) => items.length === 1 ? items[0] : `<mrow>${items.join("")}</mrow>`;

class Reader {
  constructor(tex) { this.tokens = tex.match(/\\[a-zA-Z]+|\\.|[0-9]+(?:\.[0-9]+)?|\s+|[^]/g) ?? []; }

  next() { return this.tokens.shift(); }

  skip() { while (/^\s+$/.test(this.tokens[0] ?? "")) this.next(); }

  // All up to the end, or to the closing brace.
  all(inside = false) {
    const items = [];
    for (this.skip(); this.tokens.length; this.skip()) {
      if (this.tokens[0] === "}") {
        if (!inside) throw new Error("}");
        this.next();
        return row(items);
      }
      items.push(this.scripted());
    }
    if (inside) throw new Error("{");
    return row(items);
  }

  // One thing with what stands below and above it.
  scripted() {
    const base = this.one();
    let below, above;
    for (this.skip(); this.tokens[0] === "_" || this.tokens[0] === "^" || this.tokens[0] === "'"; this.skip()) {
      const mark = this.next();
      if (mark === "'") above = `<mo>′</mo>`;
      else if (mark === "_") below = this.argument();
      else above = this.argument();
    }
    const large = /^<mo>[∑∏]<\/mo>$/.test(base);
    if (below && above) return large ? `<munderover>${base}${below}${above}</munderover>` : `<msubsup>${base}${below}${above}</msubsup>`;
    if (below) return large ? `<munder>${base}${below}</munder>` : `<msub>${base}${below}</msub>`;
    return above ? `<msup>${base}${above}</msup>` : base;
  }

  // A group in braces, or the next thing; of a number its first digit.
  argument() {
    this.skip();
    const [first] = this.tokens;
    if (/^\d\d/.test(first ?? "")) {
      this.tokens[0] = first.slice(1);
      return `<mn>${first[0]}</mn>`;
    }
    return this.one();
  }

  word() {
    this.skip();
    if (this.next() !== "{") throw new Error("a word");
    let text = "";
    for (let token = this.next(); token !== "}"; token = this.next()) {
      if (token === undefined || token === "{") throw new Error("a word");
      text += token.replace(/^\\(.)$/, "$1");
    }
    return text;
  }

  one() {
    this.skip();
    const token = this.next();
    if (token === undefined || token === "}" || token === "&") throw new Error("nothing");
    if (token === "{") return this.all(true);
    if (/^\d/.test(token)) return `<mn>${token}</mn>`;
    if (/^\p{L}$/u.test(token) || token === "∂" || token === "∞") return `<mi>${token}</mi>`;
    if (!token.startsWith("\\")) return `<mo>${escaped(token === "-" ? "−" : token)}</mo>`;
    const name = token.slice(1);
    if (name === "tfrac" || name === "frac" || name === "dfrac") return `<mfrac>${this.argument()}${this.argument()}</mfrac>`;
    if (name === "sqrt") return `<msqrt>${this.argument()}</msqrt>`;
    if (name in ACCENTS) return `<mover accent="true">${this.argument()}<mo>${ACCENTS[name]}</mo></mover>`;
    if (PLAIN.has(name)) {
      const word = this.word();
      return name === "mathbb" && word === "R" ? "<mi>ℝ</mi>" : /^mathbf|^boldsymbol/.test(name) ? `<mi style="font-weight:bold">${escaped(word)}</mi>` : `<mtext>${escaped(word)}</mtext>`;
    }
    if (SKIPPED.has(name)) return this.tokens[0] === "." ? (this.next(), "") : "";
    if (name in SYMBOLS) return `<mi>${SYMBOLS[name]}</mi>`;
    if (name in OPERATORS) return `<mo>${escaped(OPERATORS[name])}</mo>`;
    if (NAMES.has(name)) return `<mi>${name}</mi>`;
    throw new Error(name);
  }
}

export function maths(tex, block) {
  try {
    return `<math${block ? ' display="block"' : ""}>${new Reader(tex).all()}</math>`;
  } catch {
    return `<code>${escaped(tex)}</code>`;
  }
}
