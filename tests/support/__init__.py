"""What several tests share: inputs, small models, references written out by hand, comparisons.

A helper that one file needs stays in that file.
"""
