"""Two people who changed one policy: what each changed is kept, and what both changed differently is named."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.policy.merging import merge
from moderation.policy.policies import DEFAULT

BASE = DEFAULT | {
    "banned_words": ["a", "b"],
    "thresholds": {"insult": {"flag_at": 0.5, "reject_at": 0.9}},
    "max_links": 3,
    "languages": {"de": "hold"},
}


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ({"banned_words": ["a", "b", "c"]}, {"blocked_authors": ["eve"]},
         {"banned_words": ["a", "b", "c"], "blocked_authors": ["eve"]}),
        ({"banned_words": ["a", "b", "c"]}, {"banned_words": ["a", "b", "d"]}, {"banned_words": ["a", "b", "d", "c"]}),
        ({"banned_words": ["b", "c"]}, {"banned_words": ["a", "d"]}, {"banned_words": ["d", "c"]}),
        ({"banned_words": ["a", "b", "c"]}, {"banned_words": ["a", "b", "c"]}, {"banned_words": ["a", "b", "c"]}),
        ({"mode": "hold"}, {"max_links": 1}, {"mode": "hold", "max_links": 1}),
        ({"mode": "hold"}, {"mode": "hold"}, {"mode": "hold"}),
        ({}, {"max_links": None}, {"max_links": None}),
        ({"thresholds": {"insult": {"flag_at": 0.4, "reject_at": 0.9}}},
         {"thresholds": {"insult": {"flag_at": 0.5, "reject_at": 0.8}, "spam": {"flag_at": 0.1}}},
         {"thresholds": {"insult": {"flag_at": 0.4, "reject_at": 0.8}, "spam": {"flag_at": 0.1}}}),
        ({"thresholds": {}}, {"max_links": 1}, {"thresholds": {}, "max_links": 1}),
        ({"languages": {"de": "rules", "hu": "hold"}}, {"languages": {"de": "hold", "fi": "judge"}},
         {"languages": {"de": "rules", "hu": "hold", "fi": "judge"}}),
        ({"languages": {}}, {"languages": {"de": "hold", "fi": "judge"}}, {"languages": {"fi": "judge"}}),
        ({}, {"expires": {"banned_words": {"a": "2026-12-01T00:00:00+00:00"}}},
         {"expires": {"banned_words": {"a": "2026-12-01T00:00:00+00:00"}}}),
    ],
)  # fmt: skip
def test_different_changes_are_both_kept(
    mine: dict[str, Any], theirs: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert merge(BASE, BASE | mine, BASE | theirs) == (BASE | expected, [])


@pytest.mark.parametrize(
    ("mine", "theirs", "named"),
    [
        ({"mode": "hold"}, {"mode": "open"}, ["Mode"]),
        ({"max_links": 1}, {"max_links": 2}, ["Links that a comment may have"]),
        ({"thresholds": {"insult": {"flag_at": 0.4, "reject_at": 0.9}}},
         {"thresholds": {"insult": {"flag_at": 0.3, "reject_at": 0.9}}}, ["Thresholds of insult"]),
        ({"preset": "strict", "thresholds": {}}, {"thresholds": {"spam": {"flag_at": 0.2}}},
         ["Thresholds of spam"]),
        ({"languages": {"de": "rules"}}, {"languages": {"de": "judge"}}, ["Languages: German"]),
    ],
)  # fmt: skip
def test_what_both_changed_differently_is_asked_about_and_the_rest_of_theirs_kept(
    mine: dict[str, Any], theirs: dict[str, Any], named: list[str]
) -> None:
    merged, conflicts = merge(BASE, BASE | mine, BASE | theirs | {"blocked_authors": ["eve"]})
    assert conflicts == named
    assert {key: merged[key] for key in mine} == mine
    assert merged["blocked_authors"] == ["eve"]
