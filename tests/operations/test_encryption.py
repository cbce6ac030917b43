"""E-mail and addresses encrypted: nothing of them is in the database, and everything finds them all the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.testing import FlaskClient

from moderation import clock
from moderation.decisions import appeals, bulk, comments, reports, standing
from moderation.decisions.scoring import Scorer
from moderation.finding import search
from moderation.history import persons
from moderation.identities import keyring
from moderation.intake.queues import Queues
from moderation.policy import facts, list_imports, policies, policy_lists, shared_lists
from moderation.policy.list_kinds import KINDS
from moderation.review import notes, saved_filters
from moderation.sealing import SealError
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, AuthorStanding, Comment, Reporter, SharedListEntry
from operations import doctor, sealed
from operations.commands import privacy as commands
from operations.encryption import rewriting, stages
from tests.conftest import SECRET_KEY
from tests.support.classifier import ChosenScores
from tests.support.comments import dump, rows, stored
from tests.support.databases import waits_for_a_lock
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

EMAIL, ADDRESS, ADDRESS_6 = "Zqmail@example.org", "203.0.113.177", "2001:db8::177"
AUTHOR = {"name": "Ada", "email": EMAIL, "ip": ADDRESS}
MO, OTHER = "user:mo", "another key that is long enough for one"


class World:
    """An installation, with a site that trusts whom people approved once and holds everything else."""

    def __init__(
        self, store: Store, client: FlaskClient, scorer: Scorer, settings: Settings, site: CreatedSite
    ) -> None:
        self.store, self.client, self.scorer, self.settings, self.site = store, client, scorer, settings, site
        self.stores = [store, client.application.extensions["winnow"].store]
        self.write(self._set_policy, mode="hold", trust_after=1, flag_repeated=False)

    def _set_policy(self, session: Any, **choices: Any) -> None:
        document = policies.DEFAULT | policies.current(session, self.site.id).document
        policies.save(session, self.site.id, document | choices, actor="site")

    def write(self, do: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.store.write() as session:
            return do(session, *arguments, **named)

    def look(self, *_: object) -> None:
        """Let every process look at the keys."""
        for store in self.stores:
            store.keyring.look_again()

    def post(self, text: str, **fields: Any) -> Comment:
        """Send a comment by the API and have it scored."""
        answer = self.client.post("/api/v1/comments", json=AUTHOR | {"comment": text} | fields)
        assert answer.status_code == 202, answer.get_json()
        self.scorer.run_batch()
        return stored(self.store, answer.get_json()["id"])

    def decide(self, comment: Comment, action: Any) -> None:
        self.write(comments.decide, None, comment.id, action, actor=MO, reason=f"{EMAIL} is known to me")

    def encrypt(self, **options: Any) -> rewriting.Walk:
        *_, last = stages.encrypt(self.store, self.settings.secret_keys, pause=self.look, **options)
        self.look()
        return last

    def exported(self, *names: str) -> list[dict[str, Any]]:
        return [row for name in names for row in persons.export(self.store, persons.read(name), None)]


@pytest.fixture
def world(
    store: Store,
    client: FlaskClient,
    scorer: Scorer,
    settings: Settings,
    site: CreatedSite,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    monkeypatch.setattr(keyring, "_current", keyring.OFF)  # and again when the test is over
    return World(store, client, scorer, settings, site)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewriting, "PAGE", 6)
    monkeypatch.setattr(rewriting, "STEP", 3)


def live(world: World) -> None:
    """What a site and its moderators do, with an author's e-mail and address in every place."""
    site_id = world.site.id
    first = world.post("A first remark", external_id="zq-1")
    world.decide(first, "publish")
    rejected = world.post("Another", user_id="zquser@example.org", ip=ADDRESS_6)
    world.decide(rejected, "reject")
    with world.store.write() as session:
        comment = comments.find(session, site_id, rejected.id, lock=True)
        appeals.lodge(session, comment, "Please look again.")
        standing.warn(session, comment, "Be kind.", actor=MO, grace=timedelta())
        notes.write(session, comments.find(session, site_id, first.id), "Friendly.", by=MO, on_author=True)
        saved_filters.save(session, EMAIL, {"author": EMAIL.lower()}, user_id="u_1", by=MO, shared=True)
        bulk.create(session, {"site": site_id, "address": ADDRESS}, "reject", actor=MO, total=0, note=ADDRESS)
        lists = [(kind, shared_lists.create(session, kind, kind, actor=MO).id) for kind in ("authors", "addresses")]
    for name, entry in (
        ("blocked_authors", f"email:{EMAIL.upper()}x"),
        ("blocked_authors", "id:zquser@example.org"),
        ("suspended_authors", "zqmail@example.orgy"),
        ("blocked_ips", "203.0.113.178"),
        ("blocked_ips", "2001:db8::/64"),
    ):
        until = clock.now() + timedelta(days=9)
        world.write(policy_lists.add, site_id, name, entry, until=until, actor=MO)
    for (kind, list_id), entry in zip(lists, (f"{EMAIL}\n7", ADDRESS), strict=True):
        read = list_imports.read(KINDS[kind], entry)
        shared_lists.add(world.store, list_id, read, until=None, actor=MO)
    answer = world.client.post(
        f"/api/v1/comments/{first.id}/reports", json={"reason": "spam", "reporter": "zqmail@example.org"}
    )
    assert answer.status_code == 201, answer.get_json()
    world.decide(first, "publish")


