"""Shared lists in the form that the rules use, prepared once for each version of a list in a process."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.policy import hidden_entries
from moderation.policy.list_kinds import PreparedList
from moderation.policy.terms import Policy, Subscription
from moderation.tables import SharedList, SharedListEntry

#: Lists that a process keeps prepared: one of 65,000 words takes about 40 MB.
_MOST_KEPT = 50
#: List id -> the list. Threads may share it: at worst two of them prepare the same list.
_kept: dict[str, PreparedList] = {}


def subscribed(session: Session, policies: Mapping[str, Policy]) -> dict[str, Policy]:
    """These policies with the lists that they subscribe to, as of `session`'s snapshot.

    A policy whose lists have not changed stays the same object. Lists that were deleted are left out.
    """
    list_ids = {list_id for policy in policies.values() for list_id in policy.lists}
    lists = read(session, list_ids) if list_ids else {}
    return {site_id: _with(policy, lists) for site_id, policy in policies.items()}


def read(session: Session, list_ids: Collection[str]) -> dict[str, PreparedList]:
    """The lists with these ids. Those whose version is prepared already are not read again."""
    query = select(SharedList).where(SharedList.id.in_(list_ids), SharedList.deleted_at.is_(None))
    return {row.id: _of(session, row) for row in session.scalars(query)}


def _of(session: Session, row: SharedList) -> PreparedList:
    kept = _kept.get(row.id)
    if kept is not None and (kept.version, kept.name) == (row.version, row.name):
        return kept
    query = select(SharedListEntry.number, SharedListEntry.entry).where(
        SharedListEntry.list_id == row.id, hidden_entries.is_shown(row)
    )
    entries = [(number, entry) for number, entry in session.execute(query.order_by(SharedListEntry.number))]
    prepared = PreparedList(row.id, row.name, row.kind, row.version, entries)
    while len(_kept) >= _MOST_KEPT and row.id not in _kept:
        _kept.pop(next(iter(_kept)), None)
    _kept[row.id] = prepared
    return prepared


def _with(policy: Policy, lists: Mapping[str, PreparedList]) -> Policy:
    subscriptions = tuple(
        Subscription(lists[list_id], effect) for list_id, effect in sorted(policy.lists.items()) if list_id in lists
    )
    if subscriptions == policy.subscriptions:
        return policy
    for subscription in subscriptions:
        subscription.list.prepare(subscription.effect)
    return replace(policy, subscriptions=subscriptions)
