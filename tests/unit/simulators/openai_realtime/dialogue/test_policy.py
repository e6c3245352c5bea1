"""What the simulated model does next."""

from datetime import UTC, datetime

import pytest

from simulators.openai_realtime.dialogue.policy import reply_to
from simulators.openai_realtime.dialogue.text_parsing import meaning_of_text, other_languages_of, script_of, verbatim_of
from simulators.openai_realtime.dialogue.turns import (
    AgentTurn,
    CustomerTurn,
    Dialogue,
    DialogueTurn,
    Reply,
    SystemNote,
    ToolCall,
    ToolResult,
)
from simulators.speech.phrases import Intent

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SCRIPT = {
    "details": "Two things.",
    "ask": "Do you confirm?",
    "read_back_cancel": "Really cancel?",
    "not_understood": "Pardon?",
    "anything_else": "Anything else?",
}
OPENING = "Two things. Do you confirm?"
ASKED = (AgentTurn("Hello, an automated assistant."), AgentTurn(OPENING))
ASKED_BACK = (*ASKED, CustomerTurn(Intent.CANCEL, "cancel it"), AgentTurn("Really cancel?"))
DECIDED = ToolResult(ToolCall("record_outcome", {"outcome": "confirmed"}), '{"ok": true}')
REFUSED = ToolResult(ToolCall("record_outcome", {"outcome": "confirmed"}), '{"error": "what?"}')


def _reply(*turns: DialogueTurn) -> Reply:
    return reply_to(Dialogue(SCRIPT, turns, frozenset({"record_outcome", "end_call"}), now=NOW))


def _outcome(*turns: DialogueTurn) -> str:
    (call,) = _reply(*turns).calls
    assert call.name == "record_outcome"
    return str(call.arguments["outcome"])


def test_keyed_lines_are_found_in_the_instructions() -> None:
    text = "Be kind.\n[ask] «A e konfirmoni?»\n- [details] «Kufje, “të zeza”.»\n[odd] no quotes\n"
    assert script_of(text) == {"ask": "A e konfirmoni?", "details": "Kufje, “të zeza”."}


def test_verbatim_words_are_all_that_stands_in_guillemets() -> None:
    assert verbatim_of("Say exactly this and nothing else: «One.» «Two.»") == "One. Two."
    assert verbatim_of("Be brief.") == ""


@pytest.mark.parametrize("intent", [Intent.HELLO, Intent.YES, Intent.NO, Intent.UNCLEAR])
def test_the_first_words_of_the_customer_bring_the_details_and_the_question(intent: Intent) -> None:
    assert _reply(AgentTurn("Hello."), CustomerTurn(intent, "x")) == Reply(OPENING)


@pytest.mark.parametrize(
    ("intent", "outcome"),
    [
        (Intent.CONFIRM, "confirmed"),
        (Intent.YES, "confirmed"),
        (Intent.CHANGE, "change_requested"),
        (Intent.CALLBACK, "callback_requested"),
        (Intent.WRONG_NUMBER, "wrong_number"),
        (Intent.OPT_OUT, "opted_out"),
        (Intent.MACHINE, "machine"),
    ],
)
def test_a_decision_after_the_question_is_recorded(intent: Intent, outcome: str) -> None:
    assert _outcome(*ASKED, CustomerTurn(intent, "words")) == outcome


@pytest.mark.parametrize("intent", [Intent.CANCEL, Intent.NO])
def test_a_cancellation_is_read_back_first(intent: Intent) -> None:
    assert _reply(*ASKED, CustomerTurn(intent, "no")) == Reply("Really cancel?")


@pytest.mark.parametrize(
    ("intent", "outcome"), [(Intent.YES, "cancelled"), (Intent.CANCEL, "cancelled"), (Intent.CONFIRM, "confirmed")]
)
def test_the_answer_to_the_read_back_decides(intent: Intent, outcome: str) -> None:
    assert _outcome(*ASKED_BACK, CustomerTurn(intent, "words")) == outcome


def test_a_yes_to_the_read_back_is_reported_with_the_wish_before_it() -> None:
    (call,) = _reply(
        *ASKED, CustomerTurn(Intent.CANCEL, "cancel it"), AgentTurn("Really cancel?"), CustomerTurn(Intent.YES, "yes")
    ).calls
    assert (call.arguments["wish"], call.arguments["quote"]) == ("cancel it", "yes")


def test_no_to_the_read_back_brings_the_question_again() -> None:
    assert _reply(*ASKED_BACK, CustomerTurn(Intent.NO, "no")) == Reply("Do you confirm?")


