"""Sentences in the language of whoever reads them: gettext's catalogues, read by Babel.

The catalogues are in `texts/catalogues/`, one `.po` a language, and are read as they are: nothing is compiled. English
is the source, and what a process speaks unless it was told otherwise, so that nothing stored is in another language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.core import Locale
from babel.numbers import format_decimal

CATALOGUES = Path(__file__).parent / "catalogues"
#: The language that the sentences in the code are in.
SOURCE = "en"
#: The languages that people may read, in the order in which pages offer them. Each has a catalogue but the source.
LANGUAGES = (SOURCE, "de", "fr", "es", "pt", "it", "pl", "ar", "ur")

_current: ContextVar[str] = ContextVar("language", default=SOURCE)


def current() -> str:
    """The language that is spoken now."""
    return _current.get()


def speak(language: str) -> None:
    """Speak this language from now on, in this thread or task: for the edge, at the start of a request."""
    _current.set(_known(language))


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
    found = sentence if language == SOURCE else catalogue(language).gettext(sentence)
    return found % values if values else found


def later(sentence: str) -> str:
    """The sentence as it is: names one that is said later, by `gettext`, for the catalogues."""
    return sentence


def ngettext(singular: str, plural: str, number: int, **values: Any) -> str:
    """The form that goes with the number, in the language of now; `%(number)s` is the number as people write it."""
    language = current()
    if language == SOURCE:
        found = singular if number == 1 else plural
    else:
        found = catalogue(language).ngettext(singular, plural, number)
    return found % ({"number": decimal(number)} | values)


def decimal(number: float) -> str:
    """A number as it is written in the language of now, with up to three places: `2,000`, `0.95`."""
    return format_decimal(number, format="#,##0.###", locale=current())


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
