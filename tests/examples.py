"""How many examples a property is tried on: few at each change and the same ones each time, 2,000 new ones in the night.

`PUHUI_EXAMPLES=2000` (what `make nightly` says) sets the number for all properties; without it each names its own. None is held to a
time: an example that takes long, on a machine with much to do, is no fault.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

__all__ = ["examples"]

NIGHTLY = os.environ.get("PUHUI_EXAMPLES")
settings.register_profile(
    "puhui", max_examples=int(NIGHTLY or 100), deadline=None, derandomize=NIGHTLY is None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("puhui")  # for the properties that say nothing


def examples(number: int) -> settings:
    """The settings of a property that is tried on `number` examples unless the night asks for more."""
    return settings(
        max_examples=int(NIGHTLY or number),
        deadline=None,
        derandomize=NIGHTLY is None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    )
