"""What the model passes to its tools is checked; only the outcome itself must be right."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from shared.core.conversation.tools import TOOLS, InvalidArguments, LanguageRequest, OutcomeReport, parse_language, parse_outcome
from shared.core.outcome import Change, VerdictKind


@pytest.mark.parametrize("kind", list(VerdictKind))
def test_every_outcome_is_taken(kind: VerdictKind) -> None:
    assert parse_outcome(json.dumps({"outcome": kind.value})) == OutcomeReport(kind=kind)


TOO_DEEP = '{"outcome": ' + "[" * 100_000


@pytest.mark.parametrize("arguments", ["", "{", "[]", '"confirmed"', "{}", '{"outcome": "maybe"}', '{"outcome": 1}', TOO_DEEP])
def test_what_cannot_be_used_is_refused_with_a_hint(arguments: str) -> None:
    parsed = parse_outcome(arguments)
    assert isinstance(parsed, InvalidArguments)
    assert parsed.message


def test_all_parts_are_read() -> None:
    arguments = {
        "outcome": "callback_requested",
        "quote": " nesër në dhjetë ",
        "note": "tomorrow",
        "callback_at": "2026-11-23T10:00:00+01:00",
        "change": {"address": "Rr. B", "date": ""},
        "language": "sq",
    }
    assert parse_outcome(json.dumps(arguments)) == OutcomeReport(
        kind=VerdictKind.CALLBACK_REQUESTED,
        quote="nesër në dhjetë",
        note="tomorrow",
        callback_at=datetime.fromisoformat("2026-11-23T10:00:00+01:00"),
        change=Change(address="Rr. B"),
        language="sq",
    )


@pytest.mark.parametrize(
    ("moment", "utc"),
    [
        ("2026-11-24T18:00:00", "2026-11-24T17:00:00+00:00"),
        ("2026-07-24T18:00:00", "2026-07-24T16:00:00+00:00"),
        ("2026-11-24T18:00:00Z", "2026-11-24T18:00:00+00:00"),
        ("2026-11-24", "2026-11-23T23:00:00+00:00"),
    ],
)
def test_a_time_without_an_offset_is_the_customers_own(moment: str, utc: str) -> None:
    given = json.dumps({"outcome": "callback_requested", "callback_at": moment})
    parsed = parse_outcome(given, ZoneInfo("Europe/Tirane"))
    assert isinstance(parsed, OutcomeReport)
    assert parsed.callback_at == datetime.fromisoformat(utc)


@pytest.mark.parametrize("moment", ["tomorrow", 12, "", "24:61", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_is_none_is_left_out(moment: object) -> None:
    parsed = parse_outcome(json.dumps({"outcome": "callback_requested", "callback_at": moment}))
    assert parsed == OutcomeReport(kind=VerdictKind.CALLBACK_REQUESTED)


@pytest.mark.parametrize("change", ["blue", {}, {"colour": "blue"}])
def test_a_change_without_a_known_field_is_left_out(change: object) -> None:
    parsed = parse_outcome(json.dumps({"outcome": "change_requested", "change": change}))
    assert parsed == OutcomeReport(kind=VerdictKind.CHANGE_REQUESTED)


def test_the_tools_have_the_names_the_contract_gives() -> None:
    assert [tool["name"] for tool in TOOLS] == ["record_outcome", "end_call", "switch_language"]


@pytest.mark.parametrize(
    ("arguments", "wish"),
    [
        ({"language": "en", "quote": "Do you speak English?", "is_asked_for": True}, "en"),
        ({"language": "EN-us", "quote": "English?", "is_asked_for": True}, "en"),
        ({"language": "mk", "quote": "Не сакам.", "is_asked_for": False}, "mk"),
        ({"language": "en", "is_asked_for": True}, "en"),
    ],
)
def test_a_wish_for_another_language_is_read(arguments: dict[str, object], wish: str) -> None:
    assert parse_language(json.dumps(arguments)) == LanguageRequest(wish)


@pytest.mark.parametrize(
    "arguments",
    [
        {"language": "en", "quote": "Okay.", "is_asked_for": False},
        {"language": "en", "quote": "Okay.", "is_asked_for": "true"},
        {"language": "en"},
        {"quote": "Do you speak English?", "is_asked_for": True},
        {"language": "  ", "is_asked_for": True},
        [],
    ],
)
def test_nobody_is_switched_by_a_single_foreign_word_or_by_nothing(arguments: object) -> None:
    assert isinstance(parse_language(json.dumps(arguments)), InvalidArguments)


@pytest.mark.parametrize(
    ("language", "quote", "spoken"),
    [("en-US", "Yes, send it", "en"), ("en", "yes", None), ("en", None, None), (None, "Yes, send it", None)],
)
def test_a_decision_was_spoken_in_a_language_if_it_is_a_sentence_in_it(language: str, quote: str, spoken: str | None) -> None:
    assert OutcomeReport(kind=VerdictKind.CONFIRMED, quote=quote, language=language).spoken_language == spoken


def test_what_cannot_be_stored_and_markup_is_left_out_of_the_words() -> None:
    quote = r"<b>Po\ud800\u0000\u202e</b> &amp; faleminderit"
    report = parse_outcome(f'{{"outcome": "confirmed", "quote": "{quote}", "note": "\\ud800"}}')
    assert isinstance(report, OutcomeReport)
    assert (report.quote, report.note) == ("Po & faleminderit", None)
