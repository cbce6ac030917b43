"""The schemas of a site's policy, for requests and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, get_args

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from models import LABELS
from models.languages import GRADES, base
from moderation.patterns import PatternError
from moderation.policy import hold_times, switches
from moderation.policy.list_kinds import KINDS, Effect
from moderation.policy.policy_lists import MOST_ENTRIES
from moderation.policy.rules import LISTS, SWITCHES
from moderation.policy.switches import ByLanguage, EntryList, Limit, OnOff, SharedLists, Times
from moderation.policy.terms import Mode, PresetName, Treatment
from service.api.fields import Choice, Line, Moment, Probability, Switch, Whole, read_moment, require_text
from service.api.schemas import Request
from texts import wording

PRESETS = get_args(PresetName)
MODES = get_args(Mode)
TREATMENTS = get_args(Treatment)
EFFECTS = get_args(Effect)
_LISTS = tuple(entry_list.key for entry_list in LISTS)

_SEEN = Whole(
    least=1,
    most=2**31 - 1,
    allow_none=True,
    metadata={"description": "The version that you edited. When another is in force by now, the answer is 409."},
)


class Entries(fields.List[str]):
    """A list of lines that `check` accepts."""

    def __init__(self, *, description: str, check: Callable[[Sequence[str]], object]) -> None:
        metadata = {"description": description, "maxItems": MOST_ENTRIES}
        super().__init__(Line(longest=200), load_default=list, metadata=metadata)
        self.error_messages["invalid"] = "Give a list of texts."
        self.check = check

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> list[str | None]:
        if isinstance(value, list) and len(value) > MOST_ENTRIES:
            raise ValidationError(f"It has {len(value):,} entries; at most {MOST_ENTRIES:,} fit.")
        entries = super()._deserialize(value, attr, data, **options)
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

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.Nested(ThresholdSchema), **options)
        self.error_messages["invalid"] = "Give an object: label to {flag_at, reject_at}."
        self._schema = ThresholdSchema()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(self.error_messages["invalid"])
        loaded: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for label, threshold in value.items():
            if label not in LABELS:
                errors[label] = [f"There is no label of this name; there are {', '.join(LABELS)}."]
                continue
            try:
                loaded[label] = self._schema.load(threshold)
            except ValidationError as error:
                errors[label] = error.messages
        if errors:
            raise ValidationError(errors)
        return loaded


class Languages(fields.Dict):
    """Language -> what becomes of comments in it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), values=Choice(*TREATMENTS), **options)
        self.error_messages["invalid"] = f"Give an object: language to one of {', '.join(TREATMENTS)}."

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(self.error_messages["invalid"])
        loaded: dict[str, str] = {}
        errors: dict[str, list[str]] = {}
        for tag, treatment in value.items():
            code = base(tag)
            if code not in GRADES:
                errors[tag] = ["There is no such language here; GET /api/v1/languages has those that there are."]
            elif treatment not in TREATMENTS:
                errors[tag] = [f"Give one of {', '.join(TREATMENTS)}."]
            elif loaded.setdefault(code, treatment) != treatment:
                errors[tag] = [f"It is said twice, and differently, what becomes of {wording.language(code)}."]
        if errors:
            raise ValidationError(errors)
        return loaded


