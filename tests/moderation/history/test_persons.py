"""What a person may ask: everything there is on them, and that it goes from every table and column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import JSON, String, Text, event, inspect, text, update

from moderation import clock
from moderation.decisions import appeals, bulk, comments, standing
from moderation.decisions.scoring import Scorer
from moderation.history import feedback, persons, site_retention
from moderation.history.persons import NotNamed, Person
from moderation.identities.columns import Sealed, SealedDocument
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.policy import list_imports, policies, policy_lists, policy_tests, shared_lists
from moderation.policy.list_kinds import KINDS
from moderation.review import notes, saved_filters
from moderation.settings import Settings
from moderation.sites import site_settings
from moderation.sites.site_settings import Retention, SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import (
    AuditEvent,
    AuthorStanding,
    AuthorWarning,
    BulkJob,
    Comment,
    Note,
    Reporter,
    SavedFilter,
    Table,
    WebhookDelivery,
)
from tests.support.clock import Clock
from tests.support.comments import dump, rows, scored, stored, submission

AUTHOR = {
    "name": "Zqname Person",
    "email": "Zqmail@example.org",
    "url": "https://zqurl.example",
    "ip": "203.0.113.177",
    "user_agent": "Zqagent/1",
    "user_id": "zquser",
    "external_id": "zqexternal",
}
#: By what the same person is known, one after the other.
NAMES = ("id:zquser", "email:zqmail@example.org", "name:zqname person", "ip:203.0.113.177")
MARKERS = (
    *("zqtext", "zqname", "zqmail", "zqurl", "203.0.113.177", "zqagent", "zquser", "zqexternal"),
    *("zqidempotent", "zqappeal", "zqanswer", "zqnote", "zqreport"),
)

#: The columns of text or JSON in which an author may be. Everything else is in `OTHERS`; a new column has to be put
#: into one of the two, and where it holds something of an author, into `filled` and into what erases.
OF_AUTHORS = {
    "comments": "external_id idempotency_key request_hash name comment email url ip user_agent user_id author_key "
    "content_hash language reasons spans origin own_scores thread group_id",
    "review_items": "author_key language group_id thread",
    "appeals": "text answer",
    "reports": "note reporter",
    "audit_events": "reasons detail",
    "webhook_deliveries": "payload",
    "feedback": "text text_hash detail",
    "policies": "document",
    "bulk_jobs": "criteria reason",
    "author_warnings": "author_key message",
    "author_standings": "author_key identity",
    "policy_tests": "text text_hash name",
    "notes": "author_key text",
    "saved_filters": "name query",
    "reporters": "reporter",
    "list_entries": "entry key",
}
#: Tables of people who sign in, of sites, keys and numbers; and ids, labels, states and moments.
OTHERS = {
    "sites": "id name settings draw_key",
    "api_keys": "prefix site_id digest",
    "compat_keys": "digest site_id sealed purpose origins",
    "site_secrets": "site_id kind sealed",
    "policies": "site_id created_by",
    "comments": "id site_id parent_id status scores decided_by model_version request_id traceparent",
    "review_items": "id site_id comment_id kind label rule not_for about claimed_by closed_by outcome",
    "appeals": "id site_id comment_id outcome",
    "lookalike_bands": "group_id",
    "lookalike_groups": "group_id site_id",
    "bulk_jobs": "id created_by action undoes state position error request_id traceparent",
    "bulk_changes": "job_id comment_id",
    "tallies": "site_id day what key",
    "watermarks": "name position",
    "kept_longer": "site_id kind comment_id",
    "reports": "id site_id comment_id reason outcome",
    "audit_events": "id site_id comment_id action actor status scores model_version",
    "webhook_endpoints": "id site_id url sealed_secret protocol batch",
    "webhook_deliveries": "id endpoint_id comment_id event batch_id request_id traceparent",
    "webhook_attempts": "id delivery_id error failure",
    "feedback": "id site_id source label",
    "author_warnings": "id site_id comment_id created_by",
    "author_standings": "site_id strikes told comment_id",
    "policy_tests": "id site_id expected comment_id created_by",
    "articles": "site_id thread title",
    "saved_filters": "id user_id site_id",
    "cases": "comment_id site_id assigned_to put_off_by",
    "notes": "id site_id comment_id written_by",
    "skips": "comment_id skipped_by",
    "reporters": "site_id",
    "users": "id name role password_hash setup_digest totp_sealed oidc_subject languages density default_filter "
    "zone hides",
    "alert_channels": "id user_id kind shown sealed kinds error",
    "alerts": "id key kind site_id",
    "alert_messages": "id channel_id alert_id about text",
    "lists": "id name kind created_by hidden",
    "list_entries": "list_id added_by",
    "memberships": "user_id site_id role",
    "user_sessions": "digest user_id id ip user_agent",
    "recovery_codes": "user_id digest",
    "identity_keys": "letter sealed stage",
}


def everything(store: Store) -> str:
    """What the database holds, in tables that no class describes, too."""
    with store.read() as session:
        names = inspect(session.connection()).get_table_names()
        raw = [session.execute(text(f'SELECT * FROM "{name}"')).all() for name in names]
    return (dump(store) + repr(raw)).lower()


def left(store: Store) -> list[str]:
    found = everything(store)
    return [marker for marker in MARKERS if marker in found]


def exported(store: Store, *names: str, site: str | None = None) -> list[dict[str, Any]]:
    return [row for name in names for row in persons.export(store, persons.read(name), site)]


def erase(store: Store, settings: Settings, *names: str, site: str | None = None) -> None:
    for name in names:
        *_, done = persons.erase(store, persons.read(name), site)
        persons.finish(store, settings, persons.read(name), site, done)


def write(store: Store, do: Any, *arguments: Any, **named: Any) -> Any:
    with store.write() as session:
        return do(session, *arguments, **named)


Said = Callable[[str], str]


def of_this(text: str) -> str:
    """What the story of the author whom these tests look for says."""
    return text


def of_another(text: str) -> str:
    """The same, said of somebody else."""
    for this, other in (("zq", "qx"), ("Zq", "Qx"), ("ZQ", "QX"), ("203.0.113.177", "198.51.100.77")):
        text = text.replace(this, other)
    return text


@pytest.fixture
def filled(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> Comment:
    return fill(store, queues, scorer, site_with_webhook, of_this)


def fill(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, said: Said) -> Comment:
    """Everything that Winnow comes to know of an author, in every column of `OF_AUTHORS`."""
    author = {field: said(value) for field, value in AUTHOR.items()}
    sent = submission(said("Zqtext is toxicity=0.7"), language="en", thread="/page", **author)
    (outcome,) = submissions.submit(store, queues, site.id, [sent], idempotency_key=said("zqidempotent"))
    assert outcome.comment is not None
    scorer.run_batch()
    this = outcome.comment.id
    other = scored(store, queues, scorer, site, "Another's", name="Bob")
    write(store, comments.report, site.id, this, reason="rude", note=said("Zqreport of zqtext"), reporter="reader")
    write(store, comments.report, site.id, other.id, reason="rude", note=said("Zqnote"), reporter=said("ZQuser"))
    reason = said("Zqnote: zqname wrote zqtext")
    write(store, comments.decide, None, this, "reject", actor="user:u_1", reason=reason)
    with store.write() as session:
        appeals.lodge(session, comments.find(session, site.id, this), said("Zqappeal"))
    write(store, comments.decide, None, this, "publish", actor="user:u_2", reason=said("Zqanswer"))
    text = said("Zqtext is toxicity=0.7")
    feedback.record(store, site.id, source="akismet", text=text, labels={"spam": 1.0})
    with store.write() as session:
        comment = comments.find(session, site.id, this)
        standing.warn(session, comment, said("Zqnote"), actor="user:u_1", grace=timedelta())
        for on_author in (False, True):
            notes.write(session, comment, said("Zqnote"), by="user:u_1", on_author=on_author)
        taken = policy_tests.example(comment.comment, "flag", comment.name)
        policy_tests.add(session, site.id, taken, actor="user:u_1", comment=comment)
        known = {"author_key": comment.author_key, "identity": said("zquser"), "comment_id": this}
        session.add(AuthorStanding(site_id=site.id, approvals=0, strikes=[1], told=None, lapses_at=None, **known))
        session.add(Reporter(site_id=site.id, reporter=said("ZQuser"), upheld=1, dismissed=0))
        view = {"site": site.id, "author": said("zquser")}
        saved_filters.save(session, said("Zqname person"), view, user_id="u_1", by="user:u_1", shared=True)
    put_on_lists(store, site.id, said)
    decide_together(store, site.id, said)
    with store.write() as session:
        session.execute(update(WebhookDelivery).values(next_attempt_at=None, delivered_at=clock.now()))
        # As an upgrade may leave it, or others who write the same: columns that this story does not fill.
        session.execute(update(Comment).where(Comment.id == this).values(own_scores={"toxicity": 0.1}, group_id="g_1"))
    return stored(store, this)


def put_on_lists(store: Store, site_id: str, said: Said) -> None:
    """Put them on the site's lists and on the team's."""
    until = clock.now() + timedelta(days=1)
    for name, entry in (
        ("blocked_authors", "id:zquser"),
        ("blocked_authors", "Zqmail@example.org"),
        ("suspended_authors", "id:zquser"),
        ("trusted_authors", "email:else@example.org"),
        ("blocked_authors", "name:Zqname Person"),
        ("blocked_ips", "203.0.113.177"),
    ):
        write(store, policy_lists.add, site_id, name, said(entry), until=until, actor="user:u_1")
    for kind, entries in (
        ("authors", "ID: zquser\nzqmail@example.org\nZqname  Person"),
        ("addresses", "203.0.113.177"),
    ):
        list_id = write(store, shared_lists.create, said(f"{kind} zq"), kind, actor="user:u_1").id
        read = list_imports.read(KINDS[kind], said(entries))
        shared_lists.add(store, list_id, read, until=until, actor="user:u_1")


def decide_together(store: Store, site_id: str, said: Said) -> None:
    """Have it decided on all that is theirs, found in each way."""
    block = {"entry": said("id:zquser"), "until": None}
    for criteria in (
        {"site": site_id, "author": said("zquser"), "block": block},
        {"site": site_id, "address": said("203.0.113.177")},
        {"search": {"site": site_id, "author_key": said("zqmail@example.org")}},
    ):
        job = write(store, bulk.create, criteria, "reject", actor="user:u_1", total=0, note=said("Zqnote"))
        with store.write() as session:
            session.execute(update(BulkJob).where(BulkJob.id == job.id).values(state="done", finished_at=clock.now()))


def told_erased(store: Store) -> None:
    with store.write() as session:
        session.execute(update(WebhookDelivery).where(WebhookDelivery.next_attempt_at.is_not(None)).values(payload={}))


def test_export_erase_export_and_no_table_holds_a_word(store: Store, settings: Settings, filled: Comment) -> None:
    assert left(store) == list(MARKERS)
    found = exported(store, *NAMES)
    said = repr(found).lower()
    assert [marker for marker in MARKERS if marker not in said] == [], "the export is whole"
    tables = {row["table"] for row in found}
    assert tables == OF_AUTHORS.keys()
    assert "u_1" not in said
    assert "reader" not in said
    erase(store, settings, *NAMES)
    told_erased(store)  # the site is told by its own id for the comment; that message is kept until it has arrived
    assert left(store) == []
    assert exported(store, *NAMES) == []
    assert stored(store, filled.id).status == "erased"
    assert [row.event for row in rows(store, WebhookDelivery, comment_id=filled.id)][-1] == "comment.erased"
    with store.read() as session:
        assert policies.current(session, filled.site_id).document["trusted_authors"] == ["email:else@example.org"]


def of_the_other(store: Store) -> Counter[str]:
    """How often what is known of the other author is found."""
    found = everything(store)
    return Counter({of_another(marker): found.count(of_another(marker)) for marker in MARKERS})


def test_what_is_known_of_another_author_stays_whole(
    store: Store, queues: Queues, scorer: Scorer, settings: Settings, site_with_webhook: CreatedSite, filled: Comment
) -> None:
    fill(store, queues, scorer, site_with_webhook, of_another)
    before = of_the_other(store)
    assert min(before.values()) > 0
    with store.write() as session:
        comments.erase(session, filled.site_id, filled.id)
    assert [row.query["author"] for row in rows(store, SavedFilter)] == ["qxuser"], "nothing else was there by theirs"
    assert before <= of_the_other(store)  # further versions of a list have them, too
    erase(store, settings, *NAMES)
    assert before <= of_the_other(store)


def test_what_a_site_keeps_of_younger_comments_stays_whole(
    store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite, clock: Clock
) -> None:
    site, days = site_with_webhook, {"text": 13, "identity": 13}
    fill(store, queues, scorer, site, of_this)
    clock.advance(days=14)
    fill(store, queues, scorer, site, of_another)
    with store.write() as session:
        chosen = SiteSettings(retention=Retention(**days), appeals=False)
        site_settings.save(session, site.id, chosen, actor="operator")
    before = of_the_other(store)
    assert site_retention.run(store, seconds=60) == {"text": 1, "identity": 1}
    assert before <= of_the_other(store)
    assert not {"zqtext", "zqreport", "zqappeal", "zqanswer"}.intersection(left(store))
    assert [note.comment_id for note in rows(store, Note, text="Zqnote")] == [None], "one on the author"
    assert rows(store, AuthorWarning, message="Zqnote") == []


def columns() -> Iterator[tuple[str, str]]:
    for table in Table.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, String | Text | JSON | Sealed | SealedDocument):
                yield table.name, column.name


def named(lists: dict[str, str]) -> set[tuple[str, str]]:
    return {(table, column) for table, names in lists.items() for column in names.split()}


@pytest.mark.one_database
def test_of_every_column_it_is_known_whether_an_author_may_be_in_it() -> None:
    assert not named(OF_AUTHORS) & named(OTHERS)
    assert set(columns()) == named(OF_AUTHORS) | named(OTHERS)


def test_every_column_in_which_an_author_may_be_is_filled_before_it_is_emptied(store: Store, filled: Comment) -> None:
    held = {
        (table.name, column.name)
        for table in Table.metadata.sorted_tables
        for row in rows_of(store, table)
        for column in table.columns
        if row[column.name] is not None and row[column.name] != ""
    }
    unfilled = named(OF_AUTHORS) - held
    assert unfilled <= {("comments", "origin"), ("feedback", "detail"), ("review_items", "group_id")}


def rows_of(store: Store, table: Any) -> list[Any]:
    with store.read() as session:
        return [dict(row) for row in session.execute(table.select()).mappings()]


def test_the_audit_says_that_it_was_done_by_a_digest(store: Store, settings: Settings, filled: Comment) -> None:
    person = persons.read("id:zquser")
    erase(store, settings, "id:zquser")
    [event] = rows(store, AuditEvent, action="author.erased")
    assert event.actor == "operator"
    assert event.detail == {
        "digest": persons.digest(settings, person),
        "comments": 1,
        "entries": 3,
        "reports": 1,
        "readers": 1,
    }
    assert persons.digest(settings, person) == persons.digest(settings, persons.read("ZQUSER"))
    assert persons.digest(settings, person) != persons.digest(settings, persons.read("zquser2"))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("id:7", 2),
        ("7", 2),
        ("email:ADA@example.org", 2),
        ("ada@example.org", 2),
        ("id:ada@example.org", 0),
        ("name:Ada", 1),
        ("ada", 1),
        ("id:ada", 1),
        ("203.0.113.9", 1),
        ("ip:203.0.113.9", 1),
        ("[email:none", 0),
    ],
)
def test_an_author_is_found_by_what_the_site_knows_them_by(
    store: Store, queues: Queues, site: CreatedSite, other_site: CreatedSite, name: str, number: int
) -> None:
    people = [
        {"user_id": "7"},
        {"user_id": "7", "email": "Ada@Example.org"},
        {"email": "ada@example.org"},
        {"name": "Ada"},
        {"name": "Ada", "email": "else@example.org", "ip": "203.0.113.9"},
        {"user_id": "ada"},
    ]
    sent = [submission("A remark", **{"name": "X", **person}) for person in people]
    submissions.submit(store, queues, site.id, sent)
    submissions.submit(store, queues, other_site.id, [submission("A remark", name="x", email="ada@example.org")])
    with_other = (name.endswith("ada@example.org") and not name.startswith("id:")) or "ADA" in name
    person = persons.read(name)
    # A bare name finds the id of the same letters, too.
    expected = number + (name == "ada")
    assert persons.count(store, person, site.id).counts["comments"] == expected
    assert persons.count(store, person, None).counts["comments"] == expected + with_other


def test_for_an_address_all_comments_are_read_once_however_many_sites_there_are(
    store: Store, queues: Queues, site: CreatedSite, other_site: CreatedSite
) -> None:
    for each in (site, other_site):
        submissions.submit(store, queues, each.id, [submission("A remark", user_id="7", email="Ada@example.org")])
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        assert persons.count(store, persons.read("email:ada@example.org"), None).counts["comments"] == 2
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    assert sum("lower(comments.email)" in statement for statement in asked) == 1


def test_an_erasure_that_dies_says_nothing_of_being_done_and_can_be_run_again(
    store: Store, queues: Queues, settings: Settings, site: CreatedSite
) -> None:
    sent = [submission(f"Zqtext {number}", name="Zqname") for number in range(40)]
    submissions.submit(store, queues, site.id, sent)
    person = persons.read("zqname")
    running = persons.erase(store, person, site.id)
    next(running)
    del running
    assert persons.count(store, person, site.id).counts["comments"] == 40 - persons.STEP
    assert rows(store, AuditEvent, action="author.erased") == []
    erase(store, settings, "zqname", site=site.id)
    assert "zqname" not in everything(store)
    [event] = rows(store, AuditEvent, action="author.erased", site_id=site.id)
    assert (event.detail or {})["comments"] == 40 - persons.STEP


def test_it_is_not_done_while_a_bulk_decision_still_looks_for_the_author(
    store: Store, settings: Settings, site: CreatedSite, filled: Comment
) -> None:
    job = write(store, bulk.create, {"site": filled.site_id, "author": "zquser"}, "reject", actor="user:u_1", total=1)
    erase(store, settings, "id:zquser")
    held = persons.count(store, persons.read("id:zquser"), None)
    assert (held.counts["jobs"], held.running) == (1, 1)
    assert rows(store, AuditEvent, action="author.erased") == []
    write(store, bulk.cancel, job.id, actor="user:u_1")
    erase(store, settings, "id:zquser")
    assert +persons.count(store, persons.read("id:zquser"), None).counts == {}
    assert len(rows(store, AuditEvent, action="author.erased")) == 1


def test_other_names_of_the_same_comments_are_told(store: Store, filled: Comment) -> None:
    also = persons.count(store, persons.read("id:zquser"), None).also
    columns_of_kinds = {"id": "user_id", "email": "email", "name": "name", "ip": "ip"}
    assert also == {kind: {AUTHOR[column]} for kind, column in columns_of_kinds.items()}


@pytest.mark.parametrize(
    ("named", "person"),
    [
        ("id:42", Person("id", "42")),
        ("ID: 42 ", Person("id", "42")),
        ("email:Ada@example.org", Person("email", "Ada@example.org")),
        ("name:Ada Lovelace", Person("name", "Ada Lovelace")),
        # Without a kind it may be any of the three; with another one that is a part of it.
        (" Ada ", Person(None, "Ada")),
        ("ada@example.org", Person(None, "ada@example.org")),
        ("phone:7", Person(None, "phone:7")),
        # An address is one with a kind and without, in its one spelling.
        ("192.0.2.7", Person("ip", "192.0.2.7")),
        ("ip:::ffff:192.0.2.7", Person("ip", "192.0.2.7")),
        ("2001:DB8::1", Person("ip", "2001:db8::1")),
        ("id:192.0.2.7", Person("id", "192.0.2.7")),
        ("x" * 320, Person(None, "x" * 320)),
    ],
)
def test_an_operator_names_a_person(named: str, person: Person) -> None:
    assert persons.read(named) == person


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("", "Name an author by 1 to 320 characters"),
        ("id: ", "Name an author by 1 to 320 characters"),
        ("   ", "Name an author by 1 to 320 characters"),
        ("name: ", "Name an author by 1 to 320 characters"),
        ("x" * 321, "Name an author by 1 to 320 characters"),
        ("ip:example.org", "'example.org' is no IP address."),
        ("ip:", "'' is no IP address."),
    ],
)
def test_what_names_nobody_is_refused(named: str, said: str) -> None:
    with pytest.raises(NotNamed, match=said):
        persons.read(named)


@pytest.mark.parametrize(
    ("named", "text", "is_named"),
    [
        ("Ada", "ada", True),
        ("Ada", "name:ADA", True),
        ("Ada", "id:ada", True),
        ("Ada", "Ada L", False),
        ("id:42", "42", True),
        ("id:42", "id:42", True),
        ("email:A@b.example", "email:a@B.example", True),
        ("name:Ada", "name:Ada", True),
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.0/24", False),
        ("Ada", 7, False),
        ("Ada", None, False),
    ],
)
def test_a_text_is_a_person_only_as_a_whole(named: str, text: Any, is_named: bool) -> None:
    assert persons.read(named).is_named(text) is is_named
