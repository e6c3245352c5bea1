"""How a date is spoken."""

from datetime import date

from shared.core.speech.language import Language


def spoken_date(day: date, language: Language) -> str:
    """Return a date without its year: "e mërkurë, njëzet e pesë nëntor"."""
    words = language.speech
    return words.date.format(weekday=words.weekdays[day.weekday()], day=words.days[day.day - 1], month=words.months[day.month - 1])
