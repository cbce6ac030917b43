"""The rule on campaigns: who says nearly what several others said lately waits for a person, and is never rejected."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.policy import consequences, past_comments, policies
from moderation.policy.consequences import Sample
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.classifier import ChosenScores
from tests.support.clock import Clock
from tests.support.comments import rows, scored, set_policy, stored, submission

TEXT = "Nobody should ever pay one cent for this newspaper again, they lie about the election every day"
PEOPLE = ("Ann", "Bob", "Cy", "Di", "Eve", "Fay")
PUBLISHED, FLAGGED = "published", "flagged"


@pytest.fixture(autouse=True)
def _three_authors(store: Store, site: CreatedSite, other_site: CreatedSite) -> None:
    for one in (site, other_site):
        set_policy(store, one, campaign_authors=3)


class Posting:
    """Posts nearly the same text, one after the other, each time with another number."""

    def __init__(self, store: Store, queues: Queues, scorer: Scorer) -> None:
        self.store, self.queues, self.scorer, self.ids = store, queues, scorer, list[str]()

    def __call__(self, site: CreatedSite, text: str, *names: str, **fields: Any) -> list[str]:
        """The statuses that follow, for a comment by each of these authors."""
        for name in names:
            varied = f"{name}: {text} {len(self.ids)} 🔥"
            comment = scored(self.store, self.queues, self.scorer, site, varied, name=name, **fields)
            self.ids.append(comment.id)
        return [stored(self.store, one).status for one in self.ids[-len(names) :]]


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer) -> Posting:
    return Posting(store, queues, scorer)


def test_from_the_third_author_on_nearly_the_same_is_held_and_says_why(
    post: Posting, store: Store, site: CreatedSite
) -> None:
    assert post(site, TEXT, *PEOPLE[:4]) == [PUBLISHED, PUBLISHED, FLAGGED, FLAGGED]
    [reason] = stored(store, post.ids[2]).reasons or []
    assert (reason["rule"], reason["action"]) == ("campaign", "flag")
    assert reason["message"].startswith("3 different authors wrote nearly the same on this site")


def test_one_author_however_often_is_no_campaign(post: Posting, site: CreatedSite) -> None:
    assert post(site, TEXT, *["Ann"] * 4) == [PUBLISHED] * 4
    assert post(site, TEXT, "Bob", "Cy") == [PUBLISHED, FLAGGED]


def test_other_sites_do_not_count(post: Posting, site: CreatedSite, other_site: CreatedSite) -> None:
    assert post(other_site, TEXT, "Ann", "Bob") + post(site, TEXT, "Cy", "Di", "Eve") == [PUBLISHED] * 4 + [FLAGGED]


def test_what_is_short_is_said_by_many(
    post: Posting, store: Store, site: CreatedSite, queues: Queues, scorer: Scorer
) -> None:
    said = [scored(store, queues, scorer, site, "Great article!", name=name).status for name in PEOPLE]
    assert said == [PUBLISHED] * 6


def test_those_who_come_in_one_batch_count_for_those_after_them(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    sent = [submission(f"{TEXT} {at}", name=name) for at, name in enumerate(PEOPLE)]
    outcomes = submissions.submit(store, queues, site.id, sent)
    scorer.run_batch()
    statuses = [stored(store, outcome.comment.id).status for outcome in outcomes if outcome.comment]
    assert statuses == [PUBLISHED] * 2 + [FLAGGED] * 4


def test_the_nameless_are_told_by_their_address(post: Posting, site: CreatedSite) -> None:
    statuses = [post(site, TEXT, "Anonymous", ip=f"192.0.2.{last}")[0] for last in (1, 1, 2, 3)]
    assert statuses == [PUBLISHED] * 3 + [FLAGGED]


def test_after_a_week_it_begins_anew(post: Posting, site: CreatedSite, clock: Clock) -> None:
    assert post(site, TEXT, "Ann", "Bob") == [PUBLISHED] * 2
    clock.advance(days=6)
    assert post(site, TEXT, "Ann") == [PUBLISHED]
    clock.advance(days=2)
    assert post(site, TEXT, "Bob", "Cy") == [PUBLISHED, FLAGGED]


@pytest.mark.parametrize(
    ("decisions", "follows"),
    [(["publish"], PUBLISHED), (["reject"], FLAGGED), (["publish", "reject"], FLAGGED), ([], FLAGGED)],
)
def test_what_people_published_and_never_rejected_is_not_held_again(
    post: Posting, store: Store, site: CreatedSite, decisions: list[Any], follows: str
) -> None:
    post(site, TEXT, *PEOPLE[:4])
    for comment_id, action in zip(post.ids[2:], decisions, strict=False):
        with store.write() as session:
            comments.decide(session, None, comment_id, action, actor="user:u_1")
    assert post(site, TEXT, "Eve") == [follows]


def test_a_site_may_switch_it_off_and_a_new_one_starts_with_five(
    post: Posting, store: Store, site: CreatedSite
) -> None:
    assert policies.DEFAULT["campaign_authors"] == 5
    set_policy(store, site, campaign_authors=None)
    assert post(site, TEXT, *PEOPLE) == [PUBLISHED] * 6


def test_trusted_authors_are_not_held(post: Posting, store: Store, site: CreatedSite) -> None:
    set_policy(store, site, trusted_authors=["id:42"])
    post(site, TEXT, "Ann", "Bob")
    assert post(site, TEXT, "Cy", user_id="42") == [PUBLISHED]


def test_the_consequences_for_past_comments_are_counted(
    post: Posting, store: Store, site: CreatedSite, clock: Clock, classifier: ChosenScores
) -> None:
    set_policy(store, site, campaign_authors=None)
    post(site, TEXT, *PEOPLE[:2])
    clock.advance(days=8)
    post(site, TEXT, *PEOPLE)
    post(site, "Great article!", *PEOPLE)

    def tried(number: int | None) -> Sample:
        with store.read() as session:
            document = policies.DEFAULT | policies.current(session, site.id).document | {"campaign_authors": number}
            policy = policies.compile_policy(document, 1, classifier.thresholds)
            return past_comments.read(session, site.id, policy, lambda _text, _said: ("en", True))

    def held(number: int) -> int:
        return consequences.differing(tried(number), tried(None), {}, "auto")[FLAGGED]

    assert [held(2), held(3), held(6), held(7)] == [6, 4, 1, 0]


def test_sites_that_ask_and_sites_that_do_not_are_told_apart_in_one_batch(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, other_site: CreatedSite
) -> None:
    set_policy(store, other_site, campaign_authors=None)
    for one in (site, other_site):
        sent = [submission(f"{TEXT} {at}", name=name) for at, name in enumerate(PEOPLE[:4])]
        submissions.submit(store, queues, one.id, sent)
    scorer.run_batch()
    statuses = {one.id: [row.status for row in rows(store, Comment, site_id=one.id)] for one in (site, other_site)}
    assert statuses == {
        site.id: [PUBLISHED] * 2 + [FLAGGED] * 2,
        other_site.id: [PUBLISHED] * 4,
    }
