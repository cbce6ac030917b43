"""Every sentence is there in every language, and none of them can go wrong where it is filled in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from texts import translation
from texts.translation import CATALOGUES, LANGUAGES, SOURCE
from tools import catalogues

pytestmark = pytest.mark.one_database

TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
each_language = pytest.mark.parametrize("language", TRANSLATED)


@cache
def catalogue_of(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def faults(catalogue: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue's translations: the sentence, and what."""
    for message in catalogue:
        if message.id and (fault := fault_of(message, catalogue.num_plurals)):
            yield f"{message.id}: {fault}"


def fault_of(message: Message, plurals: int) -> str | None:
    sources = [str(one) for one in (message.id if isinstance(message.id, tuple) else (message.id,))]
    said = message.string if isinstance(message.string, tuple | list) else (message.string,)
    forms = [str(form or "") for form in said]
    if message.fuzzy:
        return "it is marked as fuzzy"
    if len(forms) != (plurals if message.pluralizable else 1) or not all(form.strip() for form in forms):
        return "it is not translated, or not in every form"
    for form in forms:
        if filled(form) != filled(sources[-1]) and filled(form) != filled(sources[-1]) - Counter(["%(number)s"]):
            return f"it fills in other things: {form}"
        if '"' in form and '"' not in sources[-1]:
            return f"it would end an attribute: {form}"
        if bare(form).count("%") != bare(sources[-1]).count("%"):
            return f"it has a percent sign too many or too few: {form}"
    return None


def filled(sentence: str) -> Counter[str]:
    """What a sentence fills in, and its markup."""
    return Counter(re.findall(r"%\(\w+\)s|\{\w+\}|</?\w+[^>]*>", sentence))


def bare(sentence: str) -> str:
    """The sentence without what it fills in."""
    return re.sub(r"%\(\w+\)s", "", sentence)


@each_language
def test_every_sentence_is_translated_and_fills_in_the_same(language: str) -> None:
    assert list(faults(catalogue_of(language))) == []


def test_the_catalogues_have_the_sentences_of_the_code_and_no_others() -> None:
    wanted = {message.id for message in catalogues.template() if message.id}
    for language in TRANSLATED:
        found = {message.id for message in catalogue_of(language) if message.id}
        assert found == wanted, f"{language}: run `make catalogues`, and translate what is new"


@pytest.mark.parametrize(
    ("sentence", "string", "flags"),
    [
        ("A sentence.", "", ()),
        ("A sentence.", 'Ein "Satz".', ()),
        ("A sentence.", "Ein Satz.", ("fuzzy",)),
        ("Wait %(time)s.", "Warten Sie %(zeit)s.", ()),
        ("Wait %(time)s.", "Warten Sie.", ()),
        ("A score of {score}.", "Ein Wert.", ()),
        ('<a href="%(page)s">here</a>', "hier %(page)s", ()),
        ("Wait %(time)s.", "Warten Sie %(time)s zu 100%.", ()),
        (("One %(name)s", "%(number)s %(name)s"), ("Ein %(name)s", ""), ()),
        (("One %(name)s", "%(number)s %(name)s"), ("Ein %(name)s", "%(number)s"), ()),
    ],
)
def test_a_faulty_translation_is_noticed(
    sentence: str | tuple[str, str], string: str | tuple[str, str], flags: tuple[str, ...]
) -> None:
    catalogue = Catalog("de")
    catalogue.add(sentence, string, flags=flags)
    assert len(list(faults(catalogue))) == 1


@pytest.mark.parametrize(
    ("language", "number", "told"),
    [
        ("en", 1, "It was good for one day after the decision."),
        ("en", 1800, "It was good for 1,800 days after the decision."),
        ("de", 1800, "Er galt 1.800 Tage lang nach der Entscheidung."),
        ("fr", 1, "Il était valable un jour après la décision."),
        ("pl", 1, "Był ważny przez 1 dzień od decyzji."),
        ("pl", 22, "Był ważny przez 22 dni od decyzji."),
        ("ar", 2, "كان صالحًا يومين بعد القرار."),
        ("ar", 5, "كان صالحًا 5 أيام بعد القرار."),
        ("ar", 180, "كان صالحًا 180 يومًا بعد القرار."),
    ],
)
def test_a_number_has_the_form_that_goes_with_it(language: str, number: int, told: str) -> None:
    sentences = ("It was good for one day after the decision.", "It was good for %(number)s days after the decision.")
    with translation.in_language(language):
        assert translation.ngettext(*sentences, number) == told


def test_a_language_is_spoken_within_its_block_only_and_an_unknown_one_never() -> None:
    with translation.in_language("de"):
        assert translation.gettext("Why") == "Warum"
        assert translation.gettext("Nobody translated this.") == "Nobody translated this."
    assert translation.gettext("Why") == "Why"
    with pytest.raises(ValueError, match="no catalogue for 'xx'"):
        translation.speak("xx")


@pytest.mark.parametrize(
    ("tags", "found"), [(["de-AT", "fr"], "de"), (["nl", "PT-BR"], "pt"), (["../ar", ""], None), ([], None)]
)
def test_the_first_language_that_we_speak_is_chosen(tags: list[str], found: str | None) -> None:
    assert translation.first_known(tags) == found


def test_arabic_and_urdu_are_written_from_the_right() -> None:
    assert [language for language in LANGUAGES if translation.direction(language) == "rtl"] == ["ar", "ur"]


#: What pages once said, and say by the words of the trade now: those of docs/moderators.md and CONTRIBUTING.md.
OLD_WORDS = re.compile(
    r"^(do so|leave them|held back|stats)$|\bflagged\b|\bcalls? themselves\b|\bbad ones\b"
    r"|\bwas done that is like\b|\bfrom which scores\b|\btried again later\b|\btake the log\b|\bI have kept\b",
    re.IGNORECASE,
)


def old_words(sentences: Iterator[str]) -> list[str]:
    return [one for one in sentences if OLD_WORDS.search(re.sub(r"%\(\w+\)s", "", one))]


def test_no_sentence_says_by_old_words_what_has_another_name() -> None:
    sources = (message.id if isinstance(message.id, tuple) else (message.id,) for message in catalogue_of("de"))
    assert old_words(str(one) for several in sources for one in several) == []
    assert old_words(iter(["Do so", "3 are flagged now.", "Held back", "Leave them"])) != []
    assert old_words(iter(["%(flagged)s held", "Leave them as they are", "this site holds back from"])) == []
