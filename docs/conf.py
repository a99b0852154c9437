"""How Sphinx makes the book: `make docs`.

A lesson is a notebook in Markdown. It is executed while its page is made, so that each number and
picture on the page comes from that run; what goes wrong in a cell fails the build. The site asks
for nothing from elsewhere.
"""

import hashlib
import os
import sys
from pathlib import Path

import minigrad

HERE = Path(__file__).parent
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")    # of the kernels, two of which run at a time
sys.path.insert(0, str(HERE / "_extensions"))

project = "minigrad"
author = "the minigrad authors"
copyright = author
release = minigrad.__version__

# mathml: formulas, without a script. repository: files that pages link to, as pages.
# notebooks: each lesson as .ipynb, and in the playground. docstrings: plain text, for autodoc.
# slides: the decks for teachers.
extensions = [
    "myst_nb", "sphinx.ext.autodoc", "docstrings", "mathml", "repository", "notebooks", "slides",
]
exclude_patterns = ["_*"]
nitpicky = True

autodoc_typehints = "none"           # the docstrings say what arguments are
autodoc_preserve_defaults = True

myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 4
myst_url_schemes = {"http": None, "https": None, "mailto": None, "repository": None}

nb_execution_mode = "force"
nb_execution_timeout = 300
nb_execution_in_temp = True
nb_execution_show_tb = True      # and the warning that goes with it fails the build
nb_merge_streams = True
nb_render_markdown_format = "myst"    # formulas in what cells print as Markdown
nb_output_stderr = "warn"    # a warning on a page is a mistake, or said to be none in its cell
nb_ipywidgets_js = {}        # they would come from another site

html_theme = "furo"
html_title = f"minigrad {release}"
html_static_path = ["_static"]
html_favicon = "_static/icon.svg"
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_copyright = False
html_theme_options = {"navigation_with_keys": True}

# The pages show what the packages compute: where those have changed, all is made anew.
_PYTHON = sorted(p for name in ("minigrad", "rnn") for p in (HERE.parent / name).rglob("*.py"))
packages = hashlib.sha256(b"".join(path.read_bytes() for path in _PYTHON)).hexdigest()


def setup(app):
    app.add_config_value("packages", "", "env", str)
