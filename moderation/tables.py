"""The database's tables, as classes. `migrations/` creates them.

They are one module, though a long one, because they are one schema: the tables name each other in foreign keys, an
index stands beside its columns, and whoever asks what Winnow stores of people finds all of it here. The order
is that of a comment's way: sites and their policies, comments, what waits for a person, what was decided, what the site
is told, and people.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, configure_mappers, mapped_column
from sqlalchemy.types import TypeDecorator

from moderation import actors, authors
from moderation.identities.columns import Sealed, SealedDocument
from texts.folding import fold


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite stores it as text of a fixed width, so that the order of texts is the order of time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def compared(text: str) -> str:
    """A text as what names people is compared: whatever its case and spaces, and its kind in front."""
    return fold(authors.without_kind(text))


#: A document whose texts may hold e-mail or IP addresses.
PersonalDocument = SealedDocument(compared)


def _author(*, is_identity: bool = False) -> Sealed:
    """An author's key, which may be an e-mail address."""
    return Sealed("author", 400, is_key=True, is_identity=is_identity)


def _reader(*, is_identity: bool = False) -> Sealed:
    """The site's own id for a reader, which may be an e-mail address."""
    return Sealed("reader", 200, always=False, is_key=True, is_identity=is_identity, compared=compared)


class Table(DeclarativeBase):
    """The base of every table."""

    type_annotation_map = {datetime: Moment(), dict[str, Any]: Document, list[dict[str, Any]]: Document}  # noqa: RUF012
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


class Site(Table):
    """A tenant, with keys and a policy of its own."""

    __tablename__ = "sites"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    #: The version of `policies` in force.
    policy_version: Mapped[int] = mapped_column(Integer)
    #: How its moderators work; see `site_settings.py`. A missing setting has its default.
    settings: Mapped[dict[str, Any]] = mapped_column(Document, default=dict, server_default=text("'{}'"))
    #: The key of the draw of second looks, so that nobody outside can tell which comments are drawn.
    draw_key: Mapped[str | None] = mapped_column(String(32), default=lambda: secrets.token_hex(16))
    #: When it was archived; None: it is in use. See `sites/archive.py`.
    archived_at: Mapped[datetime | None]

    __table_args__ = (_partial("ix_sites_archived", "id", where="archived_at IS NOT NULL"),)


class ApiKey(Table):
    """An API key of a site: its public prefix, and the digest of the whole key."""

    __tablename__ = "api_keys"
    prefix: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class CompatKey(Table):
    """A site's key for the drop-in protocols: found by its digest, and stored encrypted for Akismet's callback."""

    __tablename__ = "compat_keys"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    #: `server`, or `browser`: a browser key may score and do nothing else.
    purpose: Mapped[str] = mapped_column(String(10), default="server", server_default="server")
    #: The pages that may use a browser key, such as `https://blog.example`; none: any.
    origins: Mapped[list[str] | None] = mapped_column(Document)


class SiteSecret(Table):
    """A secret that another program shares with a site, such as Coral's signing secret. Encrypted; one of each kind."""

    __tablename__ = "site_secrets"
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    #: `coral`.
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class PolicyVersion(Table):
    """Every policy that a site has had. Rows are never changed, but for `policy_lists.forget`."""

    __tablename__ = "policies"
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(PersonalDocument)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))


class PolicyTest(Table):
    """An example of a site, with what its policy is to make of it."""

    __tablename__ = "policy_tests"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    #: Equal for texts that say the same, as in `feedback`.
    text_hash: Mapped[str] = mapped_column(String(32))
    #: The author's name; empty where it does not matter.
    name: Mapped[str] = mapped_column(String(200))
    #: `publish`, `flag` or `reject`.
    expected: Mapped[str] = mapped_column(String(10))
    #: The comment that it was taken from, with which it is erased.
    comment_id: Mapped[str | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]

    __table_args__ = (Index("uq_policy_tests_example", "site_id", "text_hash", "name", unique=True),)


