"""Formulas as MathML, which browsers set themselves: no script, no request, words to a reader.

The font is STIX Two Math, out of a package that draws formulas with it, cut down to what is needed.
"""

import logging as plain_logging
import re
from importlib.resources import files
from pathlib import Path

from docutils import nodes
from fontTools import subset
from latex2mathml.converter import convert
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

_LOG = logging.getLogger(__name__)

# In the words that latex2mathml knows: it has no `aligned`, and lets a loose \lVert grow.
_WORDS = ((r"{aligned}", "{align*}"), (r"\lVert", r"\|"), (r"\rVert", r"\|"))

# Latin, Greek, punctuation, letters like ℝ, arrows, operators, brackets, shapes, italics and others
_CHARACTERS = ("20-7E,A0-FF,300-338,370-3FF,2010-2044,20D0-214F,2190-21FF,2200-23FF,25A0-25FF,"
               "27E6-27EB,27F5-27FF,2A00-2A3F,1D400-1D503,1D538-1D56B,1D6A4-1D7FF")


def _mathml(node, display):
    """A formula; one of several lines is aligned at its `&`."""
    tex = node.astext().strip()
    if display == "block" and r"\\" in tex and r"\begin{" not in tex:
        tex = rf"\begin{{align*}}{tex}\end{{align*}}"
    for word, known in _WORDS:
        tex = re.sub(rf"(?<!\\left)(?<!\\right){re.escape(word)}", lambda _, to=known: to, tex)
    found = convert(tex, display=display)
    if unknown := re.search(r"\\[a-zA-Z]+|begin\{|<mi>&amp;", found):
        _LOG.warning("no MathML is known for %r in %r", unknown[0], tex, location=node)
    return found


def _inline(writer, node):
    writer.body.append(_mathml(node, "inline"))
    raise nodes.SkipNode


def _block(writer, node):
    ids = "".join(f' id="{own}"' for own in node["ids"][:1])
    number = get_node_equation_number(writer, node) if node["number"] else ""
    shown = f'<span class="eqno">({number})</span>' if number else ""
    writer.body.append(f'<div class="formula"{ids}>{_mathml(node, "block")}{shown}</div>\n')
    raise nodes.SkipNode


def _write_font(app, failed):
    if failed or app.builder.format != "html":
        return
    plain_logging.getLogger("fontTools").setLevel("WARNING")
    options = subset.Options(flavor="woff", layout_features=["ssty", "flac", "dtls"])
    font = subset.load_font(str(files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf"), options)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=subset.parse_unicodes(_CHARACTERS))
    cut.subset(font)
    subset.save_font(font, str(Path(app.outdir, "_static", "math.woff")), options)


def setup(app):
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("build-finished", _write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