def rules(comment: Comment) -> set[str]:
    return {reason.get("rule", "") for reason in comment.reasons or ()}


def require_found(world: World) -> None:
    """Everything that looks for the author by e-mail or address finds them."""
    store, site_id = world.store, world.site.id
    assert world.post("By one who is trusted").status == "published"
    assert "blocked_author" in rules(world.post("First", email="zqmail@example.orgx"))
    assert "blocked_ip" in rules(world.post("First", email="b@example.org", ip="203.0.113.178"))
    assert "blocked_ip" in rules(world.post("First", email="b@example.org", ip="2001:db8::1"))
    assert world.post("By one who is not known", email="new@example.org", ip="203.0.113.9").status == "flagged"
    again = world.client.post("/api/v1/comments", json=AUTHOR | {"comment": "A first remark", "external_id": "zq-1"})
    assert again.status_code == 200, "a replay of what was sent before"
    for name in (EMAIL.lower(), f"ip:{ADDRESS}"):
        tables = {row["table"] for row in world.exported(name)}
        assert tables >= {"comments", "review_items", "audit_events", "list_entries", "bulk_jobs"} - (
            {"bulk_jobs"} if name == EMAIL.lower() else set()
        ), tables
    assert {row["table"] for row in world.exported(EMAIL)} >= {"notes", "saved_filters", "reports", "reporters"}
    assert {row["list"] for row in world.exported("id:zquser@example.org") if "list" in row} == {"blocked_authors"}
    with store.read() as session:
        here = (site_id,)
        for asked in (search.Search(site_ids=here, author=EMAIL), search.Search(site_ids=here, ip=ADDRESS)):
            texts = {comment.comment for comment in search.find(session, asked, limit=50).rows}
            assert {"A first remark", "By one who is trusted"} <= texts
        assert [
            row.upheld + row.dismissed for row in reports.records(session, site_id, ["zqmail@example.org"]).values()
        ] == [1]
        first = session.scalars(sa.select(Comment).where(Comment.external_id == "zq-1")).one()
        assert len(notes.of_authors(session, {(site_id, first.author_key or "")})) == 1
        assert shared_lists.entries(session, rows(store, SharedListEntry)[0].list_id, having="QMAIL")


def as_it_stands(store: Store) -> str:
    """The whole database, without what our own classes make of it: on SQLite the file itself, too."""
    with store.engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        text = repr([connection.execute(sa.text(f'SELECT * FROM "{name}"')).all() for name in names])
    if store.is_sqlite:
        assert store.empty_log()
        path = Path(str(store.engine.url.database))
        text += repr(path.read_bytes() + path.with_name(f"{path.name}-wal").read_bytes())
    return text


def traces(store: Store) -> list[str]:
    """E-mail and addresses, and digests of them that anybody could make, in what the database holds."""
    texts = {EMAIL, EMAIL.lower(), ADDRESS, ADDRESS_6, "zquser@example.org", f"email:{EMAIL.lower()}"}
    functions = ("md5", "sha1", "sha256", "blake2b")
    digests = {hashlib.new(name, text.encode()).hexdigest() for text in texts for name in functions}
    digests |= {hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts}
    digests |= {KINDS[kind].key(text) for kind in ("authors", "addresses") for text in texts}
    requests = {comment.request_hash or "" for comment in rows(store, Comment)}
    digests |= {digest for digest in requests if digest and digest[0] != "~"}
    found = as_it_stands(store).lower()
    return [text for text in ("zqmail@", "203.0.113.177", "2001:db8:", "zquser@", *digests) if text.lower() in found]


def broken_off(world: World, steps: Iterator[rewriting.Walk], after: int) -> None:
    """Let a command do some steps, and then die."""
    for _ in range(after):
        next(steps)
    steps.close()  # type: ignore[attr-defined]
    world.look()


def letters(store: Store) -> list[tuple[str, str]]:
    with store.read() as session:
        return [(row.letter, row.stage) for row in keyring.read(session.connection())]