class SharedList(Table):
    """A list of the team's, such as of words or domains, to which sites subscribe in their policies."""

    __tablename__ = "lists"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    #: One of `list_kinds.KINDS`.
    kind: Mapped[str] = mapped_column(String(20))
    #: Counts changes of its entries, so that what is prepared of them is known to be old.
    version: Mapped[int] = mapped_column(Integer)
    #: The last number that an entry was given. Numbers are not used again.
    last_number: Mapped[int] = mapped_column(Integer)
    #: How many entries count.
    size: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime]
    #: The numbers of entries that do not count (`hidden_entries`).
    hidden: Mapped[list[Any] | None] = mapped_column(Document)
    #: When it was deleted; its entries are being deleted.
    deleted_at: Mapped[datetime | None]


class SharedListEntry(Table):
    """An entry of a shared list: who added it, when, and until when it counts."""

    __tablename__ = "list_entries"
    list_id: Mapped[str] = mapped_column(ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True)
    #: By which reasons name it.
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    entry: Mapped[str] = mapped_column(Sealed("entry", 200, is_wide=True, always=False, is_key=True, compared=compared))
    #: Equal for entries that mean the same (`list_kinds.ListKind.key`).
    key: Mapped[str] = mapped_column(Sealed("entry key", 32, is_wide=True, is_key=True))
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(80))
    #: When it is taken out; None: never.
    until: Mapped[datetime | None]

    __table_args__ = (
        Index("uq_list_entries_key", "list_id", "key", unique=True),
        _partial("ix_list_entries_until", "until", where="until IS NOT NULL"),
    )


#: The comments whose decision in force is a person's.
DECIDED_BY_PEOPLE = f"decided_by LIKE '{actors.PEOPLE}'"
#: The comments of authors whose key is no name, so that their name is in no other index. A longer one fits into none.
NAMED_BESIDE_THE_KEY = "author_key NOT LIKE 'name:%' AND length(name) <= 200"
#: The audit events of what people did in the console.
DONE_BY_PEOPLE = f"actor LIKE '{actors.PEOPLE}'"


#: What may have become of a comment: `erased` once it was deleted.
STATUSES = ("pending", "published", "flagged", "rejected", "erased")


