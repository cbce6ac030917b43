"""Whatever shows rules, or what a site sets for them, knows every one: each list is made from the records."""

from __future__ import annotations

import html
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from moderation.policy import differences, policies, shared_lists
from moderation.policy.rules import BY_NAME, RULES, SWITCHES, Rule
from moderation.policy.switches import ByLanguage, EntryList, Limit, OnOff, SharedLists, Switch, Times
from moderation.policy.terms import Policy, Reason
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from service.console.card.sentences import why
from service.console.policy import policy_form
from service.console.queue import queue_filters
from service.statements import wording
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.one_database

DOCS = Path(__file__).parents[2] / "docs"
#: The id of a shared list.
LIST = f"l_{'0' * 26}"
PRESETS: Any = {"lenient": {}, "balanced": {}, "strict": {}}

each_rule = pytest.mark.parametrize("rule", BY_NAME.values(), ids=lambda rule: rule.name)
each_switch = pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.key)


def another(switch: Switch) -> Any:
    """A value of it that is not the default."""
    match switch:
        case EntryList():
            return ["192.0.2.7"]
        case Limit():
            return switch.most
        case OnOff():
            return not switch.default
        case ByLanguage():
            return {"de": "hold"}
        case Times():
            return {"time_zone": "Europe/Berlin", "spans": [{"days": ["fri"], "start": "22:00", "end": "06:00"}]}
        case SharedLists():
            return {LIST: "flag"}


def add_list(store: Store) -> None:
    with store.write() as session:
        shared_lists.create(session, "Shared", "words", actor="operator").id = LIST


def row(rule: Rule) -> str:
    """A rule's line of the table in docs/moderators.md."""
    action = "what they chose" if rule.name == "moderator" else rule.action
    return f"| {rule.title} | `{rule.name}` | {action} | {f'`{rule.switch.key}`' if rule.switch else '–'} |"


def test_no_two_rules_share_a_name_a_title_or_a_switch() -> None:
    modes = ["mode_hold", "mode_open", "mode_observe"]
    names = [*(rule.name for rule in RULES), "reported", "not_judged", *modes, "imported", "moderator"]
    assert list(BY_NAME) == names
    assert len({rule.title for rule in BY_NAME.values()}) == len(names)
    assert (
        len({switch.key for switch in SWITCHES})
        == sum(len(rule.switches) for rule in BY_NAME.values())
        == len(SWITCHES)
    )


@each_rule
def test_the_queues_filter_calls_it_by_its_title(rule: Rule) -> None:
    assert queue_filters.in_words("rule", rule.name) == rule.title


@each_rule
def test_a_statement_tells_the_author_and_leaves_no_gap(rule: Rule) -> None:
    reason = rule.reason("Because.", label="threat", score=0.912, threshold=0.9).as_json()
    [told] = wording.grounds([reason], SiteSettings())
    assert told.endswith(".")
    assert not re.search(r"[{}]|None|unknown", told)
    assert (told == "Because.") == (rule.name == "moderator"), "only a moderator's own words go to the author"


@each_rule
def test_a_card_says_why(rule: Rule) -> None:
    assert why([rule.reason("It is so.").as_json()]) == "It is so."
    several = why([rule.reason(f"Number {entry}.", entry=entry).as_json() for entry in (2, 5)])
    assert re.findall(r"\d", several) == ["2", "5"]


def test_the_docs_table_has_each_rule_in_order() -> None:
    table = re.findall(r"^\| [^|]+ \| `\w+` \| [^|]+ \| [^|]+ \|$", (DOCS / "moderators.md").read_text(), re.MULTILINE)
    assert table == [row(rule) for rule in BY_NAME.values()]


@each_switch
def test_a_policy_has_it(switch: Switch) -> None:
    assert switch.key in {field.name for field in fields(Policy)}
    assert policies.DEFAULT[switch.key] == switch.default
    changed = policies.compile_policy(policies.DEFAULT | {switch.key: another(switch)}, 1, PRESETS)
    unchanged = policies.compile_policy(policies.DEFAULT, 1, PRESETS)
    kept, new = (getattr(policy, switch.key) for policy in (unchanged, changed))
    assert getattr(new, "entries", new) != getattr(kept, "entries", kept)


@each_switch
def test_a_change_of_it_is_one_sentence(switch: Switch) -> None:
    changed = {switch.key: another(switch)}
    [sentence] = differences.describe({}, changed, PRESETS)
    assert sentence.startswith(switch.title)
    assert differences.describe(changed, changed, PRESETS) == []


@each_switch
def test_the_api_takes_it_gives_it_and_describes_it(
    switch: Switch, app: Flask, site: CreatedSite, store: Store
) -> None:
    add_list(store)
    client, headers = app.test_client(), {"Authorization": f"Bearer {site.api_key}"}
    for path in ("/api/v1/policy", "/api/v1/rules"):
        assert client.put(path, json={}, headers=headers).get_json()[switch.key] == switch.default
        assert client.put(path, json={switch.key: another(switch)}, headers=headers).status_code == 200
        assert client.get(path, headers=headers).get_json()[switch.key] == another(switch)
        assert client.put(path, json={switch.key: "nonsense"}, headers=headers).get_json()["errors"].keys() == {
            switch.key
        }
    schemas = client.get("/api/openapi.json").get_json()["components"]["schemas"]
    named = {name: one.get("properties", {}) for name, one in schemas.items() if name.startswith(("Policy", "Rules"))}
    described = [properties[switch.key] for properties in named.values() if switch.key in properties]
    assert described
    assert all(one["description"].startswith(switch.description) for one in described)


@each_switch
def test_the_policy_page_reads_what_it_shows(switch: Switch) -> None:
    shown = policy_form.of_document({switch.key: another(switch)}, PRESETS).values
    sent = {name: str(value) for name, value in shown.items() if value is not False}
    form = policy_form.read(sent, {}, PRESETS)
    assert form.document == policies.DEFAULT | {switch.key: another(switch)}
    assert not form.errors


def test_the_policy_page_has_a_field_for_each_switch(app: Flask, site: CreatedSite, store: Store) -> None:
    add_list(store)
    page = html.unescape(sign_in(app, store).get(f"/console/sites/{site.id}/policy").text)
    for switch in SWITCHES:
        if isinstance(switch, ByLanguage):
            assert page.count('name="language.de"') == page.count('name="language.ur-Latn"') == 1
            continue
        if isinstance(switch, Times):
            assert page.count(f'name="{switch.key}.time_zone"') == page.count(f'name="{switch.key}.0.start"') == 1
            assert switch.hint in page
            continue
        if isinstance(switch, SharedLists):
            assert page.count(f'name="list.{LIST}"') == 1
            continue
        assert page.count(f'name="{switch.key}"') == 1
        assert (switch.description.rstrip(".") if isinstance(switch, OnOff) else switch.hint) in page


def test_a_reason_of_a_rule_that_this_version_does_not_know_is_told_by_its_message() -> None:
    reason = Reason(rule="of_tomorrow", action="flag", message="It is tomorrow's.").as_json()
    assert wording.grounds([reason], SiteSettings()) == ["It is tomorrow's."]
    assert why([reason]) == "It is tomorrow's."
    assert queue_filters.in_words("rule", "of_tomorrow") == "of_tomorrow"
