"""Stored policies: the document that a site edits, its versions, and the `Policy` that the rules use."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, select
from sqlalchemy.orm import Session

from moderation import audit, clock
from moderation.errors import found
from moderation.policy import prepared_lists
from moderation.policy.list_kinds import KINDS
from moderation.policy.rules import SWITCHES
from moderation.policy.terms import Policy, Presets, Threshold
from moderation.tables import PolicyVersion, SharedList, Site

_SITES = cast("Table", Site.__table__)
#: What a new site starts with.
DEFAULT: dict[str, Any] = {
    "mode": "auto",
    "preset": "balanced",
    "thresholds": {},
    **{switch.key: switch.default for switch in SWITCHES},
    # List -> entry -> when it ends: `{"banned_words": {"casino": "2026-12-01T00:00:00+00:00"}}`.
    "expires": {},
}


def thresholds(document: Mapping[str, Any], presets: Presets) -> dict[str, Threshold]:
    """The thresholds in force: the site's own, and the preset's where it has none."""
    chosen = {label: dict(values) for label, values in presets[document["preset"]].items()}
    for label, values in document["thresholds"].items():
        chosen.setdefault(label, {}).update(values)
    return {label: Threshold(values.get("flag_at"), values.get("reject_at")) for label, values in chosen.items()}


def is_same(document: Mapping[str, Any], other: Mapping[str, Any], presets: Presets) -> bool:
    """Whether two documents come to the same, also where one of them writes out a default or the preset's value."""
    return _in_full(document, presets) == _in_full(other, presets)


def _in_full(document: Mapping[str, Any], presets: Presets) -> dict[str, Any]:
    whole = DEFAULT | dict(document)
    return whole | {"thresholds": thresholds(whole, presets)}


def compile_policy(document: Mapping[str, Any], version: int, presets: Presets) -> Policy:
    """The `Policy` that a stored document describes. `prepared_lists.subscribed` adds the shared lists.

    Raises:
        PatternError: an entry of a list cannot be used. (A stored policy was checked when it was saved.)
    """
    switches: dict[str, Any] = {switch.key: switch.compile(document[switch.key]) for switch in SWITCHES}
    chosen = presets.keys() & set(document["languages"].values())
    return Policy(
        version=version,
        mode=document["mode"],
        thresholds=thresholds(document, presets),
        presets={name: thresholds({"preset": name, "thresholds": {}}, presets) for name in chosen},
        **switches,
    )


def content(policy: Policy) -> str:
    """A digest of what a policy says. Two policies that say the same have the same one, whenever they were compiled."""
    said = {
        field.name: getattr(value, "entries", value)
        for field in fields(policy)
        if field.name not in {"version", "subscriptions"} and (value := getattr(policy, field.name)) is not None
    }
    lists = [(its.list.id, its.list.version, its.effect) for its in policy.subscriptions]
    return hashlib.blake2b(repr((said, lists)).encode(), digest_size=16).hexdigest()


def in_force() -> Select[Site, PolicyVersion]:
    """A query for sites, each with its policy in force."""
    of_site = (Site.id == PolicyVersion.site_id) & (Site.policy_version == PolicyVersion.version)
    return select(Site, PolicyVersion).join(PolicyVersion, of_site)


def current(session: Session, site_id: str) -> PolicyVersion:
    """The policy in force on a site.

    Raises:
        NotFound: there is no such site.
    """
    query = in_force().with_only_columns(PolicyVersion).where(Site.id == site_id)
    return found(session.scalar(query), f"site {site_id}")


def to_change(session: Session, site_id: str) -> dict[str, Any]:
    """The whole document in force on a site. Nobody else changes it until the caller's transaction ends.

    Raises:
        NotFound: there is no such site.
    """
    session.scalar(select(Site).where(Site.id == site_id).with_for_update())
    return DEFAULT | current(session, site_id).document


