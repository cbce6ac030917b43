"""A site's policy as it is sent and answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from models import LABELS
from moderation.patterns import AddressSet, PatternError, PatternSet
from moderation.policy.policies import LISTS
from moderation.policy.policy_lists import MOST_ENTRIES
from service.api.fields import Choice, Line, Moment, Probability, Switch, Whole, require_text
from service.api.schemas import Request

PRESETS = ("lenient", "balanced", "strict")
MODES = ("auto", "hold", "open", "observe")
_END = Moment()

_SEEN = Whole(
    least=1,
    most=2**31 - 1,
    allow_none=True,
    metadata={"description": "The version that you edited. When another is in force by now, the answer is 409."},
)


class Entries(fields.List[str]):
    """A list of lines that `check` accepts."""

    def __init__(self, *, description: str, check: Callable[[Sequence[str]], object] | None = None) -> None:
        metadata = {"description": description, "maxItems": MOST_ENTRIES}
        super().__init__(Line(longest=200), load_default=list, metadata=metadata)
        self.error_messages["invalid"] = "Give a list of texts."
        self.check = check

    def _deserialize(self, value: Any, attr: str | None, data: Any, **known: Any) -> list[str | None]:
        if isinstance(value, list) and len(value) > MOST_ENTRIES:
            raise ValidationError(f"It has {len(value):,} entries; at most {MOST_ENTRIES:,} fit.")
        entries = super()._deserialize(value, attr, data, **known)
        if self.check is not None:
            try:
                self.check([entry for entry in entries if entry])
            except PatternError as error:
                raise ValidationError(str(error)) from None
        return entries


class ThresholdSchema(Request):
    """Scores from which a label flags and rejects; null never does, left out: the preset's."""

    flag_at = Probability(allow_none=True)
    reject_at = Probability(allow_none=True)

    @validates_schema
    def _check_order(self, data: dict[str, Any], **_: Any) -> None:
        flag_at, reject_at = data.get("flag_at"), data.get("reject_at")
        if flag_at is not None and reject_at is not None and flag_at > reject_at:
            raise ValidationError("It must not be above reject_at.", "flag_at")


class Thresholds(fields.Dict):
    """Label -> threshold. Every label that the classifier scores may be named."""

    def __init__(self, **known: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.Nested(ThresholdSchema), **known)
        self.error_messages["invalid"] = "Give an object: label to {flag_at, reject_at}."
        self._schema = ThresholdSchema()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(self.error_messages["invalid"])
        found: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for label, threshold in value.items():
            if label not in LABELS:
                errors[label] = [f"There is no label of this name; there are {', '.join(LABELS)}."]
                continue
            try:
                found[label] = self._schema.load(threshold)
            except ValidationError as error:
                errors[label] = error.messages
        if errors:
            raise ValidationError(errors)
        return found


class Expires(fields.Dict):
    """List -> entry -> the moment at which it ends."""

    def __init__(self, **known: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.Dict(fields.String(), Moment()), **known)
        self.error_messages["invalid"] = "Give an object: list to {entry: moment}."

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(self.error_messages["invalid"])
        found: dict[str, dict[str, str]] = {}
        errors: dict[str, list[str]] = {}
        for name, ends in value.items():
            if name not in LISTS:
                errors[name] = [f"There is no list of this name; there are {', '.join(LISTS)}."]
            elif not isinstance(ends, dict):
                errors[name] = ["Give an object: entry to moment."]
            else:
                try:
                    found[name] = {entry: _END.read(require_text(end)).isoformat() for entry, end in ends.items()}
                except ValidationError as error:
                    errors[name] = error.messages if isinstance(error.messages, list) else [str(error)]
        if errors:
            raise ValidationError(errors)
        return found


class RulesSchema(Request):
    """What a site decides by rule, whatever the scores. Left out: the default."""

    banned_words = Entries(
        description="Words or phrases that reject, matched whole and in any case; `*` stands for any letters.",
        check=PatternSet,
    )
    suspect_words = Entries(description="The same, to flag.", check=PatternSet)
    max_links = Whole(
        least=0,
        most=1000,
        allow_none=True,
        load_default=3,
        metadata={"description": "More links than this flag; null allows any number."},
    )
    blocked_authors = Entries(description="User ids, e-mail addresses or names whose comments are rejected.")
    trusted_authors = Entries(description="The same, whose comments are published.")
    blocked_ips = Entries(description="Addresses and networks whose comments are rejected.", check=AddressSet)
    trusted_ips = Entries(description="The same, whose comments are published.", check=AddressSet)
    flag_repeated = Switch(
        load_default=True, metadata={"description": "Flag a text that was posted on this site within a day."}
    )
    flag_first_comment = Switch(
        load_default=False, metadata={"description": "Flag an author's first comment on this site."}
    )
    flag_unknown_language = Switch(
        load_default=True, metadata={"description": "Flag what is in a language that the classifier has not learnt."}
    )
    expires = Expires(
        metadata={
            "description": "List to entry to the moment at which it is taken out, as a new version of the policy. An "
            "entry that is not named stays for ever. Left out: as it was, for the entries that are still there."
        }
    )


class PolicySchema(RulesSchema):
    """A site's policy. What is left out is the default."""

    mode = Choice(
        *MODES,
        load_default="auto",
        metadata={
            "description": "`auto`: as the verdict says. `hold`: every comment waits for a moderator. `open`: "
            "published first, flagged afterwards. `observe`: scored and recorded, all published."
        },
    )
    preset = Choice(
        *PRESETS, load_default="balanced", metadata={"description": "Where the thresholds are that you do not set."}
    )
    thresholds = Thresholds(load_default=dict, metadata={"description": "Label to its own thresholds."})


class PolicyUpdateSchema(PolicySchema):
    """A policy to put in force."""

    version = _SEEN


class RulesUpdateSchema(RulesSchema):
    """Rules to put in force; mode and thresholds stay."""

    version = _SEEN


_STORED = {
    "version": fields.Integer(required=True, metadata={"description": "Counts the site's policies."}),
    "created_at": fields.String(required=True, metadata={"format": "date-time"}),
    "created_by": fields.String(
        required=True,
        metadata={
            "description": "`site` (over this API), `user` (in the console), `operator`, or `policy` (it had ended)."
        },
    ),
}


class PolicyAnswerSchema(PolicySchema):
    """The policy in force."""

    version, created_at, created_by = _STORED.values()
    effective_thresholds = Thresholds(
        required=True, metadata={"description": "What is in force: the preset's thresholds under the site's own."}
    )


class RulesAnswerSchema(RulesSchema):
    """The rules in force."""

    version, created_at, created_by = _STORED.values()
