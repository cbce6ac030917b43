"""Sentences in the language of whoever reads them: gettext's catalogues, read by Babel.

The catalogues are in `texts/catalogues/`, one `.po` a language, and are read as they are: nothing is compiled. English
is the source, and what a process speaks unless it was told otherwise, so that nothing stored is in another language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, tzinfo
from functools import cache, lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.core import Locale
from babel.numbers import format_decimal, format_percent

CATALOGUES = Path(__file__).parent / "catalogues"
#: The language that the sentences in the code are in.
SOURCE = "en"
#: The languages that people may read, in the order in which pages offer them. Each has a catalogue but the source.
LANGUAGES = (SOURCE, "de", "fr", "es", "pt", "it", "pl", "ar", "ur")

_current: ContextVar[str] = ContextVar("language", default=SOURCE)
_zone: ContextVar[tzinfo] = ContextVar("zone", default=UTC)


def current() -> str:
    """The language that is spoken now."""
    return _current.get()


def zone() -> tzinfo:
    """The time zone by whose clock moments are told now."""
    return _zone.get()


def speak(language: str, zone: tzinfo = UTC) -> None:
    """Speak this language from now on, in this thread or task, and tell moments by the clock of this zone.

    For the edge, at the start of a request.
    """
    _current.set(_known(language))
    _zone.set(zone)


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Speak this language within the block."""
    token = _current.set(_known(language))
    try:
        yield
    finally:
        _current.reset(token)


def gettext(sentence: str, **values: Any) -> str:
    """The sentence in the language of now, or as it is where there is none. `values` fill its `%(name)s`."""
    language = current()
    translated = sentence if language == SOURCE else catalogue(language).gettext(sentence)
    return translated % values if values else translated


def later(sentence: str) -> str:
    """The sentence as it is: names one that is said later, by `gettext`, for the catalogues."""
    return sentence


def forms_later(singular: str, plural: str) -> tuple[str, str]:
    """The two forms as they are: names a sentence that is said later, by `ngettext`, for the catalogues."""
    return singular, plural


def ngettext(singular: str, plural: str, number: int, **values: Any) -> str:
    """The form that goes with the number, in the language of now; `%(number)s` is the number as people write it."""
    language = current()
    if language == SOURCE:
        translated = singular if number == 1 else plural
    else:
        translated = catalogue(language).ngettext(singular, plural, number)
    return translated % ({"number": decimal(number)} | values)


def decimal(number: float) -> str:
    """A number as it is written in the language of now, with up to three places: `2,000`, `0.95`."""
    if current() == SOURCE and isinstance(number, int):
        return f"{number:,}"
    return _decimal(current(), number)


def decimal_point() -> str:
    """What stands before a number's places in the language of now."""
    return _decimal_point(current())


def fixed(number: float, places: int = 2) -> str:
    """A number with so many places, also where they are zero: `0.90`."""
    return written(f"{number:.{places}f}")


def percent(share: float, places: int = 0) -> str:
    """A part of one, as a percentage: `12%`, `12.5%`."""
    if current() == SOURCE:
        return f"{share:.{places}%}"
    pattern = str(Locale.parse(current()).percent_formats[None].pattern)
    if places:
        pattern = pattern.replace("##0", f"##0.{'0' * places}")
    return format_percent(round(share, places + 2), format=pattern, locale=current())


def written(number: str) -> str:
    """A number that was written with a point before its places, as it is written in the language of now."""
    return number if current() == SOURCE else number.replace(".", decimal_point())


def direction(language: str) -> str:
    """Which way it is written: `ltr` or `rtl`."""
    return str(Locale.parse(language).text_direction)


def first_known(tags: Iterable[str]) -> str | None:
    """The first of these language tags (`de-AT`, say) that we speak, by its language alone; None: we speak none."""
    for tag in tags:
        language = tag.partition("-")[0].lower()
        if language in LANGUAGES:
            return language
    return None


@lru_cache(maxsize=4096)
def _decimal(language: str, number: float) -> str:
    return format_decimal(number, format="#,##0.###", locale=language)


@cache
def _decimal_point(language: str) -> str:
    return format_decimal(0.5, format="0.0", locale=language)[1]


@cache
def catalogue(language: str) -> GNUTranslations:
    """The sentences of a language. One that is marked as fuzzy is not used."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415  (a tenth of a second, which most processes never need)
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with (CATALOGUES / f"{language}.po").open("rb") as file:
        messages = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _known(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(f"There is no catalogue for {language!r}: {', '.join(LANGUAGES)}.")
    return language
