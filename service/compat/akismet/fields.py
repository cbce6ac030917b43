"""Reads the fields that clients send. Unknown fields are ignored, and only `blog` must be there.

Akismet needs `user_ip` as well. Clients that leave out what is empty publish on its error, so we judge without.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import g, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from moderation import addresses, clock
from moderation.intake.submissions import Submission
from moderation.sites import sites
from service import form_encoding
from texts import links, names, visibility

Fields = Mapping[str, str]

#: WordPress takes comments of up to 65,525 characters.
LONGEST_TEXT = 70_000
#: Characters of a client's own id that are kept.
LONGEST_ID = 40
_LONGEST_NAME, _LONGEST_EMAIL, _LONGEST_URL = 200, 320, 2000
#: The name of an author without one.
_NAMELESS = "Anonymous"
#: Fields that the plugin sends only with a visitor's comment, or with one that it asks about again.
_OF_THE_CHECK = frozenset({"callback", "akismet_comment_nonce", "recheck_reason"})
#: Types whose author is a page, so that the name is a title and belongs to the text.
_FROM_A_PAGE = frozenset({"trackback", "pingback"})
#: Types that may have a name and no text.
_WITHOUT_TEXT = frozenset({"signup", "registration"}) | _FROM_A_PAGE

#: Bytes that are never in a form that was encoded.
_NEVER_ENCODED = re.compile(rb"[\x00-\x20\"<>\x7f-\xff]")
#: The fields that people fill in, and how they begin in a body.
_SHOWN = frozenset({"comment_content", "comment_author"})
_SHOWN_BYTES = frozenset(name.encode() for name in _SHOWN)
_TEXTS = tuple(f"{name}=".encode() for name in _SHOWN)
#: Bytes of a text that could not be read: this many, and this share of it, are more than a few accents.
_MANY_LOST, _SHARE_LOST = 4, 0.2
#: The fields that Akismet documents or its plugins send, and PHP's names of headers.
_NAMES = re.compile(
    rb"api_key|key|blog(?:_lang|_charset)?|user_(?:ip|agent|role|id|ID)|referrer|permalink|is_test|recheck_reason|"
    rb"content_type|honeypot_field_name|hidden_honeypot_field|callback|reporter|"
    rb"comment_(?:type|author|author_email|author_url|content|date|date_gmt|post_modified_gmt|parent|ID|post_ID|"
    rb"check_response|context|agent|approved|karma|author_IP)(?:\[.*\])?|"
    rb"akismet_[a-z_]+|POST_.+|HTTPS|"
    rb"(?:CONTENT|CONTEXT|DOCUMENT|GATEWAY|GEOIP|HTTP|ORIG|PATH|PHP|QUERY|REDIRECT|REMOTE|REQUEST|SCRIPT|SERVER|SSL)_[A-Z0-9_]+"
)
#: The fields by which a site vouches for somebody.
_VOUCHING = frozenset({b"user_role", b"user_id", b"user_ID"})
#: Fields in which words are nothing odd. A text may say so of itself, but then there are two of them.
_IN_WORDS = frozenset({b"user_agent", b"comment_agent", b"HTTP_USER_AGENT", b"SERVER_SOFTWARE", b"SERVER_SIGNATURE"})
_WORDS = re.compile(rb"[A-Za-z\x80-\xff][ +]+[A-Za-z\x80-\xff]")

_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = re.compile(r"(['\"\\])")
#: A browser's clock is in milliseconds; a smaller number is not a moment of it.
_LEAST_MILLISECONDS = 10**12
_LONGEST_VISIT = 86_400.0
_MOST_LANGUAGES = 10


class MissingField(Exception):
    """A call lacks a field that it must have; `name` is the field's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read() -> Fields:
    """The fields, from the body (form-encoded, whatever the method) or else the address. The first of a name counts.

    Of texts all count, because clients differ in which of them they show.

    The charset is that of the Content-Type, else `blog_charset`, else UTF-8. Bytes that cannot be read are left out, as
    a reader will see the text.

    Raises:
        werkzeug.exceptions.HTTPException: the form is too large or broken.
    """
    if "akismet_fields" not in g:
        body, _ = form_encoding.read_body(most=request.max_form_parts or 0, fields_of=_urlencoded)
        _require_form(body)
        all_fields = [*body, *form_encoding.urlencoded(request.query_string)]
        charset = _charset(all_fields)
        values: dict[str, dict[str, None]] = {}
        g.akismet_lost = False
        for field in all_fields:
            codec = form_encoding.codec(field.charset) or charset
            value = field.value.decode(codec, "ignore")
            values.setdefault(field.name.decode(codec, "ignore"), {})[value] = None
            if field.name in _SHOWN_BYTES and _lost(field.value, value, codec):
                g.akismet_lost = True
        g.akismet_fields = {
            name: "\n".join(different) if name in _SHOWN else next(iter(different))
            for name, different in values.items()
        }
    form: Fields = g.akismet_fields
    return form


