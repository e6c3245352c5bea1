"""What proves that a caller knows an order."""

import pytest

from shared.core.proof import OrderProof, proof_of


def proof(order_id: str) -> OrderProof:
    found = proof_of(order_id)
    assert found is not None
    return found


@pytest.mark.parametrize("said", ["0482", "SHP-10482", "shp 1 0 4 8 2", "0-4-8-2", "\uff10\uff14\uff18\uff12"])
def test_the_last_four_letters_and_digits_prove_it_however_they_are_written(said: str) -> None:
    assert proof("SHP-10482").is_said(said)


@pytest.mark.parametrize("said", ["", "482", "1048", "0483", "2840", "04820", "482A"])
def test_nothing_else_does(said: str) -> None:
    assert not proof("SHP-10482").is_said(said)


def test_letters_count_in_either_case_and_stand_on_the_keys_of_a_phone() -> None:
    order = proof("WEB-7a9Z")
    assert order.is_said("7A9z")
    assert order.is_keyed("7299")
    assert not order.is_keyed("7A9Z")
    assert not order.is_keyed("729")


def test_an_id_that_ends_with_letters_on_no_key_is_proven_by_voice_only() -> None:
    order = proof("POR-1\u00eb\u00e72")
    assert order.is_said("1\u00cb\u00c72")
    assert not any(order.is_keyed(keys) for keys in ("", "12", "1__2", "0012"))


@pytest.mark.parametrize("order_id", ["", "7", "A-12", "--1--", "\u200b123"])
def test_an_id_of_fewer_than_four_letters_and_digits_proves_nothing(order_id: str) -> None:
    assert proof_of(order_id) is None


def test_the_proof_is_in_no_text_of_it() -> None:
    assert "0482" not in repr(proof("SHP-10482"))
