"""Hypothesis profiles: `ci` unless HYPOTHESIS_PROFILE or --hypothesis-profile asks for `thorough`."""

import os

from hypothesis import HealthCheck, settings

_SLOW_IMPORTS = [HealthCheck.too_slow]
# The same examples on every run, so that a change is what makes a test fail.
settings.register_profile(
    "ci", max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=_SLOW_IMPORTS
)
settings.register_profile("thorough", max_examples=800, deadline=None, suppress_health_check=_SLOW_IMPORTS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
