"""Settings come from the environment, typed, and a wrong one is refused in a sentence."""

from __future__ import annotations

import os
import stat
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from moderation.settings import SettingsError, from_environment, misspelt, shown
from operations import embedded_redis, environment
from operations.errors import OperatorError

REQUIRED = {
    "WINNOW_DATABASE_URL": "sqlite:////srv/winnow.db",
    "WINNOW_REDIS_URL": "redis://localhost",
    "WINNOW_DATA_DIR": "/srv",
}
KEY = "k" * 32


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_required_setting_that_is_missing_is_named(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"{missing} is not set"):
        from_environment({name: value for name, value in REQUIRED.items() if name != missing})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("WINNOW_DATABASE_URL", "mysql://localhost/winnow"),
        ("WINNOW_DATABASE_URL", "/srv/winnow.db"),
        ("WINNOW_REDIS_URL", "localhost:6379"),
        ("WINNOW_REDIS_URL", "redis+sentinel://sentinel:26379"),
        ("WINNOW_REDIS_URL", "redis+sentinel://sentinel:26379/mymaster/first"),
        ("WINNOW_REDIS_URL", "redis+sentinel://sentinel:port/mymaster"),
        ("WINNOW_REDIS_URL", "redis+sentinel://one,,two/mymaster"),
        ("WINNOW_REDIS_URL", "redis+sentinel://one/mymaster?sentinel_retries=3"),
        ("WINNOW_PUBLIC_URL", "comments.example"),
        ("WINNOW_LOG_FORMAT", "xml"),
        ("WINNOW_WEBHOOK_ALLOW", "10.0.0.0/40"),
        ("WINNOW_TRUSTED_PROXIES", "-1"),
        ("WINNOW_DEMO", "perhaps"),
        ("WINNOW_WEB_THREADS", "many"),
        ("WINNOW_WEB_PROCESSES", "0"),
        ("WINNOW_RATE_LIMIT", "100000"),
        ("WINNOW_RATE_LIMIT_AUTH", "ten per fortnight"),
        ("WINNOW_UNJUDGED", "publish"),
        ("WINNOW_REQUIRE_TOTP", "yes"),
        ("WINNOW_OIDC_ISSUER", "login.example.com"),
        ("WINNOW_OIDC_ISSUER", "http://login.example.com"),
        ("WINNOW_OIDC_MATCH", "name"),
        ("WINNOW_OIDC_ROLE", "owner"),
        ("WINNOW_ALERT_EMAIL", "the editors"),
    ],
)
def test_a_malformed_setting_is_named(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        from_environment(REQUIRED | {name: text})


@pytest.mark.parametrize(
    ("name", "text", "mend"),
    [
        ("WINNOW_PUBLIC_URL", "comments.example.com", "starts with http:// or https://"),
        ("WINNOW_WEB_PROCESSES", "two", "a whole number in digits alone"),
        ("WINNOW_MAX_BODY_BYTES", "1MB", "a whole number in digits alone"),
        ("WINNOW_RATE_LIMIT", "1000", "such as 1000 per second"),
        ("WINNOW_RATE_LIMIT_AUTH", "lots", "such as 1000 per second"),
        ("WINNOW_WEBHOOK_ALLOW", "localhost", "write networks as 10.1.0.0/16"),
        ("WINNOW_SMTP_URL", "mail.example.com", "smtp://user:password@host"),
    ],
)
def test_a_malformed_setting_is_told_with_its_mend(name: str, text: str, mend: str) -> None:
    with pytest.raises(SettingsError) as told:
        from_environment(REQUIRED | {name: text})
    assert mend in str(told.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("WINNOW_DATABSE_URL", "WINNOW_DATABASE_URL"),
        ("WINNOW_WEBPROCESSES", "WINNOW_WEB_PROCESSES"),
        ("WINNOW_SECRETKEY_FILE", "WINNOW_SECRET_KEY"),
        ("WINNOW_DATABASE_URL", None),
        ("WINNOW_SECRET_KEY_FILE", None),
        ("WINNOW_KEY", None),
        ("WINNOW_TEST_DATABASE", None),
        ("WINNOW_REDIS_SERVICE_PORT", None),
        ("DATABSE_URL", None),
    ],
)
def test_a_misspelt_setting_is_told_with_the_one_that_was_meant(name: str, meant: str | None) -> None:
    told = [f"{name} is no setting, and is ignored. Is {meant} meant?"] if meant else []
    assert misspelt({name: "x", "HOME": "/root"}) == told


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("database_url", "postgres://db/winnow", "postgresql+psycopg://db/winnow"),
        ("public_url", "https://comments.example/", "https://comments.example"),
        ("webhook_allow", "10.0.0.0/8, fd00::/8", (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))),
        ("web_threads", "4", 4),
        ("demo", "off", False),
        ("rate_limit", "20 per minute", "20 per minute"),
        ("unjudged", "flag", "flag"),
        ("oidc_role", "viewer", "viewer"),
        ("oidc_match", "username", "username"),
        ("require_totp", "on", True),
        ("data_dir", "/var/lib/winnow", Path("/var/lib/winnow")),
    ],
)
def test_a_setting_is_read_as_its_type(name: str, text: str, value: object) -> None:
    assert getattr(from_environment(REQUIRED | {f"WINNOW_{name.upper()}": text}), name) == value


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    assert from_environment(REQUIRED | {"WINNOW_SECRET_KEY_FILE": str(tmp_path / "key")}).secret_keys == (KEY,)


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    twice = {"WINNOW_SECRET_KEY": KEY, "WINNOW_SECRET_KEY_FILE": str(tmp_path / "key")}
    with pytest.raises(SettingsError, match="both set"):
        from_environment(REQUIRED | twice)


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere.*cannot be read"):
        from_environment(REQUIRED | {"WINNOW_SECRET_KEY_FILE": str(tmp_path / "nowhere")})