class Comment(Table):
    """A stored comment. While it is `pending`, this row is the work item; Redis is only the faster way to it."""

    __tablename__ = "comments"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    external_id: Mapped[str | None] = mapped_column(String(200))
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    #: Tells a replay of a submission from another one under the same key.
    request_hash: Mapped[str | None] = mapped_column(Sealed("request", 32, is_wide=True, is_key=True))

    name: Mapped[str] = mapped_column(Text)
    comment: Mapped[str] = mapped_column(Text)
    thread: Mapped[str | None] = mapped_column(String(500))
    parent_id: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(Sealed("email", 320, is_wide=True, compared=compared))
    url: Mapped[str | None] = mapped_column(String(2000))
    ip: Mapped[str | None] = mapped_column(Sealed("ip", 45))
    user_agent: Mapped[str | None] = mapped_column(String(1000))
    user_id: Mapped[str | None] = mapped_column(Sealed("user", 200, is_wide=True, always=False))
    language: Mapped[str | None] = mapped_column(String(35))
    #: When it was written, if the site says so; else when it was accepted.
    created_at: Mapped[datetime]
    #: The author's key (`authors.key_of`); None for an author who cannot be told from others.
    author_key: Mapped[str | None] = mapped_column(_author())
    #: Equal for comments that look alike to a reader (`submissions.reading_hash`).
    content_hash: Mapped[str | None] = mapped_column(String(32))

    accepted_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    #: One of `STATUSES`.
    status: Mapped[str] = mapped_column(String(10))
    #: Counts edits of the text, so that only the revision that was scored is decided.
    revision: Mapped[int] = mapped_column(Integer)
    #: Counts every change, so that a moderator decides only on the version that they saw.
    version: Mapped[int] = mapped_column(Integer)
    scores: Mapped[dict[str, Any] | None]
    #: Of a comment that quotes others: what its author's own words score, where that is lower. See `Facts.own_scores`.
    own_scores: Mapped[dict[str, Any] | None]
    reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(PersonalDocument)
    #: Offsets of the words that moved a score, never the words: `{label: [[start, end, weight], …]}`.
    spans: Mapped[dict[str, Any] | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    model_version: Mapped[str | None] = mapped_column(String(40))
    policy_version: Mapped[int | None] = mapped_column(Integer)
    #: For a comment from a drop-in protocol, what it takes to tell its sender the decision: `{"protocol": "akismet",
    #: …}`. Under `signals`, what the classifier may know beside the text; under `place`, where its page is.
    origin: Mapped[dict[str, Any] | None] = mapped_column(PersonalDocument)
    #: The request that it came with, or that edited it: see `tracing.Cause`.
    request_id: Mapped[str | None] = mapped_column(String(64))
    traceparent: Mapped[str | None] = mapped_column(String(55))
    #: Comments that say nearly the same have this in common. None while there is only one; see `lookalikes.py`.
    group_id: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (
        _partial("uq_comments_external", "site_id", "external_id", where="external_id IS NOT NULL", unique=True),
        _partial(
            "uq_comments_idempotency",
            "site_id",
            "idempotency_key",
            where="idempotency_key IS NOT NULL",
            unique=True,
        ),
        _partial("ix_comments_pending", "accepted_at", "id", where="status = 'pending'"),
        Index("ix_comments_updated", "site_id", "updated_at", "id"),
        Index("ix_comments_status", "site_id", "status", "id"),
        Index("ix_comments_thread", "site_id", "thread", "created_at", "id"),
        Index("ix_comments_author", "site_id", "author_key", "id"),
        Index("ix_comments_content", "site_id", "content_hash", "created_at", "id"),
        _partial("ix_comments_ip", "site_id", "ip", "id", where="ip IS NOT NULL"),
        _partial("ix_comments_by_people", "site_id", "id", where=DECIDED_BY_PEOPLE),
        _partial("ix_comments_group", "group_id", "site_id", "status", "id", where="group_id IS NOT NULL"),
        _partial("ix_comments_decided", "decided_by", "decided_at", "id", where=DECIDED_BY_PEOPLE),
        Index("ix_comments_written", "site_id", "created_at", "id"),
        _partial("ix_comments_name", "site_id", "name", "id", where=NAMED_BESIDE_THE_KEY),
    )


#: A condition in SQL: second looks that are closed.
SECOND_LOOKS = "kind = 'second_look' AND closed_at IS NOT NULL"


class ReviewItem(Table):
    """Why a comment waits for a person. The open ones are the review queue.

    The values of the queue's filters are copied from the comment, so that an index has each in the queue's order.
    """

    __tablename__ = "review_items"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    #: `flag`, `report`, `second_look` or `appeal`.
    kind: Mapped[str] = mapped_column(String(12))
    #: From 0 (look now) to 1000 (can wait).
    priority: Mapped[int] = mapped_column(Integer)
    opened_at: Mapped[datetime]
    #: When somebody should have looked, in milliseconds since 1970: the queue's order. `groups.BEHIND` is added while
    #: another item of its group stands for it.
    due: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    #: What spoke most against the comment: a label of the classifier, and a rule of the policy.
    label: Mapped[str | None] = mapped_column(String(20))
    rule: Mapped[str | None] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(35))
    author_key: Mapped[str | None] = mapped_column(_author())
    thread: Mapped[str | None] = mapped_column(String(500))
    #: Comments that say nearly the same have this in common.
    group_id: Mapped[str | None] = mapped_column(String(40))
    #: The person who may not take it (`user:<id>`): a second look and an appeal need somebody else.
    not_for: Mapped[str | None] = mapped_column(String(80))
    #: The decision that a second look or an appeal is about: `{"version", "status", "actor", "labels"}`.
    about: Mapped[dict[str, Any] | None]
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    claimed_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(80))
    #: What closed it: `publish`, `reject`, `edit`, `erase`, `report`, or the `undo` of the decision that it was about;
    #: `put_off` while it is out of the queue until some time (`Case`).
    outcome: Mapped[str | None] = mapped_column(String(12))
    #: The version of the comment that closed it, so that an undo can open it again.
    closed_version: Mapped[int | None] = mapped_column(Integer)

    @hybrid_property
    def is_open(self) -> bool:
        """Whether somebody still has to look. In a query: the condition for it, which partial indexes have too."""
        return self.closed_at is None

    @is_open.inplace.expression
    @classmethod
    def _is_open(cls) -> ColumnElement[bool]:
        return cls.closed_at.is_(None)

    __table_args__ = (
        _partial("uq_review_items_open", "comment_id", "kind", where="closed_at IS NULL", unique=True),
        _partial("ix_review_items_all", "due", "id", where="closed_at IS NULL"),
        _partial("ix_review_items_site", "site_id", "due", "id", where="closed_at IS NULL"),
        _partial("ix_review_items_opened", "site_id", "opened_at", "id", where="closed_at IS NULL"),
        *(
            _partial(f"ix_review_items_{name}", "site_id", column, "due", "id", where="closed_at IS NULL")
            for name, column in (
                ("label", "label"),
                ("rule", "rule"),
                ("kind", "kind"),
                ("language", "language"),
                ("author", "author_key"),
                ("thread", "thread"),
            )
        ),
        *(
            _partial(f"ix_review_items_{name}", *columns, where="closed_at IS NULL AND group_id IS NOT NULL")
            for name, columns in (
                ("group", ("group_id", "site_id", "due", "id")),
                ("members", ("group_id", "comment_id")),
            )
        ),
        _partial("ix_review_items_withheld", "not_for", "site_id", where="closed_at IS NULL AND not_for IS NOT NULL"),
        _partial("ix_review_items_second", "site_id", "closed_at", where=SECOND_LOOKS),
        Index("ix_review_items_comment", "comment_id"),
    )


