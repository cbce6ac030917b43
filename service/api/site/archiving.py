"""The site of the key: what it is called, its mode, and whether it is archived."""

from __future__ import annotations

from typing import Any, get_args

from flask import Response
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from moderation import actors
from moderation.policy import policies
from moderation.policy.terms import Mode
from moderation.sites import archive
from moderation.tables import Site
from service.api.fields import Switch, show_moment
from service.api.routing import Operation, answer, operation
from service.api.schemas import Request
from service.context import context

_TAG = "Site"


class SiteSchema(Schema):
    """A site."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    mode = fields.String(required=True, metadata={"enum": list(get_args(Mode)), "description": "That of its policy."})
    archived_at = fields.String(
        required=True,
        allow_none=True,
        metadata={"format": "date-time", "description": "Since when it is archived; null while it is in use."},
    )


class SiteChangeSchema(Request):
    """What may be changed."""

    archived = Switch(
        required=True,
        metadata={"description": "Whether it is archived from now on."},
        error_messages={"required": "This field is required."},
    )


@operation(
    "GET",
    "/site",
    Operation(summary="Read the site", tag=_TAG, answers={200: ("The site of this key.", SiteSchema)}),
)
def read_site(site_id: str) -> Response:
    """The site whose key this is."""
    with context().store.read() as session:
        return answer(_show(session, site_id))


@operation(
    "PATCH",
    "/site",
    Operation(
        summary="Archive the site, or bring it back",
        tag=_TAG,
        body=SiteChangeSchema,
        answers={200: ("The site as it is now.", SiteSchema)},
    ),
)
def change_site(site_id: str, *, body: dict[str, Any]) -> Response:
    """An archived site takes no comments, edits, reports or checks: they are refused with `archived`, for all its keys,
    from five seconds later at most. Nothing of it waits for a moderator. Its comments can be read, decided and erased,
    and webhooks are told of what was decided. Once it is brought back, what was open waits again."""
    with context().store.write() as session:
        change = archive.archive if body["archived"] else archive.bring_back
        change(session, site_id, actor=actors.SITE)
        return answer(_show(session, site_id))


def _show(session: Session, site_id: str) -> dict[str, Any]:
    site = session.get_one(Site, site_id)
    mode = policies.current(session, site_id).document.get("mode", policies.DEFAULT["mode"])
    since = None if site.archived_at is None else show_moment(site.archived_at)
    return {"id": site.id, "name": site.name, "mode": mode, "archived_at": since}
