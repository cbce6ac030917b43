"""Merges two people's changes of one policy. What both changed differently is a conflict. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.policy.policies import DEFAULT
from moderation.policy.rules import BY_LANGUAGE, LISTS, SHARED, SWITCHES
from texts import wording
from texts.translation import gettext

#: The lists, whose entries are merged one by one.
_LISTS = frozenset(entry_list.key for entry_list in LISTS)
#: What has a value for each language or shared list, which are merged one by one.
_BY_LANGUAGE = frozenset(switch.key for switch in BY_LANGUAGE)
_SHARED = frozenset(switch.key for switch in SHARED)
_TITLES = {"mode": "Mode", "preset": "Preset"} | {switch.key: switch.title for switch in SWITCHES}


def merge(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The document with both changes to `base`, and the names of the conflicts, in which it has `mine`.

    All three are stored documents. The moments at which entries end are those of `theirs`, the later document.
    """
    base, mine, theirs = ({**DEFAULT, **document} for document in (base, mine, theirs))
    merged, conflicts = dict(theirs), []
    for key in _TITLES:
        if key in _LISTS:
            merged[key] = _entries(base[key], mine[key], theirs[key])
            continue
        if key in _BY_LANGUAGE:
            merged[key], languages = _pairs(base[key], mine[key], theirs[key])
            conflicts += [f"{gettext(_TITLES[key])}: {wording.language(code)}" for code in languages]
            continue
        if key in _SHARED:
            merged[key], contended = _pairs(base[key], mine[key], theirs[key])
            conflicts += [gettext(_TITLES[key])] if contended else []
            continue
        merged[key], differs = _value(base[key], mine[key], theirs[key])
        conflicts += [gettext(_TITLES[key])] if differs else []
    merged["thresholds"], labels = _thresholds(base, mine, theirs)
    merged["expires"] = theirs["expires"]  # `policies.save` drops the ends of entries that are in no list
    return merged, conflicts + [
        gettext("Thresholds of %(label)s", label=wording.within(wording.label(label))) for label in labels
    ]


def _value(base: Any, mine: Any, theirs: Any) -> tuple[Any, bool]:
    """The value to take, and whether `mine` and `theirs` are in conflict."""
    if mine == base:
        return theirs, False
    return mine, theirs not in (base, mine)


def _entries(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Their entries, without those that I took out, and with those that I put in."""
    removed = set(base) - set(mine)
    remaining = [entry for entry in theirs if entry not in removed]
    return remaining + [entry for entry in mine if entry not in set(base) and entry not in set(remaining)]


def _pairs(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """One of three values of each name, where it has any, and the names that two of them contend for."""
    merged, contended = {}, []
    for name in sorted({*base, *mine, *theirs}):
        value, differs = _value(*(values.get(name, _NOTHING) for values in (base, mine, theirs)))
        if value is not _NOTHING:
            merged[name] = value
        contended += [name] if differs else []
    return merged, contended


def _thresholds(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, dict[str, float | None]], list[str]]:
    """The site's own thresholds, merged edge by edge; or as a whole where somebody changed the preset under them."""
    if len({document["preset"] for document in (base, mine, theirs)}) > 1:
        chosen, differs = _value(base["thresholds"], mine["thresholds"], theirs["thresholds"])
        return chosen, sorted(mine["thresholds"].keys() | theirs["thresholds"].keys()) if differs else []
    merged: dict[str, dict[str, float | None]] = {}
    contended = []
    for label in sorted({*base["thresholds"], *mine["thresholds"], *theirs["thresholds"]}):
        pair, edges = _pairs(*(document["thresholds"].get(label, {}) for document in (base, mine, theirs)))
        if pair:
            merged[label] = pair
        contended += [label] if edges else []
    return merged, contended


#: Where there is no value of a name.
_NOTHING: Any = object()
