"""A site's languages, as its policy's page has them: grade by grade, each with what the site does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from models.languages import Grade, is_judged
from moderation.policy.terms import Policy, Treatment
from service.classifier import classifier
from service.console import names
from texts import wording
from texts.translation import gettext

#: Beginning of the names of the form's fields.
FIELD = "language."


@dataclass(frozen=True, slots=True)
class Choice:
    """A language and the field that says what becomes of comments in it; "" is as by default."""

    field: str
    name: str
    own_name: str
    chosen: str


@dataclass(frozen=True, slots=True)
class OfGrade:
    """The languages of one grade, what the grade means, and what becomes of them by default."""

    title: str
    meaning: str
    by_default: str
    languages: Sequence[Choice]

    @property
    def chosen(self) -> int:
        """For how many the site has chosen something."""
        return sum(bool(one.chosen) for one in self.languages)


def read(sent: Mapping[str, str], document: Mapping[str, Any]) -> dict[str, str]:
    """What was chosen, over what the `document` has: a language that the form does not name stays as it is."""
    chosen: dict[str, str] = dict(document.get("languages", {}))
    for code in classifier().languages:
        treatment = sent.get(FIELD + code, chosen.get(code, ""))
        chosen.pop(code, None)
        if treatment in get_args(Treatment):
            chosen[code] = treatment
    return chosen


def values(document: Mapping[str, Any]) -> dict[str, str]:
    """The fields that say so."""
    return {FIELD + code: treatment for code, treatment in document.get("languages", {}).items()}


def by_grade(document: Mapping[str, Any]) -> list[OfGrade]:
    """Every language that can be told, in its grade."""
    chosen = document.get("languages", {})
    grades = classifier().languages
    found = []
    for grade in get_args(Grade):
        codes = sorted((code for code in grades if grades[code] == grade), key=wording.language)
        choices = [
            Choice(FIELD + code, wording.language(code), wording.own_language(code), chosen.get(code, ""))
            for code in codes
        ]
        title, meaning = names.GRADES[grade]
        if choices:
            found.append(OfGrade(gettext(title), gettext(meaning), _by_default(grade, document), choices))
    return found


def _by_default(grade: Grade, document: Mapping[str, Any]) -> str:
    nothing_chosen = Policy(flag_unknown_language=document.get("flag_unknown_language", True))
    return gettext(names.TREATMENTS[nothing_chosen.treatment("", judged=is_judged(grade))])
