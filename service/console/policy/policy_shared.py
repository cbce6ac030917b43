"""The shared lists on a site's policy page: each with what it does on the site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sqlalchemy.orm import Session

from moderation import clock
from moderation.policy import prepared_lists, shared_lists
from moderation.policy.list_kinds import KINDS, Effect
from moderation.policy.terms import Policy
from moderation.tables import SharedList
from service.context import context
from texts.translation import gettext, later

#: Beginning of the names of the form's fields.
FIELD = "list."
#: Effect -> its name on the page.
EFFECTS = {"reject": later("Reject"), "flag": later("Hold"), "publish": later("Publish, whatever the scores")}


@dataclass(frozen=True, slots=True)
class Choice:
    """A list, the field that says what it does here, and the effects that it may have."""

    row: SharedList
    field: str
    kind: str
    effects: Mapping[str, str]


def read(sent: Mapping[str, str], document: Mapping[str, Any]) -> dict[str, str]:
    """What was chosen, over what the `document` has: a list that the form does not name stays as it is."""
    chosen: dict[str, str] = dict(document.get("lists", {}))
    named = [name.removeprefix(FIELD) for name in sent if name.startswith(FIELD)]
    for list_id in [name for name in named if clock.is_id("l", name)][: shared_lists.MOST_LISTS]:
        chosen.pop(list_id, None)
        if sent[FIELD + list_id] in get_args(Effect):
            chosen[list_id] = sent[FIELD + list_id]
    return chosen


def values(document: Mapping[str, Any]) -> dict[str, str]:
    """The fields that say so."""
    return {FIELD + list_id: effect for list_id, effect in document.get("lists", {}).items()}


def choices(session: Session) -> list[Choice]:
    """Every list of the team's."""
    return [
        Choice(row, FIELD + row.id, gettext(KINDS[row.kind].title), _effects(row.kind))
        for row in shared_lists.in_order(session)
    ]


def _effects(kind: str) -> dict[str, str]:
    return {one: gettext(EFFECTS[one]) for one in KINDS[kind].effects}


def with_lists(policy: Policy) -> Policy:
    """The policy with the shared lists to which it subscribes."""
    if not policy.lists:
        return policy
    with context().store.read() as session:
        return prepared_lists.subscribed(session, {"": policy})[""]
