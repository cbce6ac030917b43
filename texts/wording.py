"""Names, numbers and times in words, in the language of now (`translation.py`). Babel has most of the words."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from gettext import NullTranslations

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_timedelta
from babel.units import format_unit

from texts import translation

#: The module's own `ngettext` looks for a catalogue on the disk at every call.
_TRANSLATIONS = NullTranslations()
_NO_LANGUAGES = {"und": "Not told", "mis": "A language that Winnow does not know"}
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


def named(name: str) -> str:
    """An internal name, such as a label's, in words: `Identity attack` for `identity_attack`."""
    return name.replace("_", " ").capitalize()


def counted(number: int, singular: str, plural: str) -> str:
    """A number with the right form of an English word: `counted(2, "{} link", "{} links")` is `2 links`.

    Where other languages are spoken, `translation.ngettext` has the forms.
    """
    return _TRANSLATIONS.ngettext(singular, plural, number).format(f"{number:,}")


def seconds(number: int) -> str:
    """A wait in whole seconds, as in `Retry-After`: `30 seconds`."""
    return format_unit(number, "second", "long", locale=translation.current())


def too_long(length: int, most: int) -> str:
    """What somebody is told who has written more than fits."""
    return translation.ngettext(
        "It has one character; at most %(most)s fit.",
        "It has %(number)s characters; at most %(most)s fit.",
        length,
        most=translation.decimal(most),
    )


def exact(moment: datetime, *, seconds: bool = True) -> str:
    """A moment in UTC in full: `23 November 2026, 09:05:02 UTC`, or without the seconds."""
    time = f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}"
    language = translation.current()
    if language == translation.SOURCE:
        return f"{moment.day} {moment:%B %Y}, {time} UTC"
    date = format_date(moment, "long", locale=language)
    return translation.gettext("%(date)s, %(time)s UTC", date=date, time=time)


def ago(seconds: float) -> str:
    """How long ago something was: `3 minutes ago`, `2 weeks ago`. The script times.js updates it, in the same words."""
    if seconds < 60:
        return translation.gettext("just now")
    past = timedelta(seconds=-seconds)
    return format_timedelta(past, granularity="minute", threshold=1, add_direction=True, locale=translation.current())


def duration(seconds: float) -> str:
    """How long something lasts: `90 seconds`, `5 minutes`, `25 hours`; a larger unit is used from two of it on."""
    return format_timedelta(timedelta(seconds=seconds), threshold=2, locale=translation.current())


def short_duration(seconds: float) -> str:
    """How long something lasts, in short: `0.5 sec`, `1.5 hr`, `3 days`."""
    size, unit = next((pair for pair in _UNITS if seconds >= pair[0]), (1, "second"))
    number = seconds / size
    return format_unit(round(number, 0 if number >= 10 else 1), unit, "short", locale=translation.current())


def language(code: str) -> str:
    """What a language is called in English: `German` for `de`, `Urdu (Latin letters)` for `ur-Latn`."""
    return _NO_LANGUAGES.get(code) or _language(code, translation.SOURCE) or code


def own_language(code: str) -> str:
    """What its speakers call it, as far as that is known: `Deutsch` for `de`."""
    written = code.partition("-")[0]
    return (_language(written, written) if written == code else None) or language(code)


@cache
def _language(code: str, locale: str) -> str | None:
    try:
        names = Locale.parse(locale)
    except (ValueError, UnknownLocaleError):
        return None
    language, _, rest = code.partition("-")
    if rest.lower().startswith("latn"):
        name = names.languages.get(language)
        return f"{name} (Latin letters)" if name else None
    return names.languages.get(code.replace("-", "_")) or names.languages.get(language.lower())