class Subscriptions(fields.Dict):
    """Id of a shared list -> its effect. Whether there is such a list is checked where the policy is saved."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), values=Choice(*EFFECTS), **options)
        self.error_messages["invalid"] = f"Give an object: id of a list to one of {', '.join(EFFECTS)}."

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(self.error_messages["invalid"])
        wrong = [list_id for list_id, effect in value.items() if effect not in EFFECTS]
        if wrong:
            raise ValidationError({list_id: [f"Give one of {', '.join(EFFECTS)}."] for list_id in wrong})
        return value


class Expires(fields.Dict):
    """List -> entry -> the moment at which it ends."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.Dict(fields.String(), Moment()), **options)
        self.error_messages["invalid"] = "Give an object: list to {entry: moment}."

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError(self.error_messages["invalid"])
        loaded: dict[str, dict[str, str]] = {}
        errors: dict[str, list[str]] = {}
        for name, ends in value.items():
            if name not in _LISTS:
                errors[name] = [f"There is no list of this name; there are {', '.join(_LISTS)}."]
            elif not isinstance(ends, dict):
                errors[name] = ["Give an object: entry to moment."]
            else:
                try:
                    loaded[name] = {entry: read_moment(require_text(end)).isoformat() for entry, end in ends.items()}
                except ValidationError as error:
                    errors[name] = error.messages if isinstance(error.messages, list) else [str(error)]
        if errors:
            raise ValidationError(errors)
        return loaded


class SpanSchema(Request):
    """A time of some days of the week, by the site's clocks."""

    days = fields.List(
        Choice(*hold_times.DAYS), required=True, metadata={"description": "The days on which it begins.", "maxItems": 7}
    )
    start = Line(longest=5, required=True, metadata={"description": "Such as `22:00`."})
    end = Line(
        longest=5,
        required=True,
        metadata={"description": "Such as `06:00`; on the next day where it is not later than `start`."},
    )


class HoldTimesSchema(Request):
    """Times of the week."""

    time_zone = Line(longest=hold_times.LONGEST_ZONE, metadata={"description": "Such as `Europe/Berlin`."})
    spans = fields.List(fields.Nested(SpanSchema), metadata={"maxItems": hold_times.MOST_SPANS})

    @validates_schema
    def _check_times(self, data: dict[str, Any], **_: Any) -> None:
        try:
            hold_times.compile_times(data)
        except hold_times.NoTimes as error:
            raise ValidationError(str(error), error.field) from None

    @post_load
    def _without_an_empty_list(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data if data.get("spans") else {}


def _field(switch: switches.Switch) -> fields.Field[Any]:
    match switch:
        case EntryList():
            return Entries(description=switch.description, check=switch.compile)
        case Limit():
            kind: Callable[..., fields.Field[Any]] = partial(
                Whole, least=switch.least, most=switch.most, allow_none=True
            )
        case OnOff():
            kind = Switch
        case ByLanguage():
            return Languages(load_default=dict, metadata={"description": switch.description})
        case Times():
            return fields.Nested(HoldTimesSchema, load_default=dict, metadata={"description": switch.description})
        case SharedLists():
            return Subscriptions(load_default=dict, metadata={"description": switch.description})
    return kind(load_default=switch.default, metadata={"description": switch.description})


class RulesSchema(Request):
    """What a site decides by rule, whatever the scores. Left out: the default."""

    class Meta(Request.Meta):
        include: ClassVar[dict[str, fields.Field[Any]]] = {switch.key: _field(switch) for switch in SWITCHES}

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


class SharedListSchema(Schema):
    """A list of the team's, to which a site may subscribe in its policy."""

    id = fields.String(required=True, metadata={"description": "Its name in the policy's `lists`."})
    name = fields.String(required=True, metadata={"description": "For people."})
    kind = fields.String(required=True, metadata={"enum": list(KINDS), "description": "What its entries are."})
    entries = fields.Integer(required=True, metadata={"description": "How many it has."})
    version = fields.Integer(required=True, metadata={"description": "Counts changes of its entries."})
    changed_at = fields.String(required=True, metadata={"format": "date-time"})
    effects = fields.List(
        fields.String(metadata={"enum": list(EFFECTS)}),
        required=True,
        metadata={"description": "The effects that it can have."},
    )
    effect = fields.String(
        required=True,
        allow_none=True,
        metadata={"enum": [*EFFECTS, None], "description": "Its effect on this site; null: the site does not use it."},
    )


class SharedListsSchema(Schema):
    """The team's lists."""

    lists = fields.List(fields.Nested(SharedListSchema), required=True)
