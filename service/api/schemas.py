"""The schemas of requests. Marshmallow loads them, and the OpenAPI document is made from them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, missing

from models import LABELS
from moderation.tables import STATUSES
from moderation.webhooks import batches
from moderation.webhooks.sender import LONGEST_URL
from service.api.bodies import shown
from service.api.fields import (
    Address,
    Choice,
    Language,
    Line,
    Link,
    Moment,
    Name,
    PastMoment,
    Prose,
    Remark,
    Seconds,
    Switch,
    Text,
    Whole,
)
from service.problems import Errors, Problem, invalid

NAME_MISSING = "Please enter your name here"
COMMENT_MISSING = "Please enter your comment!"
LONGEST_COMMENT = 20_000
LONGEST_NAME = 200
#: Why a reader reports a comment.
REPORT_REASONS = ("offensive", "spam", "off_topic", "personal_data", "illegal", "other")


class Request(Schema):
    """What is sent. A field that we do not know is refused, so that a typing error is noticed."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "There is no field of this name.", "type": "Give a JSON object."}  # noqa: RUF012

    def read_valid(self, document: Any) -> dict[str, Any] | None:
        """What `load` makes of a document in which nothing is wrong, in a third of its time; None: ask `load`."""
        needed = self._needed
        if needed is None or not isinstance(document, dict) or not needed.issubset(document):
            return None
        try:
            return {name: self.load_fields[name].deserialize(value) for name, value in document.items()}
        except (KeyError, ValidationError):
            return None

    @cached_property
    def _needed(self) -> frozenset[str] | None:
        """The fields that `load` would miss or fill in. None: it also does other things."""
        if any(self._hooks.values()):
            return None
        of_name = self.load_fields.items()
        return frozenset(name for name, field in of_name if field.required or field.load_default is not missing)


class SubmissionSchema(Request):
    """A comment to be moderated."""

    name = Name(required=True, longest=LONGEST_NAME, missing=NAME_MISSING, metadata={"example": "Ada"})
    comment = Prose(
        required=True,
        longest=LONGEST_COMMENT,
        missing=COMMENT_MISSING,
        metadata={"example": "I read this twice, and learnt something each time."},
    )
    thread = Line(
        longest=500,
        allow_none=True,
        metadata={"description": "The page it belongs to: its path, address or id.", "example": "/2026/winnowing"},
    )
    parent_id = Line(longest=40, allow_none=True, metadata={"description": "The id of the comment it replies to."})
    external_id = Line(
        longest=200,
        allow_none=True,
        metadata={
            "description": "Your own id for it. Sent again with the same content, the first comment is returned."
        },
    )
    email = Line(longest=320, allow_none=True, metadata={"description": "The author's e-mail address."})
    url = Link(longest=2000, allow_none=True, metadata={"description": "The author's web site.", "format": "uri"})
    ip = Address(allow_none=True, metadata={"description": "The author's address, IPv4 or IPv6."})
    user_agent = Remark(
        longest=1000, allow_none=True, metadata={"description": "The author's browser; cut where it is too long."}
    )
    user_id = Line(longest=200, allow_none=True, metadata={"description": "Your id for the author."})
    language = Language(allow_none=True, metadata={"description": "A language tag (BCP 47).", "example": "en"})
    created_at = PastMoment(
        allow_none=True,
        metadata={"description": "When it was written (RFC 3339); left out: now.", "format": "date-time"},
    )
    honeypot = Switch(
        allow_none=True,
        metadata={"description": "Whether a field of your form that people do not see was filled in."},
    )
    seconds_on_page = Seconds(
        allow_none=True,
        metadata={"description": "How long your form was open before it was sent.", "example": 41.5},
    )
    thread_title = Line(
        longest=300, allow_none=True, metadata={"description": "The title of its page, for moderators."}
    )
    thread_url = Link(
        longest=2000, allow_none=True, metadata={"description": "The address of its page.", "format": "uri"}
    )
    comment_url = Link(
        longest=2000,
        allow_none=True,
        metadata={"description": "Its own address on that page (permalink), for moderators.", "format": "uri"},
    )


class EditSchema(Request):
    """What changes. A comment that changed is pending until it has been scored again."""

    name = Name(longest=LONGEST_NAME, missing=NAME_MISSING)
    comment = Prose(longest=LONGEST_COMMENT, missing=COMMENT_MISSING)
    email = Line(longest=320, allow_none=True)
    url = Link(longest=2000, allow_none=True, metadata={"format": "uri"})
    user_id = Line(longest=200, allow_none=True)
    language = Language(allow_none=True)
    version = Whole(
        least=1,
        most=2**31 - 1,
        allow_none=True,
        metadata={"description": "The version that you saw. When the comment has moved on since, the answer is 409."},
    )


