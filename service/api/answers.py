"""What the API answers. The OpenAPI document is made from these schemas, and `show` takes the fields from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy.orm import object_session

from moderation import actors
from moderation.intake import submissions
from moderation.intake.submissions import PLACE
from moderation.tables import STATUSES, Comment, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import statement_links
from moderation.webhooks.attempts import FAILURE_KINDS
from moderation.webhooks.catalogue import EVENTS
from service import languages
from service.api.fields import show_moment
from service.context import context


def _text(description: str = "", *, nullable: bool = False, **keywords: Any) -> fields.String:
    return fields.String(required=True, allow_none=nullable, metadata=_described(description, keywords))


def _moment(description: str = "", *, nullable: bool = False) -> fields.String:
    return _text(description, nullable=nullable, format="date-time")


def _number(description: str = "", *, nullable: bool = False, **keywords: Any) -> fields.Integer:
    return fields.Integer(required=True, allow_none=nullable, metadata=_described(description, keywords))


def _described(description: str, keywords: dict[str, Any]) -> dict[str, Any]:
    return ({"description": description} if description else {}) | keywords


def scores_field(otherwise: str) -> fields.Dict:
    """The scores of a comment; `otherwise` says when there are none."""
    described = {"description": f"Label to probability, from 0 to 1; {otherwise}."}
    return fields.Dict(keys=fields.String(), values=fields.Float(), required=True, allow_none=True, metadata=described)


def spans_field() -> fields.Dict:
    """What of a comment raised its scores."""
    described = {
        "description": "Label to `[start, end, weight]`: what of the comment raised its score, in code points."
    }
    triples = fields.List(fields.List(fields.Float()))
    return fields.Dict(keys=fields.String(), values=triples, required=True, allow_none=True, metadata=described)


class ReasonSchema(Schema):
    """One thing that spoke for the decision."""

    rule = _text("Which rule, such as `reject_threshold` or `banned_words`.")
    action = _text("What it asked for.", enum=["publish", "flag", "reject"])
    message = _text("For people; it never quotes the comment.")
    for_author = fields.String(
        metadata={
            "description": "What the author may be told, in the language that the site has chosen for its authors; "
            "only there once it has chosen one."
        }
    )
    label = fields.String(metadata={"description": "Which label, for a threshold."})
    score = fields.Float()
    threshold = fields.Float()
    entry = fields.Integer(metadata={"description": "Which entry of the rule's list it has, counted from 1."})
    list = fields.String(
        metadata={"description": "Of a list that sites share, its id; `entry` is the entry's number there."}
    )
    code = fields.String(metadata={"description": "A moderator's reason, from the site's list."})
    note = fields.String(metadata={"description": "What a moderator added to it."})


class CommentSchema(Schema):
    """A stored comment."""

    id = _text(example="c_01jqz0c9p4s0q9v1f6d7x8k2m3")
    external_id = _text(nullable=True)
    status = _text("`erased` once it was deleted; then name and comment are empty.", enum=list(STATUSES))
    name = _text()
    comment = _text()
    thread = _text(nullable=True)
    parent_id = _text(nullable=True)
    email = _text(nullable=True)
    url = _text(nullable=True)
    ip = _text(nullable=True)
    user_agent = _text(nullable=True)
    user_id = _text(nullable=True)
    language = _text(nullable=True)
    thread_title = _text("The title of its page, as you sent it.", nullable=True)
    thread_url = _text("The address of its page, as you sent it.", nullable=True, format="uri")
    comment_url = _text("Its own address on that page, as you sent it.", nullable=True, format="uri")
    created_at = _moment("When it was written.")
    accepted_at = _moment("When it reached Winnow.")
    updated_at = _moment("When anything about it last changed.")
    revision = _number("Counts edits of what it says.")
    version = _number("Counts every change; send it with a decision.")
    scores = scores_field("null until it was scored")
    reasons = fields.List(fields.Nested(ReasonSchema), required=True, allow_none=True)
    spans = spans_field()
    statement_url = _text(
        "Where its author is told why readers do not see it, and may appeal: give it to the author, and to nobody "
        "else. Null unless it is flagged or rejected.",
        nullable=True,
        format="uri",
    )
    decided_by = _text("`policy`, `site` (over this API) or `user` (a moderator in the console).", nullable=True)
    decided_at = _moment(nullable=True)
    model_version = _text(nullable=True)
    policy_version = _number(nullable=True)


class CommentsSchema(Schema):
    """A page of comments."""

    comments = fields.List(fields.Nested(CommentSchema), required=True)
    next_cursor = _text("Send it as `cursor` for the next page; null on the last one.", nullable=True)
    next_updated_after = fields.String(
        metadata={
            "format": "date-time",
            "description": "Only with `updated_after`: send this as `updated_after` next time, once you have read the "
            "last page. It overlaps with what you have seen by some seconds, so that no change is missed: "
            "a comment at a version that you know is no news.",
        }
    )


class PublicCommentSchema(Schema):
    """A comment as readers see it: nothing about its author but the name and the web site."""

    id = _text()
    external_id = _text(nullable=True)
    thread = _text(nullable=True)
    thread_title = _text(nullable=True)
    thread_url = _text(nullable=True, format="uri")
    comment_url = _text("Its own address on that page, as you sent it.", nullable=True, format="uri")
    parent_id = _text("The comment that it replies to.", nullable=True)
    name = _text()
    comment = _text()
    url = _text(nullable=True)
    created_at = _moment()


class FeedSchema(Schema):
    """A page of a thread."""

    comments = fields.List(fields.Nested(PublicCommentSchema), required=True)
    next_cursor = _text(nullable=True)


class OutcomeSchema(Schema):
    """What became of one element of a list."""

    code = _number("The status that it would have had alone.", example=202)
    id = _text("The comment's.", nullable=True)
    external_id = _text("As it was sent.", nullable=True)
    status = _text("The comment's.", nullable=True)
    version = _number("The comment's.", nullable=True)
    detail = _text("What is wrong, in a sentence.", nullable=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True, allow_none=True)


class OutcomesSchema(Schema):
    """An outcome for each element, in their order."""

    outcomes = fields.List(fields.Nested(OutcomeSchema), required=True)


class ReportedSchema(Schema):
    """A stored report."""

    id = _text()
    comment_id = _text()
    reason = _text()
    created_at = _moment()


class ReviewItemSchema(Schema):
    """A comment that waits for a person, and why."""

    id = _text()
    kind = _text(enum=["flag", "report", "second_look", "appeal"])
    priority = _number("From 0 (look now) to 1000 (can wait).")
    opened_at = _moment()
    comment = fields.Nested(CommentSchema, required=True)


class ReviewQueueSchema(Schema):
    """A page of the review queue, most urgent first."""

    items = fields.List(fields.Nested(ReviewItemSchema), required=True)
    next_cursor = _text(nullable=True)


class BatchingSchema(Schema):
    """How an endpoint gets its events in batches."""

    events = _number("The most events in a batch.")
    bytes = _number("The most bytes of a batch, unless a single event is larger.")
    seconds = _number("How long the first event may wait for others.")


class EndpointAnswerSchema(Schema):
    """A webhook endpoint."""

    id = _text()
    url = _text()
    active = fields.Boolean(required=True)
    protocol = _text("`standard`; `akismet` is a callback, told only of the comments that came with it.")
    batch = fields.Nested(
        BatchingSchema, required=True, allow_none=True, metadata={"description": "How it gets batches; null: none."}
    )
    created_at = _moment()


class NewEndpointSchema(EndpointAnswerSchema):
    """A new webhook endpoint."""

    secret = _text("Signs what is sent (Standard Webhooks). Shown only now.")


class EndpointsSchema(Schema):
    """A site's webhook endpoints."""

    webhooks = fields.List(fields.Nested(EndpointAnswerSchema), required=True)


