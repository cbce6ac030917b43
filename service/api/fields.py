"""Fields of the API's schemas. Shape only: nothing here asks the database."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields

from moderation import clock

#: What has no place in a name or an id: C0, DEL and C1.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: In prose, line breaks and tabs mean something; the rest is left over from word processors, and taken out.
_MEANINGLESS = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_NOT_IN_LINKS = re.compile(r"[\s\"<>\\^`{|}]")
#: A site's clock may be somewhat ahead of ours.
_AHEAD = timedelta(days=1)

_REQUIRED = "This field is required."


class Text(fields.Field[str]):
    """A text that every part of Winnow can store. Empty, it counts as null where that is allowed."""

    def __init__(self, *, longest: int, missing: str = _REQUIRED, **known: Any) -> None:
        super().__init__(error_messages={"required": missing, "null": missing}, **known)
        self.longest, self.missing = longest, missing
        describe(self, maxLength=longest)
        if not self.allow_none:
            describe(self, minLength=1)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        text = self.clean(require_text(value))
        if not text:
            if self.allow_none:
                return None
            raise ValidationError(self.missing)
        if len(text) > self.longest:
            raise ValidationError(f"It has {len(text):,} characters; at most {self.longest:,} fit.")
        return self.read(text)

    def clean(self, text: str) -> str:
        """The text without what means nothing."""
        return text.strip()

    def read(self, text: str) -> Any:
        """What the text stands for."""
        return text


class Line(Text):
    """One line of text, trimmed, without control characters."""

    def read(self, text: str) -> Any:
        if not text.isprintable() and CONTROL.search(text):
            raise ValidationError("It must not contain line breaks or other control characters.")
        return text


class Prose(Text):
    """Text of several lines, as it was sent but for control characters, of which line breaks and tabs remain."""

    def clean(self, text: str) -> str:
        if not text.isprintable():
            text = _MEANINGLESS.sub("", text)
        return "" if text.isspace() else text


class Remark(Text):
    """A line about a comment that its author may have forged: cut and cleaned rather than refused."""

    def clean(self, text: str) -> str:
        return CONTROL.sub(" ", text).strip()[: self.longest]


class Address(Text):
    """An IP address."""

    def __init__(self, **known: Any) -> None:
        super().__init__(longest=45, **known)

    def read(self, text: str) -> Any:
        try:
            found = ipaddress.ip_address(text)
        except ValueError:
            raise ValidationError("Give an IP address such as 192.0.2.7 or 2001:db8::7.") from None
        if getattr(found, "scope_id", None):
            raise ValidationError("Give the address without a zone.")
        return str(found)


class Link(Line):
    """An http or https address."""

    def read(self, text: str) -> Any:
        try:
            parts = urlsplit(text)
            valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid or _NOT_IN_LINKS.search(text):
            raise ValidationError("Give an address that starts with http:// or https://.")
        return super().read(text)


class Language(Text):
    """A language tag such as `en` or `pt-BR` (BCP 47)."""

    def __init__(self, **known: Any) -> None:
        super().__init__(longest=35, **known)

    def read(self, text: str) -> Any:
        if not _LANGUAGE.fullmatch(text):
            raise ValidationError("Give a language tag such as en or pt-BR.")
        return text


class Moment(Text):
    """An RFC 3339 moment with its offset; with `past`, not one that is still to come."""

    def __init__(self, *, past: bool = False, **known: Any) -> None:
        super().__init__(longest=40, **known)
        self.past = past

    def read(self, text: str) -> Any:
        try:
            if not _MOMENT.fullmatch(text):
                raise ValueError(text)
            found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper())).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError("Give a moment with its offset, such as 2026-11-23T18:30:00Z.") from None
        if self.past and found > clock.now() + _AHEAD:
            raise ValidationError("It lies in the future.")
        return found


class Choice(Text):
    """One of a few words."""

    def __init__(self, *choices: str, **known: Any) -> None:
        super().__init__(longest=max(map(len, choices)), **known)
        self.choices = choices
        describe(self, enum=list(choices))

    def read(self, text: str) -> Any:
        if text not in self.choices:
            raise ValidationError(f"Choose one of {', '.join(self.choices)}.")
        return text


class Whole(fields.Field[int]):
    """A whole number from `least` to `most`; with `digits`, as a query has it."""

    def __init__(self, *, least: int, most: int, digits: bool = False, **known: Any) -> None:
        super().__init__(error_messages={"required": _REQUIRED}, **known)
        self.least, self.most, self.digits = least, most, digits
        describe(self, minimum=least, maximum=most)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if self.digits and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # 3.0 is a whole number in JSON Schema's eyes
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise ValidationError(f"Give a whole number from {self.least:,} to {self.most:,}.")
        return value


class Probability(fields.Field[float]):
    """A number from 0 to 1."""

    def __init__(self, **known: Any) -> None:
        super().__init__(**known)
        describe(self, minimum=0, maximum=1)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ValidationError("Give a number from 0 to 1.")
        return float(value)


class Seconds(fields.Field[float]):
    """A time in seconds, up to a week."""

    _MOST = 7 * 24 * 3600

    def __init__(self, **known: Any) -> None:
        super().__init__(**known)
        describe(self, minimum=0, maximum=self._MOST)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= self._MOST:
            raise ValidationError(f"Give a number of seconds from 0 to {self._MOST:,}.")
        return float(value)


class Switch(fields.Field[bool]):
    """true or false, and nothing that looks like it."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Give true or false.")
        return value


def describe(field: fields.Field[Any], **known: Any) -> None:
    """Add to what the OpenAPI document says of a field."""
    field.metadata = {**field.metadata, **known}


def require_text(value: Any) -> str:
    """`value`, which is a string that every part of Winnow can store.

    Raises:
        ValidationError: it is something else, or holds NUL or half of a surrogate pair.
    """
    if not isinstance(value, str):
        raise ValidationError("Give a text (a JSON string).")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValidationError("It contains half of a surrogate pair, which is no character.") from None
    if "\0" in value:
        raise ValidationError("It contains a NUL character.")
    return value


def show_moment(moment: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
