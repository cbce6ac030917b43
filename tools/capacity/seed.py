"""A few thousand comments that go the whole way: submitted, scored, decided by people, told to their sites.

They fill one *window* of `WINDOW`, whose ids all have the same five characters behind their prefix: its `token`.
What is to differ from window to window (an author who came once, a page, a rare word) carries the token, so that
`filling.py` makes another window of this one by putting another token everywhere.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from sqlalchemy import insert, select, update

import models
from benchmarks import texts
from benchmarks.installation import Installation
from moderation import actors, clock
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.history import tallies
from moderation.intake import submissions
from moderation.intake.submissions import Submission
from moderation.people import accounts, members
from moderation.tables import Comment, ReviewItem, WebhookAttempt, WebhookDelivery
from moderation.webhooks import endpoints
from tools.newspaper import COPY, PASSWORD, Clock, own_clock

#: The time in which the first five of an id's ten characters of time stay the same: 32^5 milliseconds.
WINDOW = timedelta(milliseconds=32**5)
#: A part of all comments for each site, the largest first.
SITES = {"Morning Paper": 55, "Evening Paper": 25, "Football Forum": 12, "Town Weekly": 6, "A Blog": 2}
#: Of the authors, so many come again and again; one comment in four is of somebody who comes once.
REGULARS, ONCE = 3_000, 0.25
#: One comment in fifty is a copy of an advertisement, and one in a hundred has a word that only its window has.
COPIES, RARE = 0.02, 0.01
#: Of what waits for a person, so much stays open.
LEFT_OPEN = 0.1
MODERATORS = ("mo", "nia", "jonas")
BATCH = 500
_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Safari/537.36"


@dataclass(frozen=True, slots=True)
class Window:
    """The window that a seed fills."""

    number: int

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return clock.from_milliseconds(self.number << 25)

    @property
    def token(self) -> str:
        """The first five characters of its ids, behind the prefix."""
        return clock.first_id("c", self.start)[2:7]


def last_whole_window(now: datetime) -> Window:
    """The last window that is over."""
    return Window((clock.milliseconds(now) >> 25) - 1)


def sow(installation: Installation, number: int) -> Window:
    """Fill the last whole window of an empty database with so many comments."""
    window = last_whole_window(clock.now())
    with own_clock(window.start) as now:
        sower = _Sower(installation, window, now)
        for begin in range(0, number, BATCH):
            now.now = window.start + (begin + 1) / (number + 2) * WINDOW
            sower.comments(min(BATCH, number - begin))
            sower.look()
        sower.report()
        sower.tell()
        now.now = window.start + WINDOW + timedelta(minutes=2)
        while tallies.roll_up(installation.store):
            pass
    return window


class _Sower:
    def __init__(self, installation: Installation, window: Window, now: Clock) -> None:
        self.store, self.queues, self.window, self.now = installation.store, installation.queues, window, now
        self.scorer = Scorer(installation.store, installation.queues, models.load())
        self.chance, self.texts = random.Random(3), texts.comments(3)
        self.sites = [installation.add_site(name).id for name in SITES]
        self.sent = 0
        for name in MODERATORS:
            accounts.create_user(self.store, name, "admin", PASSWORD)
        with self.store.write() as session:
            self.people = [f"user:{members.by_name(session, name).id}" for name in MODERATORS]
            for site_id in self.sites[:3]:
                url = "http://127.0.0.1:9/winnow"
                endpoints.add(session, installation.settings, site_id, url, actor=actors.OPERATOR)

    def comments(self, number: int) -> None:
        """Submit and score so many."""
        by_site: dict[str, list[Submission]] = {}
        for text in islice(self.texts, number):
            site = self.chance.choices(self.sites, weights=list(SITES.values()))[0]
            by_site.setdefault(site, []).append(self._submission(text))
        for site, made in by_site.items():
            submissions.submit(self.store, self.queues, site, made)
        while self.scorer.run_batch().claimed:
            self.now.now += timedelta(milliseconds=50)

    def _submission(self, text: str) -> Submission:
        chance, token = self.chance, self.window.token
        self.sent += 1
        if chance.random() < COPIES:
            text = COPY.format(f"Reader {self.sent}", token, self.sent // 400)
        elif chance.random() < RARE:
            text = f"{text} It was at pier{token}."
        rank = int(40 * chance.paretovariate(0.7))
        name = f"Regular {rank}" if rank < REGULARS and chance.random() > ONCE else f"Guest {token} {self.sent}"
        key = name.lower().replace(" ", ".")
        page = int(8 * chance.paretovariate(0.6)) % 400
        return Submission(
            name=name,
            comment=text,
            thread=f"/news/{token}/article-{page}",
            external_id=f"wp-{token}-{self.sent}",
            email=f"{key}@mail.example" if chance.random() < 0.8 else None,
            ip=f"198.{chance.randrange(18, 20)}.{hash(key) % 250}.{chance.randrange(250)}",
            user_agent=_AGENT.format(chance.randrange(120, 140)),
        )

    def look(self) -> None:
        """People decide on most of what waits."""
        with self.store.read() as session:
            waits = session.scalars(select(ReviewItem.comment_id).where(ReviewItem.is_open)).all()
        for comment_id in dict.fromkeys(waits):
            if int(comment_id[-2:], 36) % 100 < LEFT_OPEN * 100:
                continue
            self.now.now += timedelta(milliseconds=20)
            action: Literal["publish", "reject"] = "publish" if self.chance.random() < 0.4 else "reject"
            with self.store.write() as session:
                actor = self.chance.choice(self.people)
                code = None if action == "publish" else "insult"
                comments.decide(session, None, comment_id, action, actor=actor, code=code)

    def report(self) -> None:
        """Readers report one published comment in five hundred."""
        with self.store.read() as session:
            published = select(Comment.site_id, Comment.id).where(Comment.status == "published").order_by(Comment.id)
            rows = session.execute(published).all()[::500]
        for site_id, comment_id in rows:
            with self.store.write() as session:
                reader = f"reader-{self.chance.randrange(100)}"
                comments.report(session, site_id, comment_id, reason="insult", note=None, reporter=reader)

    def tell(self) -> None:
        """What sites' receivers would have made of the deliveries: all arrive, one in 200 at the second try."""
        with self.store.write() as session:
            deliveries: Sequence[WebhookDelivery] = session.scalars(select(WebhookDelivery)).all()
            attempts = [
                {
                    **{"id": clock.new_id("t", one.created_at), "delivery_id": one.id, "created_at": one.created_at},
                    **{"status_code": status, "error": None, "failure": None, "duration_ms": 12},
                }
                for at, one in enumerate(deliveries)
                for status in ((503, 204) if at % 200 == 0 else (204,))
            ]
            session.execute(insert(WebhookAttempt), attempts)
            arrived = {"attempts": 1, "next_attempt_at": None, "delivered_at": WebhookDelivery.created_at}
            session.execute(update(WebhookDelivery).values(arrived).execution_options(synchronize_session=False))
