"""The data files of the eight languages meet the same requirements, and so does their audio."""

import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from shared import languages
from shared.core.errors import NotFoundError
from shared.core.phrases import consists_of
from shared.core.speech.language import LINES, STORED, Currency, Language, Noun, SpeechWords
from shared.languages import LanguageFileError

FOLDER = Path(languages.__file__).parent
CODES = languages.supported()
CURRENCIES = {"EUR", "ALL", "MKD", "RSD", "TRY", "USD", "CHF", "GBP"}
SILENT = b"\xff\x7f"
NOT_TRANSCRIBED = {"sq"}
"""OpenAI's transcription refuses this language, and then the whole update of the session."""


def test_albanian_and_seven_more_languages_are_supported() -> None:
    assert set(CODES) == {"sq", "en", "mk", "sr", "it", "de", "el", "tr"}


@pytest.mark.parametrize("code", CODES)
def test_a_data_file_holds_every_line_and_nothing_unknown(code: str) -> None:
    raw = tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    assert set(raw) <= {field.name for field in fields(Language)}
    assert set(raw["speech"]) == {field.name for field in fields(SpeechWords)}
    for currency in raw["speech"]["currencies"].values():
        assert set(currency) == {field.name for field in fields(Currency)}
        assert all(set(noun) <= {field.name for field in fields(Noun)} for noun in currency.values())
    assert set(raw["lines"]) == set(LINES)
    assert set(raw["stored"]) == set(STORED)
    assert raw["code"] == code


@pytest.mark.parametrize("code", CODES)
def test_placeholders_are_the_same_in_every_language(code: str) -> None:
    speech, albanian = languages.load(code).speech, languages.load("sq").speech
    for name in ("date", "decimal", "price", "list_end", "item_counted", "id_ending"):
        mine, theirs = (set(re.findall(r"\{\w*\}", getattr(words, name))) for words in (speech, albanian))
        assert mine == theirs, name


@pytest.mark.parametrize("code", CODES)
def test_the_first_sentence_discloses_an_automated_assistant(code: str) -> None:
    language = languages.load(code)
    for key in ("greeting", "inbound_greeting"):
        first, *others = re.split(r"(?<=[.!?;])\s", language.lines[key])
        assert others == [], key
        assert "{company}" in first
        assert "{order_id}" in first
    assert language.disclosure
    assert all(words in language.lines["greeting"] for words in language.disclosure)
    assert all(words in language.lines["inbound_greeting"] for words in language.disclosure[:1])
    assert all(words in language.stored["disclosure"] for words in language.disclosure)


@pytest.mark.parametrize("code", CODES)
def test_the_keypad_prompt_says_that_the_call_is_automated_before_it_names_a_key(code: str) -> None:
    language = languages.load(code)
    first, *others = re.split(r"(?<=[.!?;])\s", language.stored["keypad"])
    automated = next(word for word in language.disclosure[0].split() if word[:4].casefold() in {"auto", "авто", "αυτό", "otom"})
    assert automated[:6].casefold() in first.casefold()
    assert others, "the keys are named in a sentence after the first"


@pytest.mark.parametrize("code", CODES)
def test_nothing_spoken_holds_a_digit_markup_or_a_doubled_space(code: str) -> None:
    language = languages.load(code)
    for text in (*language.lines.values(), *language.stored.values(), *language.speech.days):
        assert not re.search(r"\d|[«»\[\]<>]|\s\s|\n|^\s|\s$", text), text


@pytest.mark.parametrize("code", CODES)
def test_the_words_for_dates_letters_and_money_are_complete(code: str) -> None:
    speech = languages.load(code).speech
    assert len(speech.days) == len(set(speech.days)) == 31
    assert len(set(speech.months)) == 12
    assert len(set(speech.weekdays)) == 7
    assert set("abcdefghijklmnopqrstuvwxyz") <= set(speech.letters)
    assert len(set(speech.letters.values())) >= len(speech.letters) - 1  # Latin and Greek P share a name
    assert set(speech.currencies) == CURRENCIES


@pytest.mark.parametrize("code", CODES)
def test_only_what_openai_transcribes_is_named_for_transcription(code: str) -> None:
    language = languages.load(code)
    assert (language.transcription_code or code) == code
    assert (language.transcription_code is None) == (code in NOT_TRANSCRIBED)
    assert language.transcription_prompt


@pytest.mark.parametrize("code", CODES)
def test_no_word_means_both_yes_and_no(code: str) -> None:
    language = languages.load(code)
    assert language.yes
    assert language.no
    assert not set(language.yes) & set(language.no)


