"""Every list of rules is made from the rules' records: what one knows of a rule, all know."""

from __future__ import annotations

import dataclasses
import string

import pytest

from moderation.policy import policies, rules
from moderation.policy.rules import BY_NAME, LISTS, RULES, SWITCHES, Rule
from moderation.policy.switches import EntryList, OnOff
from moderation.policy.terms import Facts, Policy
from service.api.policy_schemas import PolicySchema
from service.console.queue.queue_filters import RULES as FILTERS
from service.statements import wording


@pytest.mark.parametrize("rule", BY_NAME.values(), ids=lambda rule: rule.name)
def test_a_rule_has_words_for_moderators_and_for_authors(rule: Rule) -> None:
    assert rule.title[:1].isupper()
    assert not rule.title.endswith(".")
    names = {name for _, name, _, _ in string.Formatter().parse(rule.for_authors) if name}
    assert names <= {"label", "score", "threshold", "message"}
    reason = {"rule": rule.name, "message": "Because.", "label": "insult", "score": 0.9, "threshold": 0.8}
    assert wording.grounds([reason])[0]


def test_names_are_told_apart_and_the_last_rule_always_speaks() -> None:
    assert len(BY_NAME) == len(RULES) + len({rule.name for rule in BY_NAME.values()} - {rule.name for rule in RULES})
    assert rules.evaluate(Policy(), {}, Facts(text="Hello")).reasons[0].rule == RULES[-1].name


def test_the_queue_can_be_filtered_by_every_rule_that_can_flag_or_reject() -> None:
    assert {rule.name for rule in BY_NAME.values() if rule.action != "publish"} - {"moderator"} <= set(FILTERS)


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.key)
def test_a_switch_is_in_the_document_the_policy_and_the_api(switch: EntryList | OnOff) -> None:
    assert policies.DEFAULT[switch.key] == switch.default
    assert switch.key in {field.name for field in dataclasses.fields(Policy)}
    assert switch.key in PolicySchema().fields


def switched_on(key: str) -> Policy:
    policy = Policy()
    object.__setattr__(policy, key, True)
    return policy


def test_a_rule_that_is_switched_off_says_nothing() -> None:
    facts = Facts(text="Hello", repeated=True, first_comment=True, unknown_language="de")
    flagged = {
        switch.key: rules.evaluate(switched_on(switch.key), {}, facts).reasons[0].rule
        for switch in SWITCHES
        if isinstance(switch, OnOff)
    }
    rule_of = {"flag_repeated": "repeated", "flag_unknown_language": "language", "flag_first_comment": "first_comment"}
    assert flagged == rule_of
    assert rules.evaluate(Policy(), {}, facts).reasons[0].rule == "clear"


def test_each_list_belongs_to_one_rule_of_its_name() -> None:
    assert {switch.key for switch in LISTS} == {
        *("banned_words", "suspect_words", "blocked_authors", "trusted_authors", "blocked_ips", "trusted_ips")
    }
