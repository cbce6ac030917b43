"""The link to the page that states a decision to the comment's author: signed, for this purpose alone, expiring.

It names the comment and the moment of the decision, so the same decision always has the same link. How long a link
works is not in it: the site may change that at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from itsdangerous import BadData, URLSafeSerializer

from moderation import sealing
from moderation.settings import Settings

_PURPOSE = "statement"
#: The decisions that get a statement of reasons.
STATED = frozenset({"flagged", "rejected"})


@dataclass(frozen=True, slots=True)
class Link:
    """What a valid link says."""

    comment_id: str
    decided_at: datetime


def address(settings: Settings, comment_id: str, decided_at: datetime) -> str | None:
    """The link for this decision; None where there is no key to sign it with."""
    if not settings.secret_keys:
        return None
    token = _serializer(settings).dumps([comment_id, int(decided_at.timestamp())])
    return f"{settings.public_url}/statement/{token}"


def read(settings: Settings, token: str) -> Link | None:
    """What a link's token says; None for one that we did not sign for this purpose. The caller checks its age."""
    try:
        comment_id, moment = _serializer(settings).loads(token)
    except (BadData, ValueError, TypeError):
        return None
    return Link(str(comment_id), datetime.fromtimestamp(moment, UTC))


@lru_cache(maxsize=8)
def _serializer(settings: Settings) -> URLSafeSerializer:
    keys = sealing.signing_keys(settings, _PURPOSE)
    return URLSafeSerializer(keys[::-1], salt=_PURPOSE)  # the last one signs
