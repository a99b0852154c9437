"use strict";
// Search: the first hit is shown at once, Enter goes to the next one.

const search = find("search"), found = find("found");
let hits = [], hit = -1;

const textOf = (id) => [titleOf(id), marks[id]?.weight, marks[id]?.name, paths[id]?.weight, marks[id]?.words, marks[id]?.scope, ...(isBox(id) ? callsIn(id).map((k) => [callWords(k), nodes[k].name]) : [])]
  .flat().filter(Boolean).join(" ").toLowerCase();

/** The things whose words hold all words of the query; "t=3" asks for a step. */
function matches(query) {
  const words = query.toLowerCase().replace(/t\s*=\s*/g, "t=").split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  return selectable.filter((id) => {
    const text = textOf(id), step = (marks[id] || paths[id]).step;
    return words.every((word) => (/^t=-?\d+$/.test(word) ? String(step) === word.slice(2) : text.includes(word)));
  });
}

function goTo(k) {
  hit = (k + hits.length) % hits.length;
  only("hit", hits);
  chosen = hits[hit];
  only("chosen", together(chosen));
  openTab("details");
  showDetails(chosen);
  reveal(chosen);
  found.textContent = `${hit + 1} of ${hits.length}`;
  say(`${hit + 1} of ${hits.length}: ${titleOf(chosen)}`);
}

search.addEventListener("input", () => {
  hits = matches(search.value);
  only("hit", hits);
  found.textContent = search.value.trim() ? "nothing found" : "";
  if (hits.length) goTo(0);
});

search.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && hits.length) goTo(hit + (event.shiftKey ? -1 : 1));
  if (event.key === "Escape") {
    search.value = "";
    search.dispatchEvent(new Event("input"));
    search.blur();
    event.stopPropagation();
  }
});
