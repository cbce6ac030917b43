"""The settings of `winnow up` and the small commands, with defaults where the environment says nothing.

`winnow up` in one shell and `winnow site create` in another must mean the same database without being told.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from moderation import settings as settings_module
from moderation.settings import Settings, SettingsError
from operations import data_dir as directories
from operations import embedded_redis
from operations.errors import OperatorError

DEFAULT_DATA_DIR = Path("winnow-data")


def read(environ: Mapping[str, str], data_dir: Path | None = None, **defaults: Any) -> Settings:
    """The settings, with SQLite, the embedded Redis and the generated secret key of the data directory as defaults."""
    directory = resolve_data_dir(environ, data_dir)
    if data_dir is not None:
        environ = {name: value for name, value in environ.items() if not name.startswith("WINNOW_DATA_DIR")}
    settings = settings_module.from_environment(
        environ,
        **{
            "data_dir": directory,
            "database_url": _sqlite_url(directory),
            "redis_url": embedded_redis.url(directory),
            "public_url": _running_at(directory),
            **defaults,
        },
    )
    if not settings.secret_keys:
        settings = dataclasses.replace(settings, secret_keys=_stored_keys(secret_key_path(directory)))
    return dataclasses.replace(settings, data_dir=directory)


def resolve_data_dir(environ: Mapping[str, str], data_dir: Path | None) -> Path:
    """The data directory: `data_dir`, else WINNOW_DATA_DIR, else ./winnow-data."""
    if data_dir is None:
        defaults = {"data_dir": DEFAULT_DATA_DIR, "database_url": "", "redis_url": ""}
        relevant = {name: value for name, value in environ.items() if name.startswith("WINNOW_DATA_DIR")}
        data_dir = settings_module.from_environment(relevant, **defaults).data_dir
    return data_dir.expanduser().absolute()


def secret_key_path(data_dir: Path) -> Path:
    """Where the generated secret key is kept."""
    return data_dir / "secret_key"


def address_path(data_dir: Path) -> Path:
    """The file in which `winnow up` writes its public address."""
    return data_dir / "address"


def generate_secret_key(data_dir: Path) -> None:
    """Create the key that encrypts stored secrets, unless there is one. Only the file's owner can read it."""
    directories.write_whole(secret_key_path(data_dir), secrets.token_urlsafe(32) + "\n", over=False)


def for_children(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The environment in which a child process reads these same settings."""
    result = dict(environ)
    chosen = {
        "WINNOW_DATA_DIR": str(settings.data_dir),
        "WINNOW_DATABASE_URL": settings.database_url,
        "WINNOW_REDIS_URL": settings.redis_url,
        "WINNOW_PUBLIC_URL": settings.public_url,
        "WINNOW_SECRET_KEY_FILE": str(secret_key_path(settings.data_dir)),
    }
    for name, value in chosen.items():
        plain = name.removesuffix("_FILE")
        if not (result.get(plain) or result.get(f"{plain}_FILE")) or name == "WINNOW_DATA_DIR":
            result[name] = value
    result.pop("WINNOW_DATA_DIR_FILE", None)
    return result


def require_data(settings: Settings) -> None:
    """Raises OperatorError where the default database is to be used, and does not exist yet."""
    if settings.database_url == _sqlite_url(settings.data_dir) and not (settings.data_dir / "winnow.db").exists():
        raise OperatorError(
            f"There is no Winnow data in {settings.data_dir}. Run `winnow up` first, or set WINNOW_DATA_DIR or "
            "WINNOW_DATABASE_URL to where it is."
        )


def _sqlite_url(data_dir: Path) -> str:
    return URL.create("sqlite", database=str(data_dir / "winnow.db")).render_as_string()


def _running_at(data_dir: Path) -> str:
    return _read(address_path(data_dir)) or "http://127.0.0.1:8000"


def _stored_keys(path: Path) -> tuple[str, ...]:
    if (text := _read(path)) is None:
        return ()
    with suppress(SettingsError):
        if keys := settings_module.read_secret_keys(text):
            return keys
    raise OperatorError(
        f"{path} holds no whole key of 32 characters or more: it is empty, or was altered. Put the key from your "
        "backup there. If there is none, move the file away: `winnow up` makes another key, by which what the old one "
        "encrypted cannot be read."
    )


def _read(path: Path) -> str | None:
    """What the file holds; None where there is none."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperatorError(
            f"{path} cannot be read: {error.strerror}. Run this as the user that runs `winnow up`."
        ) from None
