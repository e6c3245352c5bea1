"""How an amount of money is spoken."""

from decimal import ROUND_HALF_UP, Decimal

from shared.core.order import Money
from shared.core.speech.language import Language
from shared.core.speech.numbers import counted, in_words
from shared.core.speech.order_id import spelled

_HUNDREDTH = Decimal("0.01")
_HUNDRED = 100


def spoken_price(money: Money, language: Language) -> str:
    """Return an amount as a cashier says it: units, then hundredths if there are any.

    If the language has no words for the currency, the amount is a decimal number, and the currency's code is spelled.
    """
    amount = abs(money.amount).quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)
    major, minor = int(amount), int(amount * _HUNDRED) % _HUNDRED
    words = language.speech.currencies.get(money.currency.upper())
    if words is None:
        number = f"{major}.{minor:02}" if minor else str(major)
        return f"{in_words(number, language)} {spelled(money.currency, language)}"
    if minor == 0:
        return counted(major, words.major, language)
    if major == 0:
        return counted(minor, words.minor, language)
    return language.speech.price.format(major=counted(major, words.major, language), minor=counted(minor, words.minor, language))
