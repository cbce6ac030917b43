"""Columns that encrypt what is written to them and decrypt what is read, where the database's keyring says so.

A comparison with a value finds it under each key that is in use. A part of a value cannot be looked for in SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any
from typing import cast as cast_type

from sqlalchemy import JSON, ClauseElement, ColumnElement, Dialect, String, Text, cast, false, func, or_, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator, TypeEngine

from moderation.identities import keyring, tokens
from moderation.identities.keyring import Ring
from moderation.identities.tokens import Key, Opened, Stored


class Sealed(TypeDecorator[str]):
    """A text that is, or may be, an e-mail or IP address.

    Args:
        purpose: columns that are compared with each other have the same.
        length: the characters that the column takes in clear text. What would be longer encrypted cannot be opened
            again (`is_wide` false), or the column takes any length (true).
        always: encrypt each value; otherwise only those that may hold an address.
        is_key: a value that cannot be opened still tells its author from others, and so is read as it stands.
        is_identity: a part of the primary key. While keys change, a row is written again under the form that it has.
        compared: how values are compared where case and the like make no difference: see `is_same`.
    """

    impl = String
    cache_ok = True

    def __init__(
        self,
        purpose: str,
        length: int,
        *,
        is_wide: bool = False,
        always: bool = True,
        is_key: bool = False,
        is_identity: bool = False,
        compared: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__(length)
        self.purpose, self.length, self.is_wide = purpose, length, is_wide
        self.always, self.is_key, self.is_identity, self.compared = always, is_key, is_identity, compared

    class comparator_factory(TypeDecorator.Comparator[str]):
        """Looks for a value in each form that it may have."""

        def operate(self, op: Any, *other: Any, **options: Any) -> ColumnElement[Any]:
            if other and keyring.current().is_mixed and (values := _values(op, other[0])) is not None:
                sealed = cast_type("Sealed", self.type)
                within = op if op is operators.not_in_op else operators.in_op
                return super().operate(within, sealed.forms(values), **options)
            return super().operate(op, *other, **options)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text() if self.is_wide and dialect.name == "postgresql" else String(self.length)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        ring = keyring.current()
        if self.is_identity and isinstance(value, Opened):
            return value.stored
        if not value or ring.writer is None:
            return str(value) if isinstance(value, Stored) else value
        return self.sealed(value, ring.writer)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if self.is_identity and value and keyring.current().is_mixed:
            return Opened.of(self.opened(value, keyring.current()) or value, value)
        if not value or value[0] != tokens.MARK:
            return value
        ring = keyring.current()
        return self.opened(value, ring) if ring.is_on else value

    def sealed(self, value: str, key: Key) -> str:
        """A value as it stands under a key. What is encrypted already stays as it is."""
        if isinstance(value, Stored) or not self._is_sought(value):
            return str(value)
        same = None if self.compared is None else self.compared(value)
        return key.seal(self.purpose, value, same=same, room=None if self.is_wide else self.length)

    def opened(self, value: str, ring: Ring) -> str | None:
        """A value as it was written. One that cannot be opened is None, or as it stands (`is_key`)."""
        if value[0] != tokens.MARK:
            return value
        key = ring.keys.get(value[1:2])
        text = None if key is None else key.unseal(self.purpose, value, has_same=self.compared is not None)
        if text is not None or self.is_key or not tokens.is_token(value):
            return value if text is None else text
        is_ours = value[1] in ring.lost or (key is not None and value[2] == ".")
        return None if is_ours else value

    def forms(self, values: Iterable[str]) -> list[str]:
        """Each form that these values may have in the column."""
        ring = keyring.current()
        return list(dict.fromkeys(form for value in values for form in ring.forms(value, self.sealed)))

    def _is_sought(self, value: str) -> bool:
        return not tokens.is_token(value) and (self.always or tokens.is_personal(value))


class SealedDocument(TypeDecorator[Any]):
    """A document of JSON whose texts may hold e-mail or IP addresses: each text that may is encrypted as a whole."""

    impl = JSON
    cache_ok = True

    def __init__(self, compared: Callable[[str], str]) -> None:
        super().__init__(none_as_null=True)
        self.compared = compared

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return (JSONB if dialect.name == "postgresql" else JSON)(none_as_null=True)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        writer = keyring.current().writer
        return value if writer is None or not value else self.sealed(value, writer)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        ring = keyring.current()
        return self.opened(value, ring) if value and ring.is_on else value

    def sealed(self, document: Any, key: Key) -> Any:
        """A document as it stands under a key."""
        if not tokens.may_be_personal(repr(document)):  # most hold nothing, and are not gone through
            return document
        return each_text(document, lambda text: self._sealed(text, key))

    def opened(self, document: Any, ring: Ring) -> Any:
        """A document as it was written. A text that cannot be opened is left as it stands."""
        shown = repr(document)
        if f"'{tokens.MARK}" not in shown and f'"{tokens.MARK}' not in shown:
            return document
        return each_text(document, lambda text: self._opened(text, ring))

    def _sealed(self, text: str, key: Key) -> str:
        if tokens.is_token(text) or not tokens.is_personal(text):
            return text
        return key.seal("document", text, same=self.compared(text))

    def _opened(self, text: str, ring: Ring) -> str:
        if text[:1] != tokens.MARK or not tokens.is_token(text) or (key := ring.keys.get(text[1])) is None:
            return text
        opened = key.unseal("document", text, has_same=True)
        return text if opened is None else opened


def forms(column: Any, values: Collection[str]) -> Collection[str]:
    """The values to look for in a column of `Sealed`, for a query that was built before: each form that they may have.

    A comparison that is built for its values (`column == value`) does this by itself.
    """
    sealed: Sealed = column.type
    return sealed.forms(values) if keyring.current().is_mixed else values


def is_same(column: Any, values: Collection[str]) -> ColumnElement[bool]:
    """A condition: the column holds one of these values, in any case."""
    sealed: Sealed = column.type
    assert sealed.compared is not None
    as_stored = type_coerce(column, String)
    beginnings = [
        as_stored.startswith(key.beginning(sealed.purpose, sealed.compared(value)), autoescape=True)
        for value in values
        for key in keyring.current().keys.values()
    ]
    return or_(func.lower(as_stored).in_(values), *beginnings)


def holds(column: Any, values: Collection[str]) -> ColumnElement[bool]:
    """A condition: a document of `SealedDocument` has an encrypted text that is one of these values, in any case."""
    document: SealedDocument = column.type
    beginnings = sorted(
        {
            key.beginning("document", document.compared(value))
            for value in values
            for key in keyring.current().keys.values()
        }
    )
    return or_(false(), *(cast(column, Text).contains(beginning, autoescape=True) for beginning in beginnings))


def _values(op: Any, other: Any) -> Collection[str] | None:
    """The values that a comparison looks for; None where it is of another kind."""
    if op is operators.eq and isinstance(other, str):
        return [other]
    if (
        op in (operators.in_op, operators.not_in_op)
        and isinstance(other, Collection)
        and not isinstance(other, str | ClauseElement)
    ):
        return other if all(isinstance(value, str) for value in other) else None
    return None


def each_text(document: Any, change: Callable[[str], str]) -> Any:
    """The document with each of its texts changed, also the names of its fields."""
    if isinstance(document, str):
        return change(document)
    if isinstance(document, dict):
        return {change(name): each_text(value, change) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [each_text(item, change) for item in document]
    return document
