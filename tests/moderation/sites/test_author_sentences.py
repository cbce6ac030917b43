"""What an author is told of a decision: a sentence for each reason, in their language, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.policy.rules import BY_NAME
from moderation.sites import author_sentences
from moderation.sites.site_settings import REASONS, RejectionReason, SiteSettings
from texts import translation
from texts.translation import LANGUAGES

OWN = RejectionReason("rules", "Against rule 7", None, {"de": "Gegen Regel 7"})
SETTINGS = SiteSettings(reasons=(*REASONS, OWN))


def threshold(rule: str, **known: Any) -> dict[str, Any]:
    return {"rule": rule, "message": "Insult 0.95 …", "label": "insult", "score": 0.9512, "threshold": 0.9} | known


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            threshold("reject_threshold"),
            "The automatic check gave it a score of 0.951 for being insulting; this site rejects from 0.9.",
        ),
        (
            threshold("flag_threshold", label="spam"),
            "The automatic check gave it a score of 0.951 for being spam or advertising; "
            "this site holds back from 0.9.",
        ),
        # A label of another model has at least its name.
        (
            threshold("reject_threshold", label="bad_taste"),
            "The automatic check gave it a score of 0.951 for being bad taste; this site rejects from 0.9.",
        ),
        (
            threshold("reject_threshold", label=None, score=None),
            "The automatic check gave it a score of unknown for being against its rules; this site rejects from 0.9.",
        ),
        ({"rule": "repeated", "message": "x"}, "The same text was posted here shortly before."),
        # A rule of another version of Winnow has its message.
        ({"rule": "moon_phase", "message": "The moon is full."}, "The moon is full."),
        ({"rule": "moon_phase"}, ""),
        ({}, ""),
        # A moderator's reason: the site's text, and the note as it is.
        ({"rule": "moderator", "message": "Against rule 7", "code": "rules"}, "Against rule 7"),
        ({"rule": "moderator", "message": "x", "code": "rules", "note": "Again."}, "Against rule 7: Again."),
        ({"rule": "moderator", "message": "House rules.", "note": "House rules."}, "House rules."),
        ({"rule": "moderator", "message": "A moderator chose to reject it."}, "A moderator chose to reject it."),
        # A reason that the site has taken from its list since: as it was said then.
        ({"rule": "moderator", "message": "Old rule: again", "code": "old", "note": "again"}, "Old rule: again"),
    ],
)
def test_each_reason_is_a_sentence(reason: dict[str, Any], sentence: str) -> None:
    assert author_sentences.of(reason, SETTINGS) == sentence


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (threshold("reject_threshold", score=0.5), "0,5"),
        ({"rule": "moderator", "message": "x", "code": "rules", "note": "Noch einmal."}, "Gegen Regel 7: Noch einmal."),
        ({"rule": "moderator", "message": "x", "code": "insult"}, "Beleidigt jemanden"),
        # What we say ourselves where nobody said anything.
        ({"rule": "moderator", "message": "A moderator chose to reject it."}, "abgelehnt"),
        ({"rule": "moderator", "message": "My own words."}, "My own words."),
    ],
)
def test_it_is_in_the_language_of_now(reason: dict[str, Any], sentence: str) -> None:
    with translation.in_language("de"):
        assert sentence in author_sentences.of(reason, SETTINGS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_has_a_sentence_in_every_language(language: str) -> None:
    with translation.in_language(language):
        told = {
            name: author_sentences.of(threshold(name, message="<message>"), SETTINGS)
            for name in BY_NAME
            if name != "moderator"
        }
    assert all(told.values())
    assert not [sentence for sentence in told.values() if "{" in sentence], "nothing is left to fill in"
    assert not [name for name, sentence in told.items() if "<message>" in sentence], "messages are for moderators"


def test_reasons_are_told_only_where_the_site_has_chosen_a_language() -> None:
    reasons = [{"rule": "repeated", "message": "x"}, {"rule": "clear", "message": "y"}]
    assert author_sentences.added(reasons, SETTINGS) == reasons
    assert (
        author_sentences.added(None, SETTINGS) == author_sentences.added(None, SiteSettings(author_language="de")) == []
    )
    told = author_sentences.added(reasons, SiteSettings(author_language="fr"))
    with translation.in_language("fr"):
        assert [one["for_author"] for one in told] == [author_sentences.of(one, SETTINGS) for one in reasons]
    assert [{name: value for name, value in one.items() if name != "for_author"} for one in told] == reasons
    assert reasons == [{"rule": "repeated", "message": "x"}, {"rule": "clear", "message": "y"}]


@pytest.mark.parametrize(
    ("answer", "language", "read"),
    [
        ("Against rule 7", "de", "Gegen Regel 7"),
        ("Against rule 7: Look at the second word.", "de", "Gegen Regel 7: Look at the second word."),
        ("Insults somebody: See above.", "de", "Beleidigt jemanden: See above."),
        ("Against rule 7", "en", "Against rule 7"),
        # What only begins like a reason is the moderator's own.
        ("Against rule 77", "de", "Against rule 77"),
        ("We are sorry.", "de", "We are sorry."),
        ("", "de", ""),
    ],
)
def test_an_answer_to_an_appeal_is_read_in_the_authors_language(answer: str, language: str, read: str) -> None:
    with translation.in_language(language):
        assert author_sentences.of_answer(answer, SETTINGS) == read
