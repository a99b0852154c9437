"use strict";
// The panels beside the picture, one at a time.

const panels = { details: "Details", times: "Two times", knobs: "Knobs" };
const tabs = new Map();

function openTab(name) {
  for (const [other, tab] of tabs) {
    tab.setAttribute("aria-selected", other === name);
    tab.tabIndex = other === name ? 0 : -1;
    find(other).hidden = other !== name;
  }
}

/** Add a tab; a panel with nothing in it has none. */
function addTab(name) {
  const tab = make("button", { role: "tab", "aria-controls": name, id: `tab-${name}`, onclick: () => openTab(name) }, panels[name]);
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = [...tabs.keys()], next = names[(names.indexOf(name) + step + names.length) % names.length];
    openTab(next);
    tabs.get(next).focus();
    event.stopPropagation();
  });
  tabs.set(name, tab);
  find("tabs").append(tab);
}

addTab("details");
openTab("details");
