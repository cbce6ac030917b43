"""A site's policy, the rules that are part of it, and the lists that it may subscribe to."""

from __future__ import annotations

import dataclasses
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from moderation import actors
from moderation.patterns import PatternError
from moderation.policy import policies, shared_lists
from moderation.policy.list_kinds import KINDS
from moderation.policy.rules import LISTS
from moderation.tables import PolicyVersion
from service.api.fields import show_moment
from service.api.policy_schemas import (
    PolicyAnswerSchema,
    PolicySchema,
    PolicyUpdateSchema,
    RulesAnswerSchema,
    RulesSchema,
    RulesUpdateSchema,
    SharedListsSchema,
)
from service.api.routing import Operation, answer, operation
from service.classifier import presets
from service.context import context
from service.problems import Problem, invalid

_TAG = "Policy"
_RULES = tuple(RulesSchema._declared_fields)


@operation(
    "GET",
    "/policy",
    Operation(summary="Read the policy", tag=_TAG, answers={200: ("The policy in force.", PolicyAnswerSchema)}),
)
def read_policy(site_id: str) -> Response:
    """`effective_thresholds` says what the preset and the site's own thresholds come to."""
    with context().store.read() as session:
        return answer(_show_policy(policies.current(session, site_id)))


@operation(
    "PUT",
    "/policy",
    Operation(
        summary="Replace the policy",
        tag=_TAG,
        body=PolicyUpdateSchema,
        answers={200: ("The policy, now in force.", PolicyAnswerSchema)},
        problems=("stale",),
    ),
)
def replace_policy(site_id: str, *, body: dict[str, Any]) -> Response:
    """In force for every comment that is scored from now on; decided ones stay as they are.

    What is in force already makes no new version: the answer is the version in force.
    """
    version = body.pop("version", None)
    _check_effective(body)
    with context().store.write() as session:
        current = _require_version(session, site_id, version).document
        _check_lists(body, current)
        _check_subscriptions(session, body["lists"])
        saved = policies.save(session, site_id, {"expires": current.get("expires", {})} | body, actor=actors.SITE)
    return answer(_show_policy(saved))


@operation(
    "GET",
    "/rules",
    Operation(summary="Read the rules", tag=_TAG, answers={200: ("The rules in force.", RulesAnswerSchema)}),
)
def read_rules(site_id: str) -> Response:
    """The policy's word lists, links, authors and addresses alone, without mode and thresholds."""
    with context().store.read() as session:
        return answer(_show_rules(policies.current(session, site_id)))


@operation(
    "PUT",
    "/rules",
    Operation(
        summary="Replace the rules",
        tag=_TAG,
        body=RulesUpdateSchema,
        answers={200: ("The rules, now in force.", RulesAnswerSchema)},
        problems=("stale",),
    ),
)
def replace_rules(site_id: str, *, body: dict[str, Any]) -> Response:
    """Mode, preset and thresholds stay as they are. Rules that are in force already make no new version."""
    version = body.pop("version", None)
    with context().store.write() as session:
        document = _require_version(session, site_id, version).document
        _check_lists(body, document)
        _check_subscriptions(session, body["lists"])
        saved = policies.save(session, site_id, document | body, actor=actors.SITE)
    return answer(_show_rules(saved))


@operation(
    "GET",
    "/lists",
    Operation(
        summary="Read the lists to subscribe to",
        tag=_TAG,
        answers={200: ("The team's lists, by name.", SharedListsSchema)},
    ),
)
def read_lists(site_id: str) -> Response:
    """A site subscribes by the policy's `lists`. Admins fill the lists in the console."""
    with context().store.read() as session:
        effects = policies.current(session, site_id).document.get("lists", {})
        rows = shared_lists.in_order(session)
    lists = [
        {
            "id": row.id,
            "name": row.name,
            "kind": row.kind,
            "entries": row.size,
            "version": row.version,
            "changed_at": show_moment(row.changed_at),
            "effects": list(KINDS[row.kind].effects),
            "effect": effects.get(row.id),
        }
        for row in rows
    ]
    return answer({"lists": lists})


def _check_subscriptions(session: Session, subscriptions: dict[str, str]) -> None:
    """Refuses a list that does not exist, and an effect that its kind cannot have."""
    kinds = {row.id: KINDS[row.kind] for row in shared_lists.in_order(session)} if subscriptions else {}
    errors: dict[str, list[str]] = {}
    for list_id, effect in subscriptions.items():
        if list_id not in kinds:
            errors["lists"] = ["It names a list that does not exist; GET /api/v1/lists has those that do."]
        elif effect not in kinds[list_id].effects:
            effects = ", ".join(kinds[list_id].effects)
            errors["lists"] = [f"A list of {kinds[list_id].name} can only have these effects: {effects}."]
    if errors:
        raise invalid(errors)


def _check_lists(document: dict[str, Any], stored: dict[str, Any]) -> None:
    """Refuses new entries of a list that would cost too much for each comment."""
    errors: dict[str, list[str]] = {}
    for entry_list in LISTS:
        try:
            entry_list.check(document[entry_list.key], stored.get(entry_list.key, entry_list.default))
        except PatternError as error:
            errors[entry_list.key] = [str(error)]
    if errors:
        raise invalid(errors)


def _check_effective(document: dict[str, Any]) -> None:
    """Refuses a site's own threshold that is in the wrong order with the preset's other one."""
    errors = {
        f"thresholds.{label}.flag_at": [f"It must not be above reject_at, which is {threshold.reject_at:g} here."]
        for label, threshold in policies.thresholds(document, presets()).items()
        if threshold.flag_at is not None and threshold.reject_at is not None and threshold.flag_at > threshold.reject_at
    }
    if errors:
        raise invalid(errors)


def _require_version(session: Session, site_id: str, version: int | None) -> PolicyVersion:
    current = policies.current(session, site_id)
    if version is not None and current.version != version:
        raise Problem(
            "stale",
            f"The policy is at version {current.version} now, by {current.created_by.partition(':')[0]}.",
            current=_show_policy(current),
        )
    return current


def _show_policy(row: PolicyVersion) -> dict[str, Any]:
    document = policies.DEFAULT | row.document
    effective = policies.thresholds(document, presets())
    return {
        **{name: document[name] for name in PolicySchema._declared_fields},
        "effective_thresholds": {label: dataclasses.asdict(threshold) for label, threshold in effective.items()},
        **_stored(row),
    }


def _show_rules(row: PolicyVersion) -> dict[str, Any]:
    document = policies.DEFAULT | row.document
    return {name: document[name] for name in _RULES} | _stored(row)


def _stored(row: PolicyVersion) -> dict[str, Any]:
    return {
        "version": row.version,
        "created_at": show_moment(row.created_at),
        "created_by": actors.kind(row.created_by),
    }
