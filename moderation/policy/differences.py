"""The differences between two versions of a policy, in sentences. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from moderation.policy import hold_times
from moderation.policy.policies import DEFAULT, thresholds
from moderation.policy.rules import SWITCHES
from moderation.policy.switches import ByLanguage, EntryList, Limit, OnOff, SharedLists, Switch, Times
from moderation.policy.terms import Presets, Threshold
from texts import wording

_NO_NAMES: Mapping[str, str] = MappingProxyType({})
#: What a site has chosen for a language, as a sentence goes on.
_TREATED = {
    "judge": "is judged by its scores",
    "lenient": "is judged leniently",
    "balanced": "is judged as the balanced preset does",
    "strict": "is judged strictly",
    "hold": "is held",
    "rules": "is published unless a rule speaks",
}
#: The effect of a shared list in words.
_DOES = {"reject": "reject", "flag": "flag", "publish": "publish", None: "not used"}
#: Entries that a sentence names; the rest are counted.
_NAMED = 5


def describe(
    old: Mapping[str, Any], new: Mapping[str, Any], presets: Presets, list_names: Mapping[str, str] = _NO_NAMES
) -> list[str]:
    """Each difference between two stored documents as a sentence; none where they mean the same.

    `list_names` has the names of shared lists by id.
    """
    old, new = DEFAULT | dict(old), DEFAULT | dict(new)
    sentences = [
        f"{name.capitalize()}: {new[name]} (was {old[name]})." for name in ("mode", "preset") if old[name] != new[name]
    ]
    sentences += _thresholds(thresholds(old, presets), thresholds(new, presets))
    for switch in SWITCHES:
        old_value, new_value = old[switch.key], new[switch.key]
        if old_value != new_value:
            names = new["expires"].get(switch.key, {}) if isinstance(switch, EntryList) else list_names
            sentences += _changed(switch, old_value, new_value, names)
    return sentences


def _changed(switch: Switch, old_value: Any, new_value: Any, known: Mapping[str, str]) -> list[str]:
    """`known`: of a list, when its entries end; of shared lists, their names."""
    match switch:
        case EntryList():
            return [_list(switch.title, old_value, new_value, known)]
        case SharedLists():
            pairs = [(one, old_value.get(one), new_value.get(one)) for one in sorted({*old_value, *new_value})]
            return [f"{switch.title}: {_shared(known.get(one), *pair)}" for one, *pair in pairs if pair[0] != pair[1]]
        case Limit():
            return [f"{switch.title}: {_number(switch, new_value)} (was {_number(switch, old_value)})."]
        case OnOff():
            return [f"{switch.title} {'are flagged now' if new_value else 'are no longer flagged'}."]
        case ByLanguage():
            codes = sorted({*old_value, *new_value})
            pairs = [(code, old_value.get(code), new_value.get(code)) for code in codes]
            return [f"{switch.title}: {_language(*pair)}" for pair in pairs if pair[1] != pair[2]]
        case Times():
            return [f"{switch.title}: {hold_times.describe(new_value)} (was {hold_times.describe(old_value)})."]


def _shared(name: str | None, was: str | None, now: str | None) -> str:
    called = "a list that is gone" if name is None else f"“{name}”"
    return f"{called}: {_DOES[now]} (was: {_DOES[was]})."


def _language(code: str, was: str | None, now: str | None) -> str:
    before = "" if was is None else f" (was: {_TREATED[was]})"
    return f"{wording.language(code)} {'is as by default' if now is None else _TREATED[now]}{before}."


def _thresholds(old: Mapping[str, Threshold], new: Mapping[str, Threshold]) -> list[str]:
    sentences = []
    for label in sorted(old.keys() | new.keys()):
        before, after = old.get(label, Threshold()), new.get(label, Threshold())
        name = wording.named(label)
        for edge, verb in (("flag_at", "flags"), ("reject_at", "rejects")):
            old_edge, new_edge = getattr(before, edge), getattr(after, edge)
            if old_edge != new_edge:
                sentences.append(f"{name} {verb} {_from(new_edge)} (was {_from(old_edge)}).")
    return sentences


def _list(title: str, old: Sequence[str], new: Sequence[str], ends: Mapping[str, str]) -> str:
    added = [entry for entry in new if entry not in set(old)]
    removed = [entry for entry in old if entry not in set(new)]
    parts = [f"added {_some(added, ends)}"] if added else []
    parts += [f"removed {_some(removed, {})}"] if removed else []
    return f"{title}: {'; '.join(parts) or 'in another order'}."


def _some(entries: Sequence[str], ends: Mapping[str, str]) -> str:
    named = ", ".join(f"“{entry}”{_until(ends.get(entry))}" for entry in entries[:_NAMED])
    further = len(entries) - _NAMED
    return f"{named} and {further} more" if further > 0 else named


def _until(end: str | None) -> str:
    return "" if end is None else f" until {wording.exact(datetime.fromisoformat(end), seconds=False)}"


def _from(threshold: float | None) -> str:
    return "never" if threshold is None else f"from {threshold:g}"


def _number(limit: Limit, number: int | None) -> str:
    return limit.unset if number is None else str(number)
