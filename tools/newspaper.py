"""A newspaper that never was, with four weeks of comments: what the pictures of this directory show.

Everything goes through the functions that a running Winnow goes through; only the clock is ours. The comments and their
authors are made up. What becomes of a comment is for the classifier that is installed to say, so that another one
gives other pictures.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.decisions import appeals, comments
from moderation.decisions.scoring import Classifier, Scorer
from moderation.history import tallies
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts, members
from moderation.policy import policies
from moderation.settings import Settings
from moderation.sites import site_settings, sites
from moderation.store import Store
from moderation.tables import Comment, ReviewItem
from moderation.webhooks import endpoints, statement_links

PASSWORD = "a password for a picture"
ADMIN, MODERATORS = "lena", ("mo", "nia", "jonas")
NAME, SECOND = "Harbour Courier", "Harbour Courier Sport"
DAYS = 28
BRIDGE, FERRY = "/2026/11/the-bridge", "/2026/11/ferry-timetable"
LABELS = ("toxicity", "severe_toxicity", "insult", "profanity", "threat", "identity_attack")
#: A site that asks a person early, so that there is something to see.
POLICY = {
    "thresholds": {label: {"flag_at": 0.35, "reject_at": 0.92} for label in LABELS}
    | {"spam": {"flag_at": 0.4, "reject_at": 0.95}},
    "suspect_words": ["the mayor's house"],
    "flag_first_comment": False,
}
AUTHORS = (
    "Mia",
    "Harald K.",
    "gus71",
    "Ines",
    "old_salt",
    "Tomasz",
    "B. Okafor",
    "Rosa",
    "Finn",
    "Wei",
    "Amira",
    "Paul",
)
THREADS = (BRIDGE, FERRY, "/2026/11/school-meals", "/2026/10/library-hours", "/2026/10/market-day", "/2026/11/cycling")
ABOUT = (
    "the bridge", "the ferry", "school meals", "the library", "the market", "the cycle lane", "the budget", "the quay",
    "bus line 4", "the new pool", "parking", "the town hall", "the old mill", "the lifeboat", "the night train",
)  # fmt: skip
KIND = (
    "Thank you for this piece on {0}, it answers what I wondered about.",
    "I grew up next to {0} and never knew half of this.",
    "Does anybody know when the council decides on {0}?",
    "The numbers on {0} do not add up: last year's report says something else.",
    "My daughter uses {0} every day. Please keep it open.",
    "We had the same talk about {0} ten years ago, and here we are again.",
    "A fair summary. I would have liked to hear from somebody who works at {0}.",
    "Great photo! Is that from the hill behind {0}?",
)
RUDE = (
    "Only an idiot could write this about {0}.",
    "The people who planned {0} are liars and crooks, all of them.",
    "What a pathetic excuse. {0} is a disgrace and so are you.",
    "Shut up about {0}, you moron.",
    "This is complete crap. Nobody with a brain wants {0}.",
    "You are all stupid sheep if you believe that about {0}.",
    "Whoever is in charge of {0} should be ashamed, damn fools.",
)
SPAM = (
    "Best prices on tyres! Visit http://tyres.example/{1} and get 20% off, limited offer for readers of {0}",
    "I earn 5000 a week from home, ask me how: http://easy-money.example/{1}",
    "Cheap watches, free shipping, click http://watches.example/{1} now",
)
NOW = (
    ("Harald K.", BRIDGE, "Only an 1d10t could call that a plan. Do you people ever read what you print?"),
    ("gus71", FERRY, "The mayor is a liar, and this paper prints every word of it. Pathetic."),
    ("old_salt", BRIDGE, "Forty years I sailed under that bridge. Whoever says it was safe is a damn fool, sorry."),
    ("Tyre Corner", FERRY, "Best prices on tyres! Visit http://tyres.example today and get 20% off, limited offer"),
    ("B. Okafor", BRIDGE, "Calling him stupid does not make you right. Answer the question he asked."),
    ("Nobody Special", "/2026/11/cycling", "Cyclists like you deserve to be run over. I mean it, watch your back."),
    ("Rosa", "/2026/11/school-meals", "The old menu was crap, but at least it was warm."),
)
COPIES = (
    "Anna", "Peter", "Mohammed", "Lucia", "Giovanni", "Katarzyna", "Wei", "Bram",
)  # fmt: skip
COPY = "{0}! You all have to see how I earn 300 a day from home with one weird trick: https://{1}.example.net/{2}"


@dataclass(frozen=True, slots=True)
class Newspaper:
    """Where to find what the pictures show."""

    site_id: str
    #: A path below the installation's address.
    statement: str
    rejected_id: str
    group_id: str | None
    person_id: str
    endpoint_id: str


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now


@contextmanager
def own_clock(start: datetime) -> Iterator[Clock]:
    """All code reads this clock within the block."""
    real, own = clock.now, Clock(start)
    clock.now = lambda: own.now
    try:
        yield own
    finally:
        clock.now = real


class _Writer:
    """Writes the paper's past, day by day."""

    def __init__(self, store: Store, settings: Settings, queues: Queues, classifier: Classifier) -> None:
        self.store, self.settings, self.queues = store, settings, queues
        self.scorer = Scorer(store, queues, classifier)
        self.chance = random.Random(11)
        self.site_id = ""
        self.moderators: list[str] = []

    def post(self, texts: list[tuple[str, str, str]], **known: Any) -> list[Comment]:
        sent = [
            Submission(name=name, comment=text, thread=thread, user_id=name.lower().replace(" ", "-"), **known)
            for name, thread, text in texts
        ]
        outcomes = submissions.submit(self.store, self.queues, self.site_id, sent)
        while self.scorer.run_batch().claimed:
            pass
        with self.store.read() as session:
            found = [session.get(Comment, one.comment.id) for one in outcomes if one.comment is not None]
        return [one for one in found if one is not None]

    def day(self, now: Clock, morning: datetime) -> None:
        """A day's comments, in three rounds, and what the moderators on duty did about them."""
        busy = self.chance.uniform(0.7, 1.3) * (0.6 if morning.weekday() >= 5 else 1)
        on_duty = self.chance.sample(self.moderators, k=2)
        for hour in (8, 13, 19):
            now.now = morning + timedelta(hours=hour, minutes=self.chance.uniform(0, 50))
            self.post([self.somebody_says() for _ in range(round(8 * busy))])
            tallies.sample_queue(self.store)
            for moderator in on_duty:
                now.now += timedelta(minutes=self.chance.expovariate(1 / 25))
                self.look(now, moderator)

    def somebody_says(self) -> tuple[str, str, str]:
        texts = self.chance.choices((KIND, RUDE, SPAM), weights=(70, 22, 8))[0]
        text = self.chance.choice(texts).format(self.chance.choice(ABOUT), self.chance.randrange(1000))
        thread = self.chance.choice(THREADS)
        return self.chance.choice(AUTHORS), thread, f"{text[0].upper()}{text[1:]}"

    def look(self, now: Clock, moderator: str) -> None:
        """Decide on most of what waits, as a person would who mostly agrees with the scores."""
        with self.store.read() as session:
            waits = select(ReviewItem.comment_id).where(ReviewItem.closed_at.is_(None)).order_by(ReviewItem.opened_at)
            ids = list(dict.fromkeys(session.scalars(waits)))
        for one in ids:
            if self.chance.random() < 0.25:
                continue
            now.now += timedelta(seconds=5 + self.chance.expovariate(1 / 12))
            with self.store.write() as session:
                comment = comments.find(session, None, one)
                label, score = max((comment.scores or {"toxicity": 0.0}).items(), key=lambda pair: pair[1])
                bad = score + self.chance.gauss(0, 0.18) > 0.55
                code = label if bad and label in {*LABELS, "spam"} else None
                action: Literal["publish", "reject"] = "reject" if bad else "publish"
                comments.decide(session, None, one, action, actor=moderator, code=code)