@pytest.mark.usefixtures("small_steps")
def test_nothing_is_left_in_clear_and_all_is_found_before_while_and_after_keys_change(world: World) -> None:
    store = world.store
    live(world)
    assert len(traces(store)) > 7, "in clear text unless somebody asks for more"
    require_found(world)
    before = decoded(store)

    broken_off(world, stages.encrypt(store, world.settings.secret_keys, pause=world.look), after=9)
    assert [stage for _, stage in letters(store)] == ["current"]
    assert doctor._identities(store).level == "WARN"
    require_found(world)
    walk = world.encrypt()
    assert walk.is_rest
    assert doctor._identities(store) == doctor.Finding("OK", "identities", "e-mail and addresses are encrypted")
    assert walk.changed
    assert traces(store) == []
    assert [stage for _, stage in letters(store)] == ["whole"]
    assert before <= decoded(store)
    assert world.encrypt().changed == 0, "nothing was missed, and nothing is changed twice"

    old = letters(store)[0][0]
    broken_off(world, stages.encrypt(store, world.settings.secret_keys, new_key=True, pause=world.look), after=12)
    assert [stage for _, stage in letters(store)] == ["whole", "current"]
    require_found(world)
    world.encrypt()
    assert letters(store) != [(old, "whole")]
    assert traces(store) == []
    # A database's own bytes may look like the first two characters, also before a row's id ("g_" and 26 more).
    sealed = re.compile(rf"~{old}(?!_[0-9a-z]{{26}})[\w-]{{20}}")
    assert sealed.search(as_it_stands(store)) is None

    broken_off(world, stages.decrypt(store, pause=world.look), after=12)
    require_found(world)
    *_, last = stages.decrypt(store, pause=world.look)
    world.look()
    assert last.unreadable.total() == 0
    assert letters(store) == []
    assert before <= decoded(store)


def decoded(store: Store) -> set[str]:
    """Rows that no further comment changes but for the group that it makes, as the code reads them."""
    kept = ("comments", "appeals", "reports", "notes", "author_warnings", "list_entries", "saved_filters", "bulk_jobs")
    lines = re.sub(r"'group_id': [^,}]+", "", dump(store)).splitlines()
    return {line for line in lines if line.partition(":")[0] in kept}


def test_an_author_of_two_forms_is_one_author_and_a_reader_one_reader(world: World) -> None:
    """While keys change, a row may be there in a form that an insert does not meet, or another row not compare."""
    for number in range(2):
        comment = world.post(f"Remark {number}")
        with world.store.read() as session:
            assert facts._first_comments(session, [comment]) == ({comment.id} if number == 0 else set())
        report = {"reason": "spam", "reporter": "zqreader@example.org"}
        assert world.client.post(f"/api/v1/comments/{comment.id}/reports", json=report).status_code == 201
        world.decide(comment, "publish")
        if number == 0:
            steps = stages.encrypt(world.store, world.settings.secret_keys, pause=world.look)
            broken_off(world, steps, after=1)
    assert [row.approvals for row in rows(world.store, AuthorStanding)] == [2]
    assert [row.dismissed for row in rows(world.store, Reporter)] == [2]


def test_rows_that_two_processes_wrote_in_two_forms_become_one(world: World) -> None:
    reporters = sa.table("reporters", *map(sa.column, ("site_id", "reporter", "upheld", "dismissed")))
    world.encrypt()
    with world.store.write() as session:
        session.add(Reporter(site_id=world.site.id, reporter="zqreader@example.org", upheld=1, dismissed=2))
        in_clear = {"site_id": world.site.id, "reporter": "zqreader@example.org", "upheld": 10, "dismissed": 20}
        session.execute(sa.insert(reporters), in_clear)
    world.encrypt()
    assert [(row.reporter, row.upheld, row.dismissed) for row in rows(world.store, Reporter)] == [
        ("zqreader@example.org", 11, 22)
    ]


def test_a_secret_key_is_rotated_without_a_walk(world: World) -> None:
    world.encrypt()
    live(world)
    rotated = (OTHER, SECRET_KEY)
    with closing(Store(world.settings.database_url, secret_keys=rotated)) as store:
        assert dump(store) == dump(world.store)
        sealed.reseal_all(world.settings.__class__(**{**vars(world.settings), "secret_keys": rotated}), store)
    with closing(Store(world.settings.database_url, secret_keys=(OTHER,))) as store:
        assert dump(store) == dump(world.store)


