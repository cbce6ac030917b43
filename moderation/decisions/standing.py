"""Changes of an author's standing: by what people decide, by a list, by time; each told to the site. And warnings.

`policy/standings.py` reads the standing for the policy's rules.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from moderation import actors, audit, authors, clock, news
from moderation.identities import keyring
from moderation.news import News
from moderation.policy import policies, policy_lists, standings
from moderation.policy.rules import strike_days
from moderation.policy.standings import Name
from moderation.policy.terms import Policy, Standing
from moderation.store import Store, insert_missing
from moderation.tables import AuthorStanding, AuthorWarning, Comment, PolicyVersion, ReviewItem
from moderation.webhooks import catalogue, events, withdrawal
from moderation.webhooks.catalogue import Event
from texts import wording

#: The longest warning, in characters.
LONGEST_WARNING = 1000
#: Warnings of an author that a page shows, and rows that the clock looks at in one transaction.
SHOWN, _AT_ONCE = 20, 200
#: Comments of an author that open consoles are told to show anew.
_ON_CONSOLES = 50
#: List -> the standing that an entry gives.
LISTED = {"blocked_authors": "blocked", "suspended_authors": "suspended", "trusted_authors": "trusted"}
ORDINARY = "ordinary"
_BECAUSE = {
    "held": "People at the site rejected several of the author's comments lately.",
    "trusted": "People at the site approved the author's comments.",
    None: "Neither approvals nor rejections by people speak for another standing any more.",
}


def weigh(session: Session, comment: Comment) -> None:
    """After a person's decision, count anew what people decided on the comment's author, in the caller's transaction.

    On a site whose policy does not ask for standings, only authors who were counted before are counted. The site is
    told if the author's standing changes.
    """
    if comment.author_key is None:
        return
    policy = _policy(session, comment.site_id)
    if not standings.asks(policy) and _existing(session, comment.site_id, comment.author_key) is None:
        return
    session.flush()
    identity = standings.identity_of(comment)
    counted = standings.count(session, comment.site_id, comment.author_key, identity)
    row = _row(session, comment.site_id, comment.author_key)
    row.identity, row.approvals, row.strikes = identity, counted.approvals, counted.strikes
    row.comment_id = comment.id
    _settle(session, row, policy)


def lapse(store: Store) -> News:
    """Tell sites of authors who are no longer held, because rejections have expired. Returns the news."""
    due = select(AuthorStanding).where(AuthorStanding.lapses_at <= clock.now())
    with store.read() as session:
        if session.scalar(due.limit(1)) is None:
            return News()
    with store.write() as session:
        ordered = due.order_by(AuthorStanding.lapses_at).limit(_AT_ONCE).with_for_update()
        for row in session.scalars(ordered).all():
            _settle(session, row, _policy(session, row.site_id))
        return news.of(session)


def take_out_ended(store: Store) -> int:
    """Take ended entries out of the policies' lists, and tell sites whose authors they were about."""
    return policy_lists.take_out_ended(store, _tell_of_ended)


def list_author(
    session: Session, comment: Comment, name: str, entry: str, *, until: datetime | None, actor: str
) -> PolicyVersion:
    """`policy_lists.add` for a comment's author or address. If a list of authors changes, the site is told.

    Raises:
        NotFound, ListError, PatternError: as for `policy_lists.add`.
    """
    version = policies.current(session, comment.site_id).version
    row = policy_lists.add(session, comment.site_id, name, entry, until=until, actor=actor)
    session.flush()
    if row.version != version:
        _tell_of_entry(session, comment.site_id, name, comment, until=until, by=actor)
    return row


def unlist_author(
    session: Session, comment: Comment, name: str, entry: str, *, for_ever_too: bool, actor: str
) -> PolicyVersion | None:
    """`policy_lists.remove` for a comment's author or address. If a list of authors changes, the site is told.

    Raises:
        NotFound, ListError: as for `policy_lists.remove`.
    """
    row = policy_lists.remove(session, comment.site_id, name, entry, for_ever_too=for_ever_too, actor=actor)
    if row is not None:
        session.flush()
        _tell_of_entry(session, comment.site_id, name, comment, by=actor, added=False)
    return row


