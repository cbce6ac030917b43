"""Sites and their keys."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from moderation import actors, audit, clock, sealing
from moderation.errors import NotFound, found
from moderation.policy import policies
from moderation.settings import Settings
from moderation.store import Store, take_turn
from moderation.tables import ApiKey, Comment, CompatKey, Feedback, PolicyVersion, Site, SiteSecret
from moderation.webhooks import endpoints

#: How many keys of a site work at once: the new one, and the one that its servers still use.
VALID_KEYS = 2
#: WordPress asks for no other length, and Akismet's protocol compares without regard to case.
COMPAT_KEY_LENGTH = 12
#: What a compat key is for: the programs of a site's back end, or its pages.
SERVER, BROWSER = "server", "browser"
#: Pages that a browser key may be bound to.
MOST_ORIGINS = 20
_DEFAULT_PORTS = {"http": 80, "https": 443}
_COMPAT_LETTERS = string.ascii_lowercase + string.digits


class InUse(Exception):
    """The site cannot be deleted; the message says why."""


@dataclass(frozen=True, slots=True)
class CreatedSite:
    """A new site's id and its secrets, which are shown only now."""

    id: str
    api_key: str
    compat_key: str
    webhook_secret: str | None = None


@dataclass(frozen=True, slots=True)
class NewKeys:
    """What a rotation made; None for a key that was left as it is."""

    api_key: str | None
    compat_key: str | None


def create_site(
    store: Store, settings: Settings, name: str, webhook_url: str | None = None, *, actor: str = actors.OPERATOR
) -> CreatedSite:
    """Create a site with the default policy, its keys and, if asked, a webhook endpoint.

    Raises:
        ValueError: another site has the name; the message says so.
        EndpointRefused: nothing can be sent to the webhook's URL.
        SealError: there is no secret key to encrypt the compat key under.
    """
    moment = clock.now()
    site_id = clock.new_id("s", moment)
    if webhook_url is not None:
        endpoints.require_permitted_name(webhook_url, settings)
    with store.write() as session:
        require_free_name(session, name)
        session.add(Site(id=site_id, name=name, created_at=moment, policy_version=1))
        session.flush()
        session.add(
            PolicyVersion(
                site_id=site_id,
                version=1,
                document=policies.DEFAULT,
                created_at=moment,
                created_by=actor,
            )
        )
        api_key = _add_key(session, site_id)
        compat_key = _add_compat_key(session, settings, site_id)
        audit.record(session, [audit.row("site.created", actor=actor, site_id=site_id)])
        secret = None
        if webhook_url is not None:
            secret = endpoints.add(session, settings, site_id, webhook_url, actor=actor)[1]
    return CreatedSite(site_id, api_key, compat_key, secret)


def rotate_key(
    store: Store,
    settings: Settings,
    site_id: str,
    which: Literal["both", "api", "compat"] = "both",
    *,
    actor: str = actors.OPERATOR,
) -> NewKeys:
    """Give a site new keys. The last ones stay valid until the next rotation; older ones are revoked.

    Raises:
        NotFound: there is no such site.
        SealError: there is no secret key to encrypt the compat key under.
    """
    with store.write() as session:
        find(session, site_id)
        new_keys = NewKeys(
            _add_key(session, site_id) if which != "compat" else None,
            _add_compat_key(session, settings, site_id) if which != "api" else None,
        )
        session.flush()
        _revoke_old(session, ApiKey, ApiKey.site_id == site_id)
        _revoke_old(session, CompatKey, CompatKey.site_id == site_id, CompatKey.purpose == SERVER)
        audit.record(session, [audit.row("site.key_rotated", actor=actor, site_id=site_id, detail={"which": which})])
    return new_keys