def test_a_cough_after_the_read_back_does_not_turn_the_next_yes_into_consent() -> None:
    coughed = (*ASKED_BACK, CustomerTurn(Intent.UNCLEAR, ""))
    assert _reply(*coughed) == Reply("Pardon? Really cancel?")
    assert _outcome(*coughed, AgentTurn("Pardon? Really cancel?"), CustomerTurn(Intent.YES, "yes")) == "cancelled"


def test_after_three_turns_not_understood_it_gives_up() -> None:
    cough, pardon = CustomerTurn(Intent.UNCLEAR, ""), AgentTurn("Pardon?")
    assert _reply(*ASKED, cough, pardon, cough) == Reply("Pardon?")
    (call,) = _reply(*ASKED, cough, pardon, cough, pardon, cough).calls
    assert call == ToolCall("end_call", {"reason": "not understood"})


def test_before_it_gives_up_it_offers_the_keypad_where_its_script_has_one() -> None:
    cough, pardon = CustomerTurn(Intent.UNCLEAR, ""), AgentTurn("Pardon?")
    dialogue = Dialogue({**SCRIPT, "keypad": "Press one."}, (*ASKED, cough, pardon, cough), frozenset({"end_call"}), now=NOW)
    assert reply_to(dialogue) == Reply("Press one.")


def test_a_turn_that_was_understood_starts_the_count_again() -> None:
    cough, pardon = CustomerTurn(Intent.UNCLEAR, ""), AgentTurn("Pardon?")
    turns = (*ASKED, cough, pardon, cough, pardon, CustomerTurn(Intent.REPEAT, "again?"), AgentTurn(OPENING), cough)
    assert _reply(*turns) == Reply("Pardon?")


def test_a_question_that_was_cut_off_has_not_been_asked() -> None:
    assert _reply(AgentTurn("Two things. Do y"), CustomerTurn(Intent.YES, "yes")) == Reply(OPENING)


def test_it_waits_in_silence_and_repeats_what_it_said_last() -> None:
    assert _reply(*ASKED, CustomerTurn(Intent.WAIT, "wait")) == Reply()
    assert _reply(*ASKED, CustomerTurn(Intent.REPEAT, "what?")) == Reply(OPENING)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("call me in two hours", "2026-11-22T12:00:00+00:00"),
        ("Merrni prapë nesër", "2026-11-23T10:00:00+00:00"),
        ("later", None),
    ],
)
def test_a_call_back_has_a_time_where_one_was_named(words: str, expected: str | None) -> None:
    (call,) = _reply(*ASKED, CustomerTurn(Intent.CALLBACK, words)).calls
    assert call.arguments.get("callback_at") == expected


def test_after_the_decision_a_yes_decides_nothing() -> None:
    turns = (*ASKED, CustomerTurn(Intent.CONFIRM, "yes"), DECIDED, AgentTurn("Goodbye."), CustomerTurn(Intent.YES, "yes"))
    assert _reply(*turns) == Reply("Anything else?")
    (call,) = _reply(*turns, AgentTurn("Anything else?"), CustomerTurn(Intent.NO, "no")).calls
    assert call.name == "end_call"


def test_after_the_decision_a_cancellation_read_back_is_answered() -> None:
    turns = (
        *ASKED,
        CustomerTurn(Intent.CONFIRM, "yes"),
        DECIDED,
        AgentTurn("Goodbye."),
        CustomerTurn(Intent.CANCEL, "no"),
        AgentTurn("Really cancel?"),
    )
    assert _outcome(*turns, CustomerTurn(Intent.YES, "yes")) == "cancelled"
    assert _reply(*turns, CustomerTurn(Intent.NO, "no")) == Reply("Do you confirm?")


def test_a_read_back_that_was_cut_off_is_read_again() -> None:
    cut_off = (*ASKED, CustomerTurn(Intent.CANCEL, "no"), AgentTurn("Really"), CustomerTurn(Intent.YES, "yes"))
    assert _reply(*cut_off) == Reply("Really cancel?")


def test_after_the_decision_a_new_decision_is_recorded() -> None:
    turns = (*ASKED, CustomerTurn(Intent.CONFIRM, "yes"), DECIDED, AgentTurn("Goodbye."))
    assert _outcome(*turns, CustomerTurn(Intent.CHANGE, "wait, the address")) == "change_requested"
    assert _reply(*turns, CustomerTurn(Intent.CANCEL, "no, cancel")) == Reply("Really cancel?")


def test_a_call_that_the_tool_refused_is_made_again() -> None:
    assert _reply(*ASKED, CustomerTurn(Intent.CONFIRM, "yes"), REFUSED).calls == (REFUSED.call,)


