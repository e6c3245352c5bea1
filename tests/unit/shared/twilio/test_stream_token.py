"""A token names one attempt, and only we can write one."""

import pytest

from shared.twilio.stream_token import issue, read

SECRET = "s" * 32
CONFIRMATION = "cnf_" + "0" * 26
ATTEMPT = "att_" + "1" * 26


def test_a_token_names_its_attempt() -> None:
    token = issue(SECRET, CONFIRMATION, ATTEMPT)
    assert read((SECRET,), token) == (CONFIRMATION, ATTEMPT)
    assert len("token" + token) < 200
    assert token.isascii()
    assert token.isprintable()


def test_a_token_of_another_secret_is_none() -> None:
    assert read(("x" * 32,), issue(SECRET, CONFIRMATION, ATTEMPT)) is None


def test_a_token_of_the_old_secret_is_read_beside_a_new_one() -> None:
    token = issue(SECRET, CONFIRMATION, ATTEMPT)
    assert read(("n" * 32, SECRET), token) == (CONFIRMATION, ATTEMPT)
    assert read((SECRET, "n" * 32), token) == (CONFIRMATION, ATTEMPT)
    assert read(("n" * 32,), token) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "Ë", f"{CONFIRMATION}:{ATTEMPT}", "\ud800", "a" * 10_000])
def test_what_we_never_wrote_is_none(token: str) -> None:
    assert read((SECRET,), token) is None


def test_every_changed_character_is_noticed() -> None:
    token = issue(SECRET, CONFIRMATION, ATTEMPT)
    for index, character in enumerate(token[:-1]):  # base64's last character may hold spare bits
        changed = token[:index] + ("A" if character != "A" else "B") + token[index + 1 :]
        assert read((SECRET,), changed) is None
