"""A sealed secret opens with its key, whichever place the key has, and says nothing without it."""

import base64
import os

import pytest

from shared.store.sealing import NoEncryptionKeyError, Sealer, UnreadableSecretError
from tests.support.sealing import SEALING_KEY

SECRET = "whsec_c2VjcmV0"
NEW_KEY = base64.urlsafe_b64encode(os.urandom(32)).decode()


def test_a_secret_is_sealed_and_opened() -> None:
    sealer = Sealer((SEALING_KEY,))
    stored = sealer.seal(SECRET)
    assert SECRET not in stored
    assert sealer.open(stored) == SECRET


def test_the_first_key_seals_and_the_others_still_open() -> None:
    old, rotated = Sealer((SEALING_KEY,)), Sealer((NEW_KEY, SEALING_KEY))
    assert rotated.open(old.seal(SECRET)) == SECRET
    assert Sealer((NEW_KEY,)).open(rotated.seal(SECRET)) == SECRET


def test_what_was_stored_unsealed_is_taken_as_it_is() -> None:
    assert Sealer((SEALING_KEY,)).open(SECRET) == SECRET
    assert Sealer(()).open(SECRET) == SECRET


def test_an_absent_secret_stays_absent() -> None:
    assert Sealer((SEALING_KEY,)).seal("") == ""
    assert Sealer((SEALING_KEY,)).open("") == ""


@pytest.mark.parametrize("keys", [(), (NEW_KEY,)])
def test_without_its_key_it_opens_for_nobody_and_the_error_repeats_nothing(keys: tuple[str, ...]) -> None:
    stored = Sealer((SEALING_KEY,)).seal(SECRET)
    with pytest.raises(UnreadableSecretError, match="ENCRYPTION_KEYS") as caught:
        Sealer(keys).open(stored)
    assert stored not in str(caught.value)


def test_a_changed_text_does_not_open() -> None:
    stored = Sealer((SEALING_KEY,)).seal(SECRET)
    with pytest.raises(UnreadableSecretError):
        Sealer((SEALING_KEY,)).open(stored[:-4] + ("A===" if stored[-4] != "A" else "B==="))


def test_a_text_that_is_no_ascii_does_not_open() -> None:
    with pytest.raises(UnreadableSecretError):
        Sealer((SEALING_KEY,)).open("sealed:gAAAAAë")


def test_nothing_is_stored_without_a_key() -> None:
    with pytest.raises(NoEncryptionKeyError):
        Sealer(()).seal(SECRET)
