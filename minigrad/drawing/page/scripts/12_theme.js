"use strict";
// Light or dark: as the picture was asked for, or as the system has it, until somebody chooses.

const dark = matchMedia("(prefers-color-scheme: dark)");

function setTheme(name) {
  document.documentElement.dataset.theme = name;
}

setTheme(data.theme ?? (dark.matches ? "dark" : "light"));
if (!data.theme) dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
find("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
