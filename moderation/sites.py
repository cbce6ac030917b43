"""Sites and their keys."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import audit, clock, policies, sealing, webhooks
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import ApiKey, PolicyVersion, Site

#: How many keys of a site work at once: the new one, and the one that its servers still use.
VALID_KEYS = 2


@dataclass(frozen=True, slots=True)
class CreatedSite:
    """A new site's id and its secrets, which are not to be had again."""

    id: str
    api_key: str
    webhook_secret: str | None = None


def create_site(store: Store, settings: Settings, name: str, webhook_url: str | None = None) -> CreatedSite:
    """Create a site with the default policy, a key and, if asked, a webhook endpoint."""
    moment = clock.now()
    site_id = clock.new_id("s", moment)
    with store.write() as session:
        session.add(Site(id=site_id, name=name, created_at=moment, policy_version=1))
        session.flush()
        session.add(
            PolicyVersion(
                site_id=site_id,
                version=1,
                document=policies.DEFAULT,
                created_at=moment,
                created_by="operator",
            )
        )
        api_key = _add_key(session, site_id)
        secret = None
        if webhook_url is not None:
            secret = webhooks.create_endpoint(session, settings, site_id, webhook_url)[1]
        audit.record(session, [audit.row("site.created", actor="operator", site_id=site_id)])
    return CreatedSite(site_id, api_key, secret)


def rotate_key(store: Store, site_id: str) -> str:
    """Give a site a new key. The one before stays valid until the next rotation; any older one is revoked.

    Raises:
        LookupError: there is no such site.
    """
    with store.write() as session:
        if session.get(Site, site_id) is None:
            raise LookupError(f"There is no site {site_id}.")
        api_key = _add_key(session, site_id)
        session.flush()
        valid = select(ApiKey).where(ApiKey.site_id == site_id, ApiKey.revoked_at.is_(None))
        for old in session.scalars(valid.order_by(ApiKey.created_at.desc()).offset(VALID_KEYS)):
            old.revoked_at = clock.now()
        audit.record(session, [audit.row("site.key_rotated", actor="operator", site_id=site_id)])
    return api_key


def authenticate(session: Session, api_key: str) -> str | None:
    """The id of the site whose valid key this is, else None. The digest is compared in constant time."""
    stored = session.execute(
        select(ApiKey.site_id, ApiKey.digest).where(
            ApiKey.prefix == sealing.public_prefix(api_key), ApiKey.revoked_at.is_(None)
        )
    ).one_or_none()
    if stored is None or not sealing.matches(api_key, stored.digest):
        return None
    return str(stored.site_id)


def by_name(session: Session, name: str) -> Site:
    """The site with this name or id.

    Raises:
        LookupError: none, or more than one, has it.
    """
    found = session.scalars(select(Site).where((Site.name == name) | (Site.id == name)).limit(2)).all()
    if not found:
        raise LookupError(f"There is no site named {name!r}. `winnow site list` shows them.")
    if len(found) > 1:
        raise LookupError(f"Several sites are named {name!r}: give the id, which `winnow site list` shows.")
    return found[0]


def _add_key(session: Session, site_id: str) -> str:
    api_key, prefix, digest = sealing.new_token("wk")
    session.add(ApiKey(prefix=prefix, site_id=site_id, digest=digest, created_at=clock.now()))
    return api_key
