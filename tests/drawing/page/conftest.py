"""One browser for all tests of a run, which are run where they are asked for: `-m browser`."""

import pytest

from tests.support.pages import started


def pytest_collection_modifyitems(config, items):
    """Browsers start slowly: `make test` leaves them out, `make test-browser` does not."""
    if "browser" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def browser():
    with started() as one:
        yield one