class Article(Table):
    """A page that comments stand on, whose title is read from the page itself: once, by `worker/titles.py`."""

    __tablename__ = "articles"
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    thread: Mapped[str] = mapped_column(String(500), primary_key=True)
    title: Mapped[str | None] = mapped_column(String(300))
    #: How often it was asked for, and when to ask next; None: it is known, or given up.
    tries: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime | None]


class SavedFilter(Table):
    """A view of the review queue that somebody named: one person's, or everybody's."""

    __tablename__ = "saved_filters"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: Whose it is; None: it is shared.
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    #: The site that it is about, if it is about one: only who may see that is shown it.
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Sealed("filter", 60, is_wide=True, always=False, is_key=True))
    #: The parameters of the queue's address.
    query: Mapped[dict[str, Any]] = mapped_column(PersonalDocument)
    created_at: Mapped[datetime]


class Case(Table):
    """A comment that waits and is not everybody's now: whose turn it is, or until when it is put off."""

    __tablename__ = "cases"
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    #: A person (`user:<id>`), or everybody with a role on the site (`role:admin`).
    assigned_to: Mapped[str | None] = mapped_column(String(80))
    put_off_until: Mapped[datetime | None]
    put_off_by: Mapped[str | None] = mapped_column(String(80))

    __table_args__ = (
        Index("ix_cases_assigned", "assigned_to", "comment_id"),
        Index("ix_cases_put_off", "put_off_until", "comment_id"),
    )


class Note(Table):
    """What a moderator wrote for colleagues, about a comment or about an author: one of the two is set."""

    __tablename__ = "notes"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    comment_id: Mapped[str | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    author_key: Mapped[str | None] = mapped_column(_author())
    written_by: Mapped[str] = mapped_column(String(80))
    written_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("ix_notes_comment", "comment_id", "id"),
        Index("ix_notes_author", "site_id", "author_key", "id"),
    )


class Skip(Table):
    """Somebody left a comment to others."""

    __tablename__ = "skips"
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)
    skipped_by: Mapped[str] = mapped_column(String(80), primary_key=True)


class Appeal(Table):
    """What an author says against a decision, once. Its text is erased with the comment."""

    __tablename__ = "appeals"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    #: The version of the comment that the decision made.
    version: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    #: `upheld` (the decision stands) or `reversed`.
    outcome: Mapped[str | None] = mapped_column(String(12))
    #: What the moderator who decided wrote about it, for the author.
    answer: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("uq_appeals_comment", "comment_id", "version", unique=True),)


#: The groups that are large enough for a list of groups.
LISTED_GROUPS = "number >= 3"


class LookalikeBand(Table):
    """Finds a comment's group: a band of a text's fingerprint, and the group that had it first."""

    __tablename__ = "lookalike_bands"
    band: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    group_id: Mapped[str] = mapped_column(String(40))
    seen_at: Mapped[datetime] = mapped_column(index=True)
    #: The sketch of the text that brought the band, by which it is checked; None for one of before migration 0024.
    sketch: Mapped[int | None] = mapped_column(BigInteger)