def blog_of(form: Fields) -> str:
    """The address of the site that calls, as it names itself.

    Raises:
        MissingField: it does not.
    """
    blog = form.get("blog", "")
    if not blog.strip():
        raise MissingField("blog")
    return blog


def _lost(sent: bytes, read_as: str, codec: str) -> bool:
    if codec == "utf-8" and (sent.isascii() or len(read_as) == len(sent)):  # as nearly all are
        return False
    lost = len(sent) - len(read_as.encode(codec, "ignore"))
    return lost >= _MANY_LOST and lost > _SHARE_LOST * len(sent)


def require_any() -> None:
    """Refuse a call without any field: a redirect, such as one to https, makes a POST a GET and loses the form.

    Raises:
        werkzeug.exceptions.BadRequest: nothing came.
    """
    if not read():
        raise BadRequest("No field came.")


def lost_its_letters() -> bool:
    """Whether the comment or its name is in a charset that nobody named: what can be read says little of it."""
    read()
    return bool(g.akismet_lost)


def _require_form(body: Sequence[form_encoding.Field]) -> None:
    """Refuse a body without any field that we know: JSON, compressed, UTF-16. Its key may be right: not `invalid`."""
    if body and not any(_NAMES.fullmatch(field.name) for field in body):
        raise UnsupportedMediaType("The body is not form-encoded.")


def _charset(all_fields: Sequence[form_encoding.Field]) -> str:
    of_the_blog = next(
        (field.value.decode("ascii", "ignore") for field in all_fields if field.name == b"blog_charset"), None
    )
    return form_encoding.codec(form_encoding.declared_charset()) or form_encoding.codec(of_the_blog) or "utf-8"


def _urlencoded(data: bytes) -> list[form_encoding.Field]:
    """The fields of a body. For a client that encodes nothing, an `&` within a text does not end the text.

    What follows it may be the client's or typed. Where it reads like words or is there twice it counts as both, and
    whom the site vouches for is not believed.
    """
    as_it_is = _NEVER_ENCODED.search(data.strip()) is not None
    sent = data.split(b"&" if as_it_is else _separator(data))
    times = Counter(pair.partition(b"=")[0] for pair in sent)
    pairs: list[list[bytes]] = []
    text: list[bytes] | None = None
    for pair in sent:
        name, sign, value = pair.partition(b"=")
        is_documented = _NAMES.fullmatch(form_encoding.decoded(name)) is not None
        belongs = not is_documented and (as_it_is or (bool(pair) and not sign))
        says = (
            as_it_is
            and is_documented
            and (times[name] > 1 or (name not in _IN_WORDS and _WORDS.search(value) is not None))
        )
        if text is not None and not pair.startswith(_TEXTS):
            text += [pair] if belongs or says else []
            if belongs or (as_it_is and name in _VOUCHING):
                continue
        if pair:
            pairs.append([pair])
            text = pairs[-1] if pair.startswith(_TEXTS) else text
    return [form_encoding.pair_field(b"&".join(parts)) for parts in pairs]


def _separator(encoded: bytes) -> bytes:
    """What stands between the fields. PHP's `arg_separator.output` makes it `&amp;` or `;` on some servers."""
    if b"&" not in encoded:
        return b";"
    return b"&amp;" if encoded.count(b"&") == encoded.count(b"&amp;") else b"&"


def key_of(fields: Fields) -> str:
    """The key: `api_key`, in older calls `key`, else the first label of the host, as in `key.example.org`."""
    key = fields.get("api_key") or fields.get("key")
    if key:
        return key.strip()
    label = request.host.partition(":")[0].partition(".")[0]
    return label if len(label) == sites.COMPAT_KEY_LENGTH else ""


def asks_again() -> bool:
    """Whether this is WordPress's own check of a comment. Only that keeps a comment without a verdict waiting.

    The Akismet plugin sends these fields only with comments. Forms, forums and shops that use its address, or even its
    User-Agent, take everything but `true` for "not spam".
    """
    form = read()
    is_plugin = re.match(r"WordPress/\S+ \| Akismet/", request.headers.get("User-Agent", "")) is not None
    return is_plugin and "comment_post_ID" in form and not _OF_THE_CHECK.isdisjoint(form)


def is_set(fields: Fields, name: str) -> bool:
    """Whether a switch such as `is_test` is on."""
    return fields.get(name, "").strip().lower() not in {"", "0", "false"}


def roles(fields: Fields) -> set[str]:
    """The author's roles on the client's site."""
    return {role.strip().lower() for role in fields.get("user_role", "").split(",")} - {""}


def text_of(fields: Fields) -> str:
    """What is scored, and what feedback is about: the comment, what other fields hold that do not fit there, and the
    name where that is a page's title.

    Empty where there should be a text and none can be seen: it may have come in a field that we do not know.
    """
    kind = _kind(fields).lower()
    text = "\n".join(filter(None, (_clean(fields.get("comment_content", "")), *_misplaced(fields))))
    if not visibility.can_be_seen(text, unknown_tags=True):
        text = ""
        if kind not in _WITHOUT_TEXT:
            return ""
    if text and kind not in _FROM_A_PAGE:
        return text
    words = "\n".join(part for part in (_clean(fields.get("comment_author", "")), text) if part)
    return words if visibility.can_be_seen(words, unknown_tags=True) else ""


def _misplaced(fields: Fields) -> Iterator[str]:
    """The texts that stand where a short name or an address belongs, and would be cut or left out."""
    name, email = _clean(fields.get("comment_author", "")), _clean(fields.get("comment_author_email", ""))
    if len(name) > _LONGEST_NAME:
        yield name
    if len(email) > _LONGEST_EMAIL:
        yield email
    url = _clean(fields.get("comment_author_url", ""))
    if len(url) > _LONGEST_URL or (not links.is_address(url) and names.in_address(url)):
        yield url


def submission_of(fields: Fields, text: str) -> Submission:
    """The submission that a check's fields describe."""
    user_id = fields.get("user_id") or fields.get("user_ID") or ""
    url, page = (_clean(fields.get(name, "")) for name in ("comment_author_url", "permalink"))
    return Submission(
        name=_line(fields, "comment_author", _LONGEST_NAME) or _NAMELESS,
        comment=text,
        thread=(_line(fields, "permalink", 500) or _line(fields, "blog", 500)),
        email=_line(fields, "comment_author_email", _LONGEST_EMAIL),
        url=url if _fits(url) else None,
        thread_url=page if _fits(page) else None,
        ip=addresses.read(fields.get("user_ip", "")),
        user_agent=_line(fields, "user_agent", 1000),
        user_id=user_id.strip()[:200] if user_id.strip() not in {"", "0"} else None,
        created_at=_moment(fields.get("comment_date_gmt", "")),
    )


def _fits(url: str) -> bool:
    return links.is_address(url) and len(url) <= _LONGEST_URL


def languages_of(fields: Fields) -> list[str]:
    """What the client's site is written in: a comment that tells nothing of its language may be in one of these."""
    return [tag.strip()[:35] for tag in fields.get("blog_lang", "").split(",")[:_MOST_LANGUAGES] if tag.strip()]


def signals_of(fields: Fields) -> dict[str, Any]:
    """The signals beside the text, by the names that the classifier documents."""
    signals: dict[str, Any] = {"honeypot": _honeypot(fields), "seconds_on_page": _seconds_on_page(fields)}
    signals["comment_type"] = _kind(fields)[:40] or None
    return {name: value for name, value in signals.items() if value is not None}


def _kind(fields: Fields) -> str:
    """What sort of text it is. Discourse says it by another name."""
    return _line(fields, "comment_type", 200) or _line(fields, "content_type", 200) or ""


def unslashed(text: str) -> str:
    """A text without the backslashes that WordPress adds before quotes and backslashes, if it has them all."""
    if "\\" not in text:
        return text
    plain = _ESCAPED.sub(r"\1", text)
    return plain if _ESCAPES.sub(r"\\\1", plain) == text else text


def _honeypot(fields: Fields) -> bool | None:
    """Whether a field that people cannot see was filled in; None where there is no such field."""
    names = [fields.get("honeypot_field_name", ""), "POST_ak_hp_textarea"]
    values = [fields[name] for name in (*names, f"POST_{names[0]}") if name in fields]
    return any(value.strip() for value in values) if values else None


def _seconds_on_page(fields: Fields) -> float | None:
    """The seconds from showing the form to sending it, by the visitor's clock; or to now, by ours."""
    shown = _milliseconds(fields.get("POST_ak_js", ""))
    if shown is None:
        return None
    sent_at = _milliseconds(fields.get("POST_ak_bfs", ""))
    seconds = (sent_at if sent_at is not None else time.time() * 1000) / 1000 - shown / 1000
    return round(seconds, 1) if 0 <= seconds <= _LONGEST_VISIT else None


def _milliseconds(text: str) -> float | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        return None
    return float(text) if float(text) >= _LEAST_MILLISECONDS else None


def _line(fields: Fields, name: str, longest: int) -> str | None:
    return " ".join(_clean(fields.get(name, "")).split())[:longest] or None


def _clean(text: str) -> str:
    return _UNSTORABLE.sub("", unslashed(text)).strip()


def _moment(text: str) -> datetime | None:
    """A past moment in UTC; None for any other text."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment if datetime(1990, 1, 1, tzinfo=UTC) <= moment <= clock.now() else None
