"""Reads the languages of the calls: their data files, their stored audio, and the template of the model's instructions.

A language is `{code}.toml` beside this file and `audio/{code}/{prompt}.wav`; `docs/languages.md` says how to add one.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from shared.core.errors import ConfirmerError, NotFoundError
from shared.core.speech.instructions import SessionPrompt
from shared.core.speech.language import Language
from shared.languages import wav

_FOLDER: Final = Path(__file__).parent
_PROMPT: Final = "session-v2"
_CALLER_PROMPT: Final = "caller-v1"


class LanguageFileError(ConfirmerError):
    """A data file does not hold what a language needs; the message names the file and the place in it."""


@cache
def supported() -> tuple[str, ...]:
    """Return the codes of all languages, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def load(code: str) -> Language:
    """Return the language with that code; a process reads each file once.

    Raises:
        NotFoundError: There is no such language.
        LanguageFileError: Its file is faulty.
    """
    if code not in supported():
        raise NotFoundError(f"no language '{code}'; there are {', '.join(supported())}")
    return read(_FOLDER / f"{code}.toml")


def read(path: Path) -> Language:
    """Return the language of one data file.

    Raises:
        LanguageFileError: It is no TOML, or lacks something.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Language)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ConfirmerError) as error:
        raise LanguageFileError(f"{path.name}: {error}") from error


def load_all() -> tuple[Language, ...]:
    """Return every language."""
    return tuple(load(code) for code in supported())


def match(tag: str | None) -> str | None:
    """Return the supported code for a BCP 47 tag (`sq` for `sq-AL`), or None."""
    code = (tag or "").partition("-")[0].lower()
    return code if code in supported() else None


def choose(*, wanted: str | None, phone: str, default: str) -> Language:
    """Return the language of a call: the order's, else that of the number's country, else the default.

    `wanted` and `default` are BCP 47 tags, `phone` is E.164. A `wanted` language that is not supported is ignored.

    Raises:
        NotFoundError: The default is needed and is not supported.
    """
    return load(match(wanted) or _of_number(phone) or match(default) or default)


def audio_path(code: str, key: str) -> Path:
    """Return the path of the stored prompt's WAV file (8 kHz mono mu-law).

    Raises:
        NotFoundError: There is no such language or prompt.
    """
    if key not in load(code).stored:
        raise NotFoundError(f"no stored prompt '{key}'")
    return _FOLDER / "audio" / code / f"{key}.wav"


@cache
def audio(code: str, key: str) -> bytes:
    """Return the stored prompt as raw 8 kHz mono mu-law; a process reads each file once.

    Raises:
        NotFoundError: There is no such language or prompt.
        wav.AudioFormatError: The file is another kind of audio.
    """
    return wav.unpack(audio_path(code, key).read_bytes())


@cache
def session_prompt() -> SessionPrompt:
    """Return the template of the speech model's instructions in use, with its version."""
    return SessionPrompt(_PROMPT, (_FOLDER / "prompts" / f"{_PROMPT}.txt").read_text(encoding="utf-8"))


@cache
def caller_prompt() -> SessionPrompt:
    """Return the template of the model's instructions while a caller has proven nothing, with its version."""
    return SessionPrompt(_CALLER_PROMPT, (_FOLDER / "prompts" / f"{_CALLER_PROMPT}.txt").read_text(encoding="utf-8"))


def _of_number(phone: str) -> str | None:
    matches = [
        (len(calling_code), language.code)
        for language in load_all()
        for calling_code in language.calling_codes
        if phone.startswith(calling_code)
    ]
    return max(matches)[1] if matches else None
