"""Hypothesis settings: quick at the desk, the same examples every time where CI is set."""

import gc
import os
import signal

import hypothesis
import numpy as np
import pytest

import minigrad.testing.profiles  # noqa: F401  # registers quick, ci and thorough

pytest.register_assert_rewrite("tests.support")  # a helper's assertion tells its values too
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "quick")


def pytest_collection_modifyitems(config, items):
    """Browsers start slowly: `make test` leaves them out, `make test-browser` does not."""
    if "browser" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def browser():
    """One browser for all tests of a run, which are run where they are asked for: `-m browser`."""
    from tests.support.pages import started

    with started() as one:
        yield one


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is collected, modules and 20,000 tests, stays to the end: the collector of garbage need
    not go through it again and again, which would take a tenth of the time. Nor need it come for
    every 700 objects: hardly any of ours are in circles."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(200_000, 20, 20)
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """So does what the tests of a file leave behind: plans, sources, reports."""
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_arrives():
    """SIGINT raises KeyboardInterrupt, also where the suite is run in the background of a shell
    (``nohup make test &``), which starts its jobs with SIGINT ignored, as their children are."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def collector_off():
    """No garbage is collected while the test runs, but by reference counts; what there was before
    is not among ``gc.get_objects()``, which are many and would take most of the time."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def invalid_values_without_a_warning():
    """The forward divides by 0 or uses NaN, and NumPy should warn of it; that is not tested."""
    with np.errstate(all="ignore"):
        yield
