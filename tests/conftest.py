"""How many examples a property gets: Hypothesis profiles, chosen with --hypothesis-profile=NAME.

quick (the default) draws new examples on every run; ci, loaded where the CI variable is set, the
same ones on every run; thorough draws ten times as many.
"""

import os

from hypothesis import settings

settings.register_profile("quick", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("thorough", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "quick")
