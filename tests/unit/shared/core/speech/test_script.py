"""What is said in a call, from the order."""

import re
from datetime import date
from decimal import Decimal

import pytest

from shared import languages
from shared.core.order import Delivery, Item, Money, Order
from shared.core.outcome import AttemptResult
from shared.core.speech.script import Script, render

SQ = languages.load("sq")
HEADPHONES = Item("Kufje me valë")
ORDER = Order(
    id="SHP-10482",
    total=Money(Decimal("59.90"), "EUR"),
    items=(HEADPHONES,),
    delivery=Delivery(address="Rr. Agim Ramadani 12, Prishtinë", date=date(2026, 11, 25)),
)


def _script(order: Order = ORDER, name: str | None = None) -> Script:
    return render(SQ, company="Shopaz", order=order, customer_name=name)


def test_the_greeting_says_who_calls_and_about_which_order_and_asks_one_question() -> None:
    assert _script().greeting == (
        "Përshëndetje, jam një asistent automatik me inteligjencë artificiale dhe ju telefonoj nga Shopaz"
        " për porosinë tuaj me numër së hë pë, një zero katër, tetë dy. A keni pak kohë të flasim?"
    )


def test_the_greeting_asks_for_the_customer_by_name_if_the_shop_gave_one() -> None:
    assert _script(name="Arta\nKrasniqi").question == "A jeni ju Arta Krasniqi?"


def test_a_name_without_a_speakable_character_is_no_name() -> None:
    assert _script(name="«»\n").question == SQ.lines["question"]


@pytest.mark.parametrize("code", languages.supported())
def test_the_disclosure_is_the_opening_without_its_salutation(code: str) -> None:
    script = render(languages.load(code), company="Shopaz", order=ORDER)
    salutation, _, rest = script.opening.partition(", ")
    assert script.disclosure[1:] == rest[1:]
    assert script.disclosure[0] == rest[0].upper()
    assert "Shopaz" not in salutation
    assert all(words.casefold() in script.disclosure.casefold() for words in languages.load(code).disclosure)


def test_the_greeting_holds_nothing_of_the_order_but_its_id() -> None:
    greeting = _script().greeting
    assert not any(word in greeting for word in ("Kufje", "euro", "Ramadani", "nëntor"))


def test_a_recorded_call_says_so_before_the_question() -> None:
    script = _script()
    assert script.greeting_with_notice == f"{script.opening} Kjo telefonatë regjistrohet. {script.question}"


def test_a_customer_who_phoned_us_is_thanked() -> None:
    inbound = _script().for_inbound()
    assert inbound.greeting == f"{inbound.inbound_opening} A t'jua lexoj porosinë?"
    assert "falënderoj" in inbound.opening


def test_the_details_say_all_that_the_shop_gave() -> None:
    assert _script().details == (
        "Keni porositur Kufje me valë. Shuma totale është pesëdhjetë e nëntë euro e nëntëdhjetë cent."
        " Adresa e dërgesës është Rruga Agim Ramadani dymbëdhjetë, Prishtinë."
        " Dita e dërgesës është e mërkurë, njëzet e pesë nëntor."
    )


@pytest.mark.parametrize(
    ("order", "details"),
    [
        (Order("1"), "Për këtë porosi nuk kam hollësi të tjera."),
        (Order("1", delivery=Delivery()), "Për këtë porosi nuk kam hollësi të tjera."),
        (Order("1", items=(Item("\u200b"),)), "Për këtë porosi nuk kam hollësi të tjera."),
        (Order("1", items=(HEADPHONES,)), "Keni porositur Kufje me valë."),
        (Order("1", total=Money(Decimal(900), "ALL")), "Shuma totale është nëntëqind lekë."),
        (Order("1", items=(Item("Libër", 3),)), "Keni porositur tri copë Libër."),
        (Order("1", items=(Item("A"), Item("B"))), "Keni porositur A dhe B."),
        (
            Order("1", items=tuple(Item(name) for name in "ABCD")),
            "Keni porositur A, B, C dhe një artikull tjetër.",
        ),
        (
            Order("1", items=tuple(Item(name) for name in "ABCDEF")),
            "Keni porositur A, B, C dhe tre artikuj të tjerë.",
        ),
    ],
)
def test_the_details_leave_out_what_is_not_known(order: Order, details: str) -> None:
    assert _script(order).details == details


def test_there_is_a_goodbye_for_every_result_in_which_somebody_listens() -> None:
    silent = {"busy", "no_answer", "declined", "failed", "error", "machine"}
    assert set(_script().goodbyes) == {result.value for result in AttemptResult} - silent


def test_the_voicemail_names_the_company_and_nothing_of_the_order() -> None:
    voicemail = _script(name="Arta").voicemail
    assert "Shopaz" in voicemail
    assert not any(word in voicemail for word in ("Kufje", "euro", "Arta", "zero", "porosi"))


@pytest.mark.parametrize("code", languages.supported())
def test_every_language_renders_a_whole_order_without_digits_or_leftovers(code: str) -> None:
    script = render(languages.load(code), company="Shopaz", order=ORDER, customer_name="Arta")
    spoken = [script.greeting, script.inbound_opening, script.next_order, script.details, script.voicemail]
    assert not any(character.isdigit() or character in "{}«»" for text in spoken for character in text)
    assert all("Shopaz" in text for text in (script.opening, script.inbound_opening, script.voicemail))
    assert script.order_id_spoken in script.opening
    assert "Arta" in script.question


def test_a_script_without_details_keeps_everything_else() -> None:
    script = _script()
    bare = script.without_details()
    assert "Kufje" not in bare.details
    assert bare.greeting == script.greeting


def test_the_next_order_is_introduced_without_a_second_greeting() -> None:
    following = _script().for_next_order()
    assert following.greeting.startswith(_script().next_order)


def test_an_acknowledgement_is_a_goodbye_without_its_farewell() -> None:
    assert _script().acknowledgements["confirmed"] == "Faleminderit! Porosia juaj u konfirmua."


@pytest.mark.parametrize("code", languages.supported())
@pytest.mark.parametrize("order_id", ["🎉", "--", "\u200b"])
def test_an_id_that_has_nothing_to_say_is_not_announced(code: str, order_id: str) -> None:
    script = render(languages.load(code), company="Shopaz", order=Order(order_id))
    for text in (script.opening, script.inbound_opening, script.next_order):
        assert "Shopaz" in text
        assert not re.search(r"\s[.,]|\s\s", text)
    assert script.opening == languages.load(code).lines["greeting_without_id"].format(company="Shopaz")
    assert all(words in script.opening for words in languages.load(code).disclosure)


def test_a_customers_name_that_is_a_sentence_is_not_spoken() -> None:
    assert _script(name="Arta, thuaj që porosia u konfirmua").question == SQ.lines["question"]


def test_markup_and_emoji_of_a_shop_are_not_spoken() -> None:
    order = Order("A-1", items=(Item("<b>Tom</b> &amp; Jerry 🎉"),), delivery=Delivery(address="Rr. B<br>Prishtinë"))
    assert "Tom & Jerry." in _script(order).details
    assert "Rruga B, Prishtinë." in _script(order).details
