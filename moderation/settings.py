"""The operator's settings: one frozen record, read from the environment once and then passed on."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from moderation import redis_address

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Parts of a URL that may be a password, also in spellings that only some programs read.
_USER_AND_PASSWORD = re.compile(r"(?:(?<=://)|^(?!.*://)).*@", re.DOTALL)
_PASSWORD_WITHOUT_HOST = re.compile(r"(?<=://)(?!\[)[^/@]*:(?!\d{1,5}(?:,[\w.-]+:\d{1,5})*(?:[/?#]|$))[^@]*", re.DOTALL)
#: What Kubernetes sets in every pod for a service that is called winnow-….
_OF_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT)|_PORT(_|$)")
#: From this likeness on a name is taken for a setting's. WINNOW_KEY, as in our examples, is none.
_NEARLY = 0.7
_PASSWORD_IN_QUERY = re.compile(r"((?:pass|password|sslpassword|passwd|secret)=)[^&\s]*", re.IGNORECASE)


class SettingsError(Exception):
    """A setting is missing or malformed; the message names the variable and the mend."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, typed. `docs/operations.md` explains each for operators."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    #: A replica of a PostgreSQL database, on which long queries of the console and exports read.
    replica_url: str | None = field(default=None, repr=False)
    data_dir: Path
    #: The first key encrypts, all decrypt. Needed as soon as a secret has to be stored.
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    public_url: str = "http://127.0.0.1:8000"
    log_format: Literal["console", "json"] = "console"
    #: Private networks that webhooks may reach; none by default.
    webhook_allow: tuple[Network, ...] = ()
    #: Whether there is /demo/, a page on which anybody may comment.
    demo: bool = True
    #: How many reverse proxies in front of us set X-Forwarded-For; 0 ignores the header.
    trusted_proxies: int = 0
    max_body_bytes: int = 320 * 1024
    max_batch_bytes: int = 8 * 1024 * 1024
    #: Flask-Limiter notation, for each site key.
    rate_limit: str = "1000 per second"
    #: For each IP address: wrong keys, and attempts to sign in.
    rate_limit_auth: str = "30 per minute"
    #: For attributes of Perspective's protocol that Winnow has no score for: leave them out of the answer, or answer
    #: with Perspective's error.
    perspective_unsupported: Literal["drop", "error"] = "drop"
    #: What callers of Perspective's and OpenAI's protocols hear of a text that nobody could judge: an error, or the
    #: highest scores, so that a program that takes errors for "clean" keeps it for a person.
    unjudged: Literal["error", "flag"] = "error"
    #: When the reader that understands is asked beside the fast one (docs/classifier.md).
    reader: Literal["always", "unsure", "fast"] = "unsure"
    #: Requests with `Prefer: wait` that may hold a thread, for each web process.
    max_waiting: int = 4
    web_processes: int = 2
    web_threads: int = 16
    #: Console pages that may hold a live stream, for each web process; None: a quarter of its threads.
    max_event_streams: int | None = None
    #: Where the operator is told that comments wait too long: a URL, an e-mail address, or both. People choose for
    #: themselves on their own page; their e-mail leaves through the same server.
    alert_url: str | None = None
    alert_email: str | None = None
    smtp_url: str | None = field(default=None, repr=False)
    alert_pending_seconds: int = 300
    alert_review_seconds: int = 24 * 3600
    #: People are told when so many comments wait for a moderator on one site.
    alert_review_items: int = 500
    #: Whether everybody who has a password must set up an authenticator as well.
    require_totp: bool = False
    #: Whether spans are sent to a collector, which the variables of OpenTelemetry name (OTEL_…).
    tracing: bool = False
    #: Single sign-on by OpenID Connect; off without an issuer.
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    #: Its name on the button to sign in.
    oidc_name: str = "single sign-on"
    #: Which value of a new person is compared with users' names: their verified `email`, or their `username` there.
    oidc_match: Literal["email", "username"] = "email"
    #: The role on every site of a user who is created for a new person; None: none is created.
    oidc_role: Literal["admin", "moderator", "viewer", "none"] | None = None

    @property
    def event_streams(self) -> int:
        """How many event streams may hold a thread, for each web process."""
        return max(1, self.web_threads // 4) if self.max_event_streams is None else self.max_event_streams

    @property
    def secure_cookies(self) -> bool:
        """Cookies are marked Secure when the public address is https."""
        return self.public_url.startswith("https://")


def from_environment(environ: Mapping[str, str], **defaults: Any) -> Settings:
    """Read `WINNOW_*` from `environ`; `defaults` are the values of unset variables.

    Every variable may also be given as `<NAME>_FILE`, the path of a file that holds the value.

    Raises:
        SettingsError: a variable is required and absent, or cannot be read as its type.
    """
    values = dict(defaults)
    for name, parse in _READERS.items():
        text = _raw(environ, f"WINNOW_{name.upper()}")
        if text is None:
            continue
        try:
            values[name] = parse(text)
        except ValueError as error:
            value_shown = "" if name in _SECRETS else f" is {shown(text)!r}"
            raise SettingsError(f"WINNOW_{name.upper()}{value_shown}: {error}.") from None
    if (keys := _raw(environ, "WINNOW_SECRET_KEY")) is not None:
        values["secret_keys"] = read_secret_keys(keys)
    for name in ("database_url", "redis_url", "data_dir"):
        if name not in values:
            raise SettingsError(f"WINNOW_{name.upper()} is not set. Set it, or run `winnow up`, which needs nothing.")
    if values.get("replica_url") and not values["database_url"].startswith("postgresql"):
        raise SettingsError("WINNOW_REPLICA_URL is set, but WINNOW_DATABASE_URL is no PostgreSQL. Unset the first.")
    if values.get("oidc_issuer") and not values.get("oidc_client_id"):
        raise SettingsError("WINNOW_OIDC_ISSUER is set, so WINNOW_OIDC_CLIENT_ID must be too: the issuer tells you it.")
    return Settings(**values)


def misspelt(environ: Mapping[str, str]) -> list[str]:
    """A sentence about each variable that is no setting and nearly one: what it was meant to say holds for nothing."""
    known = [name.upper() for name in (*_READERS, "secret_key")]
    ours = {name: name.removeprefix("WINNOW_").removesuffix("_FILE") for name in environ if name.startswith("WINNOW_")}
    return [
        f"{name} is no setting, and is ignored. Is WINNOW_{nearest} meant?"
        for name, meant in sorted(ours.items())
        if meant not in known and not _OF_KUBERNETES.search(name)
        for nearest in get_close_matches(meant, known, n=1, cutoff=_NEARLY)
    ]


def shown(url: str) -> str:
    """`url` as it may be shown: without user and password, also where these are not spelt as a URL should have them."""
    masked = _USER_AND_PASSWORD.sub("***@", url)
    if masked == url:
        masked = _PASSWORD_WITHOUT_HOST.sub("***", url)
    return _PASSWORD_IN_QUERY.sub(r"\1***", masked)


def _raw(environ: Mapping[str, str], name: str) -> str | None:
    path = environ.get(f"{name}_FILE")
    if path:
        if environ.get(name):
            raise SettingsError(f"{name} and {name}_FILE are both set. Unset one of them.")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from None
    text = environ.get(name, "").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        raise SettingsError(f"{name} stands in quotation marks, which are part of the value here. Leave them out.")
    return text or None


def read_secret_keys(text: str) -> tuple[str, ...]:
    """The keys of a text, the one that encrypts first.

    Raises:
        SettingsError: one of them is too short.
    """
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if any(len(key) < 32 for key in keys):
        raise SettingsError(
            "WINNOW_SECRET_KEY holds a key of fewer than 32 characters. "
            'Make one with `python3 -c "import secrets; print(secrets.token_urlsafe(32))"`; '
            "to rotate, write the new key first and the old one after a comma."
        )
    return keys


def _database_url(text: str) -> str:
    scheme = text.partition("://")[0].partition("+")[0]
    if scheme == "sqlite":
        return text
    if scheme in {"postgresql", "postgres"}:
        _require_plain_password(text)
        return "postgresql+psycopg://" + text.partition("://")[2]
    raise ValueError("give a SQLAlchemy URL that starts with sqlite:// or postgresql://")


def _replica_url(text: str) -> str:
    if not (url := _database_url(text)).startswith("postgresql"):
        raise ValueError("only PostgreSQL has replicas, so it starts with postgresql://")
    return url


def _redis_url(text: str) -> str:
    if redis_address.is_sentinel(text):
        authority, slash, rest = text.partition("://")[2].partition("/")
        credentials, _, _ = authority.rpartition("@")
        _require_plain_password(f"redis://{credentials}@sentinel{slash}{rest}")
        redis_address.require_sentinel(text)
        return text
    if not text.startswith(redis_address.PLAIN):
        raise ValueError("give a URL that starts with redis://, rediss://, unix:// or redis+sentinel://")
    _require_plain_password(text)
    return text


def _require_plain_password(url: str) -> None:
    """Raises ValueError for a user or a password with a character that ends it when the URL is parsed."""
    try:
        parts = urlsplit(url)
    except ValueError:  # its own message may hold the password
        raise ValueError("it cannot be read; percent-encode its password: [ is %5B, ] is %5D") from None
    if "@" in parts.netloc.rpartition("@")[0] or any("@" in part for part in (parts.path, parts.query, parts.fragment)):
        raise ValueError("percent-encode its password: # is %23, / is %2F, ? is %3F, @ is %40")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("its port is no number; in a password, / is %2F, # is %23 and ? is %3F") from None


def _http_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("give a URL that starts with http:// or https://")
    return text.rstrip("/")


def _public_url(text: str) -> str:
    _http_url(text)
    if urlsplit(text).path.strip("/"):
        raise ValueError("it has a path, and Winnow needs a host name of its own, such as https://comments.example.com")
    return _http_url(text)


def _issuer(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ValueError("give a URL that starts with https://; who listens in could sign in as anybody")
    return _http_url(text)


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"choose {', '.join(choices[:-1])} or {choices[-1]}")
        return text

    return read


def _switch(text: str) -> bool:
    try:
        return {"on": True, "off": False}[text.lower()]
    except KeyError:
        raise ValueError("choose on or off") from None


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"write networks as 10.1.0.0/16,192.168.7.0/24 ({error})") from None


