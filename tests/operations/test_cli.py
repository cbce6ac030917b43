"""The command line: what each command prints, and the sentence that each mistake gets."""

from __future__ import annotations

import errno
import functools
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

import migrations
import winnow
from moderation import audit, clock, sealing
from moderation.errors import NotFound
from moderation.history import tallies
from moderation.people import accounts, totp
from moderation.policy import policies
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import ApiCaller
from moderation.store import Store
from moderation.tables import AuditEvent, Tally, User, WebhookEndpoint
from operations import data_dir as data_dir_module
from operations import environment
from operations import migrate as operations_migrate
from operations.commands import migrate as commands_migrate
from operations.errors import OperatorError, told_in_a_sentence
from tests.support import ROOT, command_line
from tests.support.command_line import make_data_dir, sentence

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `winnow` in a directory of its own, where nothing is set."""

    return functools.partial(command_line.winnow, cwd=tmp_path)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return make_data_dir(tmp_path)


@pytest.fixture
def found(data_dir: Path) -> Settings:
    return environment.read({}, data_dir)


@pytest.fixture
def store(found: Settings) -> Store:
    return Store(found.database_url)


def test_help_loads_no_library_and_lists_every_command() -> None:
    """What takes time are imports: of all that Winnow depends on it loads nothing."""
    arguments = [sys.executable, "-X", "importtime", "-m", "winnow", "--help"]
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in result.stderr.splitlines()}
    assert "click" in loaded
    assert loaded & {"flask", "sqlalchemy", "numpy", "sklearn", "redis", "rq", "requests", "service", "models"} == set()
    for command in winnow.COMMANDS:
        assert f"\n  {command} " in result.stdout


@pytest.mark.parametrize("command", winnow.COMMANDS)
def test_every_command_has_help(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.returncode == 0
    assert len(result.stdout.splitlines()) > 5


def test_a_mistyped_command_exits_with_2(run: Run) -> None:
    result = run("serv")
    assert result.returncode == 2
    assert "No such command" in result.stderr


def test_site_create_prints_a_key_that_works(run: Run, store: Store) -> None:
    made = json.loads(run("site", "create", "A blog", "--json").stdout)
    with store.read() as session:
        assert sites.authenticate(session, made["api_key"]) == ApiCaller(made["id"])
    assert set(made) == {"id", "api_key", "compat_key"}


def test_site_create_for_people_prints_the_same(run: Run, store: Store) -> None:
    lines = dict(line.split(maxsplit=1) for line in run("site", "create", "A blog").stdout.splitlines())
    with store.read() as session:
        assert sites.authenticate(session, lines["api_key"]) == ApiCaller(lines["id"])


def test_site_create_with_a_webhook_prints_the_secret_that_signs(run: Run, found: Settings, store: Store) -> None:
    arguments = ("site", "create", "A blog", "--webhook-url", "https://blog.example/hook", "--json")
    made = json.loads(run(*arguments).stdout)
    with store.read() as session:
        endpoint = session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.site_id == made["id"])).one()
    assert sealing.unseal(found, endpoint.sealed_secret) == made["webhook_secret"]


@pytest.mark.usefixtures("data_dir")
def test_site_create_refuses_a_webhook_that_is_no_url(run: Run) -> None:
    assert "http" in run("site", "create", "A blog", "--webhook-url", "blog.example").stderr


def test_rotating_a_key_keeps_the_one_before(run: Run, found: Settings, store: Store) -> None:
    first = sites.create_site(store, found, "A blog")
    second = json.loads(run("site", "rotate-key", "A blog", "--json").stdout)["api_key"]
    third = json.loads(run("site", "rotate-key", first.id, "--json").stdout)["api_key"]
    with store.read() as session:
        assert [sites.authenticate(session, key) for key in (first.api_key, second, third)] == [
            None,
            ApiCaller(first.id),
            ApiCaller(first.id),
        ]


@pytest.mark.usefixtures("data_dir")
def test_a_site_that_does_not_exist_is_named(run: Run) -> None:
    assert "There is no site named 'nowhere'" in sentence(run("site", "rotate-key", "nowhere"))


def test_hold_stops_publishing_and_release_restores_the_mode(run: Run, found: Settings, store: Store) -> None:
    site_id = sites.create_site(store, found, "A blog").id
    with store.write() as session:
        policies.set_mode(session, site_id, "open", actor="operator")
    modes = []
    for command in ("hold", "hold", "release", "release"):
        assert run("site", command, "A blog").returncode == 0
        with store.read() as session:
            modes.append(policies.current(session, site_id).document["mode"])
    assert modes == ["hold", "hold", "open", "open"]


def test_site_list_shows_names_and_modes(run: Run, found: Settings, store: Store) -> None:
    made = sites.create_site(store, found, "Ein Blog für alle")
    assert json.loads(run("site", "list", "--json").stdout) == {
        "id": made.id,
        "name": "Ein Blog für alle",
        "mode": "auto",
        "archived": False,
    }
    assert made.id in run("site", "list").stdout


def test_an_archived_site_is_listed_only_when_asked_for(run: Run, found: Settings, store: Store) -> None:
    made = sites.create_site(store, found, "A closed blog")
    assert "unarchive" in run("site", "archive", "A closed blog").stdout
    assert made.id not in run("site", "list").stdout
    assert json.loads(run("site", "list", "--archived", "--json").stdout)["archived"] is True
    assert run("site", "unarchive", made.id).returncode == 0
    assert made.id in run("site", "list").stdout
    with store.read() as session:
        told = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(2)).all()
    assert [(event.action, event.actor) for event in told] == [
        ("site.unarchived", "operator"),
        ("site.archived", "operator"),
    ]


def test_user_create_prints_a_link_that_sets_the_password(run: Run, store: Store) -> None:
    made = json.loads(run("user", "create", "ada", "--role", "admin", "--json").stdout)
    link, _, token = made["setup_url"].rpartition("/")
    assert link == "http://127.0.0.1:8000/console/welcome"
    with store.read() as session:
        assert session.scalars(select(User)).one().setup_digest == sealing.digest(token)


def test_user_create_takes_a_password_from_standard_input(run: Run, store: Store) -> None:
    result = run("user", "create", "ada", "--role", "viewer", "--password-stdin", stdin="correct horse battery\n")
    assert result.returncode == 0
    assert "welcome" not in result.stdout
    with store.read() as session:
        assert (session.scalars(select(User)).one().password_hash or "").startswith("$argon2id$")


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize(
    ("arguments", "stdin", "says"),
    [
        (("ada", "--role", "admin", "--password-stdin"), "short\n", "at least 12 characters"),
        (("taken", "--role", "viewer"), "", "already a user named 'taken'"),
    ],
)
def test_a_user_that_cannot_be_created_gets_the_reason(
    run: Run, arguments: tuple[str, ...], stdin: str, says: str
) -> None:
    run("user", "create", "taken", "--role", "admin")
    assert says in sentence(run("user", "create", *arguments, stdin=stdin))


def test_user_create_gives_a_role_on_one_site_only(run: Run, found: Settings, store: Store) -> None:
    made = sites.create_site(store, found, "A blog")
    assert run("user", "create", "ada", "--role", "moderator", "--site", "A blog").returncode == 0
    listed = json.loads(run("user", "list", "--json").stdout)
    assert (listed["role"], listed["sites"]) == ("none", {made.id: "moderator"})
    assert "moderator on A blog (has no password yet)" in run("user", "list").stdout
    assert "There is no site named 'nowhere'" in sentence(
        run("user", "create", "eve", "--role", "viewer", "--site", "nowhere")
    )
    assert run("user", "create", "eve", "--role", "none", "--site", "A blog").returncode == 2


def test_user_link_is_a_new_way_in_for_who_lost_the_password(run: Run, store: Store) -> None:
    accounts.create_user(store, "ada", "admin", "correct horse battery")
    link = json.loads(run("user", "link", "ada", "--json").stdout)["setup_url"]
    assert accounts.check_password(store, "ada", "correct horse battery"), "the old one works until then"
    assert accounts.set_password(store, link.rpartition("/")[2], "another good password")
    assert accounts.check_password(store, "ada", "another good password")
    assert "There is no user named 'eve'" in sentence(run("user", "link", "eve"))


def test_user_disable_signs_out_and_enable_undoes_it(run: Run, store: Store) -> None:
    accounts.create_user(store, "ada", "admin", "correct horse battery")
    assert "last admin" in sentence(run("user", "disable", "ada"))
    accounts.create_user(store, "bob", "admin", "correct horse battery")
    assert run("user", "disable", "ada").returncode == 0
    assert accounts.check_password(store, "ada", "correct horse battery") is None
    assert "(disabled)" in run("user", "list").stdout
    assert run("user", "enable", "ada").returncode == 0
    assert accounts.check_password(store, "ada", "correct horse battery")


def test_reseal_lets_the_old_key_be_taken_away(run: Run, found: Settings, store: Store) -> None:
    sites.create_site(store, found, "A blog", "https://blog.example/hook")
    user = accounts.create_user(store, "ada", "admin", "correct horse battery").id
    secret = totp.new_secret()
    code = totp.code_at(secret, int(time.time()) // totp.STEP_SECONDS)
    assert totp.turn_on(store, found, user, secret, code)
    old, new = found.secret_keys[0], "n" * 32
    assert "first key: 3." in run("reseal", WINNOW_SECRET_KEY=f"{new},{old}").stdout
    assert "another WINNOW_SECRET_KEY" in sentence(run("reseal", WINNOW_SECRET_KEY=old))
    assert run("reseal", WINNOW_SECRET_KEY=new).returncode == 0


def test_recount_mends_statistics_that_are_wrong(run: Run, found: Settings, store: Store) -> None:
    site_id = sites.create_site(store, found, "A blog").id
    an_hour_ago = clock.now() - timedelta(hours=1)
    event = audit.row("comment.decided", actor="policy", site_id=site_id, status="published")
    event |= {"id": clock.new_id("a", an_hour_ago), "created_at": an_hour_ago}
    with store.write() as session:
        audit.record(session, [event])
    assert tallies.roll_up(store) > 0
    with store.write() as session:
        session.execute(update(Tally).values(number=99))
    assert "Added up from " in run("recount").stdout
    with store.read() as session:
        assert set(session.scalars(select(Tally.number))) == {1}


def test_score_answers_each_line_in_order(run: Run) -> None:
    texts = [
        "Thank you, this helped me a lot.",
        "You are a complete idiot, shut up.",
        "Thank you, this helped me a lot.",
    ]
    result = run("score", stdin="".join(json.dumps({"text": text}) + "\n" for text in texts))
    first, second, third = (json.loads(line)["scores"] for line in result.stdout.splitlines())
    assert first == third
    assert second["toxicity"] > first["toxicity"]
    assert all(0 <= p <= 1 for p in second.values())


@pytest.mark.parametrize("bad", ["not json", "[]", '{"comment": "Hello"}', '{"text": 1}', "[" * 100_000])
def test_score_names_the_line_that_it_cannot_read(run: Run, bad: str) -> None:
    assert "Line 2 " in sentence(run("score", stdin=f'{{"text": "Hello"}}\n{bad}\n'))


def test_a_full_disk_under_what_it_writes_is_told_in_a_sentence() -> None:
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [sys.executable, "-m", "winnow", "score"],
            input='{"text": "Thank you."}\n',
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr == "Error: The disk is full. Free some space, and run it again.\n"


def test_a_command_before_the_first_start_says_where_to_begin(run: Run) -> None:
    assert "Run `winnow up` first" in sentence(run("site", "list"))


def test_a_database_that_was_not_migrated_is_noticed(run: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    assert "Run `winnow migrate`" in sentence(run("site", "list", WINNOW_DATABASE_URL=url))
    assert run("migrate", WINNOW_DATABASE_URL=url).returncode == 0
    assert run("site", "list", WINNOW_DATABASE_URL=url).returncode == 0


def test_migrate_waits_for_the_schema_and_takes_a_later_one(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WINNOW_DATA_DIR", str(data_dir))
    store = Store(environment.read({}, data_dir).database_url)
    operations_migrate.downgrade(store, "0001")

    def migrate_while_it_waits(_seconds: float) -> None:
        operations_migrate.upgrade(store)

    monkeypatch.setattr("operations.commands.migrate.time.sleep", migrate_while_it_waits)
    commands_migrate.migrate(["--wait"], standalone_mode=False)
    first, last = capsys.readouterr().out.splitlines()
    assert first == f"Waiting. The database is at revision 0001, not {migrations.newest()}. Run `winnow migrate`."
    assert last == "The database has what this version needs."
    with store.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    commands_migrate.migrate(["--wait"], standalone_mode=False)


def test_migrate_undoes_down_to_a_revision(run: Run, data_dir: Path) -> None:
    assert "base" in run("migrate", "--down-to", "base").stdout
    assert migrations.current(Store(environment.read({}, data_dir).database_url)) is None


@pytest.mark.usefixtures("data_dir")
def test_migrating_down_to_no_revision_changes_nothing(run: Run) -> None:
    assert "There is no revision 9998. There are base, and 0001 to" in sentence(run("migrate", "--down-to", "9998"))


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_the_parts_refuse_to_guess_where_the_data_is(run: Run, command: str) -> None:
    assert "WINNOW_DATABASE_URL is not set" in sentence(run(command))


def test_a_malformed_setting_gets_a_sentence(run: Run) -> None:
    assert "WINNOW_WEB_THREADS" in sentence(run("site", "list", WINNOW_WEB_THREADS="many"))


ON_DISK = sqlite3.OperationalError("disk I/O error\nand a second line")

#: What went wrong -> the sentence for whoever ran the command; None: a fault of Winnow's own, with its traceback.
TOLD: list[tuple[Exception, str | None]] = [
    (OperatorError("Set it, please."), "Set it, please."),
    (NotFound("There is no site X."), "There is no site X."),
    (redis.ConnectionError("refused"), "Redis failed: refused. `winnow doctor` checks it."),
    (OperationalError("SELECT 1", {}, ON_DISK), "The database failed: disk I/O error. `winnow doctor` checks it."),
    (ProgrammingError("SELECT 1", {}, ON_DISK), "The database failed: disk I/O error. `winnow doctor` checks it."),
    (IntegrityError("INSERT", {}, ON_DISK), None),
    (
        OSError(errno.ENOSPC, "No space left", "out.csv"),
        "The disk is full (writing out.csv). Free some space, and run it again.",
    ),
    (OSError(errno.EDQUOT, "Quota exceeded"), "The disk is full. Free some space, and run it again."),
    (PermissionError(errno.EACCES, "Permission denied"), None),
    (ValueError("a fault"), None),
    (KeyError("a fault"), None),
]


@pytest.mark.parametrize(("error", "told"), TOLD, ids=lambda one: type(one).__name__)
def test_what_an_operator_can_mend_is_told_in_a_sentence_and_all_else_with_its_traceback(
    error: Exception, told: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    if told is None:
        with pytest.raises(type(error)):
            told_in_a_sentence(fail)
        assert capsys.readouterr().err == ""
        return
    with pytest.raises(SystemExit) as ended:
        told_in_a_sentence(fail)
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"Error: {told}\n"


def test_a_sentence_commands_no_terminal_and_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise OperatorError("It is called \x1b[2J\u202ex.\n\tSo it is.")

    with pytest.raises(SystemExit):
        told_in_a_sentence(fail)
    assert capsys.readouterr().err == "Error: It is called \\x1b[2J\\u202ex.\n\tSo it is.\n"


def test_what_goes_well_is_left_alone() -> None:
    done: list[int] = []
    told_in_a_sentence(lambda: done.append(1))
    assert done == [1]


def test_a_data_directory_is_made_private_and_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    made = tmp_path / "deep" / "data"
    hold = "import sys, time\nfrom pathlib import Path\nfrom operations.data_dir import hold\n"
    hold += "with hold(Path(sys.argv[1])):\n    print('held', flush=True)\n    sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(made)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert made.stat().st_mode & 0o777 == 0o700
        assert (made / "up.lock").read_text() == f"{holder.pid}\n"
        with pytest.raises(OperatorError, match=rf"Another `winnow up` \(process {holder.pid}\) runs on .*--data-dir"):
            data_dir_module.hold(made).__enter__()
        holder.kill()
    with data_dir_module.hold(made):  # whoever dies holds nothing
        assert (made / "up.lock").read_text() == f"{os.getpid()}\n"


def test_a_data_directory_that_cannot_be_made_is_told_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperatorError, match=r"cannot be written by user id \d+: .*Make it writable, or choose another"):
        data_dir_module.hold(tmp_path / "file" / "data").__enter__()