class LookalikeGroup(Table):
    """How many comments of a site say nearly the same, where it is more than one. Kept for 30 days after the last."""

    __tablename__ = "lookalike_groups"
    group_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    #: How many came, whatever became of them.
    number: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)
    #: Whether they are so short that many people write the same by chance.
    says_little: Mapped[bool]

    __table_args__ = (
        _partial("ix_lookalike_groups_latest", "site_id", "last_at", "group_id", where=LISTED_GROUPS),
        _partial("ix_lookalike_groups_largest", "site_id", "number", "group_id", where=LISTED_GROUPS),
    )


class BulkJob(Table):
    """A decision on many comments, done by a worker step by step; or the undoing of such a job."""

    __tablename__ = "bulk_jobs"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    #: `publish`, `reject` or `undo`.
    action: Mapped[str] = mapped_column(String(12))
    #: The moderator's reason: `{"code", "note"}`.
    reason: Mapped[dict[str, Any] | None] = mapped_column(PersonalDocument)
    #: Which comments: see `bulk.py`.
    criteria: Mapped[dict[str, Any]] = mapped_column(PersonalDocument)
    #: The job that an `undo` undoes.
    undoes: Mapped[str | None] = mapped_column(String(40))
    #: `waiting`, `running`, `done`, `cancelled` or `failed`.
    state: Mapped[str] = mapped_column(String(10))
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer)
    #: Decided by somebody else meanwhile, or gone.
    skipped: Mapped[int] = mapped_column(Integer)
    #: The place after which the job goes on; see `bulk_criteria.py`.
    position: Mapped[str | None] = mapped_column(String(80))
    error: Mapped[str | None] = mapped_column(String(300))
    touched_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    #: The request that began it: see `tracing.Cause`.
    request_id: Mapped[str | None] = mapped_column(String(64))
    traceparent: Mapped[str | None] = mapped_column(String(55))

    __table_args__ = (
        _partial("ix_bulk_jobs_unfinished", "touched_at", where="finished_at IS NULL"),
        Index("ix_bulk_jobs_by", "created_by", "id"),
    )


class BulkChange(Table):
    """A comment that a bulk job decided on, and the version that the decision made, for undoing it."""

    __tablename__ = "bulk_changes"
    job_id: Mapped[str] = mapped_column(ForeignKey("bulk_jobs.id", ondelete="CASCADE"), primary_key=True)
    comment_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)


class Tally(Table):
    """How often something happened on a site on a day (UTC), added up from the audit for the statistics."""

    __tablename__ = "tallies"
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    #: `2026-11-24`.
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    #: What is counted, such as `decided`.
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: Which part of it, such as `published user`.
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


class Watermark(Table):
    """How far something has been read, so that it goes on from there."""

    __tablename__ = "watermarks"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[str] = mapped_column(String(80))


class KeptLonger(Table):
    """A comment that was too old to be kept, and waited for somebody. See `site_retention.py`."""

    __tablename__ = "kept_longer"
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    #: `text` or `identity`.
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_kept_longer_comment", "comment_id"),)


#: The reports that nobody has answered, by readers who can be told from others.
WAITING_REPORTS = "outcome = 'waiting' AND reporter IS NOT NULL"


class Report(Table):
    """A reader's complaint about a comment."""

    __tablename__ = "reports"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(40))
    note: Mapped[str | None] = mapped_column(Text)
    reporter: Mapped[str | None] = mapped_column(_reader())
    created_at: Mapped[datetime]
    #: `waiting`, `upheld`, `dismissed`, or `edited` where the comment is another now; None for a report of before
    #: migration 0014 that nobody has answered.
    outcome: Mapped[str | None] = mapped_column(String(10))
    #: The version of the comment that a decision on it made, so that an undo finds it.
    settled_version: Mapped[int | None] = mapped_column(Integer)

    __table_args__ = (_partial("ix_reports_waiting", "site_id", "reporter", "id", where=WAITING_REPORTS),)


class Reporter(Table):
    """A reader who reports comments: how often people agreed."""

    __tablename__ = "reporters"
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    #: The site's own id for the reader.
    reporter: Mapped[str] = mapped_column(_reader(is_identity=True), primary_key=True)
    upheld: Mapped[int] = mapped_column(Integer)
    dismissed: Mapped[int] = mapped_column(Integer)


