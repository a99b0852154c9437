"""The pages of docs/reference that are made from the code: ops, laws, the command line, the API.

They are kept as Markdown, so that they can be read in the repository too. ``python -m
benchmarks.reference`` writes them anew, and a test holds that it has been done.
"""

__all__: list[str] = []
