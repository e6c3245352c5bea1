"""The demo's twelve customers: what each of them does on the phone, and the outcome that must follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]  # Any: a body of the API, or a script of `simulators.customer_script`


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer with one order, their script (`simulators.customer_script`), and the outcome and results that must follow."""

    order_id: str
    phone: str
    name: str
    does: str
    item: str
    total: str
    script: Json
    outcome: str
    results: tuple[str, ...]

    def order(self) -> Json:
        """Return the body of the POST that a shop would send."""
        return {
            "order": {
                "id": self.order_id,
                "total": self.total,
                "currency": "EUR",
                "items": [{"name": self.item, "quantity": 1}],
                "delivery": {"address": "Rr. Agim Ramadani 12, Prishtinë"},
            },
            "company": "Shopaz",
            "customer": {"phone": self.phone, "name": self.name, "language": "sq"},
            "metadata": {"crm_id": self.order_id.rpartition("-")[2]},
        }


def _says(intent: str, phrase: int = 0) -> Json:
    return {"say": {"intent": intent, "phrase": phrase}}


def _answers(*steps: Json | str, ring_s: float = 1.5) -> Json:
    return {"answer": {"ring_s": ring_s, "steps": list(steps)}}


_DONE = "wait_until_agent_done"
_CONFIRMS = _answers(_DONE, _says("hello"), _DONE, _says("confirm"))
_INTERRUPTS: Json = {"wait_agent_speaking": 1200}

CUSTOMERS: tuple[Customer, ...] = (
    Customer(
        "SHP-1001", "+38344100001", "Arta", "confirms by voice", "Kufje me valë", "59.90",
        {"attempts": [_CONFIRMS]}, "confirmed", ("confirmed",),
    ),
    Customer(
        "SHP-1002", "+38344100002", "Blerim", "cancels by voice", "Orë dore", "120.00",
        {"attempts": [_answers(_DONE, _says("hello", 1), _DONE, _says("cancel"), _DONE, _says("yes"))]},
        "cancelled", ("cancelled",),
    ),
    Customer(
        "SHP-1003", "+38344100003", "Drita", "presses 1", "Çantë shpine", "34.50",
        {"attempts": [_answers(_DONE, {"press": "1"})]}, "confirmed", ("confirmed",),
    ),
    Customer(
        "SHP-1004", "+38344100004", "Ermal", "presses 2 over the bot's speech", "Llambë tavoline", "18.00",
        {"attempts": [_answers(_INTERRUPTS, {"press": "2"})]}, "cancelled", ("cancelled",),
    ),
    Customer(
        "SHP-1005", "+38344100005", "Fatime", "interrupts, then confirms", "Tigan", "22.90",
        {"attempts": [_answers(_DONE, _says("hello", 2), _INTERRUPTS, _says("confirm", 2))]}, "confirmed", ("confirmed",),
    ),
    Customer(
        "SHP-1006", "+38344100006", "Gjon", "asks for a change", "Xhaketë", "75.00",
        {"attempts": [_answers(_DONE, _says("yes", 2), _DONE, _says("change"), _DONE, _says("yes"))]},
        "change_requested", ("change_requested",),
    ),
    Customer(
        "SHP-1007", "+38344100007", "Hana", "is busy, then confirms", "Libër gatimi", "15.20",
        {"attempts": ["busy", _CONFIRMS]}, "confirmed", ("busy", "confirmed"),
    ),
    Customer(
        "SHP-1008", "+38344100008", "Ilir", "never answers", "Biçikletë", "240.00",
        {"attempts": ["no_answer"]}, "unreached", ("no_answer", "no_answer"),
    ),
    Customer(
        "SHP-1009", "+38344100009", "Jehona", "has voicemail, then confirms", "Parfum", "49.00",
        {"attempts": [{"machine": {"ring_s": 1.5, "amd": {"verdict": "machine_start", "after_s": 3.0}}}, _CONFIRMS]},
        "confirmed", ("machine", "confirmed"),
    ),
    Customer(
        "SHP-1010", "+38344100010", "Kushtrim", "is the wrong number", "Tastierë", "31.00",
        {"attempts": [_answers(_DONE, _says("wrong_number"))]}, "wrong_number", ("wrong_number",),
    ),
    Customer(
        "SHP-1011", "+38344100011", "Liridona", "hangs up mid-sentence, then confirms", "Fustan", "64.00",
        {"attempts": [_answers(_INTERRUPTS, "hang_up"), _CONFIRMS]}, "confirmed", ("undecided", "confirmed"),
    ),
    Customer(
        "SHP-1012", "+38344100012", "Mentor", "asks to be called back, then confirms", "Altoparlant", "89.00",
        {"attempts": [_answers(_DONE, _says("callback")), _CONFIRMS]},
        "confirmed", ("callback_requested", "confirmed"),
    ),
)  # fmt: skip
