"""What makes hundreds of tests quick, and none red by chance; it changes nothing that they see."""

from __future__ import annotations

import functools
import shutil
import ssl
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis
import structlog
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from moderation import redis_address, store
from moderation.decisions import second_looks
from moderation.identities import keyring
from moderation.people import accounts
from moderation.sites.site_settings import SiteSettings

if TYPE_CHECKING:
    import pytest
    from jinja2.bccache import Bucket

_TIMEOUTS = {"socket_timeout", "socket_connect_timeout"}
_MEMORY = Path("/dev/shm")
_ENOUGH = 2 << 30  # bytes; containers often have 64 MiB there, which one PostgreSQL fills


def directory(prefix: str) -> Path:
    """A new directory, in memory where there is room: making a database writes 9 MB, and disks are often busy."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH
    return Path(tempfile.mkdtemp(prefix=prefix, dir=_MEMORY if roomy else None))


class _KeptTemplates(BytecodeCache):
    """Compiled templates, kept in this process for the next application."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


def hash_passwords_quickly(patch: pytest.MonkeyPatch) -> None:
    """argon2 with little work: one sign-in that is as slow as it should be takes a tenth of a second of a core."""
    patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def draw_nobody_by_chance(patch: pytest.MonkeyPatch) -> None:
    """A site that chose no shares has one comment in a hundred looked at twice: no test may depend on which.

    It is by the comment's id, which is chance. Tests of second looks choose their shares.
    """
    share, unchosen = second_looks._share, SiteSettings()

    def chosen(settings: SiteSettings, actor: str) -> float:
        same = settings.second_look_automatic == unchosen.second_look_automatic
        automatic = 0.0 if same else settings.second_look_automatic
        same = settings.second_look_moderators == unchosen.second_look_moderators
        moderators = 0.0 if same else settings.second_look_moderators
        return share(replace(settings, second_look_automatic=automatic, second_look_moderators=moderators), actor)

    patch.setattr(second_looks, "_share", chosen)


def wait_for_redis(patch: pytest.MonkeyPatch, url: str) -> None:
    """Winnow gives up a call to Redis after a second, for which a busy machine may well let one wait.

    Only for the Redis at this address, which nobody freezes or kills.
    """
    open_client = redis_address.open_client

    def open_patiently(to: str, **options: Any) -> redis.Redis:
        patience = {name: 30.0 for name in options if name in _TIMEOUTS} if to == url else {}
        return open_client(to, **options | patience)

    patch.setattr(redis_address, "open_client", open_patiently)


def look_at_keys_once(patch: pytest.MonkeyPatch) -> None:
    """A process looks every five seconds whether encryption has changed: no test of statements may depend on when.

    Who changes it looks again by itself.
    """
    patch.setattr(keyring, "LOOK_AGAIN", 3600.0)


def log_plainly() -> None:
    """A traceback in a log line is drawn in frames and colours otherwise, which takes longer than most requests."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])


def compile_routes_and_templates_once(patch: pytest.MonkeyPatch) -> None:
    """Of the many applications that tests make, each would compile the same 130 routes and the same templates."""
    patch.setattr(Flask, "jinja_options", {"bytecode_cache": _KeptTemplates()})
    compile_rule, kept = Rule.compile, dict[Any, Rule]()

    def compile_once(rule: Rule) -> None:
        key = (rule.subdomain, rule.rule, rule.merge_slashes, rule.is_leaf, repr(rule.defaults))
        if key not in kept:
            compile_rule(rule)
            kept[key] = rule
        like = kept[key]
        rule._parts, rule._trace, rule._converters = like._parts, like._trace, like._converters
        rule.arguments.update(like.arguments)
        for name in ("_build", "_build_unknown"):
            setattr(rule, name, getattr(like, name).__func__.__get__(rule))

    patch.setattr(Rule, "compile", compile_once)


def read_certificates_once(patch: pytest.MonkeyPatch) -> None:
    """Whoever sends webhooks reads the system's certificates once in a process; tests make hundreds of senders."""
    patch.setattr(ssl, "create_default_context", functools.cache(ssl.create_default_context))


def compile_statements_once(patch: pytest.MonkeyPatch) -> None:
    """Each test opens a database of its own, for which the same statements would be compiled again."""
    open_engine, compiled = store.open_engine, LRUCache[Any, Any](5000)

    def open_with_what_is_compiled(url: str, pool_size: int) -> Engine:
        engine = open_engine(url, pool_size)
        engine._compiled_cache = compiled
        return engine

    patch.setattr(store, "open_engine", open_with_what_is_compiled)
    # A dialect is a part of what a compiled statement is found by: those of one kind are the same here.
    patch.setattr(DefaultDialect, "__eq__", lambda self, other: type(self) is type(other))
    patch.setattr(DefaultDialect, "__hash__", lambda self: hash(type(self)))
