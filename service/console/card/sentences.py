"""Says in one sentence why a comment got the decision that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from service.console import names

Reasons = Sequence[Mapping[str, Any]]

#: Rules that a decision names once for each entry of a list that was found.
_LISTS = {"banned_words": "banned words", "suspect_words": "suspect words"}


def why(reasons: Reasons | None) -> str:
    """The reasons as one sentence: what each rule has to say, with the labels of a threshold together."""
    by_rule: dict[str, list[Mapping[str, Any]]] = {}
    for reason in reasons or ():
        by_rule.setdefault(str(reason.get("rule")), []).append(reason)
    parts = [part for rule, found in by_rule.items() if (part := _part(rule, found))]
    if not parts:
        return ""
    first, *others = parts
    clauses = [first.rstrip("."), *(_lower(part).rstrip(".") for part in others)]
    return f"{'; '.join(clauses)}{'' if first.endswith(('?', '!')) and not others else '.'}"


def _part(rule: str, reasons: Reasons) -> str:
    if len(reasons) > 1 and all("score" in reason and "threshold" in reason for reason in reasons):
        action = "reject" if rule.startswith("reject") else "flag"
        named = [f"{names.of_label(str(reason['label']))} {_number(reason)}" for reason in reasons]
        thresholds = {_plain(float(reason["threshold"])) for reason in reasons}
        of = f"threshold of {thresholds.pop()}" if len(thresholds) == 1 else "thresholds"
        told = _and([named[0], *map(_lower, named[1:])])
        return f"{told} reach this site's {action} {of}"
    if len(reasons) > 1 and rule in _LISTS:
        entries = [number for reason in reasons for number in _entries(str(reason.get("message", "")))]
        return f"It contains entries {_and(entries)} of the site's {_LISTS[rule]}"
    return " ".join(str(reason.get("message", "")).strip() for reason in reasons)


def _entries(message: str) -> list[str]:
    return [word for word in message.split() if word.isdigit()]


def _number(reason: Mapping[str, Any]) -> str:
    """The score with as many places as show that it reaches the threshold."""
    threshold = float(reason["threshold"])
    return f"{float(reason['score']):.{max(2, len(f'{threshold:g}'.partition('.')[2]))}f}"


def _plain(threshold: float) -> str:
    return f"{threshold:.{max(2, len(f'{threshold:g}'.partition('.')[2]))}f}"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
