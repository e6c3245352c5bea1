"""The words of one call."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from services.media_bridge.call.call_script import CallScriptWriter, OrderInCall
from shared import languages
from shared.core.confirmation import Attempt, Confirmation
from shared.core.conversation.call_plan import Lines
from shared.core.conversation.state.caller_proof import CallerProof
from shared.core.order import Customer, Delivery, Item, Money, OnMachine, Order
from shared.core.outcome import Channel, Direction, Outcome, Status, Verdict, VerdictKind
from shared.core.speech.instructions import say_exactly
from shared.core.speech.order_id import spoken_order_id
from tests.support.orders import ALWAYS, NOON, an_order

ORDER = Order("SHP-10482", Money(Decimal("59.90"), "EUR"), (Item("Kufje «wireless»"),))


@pytest.fixture
def scripts() -> CallScriptWriter:
    return CallScriptWriter(policy=ALWAYS, default_language="sq", transcription_model="gpt-transcribe", is_recorded=False)


def a_call(direction: Direction = Direction.OUTBOUND, **customer: str) -> tuple[Confirmation, Attempt]:
    attempt = Attempt(id=f"att_{1:026}", number=1, direction=direction, placed_at=NOON)
    return replace(an_order(), order=ORDER, customer=Customer("+38344123456", **customer), attempts=(attempt,)), attempt


def test_the_greeting_says_who_calls_and_nothing_of_the_order(scripts: CallScriptWriter) -> None:
    lines = scripts.write(*a_call(name="Arta"), NOON).plan.lines
    assert "Shopaz" in lines.greeting
    assert "asistent automatik" in lines.greeting
    assert "Kufje" not in lines.greeting


def test_who_calls_can_be_said_again_without_greeting_twice(scripts: CallScriptWriter) -> None:
    lines = scripts.write(*a_call(name="Arta"), NOON).plan.lines
    assert lines.disclosure.startswith("Jam një asistent automatik")
    assert lines.greeting.startswith(f"Përshëndetje, j{lines.disclosure[1:]}")
    assert lines.repeat.startswith(lines.disclosure)
    assert "Kufje" in lines.repeat


def test_every_decision_of_a_person_has_its_goodbye(scripts: CallScriptWriter) -> None:
    goodbyes = scripts.write(*a_call(), NOON).plan.lines.goodbyes
    assert set(goodbyes) == set(VerdictKind) - {VerdictKind.MACHINE}


def test_the_instructions_hold_the_order_as_data_and_the_local_time(scripts: CallScriptWriter) -> None:
    text = scripts.write(*a_call(timezone="Europe/Tirane"), datetime(2026, 11, 23, 12, tzinfo=UTC)).revealed.text
    assert '"total":"59.90 EUR"' in text
    assert "Monday 2026-11-23T13:00+01:00" in text
    assert "«wireless»" not in text.partition("# Order")[2]


def test_before_a_person_has_answered_the_model_knows_nothing_but_the_orders_number(scripts: CallScriptWriter) -> None:
    script = scripts.write(*a_call(name="Arta"), NOON)
    assert '"id":"SHP-10482"' in script.instructions.text
    for secret in ("Kufje", "59.90", "pesëdhjetë e nëntë", "[details] «"):
        assert secret not in script.instructions.text
        assert secret in script.revealed.text


def test_what_is_revealed_later_leaves_the_beginning_as_it_was_so_that_it_stays_in_openais_cache(scripts: CallScriptWriter) -> None:
    script = scripts.write(*a_call(), NOON)
    pairs = enumerate(zip(script.instructions.text, script.revealed.text, strict=False))
    first_difference = next(place for place, (before, after) in pairs if before != after)
    assert first_difference > 0.7 * len(script.revealed.text)


def test_a_recorded_call_says_so(scripts: CallScriptWriter) -> None:
    plain = scripts.write(*a_call(), NOON).plan.lines.greeting
    noted = replace(scripts, is_recorded=True).write(*a_call(), NOON).plan.lines.greeting
    assert len(noted) > len(plain)


def test_a_customer_who_phones_us_is_thanked(scripts: CallScriptWriter) -> None:
    inbound = scripts.write(*a_call(Direction.INBOUND), NOON).plan.lines
    assert inbound.greeting != scripts.write(*a_call(), NOON).plan.lines.greeting
    assert "asistent automatik" in inbound.disclosure


def test_albanian_is_transcribed_without_naming_the_language(scripts: CallScriptWriter) -> None:
    script = scripts.write(*a_call(), NOON)
    assert (script.language, script.transcription.language) == ("sq", None)
    assert scripts.write(*a_call(language="en"), NOON).transcription.language == "en"


def test_a_call_is_ended_politely_before_twilio_cuts_it(scripts: CallScriptWriter) -> None:
    assert scripts.write(*a_call(), NOON).plan.timing.call_s == 165
    short = replace(scripts, policy=replace(ALWAYS, call_time_limit_s=20))
    assert short.write(*a_call(), NOON).plan.timing.call_s == 10


def test_the_shops_wish_for_machines_is_kept(scripts: CallScriptWriter) -> None:
    confirmation, attempt = a_call()
    wishes = replace(confirmation.call, on_machine=OnMachine.LEAVE_MESSAGE)
    assert scripts.write(replace(confirmation, call=wishes), attempt, NOON).plan.on_machine is OnMachine.LEAVE_MESSAGE


def test_a_first_order_is_followed_by_the_next_without_a_goodbye_or_a_second_greeting(scripts: CallScriptWriter) -> None:
    inbound = a_call(Direction.INBOUND)
    first = scripts.write(*inbound, NOON, OrderInCall(is_last=False)).plan.lines
    assert set(first.acknowledgements) == {VerdictKind.CONFIRMED, VerdictKind.CANCELLED, VerdictKind.CHANGE_REQUESTED}
    assert "Përshëndetje" in first.greeting
    second = scripts.write(*inbound, NOON, OrderInCall(is_first=False))
    assert second.plan.lines.acknowledgements == {}
    assert second.plan.lines.greeting.startswith("Keni edhe një porosi tjetër")
    assert "asistent automatik" in second.plan.lines.disclosure
    assert second.instructions == second.revealed


def test_the_same_call_can_be_had_in_another_language(scripts: CallScriptWriter) -> None:
    script = scripts.write(*a_call(name="Arta"), NOON)
    english = script.in_language("en")
    assert english is not None
    assert english.plan.lines == script.plan.lines_in("en")
    assert (english.language, english.plan.language, english.transcription.language) == ("en", "en", "en")
    assert english.plan.lines.disclosure.startswith("This is an automated assistant")
    assert "You ordered Kufje" in english.revealed.text
    assert english.in_language("sq") == script
    assert script.in_language("fr") is None
    assert script.plan.lines_in("fr") is None


@pytest.mark.parametrize(("spoken", "language"), [("en", "en"), ("en-GB", "en"), ("fr", "sq"), (None, "sq")])
def test_the_next_call_is_held_in_the_language_in_which_the_customer_last_decided(
    scripts: CallScriptWriter, spoken: str | None, language: str
) -> None:
    confirmation, attempt = a_call(language="sq")
    verdict = Verdict(kind=VerdictKind.CALLBACK_REQUESTED, channel=Channel.VOICE, at=NOON, language=spoken)
    again = replace(confirmation, attempts=(replace(attempt, verdict=verdict), replace(attempt, number=2)))
    assert scripts.write(again, again.attempts[1], NOON).language == language


def test_the_next_order_is_spoken_about_in_the_language_of_the_talk(scripts: CallScriptWriter) -> None:
    second = scripts.write(*a_call(Direction.INBOUND), NOON, OrderInCall(is_first=False, language="en"))
    assert second.plan.lines.greeting.startswith("You have one more order")


ADDRESSED = replace(ORDER, delivery=Delivery(address="Rr. Agim Ramadani 12", date=date(2026, 11, 25)))


def a_caller(*, proven: bool = False, must_prove: bool = True) -> tuple[Confirmation, Attempt]:
    confirmation, attempt = a_call(Direction.INBOUND, name="Arta Krasniqi")
    proven_at = NOON if proven else None
    return replace(confirmation, order=ADDRESSED), replace(attempt, must_prove=must_prove, proven_at=proven_at)


def all_lines(lines: Lines) -> str:
    unproven = lines.until_proven
    assert unproven is not None
    return f"{unproven.greeting} {unproven.disclosure} {unproven.ask} {unproven.failed} {unproven.refused}"


@pytest.mark.parametrize("code", languages.supported())
def test_a_caller_without_proof_is_told_of_the_shop_and_of_nothing_else(scripts: CallScriptWriter, code: str) -> None:
    script = scripts.write(*a_caller(), NOON).in_language(code)
    assert script is not None
    told = all_lines(script.plan.lines) + script.instructions.text
    assert "Shopaz" in script.plan.lines.until_proven.greeting  # type: ignore[union-attr]  # `all_lines` has looked
    spoken_id = spoken_order_id(ORDER.id, languages.load(code))
    for secret in ("10482", spoken_id, "Kufje", "59.90", "Ramadani", "Arta", "Krasniqi", "[details]", '"id"'):
        assert secret not in told, secret


def test_a_caller_without_proof_has_no_tool_that_decides(scripts: CallScriptWriter) -> None:
    script = scripts.write(*a_caller(), NOON)
    before, after = ({tool["name"] for tool in one.tools} for one in (script.instructions, script.revealed))
    assert before == {"check_order_number", "call_back", "end_call", "switch_language"}
    assert "record_outcome" in after
    assert "check_order_number" not in after


@pytest.mark.parametrize("caller", [a_caller(), a_caller(proven=True), a_caller(must_prove=False)])
def test_no_caller_is_told_address_or_name(scripts: CallScriptWriter, caller: tuple[Confirmation, Attempt]) -> None:
    script = scripts.write(*caller, NOON)
    told = repr(script.plan.lines) + script.instructions.text + script.revealed.text
    assert "Kufje" in told
    for secret in ("Ramadani", "Arta", "Krasniqi"):
        assert secret not in told, secret


@pytest.mark.parametrize(("must_prove", "promised"), [(True, "wrong_number"), (False, "opted_out")])
def test_no_caller_is_promised_that_the_shop_never_calls_again(
    scripts: CallScriptWriter, *, must_prove: bool, promised: str
) -> None:
    lines = scripts.write(*a_caller(proven=True, must_prove=must_prove), NOON).plan.lines
    assert lines.goodbyes[VerdictKind.OPTED_OUT] == languages.load("sq").lines[f"goodbye_{promised}"]
    assert (VerdictKind.OPTED_OUT in lines.stored_goodbyes) is not must_prove


@pytest.mark.parametrize("order_id", ["1", "A", "Shopaz", "porosi"])
def test_no_id_is_spelled_for_a_model_whose_caller_has_proven_nothing(scripts: CallScriptWriter, order_id: str) -> None:
    confirmation, attempt = a_caller()
    script = scripts.write(replace(confirmation, order=Order(order_id)), attempt, NOON)
    lines = script.plan.lines.until_proven
    assert lines is not None
    assert "It spells the id" not in say_exactly(lines.greeting, script.spelled_id)
    assert scripts.write(*a_caller(proven=True), NOON).spelled_id is not None


def test_who_phones_while_we_ring_is_a_caller_too(scripts: CallScriptWriter) -> None:
    confirmation, attempt = a_caller()
    joined = replace(attempt, direction=Direction.OUTBOUND, joined_at=NOON)
    assert "Ramadani" not in scripts.write(confirmation, joined, NOON).revealed.text
    assert "Ramadani" in scripts.write(confirmation, replace(attempt, direction=Direction.OUTBOUND), NOON).revealed.text


def test_after_the_proof_the_order_is_told_and_the_question_asked(scripts: CallScriptWriter) -> None:
    plan = scripts.write(*a_caller(), NOON).plan
    assert plan.proving is not None
    assert "Kufje" in plan.lines.proven
    assert plan.lines.proven.endswith(languages.load("sq").lines["ask"])


def test_a_caller_has_as_many_tries_as_the_call_has_left(scripts: CallScriptWriter) -> None:
    confirmation, attempt = a_caller()
    proving = scripts.write(confirmation, replace(attempt, proof_failures=2), NOON).plan.proving
    assert proving is not None
    proof = CallerProof(proving)
    assert (proof.is_refused, proof.said("0000"), proof.is_refused, proof.said("0482")) == (False, False, True, False)


def test_a_further_order_asks_for_its_own_proof(scripts: CallScriptWriter) -> None:
    lines = scripts.write(*a_caller(), NOON, OrderInCall(is_first=False, language="en")).plan.lines
    assert lines.until_proven is not None
    assert lines.until_proven.greeting.startswith("You have one more order with Shopaz. To hear about it")


def test_a_proven_caller_and_one_whose_number_is_trusted_are_asked_for_no_proof(scripts: CallScriptWriter) -> None:
    assert scripts.write(*a_caller(proven=True), NOON).plan.proving is None
    assert scripts.write(*a_caller(must_prove=False), NOON).plan.lines.until_proven is None


@pytest.mark.parametrize(("hours", "is_offered"), [(23, False), (24, True)])
def test_a_second_caller_without_proof_is_offered_no_call_back_for_24_hours(
    scripts: CallScriptWriter, hours: int, *, is_offered: bool
) -> None:
    confirmation, first = a_caller()
    asked = Verdict(kind=VerdictKind.CALLBACK_REQUESTED, channel=Channel.KEYPAD, at=NOON)
    second = replace(first, id="att_2", number=2)
    script = scripts.write(
        replace(confirmation, attempts=(replace(first, verdict=asked), second)), second, NOON + timedelta(hours=hours)
    )
    assert script.plan.proving is not None
    assert script.plan.proving.may_call_back is is_offered
    offer = languages.load("sq").lines["offer_call_back"]
    assert (offer in all_lines(script.plan.lines), offer in script.instructions.text) == (is_offered, is_offered)


def test_who_phones_after_the_order_is_finished_adds_something_and_is_told_of_no_new_outcome(scripts: CallScriptWriter) -> None:
    confirmation, attempt = a_caller()
    plan = scripts.write(replace(confirmation, status=Status.FINISHED, outcome=Outcome.CONFIRMED), attempt, NOON).plan
    assert plan.proving is not None
    assert not plan.proving.may_call_back
    lines, albanian = plan.lines, languages.load("sq").lines
    assert lines.until_proven is not None
    assert albanian["offer_call_back"] not in lines.until_proven.greeting
    assert lines.proven.endswith(albanian["late_question"])
    assert set(lines.goodbyes.values()) == {albanian["goodbye_change_requested"]}
    assert lines.goodbye_undecided == languages.load("sq").stored["goodbye"]
    assert not lines.stored_goodbyes
