"""What a script writes as `keys.name` becomes the Lua for that name when the script is loaded."""

import pytest

from shared.store.redis.lua_keys import with_keys


@pytest.mark.parametrize(
    ("written", "loaded"),
    [
        ("keys.PARKED", "'due:parked'"),
        ("keys.line(phone)", "('line:' .. phone)"),
        ("keys.history(id)", "('confirmation:' .. id .. ':events')"),
        ("keys.webhook_lane(ARGV[1], id)", "('webhook:' .. ARGV[1] .. ':lane:' .. id)"),
        ("keys.begun_field('dial', id)", "('dial' .. ':' .. id)"),
        (
            "redis.call('ZREM', keys.due_dial(priority, shop), id)",
            "redis.call('ZREM', ('due:dial:' .. priority .. ':' .. shop), id)",
        ),
    ],
)
def test_a_name_becomes_its_pattern(written: str, loaded: str) -> None:
    assert with_keys(written) == loaded


def test_a_name_that_there_is_not_is_refused() -> None:
    with pytest.raises(AttributeError):
        with_keys("keys.nonsense(id)")


@pytest.mark.parametrize(
    "written", ["keys.line(phone, id)", "keys.webhook_lane(endpoint)", "keys.PARKED(id)", "keys.line", "keys.line(of(id))"]
)
def test_a_wrong_number_of_arguments_is_refused(written: str) -> None:
    with pytest.raises(TypeError):
        with_keys(written)
