"""Test data beside real data: what a shop keeps apart for its test keys."""

_TESTS = "~test"


def owner_of(shop: str, *, is_test: bool) -> str:
    """Return the name under which a shop's data are kept: its own, or another one, that no shop can have, for test data.

    Order ids, idempotency keys, the do-not-call list and webhook endpoints of test keys have that owner, so that a test order
    never stands in the way of a real one.
    """
    return shop + _TESTS if is_test else shop


def is_owner_of_tests(owner: str) -> bool:
    """Tell whether a name is one under which test data are kept."""
    return owner.endswith(_TESTS)