class AuthorStanding(Table):
    """What people decided on an author's comments, on a site whose policy asks for it."""

    __tablename__ = "author_standings"
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    author_key: Mapped[str] = mapped_column(_author(is_identity=True), primary_key=True)
    #: The user id or e-mail address as it is compared for trust (`spelled`); None: nobody vouches for the author.
    identity: Mapped[str | None] = mapped_column(Sealed("identity", 400, is_wide=True))
    #: Approvals by people since their last rejection.
    approvals: Mapped[int] = mapped_column(Integer)
    #: The moments of the latest rejections by people, oldest first, in seconds since 1970.
    strikes: Mapped[list[int]] = mapped_column(Document)
    #: The standing that the site was told last: `trusted`, `held`; None: neither.
    told: Mapped[str | None] = mapped_column(String(10))
    #: When enough strikes have expired that the author is no longer held.
    lapses_at: Mapped[datetime | None]
    #: The comment whose decision changed it last.
    comment_id: Mapped[str | None] = mapped_column(String(40))

    __table_args__ = (_partial("ix_author_standings_lapses", "lapses_at", where="lapses_at IS NOT NULL"),)


class AuthorWarning(Table):
    """A moderator's message to an author, about one of their comments. It is erased with the comment."""

    __tablename__ = "author_warnings"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    author_key: Mapped[str] = mapped_column(_author())
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    message: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_author_warnings_author", "site_id", "author_key", "id"),)


class AuditEvent(Table):
    """What was done, by whom and why. Rows are never changed, but for notes: `erasing.py`."""

    __tablename__ = "audit_events"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    #: Not a foreign key, because the audit outlives comments.
    comment_id: Mapped[str | None] = mapped_column(String(40))
    #: `comment.decided`, `comment.edited`, `comment.erased`, `policy.changed`, `user.signed_in`, …
    action: Mapped[str] = mapped_column(String(40))
    #: `policy`, `site`, `user:<id>` or `operator`.
    actor: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    #: For a decision: the status that followed, and the revision and version that it made.
    status: Mapped[str | None] = mapped_column(String(10))
    revision: Mapped[int | None] = mapped_column(Integer)
    version: Mapped[int | None] = mapped_column(Integer)
    reasons: Mapped[list[dict[str, Any]] | None] = mapped_column(PersonalDocument)
    scores: Mapped[dict[str, Any] | None]
    model_version: Mapped[str | None] = mapped_column(String(40))
    policy_version: Mapped[int | None] = mapped_column(Integer)
    detail: Mapped[dict[str, Any] | None] = mapped_column(PersonalDocument)

    __table_args__ = (
        Index("ix_audit_events_comment", "comment_id", "id"),
        Index("ix_audit_events_site", "site_id", "id"),
        _partial("ix_audit_events_people", "actor", "id", where=DONE_BY_PEOPLE),
    )


class WebhookEndpoint(Table):
    """The address where a site is told of events. The secret is encrypted, because Winnow signs with it."""

    __tablename__ = "webhook_endpoints"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    sealed_secret: Mapped[str] = mapped_column(Text)
    active: Mapped[bool]
    created_at: Mapped[datetime]
    #: The name of one of `protocols.PROTOCOLS`.
    protocol: Mapped[str] = mapped_column(String(20), default="standard", server_default="standard")
    #: How it wants batches (`batches.Batching`); None: each event alone.
    batch: Mapped[dict[str, Any] | None]

    __table_args__ = (
        _partial("uq_webhook_endpoints_callback", "site_id", "url", where="protocol <> 'standard'", unique=True),
    )


#: The deliveries that were tried since they were last due as new.
WAS_TRIED = "attempts > 0"
#: Those of them that have not arrived.
UNDELIVERED = f"delivered_at IS NULL AND {WAS_TRIED}"


