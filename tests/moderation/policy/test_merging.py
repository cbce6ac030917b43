"""Two people who changed one policy: what each changed is kept, and what both changed differently is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    ("base", "mine", "theirs", "lists", "conflicts"),
    [
        # Subscriptions are merged one by one, as languages are; and two who contend are told once.
        ({"l_1": "flag"}, {"l_1": "flag", "l_2": "reject"}, {"l_1": "reject"}, {"l_1": "reject", "l_2": "reject"}, []),
        ({"l_1": "flag"}, {}, {"l_1": "flag", "l_3": "flag"}, {"l_3": "flag"}, []),
        ({"l_1": "flag"}, {"l_1": "reject"}, {"l_1": "publish"}, {"l_1": "reject"}, ["Shared lists"]),
        (
            {"l_1": "flag", "l_2": "flag"},
            {"l_1": "reject", "l_2": "reject"},
            {},
            {"l_1": "reject", "l_2": "reject"},
            ["Shared lists"],
        ),
    ],
)
def test_subscriptions_are_merged_one_by_one(
    base: dict[str, str], mine: dict[str, str], theirs: dict[str, str], lists: dict[str, str], conflicts: list[str]
) -> None:
    documents = [{"lists": one} for one in (base, mine, theirs)]
    merged, named = merge(*documents)
    assert (merged["lists"], named) == (lists, conflicts)


@pytest.mark.parametrize(
    ("mine", "theirs", "thresholds", "conflicts"),
    [
        # Under another preset the thresholds mean something else: they are one thing then.
        ({"preset": "strict"}, {}, {"insult": {"flag_at": 0.5}}, []),
        ({"preset": "strict", "thresholds": {}}, {}, {}, []),
        ({}, {"preset": "strict", "thresholds": {}}, {}, []),
        (
            {"preset": "strict", "thresholds": {"spam": {"flag_at": 0.1}}},
            {"thresholds": {"insult": {"flag_at": 0.4}}},
            {"spam": {"flag_at": 0.1}},
            ["Thresholds of insult", "Thresholds of spam"],
        ),
        # Under the same preset the edges are told apart, and a label without any is gone.
        ({"thresholds": {}}, {"thresholds": {"insult": {"flag_at": 0.5}, "spam": {"flag_at": 0.1}}},
         {"spam": {"flag_at": 0.1}}, []),
        ({"thresholds": {"insult": {"flag_at": 0.4}, "spam": {"flag_at": 0.2}}},
         {"thresholds": {"insult": {"flag_at": 0.3}, "spam": {"flag_at": 0.1}}},
         {"insult": {"flag_at": 0.4}, "spam": {"flag_at": 0.2}},
         ["Thresholds of insult", "Thresholds of spam"]),
    ],
)  # fmt: skip
def test_thresholds_are_merged_edge_by_edge_or_as_a_whole(
    mine: dict[str, Any], theirs: dict[str, Any], thresholds: dict[str, Any], conflicts: list[str]
) -> None:
    base = DEFAULT | {"thresholds": {"insult": {"flag_at": 0.5}}}
    merged, named = merge(base, base | mine, base | theirs)
    assert (merged["thresholds"], named) == (thresholds, conflicts)


@given(st.lists(st.sampled_from("abcd"), unique=True), *[st.lists(st.sampled_from("abcde"), unique=True)] * 2)
def test_what_either_took_out_is_out_and_what_either_put_in_is_in(
    base: list[str], mine: list[str], theirs: list[str]
) -> None:
    documents = [DEFAULT | {"banned_words": entries} for entries in (base, mine, theirs)]
    merged, conflicts = merge(*documents)
    entries = merged["banned_words"]
    assert conflicts == []
    assert len(entries) == len(set(entries))
    assert set(entries) == (set(mine) | set(theirs)) - (set(base) - set(mine)) - (set(base) - set(theirs))
    assert [entry for entry in entries if entry in theirs] == [entry for entry in theirs if entry in entries]


@given(
    *[st.fixed_dictionaries({"mode": st.sampled_from(["auto", "hold"]), "max_links": st.none() | st.integers(0, 2)})]
    * 3
)
def test_a_conflict_is_one_where_both_changed_the_same_differently(
    base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]
) -> None:
    merged, conflicts = merge(base, mine, theirs)
    for name, title in (("mode", "Mode"), ("max_links", "Links that a comment may have")):
        changed = {one[name] for one in (mine, theirs) if one[name] != base[name]}
        assert (title in conflicts) == (len(changed) == 2)
        if len(changed) < 2:
            assert merged[name] == next(iter(changed), base[name])
        else:
            assert merged[name] == mine[name]


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
