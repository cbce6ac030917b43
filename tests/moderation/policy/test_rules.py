"""The whole policy as one table, and what holds for every policy whatsoever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import jsonschema_rs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from moderation.addresses import AddressSet
from moderation.authors import Author, BlockedAuthors, TrustedAuthors
from moderation.decisions.scoring import reasons_in_mode
from moderation.patterns import PatternSet
from moderation.policy import rules
from moderation.policy.hold_times import compile_times
from moderation.policy.list_kinds import Effect, PreparedList
from moderation.policy.rules import evaluate
from moderation.policy.terms import (
    Action,
    Facts,
    Mode,
    Policy,
    Standing,
    Subscription,
    Threshold,
    Treatment,
    Verdict,
    placement,
)
from moderation.webhooks import catalogue


def subscription(kind: str, effect: Effect, *entries: str) -> Subscription:
    numbered = list(enumerate(entries, 1))
    return Subscription(PreparedList(f"l_{kind}_{effect}", "Shared", kind, 1, numbered), effect)


SITE = Policy(
    thresholds={
        "toxicity": Threshold(flag_at=0.5, reject_at=0.9),
        "spam": Threshold(flag_at=0.6, reject_at=0.8),
        "threat": Threshold(flag_at=None, reject_at=0.7),
        "insult": Threshold(flag_at=0.4, reject_at=None),
        "profanity": Threshold(flag_at=None, reject_at=None),
    },
    banned_words=PatternSet(["casino*", "buy pills"]),
    suspect_words=PatternSet(["discount"]),
    max_links=2,
    blocked_authors=BlockedAuthors(["troll", "troll@example.org"]),
    suspended_authors=BlockedAuthors(["id:sue", "name:troll"]),
    hold_after=3,
    trust_after=5,
    trusted_authors=TrustedAuthors(["ada"]),
    blocked_ips=AddressSet(["192.0.2.0/24", "2001:db8::/32"]),
    trusted_ips=AddressSet(["198.51.100.7"]),
    flag_repeated=True,
    flag_first_comment=True,
    campaign_authors=3,
    flag_unknown_language=True,
    languages={"fi": "hold", "de": "hold", "hu": "rules", "pl": "judge"},
    hold_times=compile_times(
        {"time_zone": "UTC", "spans": [{"days": ["fri"], "start": "22:00", "end": "06:00"}]},
    ),
    subscriptions=(
        subscription("authors", "reject", "ada", "lou"),
        subscription("authors", "publish", "id:ada", "tru", "name:Pretender"),
        subscription("words", "reject", "casino", "roulette"),
        subscription("domains", "flag", "spam.example"),
        subscription("words", "flag", "discount", "doubtful"),
    ),
)
BY_NIGHT = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)
CALM = {"toxicity": 0.01, "spam": 0.01}
PLAIN = Facts(text="A thoughtful remark.")
KLINGON: dict[str, Any] = {"language": "tlh", "language_judged": False}

#: What only its quotation speaks against.
QUOTES = {"text": "> best casino\n\nPlease stop.", "own_words": "Please stop.", "own_scores": CALM | {"threat": 0.01}}

# What each rule is about, by itself: scores, facts, and what must come of it.
EACH_RULE: list[tuple[str, dict[str, Any], dict[str, float] | None, Action, str]] = [
    ("an author blocked by name", {"author": Author(user_id="u1", name="Troll")}, CALM, "reject", "blocked_author"),
    ("an author blocked by e-mail", {"author": Author(email="troll@example.org")}, CALM, "reject", "blocked_author"),
    ("an author whose name only holds a blocked one", {"author": Author(name="trolley")}, CALM, "publish", "clear"),
    ("an address in a blocked network", {"ip": "192.0.2.200"}, CALM, "reject", "blocked_ip"),
    ("an IPv6 address in a blocked network", {"ip": "2001:db8::1"}, CALM, "reject", "blocked_ip"),
    ("an IPv4 address written as IPv6", {"ip": "::ffff:192.0.2.1"}, CALM, "reject", "blocked_ip"),
    ("an address just outside", {"ip": "192.0.3.0"}, CALM, "publish", "clear"),
    ("an address that is none", {"ip": "not an address"}, CALM, "publish", "clear"),
    ("an author of a shared list", {"author": Author(email="LOU")}, CALM, "reject", "list_blocked"),
    ("an author whom a shared list trusts", {"author": Author(user_id="TRU")}, CALM, "publish", "list_trusted"),
    ("a word of a shared list", {"text": "a r0ulette"}, CALM, "reject", "list_banned"),
    ("one in a quotation", {"text": "> roulette\n\nNo.", "own_words": "No."}, CALM, "flag", "list_banned"),
    ("a doubtful word", {"text": "so Doubtful"}, CALM, "flag", "list_suspect"),
    ("a domain of a shared list", {"text": "at www.spam.example/x"}, CALM, "flag", "list_suspect"),
    ("one in the web site", {"url": "https://a.spam.example"}, CALM, "flag", "list_suspect"),
    ("a domain that only ends alike", {"text": "at myspam.example"}, CALM, "publish", "clear"),
    ("a trusted author", {"author": Author(user_id="ada")}, CALM, "publish", "trusted_author"),
    ("a trusted address", {"ip": "198.51.100.7"}, CALM, "publish", "trusted_ip"),
    ("a banned word", {"text": "The best Casinos"}, CALM, "reject", "banned_words"),
    ("a banned phrase", {"text": "so BUY  Pills now"}, CALM, "reject", "banned_words"),
    ("a score over its reject threshold", {}, {"toxicity": 0.95}, "reject", "reject_threshold"),
    ("a score at its reject threshold", {}, {"toxicity": 0.9}, "reject", "reject_threshold"),
    ("a score just below its reject threshold", {}, {"toxicity": 0.8999}, "flag", "flag_threshold"),
    ("a score at its flag threshold", {}, {"toxicity": 0.5}, "flag", "flag_threshold"),
    ("a score over its reject threshold in a quotation", QUOTES, {"toxicity": 0.95}, "flag", "flag_threshold"),
    ("one of a label that flags nothing", QUOTES, {"threat": 0.95}, "flag", "flag_threshold"),
    (
        "a score over its reject threshold beside a quotation",
        QUOTES | {"own_scores": CALM | {"toxicity": 0.91}},
        {"toxicity": 0.95},
        "reject",
        "reject_threshold",
    ),
    ("a banned word in a quotation", QUOTES, CALM, "flag", "banned_words"),
    ("a banned word beside one", QUOTES | {"own_words": "my casino"}, CALM, "reject", "banned_words"),
    ("a text that cannot be read", {"unreadable": "Nothing can be seen in it."}, CALM, "flag", "unreadable"),
    ("a score just below its flag threshold", {}, {"toxicity": 0.4999}, "publish", "clear"),
    ("each label has thresholds of its own", {}, {"toxicity": 0.49, "spam": 0.8}, "reject", "reject_threshold"),
    ("no flag threshold, below reject", {}, {"threat": 0.69}, "publish", "clear"),
    ("no flag threshold, at reject", {}, {"threat": 0.7}, "reject", "reject_threshold"),
    ("no reject threshold never rejects", {}, {"insult": 1.0}, "flag", "flag_threshold"),
    ("no thresholds never act", {}, {"profanity": 1.0}, "publish", "clear"),
    ("a label the policy does not name never acts", {}, {"identity_attack": 1.0}, "publish", "clear"),
    ("scores of nothing at all", {}, {}, "publish", "clear"),
    ("a comment that could not be scored", {}, None, "flag", "not_scored"),
    ("a suspect word", {"text": "A discount!"}, CALM, "flag", "suspect_words"),
    ("one link too many", {"links": 3}, CALM, "flag", "links"),
    ("as many links as allowed", {"links": 2}, CALM, "publish", "clear"),
    ("a repeated comment", {"repeated": True}, CALM, "flag", "repeated"),
    ("a language that cannot be judged", KLINGON, CALM, "flag", "language"),
    ("the same, however high its scores", KLINGON, {"spam": 1.0, "toxicity": 1.0}, "flag", "flag_threshold"),
    (
        "a language that cannot be judged, and that the site has judged",
        {**KLINGON, "language": "pl"},
        CALM,
        "publish",
        "clear",
    ),
    ("a language that the site holds", {"language": "de"}, CALM, "flag", "held_language"),
    ("the same, and the classifier cannot judge it", {**KLINGON, "language": "fi"}, CALM, "flag", "held_language"),
    ("a language that the site publishes by its rules", {"language": "hu"}, CALM | {"spam": 0.99}, "publish", "clear"),
    ("the same, and a rule speaks", {"language": "hu", "text": "A discount!"}, CALM, "flag", "suspect_words"),
    ("the same, unscored", {"language": "hu"}, None, "flag", "not_scored"),
    ("an author's first comment", {"first_comment": True}, CALM, "flag", "first_comment"),
    ("a suspended author", {"author": Author(user_id="Sue")}, CALM, "reject", "suspended_author"),
    ("what people turned down before it was edited", {"turned_down": True}, CALM, "flag", "edited"),
    (
        "the same of a trusted author",
        {"turned_down": True, "author": Author(user_id="ada")},
        CALM,
        "publish",
        "trusted_author",
    ),
    ("an author with enough rejections", {"standing": Standing(5, 3)}, CALM, "flag", "held_author"),
    ("an author with enough approvals", {"standing": Standing(5, 2)}, CALM, "publish", "approved_author"),
    ("an author with too few of both", {"standing": Standing(4, 2)}, CALM, "publish", "clear"),
    ("a time at which everything waits", {"moment": BY_NIGHT}, CALM, "flag", "scheduled_hold"),
    ("nothing against it", {}, CALM, "publish", "clear"),
]

# One comment that every rule speaks against; each line takes the rule above out of play, and the next decides.
EVERYTHING = Facts(
    text="discount casino",
    links=9,
    author=Author(user_id="ada", name="troll"),
    ip="192.0.2.1",
    repeated=True,
    authors_alike=3,
    first_comment=True,
    language="de",
    standing=Standing(approvals=5, strikes=3),
    turned_down=True,
    moment=BY_NIGHT,
)
PRECEDENCE: list[tuple[str, dict[str, Any], dict[str, float] | None]] = [
    ("blocked_author", {}, None),
    ("blocked_ip", {"author": Author(user_id="ada")}, None),  # though the author is trusted
    ("suspended_author", {"ip": None, "author": Author(user_id="sue")}, None),
    ("trusted_author", {"author": Author(user_id="ada")}, None),  # whatever the words, and unscored
    ("trusted_ip", {"ip": "198.51.100.7", "author": Author()}, None),
    ("list_blocked", {"ip": None, "author": Author(name="Lou")}, None),
    ("list_trusted", {"author": Author(user_id="tru")}, None),
    ("banned_words", {"author": Author(name="pretender")}, None),  # unscored as well: what is banned needs no score
    ("list_banned", {"text": "discount roulette"}, None),
    ("not_scored", {"text": "discount"}, None),
    ("reject_threshold", {}, {"spam": 0.9, "toxicity": 0.6}),
    ("flag_threshold", {}, {"toxicity": 0.6}),
    ("edited", {}, CALM),
    ("held_author", {"turned_down": False}, CALM),
    ("unreadable", {"unreadable": "Nothing can be seen in it.", "standing": Standing(approvals=5, strikes=2)}, CALM),
    ("suspect_words", {"unreadable": None}, CALM),
    ("list_suspect", {"text": "doubtful"}, CALM),
    ("links", {"text": "calm"}, CALM),
    ("repeated", {"links": 0}, CALM),
    ("campaign", {"repeated": False}, CALM),
    ("held_language", {"authors_alike": 2}, CALM),
    ("language", {"language": "tlh", "language_judged": False}, CALM),
    ("first_comment", {"language_judged": True}, CALM),
    ("approved_author", {"first_comment": False}, CALM),
    ("scheduled_hold", {"standing": Standing(approvals=4)}, CALM),
    ("clear", {"moment": None}, CALM),
]


@pytest.mark.parametrize(
    ("facts", "scores", "action", "rule"),
    [pytest.param(*case[1:], id=case[0]) for case in EACH_RULE],
)
def test_each_rule_alone(facts: dict[str, Any], scores: dict[str, float] | None, action: Action, rule: str) -> None:
    verdict = evaluate(SITE, scores, replace(PLAIN, **facts))
    assert (verdict.action, verdict.reasons[0].rule) == (action, rule)
    assert {reason.action for reason in verdict.reasons} == {action}


def test_the_first_rule_with_something_to_say_decides() -> None:
    facts = EVERYTHING
    decided = []
    for _rule, change, scores in PRECEDENCE:
        facts = replace(facts, **change)
        decided.append(evaluate(SITE, scores, facts).reasons[0].rule)
    assert decided == [rule for rule, *_ in PRECEDENCE]
    assert len(decided) == len(rules.RULES), "every rule has its place in this table"


def test_a_policy_of_nothing_holds_nothing_against_anybody() -> None:
    facts = replace(EVERYTHING, turned_down=False)  # a person's word is no part of the policy
    assert evaluate(Policy(), {"toxicity": 1.0}, facts).reasons[0].rule == "clear"


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.name)
def test_a_rule_gives_reasons_by_its_own_name_and_action(rule: rules.Rule) -> None:
    """Of each check, by itself, on a comment that breaks every rule."""
    scores = None if rule is rules.NOT_SCORED else {"toxicity": 0.95}
    broken = replace(EVERYTHING, unreadable="Nothing can be seen in it.")
    facts = replace(broken, ip="198.51.100.7") if rule is rules.TRUSTED_IP else broken
    facts = replace(facts, language="tlh", language_judged=False) if rule is rules.LANGUAGE else facts
    given = list(rule.check(SITE, scores, facts))
    assert given
    assert {(reason.rule, reason.action) for reason in given} == {(rule.name, rule.action)}
    message = catalogue.EVENTS["comment.flagged"].schema["properties"]["data"]
    jsonschema_rs.Draft202012Validator(message["properties"]["reasons"]).validate([one.as_json() for one in given])


@pytest.mark.parametrize(
    ("switched_off", "facts"),
    [
        ({"flag_repeated": False}, {"repeated": True}),
        ({"flag_first_comment": False}, {"first_comment": True}),
        ({"campaign_authors": None}, {"authors_alike": 1000}),
        ({"flag_unknown_language": False}, KLINGON),
        ({"max_links": None}, {"links": 500}),
    ],
)
def test_a_rule_that_the_site_switched_off_says_nothing(switched_off: dict[str, Any], facts: dict[str, Any]) -> None:
    assert evaluate(replace(SITE, **switched_off), CALM, replace(PLAIN, **facts)).action == "publish"


def test_no_links_allowed_means_none() -> None:
    assert evaluate(replace(SITE, max_links=0), CALM, replace(PLAIN, links=1)).action == "flag"


def test_every_label_over_its_threshold_is_a_reason_the_highest_first() -> None:
    verdict = evaluate(SITE, {"toxicity": 0.91, "spam": 0.97, "insult": 0.99}, PLAIN)
    assert [(reason.label, reason.score, reason.threshold) for reason in verdict.reasons] == [
        ("spam", 0.97, 0.8),
        ("toxicity", 0.91, 0.9),
    ]


def test_every_banned_word_that_occurs_is_a_reason() -> None:
    verdict = evaluate(SITE, CALM, replace(PLAIN, text="buy pills at the casino"))
    assert [(reason.entry, reason.message) for reason in verdict.reasons] == [
        (1, "It contains entry 1 of the site's banned words."),
        (2, "It contains entry 2 of the site's banned words."),
    ]


def test_a_reason_says_what_was_measured_against_what() -> None:
    (reason,) = evaluate(SITE, {"toxicity": 0.614}, PLAIN).reasons
    assert reason.as_json() == {
        "rule": "flag_threshold",
        "action": "flag",
        "message": "Toxicity 0.61 reaches this site's flag threshold of 0.50.",
        "label": "toxicity",
        "score": 0.614,
        "threshold": 0.5,
    }


@pytest.mark.parametrize(
    ("policy", "facts", "scores", "messages"),
    [
        # A score that is the name's says so.
        (
            {},
            {"by_name": frozenset({"toxicity"})},
            {"toxicity": 0.6, "insult": 0.45},
            [
                "Toxicity of the name or web site 0.60 reaches this site's flag threshold of 0.50.",
                "Insult 0.45 reaches this site's flag threshold of 0.40.",
            ],
        ),
        (
            {},
            {"by_name": frozenset({"toxicity"})},
            {"toxicity": 0.95},
            ["Toxicity of the name or web site 0.95 reaches this site's reject threshold of 0.90."],
        ),
        # The threshold that is told is the lower one, which the score reaches.
        (
            {"thresholds": {"insult": Threshold(0.8, 0.3)}},
            {"own_scores": {"insult": 0.1}},
            {"insult": 0.5},
            ["Insult 0.50 reaches this site's flag threshold of 0.30."],
        ),
        # Of many words, in the order of the list, wherever they stand.
        (
            {"suspect_words": PatternSet(["one", "two", "three"])},
            {"text": "three", "name": "one", "url": "https://two.example"},
            CALM,
            [f"It contains entry {number} of the site's suspect words." for number in (1, 2, 3)],
        ),
        ({}, {"links": 3}, CALM, ["It has 3 links; this site allows 2."]),
        ({"max_links": 0}, {"links": 1}, CALM, ["It has 1 link; this site allows 0."]),
        ({}, {"repeated": True}, CALM, ["The same text was posted here within the last day."]),
        (
            {},
            {"authors_alike": 1234},
            CALM,
            ["1,234 different authors wrote nearly the same on this site within the last week."],
        ),
        (
            {},
            {"standing": Standing(0, 3)},
            CALM,
            ["People rejected 3 comments of this author within the last 30 days."],
        ),
        (
            {"hold_after": 1, "strike_days": 1},
            {"standing": Standing(0, 1)},
            CALM,
            ["People rejected 1 comment of this author within the last day."],
        ),
        (
            {"trust_after": 1},
            {"standing": Standing(1)},
            CALM,
            ["Nothing speaks against it, and people approved 1 comment of this author."],
        ),
        ({}, {"language": "de"}, CALM, ["A person looks at every comment in its language on this site (German)."]),
        # A language is named where it could be told.
        ({}, KLINGON, CALM, ["The classifier cannot judge its language (Klingon)."]),
        ({}, {"language": "und", "language_judged": False}, CALM, ["The classifier cannot judge its language."]),
        ({}, {"language": "mis", "language_judged": False}, CALM, ["The classifier cannot judge its language."]),
        ({}, {"unreadable": "Nothing can be seen in it."}, CALM, ["Nothing can be seen in it."]),
        ({}, {}, None, ["It could not be scored, so a person has to look."]),
        ({}, {"author": Author(user_id="sue")}, CALM, ["This author is suspended on this site for a while."]),
        ({}, {}, CALM, ["Every score is below its threshold and no rule applies."]),
    ],
)
def test_a_reason_is_a_sentence_that_says_what_was_found(
    policy: dict[str, Any], facts: dict[str, Any], scores: dict[str, float] | None, messages: list[str]
) -> None:
    verdict = evaluate(replace(SITE, **policy), scores, replace(PLAIN, **facts))
    assert [reason.message for reason in verdict.reasons] == messages


def test_who_is_suspended_is_held_where_the_site_prefers_that() -> None:
    facts = replace(PLAIN, author=Author(user_id="sue"))
    for hold, action in ((False, "reject"), (True, "flag")):
        verdict = evaluate(replace(SITE, hold_suspended=hold), {"toxicity": 0.99}, facts)
        assert [(reason.rule, reason.action) for reason in verdict.reasons] == [("suspended_author", action)]
        assert verdict.action == action


@pytest.mark.parametrize(
    ("mode", "rule", "moment", "becomes"),
    [
        # Nobody whom people approved waits where everybody else does; whom a list trusts is told by the list.
        ("hold", "approved_author", None, "auto"),
        ("hold", "clear", None, "hold"),
        ("hold", "trusted_author", None, "hold"),
        ("open", "approved_author", None, "open"),
        ("observe", "approved_author", None, "observe"),
        ("auto", "approved_author", None, "auto"),
        # At the times when everything waits nothing is published first.
        ("open", "clear", BY_NIGHT, "auto"),
        ("hold", "clear", BY_NIGHT, "hold"),
        ("observe", "clear", BY_NIGHT, "observe"),
    ],
)
def test_what_a_verdict_and_a_moment_make_of_the_mode(
    mode: Mode, rule: str, moment: datetime | None, becomes: Mode
) -> None:
    verdict = Verdict("publish", (rules.BY_NAME[rule].reason("Because."),))
    assert rules.mode_for(replace(SITE, mode=mode), verdict, replace(PLAIN, moment=moment)) == becomes


def test_a_list_of_people_and_one_of_words_are_looked_at_both_where_a_person_is_to_look() -> None:
    lists = (subscription("authors", "flag", "eve"), subscription("words", "flag", "doubtful"))
    site = replace(SITE, subscriptions=lists)
    found = evaluate(site, CALM, replace(PLAIN, text="doubtful", author=Author(user_id="eve")))
    assert [(reason.rule, reason.list) for reason in found.reasons] == [
        ("list_suspect", "l_authors_flag"),
        ("list_suspect", "l_words_flag"),
    ]


@given(st.floats(0, 1), st.floats(0, 1), st.none() | st.floats(0, 1), st.none() | st.floats(0, 1))
def test_a_quotation_never_makes_a_threshold_harder_on_its_author(
    score: float, own: float, flag_at: float | None, reject_at: float | None
) -> None:
    threshold = Threshold(flag_at, reject_at)
    order: list[Action | None] = [None, "flag", "reject"]
    assert order.index(threshold.reached(score, min(score, own))) <= order.index(threshold.reached(score, score))
    assert (threshold.reached(score, min(score, own)) is None) == (threshold.reached(score, score) is None), (
        "what is quoted still has somebody look"
    )


@pytest.mark.parametrize(("threshold", "places"), [(0.5, 2), (0.75, 2), (1.0, 2), (0.995, 3), (0.1234, 4), (1e-05, 2)])
def test_a_threshold_is_written_so_that_it_is_told_from_its_neighbours(threshold: float, places: int) -> None:
    assert rules.decimals(threshold) == places


def test_a_reason_tells_a_score_from_a_threshold_close_by() -> None:
    site = Policy(thresholds={"spam": Threshold(reject_at=0.995)})
    (reason,) = evaluate(site, {"spam": 0.9964}, Facts(text="Hello")).reasons
    assert reason.message == "Spam 0.996 reaches this site's reject threshold of 0.995."


# The table in docs/concepts.md.
@pytest.mark.parametrize(
    ("mode", "action", "status", "asks"),
    [
        ("auto", "publish", "published", False),
        ("auto", "flag", "flagged", True),
        ("auto", "reject", "rejected", False),
        ("hold", "publish", "flagged", True),
        ("hold", "flag", "flagged", True),
        ("hold", "reject", "flagged", True),
        ("open", "publish", "published", False),
        ("open", "flag", "published", True),
        ("open", "reject", "published", True),
        ("observe", "publish", "published", False),
        ("observe", "flag", "published", False),
        ("observe", "reject", "published", False),
    ],
)
def test_what_follows_from_a_verdict_in_each_mode(mode: Mode, action: Action, status: str, asks: bool) -> None:
    assert placement(mode, action) == (status, asks)


@pytest.mark.parametrize(
    ("mode", "toxicity", "expected"),
    [
        ("auto", 0.6, ["flag_threshold"]),
        ("hold", 0.0, ["clear", "mode_hold"]),
        ("hold", 0.6, ["flag_threshold"]),
        ("hold", 0.95, ["reject_threshold", "mode_hold"]),
        ("open", 0.0, ["clear"]),
        ("open", 0.95, ["reject_threshold", "mode_open"]),
        ("observe", 0.6, ["flag_threshold", "mode_observe"]),
    ],
)
def test_a_mode_that_changes_what_follows_is_a_reason_too(mode: Mode, toxicity: float, expected: list[str]) -> None:
    site = replace(SITE, mode=mode)
    verdict = evaluate(site, {"toxicity": toxicity}, PLAIN)
    assert [reason.rule for reason in reasons_in_mode(rules.mode_for(site, verdict, PLAIN), verdict)] == expected


LABELS = ("toxicity", "spam", "threat", "insult")
SEVERITY = {"publish": 0, "flag": 1, "reject": 2}
probabilities = st.floats(0, 1)
thresholds = st.builds(Threshold, st.none() | probabilities, st.none() | probabilities)
WORDS = ["casino", "discount", "grüße", "zebra"]
policies = st.builds(
    Policy,
    mode=st.sampled_from(get_args(Mode)),
    thresholds=st.dictionaries(st.sampled_from(LABELS), thresholds),
    banned_words=st.lists(st.sampled_from(WORDS), max_size=2).map(PatternSet),
    suspect_words=st.lists(st.sampled_from(WORDS), max_size=2).map(PatternSet),
    max_links=st.none() | st.integers(0, 5),
    blocked_authors=st.lists(st.sampled_from(["troll", "ada"])).map(BlockedAuthors),
    trusted_authors=st.lists(st.sampled_from(["troll", "ada"])).map(TrustedAuthors),
    blocked_ips=st.sampled_from([[], ["192.0.2.0/24"]]).map(AddressSet),
    trusted_ips=st.sampled_from([[], ["192.0.2.1"]]).map(AddressSet),
    flag_repeated=st.booleans(),
    flag_first_comment=st.booleans(),
    campaign_authors=st.none() | st.integers(2, 4),
    flag_unknown_language=st.booleans(),
    languages=st.dictionaries(st.sampled_from(["de", "hu", "tlh"]), st.sampled_from(get_args(Treatment))),
)
scored = st.dictionaries(st.sampled_from(LABELS), probabilities)
facts_of_any_kind = st.builds(
    Facts,
    text=st.lists(st.sampled_from([*WORDS, "calm", "words"])).map(" ".join) | st.text(),
    links=st.integers(0, 9),
    author=st.sampled_from([Author(), Author(user_id="troll"), Author(user_id="ada", name="troll")]),
    ip=st.sampled_from([None, "192.0.2.1", "192.0.2.9", "nonsense"]),
    repeated=st.booleans(),
    authors_alike=st.integers(0, 5),
    first_comment=st.booleans(),
    language=st.sampled_from(["und", "de", "hu", "tlh"]),
    language_judged=st.booleans(),
)


@given(policies, st.none() | scored, facts_of_any_kind)
def test_a_verdict_always_has_a_reason_and_all_reasons_agree(
    site: Policy, scores: dict[str, float] | None, facts: Facts
) -> None:
    verdict = evaluate(site, scores, facts)
    assert verdict.reasons
    assert {reason.action for reason in verdict.reasons} == {verdict.action}
    assert all(reason.message.endswith(".") for reason in verdict.reasons)


@given(policies, scored, facts_of_any_kind, st.sampled_from(LABELS), probabilities)
def test_raising_a_score_never_softens_the_action(
    site: Policy, scores: dict[str, float], facts: Facts, label: str, raised: float
) -> None:
    assume(raised >= scores.get(label, 0.0))
    before = evaluate(site, scores, facts).action
    after = evaluate(site, scores | {label: raised}, facts).action
    assert SEVERITY[after] >= SEVERITY[before]


@given(policies, facts_of_any_kind)
def test_a_comment_that_could_not_be_scored_is_published_for_trust_alone(site: Policy, facts: Facts) -> None:
    verdict = evaluate(site, None, facts)
    assert verdict.action != "publish" or verdict.reasons[0].rule in {"trusted_author", "trusted_ip"}


@given(policies, scored, facts_of_any_kind)
def test_reasons_never_quote_the_comment(site: Policy, scores: dict[str, float], facts: Facts) -> None:
    """They outlive it: an erased comment's reasons stay in the audit."""
    facts = replace(facts, text=f"{facts.text} qwxyzzy")
    site = replace(site, banned_words=PatternSet(["qwxy*"]), suspect_words=PatternSet(["qwxyzzy"]))
    shown = str([reason.as_json() for reason in evaluate(site, scores, facts).reasons])
    assert "qwxy" not in shown
    assert all(word not in shown for word in WORDS)
    assert "troll" not in shown
    assert "192.0.2" not in shown
