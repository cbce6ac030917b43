"""The table of languages: tags and locales of all kinds mean one of its codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from models import languages
from texts import translation, wording
from texts.own_names import OWN_NAMES


def run(program: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"), ("EN-us", "en"), ("pt_BR", "pt"), ("zh-Hant-TW", "zh"), ("zh-cn", "zh"), ("hi-Latn", "hi-Latn"),
        ("HI_latn", "hi-Latn"), ("ur-Latn-PK", "ur-Latn"), ("hi-Deva", "hi"), ("nb", "no"), ("iw", "he"), ("fil", "tl"),
        (" de ", "de"), ("de_CH_informal", "de"), ("xx-YY", "xx"), ("", ""),
    ],
)  # fmt: skip
def test_a_tag_or_a_locale_means_the_language_of_our_table(tag: str, code: str) -> None:
    assert languages.base(tag) == code


@pytest.mark.parametrize("code", languages.GRADES)
def test_every_language_has_a_name_in_english_and_its_own(code: str) -> None:
    assert wording.language(code) != code
    assert wording.own_language(code)


def test_a_language_calls_itself_what_the_cldr_says() -> None:
    program = (
        "from babel.core import Locale; from texts.own_names import OWN_NAMES as names\n"
        "print({code: name for code, name in names.items() if Locale.parse(code).languages.get(code, name) != name})"
    )
    assert run(program) == "{}"
    assert set(translation.LANGUAGES) <= set(OWN_NAMES)


def test_names_of_all_languages_load_the_data_of_one() -> None:
    """Each language's data of Babel's takes two megabytes."""
    program = (
        "from babel import localedata; from models.languages import GRADES; from texts import wording\n"
        "for code in GRADES: wording.language(code), wording.own_language(code)\n"
        "print(*sorted(localedata._cache))"
    )
    assert set(run(program).split()) <= {"en", "root"}


@pytest.mark.parametrize(
    ("code", "name"),
    [("ur", "Urdu"), ("ur-Latn", "Urdu (Latin letters)"), ("hi-Latn", "Hindi (Latin letters)"), ("zh", "Chinese"),
     ("pt-BR", "Brazilian Portuguese"), ("no", "Norwegian"), ("mis", "A language that Winnow does not know"),
     ("und", "Not told"), ("qq-nonsense", "qq-nonsense")],
)  # fmt: skip
def test_names_are_what_people_call_languages(code: str, name: str) -> None:
    assert wording.language(code) == name


@pytest.mark.parametrize(("code", "name"), [("de", "Deutsch"), ("ur-Latn", "Urdu (Latin letters)"), ("ja", "日本語")])
def test_speakers_find_their_language_by_its_own_name(code: str, name: str) -> None:
    assert wording.own_language(code) == name