def save(
    session: Session, site_id: str, document: Mapping[str, Any], *, actor: str, detail: Mapping[str, Any] | None = None
) -> PolicyVersion:
    """Store `document` as the next version of the site's policy and put it in force. The audit event has the `detail`.

    A document that is in force already makes no new version: nothing is written, and the version in force is returned.

    Raises:
        NotFound: there is no such site.
        PatternError: an entry of a list cannot be used.
        hold_times.NoTimes: the times at which every comment is held cannot be used.
    """
    site = found(session.scalar(select(Site).where(Site.id == site_id).with_for_update()), f"site {site_id}")
    whole = DEFAULT | dict(document)
    whole["expires"] = _expires(whole)
    whole["lists"] = _existing(session, whole["lists"])
    for switch in SWITCHES:
        switch.compile(whole[switch.key])
    earlier = current(session, site_id)
    if whole == DEFAULT | earlier.document:
        return earlier
    site.policy_version += 1
    row = PolicyVersion(
        site_id=site_id, version=site.policy_version, document=whole, created_at=clock.now(), created_by=actor
    )
    session.add(row)
    event = audit.row("policy.changed", actor=actor, site_id=site_id, policy_version=row.version, detail=detail)
    audit.record(session, [event])
    return row


def _expires(document: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The ends of entries that are (still) in their lists."""
    current_ends = {
        name: {entry: end for entry, end in ends.items() if entry in document[name]}
        for name, ends in document["expires"].items()
    }
    return {name: ends for name, ends in current_ends.items() if ends}


def _existing(session: Session, subscriptions: Mapping[str, str]) -> dict[str, str]:
    """The subscriptions to lists that are (still) there, with effects that their kind can have."""
    if not subscriptions:
        return {}
    query = select(SharedList.id, SharedList.kind).where(
        SharedList.id.in_(subscriptions), SharedList.deleted_at.is_(None)
    )
    kinds = {list_id: KINDS[kind] for list_id, kind in session.execute(query)}
    return {
        list_id: effect
        for list_id, effect in subscriptions.items()
        if list_id in kinds and effect in kinds[list_id].effects
    }


def set_mode(session: Session, site_id: str, mode: str, *, actor: str) -> PolicyVersion:
    """Save the policy in force with another mode, as a new version."""
    return save(session, site_id, to_change(session, site_id) | {"mode": mode}, actor=actor)


class PolicyCache:
    """Compiled policies by site, with their shared lists and the language of the site's authors.

    A policy is read again only when it, or a list, has a new version.

    Threads may share one: at worst two of them compile the same policy.
    """

    def __init__(self, presets: Presets) -> None:
        self._presets = presets
        self._policies: dict[str, Policy] = {}

    def get(self, session: Session, site_ids: Collection[str]) -> dict[str, Policy]:
        """The policies in force on these sites, as of `session`'s snapshot."""
        for site_id, version, language in session.execute(_versions(), {"sites": list(site_ids)}).all():
            cached = self._policies.get(site_id)
            if cached is None or cached.version != version:
                document = current(session, site_id).document
                cached = compile_policy(DEFAULT | document, version, self._presets)
            self._policies[site_id] = _with_language(cached, language)
        ready = prepared_lists.subscribed(session, {site_id: self._policies[site_id] for site_id in site_ids})
        self._policies |= ready
        return ready


class Candidate(PolicyCache):
    """A policy that is not in force, for one site: `scoring.Scorer` uses it when somebody tries it."""

    def __init__(self, site_id: str, policy: Policy) -> None:
        super().__init__({})
        self._policies[site_id] = policy

    def get(self, session: Session, site_ids: Collection[str]) -> dict[str, Policy]:
        """The policy, whatever is in force."""
        rows = session.execute(_versions(), {"sites": list(site_ids)})
        return {site_id: _with_language(self._policies[site_id], language) for site_id, _, language in rows}


@cache
def _versions() -> Select[Any]:
    """Built once, because building it takes longer than running it."""
    language = _SITES.c.settings["author_language"].as_string()
    return select(_SITES.c.id, _SITES.c.policy_version, language).where(
        _SITES.c.id.in_(bindparam("sites", expanding=True))
    )


def _with_language(policy: Policy, language: str | None) -> Policy:
    """The policy, with the language of its site's authors."""
    return policy if policy.author_language == (language or "") else replace(policy, author_language=language or "")