def test_only_tools_that_were_offered_are_called() -> None:
    dialogue = Dialogue(SCRIPT, (*ASKED, CustomerTurn(Intent.CONFIRM, "yes")), frozenset(), now=NOW)
    assert reply_to(dialogue) == Reply()


def test_a_turn_as_text_means_what_the_phrase_means() -> None:
    assert meaning_of_text(" po, E KONFIRMOJ porosinë. ") == (Intent.CONFIRM, "sq")
    assert meaning_of_text("Caller pressed 9") == (Intent.REPEAT, "")
    assert meaning_of_text("blah") == (Intent.UNCLEAR, "")


def test_what_a_system_message_wants_said_comes_first_and_only_once() -> None:
    owed = (*ASKED, CustomerTurn(Intent.HELLO, "hello?"), SystemNote("Begin your next answer with: «I am a robot.»"))
    assert _reply(*owed) == Reply("I am a robot. Do you confirm?")
    assert _reply(*owed, AgentTurn("I am a robot. Do you confirm?"), CustomerTurn(Intent.HELLO, "x")) == Reply("Do you confirm?")


def test_a_key_that_was_reported_has_decided() -> None:
    turns = (*ASKED, SystemNote("The customer pressed key 1: confirmed."), AgentTurn("Goodbye."), CustomerTurn(Intent.YES, "yes"))
    assert _reply(*turns) == Reply("Anything else?")


def test_a_remark_alone_makes_it_go_on_where_it_was() -> None:
    assert _reply(*ASKED, SystemNote("Go on where you were.")) == Reply("Do you confirm?")


def _abroad(*turns: DialogueTurn) -> Reply:
    tools = frozenset({"record_outcome", "end_call", "switch_language"})
    return reply_to(Dialogue(SCRIPT, turns, tools, now=NOW, other_languages=frozenset({"en", "sr"})))


def test_the_languages_it_may_switch_to_are_read_out_of_the_instructions() -> None:
    text = "Speak Albanian (shqip). Other languages you may switch to: English (en), Serbian (sr).\n[language] «sq»"
    assert other_languages_of(text) == {"en", "sr"}
    assert other_languages_of("Be brief.") == frozenset()


def test_a_question_for_another_language_and_a_sentence_in_it_bring_the_switch() -> None:
    (call,) = _abroad(*ASKED, CustomerTurn(Intent.LANGUAGE, "English?", "en")).calls
    assert call == ToolCall("switch_language", {"language": "en", "quote": "English?", "is_asked_for": True})
    (call,) = _abroad(*ASKED, CustomerTurn(Intent.CANCEL, "Otkažite je.", "sr")).calls
    assert call == ToolCall("switch_language", {"language": "sr", "quote": "Otkažite je.", "is_asked_for": False})


def test_one_foreign_word_or_a_language_that_is_not_listed_changes_nothing() -> None:
    assert _abroad(*ASKED, CustomerTurn(Intent.HELLO, "Hello?", "en")) == Reply("Do you confirm?")
    assert _abroad(*ASKED, CustomerTurn(Intent.CANCEL, "Annullate l'ordine.", "it")) == Reply("Really cancel?")
    assert _reply(*ASKED, CustomerTurn(Intent.CANCEL, "Cancel the order.", "en")) == Reply("Really cancel?")


def test_a_decision_in_another_language_is_recorded_with_it() -> None:
    (call,) = _abroad(*ASKED, CustomerTurn(Intent.CONFIRM, "Yes, send it.", "en")).calls
    assert call.arguments == {"outcome": "confirmed", "quote": "Yes, send it.", "language": "en"}


@pytest.mark.parametrize("intent", [Intent.LANGUAGE, Intent.REPEAT, Intent.HELLO])
def test_after_the_switch_the_details_are_told_in_the_new_language(intent: Intent) -> None:
    switched = ToolResult(ToolCall("switch_language", {"language": "en"}), '{"status": "ok"}')
    turns = (AgentTurn("Përshëndetje."), AgentTurn("Dy gjëra. A e konfirmoni?"), CustomerTurn(intent, "Do you?", "en"), switched)
    assert _abroad(*turns, SystemNote("Begin your next answer with: «I am a robot.»")) == Reply(f"I am a robot. {OPENING}")


def test_after_the_switch_the_customers_words_are_answered() -> None:
    switched = ToolResult(ToolCall("switch_language", {"language": "en"}), '{"status": "ok"}')
    assert _abroad(*ASKED, CustomerTurn(Intent.CANCEL, "Cancel it, please.", "en"), switched) == Reply("Really cancel?")
