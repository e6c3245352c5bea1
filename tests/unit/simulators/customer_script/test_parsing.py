"""Scripts of people: shorthand and long form read the same, faults are named, words are known ahead."""

import msgspec
import pytest

from shared import languages
from simulators.customer_script import parsing, script
from simulators.customer_script.parsing import ScriptError
from simulators.customer_script.script import Amd, AmdVerdict, Answer, Busy, CustomerScript, Failed, Machine, NoAnswer
from simulators.speech.phrases import PHRASES, Intent, every_phrase, phrases

SHORTHAND = {
    "language": "sq",
    "attempts": [
        "busy",
        {"no_answer": {}},
        {"failed": 503},
        {"machine": {"greeting": "Lini mesazh.", "amd": "machine_end_beep"}},
        {
            "answer": {
                "ring_s": 1,
                "steps": [
                    "wait_until_agent_done",
                    {"say": {"intent": "confirm"}},
                    {"say": "Faleminderit!"},
                    {"wait_agent_speaking": 800},
                    {"press": "12#"},
                    {"pause": 1.5},
                    "cough",
                    "hang_up",
                ],
            }
        },
    ],
}


def test_shorthand_is_read() -> None:
    person = parsing.parse_script(SHORTHAND)

    assert person.attempts == (
        Busy(),
        NoAnswer(),
        Failed(sip_code=503),
        Machine(greeting="Lini mesazh.", amd=Amd(AmdVerdict.MACHINE_END_BEEP)),
        Answer(
            ring_s=1,
            steps=(
                script.WaitUntilAgentDone(),
                script.Say(intent=Intent.CONFIRM),
                script.Say(text="Faleminderit!"),
                script.WaitAgentSpeaking(800),
                script.Press("12#"),
                script.Pause(1.5),
                script.Cough(),
                script.HangUp(),
            ),
        ),
    )


def test_what_is_written_as_json_reads_back_the_same() -> None:
    person = parsing.parse_script(SHORTHAND)

    assert parsing.parse_script(msgspec.json.decode(msgspec.json.encode(parsing.as_json(person)))) == person


def test_a_list_of_steps_alone_is_an_answer() -> None:
    assert parsing.parse_attempt({"answer": ["hang_up"]}) == Answer(steps=(script.HangUp(),))


def test_an_echo_is_left_to_the_profile_or_set_for_the_call() -> None:
    assert parsing.parse_attempt({"answer": []}) == Answer(echo=None)
    assert parsing.parse_attempt({"answer": {"echo": 0.2}}) == Answer(echo=0.2)
    with pytest.raises(parsing.ScriptError, match="echo"):
        parsing.parse_attempt({"answer": {"echo": 1.5}})


def test_the_last_entry_repeats() -> None:
    person = CustomerScript(attempts=(Busy(), Answer()))

    assert [type(person.at_attempt(number)) for number in (1, 2, 3)] == [Busy, Answer, Answer]


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"attempts": []}, "attempts"),
        ({}, "attempts"),
        ([], "JSON object"),
        ({"attempts": ["sings"]}, "sings"),
        ({"attempts": [{"busy": {"rings": 1}}]}, "rings"),
        ({"attempts": [{"answer": [{"press": "A"}]}]}, "steps"),
        ({"attempts": [{"answer": ["dance"]}]}, "dance"),
        ({"attempts": [{"answer": [{"say": {"text": "Po", "intent": "yes"}}]}]}, "either a text or an intent"),
        ({"attempts": [{"answer": [{"hang_up": 3}]}]}, "takes no value"),
        ({"attempts": [{"failed": 200}]}, "sip_code"),
        ({"attempts": ["busy"], "name": "Arta"}, "name"),
    ],
)
def test_what_cannot_be_read_is_named(document: object, place: str) -> None:
    with pytest.raises(ScriptError, match=place):
        parsing.parse_script(document)


def test_an_intent_is_spoken_with_one_of_its_phrases() -> None:
    second = script.Say(intent=Intent.YES, phrase=1)

    assert script.spoken_text(second, language="sq") == (phrases(Intent.YES)[1], "sq")
    assert script.spoken_text(script.Say(intent=Intent.YES, language="en"), language="sq")[1] == "en"


def test_all_words_of_a_call_are_known_ahead() -> None:
    person = parsing.parse_script(SHORTHAND)

    assert list(script.utterances(person.attempts[3], language="sq")) == [("Lini mesazh.", "sq")]
    assert list(script.utterances(person.attempts[4], language="sq")) == [
        (phrases(Intent.CONFIRM)[0], "sq"),
        ("Faleminderit!", "sq"),
    ]
    assert list(script.utterances(Busy(), language="sq")) == []


def test_people_speak_every_language_of_ours_about_everything() -> None:
    assert set(PHRASES) == set(languages.supported())
    assert {language: set(book) for language, book in PHRASES.items()} == {language: set(Intent) for language in PHRASES}


def test_no_phrase_is_a_single_syllable_that_a_cough_could_be() -> None:
    texts = [text for language in PHRASES for _, text in every_phrase(language)]
    assert all(len(text.split()) > 1 or len(text) >= 4 for text in texts)
    assert len(set(texts)) == len(texts)
