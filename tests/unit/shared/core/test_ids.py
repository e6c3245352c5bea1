"""The shape of ids, which is the same everywhere."""

import re

import pytest

from shared.core import ids

ULID = "01JD8X3F7Q2M5N8P0R4T6V9WZA"


def test_an_id_says_what_it_names() -> None:
    assert ids.confirmation_id(ULID) == f"cnf_{ULID}"
    assert ids.attempt_id(ULID) == f"att_{ULID}"
    assert ids.endpoint_id(ULID) == f"whe_{ULID}"


def test_ids_have_the_shape_by_which_they_are_known() -> None:
    assert ids.is_confirmation_id(ids.confirmation_id(ULID))
    assert re.fullmatch(ids.ATTEMPT_ID, ids.attempt_id(ULID))


@pytest.mark.parametrize(
    "text", ["", ULID, f"att_{ULID}", f"cnf_{ULID}0", f"cnf_{ULID[1:]}", f"cnf_{ULID.lower()}", "cnf_" + "U" * 26]
)
def test_another_shape_is_no_confirmations(text: str) -> None:
    assert not ids.is_confirmation_id(text)
