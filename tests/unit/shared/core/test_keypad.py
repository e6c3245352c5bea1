"""The keys mean the same everywhere, and the prompt in each language names those that decide."""

import pytest

from shared import languages
from shared.core import keypad
from shared.core.outcome import VerdictKind


def test_three_keys_decide_and_one_repeats() -> None:
    assert dict(keypad.VERDICTS) == {"1": VerdictKind.CONFIRMED, "2": VerdictKind.CANCELLED, "3": VerdictKind.OPTED_OUT}
    assert keypad.REPEAT not in keypad.VERDICTS


@pytest.mark.parametrize("code", languages.supported())
def test_for_each_verdict_of_a_key_there_is_a_stored_goodbye(code: str) -> None:
    stored = languages.load(code).stored
    assert {f"goodbye_{kind.value}" for kind in keypad.VERDICTS.values()} <= set(stored)