@pytest.mark.one_database
def test_with_a_lost_key_comments_are_moderated_and_what_is_new_is_whole(
    world: World, queues: Queues, classifier: ChosenScores, make_app: Any
) -> None:
    live(world)
    world.encrypt()
    with closing(Store(world.settings.database_url, secret_keys=(OTHER,))) as store:
        app = make_app(secret_keys=(OTHER,))
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {world.site.api_key}"
        there = World.__new__(World)
        there.store, there.client, there.site = store, client, world.site
        there.scorer, there.settings = Scorer(store, queues, classifier), app.extensions["winnow"].settings
        there.stores = [store, app.extensions["winnow"].store]
        assert there.post("A remark under another key").status == "flagged", "nobody is known any more"
        old = rows(store, Comment, external_id="zq-1")[0]
        assert (old.email, old.ip, old.comment) == (None, None, "A first remark")
        new = rows(store, Comment, comment="A remark under another key")[0]
        assert (new.email, new.ip) == (EMAIL, ADDRESS)
        assert traces(store) == [], "what is new is not in clear text"
        there.decide(old, "reject")
        there.decide(new, "publish")
        assert there.post("And one more").status == "published", "who is approved now is trusted"
        assert doctor._identities(store).level == "FAIL"
        walk = there.encrypt()
        assert walk.unreadable
        assert [stage for _, stage in letters(store)] == ["whole", "whole"], "the lost key stays, should it be found"
        assert traces(store) == []
    world.look()
    both = (OTHER, SECRET_KEY)
    with closing(Store(world.settings.database_url, secret_keys=both)) as store:
        *_, last = stages.encrypt(store, both, pause=lambda _: None)
        assert not last.unreadable
        assert len(letters(store)) == 1
        assert rows(store, Comment, external_id="zq-1")[0].email == EMAIL


@pytest.mark.parametrize("other_key", [False, True])
def test_two_that_begin_a_key_at_the_same_moment_begin_one(world: World, other_key: bool) -> None:
    """The two may run `winnow privacy encrypt`, or be processes that cannot open the keys that there are."""
    if world.store.is_sqlite:
        pytest.skip("about PostgreSQL: on SQLite there is one writer")
    secret_keys = (SECRET_KEY,)
    if other_key:
        world.encrypt()
        secret_keys = (OTHER,)
    with (
        closing(Store(world.settings.database_url, secret_keys=secret_keys)) as store,
        ThreadPoolExecutor(1) as threads,
    ):

        def begin() -> object:
            return store.keyring._begin_anew() if other_key else stages._key(store, secret_keys, new_key=False)

        with world.store.write() as session:
            connection = session.connection()
            keyring.insert(connection, keyring.read_alone(connection), secret_keys, "current")
            other = threads.submit(begin)
            eventually(lambda: waits_for_a_lock(world.store) or other.done())
        other.result(60)
    assert len(letters(world.store)) == 1 + other_key


def test_a_process_without_a_secret_key_takes_no_part(world: World) -> None:
    world.encrypt()
    with (
        closing(Store(world.settings.database_url)) as store,
        pytest.raises(SealError, match="Give this process the key that the others have"),
        store.write(),
    ):
        pass


@pytest.mark.one_database
def test_an_operator_is_told_what_was_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "open_installation", lambda: (world.settings, world.store))
    monkeypatch.setattr(stages, "SETTLED", 0.0)

    def told(*arguments: str) -> str:
        return CliRunner().invoke(commands.privacy, arguments).output.splitlines()[0]

    assert told("decrypt") == "E-mail and addresses are in clear text already."
    world.post("A remark")
    assert told("encrypt").startswith("E-mail and addresses are encrypted; ")
    assert told("encrypt", "--new-key").startswith("E-mail and addresses are encrypted; ")
    broken_off(world, stages.decrypt(world.store, pause=world.look), after=1)
    refused = CliRunner().invoke(commands.privacy, ["encrypt", "--new-key"])
    assert "has not come to its end" in str(refused.exception)
    assert told("decrypt").startswith("E-mail and addresses are in clear text; ")
    assert "zqmail@" in traces(world.store)
    actions = [event.action for event in rows(world.store, AuditEvent) if event.action.startswith("identities.")]
    assert actions == ["identities.encrypted"] * 2 + ["identities.decrypted"]


@pytest.mark.one_database
def test_what_looks_like_a_token_and_is_none_stays_what_it_is(world: World) -> None:
    texts = ("~a", "~a" + 38 * "A", "~a." + 32 * "A", "a@b")
    for encrypted in (False, True):
        if encrypted:
            world.encrypt()
        for text in texts:
            first = world.post(f"A remark {text} {encrypted}", user_id=text, name=text)
            assert first.user_id == text
            world.decide(first, "publish")
            assert world.post(f"Another {text} {encrypted}", user_id=first.user_id).status == "published"
