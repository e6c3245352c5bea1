"""A scenario as written in tests/scenarios/*.yaml; docs/scenarios.md shows how to write one."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from shared import languages
from shared.core.speech.language import Language

Json = dict[str, Any]  # Any: JSON of the simulators and of the API

PLAIN_STEPS: Mapping[str, Json] = {
    "listen": {"wait_until_agent_done": {}},
    "cough": {"cough": 350},
    "hang up": {"hang_up": None},
    "stay": {"stay": None},
}
_WITH_NUMBER = {
    "interrupt": "wait_agent_speaking",
    "pause": "pause",
    "press": "press",
    "cough": "cough",
    "listen": "wait_until_agent_done",
}
_ALIASES: Mapping[str, str] = {"details": "details_items"}


class ScenarioError(ValueError):
    """A scenario that cannot be read; the message names it and says what is wrong."""


class Withdrawal(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The shop withdraws the order `after_s` seconds after it is in the state `when`; the request gets the status `answer`."""

    when: str  # waiting, ringing, in_call or decided
    after_s: float = 0.0
    answer: int = 200


class Model(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The speech model's faults: `faults` of simulators/openai_realtime/faults.py, in the first `times` sessions."""

    faults: Json
    times: int | None = None


class Expected(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The expected result. A field left out is not checked, except for the invariants of every call (invariants.py)."""

    outcome: str | None = None
    """The outcome of the finished confirmation; left out if it isn't finished: then `status` gives its state."""
    status: str = "finished"
    results: tuple[str, ...] | None = None
    """The result of each call, in order; left out: one call, whose result is the outcome."""
    reason: str | None = None
    """The reason of the last call."""
    channel: str | None = None
    quote: str | None = None
    wish: str | None = None
    note: str | None = None
    change: Json | None = None
    language: str | None = None
    """The language of the evidence."""
    heard: tuple[str, ...] = ()
    """In this order: keys of shared/languages lines, `stored:KEY` for a stored prompt, or words; `en/ask` in another language."""
    never_heard: tuple[str, ...] = ()
    disclosed: bool | None = None
    """Whether the last call's `disclosure_played_at` is set."""
    opted_out: bool = False
    sessions: int | None = None
    """The number of sessions with the model that got the order's instructions in the last call."""
    next_attempt_in_s: tuple[float, float] | None = None
    answered_by: str | None = None
    ends: str | None = None
    """How the last call ended on the line: `end_reason` of the Twilio simulator's ledger."""
    calls: int | None = None
    """The number of calls on the line; left out: as many as there are results."""
    longest_wait_s: float = 4.0
    """The longest silence after the customer's words or key, and after the answer."""
    longest_quiet_s: float = 7.5
    """The longest silence after the agent's words, when the customer is expected to speak."""
    longest_end_s: float = 2.0
    """The longest time from the last words to the end."""
    talks_on: bool = False
    """Whether the agent's last words may not be interrupted."""
    other_outcome: str | None = None
    """The outcome of the customer's other order."""
    other_heard: tuple[str, ...] = ()
    """As `heard`, for the other order."""
    model_errors: frozenset[str] = frozenset()
    """Codes of OpenAI's errors that are expected."""
    twilio_errors: frozenset[int] = frozenset()
    """Codes of Twilio's errors that are expected, in addition to those of the rules in `twilio`."""


class Scenario(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The customer's actions in each call, the other events, and the expected result."""

    person: tuple[str, ...] = ()
    """The steps of the only call, or of every call that `calls` doesn't describe."""
    calls: tuple[Any, ...] = ()  # Any: an attempt of simulators/customer_script/script.py, or a list of steps
    language: str = "sq"
    noise: float = 0.0
    echo: float | None = None
    """The part of what the person hears that comes back on their track; left out: as the profile draws."""
    amd: Json = msgspec.field(default_factory=lambda: {"verdict": "human", "after_s": 4.0})
    order: Json = msgspec.field(default_factory=dict)
    """Fields that are merged into the body of the POST."""
    other_order: Json | None = None
    """Fields for the POST of an older open order that the customer also has; `calls_back` is meant to ask about it."""
    model: Model | None = None
    twilio: tuple[Json, ...] = ()
    """Rules of simulators/twilio/faults.py, applied to this phone."""
    withdrawn: Withdrawal | None = None
    calls_back: tuple[str, ...] = ()
    """The steps of a call that the customer makes to us after the first one; `prove` presses the end of the order's id."""
    expect: Expected
    name: str = ""
    topic: str = ""
    number: Annotated[int, Meta(ge=0)] = 0

    @property
    def order_id(self) -> str:
        """The order's id; in quotes it is not part of any other id. It is short, because every greeting spells it.

        Its last four letters and digits prove to a call that the customer knows it.
        """
        return f"S{self.number:03}"

    @property
    def company(self) -> str:
        """The company; of a customer who phones us one of its own: before the proof a session knows nothing else of the order."""
        letters = "".join(chr(ord("A") + self.number // power % 26) for power in (676, 26, 1))
        return f"Shopaz {letters}" if self.calls_back else "Shopaz"

    @property
    def phone(self) -> str:
        """The customer's number."""
        return f"+3834420{self.number:04}"

    @property
    def results(self) -> tuple[str, ...]:
        """The result of each call."""
        if self.expect.results is not None:
            return self.expect.results
        return (self.expect.outcome,) if self.expect.outcome else ()

    def in_round(self, number: int) -> "Scenario":
        """Return the same scenario with another order and another phone, for another round."""
        return msgspec.structs.replace(self, number=self.number + 1000 * number)

    @property
    def about_s(self) -> float:
        """The approximate duration, so that the longest scenario can begin first."""
        steps = [text for call in (*self.calls, self.person, self.calls_back) if not isinstance(call, str | dict) for text in call]
        pauses = sum(float(text.removeprefix("pause ")) for text in steps if text.startswith("pause "))
        return 8.0 * steps.count("listen") + 25.0 * steps.count("stay") + pauses + 4.0 * len(self.calls)

    def script(self) -> Json:
        """Return the script for simulators/customer_script/script.py."""
        calls = [self._attempt(call) for call in self.calls] or [self._attempt(list(self.person))]
        return {"language": self.language, "attempts": calls}

    def inbound_script(self) -> Json:
        """Return the script of the person who calls us."""
        proofs = {"prove": self.order_id, "prove other": self.other_order_id}
        steps = [{"press": keys_of(proofs[text][-4:])} if text in proofs else step(text) for text in self.calls_back]
        return {"answer": {"ring_s": 0.2, "steps": steps, "amd": {"verdict": "none"}}}

    def body(self) -> Json:
        """Return the body of the POST; an order that names no `max_attempts` is called once."""
        language = self.language.partition("-")[0]
        plain: Json = {
            "order": {
                "id": self.order_id,
                "total": "59.90",
                "currency": "EUR",
                "items": [{"name": "Kufje me valë", "quantity": 1}],
            },
            "company": self.company,
            "customer": {"phone": self.phone, "name": "Arta", "language": language},
            "call": {"max_attempts": 1},
        }
        return _merged(plain, self.order)

    def other_body(self) -> Json:
        """Return the body of the other order's POST; its call is not due for many years."""
        plain = _merged(self.body(), {"order": {"id": self.other_order_id}, "call": {"not_before": "2099-01-01T00:00:00Z"}})
        return _merged(plain, self.other_order or {})

    @property
    def other_order_id(self) -> str:
        """The other order's id."""
        return f"{self.order_id}B"

    def _attempt(self, call: object) -> object:
        if isinstance(call, list):
            steps = [step(text) for text in call]
            return {"answer": {"ring_s": 0.5, "steps": steps, "amd": self.amd, "noise": self.noise, "echo": self.echo}}
        return call


def step(text: str) -> Json:
    """Read one step: `listen`, `say yes 2 en`, `say: words`, `interrupt 800`, `pause 5`, `press 1`, `cough`, `hang up`, `stay`."""
    if text in PLAIN_STEPS:
        return PLAIN_STEPS[text]
    word, _, rest = text.partition(" ")
    if word == "say:":
        return {"say": {"text": rest}}
    if word == "say":
        intent, *more = rest.split()
        number = next((int(one) for one in more if one.isdecimal()), 0)
        language = next((one for one in more if one.isalpha()), None)
        return {"say": {"intent": intent, "phrase": number, "language": language}}
    if word == "press":
        return {"press": rest}
    if word in _WITH_NUMBER:
        return {_WITH_NUMBER[word]: float(rest) if word == "pause" else int(rest)}
    raise ScenarioError(f"no such step: {text!r}; there are listen, say, interrupt, pause, press, cough, hang up and stay")


def keys_of(characters: str) -> str:
    """Return the keys of a phone on which these letters and digits stand."""
    return characters.casefold().translate(str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999"))


def fragment(key: str, language: Language) -> str:
    """Return the longest part without a placeholder of the line with that key; a text that is not a key is returned itself."""
    code, _, rest = key.partition("/")
    if code in languages.supported():
        return fragment(rest, languages.load(code))
    if key.startswith("stored:"):
        return language.stored[key.removeprefix("stored:")]
    line = language.lines.get(_ALIASES.get(key, key))
    return key if line is None else max(re.split(r"\{\w+\}", line), key=len).strip()


def read_all(folder: Path) -> Iterator[Scenario]:
    """Yield every scenario of every YAML file, in a fixed order."""
    number = 0
    for path in sorted(folder.glob("*.yaml")):
        try:
            scenarios = msgspec.yaml.decode(path.read_bytes(), type=dict[str, Scenario])
        except msgspec.DecodeError as problem:
            raise ScenarioError(f"{path.name}: {problem}") from problem
        for name, scenario in scenarios.items():
            number += 1
            yield msgspec.structs.replace(scenario, name=name, topic=path.stem, number=number)


def _merged(base: Json, changes: Mapping[str, Any]) -> Json:
    merged = dict(base)
    for key, value in changes.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged
