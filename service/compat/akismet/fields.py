"""What clients send: any number of fields, of which these are understood, and none but `blog` must make sense."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import request

from moderation import clock
from moderation.intake.submissions import Submission
from moderation.sites import sites
from texts import links

Fields = Mapping[str, str]

#: WordPress takes comments of up to 65,525 characters.
LONGEST_TEXT = 70_000
#: Somebody without a name.
_NAMELESS = "Anonymous"
#: What the plugin adds to a visitor's comment, or to one that it asks about again, and to nothing else.
_OF_THE_CHECK = frozenset({"callback", "akismet_comment_nonce", "recheck_reason"})
#: Types whose author is not a person but a page, whose title is part of what is said.
_FROM_A_PAGE = frozenset({"trackback", "pingback"})

_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = re.compile(r"(['\"\\])")
#: Client's clocks are in milliseconds: what is less was never one.
_LEAST_MILLISECONDS = 10**12
_LONGEST_VISIT = 86_400.0


def read() -> Fields:
    """The first of each field, from the body (form-encoded, whatever the method) or else the address.

    Raises:
        werkzeug.exceptions.RequestEntityTooLarge: there is too much.
    """
    return request.args.to_dict() | request.form.to_dict()


def key_of(fields: Fields) -> str:
    """The key: `api_key`, in older calls `key`, or else the first label of the host, as in `key.example.org`."""
    sent = fields.get("api_key") or fields.get("key")
    if sent:
        return sent.strip()
    label = request.host.partition(":")[0].partition(".")[0]
    return label if len(label) == sites.COMPAT_KEY_LENGTH else ""


def asks_again() -> bool:
    """Whether this is WordPress's own check of a comment, the one caller that keeps one without a verdict waiting.

    The Akismet plugin sends these fields with comments alone. Forms, forums and shops that borrow its address, or even
    its agent, take everything but `true` for "not spam".
    """
    sent = read()
    is_plugin = re.match(r"WordPress/\S+ \| Akismet/", request.headers.get("User-Agent", "")) is not None
    return is_plugin and "comment_post_ID" in sent and not _OF_THE_CHECK.isdisjoint(sent)


def is_set(fields: Fields, name: str) -> bool:
    """Whether a switch such as `is_test` is on."""
    return fields.get(name, "").strip().lower() not in {"", "0", "false"}


def roles(fields: Fields) -> set[str]:
    """The author's roles on the client's site."""
    return {role.strip().lower() for role in fields.get("user_role", "").split(",")} - {""}


def text_of(fields: Fields) -> str:
    """What is scored, and what feedback is about: the comment, and the name where that is a page's title."""
    text = _clean(fields.get("comment_content", ""))
    if text and fields.get("comment_type", "").lower() not in _FROM_A_PAGE:
        return text
    return "\n".join(part for part in (_clean(fields.get("comment_author", "")), text) if part)


def submission_of(fields: Fields, text: str) -> Submission:
    """A check's fields in our words."""
    user_id = fields.get("user_id") or fields.get("user_ID") or ""
    url = _clean(fields.get("comment_author_url", ""))
    return Submission(
        name=_line(fields, "comment_author", 200) or _NAMELESS,
        comment=text,
        thread=(_line(fields, "permalink", 500) or _line(fields, "blog", 500)),
        email=_line(fields, "comment_author_email", 320),
        url=url if links.is_address(url) and len(url) <= 2000 else None,
        ip=_address(fields.get("user_ip", "")),
        user_agent=_line(fields, "user_agent", 1000),
        user_id=user_id.strip()[:200] if user_id.strip() not in {"", "0"} else None,
        created_at=_moment(fields.get("comment_date_gmt", "")),
    )


def signals_of(fields: Fields) -> dict[str, Any]:
    """What else is known beside the text, by the names that the classifier documents."""
    known: dict[str, Any] = {"honeypot": _honeypot(fields), "seconds_on_page": _seconds_on_page(fields)}
    known["comment_type"] = _line(fields, "comment_type", 40)
    return {name: value for name, value in known.items() if value is not None}


def unslashed(text: str) -> str:
    """A text without the backslashes that WordPress adds before quotes and backslashes, if it has added them."""
    if "\\" not in text:
        return text
    plain = _ESCAPED.sub(r"\1", text)
    return plain if _ESCAPES.sub(r"\\\1", plain) == text else text


def _honeypot(fields: Fields) -> bool | None:
    """Whether a field that people do not see was filled in; None where there is no such field."""
    names = [fields.get("honeypot_field_name", ""), "POST_ak_hp_textarea"]
    values = [fields[name] for name in (*names, f"POST_{names[0]}") if name in fields]
    return any(value.strip() for value in values) if values else None


def _seconds_on_page(fields: Fields) -> float | None:
    """From when the form was shown until it was sent, by the visitor's clock, or else until now, by ours."""
    shown = _milliseconds(fields.get("POST_ak_js", ""))
    if shown is None:
        return None
    sent = _milliseconds(fields.get("POST_ak_bfs", ""))
    seconds = (sent if sent is not None else time.time() * 1000) / 1000 - shown / 1000
    return round(seconds, 1) if 0 <= seconds <= _LONGEST_VISIT else None


def _milliseconds(text: str) -> float | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        return None
    return float(text) if float(text) >= _LEAST_MILLISECONDS else None


def _line(fields: Fields, name: str, longest: int) -> str | None:
    return " ".join(_clean(fields.get(name, "")).split())[:longest] or None


def _clean(text: str) -> str:
    return _UNSTORABLE.sub("", unslashed(text)).strip()


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip().partition("%")[0]))
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """A moment in UTC, if it has passed."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found if datetime(1990, 1, 1, tzinfo=UTC) <= found <= clock.now() else None