def list_again(
    session: Session, comment: Comment, name: str, entry: str, *, version: int, actor: str
) -> PolicyVersion | None:
    """Undo this person's `unlist_author`, which made this version of the policy; None where it is not the latest.

    The entry ends when it would have ended.

    Raises:
        NotFound, ListError, PatternError: as for `policy_lists.add`.
    """
    now = policies.current(session, comment.site_id)
    earlier = session.get(PolicyVersion, (comment.site_id, version - 1))
    if now.version != version or now.created_by != actor or earlier is None or entry not in earlier.document[name]:
        return None
    end = earlier.document.get("expires", {}).get(name, {}).get(entry)
    until = datetime.fromisoformat(end) if end else None
    if until is not None and until <= clock.now():
        return None
    return list_author(session, comment, name, entry, until=until, actor=actor)


def block(session: Session, site_id: str, author_key: str, entry: str, *, until: datetime | None, actor: str) -> None:
    """Block an author by the key that their comments have, in the caller's transaction; the site is told.

    Raises:
        ListError, PatternError: the author cannot be blocked.
    """
    version = policies.current(session, site_id).version
    row = policy_lists.add(session, site_id, "blocked_authors", entry, until=until, actor=actor)
    if row.version != version:
        comment = _latest_of(session, site_id, author_key)
        _tell_of_entry(session, site_id, "blocked_authors", comment, by=actor, until=until)


def unblock(session: Session, site_id: str, author_key: str, entry: str, *, until: datetime | None, actor: str) -> None:
    """Take a `block` back, in the caller's transaction, unless somebody has changed it meanwhile; the site is told."""
    if policy_lists.take_back(session, site_id, "blocked_authors", entry, until=until, actor=actor) is not None:
        comment = _latest_of(session, site_id, author_key)
        _tell_of_entry(session, site_id, "blocked_authors", comment, by=actor, added=False)


def _latest_comment(session: Session, site_id: str, entry: str) -> Comment | None:
    """The latest comment of the author whom an entry of a list means."""
    for key in authors.keys_meant(authors.without_kind(entry)):
        latest = _latest_of(session, site_id, key)
        if latest is not None:
            return latest
    return None


def _latest_of(session: Session, site_id: str, author_key: str) -> Comment | None:
    query = select(Comment).where(Comment.site_id == site_id, Comment.author_key == author_key)
    return session.scalar(query.order_by(Comment.id.desc()).limit(1))


def warn(session: Session, comment: Comment, message: str, *, actor: str, grace: timedelta) -> AuthorWarning:
    """Keep a warning to the comment's author and tell the site when the `grace` is over, in the caller's transaction.

    Raises:
        ValueError: the message is empty or too long, or nobody can be told from others.
    """
    if comment.author_key is None:
        raise ValueError("Nobody is named here: the comment has no author to warn.")
    if not message.strip():
        raise ValueError("Write what the author should know.")
    if len(message) > LONGEST_WARNING:
        raise ValueError(f"The message has {len(message):,} characters; at most {LONGEST_WARNING:,} fit.")
    moment = clock.now()
    warning = AuthorWarning(
        id=clock.new_id("aw", moment),
        site_id=comment.site_id,
        author_key=comment.author_key,
        comment_id=comment.id,
        message=message.strip(),
        created_by=actor,
        created_at=moment,
    )
    session.add(warning)
    session.flush()
    audit.record(session, [audit.row_about(comment, "author.warned", actor, warning=warning.id)])
    data = _subject(comment) | {"warning": warning.id, "message": warning.message}
    told = Event(catalogue.AUTHOR_WARNED, comment.site_id, comment.id, at=moment, data=data, grace=grace)
    events.notify(session, [told])
    _show(session, comment)
    return warning