class AttemptSchema(Schema):
    """One try at a delivery."""

    created_at = _moment()
    status_code = _number("What your server answered; null when it did not.", nullable=True)
    error = _text("Why it did not arrive, for people.", nullable=True)
    failure = _text("The same for programs; null where there is no error.", nullable=True, enum=[*FAILURE_KINDS, None])
    duration_ms = _number()


class DeliverySchema(Schema):
    """One message to one endpoint."""

    id = _text("The `webhook-id` header: the same on every attempt.")
    event = _text("The event's name.", enum=list(EVENTS), example="comment.published")
    comment_id = _text(nullable=True)
    payload = fields.Dict(required=True)
    batch_id = _text(
        "The `webhook-id` of the batch that it last went in; null: it went alone, or not yet.", nullable=True
    )
    created_at = _moment()
    delivered_at = _moment("Null until your server answered with a 2xx.", nullable=True)
    next_attempt_at = _moment("Null once it was delivered, given up or cancelled.", nullable=True)
    cancelled_at = _moment(
        "When its decision was taken back before it left, or a later one took its place; else null.", nullable=True
    )
    attempts = fields.List(fields.Nested(AttemptSchema), required=True)


class DeliveriesSchema(Schema):
    """A page of an endpoint's deliveries, latest first."""

    deliveries = fields.List(fields.Nested(DeliverySchema), required=True)
    next_cursor = _text(nullable=True)


#: What is no column of a comment.
_MADE = frozenset({"statement_url", *PLACE})


def show_comment(comment: Comment) -> dict[str, Any]:
    """A comment as its site sees it."""
    document = show(CommentSchema, comment, but=_MADE) | submissions.place_of(comment)
    document["statement_url"] = _statement_url(comment)
    document["reasons"] = languages.for_authors(comment.site_id, comment.reasons, object_session(comment))
    if comment.decided_by is not None:
        document["decided_by"] = actors.kind(comment.decided_by)  # the site is not told which moderator it was
    return document


def show_public(comment: Comment) -> dict[str, Any]:
    """A comment as its readers see it."""
    return show(PublicCommentSchema, comment, but=PLACE) | submissions.place_of(comment)


def _statement_url(comment: Comment) -> str | None:
    if comment.status not in statement_links.STATED or comment.decided_at is None:
        return None
    return statement_links.address(context().settings, comment.id, comment.decided_at)


def show_endpoint(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """An endpoint, without its secret."""
    return show(EndpointAnswerSchema, endpoint)


def show_delivery(delivery: WebhookDelivery, attempts: Sequence[WebhookAttempt]) -> dict[str, Any]:
    """A delivery with its attempts."""
    document = show(DeliverySchema, delivery, but=("attempts",))
    return document | {"attempts": [show(AttemptSchema, attempt) for attempt in attempts]}


def show(schema: type[Schema], row: object, *, but: Collection[str] = ()) -> dict[str, Any]:
    """The fields of `schema`, read from `row`, except those named by `but`."""
    document = {}
    loaded = vars(row)  # much quicker to read than SQLAlchemy's attributes
    for name in _names(schema):
        if name not in but:
            value = loaded[name] if name in loaded else getattr(row, name)
            document[name] = show_moment(value) if isinstance(value, datetime) else value
    return document


@cache
def _names(schema: type[Schema]) -> tuple[str, ...]:
    return tuple(schema._declared_fields)
