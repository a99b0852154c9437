"use strict";
// Other numbers at the taps of the picture: those of one loss, of a truncation, of a replay.

/** Words in place of those of a text element; null brings the first ones back. */
function reword(text, words) {
  text.before_ ??= { nodes: [...text.childNodes], length: text.getAttribute("textLength") };
  if (words === null) {
    text.replaceChildren(...text.before_.nodes);
    if (text.before_.length) text.setAttribute("textLength", text.before_.length);
  } else {
    text.removeAttribute("textLength");
    text.replaceChildren(words);
  }
}

const wordsAt = new Map([...picture.querySelectorAll("[data-tap]")].map((group) => [group.dataset.tap, group.querySelector("text")]));

/** Show other numbers, by tap: width and strength are relative to `most`; taps that are not named
 *  are faint. losing: whether a tap that had a number and has none now is marked as lost. */
function setTaps(values, most, losing = false) {
  for (const id of Object.keys(paths).filter(isTap)) {
    const group = find(id), line = group?.querySelector(".line");
    if (!line) continue;
    const named = values.has(id), value = values.get(id) ?? 0, share = most > 0 ? Math.min(Math.abs(value) / most, 1) : 0;
    line.style.strokeWidth = named ? 0.8 + 2.8 * share : "";
    group.style.opacity = named ? 0.25 + 0.75 * share : 0.15;
    const lost = losing && named && value === 0 && Number(paths[id].norm) > 0;
    group.classList.toggle("lost", lost);
    if (lost) group.style.opacity = 1;
    if (wordsAt.has(id)) {
      reword(wordsAt.get(id), named ? number(value) : null);
      wordsAt.get(id).style.opacity = named ? 1 : 0.15;
    }
  }
  picture.classList.add("other");
  picture.classList.remove("alone");
}

/** The picture's own numbers again. */
function resetTaps() {
  if (!picture.classList.contains("other")) return;
  picture.classList.remove("other", "alone");
  for (const id of Object.keys(paths).filter(isTap)) {
    const group = find(id), line = group?.querySelector(".line");
    if (!line) continue;
    line.style.strokeWidth = group.style.opacity = "";
    group.classList.remove("lost");
    if (wordsAt.has(id)) {
      reword(wordsAt.get(id), null);
      wordsAt.get(id).style.opacity = "";
    }
  }
}