def take_back_warning(session: Session, comment: Comment, warning_id: str, *, actor: str) -> bool:
    """Take a warning back, in the caller's transaction; False where the site may have heard of it, or it is gone."""
    query = select(AuthorWarning).where(AuthorWarning.id == warning_id, AuthorWarning.comment_id == comment.id)
    warning = session.scalar(query.with_for_update())
    if warning is None or warning.created_by != actor:
        return False
    if not withdrawal.take_back_warning(session, comment.id, warning_id):
        return False
    session.delete(warning)
    audit.record(session, [audit.row_about(comment, "author.warning_taken_back", actor, warning=warning_id)])
    _show(session, comment)
    return True


def warnings(session: Session, comments: Sequence[Comment]) -> dict[str, list[AuthorWarning]]:
    """Comment id -> the warnings that its author has had on the site, the latest first, up to `SHOWN` a comment."""
    keys = {comment.author_key for comment in comments if comment.author_key is not None}
    if not keys:
        return {}
    query = select(AuthorWarning).where(
        AuthorWarning.site_id.in_({comment.site_id for comment in comments}), AuthorWarning.author_key.in_(keys)
    )
    by_author: dict[tuple[str, str | None], list[AuthorWarning]] = {}
    for warning in session.scalars(query.order_by(AuthorWarning.id.desc()).limit(SHOWN * len(comments))):
        by_author.setdefault((warning.site_id, warning.author_key), []).append(warning)
    by_comment = {comment.id: by_author.get((comment.site_id, comment.author_key), []) for comment in comments}
    return {comment_id: warned[:SHOWN] for comment_id, warned in by_comment.items() if warned}


def of_authors(session: Session, comments: Sequence[Comment], documents: Mapping[str, Any]) -> dict[str, list[str]]:
    """Comment id -> sentences on the author's standing by rule, where it differs; `documents` are policies by site."""
    numbers = {site_id: _numbers(document) for site_id, document in documents.items()}
    by_comment = standings.read(session, comments, numbers)
    sentences: dict[str, list[str]] = {}
    for comment in comments:
        standing, policy = by_comment.get(comment.id), numbers[comment.site_id]
        name = standings.named(standing, policy) if standing is not None else None
        if standing is not None and name is not None:
            sentences[comment.id] = [name, _sentence(standing, policy, name)]
    return sentences


def _sentence(standing: Standing, policy: Policy, name: Name) -> str:
    if name == "trusted":
        approved = wording.counted(standing.approvals, "{} comment", "{} comments")
        return f"Trusted: people approved {approved} of this author and rejected none since."
    rejected = wording.counted(standing.strikes, "{} comment", "{} comments")
    days = wording.counted(strike_days(policy), "day", "{} days")
    return f"Held: people rejected {rejected} of this author within the last {days}."


def forget(session: Session, comment: Comment, *, author_too: bool) -> None:
    """Before a comment is erased: erase warnings about it; with `author_too` its author's standing."""
    session.execute(delete(AuthorWarning).where(AuthorWarning.comment_id == comment.id))
    if author_too:
        session.execute(
            delete(AuthorStanding)
            .where(AuthorStanding.site_id == comment.site_id, AuthorStanding.author_key == comment.author_key)
            .execution_options(synchronize_session=False)
        )


def _settle(session: Session, row: AuthorStanding, policy: Policy) -> None:
    """Tell the site if the row gives another standing than the site was told of; note when that ends by itself."""
    moment = clock.now()
    unexpired = standings.unexpired(row.strikes, policy, moment)
    now = standings.named(Standing(row.approvals if row.identity else 0, len(unexpired)), policy)
    row.lapses_at = _lapses_at(unexpired, policy) if now == "held" else None
    if now == row.told:
        return
    was, row.told = row.told, now
    session.flush()
    comment = session.get(Comment, row.comment_id) if row.comment_id else None
    change = _Change(now or ORDINARY, was or ORDINARY, _BECAUSE[now], by=actors.POLICY, until=row.lapses_at)
    _tell(session, row.site_id, comment, change)


def _lapses_at(unexpired: list[int], policy: Policy) -> datetime | None:
    if policy.hold_after is None:
        return None
    seconds = unexpired[len(unexpired) - policy.hold_after] + 86_400 * strike_days(policy)
    return datetime.fromtimestamp(seconds, tz=clock.now().tzinfo)


