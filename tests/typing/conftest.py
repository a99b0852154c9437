"""The two files are what type checkers are given; they are no tests."""

collect_ignore = ["accepted.py", "refused.py"]