def test_a_short_secret_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="fewer than 32"):
        from_environment(REQUIRED | {"WINNOW_SECRET_KEY": "changeme"})


def test_settings_do_not_show_their_secrets() -> None:
    given = {
        "WINNOW_SECRET_KEY": KEY,
        "WINNOW_DATABASE_URL": "postgresql://winnow:s3cret@db/winnow",
        "WINNOW_REDIS_URL": "redis://:s3cret@redis/0",
        "WINNOW_SMTP_URL": "smtp://winnow:s3cret@mail",
        "WINNOW_OIDC_CLIENT_SECRET": "s3cret",
    }
    said = repr(from_environment(REQUIRED | given))
    assert KEY not in said
    assert "s3cret" not in said


#: URLs with a password as somebody may write them who does not know how to.
WRONG_PASSWORDS = [
    "redis://:s3cret#@127.0.0.1:6379/0",
    "redis://:s3/cret@127.0.0.1/0",
    "redis://:s3?cret@127.0.0.1/0",
    "redis://:s3@cret@127.0.0.1/0",
    "redis://:s3cret[@127.0.0.1/0",
    "redis://:s3cret\uff0f@127.0.0.1/0",
    "redis://winnow:s3cret",
    "redis://:s3cret#",
    "redis://winnow:s3/cret@redis.example:6380/0",
    '"redis://:s3cret@redis/0"',
    "'redis://:s3cret@redis/0'",
    "http://:s3cret@redis/0",
    "redis+sentinel://:s3/cret@one:26379/mymaster",
    "redis+sentinel://:s3@cret@one:26379/mymaster",
    "redis+sentinel://:s3cret#@one:26379/mymaster",
]


@pytest.mark.parametrize("url", WRONG_PASSWORDS)
@pytest.mark.parametrize(("name", "scheme"), [("WINNOW_REDIS_URL", "redis:"), ("WINNOW_DATABASE_URL", "postgresql:")])
def test_a_password_that_is_not_spelt_for_a_url_is_refused_unseen(url: str, name: str, scheme: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        from_environment(REQUIRED | {name: url.replace("redis:", scheme)})
    assert "s3" not in str(refused.value)
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://:123456xxx%23@127.0.0.1:6379/0",
        "redis://winnow:p%40ss@redis",
        "redis://[::1]/0",
        "redis+sentinel://winnow:p%40ss@one:26379,[::1]:26380/mymaster/0?sentinel_password=hush",
    ],
)
def test_a_password_that_is_spelt_for_a_url_is_taken(url: str) -> None:
    assert from_environment(REQUIRED | {"WINNOW_REDIS_URL": f" {url}\r"}).redis_url == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://winnow:s3cret@db/winnow", "postgresql://***@db/winnow"),
        ("postgresql://db/winnow?user=winnow&password=s3cret", "postgresql://db/winnow?user=winnow&password=***"),
        ("redis://:s3/c@r#et@redis/0", "redis://***@redis/0"),
        ("redis://redis:6379/0", "redis://redis:6379/0"),
        ("redis://[::1]:6379/0", "redis://[::1]:6379/0"),
        ("sqlite:////srv/winnow.db", "sqlite:////srv/winnow.db"),
        ("redis://:s3cret", "redis://***"),
        ("redis+sentinel://one:26379,two:26379/main/0", "redis+sentinel://one:26379,two:26379/main/0"),
        (
            "redis+sentinel://:s3@one,two/main?sentinel_password=s3cret",
            "redis+sentinel://***@one,two/main?sentinel_password=***",
        ),
        ("redis+sentinel://:s3cret", "redis+sentinel://***"),
        ("redis:s3cret@redis:6379", "***@redis:6379"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, said: str) -> None:
    assert shown(url) == said


