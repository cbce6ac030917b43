"""A site's policy tests: kept, imported, run under two policies, gone with the comment that they were taken from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from moderation.decisions import comments, policy_trials
from moderation.decisions.policy_trials import Remembered
from moderation.decisions.scoring import Scorer
from moderation.errors import NotFound
from moderation.intake.queues import Queues
from moderation.policy import policies, policy_tests
from moderation.policy.policy_tests import MOST, Example, Unfit, example, read_file
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, PolicyTest, PolicyVersion
from tests.support.classifier import ChosenScores
from tests.support.comments import rows, scored

ADA = "user:u_ada"


def keep(store: Store, site: CreatedSite, *examples: Example) -> None:
    with store.write() as session:
        policy_tests.add_all(session, site.id, examples, actor=ADA)


def kept(store: Store, site: CreatedSite) -> Sequence[PolicyTest]:
    with store.read() as session:
        return policy_tests.of_site(session, site.id)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"text,expected,name\nHello,publish,Ada\n", [Example("Hello", "publish", "Ada")]),
        (b'\xef\xbb\xbfExpected,Text,Why\r\nREJECT,"Two\r\nlines",x\r\n\r\n', [Example("Two\nlines", "reject")]),
        (b'{"text": "Hello", "expected": "flag"}\n\n{"text": "A", "expected": "publish", "name": null}',
         [Example("Hello", "flag"), Example("A", "publish")]),
        (b'{"comment": "As exported", "status": "rejected", "name": "Bob", "scores": {}}\n',
         [Example("As exported", "reject", "Bob")]),
    ],
)  # fmt: skip
def test_a_file_of_examples_is_read(content: bytes, expected: list[Example]) -> None:
    assert read_file(content) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no examples|name the columns"),
        (b"Hello,publish\n", "first line has to name the columns"),
        (b"text,expected\nHello,maybe\n", r"Line 2: What is expected of it is none of publish, flag, reject\."),
        (b"text,expected\n  ,flag\nHello\n", r"Line 2: It has no text\. Line 3: It has no expected\."),
        (b"text,expected\n" + b"a,x\n" * 20, "Line 6: .* And more"),
        (b'{"text": 7, "expected": "flag"}', "Line 1: It has no text"),
        (b'{"text": "a", "expected": "flag", "name": ["b"]}', "Its name is no text"),
        (b'{"text": "a", "expected": "flag", "name": "b\\nc"}', "Its name is no name"),
        (b'{"text": "a", "expected"', "Line 1: It has no text"),
        (b"{" + b"[" * 100_000, "Line 1"),
        (b"text,expected\n" + b"a" * 5_001 + b",flag\n", "5,001 characters; at most 5,000"),
        (b"text,expected\n" + b"a" * 200_000 + b",flag\n", "is no CSV|at most 5,000"),  # as Python was told
        (b"text,expected\nna\xefve,flag\n", "not in UTF-8"),
        (b"text,expected\n" + b"".join(b"%d,flag\n" % number for number in range(MOST + 1)), "more than 500"),
    ],
)
def test_of_a_file_that_is_none_it_is_said_what_is_wrong_and_where(content: bytes, message: str) -> None:
    with pytest.raises(Unfit, match=message):
        read_file(content)


def test_the_same_example_again_replaces_the_first(store: Store, site: CreatedSite, other_site: CreatedSite) -> None:
    keep(store, site, Example("Hello", "publish"), Example("Hello", "publish", "Ada"))
    keep(store, site, Example("  HELLO ", "reject"))
    keep(store, other_site, Example("Hello", "flag"))
    assert {(test.name, test.expected) for test in kept(store, site)} == {("", "reject"), ("Ada", "publish")}
    assert [event.actor for event in rows(store, AuditEvent, action="policy_test.imported")] == [ADA] * 3
    [foreign] = kept(store, other_site)
    with store.write() as session, pytest.raises(NotFound):
        policy_tests.remove(session, site.id, foreign.id, actor=ADA)


def test_a_site_has_no_more_tests_than_fit(store: Store, site: CreatedSite) -> None:
    keep(store, site, *(Example(f"number {number}", "publish") for number in range(MOST)))
    with store.write() as session, pytest.raises(Unfit, match="at most 500 tests"):
        policy_tests.add(session, site.id, Example("one more", "publish"), actor=ADA)
    keep(store, site, Example("number 7", "reject"))
    assert len(kept(store, site)) == MOST


def outcomes(
    store: Store, queues: Queues, site: CreatedSite, *changes: dict[str, Any], memory: Remembered | None = None
) -> dict[str, tuple[str, ...] | None]:
    """What the default policy with each of these changes makes of the site's tests."""
    classifier = ChosenScores()
    documents = [policies.DEFAULT | change for change in changes]
    judges = [
        policy_trials.judge_by(
            store, queues, classifier, site.id, policies.compile_policy(document, 1, classifier.thresholds)
        )
        for document in documents
    ]
    results = policy_trials.run(judges, kept(store, site), seconds=None, memory=memory)
    assert len(classifier.batches) <= 2, "scored once, whatever the number of policies"
    return {result.test.text: result.outcomes for result in results}


