"""Sheets and slides as files: Markdown, HTML that needs no network, PDF.

One page is written once, in Markdown with formulas and pictures. A notebook shows it, a file has
it in the form that its name asks for.

Reading order: mathml.py (a formula), markdown.py (a text), printing.py (a browser that prints),
document.py (all of it together).
"""

from .document import Document

__all__ = ["Document"]
