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
from texts.translation import gettext, later, written

_NO_NAMES: Mapping[str, str] = MappingProxyType({})
#: What a site has chosen for a language, as a sentence goes on.
_TREATED = {
    "judge": later("is judged by its scores"),
    "lenient": later("is judged leniently"),
    "balanced": later("is judged as the balanced preset does"),
    "strict": later("is judged strictly"),
    "hold": later("is held"),
    "rules": later("is published unless a rule speaks"),
}
#: The effect of a shared list in words.
_DOES = {"reject": later("reject"), "flag": later("flag"), "publish": later("publish"), None: later("not used")}
#: What has a few values, and the sentence for another one.
_CHOSEN = {
    "mode": later("Mode: %(now)s (was %(was)s)."),
    "preset": later("Preset: %(now)s (was %(was)s)."),
}
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
        gettext(sentence, now=new[name], was=old[name]) for name, sentence in _CHOSEN.items() if old[name] != new[name]
    ]
    sentences += _thresholds(thresholds(old, presets), thresholds(new, presets))
    for switch in SWITCHES:
        old_value, new_value = old[switch.key], new[switch.key]
        if old_value != new_value:
            names = new["expires"].get(switch.key, {}) if isinstance(switch, EntryList) else list_names
            sentences += _changed(switch, old_value, new_value, names)
    return sentences


def _changed(switch: Switch, old_value: Any, new_value: Any, told: Mapping[str, str]) -> list[str]:
    """What changed in one setting. `told` has when the entries of a list end, or the names of shared lists."""
    title = gettext(switch.title)
    match switch:
        case EntryList():
            return [_list(title, old_value, new_value, told)]
        case SharedLists():
            list_ids = sorted({*old_value, *new_value})
            effects = [(list_id, old_value.get(list_id), new_value.get(list_id)) for list_id in list_ids]
            return [_shared(title, told.get(list_id), old, new) for list_id, old, new in effects if old != new]
        case Limit():
            return [_other(title, _number(switch, new_value), _number(switch, old_value))]
        case OnOff():
            return [gettext(_FLAGGED[bool(new_value)], title=title)]
        case ByLanguage():
            codes = sorted({*old_value, *new_value})
            pairs = [(code, old_value.get(code), new_value.get(code)) for code in codes]
            return [_language(title, *pair) for pair in pairs if pair[1] != pair[2]]
        case Times():
            return [_other(title, _times(new_value), _times(old_value))]


#: Whether it flags now -> the sentence.
_FLAGGED = {True: later("%(title)s are held now."), False: later("%(title)s are no longer held.")}


def _other(title: str, now: str, was: str) -> str:
    return gettext("%(title)s: %(now)s (was %(was)s).", title=title, now=now, was=was)


def _times(document: Mapping[str, Any]) -> str:
    return hold_times.describe(document) if document.get("spans") else gettext("never")


def _shared(title: str, name: str | None, was: str | None, now: str | None) -> str:
    called = gettext("a list that is gone") if name is None else f"“{name}”"
    does = {"now": gettext(_DOES[now]), "was": gettext(_DOES[was])}
    return gettext("%(title)s: %(list)s: %(now)s (was: %(was)s).", title=title, list=called, **does)


def _language(title: str, code: str, was: str | None, now: str | None) -> str:
    values = {"title": title, "language": wording.language(code)}
    values["now"] = gettext("is as by default") if now is None else gettext(_TREATED[now])
    if was is None:
        return gettext("%(title)s: %(language)s %(now)s.", **values)
    return gettext("%(title)s: %(language)s %(now)s (was: %(was)s).", **values, was=gettext(_TREATED[was]))


#: Edge of a threshold -> the sentence for another one.
_EDGES = {
    "flag_at": later("%(label)s flags %(now)s (was %(was)s)."),
    "reject_at": later("%(label)s rejects %(now)s (was %(was)s)."),
}


def _thresholds(old: Mapping[str, Threshold], new: Mapping[str, Threshold]) -> list[str]:
    sentences = []
    for label in sorted(old.keys() | new.keys()):
        before, after = old.get(label, Threshold()), new.get(label, Threshold())
        name = wording.label(label)
        for edge, sentence in _EDGES.items():
            old_edge, new_edge = getattr(before, edge), getattr(after, edge)
            if old_edge != new_edge:
                sentences.append(gettext(sentence, label=name, now=_from(new_edge), was=_from(old_edge)))
    return sentences


def _list(title: str, old: Sequence[str], new: Sequence[str], ends: Mapping[str, str]) -> str:
    added = [entry for entry in new if entry not in set(old)]
    removed = [entry for entry in old if entry not in set(new)]
    values = {"title": title, "added": _some(added, ends), "removed": _some(removed, {})}
    if added and removed:
        return gettext("%(title)s: added %(added)s; removed %(removed)s.", **values)
    if added:
        return gettext("%(title)s: added %(added)s.", **values)
    if removed:
        return gettext("%(title)s: removed %(removed)s.", **values)
    return gettext("%(title)s: in another order.", **values)


def _some(entries: Sequence[str], ends: Mapping[str, str]) -> str:
    named = ", ".join(_until(entry, ends.get(entry)) for entry in entries[:_NAMED])
    further = len(entries) - _NAMED
    return gettext("%(entries)s and %(number)s more", entries=named, number=further) if further > 0 else named


def _until(entry: str, end: str | None) -> str:
    if end is None:
        return f"“{entry}”"
    moment = wording.exact(datetime.fromisoformat(end), seconds=False)
    return gettext("“%(entry)s” until %(moment)s", entry=entry, moment=moment)


def _from(threshold: float | None) -> str:
    return gettext("never") if threshold is None else gettext("from %(score)s", score=written(f"{threshold:g}"))


def _number(limit: Limit, number: int | None) -> str:
    return gettext(limit.unset) if number is None else str(number)