class _Change(NamedTuple):
    """What an author's standing has become; `was` is None where that is not known."""

    standing: str
    was: str | None
    because: str
    by: str
    until: datetime | None = None


def _tell(session: Session, site_id: str, comment: Comment | None, change: _Change) -> None:
    """Put it into the audit and tell the site and open consoles, in the caller's transaction."""
    detail: dict[str, Any] = {"standing": change.standing} | ({"was": {"status": change.was}} if change.was else {})
    row = audit.row("author.standing_changed", actor=change.by, site_id=site_id, detail=detail)
    audit.record(session, [row | ({"comment_id": comment.id} if comment is not None else {})])
    if comment is not None:
        _show(session, comment)
    data = _subject(comment) | {
        "standing": change.standing,
        "until": change.until.isoformat() if change.until else None,
        "because": change.because,
        "decided_by": actors.kind(change.by),
    }
    told = Event(catalogue.AUTHOR_STANDING_CHANGED, site_id, comment.id if comment else None, at=clock.now(), data=data)
    events.notify(session, [told])


def _show(session: Session, comment: Comment) -> None:
    """Note for open consoles that what they show of the comment's author has changed."""
    waiting = select(ReviewItem.comment_id).where(
        ReviewItem.site_id == comment.site_id, ReviewItem.author_key == comment.author_key, ReviewItem.is_open
    )
    news.of(session).happened("author", comment.site_id, [*session.scalars(waiting.limit(_ON_CONSOLES)), comment.id])


def _subject(comment: Comment | None) -> dict[str, Any]:
    """The comment by which a site knows whom a message is about: messages never hold an author's details."""
    if comment is None:
        return {"id": None, "external_id": None, "thread": None}
    return {"id": comment.id, "external_id": comment.external_id, "thread": comment.thread}


def _tell_of_entry(
    session: Session,
    site_id: str,
    name: str,
    comment: Comment | None,
    *,
    by: str,
    added: bool = True,
    until: datetime | None = None,
) -> None:
    """Tell the site that a list has gained or lost an author, in the caller's transaction."""
    standing = LISTED.get(name)
    if standing is None:
        return
    because = "It has ended." if by == actors.POLICY else "Somebody at the site decided it."
    now, was = (standing, None) if added else (ORDINARY, standing)
    _tell(session, site_id, comment, _Change(now, was, because, by=by, until=until))


def _tell_of_ended(session: Session, site_id: str, ended: Mapping[str, Collection[str]]) -> None:
    for name in LISTED.keys() & ended.keys():
        for entry in sorted(ended[name]):
            comment = _latest_comment(session, site_id, entry)
            _tell_of_entry(session, site_id, name, comment, by=actors.POLICY, added=False)


def _policy(session: Session, site_id: str) -> Policy:
    """The numbers of the site's policy, without its lists."""
    return _numbers(policies.current(session, site_id).document)


def _numbers(document: Mapping[str, Any]) -> Policy:
    whole = policies.DEFAULT | dict(document)
    return Policy(**{name: whole[name] for name in ("trust_after", "hold_after", "strike_days")})


def _row(session: Session, site_id: str, author_key: str) -> AuthorStanding:
    """The author's row, locked; made where there is none yet."""
    # While keys change, the row may be there with the key in another form, with which an insert would not collide.
    if not keyring.current().is_mixed or _existing(session, site_id, author_key) is None:
        empty = {"site_id": site_id, "author_key": author_key, "approvals": 0, "strikes": []}
        insert_missing(session, AuthorStanding, [empty])
    return session.scalars(_query(site_id, author_key).with_for_update()).first() or _row(session, site_id, author_key)


def _existing(session: Session, site_id: str, author_key: str) -> AuthorStanding | None:
    return session.scalars(_query(site_id, author_key)).first()


def _query(site_id: str, author_key: str) -> Select[AuthorStanding]:
    return select(AuthorStanding).where(AuthorStanding.site_id == site_id, AuthorStanding.author_key == author_key)
