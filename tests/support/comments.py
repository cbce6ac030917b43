"""Short ways to say what most tests of the domain begin with and look at."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select

from moderation import actors, authors, clock
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, Table

T = TypeVar("T", bound=Table)


def submission(comment: str = "A thoughtful remark.", name: str = "Ada", **fields: Any) -> Submission:
    """A submission of which only some fields matter."""
    return Submission(name=name, comment=comment, **fields)


def accept(
    store: Store, queues: Queues, site: CreatedSite, comment: str = "A thoughtful remark.", **fields: Any
) -> Comment:
    """A comment just submitted: `pending` and queued."""
    (outcome,) = submissions.submit(store, queues, site.id, [submission(comment, **fields)])
    assert outcome.kind == "accepted"
    assert outcome.comment is not None
    return outcome.comment


def scored(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, *comment: str, **fields: Any) -> Comment:
    """A comment just submitted, as for `accept`, and what the policy made of it."""
    accepted = accept(store, queues, site, *comment, **fields)
    scorer.run_batch()
    return stored(store, accepted.id)


def set_policy(store: Store, site: CreatedSite, **choices: Any) -> None:
    """Change these fields of a site's policy."""
    with store.write() as session:
        document = policies.DEFAULT | policies.current(session, site.id).document
        policies.save(session, site.id, document | choices, actor=actors.OPERATOR)


def put(store: Store, site_id: str, at: datetime, **fields: Any) -> Comment:
    """A comment that has been there since `at`, published unless these columns say otherwise, and by no worker."""
    columns: dict[str, Any] = {
        "id": clock.new_id("c", at),
        "site_id": site_id,
        "name": "Ada",
        "comment": "Words of somebody.",
        "created_at": at,
        "accepted_at": at,
        "updated_at": at,
        "status": "published",
        "revision": 1,
        "version": 1,
        "author_key": authors.key_of(fields.get("user_id"), fields.get("email"), fields.get("name", "Ada")),
    }
    with store.write() as session:
        session.add(row := Comment(**columns | fields))
    return row


def stored(store: Store, comment_id: str) -> Comment:
    """The row as it is now, erased or not."""
    with store.read() as session:
        row = session.get(Comment, comment_id)
    assert row is not None
    return row


def rows(store: Store, table: type[T], **equal: Any) -> list[T]:
    """Every row of a table with these values, oldest first."""
    with store.read() as session:
        return list(session.scalars(select(table).filter_by(**equal).order_by(*table.__table__.primary_key)))


def dump(store: Store) -> str:
    """Everything that the database holds, as text."""
    with store.read() as session:
        return "\n".join(
            f"{table.name}: {dict(row._mapping)}"
            for table in Table.metadata.sorted_tables
            for row in session.execute(select(table))
        )
