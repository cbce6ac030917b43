"""Two people change one policy: what each changed is kept; what both changed differently is asked about. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.policy.policies import DEFAULT
from moderation.policy.rules import BY_LANGUAGE, LISTS, SWITCHES
from texts import wording

#: Whose entries are merged one by one.
_LISTS = frozenset(one.key for one in LISTS)
#: What has a value for each language, which are merged one by one.
_BY_LANGUAGE = frozenset(one.key for one in BY_LANGUAGE)
_TITLES = {"mode": "Mode", "preset": "Preset"} | {switch.key: switch.title for switch in SWITCHES}


def merge(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The document that has both changes to `base`, and the names of what both changed differently: there it has mine.

    All three are stored documents; when entries end is as in `theirs`, which knows of all that was added.
    """
    base, mine, theirs = ({**DEFAULT, **one} for one in (base, mine, theirs))
    merged, conflicts = dict(theirs), []
    for key in _TITLES:
        if key in _LISTS:
            merged[key] = _entries(base[key], mine[key], theirs[key])
            continue
        if key in _BY_LANGUAGE:
            merged[key], languages = _pairs(base[key], mine[key], theirs[key])
            conflicts += [f"{_TITLES[key]}: {wording.language(code)}" for code in languages]
            continue
        merged[key], differs = _value(base[key], mine[key], theirs[key])
        conflicts += [_TITLES[key]] if differs else []
    merged["thresholds"], labels = _thresholds(base, mine, theirs)
    merged["expires"] = theirs["expires"]  # of what is in no list any more, nothing is stored
    return merged, conflicts + [f"Thresholds of {wording.named(label).lower()}" for label in labels]


def _value(base: Any, mine: Any, theirs: Any) -> tuple[Any, bool]:
    """One of three values, and whether two of them contend for it."""
    if mine == base:
        return theirs, False
    return mine, theirs not in (base, mine)


def _entries(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Theirs, without what I took out, and with what I put in."""
    removed = set(base) - set(mine)
    kept = [entry for entry in theirs if entry not in removed]
    return kept + [entry for entry in mine if entry not in set(base) and entry not in set(kept)]


def _pairs(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """One of three values of each name, where it has any, and the names that two of them contend for."""
    merged, contended = {}, []
    for name in sorted({*base, *mine, *theirs}):
        value, differs = _value(*(one.get(name, _NOTHING) for one in (base, mine, theirs)))
        if value is not _NOTHING:
            merged[name] = value
        contended += [name] if differs else []
    return merged, contended


def _thresholds(
    base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]
) -> tuple[dict[str, dict[str, float | None]], list[str]]:
    """The site's own thresholds, edge by edge; as one thing where somebody changed the preset, which they go with."""
    if len({one["preset"] for one in (base, mine, theirs)}) > 1:
        whole, differs = _value(base["thresholds"], mine["thresholds"], theirs["thresholds"])
        return whole, sorted(mine["thresholds"].keys() | theirs["thresholds"].keys()) if differs else []
    merged: dict[str, dict[str, float | None]] = {}
    contended = []
    for label in sorted({*base["thresholds"], *mine["thresholds"], *theirs["thresholds"]}):
        pair, edges = _pairs(*(one["thresholds"].get(label, {}) for one in (base, mine, theirs)))
        if pair:
            merged[label] = pair
        contended += [label] if edges else []
    return merged, contended


#: Where there is no value of a name.
_NOTHING: Any = object()