class ReportSchema(Request):
    """A reader's complaint."""

    reason = Choice(*REPORT_REASONS, required=True)
    note = Prose(longest=2000, allow_none=True, metadata={"description": "What the reader wrote."})
    reporter = Line(
        longest=200,
        allow_none=True,
        metadata={
            "description": "Your id for the reader; a comment's second report by the same reader counts no more."
        },
    )


class DecisionSchema(Request):
    """A moderator's decision."""

    action = Choice("publish", "reject", required=True)
    reason = Line(longest=500, allow_none=True, metadata={"description": "For the audit and for your webhook."})
    version = Whole(
        least=1,
        most=2**31 - 1,
        allow_none=True,
        metadata={
            "description": "The version that the moderator saw. When the comment has moved on since, the answer is 409."
        },
    )


class DecisionItemSchema(DecisionSchema):
    """A decision of a list."""

    id = Line(longest=40, required=True)


def _within(limits: tuple[int, int], otherwise: int, description: str) -> Whole:
    least, most = limits
    return Whole(least=least, most=most, load_default=otherwise, metadata={"description": description})


class BatchSchema(Request):
    """How several events share a message."""

    events = _within(batches.EVENTS_RANGE, batches.USUAL_EVENTS, "The most events in one.")
    bytes = _within(batches.BYTES_RANGE, batches.USUAL_BYTES, "The most bytes of one.")
    seconds = _within(batches.SECONDS_RANGE, batches.USUAL_SECONDS, "How long the first event may wait for others.")


class EndpointSchema(Request):
    """A webhook endpoint."""

    url = Line(longest=LONGEST_URL, required=True, metadata={"format": "uri", "example": "https://example.org/winnow"})
    batch = fields.Nested(
        BatchSchema, allow_none=True, metadata={"description": "To get events in batches; left out: each alone."}
    )


class EndpointChangeSchema(Request):
    """What changes of a webhook endpoint."""

    batch = fields.Nested(
        BatchSchema,
        required=True,
        allow_none=True,
        metadata={"description": "To get events in batches; null: each alone."},
    )


class Page(Request):
    """Where a page begins, and how long it is."""

    cursor = Text(longest=1000, metadata={"description": "`next_cursor` of the page before."})
    limit = Whole(least=1, most=200, digits=True, load_default=50)


class CommentsQuery(Page):
    """Which comments."""

    thread = Line(longest=500)
    status = Choice(*STATUSES)
    author = Line(longest=320, metadata={"description": "The author's user id, else e-mail, else name."})
    updated_after = Moment(
        metadata={"description": "Only what changed since, oldest change first.", "format": "date-time"}
    )


class ReviewQuery(Page):
    """Which of the open review items."""

    label = Choice(*LABELS, metadata={"description": "What spoke most against the comment."})
    rule = Line(longest=40, metadata={"description": "The rule that asked for a person, such as `flag_threshold`."})
    kind = Choice("flag", "report", "second_look", "appeal")
    language = Line(longest=35)
    thread = Line(longest=500)
    author = Line(longest=320, metadata={"description": "The author's user id, else e-mail, else name."})


def load(schema: Schema, document: Any) -> dict[str, Any]:
    """A document as `schema` reads it.

    Raises:
        Problem: some of it is not valid; `errors` names each field.
    """
    if isinstance(schema, Request) and (valid := schema.read_valid(document)) is not None:
        return valid
    try:
        loaded: dict[str, Any] = schema.load(document)
    except ValidationError as error:
        raise invalid(flat(error.messages)) from None
    return loaded


def load_item(schema: Schema, item: Any) -> dict[str, Any] | Problem:
    """An item of a list as `schema` reads it, or why it cannot be read. `bodies.read_list` may have found that out."""
    if isinstance(item, Problem):
        return item
    try:
        return load(schema, item)
    except Problem as problem:
        return problem


def flat(messages: Any, prefix: str = "") -> Errors:
    """marshmallow's nested messages as field -> sentences; a nested field reads `thresholds.spam.flag_at`."""
    if isinstance(messages, list):
        return {prefix or "body": [str(sentence) for sentence in messages]}
    sentences_of: dict[str, list[str]] = {}
    assert isinstance(messages, Mapping)
    for name, inner in messages.items():
        key = "" if name == "_schema" else _printable(str(name))
        path = ".".join(part for part in (prefix, key) if part)
        for field, sentences in flat(inner, path).items():
            sentences_of.setdefault(field, []).extend(sentences)
    return sentences_of


def _printable(name: str) -> str:
    return name if name.isprintable() and len(name) <= 100 else shown(name)
