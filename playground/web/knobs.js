// Sliders for the numbers that a program declares with knob(name, low, high).

export class Knobs {
  constructor(root, turned) {
    Object.assign(this, { root, turned, values: {} });
    this.seen = new Map();
  }

  // Where they stand, for another program or one that a link carries.
  set(values) {
    this.values = { ...values };
    this.seen.clear();
    this.root.replaceChildren();
    this.root.hidden = true;
  }

  begin() { this.declared = new Set(); }

  declare({ name, low, high, value }) {
    this.declared.add(name);
    this.root.hidden = false;
    const old = this.seen.get(name);
    if (old && old.low === low && old.high === high) return;    // it may be held at this moment
    const label = document.createElement("label"), slider = document.createElement("input"), output = document.createElement("output");
    label.append(Object.assign(document.createElement("span"), { textContent: name }), slider, output);
    Object.assign(slider, { type: "range", min: low, max: high, step: "any", value, ariaLabel: name });
    const tell = () => { output.textContent = Number(slider.value).toPrecision(3); };
    slider.addEventListener("input", () => {
      this.values[name] = Number(slider.value);
      tell();
      this.turned();
    });
    tell();
    if (old) old.label.replaceWith(label);
    else this.root.append(label);
    this.seen.set(name, { low, high, label });
  }

  // The run is over: a knob that it has not declared is gone.
  end() {
    for (const [name, { label }] of this.seen) {
      if (!this.declared.has(name)) {
        label.remove();
        this.seen.delete(name);
      }
    }
    this.root.hidden = this.seen.size === 0;
  }
}
