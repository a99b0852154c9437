// A page that was opened from its file may load no modules and no workers: say what to do instead.
if (location.protocol === "file:") {
  document.getElementById("status").className = "alarm";
  document.getElementById("progress").hidden = true;
  document.getElementById("said").textContent = "This page was opened from a file, and browsers start no programs from there. " +
    "In its folder, python -m http.server serves it at http://localhost:8000.";
}
