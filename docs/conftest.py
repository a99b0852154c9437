"""The suite runs the pages here as doctests. Their Python is Sphinx's, which need not be there."""

collect_ignore_glob = ["conf.py", "_extensions/*"]