def add_browser_key(
    store: Store, settings: Settings, site_id: str, origins: Iterable[str] = (), *, actor: str = actors.OPERATOR
) -> str:
    """A new key for a site's pages, which may score and do nothing else. The key before stays valid, older ones do not.

    `origins` are the pages that may use it, such as `https://blog.example`; none: any page.

    Raises:
        NotFound: there is no such site.
        ValueError: a text is not an origin, or there are too many; the message says so.
        SealError: there is no secret key to encrypt it under.
    """
    pages = sorted({_origin(origin) for origin in origins})
    if len(pages) > MOST_ORIGINS:
        raise ValueError(f"{len(pages)} origins are too many: a key can be bound to {MOST_ORIGINS}.")
    with store.write() as session:
        find(session, site_id)
        key = _add_compat_key(session, settings, site_id, purpose=BROWSER, origins=pages or None)
        session.flush()
        _revoke_old(session, CompatKey, CompatKey.site_id == site_id, CompatKey.purpose == BROWSER)
        audit.record(session, [audit.row("site.key_rotated", actor=actor, site_id=site_id, detail={"which": BROWSER})])
    return key


def _origin(text: str) -> str:
    """An origin as browsers send it: no path, no default port, the host in ASCII and small letters."""
    try:
        parts = urlsplit(text.strip())
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    unwanted = parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in {"http", "https"} or not host or unwanted:
        raise ValueError(
            f"{text.strip()[:100]!r} is no origin: give the address of a page's host, such as https://blog.example."
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in {None, _DEFAULT_PORTS[parts.scheme]} else "")


def rename(session: Session, site_id: str, name: str, *, actor: str) -> None:
    """Change a site's name, in the caller's transaction. Its id stays, because programs may know it.

    Raises:
        NotFound: there is no such site.
        ValueError: this cannot be a name; the message says why.
    """
    site = find(session, site_id)
    require_name(name)
    require_free_name(session, name, but=site_id)
    if name != site.name:
        site.name = name
        audit.record(session, [audit.row("site.renamed", actor=actor, site_id=site_id)])


def is_unused(session: Session, site_id: str) -> bool:
    """Whether no comment and no example ever came to a site, so that nothing is lost with it."""
    # In the order of an index: without one, the database may look through all comments for those of a small site.
    comments = select(Comment.id).where(Comment.site_id == site_id).order_by(Comment.updated_at)
    examples = select(Feedback.id).where(Feedback.site_id == site_id).order_by(Feedback.id)
    return not any(session.scalar(query.limit(1)) is not None for query in (comments, examples))


def delete_unused(session: Session, site_id: str, *, actor: str) -> None:
    """Delete a site that was never used, with its keys, policy and webhooks, in the caller's transaction.

    Raises:
        NotFound: there is no such site.
        InUse: something came to it, which would be lost.
    """
    site = find(session, site_id, lock=True)
    if not is_unused(session, site_id):
        raise InUse("Comments came to this site, so it stays. Revoke its keys to have nothing more come to it.")
    detail = {"site": site_id, "name": site.name}
    session.execute(delete(Site).where(Site.id == site_id))
    audit.record(session, [audit.row("site.deleted", actor=actor, detail=detail)])


def require_name(name: str) -> None:
    """Raises ValueError, with a sentence, for what cannot be a site's name."""
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise ValueError("A site's name has 1 to 200 characters that can be seen.")


def require_free_name(session: Session, name: str, *, but: str | None = None) -> None:
    """Raises ValueError, with a sentence, where another site than `but` has the name. It stays free for the caller."""
    take_turn(session, "sites' names")
    others = select(Site.id).where(func.lower(func.trim(Site.name)) == name.strip().lower())
    if session.scalar(others.where(Site.id != (but or "")).limit(1)) is not None:
        raise ValueError(f"There is a site {name.strip()} already. Choose another name.")


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """The site that an API key belongs to."""

    site_id: str
    is_archived: bool = False


def authenticate(session: Session, api_key: str) -> ApiCaller | None:
    """The site whose valid key this is, else None. The digest is compared in constant time."""
    if not (api_key.isascii() and api_key.isprintable()):  # a database may refuse to look for such a text
        return None
    stored = session.execute(
        select(ApiKey.site_id, ApiKey.digest, Site.archived_at)
        .join(Site, Site.id == ApiKey.site_id)
        .where(ApiKey.prefix == sealing.public_prefix(api_key), ApiKey.revoked_at.is_(None))
    ).one_or_none()
    if stored is None or not sealing.matches(api_key, stored.digest):
        return None
    return ApiCaller(stored.site_id, stored.archived_at is not None)


