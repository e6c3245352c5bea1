"""The languages of the calls: reads each one's data file, its stored audio, and the speech model's instructions.

A language is `{code}.toml` beside this file and `audio/{code}/{prompt}.wav`; `docs/languages.md` tells how to add one.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from shared.core.errors import ConfirmerError, NotFoundError
from shared.core.speech.language import Language
from shared.core.speech.script import SessionPrompt
from shared.languages import wav

_FOLDER: Final = Path(__file__).parent
_PROMPT: Final = "session-v2"


class LanguageFileError(ConfirmerError):
    """A data file does not hold what a language needs; the message names file and place."""


@cache
def supported() -> tuple[str, ...]:
    """The codes of all languages, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def load(code: str) -> Language:
    """The language with that code, read once a process.

    Raises:
        NotFoundError: there is no such language.
        LanguageFileError: its file is faulty.
    """
    if code not in supported():
        raise NotFoundError(f"no language '{code}'; there are {', '.join(supported())}")
    return read(_FOLDER / f"{code}.toml")


def read(path: Path) -> Language:
    """The language of one data file.

    Raises:
        LanguageFileError: it is no TOML, or lacks something.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Language)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ConfirmerError) as error:
        raise LanguageFileError(f"{path.name}: {error}") from error


def load_all() -> tuple[Language, ...]:
    """Every language."""
    return tuple(load(code) for code in supported())


def match(tag: str | None) -> str | None:
    """The supported code for a BCP 47 tag (`sq-AL` is `sq`), or None."""
    code = (tag or "").partition("-")[0].lower()
    return code if code in supported() else None


def choose(*, wanted: str | None, phone: str, default: str) -> Language:
    """The language of a call: the order's, else that of the number's country, else the default.

    `wanted` and `default` are BCP 47 tags, `phone` is E.164. A language that nobody speaks here counts as not named.

    Raises:
        NotFoundError: the default, too, is none of ours and is needed.
    """
    return load(match(wanted) or _of_number(phone) or match(default) or default)


def audio_path(code: str, key: str) -> Path:
    """The stored prompt's WAV file (8 kHz mono mu-law).

    Raises:
        NotFoundError: there is no such language or prompt.
    """
    if key not in load(code).stored:
        raise NotFoundError(f"no stored prompt '{key}'")
    return _FOLDER / "audio" / code / f"{key}.wav"


@cache
def audio(code: str, key: str) -> bytes:
    """The stored prompt as raw 8 kHz mono mu-law, read once a process.

    Raises:
        NotFoundError: there is no such language or prompt.
        wav.AudioFormatError: the file is another kind of audio.
    """
    return wav.unpack(audio_path(code, key).read_bytes())


@cache
def session_prompt() -> SessionPrompt:
    """The template of the speech model's instructions in use, with its version."""
    return SessionPrompt(_PROMPT, (_FOLDER / "prompts" / f"{_PROMPT}.txt").read_text(encoding="utf-8"))


def _of_number(phone: str) -> str | None:
    matches = [
        (len(calling_code), language.code)
        for language in load_all()
        for calling_code in language.calling_codes
        if phone.startswith(calling_code)
    ]
    return max(matches)[1] if matches else None
