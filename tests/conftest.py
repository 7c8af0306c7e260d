"""Hypothesis profiles, `ci` unless HYPOTHESIS_PROFILE or --hypothesis-profile asks for `thorough`, and how many networks each tries."""

import os

# Tests run beside each other, a process for each core; threads of numpy and torch would only stand in each other's way.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

import pytest
from hypothesis import HealthCheck, settings

_SLOW_IMPORTS = [HealthCheck.too_slow]
# The same examples on every run, so that a change is what makes a test fail.
settings.register_profile(
    "ci", max_examples=16, deadline=None, derandomize=True, database=None, suppress_health_check=_SLOW_IMPORTS
)
settings.register_profile("thorough", max_examples=800, deadline=None, suppress_health_check=_SLOW_IMPORTS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
# So many cases of a test are run whichever networks they are.
_FEW = 8


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the cases of a test that are bundled networks take every fourth; all of them in the `thorough` profile."""
    # The profile is asked for as late as this, after --hypothesis-profile was read.
    from archcalc.language import bundled  # noqa: PLC0415
    from tests.zoo import THOROUGH  # noqa: PLC0415

    if THOROUGH:
        return
    names = {*bundled()}
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        params = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if any(isinstance(value, str) and value in names for value in params):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    # A few are all taken: they were chosen for what each of them shows.
    left = {item for found in cases.values() if len(found) > _FEW for i, item in enumerate(found) if i % 4}
    config.hook.pytest_deselected(items=[item for item in items if item in left])
    items[:] = [item for item in items if item not in left]
