"""hypothesis looks for counterexamples here as it does among the properties."""

from tests.support import hypothesis_profiles

hypothesis_profiles.load()
