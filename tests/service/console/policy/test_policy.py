"""A site's policy by its form: what is saved, what is refused, and versions that come and go."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.policy import list_imports, past_comments, policies, policy_lists, shared_lists
from moderation.policy.list_kinds import KINDS
from moderation.policy.past_comments import Gathered
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import PolicyVersion
from service.classifier import presets
from service.console.policy import policy_people
from tests.support.clock import Clock
from tests.support.comments import rows, scored
from tests.support.signed_in import csrf_token, sign_in, submit

pytestmark = pytest.mark.one_database


@pytest.fixture
def chief(app: Flask, store: Store) -> FlaskClient:
    return sign_in(app, store, "chief", "admin")


def save(browser: FlaskClient, site: CreatedSite, button: str = "save", /, **fields: str | None) -> TestResponse:
    """Change these fields of the policy's page and press a button."""
    path = f"/console/sites/{site.id}/policy"
    return submit(browser, path, path, button, **fields)


def in_force(store: Store, site: CreatedSite) -> PolicyVersion:
    with store.read() as session:
        return policies.current(session, site.id)


def said(answer: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_what_is_saved_is_a_new_version_and_stands_in_the_form_again(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    fields: dict[str, str | None] = {
        "mode": "hold",
        "max_links": "3",
        "banned_words": "moonshot\r\n  casino* \r\n\r\n",
        "blocked_ips": "192.0.2.0/24",
        "flag_first_comment": "on",
        "flag_at.insult": "0.25",
        "reject_at.insult": "",
    }
    before = in_force(store, site).version
    answer = save(chief, site, **fields)
    assert answer.status_code == 303
    row = in_force(store, site)
    assert (row.version, answer.location) == (before + 1, f"/console/sites/{site.id}/policy?saved={before + 1}")
    assert row.document["banned_words"] == ["moonshot", "casino*"]
    assert (row.document["mode"], row.document["max_links"]) == ("hold", 3)
    assert row.document["flag_first_comment"] is True
    assert row.document["thresholds"]["insult"] == {"flag_at": 0.25, "reject_at": None}
    assert set(row.document["thresholds"]) == {"insult"}, "what is as the preset has it is not written down"
    again = save(chief, site)
    assert again.status_code == 303
    assert in_force(store, site).document == row.document, "the form, untouched, says what was saved"


def test_past_comments_are_read_once_for_each_policy_until_something_is_done_on_the_site(
    chief: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite,
    clock: Clock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    done: list[str] = []

    def counting(step: str) -> None:
        original = getattr(past_comments, step)

        def counted(*given: Any, **named: Any) -> Any:
            done.append(step)
            return original(*given, **named)

        monkeypatch.setattr(past_comments, step, counted)

    counting("gather")
    counting("prepare")
    path = f"/console/sites/{site.id}/policy"
    scored(store, queues, scorer, site, "insult=0.6 one")
    for _ in range(2):
        assert "last 1 comment scored" in said(chief.get(path))
    assert done == ["gather", "prepare"]
    save(chief, site, "preview")
    assert done == ["gather", "prepare"]
    save(chief, site, "preview", max_links="0")
    assert done == ["gather", "prepare"] * 2, "the texts of a minute are not kept, only what came of them"
    clock.advance(seconds=1)
    scored(store, queues, scorer, site, "insult=0.6 two")
    assert "last 2 comments scored" in said(chief.get(path))
    assert len(done) == 6
    clock.advance(minutes=1)
    chief.get(path)
    assert len(done) == 8


def test_texts_are_read_once_for_all_policies_that_a_page_compares(
    chief: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite,
    monkeypatch: pytest.MonkeyPatch, clock: Clock,
) -> None:  # fmt: skip
    """Within a minute: the clock stands still."""
    reading: list[str] = []
    gather = past_comments.gather

    def counting(session: Session, site_id: str, *, most: int) -> Gathered:
        reading.append(site_id)
        return gather(session, site_id, most=most)

    monkeypatch.setattr(past_comments, "gather", counting)
    for text in ("insult=0.6 one", "insult=0.1 two"):
        scored(store, queues, scorer, site, text)
    chief.get(f"/console/sites/{site.id}/policy")
    reading.clear()
    page = said(save(chief, site, "preview", max_links="0", trust_after="3", hold_after="2"))
    assert "By their authors' standing, 0 of the last 2 comments" in page
    assert len(reading) == 1


def test_a_page_counts_over_a_part_of_many_comments_and_over_all_for_whoever_asks(
    chief: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = f"/console/sites/{site.id}/policy"
    for number in range(5):
        scored(store, queues, scorer, site, f"insult=0.6 number {number}")
    assert "Count over" not in said(chief.get(path)), "five are all that there are"
    monkeypatch.setattr(policy_people, "FIRST", 3)
    first = said(chief.get(path))
    assert "last 3 comments scored" in first
    assert "Counted over the last 3 comments," in first
    assert "Count over the last 2,000" in first
    whole = said(save(chief, site, "whole", max_links="0"))
    assert "last 5 comments scored" in whole
    assert "Counted over the last 2,000 comments," in whole
    assert "Count over the last" not in whole
    assert "last 3 comments scored" in said(save(chief, site, "preview", max_links="0"))


def test_the_pages_script_is_given_all_comments_and_what_stands_in_the_place_of_the_part(
    chief: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = f"/console/sites/{site.id}/policy"
    for number in range(5):
        scored(store, queues, scorer, site, f"insult=0.6 number {number}")
    monkeypatch.setattr(policy_people, "FIRST", 3)
    page = chief.get(path).text
    places = set(re.findall(r'data-counted="(\w+)"', page))
    assert " data-first" in page
    form = {"csrf_token": csrf_token(chief, path)}
    sample = chief.post(f"{path}/sample", data=form).get_json()
    assert (len(sample["comments"]), sample["parts"]) == (5, None)
    parts = chief.post(f"{path}/sample", data=form | {"parts": "yes"}).get_json()["parts"]
    assert set(re.findall(r'data-counted="(\w+)"', parts)) == places, "each part has its place"
    assert "last 5 comments scored" in parts
    assert "5 that nobody looked at" in parts


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("flag_at.spam", "1.01", "Give a number from 0 to 1, or nothing for never."),
        ("flag_at.spam", "nan", "Give a number from 0 to 1, or nothing for never."),
        ("reject_at.spam", "much", "Give a number from 0 to 1, or nothing for never."),
        ("flag_at.spam", "0.99999", "It must not be above the score from which it rejects."),
        ("max_links", "1001", "Give a whole number up to 1,000, or nothing for any number."),
        ("max_links", "٣", "Give a whole number up to 1,000, or nothing for any number."),
        ("banned_words", "fine\n*", "Entry 2, “*”: It has nothing but stars: give it some letters."),
        ("blocked_ips", "999.1.1.1", "Entry 1, “999.1.1.1”: It is no address. Give an address or a network such as"),
        ("blocked_authors", "a" * 201, "has 201 characters; at most 200 fit."),
    ],
)
@pytest.mark.parametrize("button", ["save", "preview"])
def test_a_field_that_will_not_do_is_named_and_nothing_is_saved(
    chief: FlaskClient, store: Store, site: CreatedSite, button: str, field: str, value: str, sentence: str
) -> None:
    before = in_force(store, site).version
    answer = save(chief, site, button, **{field: value})
    assert answer.status_code == 422
    assert sentence in said(answer)
    assert "Nothing was saved. 1 field needs your attention" in said(answer)
    assert in_force(store, site).version == before


def test_a_policy_that_is_as_it_was_makes_no_version(chief: FlaskClient, store: Store, site: CreatedSite) -> None:
    first = save(chief, site, banned_words="carrot")
    assert first.status_code == 303
    again = save(chief, site)
    assert "saved=" not in again.headers["Location"]
    assert "no new version" in chief.get(again.headers["Location"]).text
    assert len(rows(store, PolicyVersion)) == 2


def test_a_policy_that_names_what_is_so_anyway_is_as_it_was(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    """A program may have written the preset's own thresholds down; an older version did not know today's settings."""
    document = {name: value for name, value in policies.DEFAULT.items() if name != "hold_times"}
    own = presets()["balanced"]["insult"]["flag_at"]
    with store.write() as session:
        row = policies.save(session, site.id, document | {"thresholds": {"insult": {"flag_at": own}}}, actor="site")
        row.document = document | {"thresholds": {"insult": {"flag_at": own}, "spam": {"flag_at": 0.12345678}}}
    assert "saved=" not in save(chief, site).headers["Location"]
    assert len(rows(store, PolicyVersion)) == 2


def test_looking_at_the_consequences_saves_nothing(chief: FlaskClient, store: Store, site: CreatedSite) -> None:
    before = in_force(store, site).version
    for button in ("preview", "preset", "try"):
        assert save(chief, site, button, mode="hold").status_code == 200
    assert in_force(store, site).version == before


def test_a_preset_takes_the_place_of_thresholds_that_cannot_be_read(chief: FlaskClient, site: CreatedSite) -> None:
    answer = save(chief, site, "preset", **{"preset": "lenient", "flag_at.spam": "much"})
    assert answer.status_code == 200
    assert 'value="much"' not in answer.text


def test_an_earlier_version_is_put_in_force_as_a_new_one(chief: FlaskClient, store: Store, site: CreatedSite) -> None:
    first = in_force(store, site)
    save(chief, site, mode="hold")
    path = f"/console/sites/{site.id}/policy"
    answer = submit(chief, path, f"{path}/restore", str(first.version))
    assert answer.status_code == 303
    assert in_force(store, site).version == first.version + 2
    assert in_force(store, site).document["mode"] == first.document["mode"]


@pytest.mark.parametrize(("restore", "status"), [("", 400), ("x", 400), ("٣", 400), ("-1", 400), ("999", 404)])
def test_a_version_that_is_not_there_is_not_restored(
    chief: FlaskClient, store: Store, site: CreatedSite, restore: str, status: int
) -> None:
    path = f"/console/sites/{site.id}/policy"
    form = {"csrf_token": csrf_token(chief, path), "restore": restore, "version": "1"}
    assert chief.post(f"{path}/restore", data=form).status_code == status
    assert len(rows(store, PolicyVersion, site_id=site.id)) == 1


def test_a_version_is_not_restored_over_one_that_was_not_seen(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    path = f"/console/sites/{site.id}/policy"
    form = {"csrf_token": csrf_token(chief, path), "restore": "1", "version": "1"}
    save(chief, site, mode="hold")
    answer = chief.post(f"{path}/restore", data=form)
    assert answer.status_code == 409
    assert "chief made version 2" in said(answer)
    assert in_force(store, site).document["mode"] == "hold"


def test_versions_are_listed_in_pages_with_what_each_changed(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    for links in range(1, 14):
        save(chief, site, max_links=str(links))
    path, versions = f"/console/sites/{site.id}/policy", list[int]()
    while path:
        page = chief.get(path).text
        versions += map(int, re.findall(r"<strong>(\d+)</strong> by", page))
        following = re.search(r'href="([^"]*before=\d+[^"]*)"', page)
        path = unescape(following[1]) if following else ""
    assert versions == list(range(14, 0, -1))


def test_the_list_of_sites_leads_straight_to_the_only_policy(
    chief: FlaskClient, site: CreatedSite, store: Store, request: pytest.FixtureRequest
) -> None:
    assert chief.get("/console/policies").location == f"/console/sites/{site.id}/policy"
    other: CreatedSite = request.getfixturevalue("other_site")
    page = chief.get("/console/policies")
    assert page.status_code == 200
    assert f"/console/sites/{site.id}/policy" in page.text
    assert f"/console/sites/{other.id}/policy" in page.text


def test_a_list_of_a_thousand_words_fits_the_form(chief: FlaskClient, store: Store, site: CreatedSite) -> None:
    words = [f"{'word' * 40}{number}" for number in range(1000)]
    assert save(chief, site, banned_words="\n".join(words)).status_code == 303
    assert in_force(store, site).document["banned_words"] == words


def test_what_others_changed_meanwhile_is_kept_and_only_a_true_conflict_is_asked_about(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    path = f"/console/sites/{site.id}/policy"
    version = in_force(store, site).version
    with store.write() as session:
        until = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
        policy_lists.add(session, site.id, "blocked_authors", "citizen7", until=until, actor="user:nia")
    tried = save(chief, site, "try", suspect_words="glurk", version=str(version), text="Well.")
    assert "until 2 January 2030" in said(chief.get(path)), "when a block ends is in the list of versions"
    assert f'name="version" value="{version + 1}"' in tried.text
    assert save(chief, site, suspect_words="glurk", version=str(version)).status_code == 303
    document = in_force(store, site).document
    assert (document["suspect_words"], document["blocked_authors"]) == (["glurk"], ["citizen7"])
    assert "citizen7" in document["expires"]["blocked_authors"]

    save(chief, site, max_links="4")
    asked = save(chief, site, max_links="2", banned_words="zap", version=str(version + 2))
    assert asked.status_code == 409
    assert "You both changed: " in said(asked)
    assert in_force(store, site).document["max_links"] == 4
    wrong = save(chief, site, max_links="x", version=str(version + 2))
    assert f'name="version" value="{version + 2}"' in wrong.text, "what is wrong is put right before it is merged"


def test_a_language_is_set_by_its_row_and_the_history_says_so(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    save(chief, site, **{"language.de": "hold", "language.ur-Latn": "rules", "language.hu": "judge"})
    chosen = {"de": "hold", "ur-Latn": "rules", "hu": "judge"}
    assert in_force(store, site).document["languages"] == chosen
    save(chief, site, mode="hold")
    assert in_force(store, site).document["languages"] == chosen, "the form, untouched, says what was saved"
    page = said(chief.get(f"/console/sites/{site.id}/policy"))
    assert "Languages: German is held." in page
    assert "Urdu (Latin letters) is published unless a rule speaks." in page
    save(chief, site, **{"language.de": "", "language.hu": "publish"})
    assert in_force(store, site).document["languages"] == {"ur-Latn": "rules"}
    assert "Languages: German is as by default (was: is held)." in said(chief.get(f"/console/sites/{site.id}/policy"))


def test_the_page_says_how_well_each_language_is_judged_and_what_becomes_of_it(
    chief: FlaskClient, site: CreatedSite
) -> None:
    page = said(chief.get(f"/console/sites/{site.id}/policy"))
    assert re.search(
        r"Learnt: \d+ languages The classifier has learnt .*? By default: judge by scores and rules\.", page
    )
    assert re.search(r"Told only: \d+ languages .*? By default: hold every comment\.", page)
    assert "Ukrainian українська" in page


def test_a_shared_list_is_chosen_here_and_tried_before_it_is_saved(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    with store.write() as session:
        list_id = shared_lists.create(session, "Casino spam", "words", actor="operator").id
    read = list_imports.read(KINDS["words"], "moonshot")
    shared_lists.add(store, list_id, read, until=None, actor="operator")
    chosen: dict[str, str | None] = {f"list.{list_id}": "reject"}
    tried = said(save(chief, site, "try", **chosen, text="a moonshot"))
    assert "It would be rejected" in tried
    assert "It contains entry 1 of the list “Casino spam”." in tried
    assert save(chief, site, **chosen).status_code == 303
    page = f"/console/sites/{site.id}/policy"
    assert "Shared lists: “Casino spam”: reject (was: not used)." in said(chief.get(page))
    assert save(chief, site, mode="hold").status_code == 303
    assert in_force(store, site).document["lists"] == {list_id: "reject"}
