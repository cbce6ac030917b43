"""Fields of the API's schemas. Shape only: nothing here asks the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from marshmallow import ValidationError, fields, validate

from moderation import addresses, clock
from texts import links, visibility
from texts.controls import CONTROL, without_meaningless
from texts.escapes import OF_WINDOWS
from texts.wording import too_long

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
#: A site's clock may be this far ahead of ours.
_AHEAD = timedelta(days=1)

_REQUIRED = "This field is required."
_NO_MOMENT = "Give a moment with its offset, such as 2026-11-23T18:30:00Z."


class Text(fields.String):
    """A text that every part of Winnow can store. An empty text counts as null where null is allowed.

    `clean` takes out meaningless characters before the text is measured; `read` gives the value for the text.
    """

    def __init__(
        self,
        *,
        longest: int,
        missing: str = _REQUIRED,
        clean: Callable[[str], str] = str.strip,
        read: Callable[[str], Any] | None = None,
        no_text: str = "Give a text (a JSON string).",
        **options: Any,
    ) -> None:
        may_be_empty = options.get("allow_none", False)
        super().__init__(
            error_messages={"required": missing, "null": missing},
            validate=[_NotLonger(max=longest)] + ([] if may_be_empty else [validate.Length(min=1, error=missing)]),
            **options,
        )
        self._clean, self._read, self._no_text = clean, read, no_text

    def deserialize(self, value: Any, *arguments: Any, **keywords: Any) -> Any:
        """As marshmallow does it, in a third of the time."""
        if not isinstance(value, str):  # absent, null, or wrong
            return super().deserialize(value, *arguments, **keywords)
        text = self._clean(require_text(value))
        if not text and self.allow_none:
            return None
        for validator in self.validators:
            validator(text)
        return text if self._read is None else self._read(text)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(self._no_text)
        return require_text(value)


class _NotLonger(validate.Length):
    """A limit whose error says how long the text is, and how long it may be."""

    def __call__(self, value: Any) -> Any:
        if self.max is not None and len(value) > self.max:
            raise ValidationError(too_long(len(value), int(self.max)))
        return value


def _read_line(text: str) -> str:
    if not text.isprintable() and CONTROL.search(text):
        raise ValidationError("It must not contain line breaks or other control characters.")
    return text


def _clean_prose(text: str) -> str:
    text = without_meaningless(text)
    return text if visibility.can_be_seen(text, unknown_tags=True) else ""


def _clean_name(text: str) -> str:
    text = text.translate(OF_WINDOWS).strip()
    return text if visibility.can_be_seen(text, unknown_tags=True) else ""


def Remark(*, longest: int, **options: Any) -> Text:
    """A line that the comment's author may have forged: it is cut and cleaned rather than refused."""
    return Text(longest=longest, clean=lambda text: CONTROL.sub(" ", text).strip()[:longest], **options)


def _read_link(text: str) -> str:
    if not links.is_address(text):
        raise ValidationError("Give an address that starts with http:// or https://.")
    return _read_line(text)


def _read_language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValidationError("Give a language tag such as en or pt-BR.")
    return text


def read_moment(text: str) -> datetime:
    """The moment of an RFC 3339 text with an offset, in UTC.

    Raises:
        ValidationError: it is something else.
    """
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper())).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValidationError(_NO_MOMENT) from None


def _read_past(text: str) -> datetime:
    moment = read_moment(text)
    if moment > clock.now() + _AHEAD:
        raise ValidationError("It lies in the future.")
    return moment


#: One line of text, trimmed, without control characters.
Line = partial(Text, read=_read_line)
#: A line that is somebody's name: it must have something that can be seen.
Name = partial(Line, clean=_clean_name)
#: Text of several lines, as it was sent but without control characters other than line breaks and tabs. It is empty
#: where nothing of it can be seen.
Prose = partial(Text, clean=_clean_prose)
#: An IP address as a proxy or a library writes it. One that cannot be read counts as null.
Address = partial(Text, longest=1000, clean=lambda text: addresses.read(text) or "")
#: An http or https address.
Link = partial(Text, read=_read_link)
#: A language tag such as `en` or `pt-BR` (BCP 47).
Language = partial(Text, longest=35, read=_read_language)
#: An RFC 3339 moment with its offset; a `PastMoment` does not lie in the future.
Moment = partial(Text, longest=40, read=read_moment, no_text=_NO_MOMENT)
PastMoment = partial(Text, longest=40, read=_read_past, no_text=_NO_MOMENT)


def _stripped(value: Any) -> str | None:
    return None if value is None else require_text(value).strip()


class Choice(fields.String):
    """One of a few words."""

    def __init__(self, *choices: str, **options: Any) -> None:
        super().__init__(
            error_messages={"required": _REQUIRED, "null": _REQUIRED},
            pre_load=_stripped,
            validate=validate.OneOf(choices, error="Choose one of {choices}."),
            **options,
        )


class Whole(fields.Integer):
    """A whole number from `least` to `most`. With `digits` it may be a text, as in a query."""

    def __init__(self, *, least: int, most: int, digits: bool = False, **options: Any) -> None:
        sentence = f"Give a whole number from {least:,} to {most:,}."
        super().__init__(
            strict=True,
            error_messages={"required": _REQUIRED, "null": sentence, "invalid": sentence, "too_large": sentence},
            validate=validate.Range(least, most, error=sentence),
            **options,
        )
        self.digits = digits

    def _validated(self, value: Any) -> int:
        if self.digits and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # to JSON Schema 3.0 is a whole number
        return super()._validated(value)


class Number(fields.Float):
    """A JSON number from 0 to `most`. Marshmallow's own field would also read a text of digits."""

    def __init__(self, *, most: int, sentence: str, **options: Any) -> None:
        super().__init__(
            error_messages=dict.fromkeys(("null", "invalid", "too_large", "special"), sentence),
            validate=validate.Range(0, most, error=sentence),
            **options,
        )

    def _validated(self, value: Any) -> float:
        if not isinstance(value, int | float):
            raise self.make_error("invalid")
        return super()._validated(value)


#: A number from 0 to 1.
Probability = partial(Number, most=1, sentence="Give a number from 0 to 1.")
#: A time in seconds, up to a week.
Seconds = partial(Number, most=604_800, sentence="Give a number of seconds from 0 to 604,800.")


class Switch(fields.Boolean):
    """true or false, and nothing else. Marshmallow's own field would read 1 as true and 0 as false."""

    default_error_messages = {"invalid": "Give true or false."}  # noqa: RUF012

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


def require_text(value: Any) -> str:
    """`value`, which is a string that every part of Winnow can store.

    Raises:
        ValidationError: it is not a string, or holds NUL or half of a surrogate pair.
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


@lru_cache(maxsize=256)  # most moments of a new comment are one
def show_moment(moment: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
