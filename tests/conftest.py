"""Hypothesis profiles: `ci` unless HYPOTHESIS_PROFILE or --hypothesis-profile asks for `thorough`."""

import os

# Tests run beside each other, a process for each core; threads of numpy and torch would only stand in each other's way.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

from hypothesis import HealthCheck, settings

_SLOW_IMPORTS = [HealthCheck.too_slow]
# The same examples on every run, so that a change is what makes a test fail.
settings.register_profile(
    "ci", max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=_SLOW_IMPORTS
)
settings.register_profile("thorough", max_examples=800, deadline=None, suppress_health_check=_SLOW_IMPORTS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