def test_a_public_address_with_a_path_is_refused() -> None:
    with pytest.raises(SettingsError, match="host name of its own"):
        from_environment(REQUIRED | {"WINNOW_PUBLIC_URL": "https://example.com/winnow"})


@pytest.mark.parametrize("issuer", ["https://login.example.com/realms/news/", "http://localhost:8080"])
def test_an_issuer_needs_a_client_id_and_keeps_its_secret(issuer: str) -> None:
    given = REQUIRED | {"WINNOW_OIDC_ISSUER": issuer}
    with pytest.raises(SettingsError, match="WINNOW_OIDC_CLIENT_ID must be too"):
        from_environment(given)
    found = from_environment(given | {"WINNOW_OIDC_CLIENT_ID": "winnow", "WINNOW_OIDC_CLIENT_SECRET": "hushhush"})
    assert found.oidc_issuer == issuer.rstrip("/")
    assert "hushhush" not in repr(found)


def test_unset_settings_mean_the_data_directory(tmp_path: Path) -> None:
    found = environment.read({"WINNOW_DATA_DIR": str(tmp_path)})
    assert found.database_url == f"sqlite:///{tmp_path}/winnow.db"
    assert found.redis_url == embedded_redis.url(tmp_path)
    assert found.secret_keys == ()


def test_the_data_directory_is_winnow_data_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert environment.read({}).data_dir == tmp_path / "winnow-data"


def test_the_option_wins_over_the_environment(tmp_path: Path) -> None:
    found = environment.read({"WINNOW_DATA_DIR": "/elsewhere"}, tmp_path)
    assert (found.data_dir, found.database_url) == (tmp_path, f"sqlite:///{tmp_path}/winnow.db")


def test_the_generated_secret_key_is_private_kept_and_read(tmp_path: Path) -> None:
    environment.generate_secret_key(tmp_path)
    path = environment.secret_key_path(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = environment.read({"WINNOW_DATA_DIR": str(tmp_path)})
    assert found.secret_keys == (path.read_text().strip(),)
    assert len(found.secret_keys[0]) >= 32


def test_who_reads_while_the_secret_key_is_made_finds_none_or_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[tuple[str, ...]] = []
    begin = os.fdopen

    def begin_to_write(*arguments: Any, **named: Any) -> Any:
        found.append(environment.read({}, tmp_path).secret_keys)
        return begin(*arguments, **named)

    monkeypatch.setattr(os, "fdopen", begin_to_write)
    environment.generate_secret_key(tmp_path)
    assert found == [()]
    assert len(environment.read({}, tmp_path).secret_keys) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


def test_a_secret_key_that_comes_just_after_it_was_looked_for_is_no_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: True)
    assert environment.read({}, tmp_path).secret_keys == ()


@pytest.mark.usefixtures("with_links_or_without")
def test_of_two_secret_keys_that_are_made_at_once_the_first_stays(tmp_path: Path) -> None:
    environment.generate_secret_key(tmp_path)
    first = environment.read({}, tmp_path).secret_keys
    environment.generate_secret_key(tmp_path)
    assert environment.read({}, tmp_path).secret_keys == first
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize("text", ["", "  \n", "cut off", ","])
def test_a_key_file_that_holds_no_key_is_named(text: str, tmp_path: Path) -> None:
    path = environment.secret_key_path(tmp_path)
    path.write_text(text)
    with pytest.raises(OperatorError, match=f"{path} holds no whole key"):
        environment.read({}, tmp_path)


def test_a_key_file_may_hold_the_new_key_and_the_old_one(tmp_path: Path) -> None:
    environment.secret_key_path(tmp_path).write_text(f"{KEY},{KEY[:-1]}x\n")
    assert environment.read({}, tmp_path).secret_keys == (KEY, f"{KEY[:-1]}x")


@pytest.mark.parametrize("given", [{}, {"WINNOW_SECRET_KEY": KEY, "WINNOW_DATABASE_URL": "postgresql://db/w"}])
def test_children_read_the_same_settings(given: dict[str, str], tmp_path: Path) -> None:
    environment.generate_secret_key(tmp_path)
    given = given | {"WINNOW_DATA_DIR": "/elsewhere"}
    found = environment.read(given, tmp_path, public_url="http://127.0.0.1:9999")
    assert from_environment(environment.for_children(given, found)) == found


def test_a_command_without_data_says_where_to_begin(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"Run `winnow up` first"):
        environment.require_data(environment.read({"WINNOW_DATA_DIR": str(tmp_path)}))


def test_a_long_data_directory_gets_a_socket_that_fits(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    address = embedded_redis.url(deep)
    assert len(address.removeprefix("unix://")) < 104
    assert address == embedded_redis.url(deep)
    assert address != embedded_redis.url(tmp_path)
