"""How hypothesis looks for counterexamples."""

from tests.support import hypothesis_profiles

hypothesis_profiles.load()
