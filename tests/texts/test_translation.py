"""Numbers, moments and sentences in the language of whoever reads them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from texts import translation, wording
from texts.translation import LANGUAGES, in_language

MOMENT = datetime(2026, 11, 3, 9, 5, 2, tzinfo=UTC)
FIVE, HALF = 310, 5_400

#: What is said -> by whom: in English, German, French, Polish and Arabic.
SAID: dict[str, tuple[Callable[[], str], tuple[str, str, str, str, str]]] = {
    "a whole number": (
        lambda: translation.decimal(2_000),
        ("2,000", "2.000", "2\u202f000", "2\u00a0000", "2,000"),
    ),
    "a number with places": (
        lambda: translation.decimal(1_234.5678),
        ("1,234.568", "1.234,568", "1\u202f234,568", "1\u00a0234,568", "1,234.568"),
    ),
    "a number with so many places": (lambda: translation.fixed(0.9), ("0.90", "0,90", "0,90", "0,90", "0.90")),
    "one with another number of them": (lambda: translation.fixed(0.25, 1), ("0.2", "0,2", "0,2", "0,2", "0.2")),
    "a share": (lambda: translation.percent(0.5), ("50%", "50\u00a0%", "50\u00a0%", "50%", "50%")),
    "a share with places": (
        lambda: translation.percent(0.1254, 1),
        ("12.5%", "12,5\u00a0%", "12,5\u00a0%", "12,5%", "12.5%"),
    ),
    "a moment": (
        lambda: wording.exact(MOMENT),
        (
            "3 November 2026, 09:05:02 UTC",
            "3. November 2026, 09:05:02 Uhr UTC",
            "3 novembre 2026 à 09:05:02 UTC",
            "3 listopada 2026, 09:05:02 UTC",
            "3 نوفمبر 2026، الساعة 09:05:02 UTC",
        ),
    ),
    "a moment without its seconds": (
        lambda: wording.exact(MOMENT, seconds=False),
        (
            "3 November 2026, 09:05 UTC",
            "3. November 2026, 09:05 Uhr UTC",
            "3 novembre 2026 à 09:05 UTC",
            "3 listopada 2026, 09:05 UTC",
            "3 نوفمبر 2026، الساعة 09:05 UTC",
        ),
    ),
    "a day": (
        lambda: wording.day(MOMENT),
        ("3 Nov 2026", "03.11.2026", "3 nov. 2026", "3 lis 2026", "03\u200f/11\u200f/2026"),
    ),
    "a day below a plot": (lambda: wording.short_day(MOMENT), ("3 Nov", "3. Nov.", "3 nov.", "3 lis", "3 نوفمبر")),
    "a day with its hour": (
        lambda: wording.short_day(MOMENT, hours=True),
        ("3 Nov 09:05", "3. Nov. 09:05", "3 nov. 09:05", "3 lis 09:05", "3 نوفمبر 09:05"),
    ),
    "a wait": (
        lambda: wording.seconds(30),
        ("30 seconds", "30 Sekunden", "30 secondes", "30 sekund", "30 ثانية"),
    ),
    "a moment ago": (
        lambda: wording.ago(59),
        ("just now", "gerade eben", "à l’instant", "przed chwilą", "الآن"),
    ),
    "minutes ago": (
        lambda: wording.ago(FIVE),
        ("5 minutes ago", "vor 5 Minuten", "il y a 5 minutes", "5 minut temu", "قبل 5 دقائق"),
    ),
    "a duration": (lambda: wording.duration(FIVE), ("5 minutes", "5 Minuten", "5 minutes", "5 minut", "5 دقائق")),
    "a duration in short": (
        lambda: wording.short_duration(HALF),
        ("1.5 hr", "1,5 Std.", "1,5 h", "1,5 godz.", "1.5 س"),
    ),
    "a label": (
        lambda: wording.label("identity_attack"),
        ("Identity attack", "Angriff auf eine Gruppe", "Attaque identitaire", "Atak na tożsamość", "هجوم على هوية"),
    ),
    "a name within a sentence": (lambda: wording.within("Spam"), ("spam", "Spam", "spam", "spam", "spam")),
    "a language": (lambda: wording.language("de"), ("German", "Deutsch", "allemand", "niemiecki", "الألمانية")),
    "a romanised language": (
        lambda: wording.language("ur-Latn"),
        (
            "Urdu (Latin letters)",
            "Urdu (lateinische Buchstaben)",
            "ourdou (lettres latines)",
            "urdu (litery łacińskie)",
            "الأوردية (بأحرف لاتينية)",
        ),
    ),
    "no language": (
        lambda: wording.language("und"),
        ("Not told", "Nicht angegeben", "Non indiquée", "Nie podano", "غير مذكورة"),
    ),
    "what is too long": (
        lambda: wording.too_long(1_200, 1_000),
        (
            "It has 1,200 characters; at most 1,000 fit.",
            "Es hat 1.200 Zeichen; höchstens 1.000 sind möglich.",
            "Il a 1\u202f200 caractères\u202f; 1\u202f000 au plus sont possibles.",
            "Ma 1\u00a0200 znaków; mieści się najwyżej 1\u00a0000.",
            "فيه 1,200 حرف، والحد الأقصى 1,000.",
        ),
    ),
}
READERS = ("en", "de", "fr", "pl", "ar")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("what", SAID)
def test_it_is_said_as_people_of_a_language_say_it(what: str, reader: str) -> None:
    say, told = SAID[what]
    with in_language(reader):
        assert plain_gaps(say()) == plain_gaps(told[READERS.index(reader)])


def plain_gaps(text: str) -> str:
    """A text in which every gap that must not break is a blank: which of them it is differs between translations."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("number", "polish"),
    [
        (1, "ostatni 1 dzień"),
        (2, "ostatnie 2 dni"),
        (4, "ostatnie 4 dni"),
        (5, "ostatnie 5 dni"),
        (22, "ostatnie 22 dni"),
    ],
)
def test_a_language_has_as_many_forms_of_a_word_as_it_needs(number: int, polish: str) -> None:
    """What the note has: 1 znak, 2 znaki, 5 znaków, 22 znaki."""
    with in_language("pl"):
        said = wording.too_long(number, 9, "note")
    form = "znak" if polish.startswith("ostatni ") else "znaki" if number % 10 in (2, 3, 4) else "znaków"
    assert said.split(";")[0].split()[-2:] == [str(number), form]


