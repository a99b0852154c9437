"""One test for hundreds of small cases."""

import itertools

__all__ = ["for_each"]


def for_each(*values):
    """As a ``pytest.mark.parametrize`` for each argument, but one test that names all cases which
    fail: for cases by the hundred of some microseconds, where pytest takes milliseconds for each.

    values: of each argument; the decorated function is called with all combinations.
    """
    cases = list(itertools.product(*values))

    def decorate(check):
        def test():
            failed = []
            for case in cases:
                try:
                    check(*case)
                except Exception as error:
                    error.add_note(f"the case: {', '.join(map(str, case))}")
                    failed.append(error)
            if failed:
                raise ExceptionGroup(f"{len(failed)} of {len(cases)} cases fail", failed)

        # Not by functools.wraps, through which pytest would see the argument and want a fixture.
        test.__name__, test.__qualname__ = check.__name__, check.__qualname__
        test.__module__, test.__doc__ = check.__module__, check.__doc__
        return test

    return decorate
