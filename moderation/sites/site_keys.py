"""A site's keys as its admins see them: the list, revoking a key, and restoring it.

`sites.py` makes them. Each function works in the caller's transaction and writes an audit event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar, get_args

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from moderation import audit, clock, sealing
from moderation.errors import NotFound
from moderation.sealing import SealError
from moderation.settings import Settings
from moderation.sites.sites import BROWSER, SERVER, VALID_KEYS
from moderation.tables import ApiKey, CompatKey

Kind = Literal["api", "compat", "browser"]
AnyKey = TypeVar("AnyKey", ApiKey, CompatKey)
#: How long a revoked key is listed, and can be made valid again.
REMEMBERED = timedelta(days=7)
#: Characters of a compat key's digest that serve as its id.
_ID_LENGTH = 16


class KeyRefused(Exception):
    """A key cannot be made valid; the message says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret part."""

    kind: Kind
    id: str
    #: The part that people see: the beginning of an API key, the end of a compat key.
    shown: str
    created_at: datetime
    revoked_at: datetime | None
    #: The pages that a browser key is bound to; none: any.
    origins: tuple[str, ...] = ()


def of_site(session: Session, settings: Settings, site_id: str) -> list[Key]:
    """A site's valid keys and those revoked in the last days: API keys first, within each kind the newest first."""
    return [
        _api_key(row) if isinstance(row, ApiKey) else _compat_key(settings, kind, row)
        for kind in get_args(Kind)
        for row in _of_kind(session, site_id, kind)
    ]


def revoke(session: Session, site_id: str, kind: Kind, key_id: str, *, actor: str) -> None:
    """Take a key out of use. `restore` undoes it.

    Raises:
        NotFound: the site has no such valid key.
    """
    row = _find(session, site_id, kind, key_id)
    if row.revoked_at is not None:
        raise NotFound("This key is revoked already.")
    row.revoked_at = clock.now()
    _record(session, "site.key_revoked", site_id, {"kind": kind, "key": key_id}, actor=actor)


def restore(session: Session, site_id: str, kind: Kind, key_id: str, *, actor: str) -> None:
    """Make a key valid again that was revoked in the last days.

    Raises:
        NotFound: the site has no such revoked key.
        KeyRefused: `VALID_KEYS` keys of its kind are valid already.
    """
    row = _find(session, site_id, kind, key_id)
    if row.revoked_at is None:
        raise NotFound("This key is valid already.")
    valid_keys = [key for key in _of_kind(session, site_id, kind) if key.revoked_at is None]
    if len(valid_keys) >= VALID_KEYS:
        raise KeyRefused(f"{VALID_KEYS} keys of this kind are valid, and no more can be. Revoke one of them first.")
    row.revoked_at = None
    _record(session, "site.key_restored", site_id, {"kind": kind, "key": key_id}, actor=actor)


def _of_kind(session: Session, site_id: str, kind: Kind) -> Sequence[ApiKey | CompatKey]:
    if kind == "api":
        return _rows(session, ApiKey, ApiKey.site_id == site_id)
    purpose = BROWSER if kind == "browser" else SERVER
    return _rows(session, CompatKey, CompatKey.site_id == site_id, CompatKey.purpose == purpose)


def _rows(session: Session, table: type[AnyKey], *of_kind: ColumnElement[bool]) -> Sequence[AnyKey]:
    lately = or_(table.revoked_at.is_(None), table.revoked_at > clock.now() - REMEMBERED)
    return session.scalars(select(table).where(lately, *of_kind).order_by(table.created_at.desc())).all()


def _find(session: Session, site_id: str, kind: Kind, key_id: str) -> ApiKey | CompatKey:
    for row in _of_kind(session, site_id, kind):
        if key_id == (row.prefix if isinstance(row, ApiKey) else row.digest[:_ID_LENGTH]):
            return row
    raise NotFound("The site has no such key.")


def _record(session: Session, action: str, site_id: str, detail: dict[str, str], *, actor: str) -> None:
    audit.record(session, [audit.row(action, actor=actor, site_id=site_id, detail=detail)])


def _api_key(row: ApiKey) -> Key:
    return Key("api", row.prefix, f"{row.prefix}_…", row.created_at, row.revoked_at)


def _compat_key(settings: Settings, kind: Kind, row: CompatKey) -> Key:
    try:
        shown = f"…{sealing.unseal(settings, row.sealed)[-3:]}"
    except SealError:
        shown = "…"
    key_id = row.digest[:_ID_LENGTH]
    return Key(kind, key_id, shown, row.created_at, row.revoked_at, tuple(row.origins or ()))
