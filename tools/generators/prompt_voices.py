"""Which voice speaks each stored prompt: `voices.json` beside the audio, and the table in `docs/languages.md`.

`voices.json` is a JSON object, "<model> <voice>" by prompt, of the prompts that OpenAI's speech endpoint rendered. espeak-ng
renders all others, so a language without the file has only espeak-ng's voice.
"""

import json
from pathlib import Path
from typing import Final

from shared import languages
from shared.core.speech.language import STORED

DOCS: Final = Path(__file__).resolve().parents[2] / "docs" / "languages.md"
ESPEAK: Final = "espeak-ng"
BEGIN: Final = "<!-- voices: written by make prompts -->\n"
END: Final = "<!-- /voices -->\n"


def voices(code: str) -> dict[str, str]:
    """Return the voice of each stored prompt of that language."""
    path = _path(code)
    noted: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {key: noted.get(key, ESPEAK) for key in STORED}


def note(code: str, key: str, voice: str) -> None:
    """Note the voice that has just rendered a prompt."""
    noted = {name: by for name, by in (voices(code) | {key: voice}).items() if by != ESPEAK}
    if noted:
        _path(code).write_text(f"{json.dumps(noted, indent=1)}\n", encoding="utf-8")
    else:
        _path(code).unlink(missing_ok=True)


def table() -> str:
    """Return the table of the documentation: for each language, which voice speaks which prompts."""
    rows = [f"| {languages.load(code).name} | {_by_voice(voices(code))} |" for code in languages.supported()]
    return "\n".join(["| language | who speaks the stored prompts |", "| --- | --- |", *rows, ""])


def write_table() -> None:
    """Write the table into the documentation."""
    text = DOCS.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    with_table = f"{before}{BEGIN}{table()}{END}{after}"
    if with_table != text:
        DOCS.write_text(with_table, encoding="utf-8")


def _by_voice(by_prompt: dict[str, str]) -> str:
    """Return "espeak-ng: all", or the prompts of each voice."""
    used = sorted(set(by_prompt.values()))
    if len(used) == 1:
        return f"{used[0]}: all"
    return "; ".join(f"{one}: {', '.join(f'`{key}`' for key in STORED if by_prompt[key] == one)}" for one in used)


def _path(code: str) -> Path:
    return languages.audio_path(code, STORED[0]).with_name("voices.json")
