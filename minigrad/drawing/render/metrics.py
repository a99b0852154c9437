"""How wide text is: the advance widths of Helvetica, which Arial and Liberation Sans share.

What is not in the table is measured by its kind: accented letters are as wide as plain ones,
ideographs and emoji as wide as they are high. SVG text is told its length, so that it fits where
another font is used.
"""

from __future__ import annotations

import unicodedata

__all__ = ["MEASURED", "width"]

# Advance widths in thousandths of the font size.
_WIDTHS = {
    char: width
    for width, chars in {
        191: "'", 222: "ijl", 260: "|", 278: " !,./:;I[\\]ft·", 323: "ℓ",
        333: "()-`r²³“”₀₁₂₃₄₅₆₇₈₉₊₋ₜ", 334: "{}", 350: "•", 355: '"', 389: "*", 395: "τ", 400: "°",
        446: "ε", 469: "^", 494: "∂", 500: "Jckstvxyzγκλν↑↓‖", 549: "√≈≠≤≥±",
        556: "#$0123456789?L_abdeghnopquηθδβ–", 576: "αμ", 584: "+<=>~−×¬",
        611: "FTZßρ", 618: "Σσ", 648: "φ", 667: "&ABEKPSVXYΔΛ", 690: "π", 713: "∑ψ∞",
        722: "CDHNRUwΠ", 748: "Ω", 778: "GOQΘ", 781: "ω", 798: "ΦΨ", 833: "Mm⊙½", 889: "%æ",
        944: "Wœ", 1000: "→←…—", 1015: "@",
    }.items()
    for char in chars
} | {"t": 278}
MEASURED = frozenset(_WIDTHS)
"""The characters whose widths renderers agree on."""


def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a text in points."""
    return sum(_advance(c) for c in text) * size / 1000 * (1.1 if bold else 1.0)


def _advance(char: str) -> int:
    """The width of one character, in thousandths."""
    if char in _WIDTHS:
        return _WIDTHS[char]
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):  # accents and joiners
        return 0
    plain = unicodedata.normalize("NFD", char)[0]
    if plain in _WIDTHS:
        return _WIDTHS[plain]
    wide = unicodedata.east_asian_width(char) in ("W", "F") or ord(char) > 0xFFFF
    return 1250 if wide and ord(char) > 0xFFFF else 1000 if wide else 700
