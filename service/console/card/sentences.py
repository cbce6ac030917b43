"""The reasons of a decision as one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation import authors
from moderation.policy.policy_lists import ListEntry
from moderation.policy.rules import BY_NAME, Rule, decimals
from service.console import retold
from texts import translation
from texts.translation import gettext, later
from texts.wording import exact, label, within

Reasons = Sequence[Mapping[str, Any]]


def why(reasons: Reasons | None) -> str:
    """The reasons as one sentence: a clause for each rule, with the labels of a threshold together."""
    by_rule: dict[str, list[Mapping[str, Any]]] = {}
    for reason in reasons or ():
        by_rule.setdefault(str(reason.get("rule")), []).append(reason)
    parts = [part for rule, reasons_of_rule in by_rule.items() if (part := _part(BY_NAME.get(rule), reasons_of_rule))]
    if not parts:
        return ""
    if translation.current() != translation.SOURCE:  # where a sentence cannot always go on in small letters
        return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts)
    first, *others = parts
    clauses = [first.rstrip("."), *(_lower(part).rstrip(".") for part in others)]
    return f"{'; '.join(clauses)}{'' if first.endswith(('?', '!')) and not others else '.'}"


def listed(entry: ListEntry) -> tuple[str, str]:
    """An entry that blocks or trusts somebody: a kind (`bad` or `good`), and the sentence."""
    deed, whom = entry.name.partition("_")[0], "address" if entry.name.endswith("_ips") else "author"
    name = authors.without_kind(entry.entry)
    kind = "good" if deed == "trusted" else "bad"
    if entry.until is None:
        return kind, gettext(_LISTED[deed, whom], name=name)
    return kind, gettext(_LISTED_UNTIL[deed, whom], name=name, moment=exact(entry.until, seconds=False))


_LISTED = {
    ("blocked", "author"): later("This site blocks the author %(name)s."),
    ("blocked", "address"): later("This site blocks the address %(name)s."),
    ("suspended", "author"): later("This site suspends the author %(name)s."),
    ("trusted", "author"): later("This site trusts the author %(name)s."),
    ("trusted", "address"): later("This site trusts the address %(name)s."),
}
_LISTED_UNTIL = {
    ("blocked", "author"): later("This site blocks the author %(name)s until %(moment)s."),
    ("blocked", "address"): later("This site blocks the address %(name)s until %(moment)s."),
    ("suspended", "author"): later("This site suspends the author %(name)s until %(moment)s."),
    ("trusted", "author"): later("This site trusts the author %(name)s until %(moment)s."),
    ("trusted", "address"): later("This site trusts the address %(name)s until %(moment)s."),
}
#: Action, and whether the thresholds are one -> the sentence for several scores.
_SEVERAL = {
    ("flag", True): later("%(scores)s reach this site's flag threshold of %(threshold)s"),
    ("flag", False): later("%(scores)s reach this site's flag thresholds"),
    ("reject", True): later("%(scores)s reach this site's reject threshold of %(threshold)s"),
    ("reject", False): later("%(scores)s reach this site's reject thresholds"),
}
#: Rule -> the sentence for several entries of its list.
_ENTRIES = {
    "banned_words": later("It contains entries %(entries)s of the site's banned words"),
    "suspect_words": later("It contains entries %(entries)s of the site's suspect words"),
}


def _part(rule: Rule | None, reasons: Reasons) -> str:
    if len(reasons) > 1 and all("score" in reason and "threshold" in reason for reason in reasons):
        scores = [f"{label(str(reason['label']))} {_number(reason)}" for reason in reasons]
        thresholds = {_threshold(float(reason["threshold"])) for reason in reasons}
        one = len(thresholds) == 1
        sentence = _SEVERAL["reject" if reasons[0].get("action") == "reject" else "flag", one]
        filled = {"threshold": thresholds.pop()} if one else {}
        return gettext(sentence, scores=_and([scores[0], *map(within, scores[1:])]), **filled)
    lists = {reason.get("list") for reason in reasons}
    if len(reasons) > 1 and lists != {None}:
        return _of_shared_lists(reasons)
    if len(reasons) > 1 and rule is not None and rule.name in _ENTRIES and all("entry" in one for one in reasons):
        return gettext(_ENTRIES[rule.name], entries=_and([str(reason["entry"]) for reason in reasons]))
    return " ".join(map(retold.message, reasons))


def _of_shared_lists(reasons: Reasons) -> str:
    """The entries of each list together: the message of its first, with all of their numbers."""
    if translation.current() != translation.SOURCE:
        return " ".join(map(retold.message, reasons))
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
    return translation.fixed(float(reason["score"]), decimals(float(reason["threshold"])))


def _threshold(threshold: float) -> str:
    return translation.fixed(threshold, decimals(threshold))


def _and(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    return gettext("%(words)s and %(last)s", words=", ".join(words[:-1]), last=words[-1])


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
