"""A site's policy as a form: the texts of its fields, and the document that they describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models import LABELS
from moderation.patterns import PatternError
from moderation.policy import policies
from moderation.policy.policy_lists import MOST_ENTRIES
from moderation.policy.rules import LIMITS, LISTS, ON_OFF
from moderation.policy.switches import EntryList, Limit
from moderation.policy.terms import Presets, Threshold
from service import forms
from service.api.policy_schemas import MODES, PRESETS
from service.console.policy import policy_languages, policy_shared, policy_times
from service.console.retold import retold
from texts.translation import decimal, gettext, later

EDGES = ("flag_at", "reject_at")
LONGEST_ENTRY = 200
_NUMBER_WANTED = later("Give a number from 0 to 1, or nothing for never.")


@dataclass(frozen=True)
class Form:
    """A form: the texts of its fields, the document, and the errors by field."""

    values: Mapping[str, Any]
    document: dict[str, Any]
    errors: dict[str, list[str]] = field(default_factory=dict)


def of_document(document: Mapping[str, Any], presets: Presets) -> Form:
    """The form of a stored document."""
    whole = policies.DEFAULT | dict(document)
    values: dict[str, Any] = {entry_list.key: "\n".join(whole[entry_list.key]) for entry_list in LISTS}
    values |= {limit.key: "" if whole[limit.key] is None else str(whole[limit.key]) for limit in LIMITS}
    values |= {name: whole[name] for name in (*(switch.key for switch in ON_OFF), "mode", "preset")}
    values |= policy_languages.values(whole) | policy_shared.values(whole) | policy_times.values(whole)
    return Form(values | _threshold_values(policies.thresholds(whole, presets)), dict(whole))


def with_preset(form: Form, presets: Presets) -> Form:
    """The form with the thresholds of its preset."""
    document = form.document | {"thresholds": {}}
    errors = {name: sentences for name, sentences in form.errors.items() if "." not in name}
    return Form(
        {**form.values, **_threshold_values(policies.thresholds(document, presets))},
        document,
        errors,
    )


def read(fields: Mapping[str, str], document: Mapping[str, Any], presets: Presets) -> Form:
    """Read the form that was sent. Values that it has no field for are those of `document`."""
    values: dict[str, Any] = {switch.key: switch.key in fields for switch in ON_OFF}
    errors: dict[str, list[str]] = {}
    settings: dict[str, Any] = dict(values)
    for name, choices in (("mode", MODES), ("preset", PRESETS)):
        settings[name] = values[name] = fields.get(name, "") if fields.get(name) in choices else policies.DEFAULT[name]
    for limit in LIMITS:
        values[limit.key] = forms.text(limit.key, fields=fields)
        settings[limit.key] = _whole(values[limit.key], limit, errors)
    for entries in LISTS:
        values[entries.key] = forms.clean(fields.get(entries.key, ""))
        settings[entries.key], faults = read_entries(values[entries.key], entries.compile)
        faults = faults or _too_costly(entries, settings[entries.key], document)
        if faults:
            errors[entries.key] = faults
    settings["languages"] = policy_languages.read(fields, document)
    settings[policy_times.FIELD], times = policy_times.read(fields, document, errors)
    values |= times
    settings["lists"] = policy_shared.read(fields, document)
    values |= policy_languages.values(settings) | policy_shared.values(settings)
    chosen = _read_thresholds(fields, values, errors)
    settings["thresholds"] = _own(chosen, presets[settings["preset"]])
    return Form(values, policies.DEFAULT | dict(document) | settings, errors)


def read_entries(text: str, check: Callable[[Sequence[str]], object]) -> tuple[list[str], list[str]]:
    """The entries of a list, one on each line, and the errors in them."""
    entries = [line.strip() for line in text.split("\n") if line.strip()]
    if len(entries) > MOST_ENTRIES:
        return entries, [
            gettext(
                "It has %(entries)s entries; at most %(most)s fit.",
                entries=decimal(len(entries)),
                most=decimal(MOST_ENTRIES),
            )
        ]
    faults = [
        gettext(
            "Entry %(number)s, “%(entry)s…”, has %(length)s characters; at most %(most)s fit.",
            number=number,
            entry=entry[:20],
            length=decimal(len(entry)),
            most=LONGEST_ENTRY,
        )
        for number, entry in enumerate(entries, 1)
        if len(entry) > LONGEST_ENTRY
    ]
    if faults:
        return entries, faults
    try:
        check(entries)
    except PatternError:  # only then each entry is checked by itself
        faults = [line for number, entry in enumerate(entries, 1) if (line := _complaint(number, entry, check))]
    return entries, faults


def _too_costly(entry_list: EntryList, entries: list[str], document: Mapping[str, Any]) -> list[str]:
    try:
        entry_list.check(entries, document.get(entry_list.key, entry_list.default))
    except PatternError as error:
        return [retold(str(error))]
    return []


def _complaint(number: int, entry: str, check: Callable[[Sequence[str]], object]) -> str | None:
    try:
        check([entry])
    except PatternError as error:
        why = retold(error.about(entry))
        return gettext("Entry %(number)s, “%(entry)s”: %(why)s", number=number, entry=entry, why=why)
    return None


def _whole(text: str, limit: Limit, errors: dict[str, list[str]]) -> int | None:
    if not text:
        return None
    number = forms.number(text)
    if number is None or not limit.least <= number <= limit.most:
        values = {"least": limit.least, "most": decimal(limit.most), "unset": gettext(limit.unset)}
        if limit.least:
            fault = gettext("Give a whole number from %(least)s to %(most)s, or nothing for %(unset)s.", **values)
        else:
            fault = gettext("Give a whole number up to %(most)s, or nothing for %(unset)s.", **values)
        errors[limit.key] = [fault]
        return None
    return number


def _read_thresholds(
    fields: Mapping[str, str], values: dict[str, Any], errors: dict[str, list[str]]
) -> dict[str, dict[str, float | None]]:
    chosen: dict[str, dict[str, float | None]] = {}
    for label in LABELS:
        pair: dict[str, float | None] = {}
        for edge in EDGES:
            name = f"{edge}.{label}"
            values[name] = fields.get(name, "").strip()
            try:
                pair[edge] = _probability(values[name])
            except ValueError:
                errors[name] = [gettext(_NUMBER_WANTED)]
        flag_at, reject_at = pair.get("flag_at"), pair.get("reject_at")
        if flag_at is not None and reject_at is not None and flag_at > reject_at:
            errors[f"flag_at.{label}"] = [gettext("It must not be above the score from which it rejects.")]
        chosen[label] = pair
    return chosen


def _probability(text: str) -> float | None:
    if not text:
        return None
    number = float(text)
    if not 0 <= number <= 1:  # nor not-a-number
        raise ValueError(text)
    return number


def _own(
    chosen: Mapping[str, Mapping[str, float | None]], preset: Mapping[str, Mapping[str, float | None]]
) -> dict[str, dict[str, float | None]]:
    """The site's own thresholds: those that differ from the preset's."""
    own_thresholds = {
        label: {edge: value for edge, value in pair.items() if value != preset.get(label, {}).get(edge)}
        for label, pair in chosen.items()
    }
    return {label: pair for label, pair in own_thresholds.items() if pair}


def _threshold_values(thresholds: Mapping[str, Threshold]) -> dict[str, str]:
    values = {}
    for label in LABELS:
        threshold = thresholds.get(label, Threshold())
        for edge in EDGES:
            value = getattr(threshold, edge)
            values[f"{edge}.{label}"] = "" if value is None else f"{value:.12g}"
    return values
