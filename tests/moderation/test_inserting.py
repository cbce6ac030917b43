"""Rows inserted over the connection that is kept open are those that a session would have written."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from moderation import inserting
from moderation.intake import submissions
from moderation.intake.submissions import Request
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.comments import rows, submission


def accept(store: Store, site: CreatedSite, **fields: Any) -> Comment:
    (outcome,) = submissions.insert_all(store, [Request(site.id, submission(**fields))])
    assert outcome.comment is not None
    return outcome.comment


def test_a_row_is_the_one_that_a_session_would_have_written(store: Store, site: CreatedSite) -> None:
    written_at = datetime(2026, 11, 23, 20, 30, 0, 123456, timezone(timedelta(hours=2)))
    fields: dict[str, Any] = {
        "comment": 'Tschüß, "quoted" \\ 💬\n日本語',
        "created_at": written_at,
        "external_id": "e1",
        "honeypot": True,
        "seconds_on_page": 1.5,
    }
    quickly = accept(store, site, **fields)
    with store.write() as session:
        session.add(Comment(**{**Request(site.id, submission(**fields)).row, "external_id": "e2"}))
    one, other = rows(store, Comment)
    given = {"id", "external_id", "request_hash", "accepted_at", "updated_at"}
    columns = set(Comment.__table__.columns.keys()) - given
    assert {name: getattr(one, name) for name in columns} == {name: getattr(other, name) for name in columns}
    assert (one.id, one.created_at) == (quickly.id, written_at)


def test_what_fails_leaves_nothing_behind_and_the_next_is_stored(store: Store, site: CreatedSite) -> None:
    accept(store, site)
    with pytest.raises(IntegrityError):
        submissions.insert_all(store, [Request(one, submission()) for one in (site.id, "s_gone")])
    accept(store, site)
    assert len(rows(store, Comment)) == 2


def test_a_connection_that_the_database_closed_is_opened_again(
    store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.is_sqlite:
        pytest.skip("SQLite has no connections that can be cut")
    monkeypatch.setattr(inserting, "_TRUSTED_SECONDS", 0.0)
    accept(store, site)
    with store.write() as session:
        session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO%'"))
    accept(store, site)
    assert len(rows(store, Comment)) == 2
