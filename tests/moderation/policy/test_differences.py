"""A change of the policy in sentences: each difference once, and nothing that means the same."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.policy import differences
from moderation.policy.policies import DEFAULT
from moderation.policy.terms import Presets

PRESETS: Presets = {
    "balanced": {"insult": {"flag_at": 0.5, "reject_at": 0.9}, "spam": {"flag_at": 0.6, "reject_at": None}},
    "strict": {"insult": {"flag_at": 0.3, "reject_at": 0.9}, "spam": {"flag_at": 0.6, "reject_at": 0.7}},
}
NIGHTS = {"time_zone": "Europe/Berlin", "spans": [{"days": ["fri", "sat"], "start": "22:00", "end": "06:00"}]}
LISTS = {"l_1": "Our words", "l_2": "Our domains"}
DAY = "2026-12-01T06:30:00+00:00"


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        # What has a few values.
        ({}, {"mode": "hold"}, ["Mode: hold (was auto)."]),
        # A preset brings its thresholds with it; an edge that is the same in both is not told.
        (
            {},
            {"preset": "strict"},
            [
                "Preset: strict (was balanced).",
                "Insult flags from 0.3 (was from 0.5).",
                "Spam rejects from 0.7 (was never).",
            ],
        ),
        # A threshold that is the preset's own is no change, however it came there.
        ({}, {"thresholds": {"insult": {"flag_at": 0.5}}}, []),
        ({}, {"thresholds": {"insult": {"flag_at": 0.45}}}, ["Insult flags from 0.45 (was from 0.5)."]),
        ({}, {"thresholds": {"insult": {"reject_at": None}}}, ["Insult rejects never (was from 0.9)."]),
        # A label that only one of the two names.
        ({}, {"thresholds": {"threat": {"reject_at": 0.8}}}, ["Threat rejects from 0.8 (was never)."]),
        ({"thresholds": {"threat": {"reject_at": 0.8}}}, {}, ["Threat rejects never (was from 0.8)."]),
        # Both edges of one label, and labels in the order of their names.
        (
            {},
            {"thresholds": {"spam": {"flag_at": 0.1}, "insult": {"flag_at": 0.2, "reject_at": 0.3}}},
            [
                "Insult flags from 0.2 (was from 0.5).",
                "Insult rejects from 0.3 (was from 0.9).",
                "Spam flags from 0.1 (was from 0.6).",
            ],
        ),
        # Lists: what came, what went, and both.
        ({}, {"banned_words": ["casino"]}, ["Banned words: added “casino”."]),
        ({"banned_words": ["casino"]}, {}, ["Banned words: removed “casino”."]),
        (
            {"banned_words": ["casino", "lottery"]},
            {"banned_words": ["lottery", "roulette", "poker"]},
            ["Banned words: added “roulette”, “poker”; removed “casino”."],
        ),
        # The same entries, moved.
        ({"banned_words": ["a", "b"]}, {"banned_words": ["b", "a"]}, ["Banned words: in another order."]),
        # Five are named and the rest are counted: not before there are six.
        ({}, {"suspect_words": list("abcde")}, ["Suspect words: added “a”, “b”, “c”, “d”, “e”."]),
        ({}, {"suspect_words": list("abcdef")}, ["Suspect words: added “a”, “b”, “c”, “d”, “e” and 1 more."]),
        ({"suspect_words": list("abcdefgh")}, {}, ["Suspect words: removed “a”, “b”, “c”, “d”, “e” and 3 more."]),
        # An entry that ends by itself says when; one that is taken out does not.
        (
            {},
            {"banned_words": ["casino", "lottery"], "expires": {"banned_words": {"casino": DAY}}},
            ["Banned words: added “casino” until 1 December 2026, 06:30 UTC, “lottery”."],
        ),
        (
            {"banned_words": ["casino"], "expires": {"banned_words": {"casino": DAY}}},
            {},
            ["Banned words: removed “casino”."],
        ),
        # The end in another list is no end in this one.
        (
            {},
            {"banned_words": ["casino"], "expires": {"suspect_words": {"casino": DAY}}},
            ["Banned words: added “casino”."],
        ),
        # Numbers, and what none means: it depends on the number.
        ({"max_links": 3}, {"max_links": 0}, ["Links that a comment may have: 0 (was 3)."]),
        ({"max_links": 3}, {"max_links": None}, ["Links that a comment may have: any number (was 3)."]),
        ({}, {"trust_after": 5}, ["Approvals after which an author is trusted: 5 (was never)."]),
        ({"strike_days": 7}, {"strike_days": None}, ["Days after which a rejection expires: 30 (was 7)."]),
        # What is on or off.
        ({"flag_repeated": True}, {"flag_repeated": False}, ["Repeated comments are no longer held."]),
        ({"flag_first_comment": False}, {"flag_first_comment": True}, ["First comments are held now."]),
        # Languages, one by one, in the order of their codes; one that stayed is not told.
        (
            {"languages": {"de": "hold", "fi": "judge", "hu": "rules"}},
            {"languages": {"cs": "strict", "de": "hold", "fi": "lenient"}},
            [
                "Languages: Czech is judged strictly.",
                "Languages: Finnish is judged leniently (was: is judged by its scores).",
                "Languages: Hungarian is as by default (was: is published unless a rule speaks).",
            ],
        ),
        # Shared lists by their names, and one that is gone without one.
        (
            {"lists": {"l_1": "flag", "l_9": "reject"}},
            {"lists": {"l_1": "reject", "l_2": "flag"}},
            [
                "Shared lists: “Our words”: reject (was: flag).",
                "Shared lists: “Our domains”: flag (was: not used).",
                "Shared lists: a list that is gone: not used (was: reject).",
            ],
        ),
        # Times, in words.
        (
            {},
            {"hold_times": NIGHTS},
            ["Times at which every comment waits: Fri, Sat 22:00 to 06:00 (Europe/Berlin) (was never)."],
        ),
        (
            {"hold_times": NIGHTS},
            {"hold_times": {"time_zone": "UTC", "spans": []}},
            ["Times at which every comment waits: never (was Fri, Sat 22:00 to 06:00 (Europe/Berlin))."],
        ),
    ],
)  # fmt: skip
def test_a_change_is_told_in_sentences(old: dict[str, Any], new: dict[str, Any], sentences: list[str]) -> None:
    assert differences.describe(old, new, PRESETS, LISTS) == sentences


def test_what_changed_in_several_places_is_told_in_the_order_of_the_page() -> None:
    changed = {
        "flag_repeated": not DEFAULT["flag_repeated"],
        "max_links": 9,
        "banned_words": ["casino"],
        "thresholds": {"spam": {"flag_at": 0.4}},
        "mode": "observe",
    }
    told = differences.describe({}, changed, PRESETS)
    assert [sentence.split()[0] for sentence in told] == ["Mode:", "Spam", "Banned", "Links", "Repeated"]


def test_a_document_from_before_a_setting_existed_differs_in_nothing_from_its_default() -> None:
    older = {name: value for name, value in DEFAULT.items() if name not in {"languages", "hold_times", "expires"}}
    assert differences.describe(older, DEFAULT, PRESETS) == []
