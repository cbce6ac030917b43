"""What a policy would have made of past comments: counted as the policy itself would judge them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.authors import Author, BlockedAuthors, TrustedAuthors
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.patterns import PatternSet
from moderation.policy import consequences, past_comments, policies
from moderation.policy.consequences import ASSUMED_SECONDS, Past, Sample, count, seconds_a_decision
from moderation.policy.rules import evaluate
from moderation.policy.terms import Facts, Policy, Threshold
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.classifier import ChosenScores
from tests.support.clock import Clock
from tests.support.comments import scored, stored

Post = Callable[..., Comment]


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Post:
    return partial(scored, store, queues, scorer, site)


def tell(text: str, said: str | None) -> tuple[str, bool]:
    """As the classifier of these tests tells languages."""
    chosen = ChosenScores()
    language = chosen.language(text, [said])
    return language, chosen.judges(language)


def past(score: float | None, decided: Any = None, **known: Any) -> Past:
    fields: dict[str, Any] = {"before": None, "after": "publish"} | known
    return Past(None if score is None else {"insult": score}, decided=decided, **fields)


def insult(flag_at: float | None, reject_at: float | None = None) -> dict[str, Threshold]:
    return {"insult": Threshold(flag_at, reject_at)}


SAMPLE = Sample(
    [
        past(0.9, "reject"),
        past(0.7, "reject"),
        past(0.4, "reject"),
        past(0.65, "publish"),
        past(0.97, "publish"),
        past(0.2, "publish"),
        past(0.1),
        past(0.8),
        past(0.99),
        past(None),
        past(0.99, recent=False, decided="reject"),
    ],
    days=2.0,
    seconds=30.0,
)


def test_bad_ones_published_and_good_ones_held_are_counted_by_what_people_decided() -> None:
    found = count(SAMPLE, insult(0.6, 0.95), "auto")
    assert (found.bad, found.bad_published) == (4, 1)
    assert (found.good, found.good_held, found.good_rejected) == (3, 1, 1)


def test_what_nobody_looked_at_is_counted_apart_and_not_as_right() -> None:
    found = count(SAMPLE, insult(0.6, 0.95), "auto")
    assert (found.unseen, found.unseen_published, found.unseen_held, found.unseen_rejected) == (4, 1, 2, 1)
    assert found.bad + found.good + found.unseen == len(SAMPLE.comments)


def test_review_costs_what_is_flagged_a_day_by_how_long_a_decision_takes() -> None:
    found = count(SAMPLE, insult(0.6, 0.95), "auto")
    assert found.asked_a_day == 2.5, "five of the recent ones in two days"
    assert found.minutes_a_day == 1.3, "2.5 times half a minute, rounded half up"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("auto", (1, 1, 1, 2.5)), ("hold", (0, 3, 0, 5.0)), ("open", (4, 0, 0, 3.5)), ("observe", (4, 0, 0, 0.0))],
)
def test_the_mode_says_what_follows_from_the_verdicts(mode: Any, expected: tuple[Any, ...]) -> None:
    found = count(SAMPLE, insult(0.6, 0.95), mode)
    assert (found.bad_published, found.good_held, found.good_rejected, found.asked_a_day) == expected


SCORES = st.one_of(st.none(), st.fixed_dictionaries({"insult": st.sampled_from([0, 0.3, 0.5, 0.8, 1])}))
EDGE = st.sampled_from([None, 0.0, 0.3, 0.5, 0.8, 1.0])


@given(
    scores=SCORES,
    flag_at=EDGE,
    reject_at=EDGE,
    text=st.sampled_from(["fine", "banned", "suspect", "banned suspect"]),
    author=st.sampled_from(["ada", "blocked", "trusted"]),
    repeated=st.booleans(),
    links=st.integers(0, 2),
    own=st.sampled_from([{}, {"insult": 0.0}, {"insult": 0.4}]),
)
def test_a_past_comments_verdict_is_the_policys_own(
    scores: Any, flag_at: Any, reject_at: Any, text: str, author: str, repeated: bool, links: int, own: Any
) -> None:
    policy = Policy(
        thresholds=insult(flag_at, reject_at),
        banned_words=PatternSet(["banned"]),
        suspect_words=PatternSet(["suspect"]),
        blocked_authors=BlockedAuthors(["blocked"]),
        trusted_authors=TrustedAuthors(["trusted"]),
        max_links=1,
    )
    facts = Facts(text=text, author=Author(user_id=author), repeated=repeated, links=links, own_scores=own)
    before, after = consequences.apart_from_thresholds(policy, facts, scores)
    found = consequences.verdict(Past(scores, before, after, None, own_scores=own), policy.thresholds)
    assert found == evaluate(policy, scores, facts).action


def test_a_decisions_time_is_the_median_gap_of_each_moderator() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    gaps = itertools.accumulate([0, *[10] * 12, *[30] * 12, 4000, *[0] * 50], initial=0)
    one = [("user:u1", at + timedelta(seconds=gap)) for gap in gaps]
    assert seconds_a_decision(one) == (20.0, True)
    assert seconds_a_decision(one[::-1]) == (20.0, True)
    two = [("user:u2", moment + timedelta(seconds=1.5)) for _, moment in one]
    assert seconds_a_decision(one + two) == (20.0, True), "two at once are not quicker than one"
    assert seconds_a_decision(one[:15]) == (ASSUMED_SECONDS, False)


@pytest.mark.parametrize(
    ("gap", "counts"),
    [(0.9, False), (1.0, True), (300.0, True), (300.1, False)],  # a bulk decision is no decision, nor is a break
)
def test_a_gap_is_one_between_two_decisions_that_somebody_made_one_after_the_other(gap: float, counts: bool) -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    decisions = [("user:u1", at + timedelta(seconds=gap * number)) for number in range(21)]
    assert seconds_a_decision(decisions) == ((round(gap, 1), True) if counts else (ASSUMED_SECONDS, False))
    assert seconds_a_decision(decisions[:-1]) == (ASSUMED_SECONDS, False), "twenty gaps are needed"


@pytest.mark.parametrize(
    ("known", "mode", "score", "place"),
    [
        # Whoever is trusted need not wait where everybody does, unless something speaks against it.
        ({"trusted": True}, "hold", 0.0, ("published", False)),
        ({"trusted": True}, "hold", 0.6, ("flagged", True)),
        ({"trusted": True}, "hold", 0.95, ("flagged", True)),
        ({"trusted": False}, "hold", 0.0, ("flagged", True)),
        ({"trusted": True}, "open", 0.6, ("published", True)),
        ({"trusted": True}, "observe", 0.95, ("published", False)),
        # Nothing is published first at the times when everything waits.
        ({"held_then": True}, "open", 0.6, ("flagged", True)),
        ({"held_then": True}, "open", 0.95, ("rejected", False)),
        ({"held_then": True}, "hold", 0.95, ("flagged", True)),
        ({"held_then": True}, "observe", 0.95, ("published", False)),
        # A rule that speaks first is not asked for a score, and one that speaks last only without one.
        ({"before": "reject"}, "auto", 0.0, ("rejected", False)),
        ({"before": "publish"}, "auto", 0.99, ("published", False)),
        ({"after": "flag"}, "auto", 0.0, ("flagged", True)),
        ({"after": "flag"}, "auto", 0.95, ("rejected", False)),
        ({"own_scores": {"insult": 0.2}}, "auto", 0.95, ("flagged", True)),
    ],
)
def test_where_a_past_comment_would_have_come(
    known: dict[str, Any], mode: Any, score: float, place: tuple[str, bool]
) -> None:
    assert consequences.place(past(score, **known), insult(0.5, 0.9), mode) == place


def test_of_two_ways_to_judge_the_same_comments_what_they_judge_otherwise_is_counted() -> None:
    before = Sample([past(0.6), past(0.1), past(0.95), past(0.6, recent=False)], 1.0)
    after = Sample(
        [past(0.1), past(0.1), past(0.6), past(0.1, recent=False)],
        1.0,
    )
    differing = consequences.differing(before, after, insult(0.5, 0.9), "auto")
    assert differing == {"flagged": 1, "rejected": 1}, "by what the first makes of them; old ones do not count"
    with pytest.raises(ValueError, match="zip"):
        consequences.differing(before, Sample([], 1.0), {}, "auto")


@pytest.mark.parametrize(
    ("days", "seconds", "asked", "minutes"), [(1.0, 20.0, 1.0, 0.3), (3.0, 20.0, 0.3, 0.1), (0.5, 90.0, 2.0, 3.0)]
)
def test_what_it_costs_is_told_to_one_place(days: float, seconds: float, asked: float, minutes: float) -> None:
    found = count(Sample([past(0.6)], days, seconds), insult(0.5), "auto")
    assert (found.asked_a_day, found.minutes_a_day) == (asked, minutes)


def test_the_histogram_has_every_scored_comment_in_its_bar() -> None:
    sample = Sample([past(0.0), past(0.019, "publish"), past(0.02, "reject"), past(1.0, "reject"), past(None)], 1.0)
    bars = consequences.histogram(sample, "insult")
    assert (bars[0].unseen, bars[0].published, bars[0].rejected) == (1, 1, 0)
    assert bars[1].rejected == 1
    assert bars[-1].rejected == 1
    assert sum(bar.total for bar in bars) == 4


def test_the_sample_has_the_last_comments_and_the_last_that_people_decided(
    store: Store, site: CreatedSite, post: Post, classifier: ChosenScores
) -> None:
    bad, good = post("a insult=0.6"), post("b insult=0.7")
    with store.write() as session:
        comments.decide(session, None, bad.id, "reject", actor="user:u1")
        comments.decide(session, None, good.id, "publish", actor="user:u1")
    for number in range(3):
        post(f"{number} insult=0.2")
    post("unscorable")
    policy = policies.compile_policy(policies.DEFAULT, 1, classifier.thresholds)
    with store.read() as session:
        sample = past_comments.read(session, site.id, policy, tell, most=3)
        everything = past_comments.read(session, site.id, policy, tell)
    assert [(one.decided, one.recent) for one in sample.comments] == [
        (None, True),
        (None, True),
        (None, True),
        ("publish", False),
        ("reject", False),
    ]
    assert sample.comments[0].scores is None
    assert [one.scores["insult"] for one in sample.comments[1:] if one.scores] == [0.2, 0.2, 0.7, 0.6]
    assert len(everything.comments) == 6
    assert sum(one.recent for one in everything.comments) == 6


def test_an_automatic_decision_that_a_second_look_confirmed_counts_as_looked_at(
    store: Store, site: CreatedSite, post: Post, classifier: ChosenScores
) -> None:
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(second_look_automatic=1.0), actor="operator")
    seen, unseen = post("good"), post("also good")
    with store.write() as session:
        comments.decide(session, None, seen.id, "publish", actor="user:u1")
    policy = policies.compile_policy(policies.DEFAULT, 1, classifier.thresholds)
    with store.read() as session:
        sample = past_comments.read(session, site.id, policy, tell)
    assert [one.decided for one in sample.comments] == [None, "publish"]
    assert stored(store, seen.id).decided_by == stored(store, unseen.id).decided_by == "policy"


def test_the_rules_are_those_of_the_policy_that_is_tried(
    store: Store, site: CreatedSite, post: Post, classifier: ChosenScores
) -> None:
    post("a word")
    post("a word")  # repeated, and so flagged
    post("another", user_id="u7")
    document = policies.DEFAULT | {"banned_words": ["word"], "trusted_authors": ["U7"]}
    with store.read() as session:
        as_it_is = policies.compile_policy(policies.DEFAULT, 1, classifier.thresholds)
        then = past_comments.read(session, site.id, as_it_is, tell)
        candidate = policies.compile_policy(document, 2, classifier.thresholds)
        tried = past_comments.read(session, site.id, candidate, tell)
    assert [(one.before, one.after) for one in then.comments] == [
        (None, "publish"),
        (None, "flag"),
        (None, "publish"),
    ]
    assert [(one.before, one.after) for one in tried.comments] == [
        ("publish", "publish"),
        ("reject", "reject"),
        ("reject", "reject"),
    ]


def test_of_long_comments_fewer_are_read_the_latest_and_always_one(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        scored(store, queues, scorer, site, f"Remark {number}. ".ljust(1_000, "x"), name=f"Author {number}")
    names = []
    for most in (2_500, 10):
        monkeypatch.setattr(past_comments, "CHARACTERS", most)
        with store.read() as session:
            names.append([row.name for row in past_comments.latest_comments(session, site.id)])
    assert names == [["Author 4", "Author 3"], ["Author 4"]]


def test_what_a_site_sets_for_a_language_is_tried_on_past_comments(
    store: Store, site: CreatedSite, post: Post, classifier: ChosenScores
) -> None:
    post("dies und das insult=0.95")
    post("in klingon")
    expected = {
        "hold": [(None, "flag"), (None, "flag")],
        "rules": [(None, "flag"), ("publish", "publish")],
        "judge": [(None, "flag"), (None, "publish")],
    }
    for treatment, found in expected.items():
        document = policies.DEFAULT | {"languages": {"de": treatment}}
        with store.read() as session:
            tried = policies.compile_policy(document, 2, classifier.thresholds)
            sample = past_comments.read(session, site.id, tried, tell)
        assert [(one.before, one.after) for one in sample.comments] == found, treatment


def test_a_busy_first_hour_is_not_taken_for_every_hour(
    store: Store, site: CreatedSite, post: Post, classifier: ChosenScores, clock: Clock
) -> None:
    policy = policies.compile_policy(policies.DEFAULT, 1, classifier.thresholds)
    with store.read() as session:
        assert past_comments.read(session, site.id, policy, tell) == Sample([], 1.0)
    post("one")
    with store.read() as session:
        assert past_comments.read(session, site.id, policy, tell).days == 1.0
    clock.advance(days=4)
    with store.read() as session:
        assert past_comments.read(session, site.id, policy, tell).days == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize(
    ("text", "kept", "verdict"),
    [
        ("> insult=0.95\n\nNo.", True, "flag"),
        ("> insult=0.95\n\nNo.", False, "flag"),
        ("> fine\n\ninsult=0.95", True, "reject"),
        ("> fine\n\ninsult=0.95", False, "flag"),
        ("insult=0.95", False, "reject"),
    ],
)
def test_what_a_past_comment_quotes_would_have_been_held_and_not_rejected(
    store: Store, site: CreatedSite, post: Post, classifier: ChosenScores, text: str, kept: bool, verdict: str
) -> None:
    """Of what was decided before its own words' scores were kept, nobody knows whose words the score is."""
    comment = post(text)
    with store.write() as session:
        row = session.get_one(Comment, comment.id)
        row.own_scores = row.own_scores if kept else None
    policy = policies.compile_policy(policies.DEFAULT, 1, classifier.thresholds)
    with store.read() as session:
        [one] = past_comments.read(session, site.id, policy, tell).comments
    assert consequences.verdict(one, policy.thresholds) == verdict
    assert count(Sample([one], 1.0), policy.thresholds, "auto").unseen_held == (verdict == "flag")


def test_in_a_language_with_a_preset_of_its_own_no_threshold_of_the_site_has_a_say() -> None:
    policy = Policy(thresholds=insult(0.5, 0.9), languages={"de": "strict"}, presets={"strict": insult(0.3, 0.7)})
    for score, expected in ((0.2, "publish"), (0.4, "flag"), (0.8, "reject")):
        before, after = consequences.apart_from_thresholds(policy, Facts(text="x", language="de"), {"insult": score})
        assert (before, after) == (expected, expected)
        past_one = Past({"insult": score}, before, after, None)
        assert consequences.verdict(past_one, insult(0.0, 0.0)) == expected


@pytest.mark.parametrize(
    ("mode", "status"), [("auto", "flagged"), ("open", "flagged"), ("hold", "flagged"), ("observe", "published")]
)
def test_what_came_at_a_time_when_everything_waits_is_not_published_first(mode: Any, status: str) -> None:
    assert consequences.place(past(0.7, held_then=True), insult(0.6), mode)[0] == status
