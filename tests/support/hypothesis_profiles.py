"""How hypothesis looks for counterexamples."""

import os

from hypothesis import HealthCheck, settings


def load() -> None:
    """Use the house's profile. A busy machine is no failure of a property; and in CI the same commit meets the same examples."""
    settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
    settings.register_profile("ci", settings.get_profile("house"), derandomize=True)
    settings.load_profile("ci" if os.environ.get("CI") else "house")