ALWAYS = {
    "time_zone": "UTC",
    "spans": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "00:00", "end": "24:00"}],
}


@pytest.mark.parametrize(
    ("text", "name", "change", "expected"),
    [
        ("calm", "", {}, "publish"),
        ("insult=0.6", "", {}, "flag"),
        ("insult=0.95", "", {}, "reject"),
        ("insult=0.95", "", {"preset": "lenient"}, "flag"),
        ("calm casino", "", {"banned_words": ["casino"]}, "reject"),
        ("calm", "Casino", {"banned_words": ["casino"]}, "reject"),
        ("calm", "Bob", {"blocked_authors": ["name:bob"]}, "reject"),
        ("> insult=0.95\n\nNot my words", "", {}, "flag"),
        ("this und that insult=0.4", "", {"languages": {"de": "strict"}}, "flag"),
        ("this und that insult=0.6", "", {"languages": {"de": "lenient"}}, "publish"),
        ("unscorable", "", {}, "flag"),
        # What depends on the moment, on others or on the site's mode has no part in it.
        ("calm", "", {"mode": "hold"}, "publish"),
        ("insult=0.95", "", {"mode": "observe"}, "reject"),
        ("calm", "", {"hold_times": ALWAYS}, "publish"),
        ("calm", "", {"flag_first_comment": True, "hold_after": 1}, "publish"),
    ],
)
def test_a_policy_says_what_it_makes_of_a_text(
    store: Store, queues: Queues, site: CreatedSite, text: str, name: str, change: dict[str, Any], expected: str
) -> None:
    keep(store, site, Example(text, "publish", name))
    assert outcomes(store, queues, site, change) == {text: (expected,)}


