"""The demo's own site, made when somebody first comments or looks."""

from __future__ import annotations

import threading

from sqlalchemy import select

from moderation import actors
from moderation.policy import policies
from moderation.sites import sites
from moderation.tables import Site
from service.context import Context

NAME = "demo"
THREAD = "demo/when-the-free-scores-end"

#: Nothing is rejected for its score alone, so that a newcomer finds what was held in the review queue; a word list
#: shows a rejection. The same few comments are tried again and again, so repeating one is no offence here.
POLICY = policies.DEFAULT | {
    "thresholds": {
        label: {"reject_at": None}
        for label in (
            "toxicity",
            "severe_toxicity",
            "insult",
            "profanity",
            "threat",
            "identity_attack",
            "spam",
        )
    },
    "banned_words": ["moonshot-pills"],
    "flag_repeated": False,
}

_making = threading.Lock()


def find_or_create(found: Context) -> str:
    """The id of the demo's site. Should two processes make one at once, all use the older."""
    if (known := _oldest(found)) is not None:
        return known
    with _making:
        return _oldest(found) or _create(found)


def _oldest(found: Context) -> str | None:
    with found.store.read() as session:
        return session.scalar(select(Site.id).where(Site.name == NAME).order_by(Site.id).limit(1))


def _create(found: Context) -> str:
    made = sites.create_site(found.store, found.settings, NAME)
    with found.store.write() as session:
        policies.save(session, made.id, POLICY, actor=actors.OPERATOR)
    return _oldest(found) or made.id