def _rate(text: str) -> str:
    from limits import parse  # noqa: PLC0415  (slow to import, and seldom needed)

    try:
        parse(text)
    except ValueError:
        raise ValueError("say how many and how often, such as 1000 per second or 30 per minute") from None
    return text


def _mail_server(text: str) -> str:
    if not text.startswith(("smtp://", "smtps://")):
        raise ValueError("give an address such as smtp://user:password@host:587?from=winnow@example.com, or smtps://…")
    return text


def _mail_address(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        raise ValueError("give one e-mail address")
    return text


def _whole_number(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise ValueError("give a whole number in digits alone, such as 300") from None
    if number < 0:
        raise ValueError("it must not be negative")
    return number


def _at_least_one(text: str) -> int:
    if (number := _whole_number(text)) < 1:
        raise ValueError("it must be at least 1")
    return number


#: Settings that are never shown, not even in errors.
_SECRETS = {"smtp_url", "oidc_client_secret"}
_READERS: dict[str, Any] = {
    "database_url": _database_url,
    "redis_url": _redis_url,
    "replica_url": _replica_url,
    "data_dir": lambda text: Path(text).expanduser(),
    "public_url": _public_url,
    "log_format": _one_of("console", "json"),
    "webhook_allow": _networks,
    "demo": _switch,
    "trusted_proxies": _whole_number,
    "max_body_bytes": _at_least_one,
    "max_batch_bytes": _at_least_one,
    "rate_limit": _rate,
    "rate_limit_auth": _rate,
    "perspective_unsupported": _one_of("drop", "error"),
    "unjudged": _one_of("error", "flag"),
    "reader": _one_of("always", "unsure", "fast"),
    "max_waiting": _whole_number,
    "web_processes": _at_least_one,
    "web_threads": _at_least_one,
    "max_event_streams": _whole_number,
    "alert_url": _http_url,
    "alert_email": _mail_address,
    "smtp_url": _mail_server,
    "alert_pending_seconds": _at_least_one,
    "alert_review_seconds": _at_least_one,
    "alert_review_items": _at_least_one,
    "require_totp": _switch,
    "tracing": _switch,
    "oidc_issuer": _issuer,
    "oidc_client_id": str,
    "oidc_client_secret": str,
    "oidc_name": str,
    "oidc_match": _one_of("email", "username"),
    "oidc_role": _one_of("admin", "moderator", "viewer", "none"),
}
