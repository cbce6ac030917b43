"""The demo's own site, created when somebody first opens the page."""

from __future__ import annotations

import threading

from sqlalchemy import func, select

from moderation import actors
from moderation.policy import policies
from moderation.sites import sites
from moderation.tables import Site
from service.context import Context

NAME = "demo"
THREAD = "demo/when-the-free-scores-end"

#: No comment is rejected for its score alone, so that a newcomer finds it in the review queue; the word list shows a
#: rejection. Repeated comments are not flagged, because everybody tries the same few examples.
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


def find_or_create(context: Context) -> str:
    """The id of the demo's site. Of two processes that want to create it at once, the slower uses the other's."""
    if (site_id := _there(context)) is not None:
        return site_id
    with _making:
        return _there(context) or _create(context)


def _there(context: Context) -> str | None:
    with context.store.read() as session:
        return session.scalar(
            select(Site.id).where(func.lower(func.trim(Site.name)) == NAME).order_by(Site.id).limit(1)
        )


def _create(context: Context) -> str:
    try:
        created = sites.create_site(context.store, context.settings, NAME)
    except ValueError:  # the name is taken, since a moment ago
        if (site_id := _there(context)) is None:
            raise
        return site_id
    with context.store.write() as session:
        policies.save(session, created.id, POLICY, actor=actors.OPERATOR)
    return created.id
