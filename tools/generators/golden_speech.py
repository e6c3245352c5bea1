"""Writes the golden files of what a call says, one set for each language: the words as spelled for synthesis, and their sound.

python -m tools.generators.golden_speech             render all again, after an intended change of texts; then read the diff
python -m tools.generators.golden_speech sq en       only these

`tests/golden/speech/{code}.json` holds the words. `{code}.wav` (8 kHz mono mu-law) holds greeting, details and question in
espeak-ng's voice, as they sound on a phone. tests/golden/test_speech.py compares the present words and sound with them.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from shared import languages
from shared.core.order import Delivery, Item, Money, Order
from shared.core.speech.script import Script, render
from shared.languages import wav
from simulators.speech import voice

FOLDER: Final = Path(__file__).resolve().parents[2] / "tests" / "golden" / "speech"
_COMPANY: Final = "Shopaz"
_EURO = Order(
    id="SHP-10482",
    total=Money(Decimal("59.90"), "EUR"),
    items=(Item("Kufje me valë"), Item("USB 3.0", 2)),
    delivery=Delivery(address="Rr. Agim Ramadani 12, Prishtinë", date=date(2026, 11, 25)),
)
_LEK = Order(id="GJ/2350-21", total=Money(Decimal(2350), "ALL"), items=(Item("Libër"),))
_DENAR = Order(id="X1", total=Money(Decimal("1201.05"), "MKD"), items=(Item("A", 21),))


def words(code: str) -> dict[str, object]:
    """Return everything that a call about three orders may say, spelled for synthesis."""
    whole = asdict(_script(code, _EURO))
    whole |= whole.pop("lines")
    others = {name: asdict(_script(code, order)) for name, order in (("lek", _LEK), ("denar", _DENAR))}
    details = {name: {"order_id": script["order_id_spoken"], "details": script["details"]} for name, script in others.items()}
    return {"lines": whole, **details}


def heard(code: str) -> bytes:
    """Return greeting, details and question in espeak-ng's voice, as 8 kHz mu-law."""
    script = _script(code, _EURO)
    return voice.speak(f"{script.greeting} {script.details} {script.lines['ask']}", language=code)


def golden_words(code: str) -> dict[str, object]:
    """Return the words in the golden file."""
    kept: dict[str, object] = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    return kept


def golden_sound(code: str) -> bytes:
    """Return the sound in the golden file, as 8 kHz mu-law."""
    return wav.unpack((FOLDER / f"{code}.wav").read_bytes())


def _script(code: str, order: Order) -> Script:
    return render(languages.load(code), company=_COMPANY, order=order, customer_name="Arta")


def main(codes: Sequence[str]) -> int:
    """Write the golden files of these languages; without codes, of all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for code in codes or languages.supported():
        text = json.dumps(words(code), ensure_ascii=False, indent=1)
        (FOLDER / f"{code}.json").write_text(f"{text}\n", encoding="utf-8")
        sound = heard(code)
        (FOLDER / f"{code}.wav").write_bytes(wav.pack(sound))
        print(f"{code}  {len(sound) / wav.RATE_HZ:4.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
