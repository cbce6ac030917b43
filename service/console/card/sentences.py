"""The reasons of a decision as one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation import authors
from moderation.policy.policy_lists import ListEntry
from moderation.policy.rules import BY_NAME, Rule, decimals
from texts.wording import exact, named

Reasons = Sequence[Mapping[str, Any]]


def why(reasons: Reasons | None) -> str:
    """The reasons as one sentence: a clause for each rule, with the labels of a threshold together."""
    by_rule: dict[str, list[Mapping[str, Any]]] = {}
    for reason in reasons or ():
        by_rule.setdefault(str(reason.get("rule")), []).append(reason)
    parts = [part for rule, reasons_of_rule in by_rule.items() if (part := _part(BY_NAME.get(rule), reasons_of_rule))]
    if not parts:
        return ""
    first, *others = parts
    clauses = [first.rstrip("."), *(_lower(part).rstrip(".") for part in others)]
    return f"{'; '.join(clauses)}{'' if first.endswith(('?', '!')) and not others else '.'}"


def listed(entry: ListEntry) -> tuple[str, str]:
    """An entry that blocks or trusts somebody: a kind (`bad` or `good`), and the sentence."""
    whom = "address" if entry.name.endswith("_ips") else "author"
    verb = {"blocked": "blocks", "suspended": "suspends", "trusted": "trusts"}[entry.name.partition("_")[0]]
    kind = "good" if verb == "trusts" else "bad"
    end = f" until {exact(entry.until)}" if entry.until is not None else ""
    return kind, f"This site {verb} the {whom} {authors.without_kind(entry.entry)}{end}."


def _part(rule: Rule | None, reasons: Reasons) -> str:
    if len(reasons) > 1 and all("score" in reason and "threshold" in reason for reason in reasons):
        scores = [f"{named(str(reason['label']))} {_number(reason)}" for reason in reasons]
        thresholds = {_threshold(float(reason["threshold"])) for reason in reasons}
        of = f"threshold of {thresholds.pop()}" if len(thresholds) == 1 else "thresholds"
        scores_in_words = _and([scores[0], *map(_lower, scores[1:])])
        return f"{scores_in_words} reach this site's {reasons[0].get('action')} {of}"
    lists = {reason.get("list") for reason in reasons}
    if len(reasons) > 1 and lists != {None}:
        return _of_shared_lists(reasons)
    if len(reasons) > 1 and rule is not None and all("entry" in reason for reason in reasons):
        entries = [str(reason["entry"]) for reason in reasons]
        return f"It contains entries {_and(entries)} of the site's {rule.title.lower()}"
    return " ".join(str(reason.get("message", "")).strip() for reason in reasons)


def _of_shared_lists(reasons: Reasons) -> str:
    """The entries of each list together: the message of its first, with all of their numbers."""
    by_list: dict[Any, list[Mapping[str, Any]]] = {}
    for reason in reasons:
        by_list.setdefault(reason.get("list"), []).append(reason)
    clauses = []
    for first, *others in by_list.values():
        message = str(first.get("message", "")).strip().rstrip(".")
        entries = _and([str(reason.get("entry")) for reason in (first, *others)])
        one = f"entry {first.get('entry')} of"
        clauses.append(message.replace(one, f"entries {entries} of", 1) if others else message)
    return "; ".join([clauses[0], *map(_lower, clauses[1:])]) + "."


def _number(reason: Mapping[str, Any]) -> str:
    return f"{float(reason['score']):.{decimals(float(reason['threshold']))}f}"


def _threshold(threshold: float) -> str:
    return f"{threshold:.{decimals(threshold)}f}"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
