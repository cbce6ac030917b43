"""Names, numbers and times in words, in the language of now (`translation.py`). Babel has most of the words."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from gettext import NullTranslations

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.units import format_unit

from texts import translation
from texts.own_names import OWN_NAMES

#: The module's own `ngettext` looks for a catalogue on the disk at every call.
_TRANSLATIONS = NullTranslations()
_NO_LANGUAGES = {"und": translation.later("Not told"), "mis": translation.later("A language that Winnow does not know")}
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))


#: Names that in words are more than their parts with spaces between.
_IN_WORDS = {"self_harm": "Self-harm"}


def named(name: str) -> str:
    """An internal name, such as a label's, in words: `Identity attack` for `identity_attack`."""
    return _IN_WORDS.get(name) or name.replace("_", " ").capitalize()


def counted(number: int, singular: str, plural: str) -> str:
    """A number with the right form of an English word: `counted(2, "{} link", "{} links")` is `2 links`.

    Where other languages are spoken, `translation.ngettext` has the forms.
    """
    return _TRANSLATIONS.ngettext(singular, plural, number).format(f"{number:,}")


def seconds(number: int) -> str:
    """A wait in whole seconds, as in `Retry-After`: `30 seconds`."""
    return format_unit(number, "second", "long", locale=translation.current())


#: What is too long, and the sentence that says so.
TOO_LONG = {
    "it": translation.forms_later(
        "It has one character; at most %(most)s fit.",
        "It has %(number)s characters; at most %(most)s fit.",
    ),
    "note": translation.forms_later(
        "The note has %(number)s character; at most %(most)s fit.",
        "The note has %(number)s characters; at most %(most)s fit.",
    ),
    "reason": translation.forms_later(
        "The reason has %(number)s character; at most %(most)s fit.",
        "The reason has %(number)s characters; at most %(most)s fit.",
    ),
    "name": translation.forms_later(
        "The name has %(number)s character; at most %(most)s fit.",
        "The name has %(number)s characters; at most %(most)s fit.",
    ),
}


def too_long(length: int, most: int, what: str = "it") -> str:
    """What somebody is told who has written more than fits."""
    return translation.ngettext(*TOO_LONG[what], length, most=translation.decimal(most))


def exact(moment: datetime, *, seconds: bool = True) -> str:
    """A moment in full, by the clock of now: `23 November 2026, 09:05:02 UTC`, or without the seconds."""
    moment = moment.astimezone(translation.zone())
    zone = _zone_name(moment.tzname() or "")
    time = moment.time().isoformat("seconds" if seconds else "minutes")
    language = translation.current()
    if language == translation.SOURCE:
        return f"{moment.day} {moment:%B %Y}, {time} {zone}"
    date = format_date(moment, "long", locale=language)
    return translation.gettext("%(date)s, %(time)s %(zone)s", date=date, time=time, zone=zone)


def clock_at(moment: datetime) -> timezone:
    """The clock by which a moment is told, as one that is never put forward or back: to count by its hours."""
    local = moment.astimezone(translation.zone())
    return timezone(local.utcoffset() or timedelta(), _zone_name(local.tzname() or ""))


def _zone_name(name: str) -> str:
    """What a zone is called: `CET`, or `UTC+05:45` where it has no more than a number of its own."""
    if name[:1] not in "+-":
        return name
    return f"UTC{name[:3]}:{name[3:]}" if name[3:] else f"UTC{name}"


def day(moment: datetime) -> str:
    """A day in short: `3 Nov 2026`."""
    language = translation.current()
    if language == translation.SOURCE:
        return f"{moment.day} {moment:%b %Y}"
    return format_date(moment, "medium", locale=language)


def short_day(moment: datetime, *, hours: bool = False) -> str:
    """A day without its year, as it stands below a plot: `3 Nov`, or with the time `3 Nov 09:00`."""
    language = translation.current()
    date = f"{moment.day} {moment:%b}"
    if language != translation.SOURCE:
        date = format_skeleton("MMMd", moment, locale=language)
    return f"{date} {moment:%H:%M}" if hours else date


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


def label(name: str) -> str:
    """What a label, or a reader's reason, is called in the language of now. Stored sentences have `named`."""
    return translation.gettext(named(name)) if name else ""


def within(name: str) -> str:
    """A name as it stands within a sentence: in small letters, where the language does not mind (German does)."""
    return name if translation.current() == "de" else name[:1].lower() + name[1:]


def language(code: str) -> str:
    """What a language is called in the language of now: `German` for `de`, `Urdu (Latin letters)` for `ur-Latn`."""
    if code in _NO_LANGUAGES:
        return translation.gettext(_NO_LANGUAGES[code])
    written, _, rest = code.partition("-")
    if rest.lower().startswith("latn"):
        name = _language(written, translation.current())
        return translation.gettext("%(language)s (Latin letters)", language=name) if name else code
    return _language(code, translation.current()) or code


def english_language(code: str) -> str:
    """What a language is called in English: for what is stored."""
    with translation.in_language(translation.SOURCE):
        return language(code)


def own_language(code: str) -> str:
    """What its speakers call it, as far as that is known: `Deutsch` for `de`."""
    return OWN_NAMES.get(code) or language(code)


@lru_cache(1000)  # a code may be whatever a sender says
def _language(code: str, locale: str) -> str | None:
    try:
        names = Locale.parse(locale)
    except (ValueError, UnknownLocaleError):
        return None
    written = code.partition("-")[0].lower()
    return names.languages.get(code.replace("-", "_")) or names.languages.get(written)
