"""A key names its shop; nothing else does."""

import pytest

from services.webhook.api.auth import ApiKeys
from services.webhook.http.problems import ProblemError, ProblemKind

KEYS = ApiKeys({"old-key": "shopaz", "new-key": "shopaz", "other": "gjirafa"})


def test_a_shop_may_have_several_keys() -> None:
    assert KEYS.caller("Bearer old-key").shop == "shopaz"
    assert KEYS.caller("bearer  new-key ").shop == "shopaz"
    assert KEYS.caller("Bearer other").shop == "gjirafa"


def test_the_name_of_a_key_tells_nothing_about_it() -> None:
    assert KEYS.caller("Bearer old-key").key_name != KEYS.caller("Bearer new-key").key_name
    assert "old" not in KEYS.caller("Bearer old-key").key_name


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "old-key", "Basic old-key", "Bearer old-key2", "Bearer ë"])
def test_all_else_is_told_how_to_ask(header: str | None) -> None:
    with pytest.raises(ProblemError) as caught:
        KEYS.caller(header)
    assert caught.value.kind is ProblemKind.UNAUTHORIZED
    assert caught.value.headers["www-authenticate"].startswith("Bearer ")
