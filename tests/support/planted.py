"""Ops with planted faults, and other subjects for the testing kit."""

import minigrad as mg
from minigrad.engine.op import OPS


def planted(signature="()->()", **record):
    """``mg.primitive`` for an op that stays out of the registry."""

    def decorate(forward):
        function = mg.primitive(signature, name="planted", formula="planted", **record)(forward)
        del OPS["planted"]
        return function

    return decorate