def test_what_is_stored_is_in_english_whoever_reads() -> None:
    with in_language("de"):
        assert wording.english_language("ur-Latn") == "Urdu (Latin letters)"
        assert wording.language("ur-Latn") == "Urdu (lateinische Buchstaben)", "and then it is German again"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("pt_BR", "Brazilian Portuguese"),
        ("zh-Hans", "Simplified Chinese"),
        ("sr-latn-RS", "Serbian (Latin letters)"),
        ("xx-Latn", "xx-Latn"),
        ("zz", "zz"),
        ("de-CH-1996", "German"),
    ],
)
def test_a_code_is_named_as_exactly_as_it_is_known(code: str, name: str) -> None:
    assert wording.language(code) == name


@pytest.mark.parametrize("code", ["zz", "xx-Latn", "zh-Hant"])
def test_whose_own_name_nobody_knows_is_called_as_others_call_it(code: str) -> None:
    assert wording.own_language(code) == wording.language(code)


def test_a_language_ends_with_its_block_also_where_that_fails() -> None:
    assert translation.current() == "en"
    with in_language("de"):
        with in_language("fr"):
            assert translation.current() == "fr"
        assert translation.current() == "de"
        with pytest.raises(ZeroDivisionError), in_language("fr"):
            raise ZeroDivisionError
        assert translation.current() == "de"
    assert translation.current() == "en"


def test_each_thread_speaks_for_itself() -> None:
    heard: list[str] = []
    with in_language("de"):
        thread = threading.Thread(target=lambda: heard.append(translation.current()))
        thread.start()
        thread.join()
    assert heard == ["en"]


@pytest.mark.parametrize("language", ["xx", "DE", "de-AT", ""])
def test_a_language_without_a_catalogue_is_refused_by_name(language: str) -> None:
    with pytest.raises(ValueError, match=rf"no catalogue for '{language}': en, de, fr"):
        translation.speak(language)
    assert translation.current() == "en"


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (["de-AT", "fr"], "de"),
        (["xx", "nl", "PT-br"], "pt"),
        (["EN-us"], "en"),
        (["ur-Latn"], "ur"),
        (["xx", "zz"], None),
        (["deutsch"], None),
        ([], None),
    ],
)
def test_the_first_language_that_we_speak_is_found(tags: list[str], language: str | None) -> None:
    assert translation.first_known(tags) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_written_in_its_direction_and_knows_its_point(language: str) -> None:
    assert translation.direction(language) == ("rtl" if language in ("ar", "ur") else "ltr")
    with in_language(language):
        point = translation.decimal_point()
        assert point in ".,"
        assert translation.written("1.5") == f"1{point}5"
        assert translation.written("none") == "none"


def test_a_sentence_is_filled_in_only_where_there_is_something_to_fill_in() -> None:
    assert translation.gettext("100% sure") == "100% sure"
    assert translation.gettext("%(number)s of it", number=3) == "3 of it"
    assert translation.later("A sentence.") == "A sentence."
    assert translation.forms_later("one", "many") == ("one", "many")
    with in_language("de"):
        assert translation.gettext("A sentence that nobody translated.") == "A sentence that nobody translated."


@pytest.mark.parametrize(("number", "said"), [(0, "0 links"), (1, "1 link"), (2, "2 links"), (1_000, "1,000 links")])
def test_the_form_goes_with_the_number(number: int, said: str) -> None:
    assert translation.ngettext("%(number)s link", "%(number)s links", number) == said
