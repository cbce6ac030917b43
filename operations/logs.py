"""Logs: one line for each event, for people or as JSON, through structlog, with the logs of other libraries.

Logs never hold what people wrote: such fields are withheld by name, and tokens, addresses and values that databases
quote in their errors are struck out of every message.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from moderation import tracing
from texts.controls import printable

WITHHELD = "[withheld]"

_PRIVATE_FIELDS = frozenset(
    (
        *("text", "comment", "body", "content", "payload", "note"),
        *("name", "author", "email", "ip", "user_agent"),
        *("key", "api_key", "token", "password", "secret", "secret_key", "authorization", "cookie"),
    )
)
#: Fields with tracebacks, which have many lines.
_OF_LINES = frozenset({"exception", "where"})
_STRUCK_OUT: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\[parameters: .*?\]$", re.DOTALL | re.MULTILINE), f"[parameters: {WITHHELD}]"),  # SQLAlchemy
    (re.compile(r"^DETAIL: .*$", re.MULTILINE), f"DETAIL: {WITHHELD}"),  # PostgreSQL quotes the row
    (re.compile(r"\b([a-z]{2,8}_[0-9a-f]{8})_[\w-]{20,}"), rf"\1_{WITHHELD}"),  # our tokens
    (re.compile(r"\bwhsec_[\w+/=-]+"), f"whsec_{WITHHELD}"),
    (re.compile(r"(?i)\b(bearer|basic) [\w+/=.~-]{8,}"), rf"\1 {WITHHELD}"),
    (re.compile(r"(://[^\s:/@]*):[^\s/@]+@"), rf"\1:{WITHHELD}@"),  # a password in a URL
    (re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+"), WITHHELD),
)
#: Loggers that would write a line for every job or request at their usual level.
_QUIET = {"rq": logging.WARNING, "_granian": logging.WARNING, "alembic": logging.WARNING, "urllib3": logging.ERROR}


def configure(log_format: Literal["console", "json"], *, part: str) -> None:
    """Send this process's logs to standard error. Each line names `part`, the process's role."""
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_part(part),
        _name_cause,
        structlog.processors.format_exc_info,
        withhold,
        *([one_line_each] if log_format == "console" else []),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(log_format)],
        )
    )
    handler.addFilter(_worth_a_line)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


#: For granian, which configures loggers in every process: it gets no handlers, so that ours write its lines.
GRANIAN: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}},
}


def withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor that strikes out what a log must not hold."""
    for field, value in event.items():
        if field in _PRIVATE_FIELDS:
            event[field] = WITHHELD
        elif isinstance(value, str):
            event[field] = strike_out(value)
        elif isinstance(value, BaseException):
            event[field] = type(value).__name__
    return event


def one_line_each(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor for terminals: what came from elsewhere begins no line and commands no terminal."""
    for field, value in event.items():
        if isinstance(value, str):
            event[field] = printable(value, keep="\n" if field in _OF_LINES else "")
    return event


def strike_out(text: str) -> str:
    """`text` without keys, e-mail addresses, passwords in URLs, and values quoted by database errors."""
    for pattern, replacement in _STRUCK_OUT:
        text = pattern.sub(replacement, text)
    return text


def _renderer(log_format: Literal["console", "json"]) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )


def _worth_a_line(record: logging.LogRecord) -> bool:
    # A filter on the handler, because RQ sets the level of its own loggers when it starts to work.
    return record.levelno >= _QUIET.get(record.name.partition(".")[0], logging.INFO)


def _name_part(part: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("part", part)
        return event

    return add


def _name_cause(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name, value in tracing.current().fields().items():
        event.setdefault(name, value)
    return event


def format_of_environment() -> Literal["console", "json"]:
    """The log format, for what has to be logged before the settings are read."""
    return "json" if os.environ.get("WINNOW_LOG_FORMAT") == "json" else "console"