@dataclass(frozen=True, slots=True)
class CompatCaller:
    """The site that a compat key belongs to, and what the key may do."""

    site_id: str
    #: A key of pages that anybody may read: it may score and do nothing else.
    from_browser: bool
    #: The pages that may use the key; none: any.
    origins: frozenset[str]
    is_archived: bool = False


def authenticate_compat(session: Session, compat_key: str) -> CompatCaller | None:
    """The caller with this compat key, in any case of its letters; None where the key is not valid.

    Only its digest is compared, by the database.
    """
    if len(compat_key) != COMPAT_KEY_LENGTH or not compat_key.isascii():
        return None
    digest = sealing.digest(compat_key.lower())
    query = select(CompatKey, Site.archived_at).join(Site, Site.id == CompatKey.site_id)
    row = session.execute(query.where(CompatKey.digest == digest, CompatKey.revoked_at.is_(None))).one_or_none()
    if row is None:
        return None
    key, archived_at = row
    return CompatCaller(key.site_id, key.purpose == BROWSER, frozenset(key.origins or ()), archived_at is not None)


def set_secret(session: Session, settings: Settings, site_id: str, kind: str, secret: str) -> None:
    """Store, encrypted, a secret that another program shares with a site. It replaces the one before.

    Raises:
        SealError: there is no secret key to encrypt it under.
    """
    session.execute(delete(SiteSecret).where(SiteSecret.site_id == site_id, SiteSecret.kind == kind))
    session.add(SiteSecret(site_id=site_id, kind=kind, sealed=sealing.seal(settings, secret), created_at=clock.now()))
    audit.record(session, [audit.row(f"site.{kind}_secret_set", actor=actors.OPERATOR, site_id=site_id)])


def find_secret(session: Session, settings: Settings, site_id: str, kind: str) -> str | None:
    """The secret that `set_secret` stored; None where there is none.

    Raises:
        SealError: it was encrypted under a secret key that is gone.
    """
    row = session.get(SiteSecret, (site_id, kind))
    return None if row is None else sealing.unseal(settings, row.sealed)


def find(session: Session, site_id: str, *, lock: bool = False) -> Site:
    """The site with this id.

    Raises:
        NotFound: there is no such site.
    """
    return found(session.get(Site, site_id, with_for_update=True if lock else None), f"site {site_id}")


def by_name(session: Session, name: str) -> Site:
    """The site with this name or id.

    Raises:
        NotFound: no site has it, or more than one has.
    """
    sites = session.scalars(select(Site).where((Site.name == name) | (Site.id == name)).limit(2)).all()
    if not sites:
        raise NotFound(f"There is no site named {name!r}. `winnow site list` shows them.")
    if len(sites) > 1:
        raise NotFound(f"Several sites are named {name!r}: give the id, which `winnow site list` shows.")
    return sites[0]


def _add_key(session: Session, site_id: str) -> str:
    api_key, prefix, digest = sealing.new_token("wk")
    session.add(ApiKey(prefix=prefix, site_id=site_id, digest=digest, created_at=clock.now()))
    return api_key


def _revoke_old(session: Session, table: type[ApiKey] | type[CompatKey], *of_kind: ColumnElement[bool]) -> None:
    valid = select(table).where(table.revoked_at.is_(None), *of_kind)
    keys: Iterable[ApiKey | CompatKey] = session.scalars(valid.order_by(table.created_at.desc()).offset(VALID_KEYS))
    for key in keys:
        key.revoked_at = clock.now()


def _add_compat_key(
    session: Session, settings: Settings, site_id: str, *, purpose: str = SERVER, origins: list[str] | None = None
) -> str:
    key = "".join(secrets.choice(_COMPAT_LETTERS) for _ in range(COMPAT_KEY_LENGTH))
    session.add(
        CompatKey(
            digest=sealing.digest(key),
            site_id=site_id,
            sealed=sealing.seal(settings, key),
            created_at=clock.now(),
            purpose=purpose,
            origins=origins,
        )
    )
    return key
