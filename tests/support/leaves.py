"""Leaves, for the tests of the engine."""

import numpy as np

import minigrad as mg


def leaf(*values, name=None):
    return mg.tensor(np.array(values, float), requires_grad=True, name=name)