def test_a_text_that_was_posted_here_before_is_no_repetition(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    text = "A text that is long enough to count as repeated here."
    scored(store, queues, scorer, site, text)
    keep(store, site, Example(text, "publish"))
    assert outcomes(store, queues, site, {"flag_repeated": True}) == {text: ("publish",)}


def test_two_policies_are_compared_over_scores_that_are_made_once(
    store: Store, queues: Queues, site: CreatedSite
) -> None:
    keep(store, site, *(Example(f"{number} insult=0.{number:02}", "publish") for number in (10, 60, 95)))
    memory = Remembered()
    found = outcomes(store, queues, site, {}, {"preset": "lenient"}, memory=memory)
    assert found == {
        "10 insult=0.10": ("publish", "publish"),
        "60 insult=0.60": ("flag", "publish"),
        "95 insult=0.95": ("reject", "flag"),
    }
    assert outcomes(store, queues, site, {}, {"preset": "lenient"}, memory=memory) == found


def test_what_there_is_no_time_for_is_said_and_not_passed(store: Store, queues: Queues, site: CreatedSite) -> None:
    keep(store, site, *(Example(f"number {number}", "publish") for number in range(30)))
    policy = policies.compile_policy(policies.DEFAULT, 1, ChosenScores.thresholds)
    judge = policy_trials.judge_by(store, queues, ChosenScores(), site.id, policy)
    results = policy_trials.run([judge], kept(store, site), seconds=-1)
    assert [(result.outcome, result.passes, result.changes) for result in results] == [(None, False, False)] * 30


def test_running_writes_nothing(store: Store, queues: Queues, site: CreatedSite) -> None:
    keep(store, site, Example("insult=0.95", "publish"))
    outcomes(store, queues, site, {})
    assert rows(store, Comment) == []
    assert len(rows(store, PolicyVersion)) == 1


@pytest.mark.parametrize("way", ["from its page", "typed in"])
def test_a_test_goes_with_the_comment_whose_words_it_has(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, way: str
) -> None:
    comment = scored(store, queues, scorer, site, "Some words insult=0.95", name="Bob")
    with store.write() as session:
        found = comments.find(session, site.id, comment.id)
        taken = (
            example(found.comment, found.status, found.name)
            if way == "from its page"
            else Example("SOME words insult=0.95", "flag")
        )
        policy_tests.add(session, site.id, taken, actor=ADA, comment=found if way == "from its page" else None)
    keep(store, site, Example("Others", "publish"))
    with store.write() as session:
        comments.erase(session, site.id, comment.id, actor="site")
    assert [test.text for test in kept(store, site)] == ["Others"]


class Counting(ChosenScores):
    """A classifier that counts the languages that it is asked for: one for each text that is judged anew."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.said: list[str | None] = []

    def language(self, text: str, hints: Any = ()) -> str:
        self.asked += 1
        self.said = list(hints)
        return super().language(text, hints)


def test_what_a_policy_made_of_a_test_is_kept_until_the_policy_says_something_else(
    store: Store, queues: Queues, site: CreatedSite
) -> None:
    keep(store, site, *(Example(f"{number} casino insult=0.{number:02}", "publish") for number in (10, 60)))
    memory, classifier = Remembered(), Counting()

    def judged(**change: Any) -> tuple[list[str | None], int]:
        before = classifier.asked
        policy = policies.compile_policy(policies.DEFAULT | change, 1, classifier.thresholds)
        judge = policy_trials.judge_by(store, queues, classifier, site.id, policy)
        results = policy_trials.run([judge], kept(store, site), seconds=None, memory=memory)
        return [result.outcome for result in results], classifier.asked - before

    assert judged() == (["flag", "publish"], 2)
    assert judged() == (["flag", "publish"], 0)
    assert judged(hold_times=ALWAYS, mode="hold") == (["flag", "publish"], 0)  # which tests have no part in
    assert judged(preset="lenient") == (["publish", "publish"], 2)
    assert judged(banned_words=["casino"]) == (["reject", "reject"], 2)
    assert judged(banned_words=["roulette"]) == (["flag", "publish"], 2)
    assert judged(banned_words=["casino"]) == (["reject", "reject"], 0)
    keep(store, site, Example("a new one", "publish"))
    assert judged() == (["publish", "flag", "publish"], 3)


def test_a_test_is_judged_as_its_sites_authors_write_also_with_scores_that_were_kept(
    store: Store, queues: Queues, site: CreatedSite
) -> None:
    keep(store, site, Example("Hm insult=0.1", "publish"))
    memory, classifier = Remembered(), Counting()

    def judged(**change: Any) -> tuple[list[str | None], int]:
        policy = policies.compile_policy(policies.DEFAULT | change, 1, classifier.thresholds)
        judge = policy_trials.judge_by(store, queues, classifier, site.id, policy)
        policy_trials.run([judge], kept(store, site), seconds=None, memory=memory)
        return classifier.said, len(classifier.batches)

    _, scored_before = judged()
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(author_language="de"), actor=ADA)
    said, scored_anew = judged()
    assert said[-1] == "de"
    assert scored_anew > scored_before, "scores are of texts as these authors write them"
    said, scored_again = judged(preset="lenient")
    assert said[-1] == "de"
    assert scored_again == scored_anew
