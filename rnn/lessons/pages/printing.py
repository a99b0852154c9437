"""Printing a page of HTML to PDF, by a browser of the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from minigrad.drawing import RendererNotFoundError, RenderError

__all__ = ["browser", "printed"]

# Chromium and its relations, which all print without a window; by name on the PATH, or where
# their installers put them.
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_PATIENCE = 120  # seconds


def browser() -> str | None:
    """The program that prints, or None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def printed(html: str, called: str) -> bytes:
    """A page as PDF, in the size that its style sheet says (``@page``).

    called: how the user called it, for the messages.

    Raises RendererNotFoundError, which says what to do, where there is no browser of the family of
    Chromium; RenderError where it fails.
    """
    program = browser()
    if program is None:
        raise RendererNotFoundError(
            f"{called}: a PDF is printed by Chromium, Chrome or Edge, and none was found. Install "
            f"one so that `chromium` is on the PATH, or save the page as .html, open it in any "
            f"browser, and print it there to a PDF"
        )
    with tempfile.TemporaryDirectory() as folder:
        page, made = Path(folder, "page.html"), Path(folder, "page.pdf")
        page.write_text(html, encoding="utf-8")
        command = [
            program, "--headless", "--disable-gpu", f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer", f"--print-to-pdf={made}", page.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")    # it refuses to run as root with one
        try:
            done = subprocess.run(
                command, capture_output=True, check=False, timeout=_PATIENCE
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RenderError(f"{called}: {program} did not print: {error}") from error
        if not made.is_file():
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise RenderError(f"{called}: {program} printed nothing: {' '.join(last)}")
        return made.read_bytes()
