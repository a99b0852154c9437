"use strict";
// Backward arrows, against the wires: all of them where they were asked for, and in the backward
// sweep each as its cotangent flows.

/** Show all of them, or none. */
function showBackward(on) {
  picture.classList.toggle("backward", on);
  find("backward").setAttribute("aria-pressed", on);
}

showBackward(data.backward);
find("backward").addEventListener("click", () => showBackward(!picture.classList.contains("backward")));
find("backward").hidden = !Object.values(paths).some(({ kind }) => kind === "cotangent");