@pytest.mark.parametrize("code", CODES)
def test_the_certainty_of_each_group_of_texts_is_stated(code: str) -> None:
    assert set(languages.load(code).certainty) == {"lines", "stored", "numbers", "letters", "guidance"}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("key", STORED)
def test_each_stored_prompt_is_audible_and_short(code: str, key: str) -> None:
    mulaw = languages.audio(code, key)
    assert 0.5 <= len(mulaw) / 8000 <= 8.5
    assert len(mulaw.translate(None, SILENT)) > len(mulaw) / 2


@pytest.mark.parametrize("code", CODES)
def test_the_stored_audio_was_rendered_from_todays_texts(code: str) -> None:
    texts = json.loads((FOLDER / "audio" / code / "texts.json").read_text(encoding="utf-8"))
    assert texts == dict(languages.load(code).stored), "run `make prompts`"


@pytest.mark.parametrize(
    ("wanted", "phone", "code"),
    [
        ("en", "+38344123456", "en"),
        ("sq-AL", "+49301234567", "sq"),
        (None, "+38344123456", "sq"),
        (None, "+355691234567", "sq"),
        (None, "+38970123456", "mk"),
        (None, "+381641234567", "sr"),
        (None, "+3780549123456", "it"),
        (None, "+306912345678", "el"),
        ("fr", "+905321234567", "tr"),
        (None, "+33612345678", "de"),
        ("fr", "+33612345678", "de"),
    ],
)
def test_the_order_decides_the_language_then_the_number_then_the_default(wanted: str | None, phone: str, code: str) -> None:
    assert languages.choose(wanted=wanted, phone=phone, default="de-AT").code == code


def test_no_two_languages_claim_one_country() -> None:
    claimed = [calling_code for language in languages.load_all() for calling_code in language.calling_codes]
    assert len(claimed) == len(set(claimed))


def test_a_default_that_is_not_supported_is_an_error() -> None:
    with pytest.raises(NotFoundError, match="no language 'fr'"):
        languages.choose(wanted=None, phone="+33612345678", default="fr")


def test_an_unknown_prompt_is_an_error() -> None:
    with pytest.raises(NotFoundError):
        languages.audio_path("sq", "../../en")


@pytest.mark.parametrize("text", ["code = ", 'code = "sq"'])
def test_a_faulty_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "xx.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LanguageFileError, match=r"xx\.toml: "):
        languages.read(path)


def test_a_file_that_lacks_a_line_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "sq.toml").read_text(encoding="utf-8")
    path = tmp_path / "sq.toml"
    path.write_text(text.replace("ask = ", "aks = "), encoding="utf-8")
    with pytest.raises(LanguageFileError, match="line 'ask' is missing"):
        languages.read(path)


def test_the_session_prompt_has_a_version() -> None:
    assert languages.session_prompt().version == "session-v2"


@pytest.mark.parametrize("code", CODES)
def test_the_words_for_yes_are_none_of_those_for_no(code: str) -> None:
    language = languages.load(code)
    assert not any(consists_of(yes, language.no) for yes in language.yes)
    assert not any(consists_of(no, language.yes) for no in language.no)


NOTES_WITHOUT_CONTENT = {
    "sq": "Klienti do ta ndryshojë adresën.",
    "en": "The customer wants to change the delivery address.",
    "mk": "Клиентот сака промена на адресата.",
    "sr": "Kupac želi da promeni adresu.",
    "it": "Il cliente vuole cambiare l'indirizzo.",
    "de": "Kunde möchte die Lieferadresse ändern.",
    "el": "Ο πελάτης θέλει αλλαγή διεύθυνσης.",
    "tr": "Müşteri teslimat adresini değiştirmek istiyor.",
}
NOTES_WITH_CONTENT = {
    "sq": "Ta lini te fqinji.",
    "en": "wants to talk to a person",
    "mk": "Адресата е Партизанска 12.",
    "sr": "Kupac želi dve komade.",
    "it": "Il cliente vuole la consegna domani.",
    "de": "Kunde möchte zwei statt einem.",
    "el": "Η διεύθυνση είναι Ερμού 5.",
    "tr": "Müşteri yarın istiyor.",
}


@pytest.mark.parametrize("code", CODES)
def test_a_note_that_says_only_that_something_is_to_change_is_told_from_one_that_says_what(code: str) -> None:
    assert consists_of(NOTES_WITHOUT_CONTENT[code], languages.load(code).change)
    assert not consists_of(NOTES_WITH_CONTENT[code], languages.load(code).change)