class WebhookDelivery(Table):
    """One message to one endpoint, written in the same transaction as the decision that it tells of."""

    __tablename__ = "webhook_deliveries"
    #: The `webhook-id` header: the same on every attempt.
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    comment_id: Mapped[str | None] = mapped_column(String(40))
    #: The name of one of `catalogue.EVENTS`.
    event: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(PersonalDocument)
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer)
    #: When to try next; None once it was delivered, given up or cancelled.
    next_attempt_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    #: The version of the comment that it tells of.
    version: Mapped[int | None] = mapped_column(Integer)
    #: When it was cancelled, because its decision was undone or replaced before it left.
    cancelled_at: Mapped[datetime | None]
    #: The batch that it was last sent in, or is: the `webhook-id` of that.
    batch_id: Mapped[str | None] = mapped_column(String(40))
    #: How many that batch has.
    batch_size: Mapped[int | None] = mapped_column(Integer)
    #: What caused it: see `tracing.Cause`.
    request_id: Mapped[str | None] = mapped_column(String(64))
    traceparent: Mapped[str | None] = mapped_column(String(55))

    __table_args__ = (
        _partial(
            "ix_webhook_deliveries_due",
            "endpoint_id",
            "next_attempt_at",
            "id",
            where="next_attempt_at IS NOT NULL",
        ),
        _partial("ix_webhook_deliveries_leased", "endpoint_id", "leased_until", where="leased_until IS NOT NULL"),
        Index("ix_webhook_deliveries_endpoint", "endpoint_id", "id"),
        _partial("ix_webhook_deliveries_tried", "endpoint_id", "id", where=WAS_TRIED),
        _partial("ix_webhook_deliveries_undelivered", "endpoint_id", "id", where=UNDELIVERED),
        Index("ix_webhook_deliveries_comment", "comment_id"),
    )


class WebhookAttempt(Table):
    """One try at a delivery, and how it went."""

    __tablename__ = "webhook_attempts"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    status_code: Mapped[int | None] = mapped_column(Integer)
    #: Why it did not arrive: for people, and (not for attempts of before 1.0) for programs: `attempts.FailureKind`.
    error: Mapped[str | None] = mapped_column(String(300))
    failure: Mapped[str | None] = mapped_column(String(20))
    duration_ms: Mapped[int] = mapped_column(BigInteger)


class Feedback(Table):
    """Feedback: what a person says of a text, as a labelled example to train with. A later word replaces a first."""

    __tablename__ = "feedback"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    #: By which protocol it came: `perspective`, `akismet`, …
    source: Mapped[str] = mapped_column(String(20))
    #: Equal for texts that say the same, whatever their case and spacing.
    text_hash: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    #: One of the classifier's labels.
    label: Mapped[str] = mapped_column(String(20))
    #: From 0 (it is not) to 1 (it is).
    value: Mapped[float] = mapped_column(Float)
    #: Further data from the sender, such as its comment's id; never an author's details.
    detail: Mapped[dict[str, Any] | None] = mapped_column(PersonalDocument)
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_feedback_example", "site_id", "text_hash", "source", "label", unique=True),
        Index("ix_feedback_site", "site_id", "id"),
    )


class User(Table):
    """A person who may sign in to the console."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    #: On every site: `admin`, `moderator` or `viewer`; `none` for somebody who has roles on single sites only.
    role: Mapped[str] = mapped_column(String(10))
    #: argon2; none until the person has set one through a link.
    password_hash: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    #: Digest of the one-time link to set a password, and its end.
    setup_digest: Mapped[str | None] = mapped_column(String(64))
    setup_expires_at: Mapped[datetime | None]
    #: The secret of their authenticator, encrypted, and the last time step whose code was used.
    totp_sealed: Mapped[str | None] = mapped_column(Text)
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    #: Who they are to the single sign-on: issuer and subject.
    oidc_subject: Mapped[str | None] = mapped_column(String(500), index=True, unique=True)
    #: The languages that they read, by their codes, with spaces between: the queue offers comments in these first.
    languages: Mapped[str | None] = mapped_column(String(400))
    #: How much room the queue's cards take: `comfortable`, or None for compact.
    density: Mapped[str | None] = mapped_column(String(20))
    #: The saved filter with which the review queue opens, if it is still there.
    default_filter: Mapped[str | None] = mapped_column(String(40))
    #: Where their days and hours are: `Europe/Berlin`; None: UTC.
    zone: Mapped[str | None] = mapped_column(String(64))
    #: How comments are hidden until they ask for one: `blur` or `cover`; None: not at all.
    hides: Mapped[str | None] = mapped_column(String(10))
    #: After so many minutes, or decisions, without a break they are reminded of one.
    break_minutes: Mapped[int | None] = mapped_column(Integer)
    break_decisions: Mapped[int | None] = mapped_column(Integer)
    #: When they last said that they would go on without that break.
    no_break_at: Mapped[datetime | None]
    #: So many decisions are enough for a day, and when they last said that they would go on all the same.
    day_cap: Mapped[int | None] = mapped_column(Integer)
    cap_lifted_at: Mapped[datetime | None]


class Membership(Table):
    """A person's role on one site. Where it differs from their role on every site, the larger one counts."""

    __tablename__ = "memberships"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    #: `admin`, `moderator` or `viewer`.
    role: Mapped[str] = mapped_column(String(10))


