"""What `make doctor` says of an account at Twilio."""

import pytest

from tools.twilio_account import account_findings, refusal_fix


def test_of_a_full_and_active_account_there_is_nothing_to_say() -> None:
    assert account_findings({"status": "active", "type": "Full"}, ("+1", "+2")) == []
    assert account_findings({}, ("+1",)) == []


@pytest.mark.parametrize("status", ["suspended", "closed"])
def test_an_account_that_is_not_active_must_be_seen_to(status: str) -> None:
    (finding,) = account_findings({"status": status, "type": "Trial"}, ("+1",))
    assert status in finding.text
    assert finding.fix is not None


def test_a_trial_accounts_number_is_assigned_to_each_recipient_so_that_several_in_turn_are_a_fault() -> None:
    (several,) = account_findings({"status": "active", "type": "Trial"}, ("+1", "+2"))
    assert "assigned" in several.text
    assert several.fix is not None
    assert "TWILIO_FROM_NUMBERS" in several.fix
    (one,) = account_findings({"status": "active", "type": "Trial"}, ("+1",))
    assert one.fix is None


def test_a_refused_token_leads_to_the_console_of_its_region() -> None:
    assert "Account Info" in refusal_fix(None)
    assert "region IE1" in refusal_fix("ie1")