def print_newspaper(store: Store, settings: Settings, queues: Queues, classifier: Classifier) -> Newspaper:
    """Fill an empty, migrated database."""
    writer, today = _Writer(store, settings, queues, classifier), datetime.now(UTC)
    first = (today - timedelta(days=DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    with own_clock(first) as now:
        _set_up(writer)
        for number in range(DAYS):
            writer.day(now, first + timedelta(days=number))
        made = _make_today(writer, now, today)
        now.now = today
        tallies.sample_queue(store)
    while tallies.roll_up(store):
        pass
    return made


def _set_up(writer: _Writer) -> None:
    store, settings = writer.store, writer.settings
    writer.site_id = sites.create_site(store, settings, NAME).id
    sites.create_site(store, settings, SECOND)
    accounts.create_user(store, ADMIN, "admin", PASSWORD)
    for name in MODERATORS:
        accounts.create_user(store, name, "none", PASSWORD, on_sites={writer.site_id: "moderator"})
    accounts.create_user(store, "sven", "none", on_sites={writer.site_id: "viewer"})
    with store.write() as session:
        writer.moderators = [f"user:{members.by_name(session, name).id}" for name in MODERATORS]
        policies.save(session, writer.site_id, policies.DEFAULT | POLICY, actor="operator")
        chosen = site_settings.SiteSettings(second_look_moderators=0.3, second_look_automatic=0.02)
        site_settings.save(session, writer.site_id, chosen, actor="operator")


def _make_today(writer: _Writer, now: Clock, today: datetime) -> Newspaper:
    """What waits now: comments of the last hours, copies of one advertisement, reports, an appeal, a rejection."""
    store = writer.store

    def clock_at(**ago: float) -> None:
        now.now = today - timedelta(**ago)

    with store.read() as session:
        waiting = list(session.scalars(select(ReviewItem.comment_id).where(ReviewItem.closed_at.is_(None))))
    clock_at(hours=9)
    with store.write() as session:
        for one in dict.fromkeys(waiting):
            comments.decide(session, None, one, "publish", actor=writer.moderators[0])
    clock_at(hours=5)
    [parent] = writer.post([("Mia", BRIDGE, "The plan is on page 4 of the report, for who wants to read it.")])
    [reported] = writer.post([("Finn", FERRY, "Ask the Lindqvists why their boat never pays the harbour fee.")])
    clock_at(hours=4)
    [rejected] = writer.post([("Paul", BRIDGE, "Typical. You lot would sell the bridge and your own mothers with it.")])
    with store.write() as session:
        rejected = comments.decide(
            session, None, rejected.id, "reject", actor=writer.moderators[1], code="insult", reason="Please stay civil."
        )
        session.expunge(rejected)
    clock_at(hours=3)
    for name, note in (("r1", "This is about a family that lives here."), ("r2", None)):
        with store.write() as session:
            comments.report(session, writer.site_id, reported.id, reason="personal_data", note=note, reporter=name)
    for at, remark in enumerate(NOW):
        clock_at(minutes=150 - 20 * at)
        writer.post([remark], ip=f"192.0.2.{at + 7}", **({"parent_id": parent.id} if at == 0 else {}))
    clock_at(minutes=14)
    copies = [(name, THREADS[at % 3], COPY.format(name, at * 7919, at * 31)) for at, name in enumerate(COPIES)]
    group = writer.post(copies)
    clock_at(minutes=3)
    with store.write() as session:
        appealed = _appeal(writer, session)
        endpoint, _ = endpoints.add(
            session, writer.settings, writer.site_id, "http://127.0.0.1:9/winnow", actor=actors.OPERATOR
        )
        session.flush()
        endpoint_id = endpoint.id
        person_id = members.by_name(session, MODERATORS[1]).id
        in_group = select(ReviewItem.group_id).where(ReviewItem.comment_id == group[0].id)
        group_id = session.scalar(in_group)
    assert appealed
    assert rejected.decided_at is not None
    address = statement_links.address(writer.settings, rejected.id, rejected.decided_at) or ""
    path = "/statement/" + address.rpartition("/")[2]
    return Newspaper(writer.site_id, path, rejected.id, group_id, person_id, endpoint_id)


def _appeal(writer: _Writer, session: Session) -> bool:
    """An author appeals against an earlier rejection."""
    query = select(Comment).where(Comment.status == "rejected", Comment.decided_by == writer.moderators[0])
    newest_first = session.scalars(query.order_by(Comment.id.desc()).limit(50))
    one = next((one for one in newest_first if (one.scores or {}).get("spam", 1.0) < 0.1), None)
    if one is None:
        return False
    found = comments.find(session, None, one.id, lock=True)
    appeals.lodge(session, found, "I know him. It was a joke between us.")
    return True