class UserSession(Table):
    """A signed-in browser: the digest of its cookie's token."""

    __tablename__ = "user_sessions"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    #: The id in lists of sessions, where the digest must not be shown.
    id: Mapped[str | None] = mapped_column(String(40), index=True, unique=True)
    ip: Mapped[str | None] = mapped_column(Sealed("ip", 45))
    user_agent: Mapped[str | None] = mapped_column(String(300))


class IdentityKey(Table):
    """A key under which e-mail and IP addresses are encrypted. Without a row none are. See `identities/keyring.py`."""

    __tablename__ = "identity_keys"
    #: By which what is encrypted names it.
    letter: Mapped[str] = mapped_column(String(1), primary_key=True)
    #: The key, encrypted under `WINNOW_SECRET_KEY`.
    sealed: Mapped[str] = mapped_column(Text)
    #: One of `keyring.Stage`.
    stage: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]


class RecoveryCode(Table):
    """A code that signs a person in once when their authenticator is lost. Only its digest; deleted when used."""

    __tablename__ = "recovery_codes"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]


class AlertChannel(Table):
    """A way by which a person wants to hear of alerts: of which, and when."""

    __tablename__ = "alert_channels"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    #: `email`, `chat` or `telegram`.
    kind: Mapped[str] = mapped_column(String(10))
    #: What of its address may be seen.
    shown: Mapped[str] = mapped_column(Sealed("shown", 300, is_wide=True, always=False, is_key=True))
    #: Its address, encrypted: an address of a chat is a secret, and so is a bot's token.
    sealed: Mapped[str] = mapped_column(Text)
    #: The names of some of `conditions.KINDS`, with spaces between.
    kinds: Mapped[str] = mapped_column(String(100))
    #: The hour of the day at which a digest comes; None: each alert at once.
    hour: Mapped[int | None] = mapped_column(Integer)
    next_digest_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    tested_at: Mapped[datetime | None]
    #: When something last arrived, and since when nothing does, and why.
    arrived_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(300))


#: The alerts that are not over.
OPEN_ALERTS = "ended_at IS NULL"
#: The messages that have still to leave.
DUE_MESSAGES = "next_attempt_at IS NOT NULL"


class Alert(Table):
    """Something that is not as it should be, from when it was first seen until it was over for long enough."""

    __tablename__ = "alerts"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: The name of one of `conditions.KINDS`, and behind a colon the site, if it is about one.
    key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    #: How much, at the last look: webhooks, comments or seconds.
    number: Mapped[int] = mapped_column(BigInteger)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    #: When people were told; None until it has lasted for long enough.
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        _partial("uq_alerts_open", "key", where=OPEN_ALERTS, unique=True),
        Index("ix_alerts_ended", "ended_at"),
    )


class AlertMessage(Table):
    """A message to one channel, written in the same transaction as what it tells of. Kept for a week."""

    __tablename__ = "alert_messages"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel_id: Mapped[str] = mapped_column(ForeignKey("alert_channels.id", ondelete="CASCADE"))
    alert_id: Mapped[str | None] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    #: `began`, `ended`, `digest` or `test`.
    about: Mapped[str] = mapped_column(String(10))
    #: A line, and for a digest further ones.
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer)
    #: When to try (again), or until when somebody sends it just now; None once it arrived or was given up.
    next_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]

    __table_args__ = (
        _partial("ix_alert_messages_due", "next_attempt_at", where=DUE_MESSAGES),
        Index("uq_alert_messages_told", "channel_id", "alert_id", "about", unique=True),
        Index("ix_alert_messages_alert_id", "alert_id"),
    )


# So that a row can be built before a process has run its first query.
configure_mappers()
