"""What the simulated model reads out of the texts that it gets."""

import pytest

from simulators.openai_realtime.dialogue.text_parsing import record_of


def test_the_turns_of_an_earlier_session_are_read_from_a_system_message() -> None:
    note = 'So far: [{"speaker":"agent","words":"A e konfirmoni?"},{"speaker":"customer","words":"Po."}]'
    assert record_of(note) == [(True, "A e konfirmoni?"), (False, "Po.")]


@pytest.mark.parametrize("note", ["The customer pressed key 1.", "[{", "[{1}]", '[{"speaker":"agent"}]'])
def test_any_other_system_message_tells_of_no_turns(note: str) -> None:
    assert record_of(note) == []
