"""Setting a policy by its consequences, trying it, and undoing it, in a real browser; and without JavaScript."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, PolicyVersion
from service.console.policy import policy_people
from tests.support.browsing import NewContext, sign_in, signed_in_page, violations, violations_in_light_and_dark
from tests.support.classifier import ChosenScores
from tests.support.comments import accept, rows, stored, submission

pytestmark = pytest.mark.one_database

pytest_plugins = ("tests.support.chromium",)

Open = Callable[..., Page]


@pytest.fixture
def past(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> None:
    """Eighty comments with scores all over, some quoted, half of which people decided, mostly as the scores say."""
    chance = random.Random(5)
    texts = [
        f"{'' if number % 5 else '> '}{number} insult={chance.random():.2f} spam={chance.random() ** 4:.3f} "
        f"toxicity={chance.random() ** 2:.4f}"
        for number in range(80)
    ]
    outcomes = submissions.submit(store, queues, site.id, [submission(text) for text in texts])
    while scorer.run_batch().claimed:
        pass
    with store.write() as session:
        for outcome in outcomes[::2]:
            assert outcome.comment is not None
            found = session.get(Comment, outcome.comment.id)
            assert found is not None
            assert found.scores is not None
            bad = found.scores["insult"] + chance.uniform(-0.2, 0.2) > 0.5
            comments.decide(session, None, found.id, "reject" if bad else "publish", actor="user:u1")


@pytest.fixture
def open_policy(new_context: NewContext, console_url: str, site: CreatedSite) -> Open:
    def go(name: str = "ada", **options: Any) -> Page:
        page = signed_in_page(new_context(**options), console_url, name)
        page.get_by_role("link", name="Policy").click()
        expect(page.get_by_role("heading", name="Policy", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        return page

    return go


def numbers(page: Page) -> dict[str, str]:
    """The column of the form's own numbers."""
    found: dict[str, str] = page.locator("[data-number]").evaluate_all(
        "cells => Object.fromEntries(cells.map((cell) => [cell.dataset.number, cell.textContent.trim()]))"
    )
    return found


def field(page: Page, edge: str, label: str) -> Locator:
    return page.locator(f'[name="{edge}.{label}"]')


def words(page: Page, name: str) -> Locator:
    """The box of a list of words, which is folded while it is empty."""
    box = page.get_by_label(name)
    if not box.is_visible():
        page.get_by_text(f"{name}: none yet").click()
        expect(box).to_be_focused()
    return box


def in_force(store: Store, site: CreatedSite) -> PolicyVersion:
    with store.read() as session:
        return policies.current(session, site.id)


@pytest.mark.usefixtures("past")
def test_a_threshold_is_moved_its_consequences_read_saved_and_undone(
    open_policy: Open, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    page = open_policy()
    before = numbers(page)
    slider = page.get_by_role("slider", name="Flag from this score for insult")
    slider.focus()
    slider.press("End")
    slider.press("ArrowLeft")
    slider.press("ArrowLeft")
    expect(field(page, "flag_at", "insult")).to_have_value("0.999")
    expect(field(page, "reject_at", "insult")).to_have_value("1")  # taken along on the way
    moved = numbers(page)
    assert int(moved["bad_published"]) > int(before["bad_published"])
    assert int(moved["unseen_held"]) < int(before["unseen_held"])
    assert float(moved["minutes_a_day"]) < float(before["minutes_a_day"])

    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    assert in_force(store, site).document["thresholds"]["insult"] == {"flag_at": 0.999, "reject_at": 1.0}
    expect(page.get_by_text("Insult flags from 0.999 (was ")).to_be_visible()
    comment = accept(store, queues, site, "after insult=0.95")
    scorer.run_batch()
    assert stored(store, comment.id).status == "published"
    assert stored(store, comment.id).policy_version == 2

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    assert in_force(store, site).document["thresholds"] == {}
    comment = accept(store, queues, site, "later insult=0.95")
    scorer.run_batch()
    assert stored(store, comment.id).status == "rejected"


@pytest.mark.usefixtures("past")
def test_the_script_counts_what_the_server_counts(open_policy: Open, new_context: NewContext) -> None:
    chance = random.Random(11)
    with_script, without = open_policy(), open_policy(java_script_enabled=False)
    for mode in ("auto", "open", "hold", "auto", "observe", "auto"):
        for page in (with_script, without):
            page.get_by_label("Mode").select_option(mode)
        for label in ("insult", "spam", "toxicity"):
            flag_at = round(chance.random() ** 2, 3)
            reject_at = chance.choice([None, round(chance.uniform(flag_at, 1), 4)])
            for page in (with_script, without):
                field(page, "reject_at", label).fill("" if reject_at is None else str(reject_at))
                field(page, "flag_at", label).fill(str(flag_at))
        with without.expect_navigation():
            without.get_by_role("button", name="Count again").click()
        assert numbers(with_script) == numbers(without)
    assert len(set(numbers(without).values())) > 2


@pytest.mark.usefixtures("past")
def test_a_page_that_counted_a_part_counts_all_by_itself(open_policy: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(page: Page) -> list[str]:
        plot = page.get_by_role("img", name="Scores for insult.").get_attribute("aria-label") or ""
        bars = page.locator("svg.plot").first.locator("g").inner_html()
        sentences = [page.locator(f"[data-counted={name}]").inner_text() for name in ("how", "over", "span", "table")]
        return [plot, bars, *sentences, *numbers(page).values()]

    whole = told(open_policy(java_script_enabled=False))
    monkeypatch.setattr(policy_people, "FIRST", 10)
    without = open_policy(java_script_enabled=False)
    part = told(without)
    assert part[0] != whole[0]
    assert "last 10 comments" in part[3]
    page = open_policy()
    expect(page.locator("#policy[data-first]")).to_have_count(0)
    assert told(page) == whole
    without.get_by_role("button", name="Count over the last 2,000").click()
    expect(without.get_by_role("button", name="Count over the last 2,000")).to_have_count(0)
    assert told(without) == whole


@pytest.mark.usefixtures("past")
def test_rules_that_change_are_counted_too(open_policy: Open) -> None:
    page = open_policy()
    assert numbers(page)["unseen_rejected"] != "32"
    words(page, "Banned words").fill("insult")
    words(page, "Suspect words").focus()
    expect(page.locator('[data-number="unseen_rejected"]')).to_have_text("32")  # the other eight quote it
    words(page, "Banned words").fill("***")
    words(page, "Suspect words").focus()
    expect(page.locator("#trouble")).to_have_text("Some entries of the lists cannot be used.")
    assert set(numbers(page).values()) == {"–"}
    words(page, "Banned words").fill("")
    words(page, "Suspect words").focus()
    expect(page.locator('[data-number="unseen_rejected"]')).not_to_have_text(re.compile("32|–"))


@pytest.mark.usefixtures("past")
def test_thresholds_that_cannot_be_counted_leave_no_numbers_of_others(open_policy: Open) -> None:
    page = open_policy()
    before, reject_at = numbers(page), field(page, "reject_at", "insult")
    was = reject_at.input_value()
    for impossible in ("0.001", "7"):  # below where it flags; above every score
        reject_at.fill(impossible)
        assert set(numbers(page).values()) == {"–"}
        reject_at.fill(was)
        assert numbers(page) == before
    reject_at.fill("0.001")
    expect(page.get_by_role("alert")).to_contain_text("Not counted, and cannot be saved")


@pytest.mark.usefixtures("past")
def test_a_preset_fills_in_its_thresholds(open_policy: Open, store: Store, site: CreatedSite) -> None:
    page = open_policy()
    balanced = field(page, "flag_at", "insult").input_value()
    page.get_by_label("Preset").select_option("strict")
    assert float(field(page, "flag_at", "insult").input_value()) != float(balanced)
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    document = in_force(store, site).document
    assert (document["preset"], document["thresholds"]) == ("strict", {})

    page = open_policy(java_script_enabled=False)
    page.get_by_label("Preset").select_option("balanced")
    page.get_by_role("button", name="Fill in this preset").click()
    assert field(page, "flag_at", "insult").input_value() == balanced
    page.get_by_role("button", name="Save as version 3").click()
    assert in_force(store, site).document["preset"] == "balanced"
    assert in_force(store, site).document["thresholds"] == {}


def test_a_bad_entry_is_named_and_nothing_saved_until_it_is_mended(
    open_policy: Open, store: Store, site: CreatedSite
) -> None:
    page = open_policy()
    words(page, "Banned words").fill("rotten\n***\nfruit*\n * ")
    page.get_by_label("Blocked addresses").fill("192.0.2.0/24\nhome")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Nothing was saved. 2 fields need your attention")).to_be_visible()
    expect(words(page, "Banned words")).to_have_value("rotten\n***\nfruit*\n * ")
    expect(words(page, "Banned words")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#banned_words-error")).to_contain_text(
        "Entry 2, “***”: It has nothing but stars: give it some letters."
    )
    expect(page.locator("#banned_words-error")).to_contain_text("Entry 4, “*”")
    expect(page.locator("#blocked_ips-error")).to_contain_text("Entry 2, “home”")
    assert violations(page) == []
    assert in_force(store, site).version == 1
    words(page, "Banned words").fill("rotten\nfruit*")
    page.get_by_label("Blocked addresses").fill("192.0.2.0/24")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Banned words: added “rotten”, “fruit*”.")).to_be_visible()
    assert in_force(store, site).document["banned_words"] == ["rotten", "fruit*"]


def test_what_cannot_hold_is_warned_of_and_whoever_leaves_what_is_not_saved_is_asked(
    open_policy: Open, store: Store, site: CreatedSite
) -> None:
    page = open_policy()
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    thresholds = page.get_by_role("heading", name="Thresholds").bounding_box()
    assert thresholds is not None
    assert thresholds["y"] < 400, "words come first, and empty boxes leave room for the rest"
    field(page, "flag_at", "insult").fill("0.9")
    field(page, "reject_at", "insult").fill("0.8")
    expect(page.get_by_role("alert")).to_contain_text("it would flag only above where it rejects: Insult (0.9 and 0.8)")
    field(page, "reject_at", "insult").fill("0.95")
    expect(page.get_by_role("alert")).to_be_hidden()
    address = page.url
    page.get_by_role("link", name="Statistics").click()
    expect(page.get_by_role("heading", name="Statistics", level=1)).to_be_visible()
    assert asked == ["beforeunload"], "and whoever answers to leave, leaves"
    page.goto(address)
    field(page, "flag_at", "insult").fill("0.9")
    field(page, "reject_at", "insult").fill("0.95")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    page.get_by_role("link", name="Statistics").click()
    expect(page.get_by_role("heading", name="Statistics", level=1)).to_be_visible()
    assert len(asked) == 1, "what is saved is left without a question"
    assert in_force(store, site).document["thresholds"]["insult"] == {"flag_at": 0.9, "reject_at": 0.95}


def test_a_text_is_tried_on_settings_that_are_not_saved(open_policy: Open, store: Store) -> None:
    page = open_policy()
    page.get_by_role("textbox", name="A comment").fill("You are an idiot, <b>really</b>.")
    page.get_by_role("button", name="Try it").click()
    trial = page.locator(".trial")
    expect(trial).to_contain_text("It would be held.")
    expect(trial).to_contain_text(re.compile(r"Insult 0\.\d+ reaches this site's flag threshold"))
    expect(trial.locator("mark", has_text="idiot")).to_be_visible()
    expect(trial.locator(".written")).to_have_text("You are an idiot, <b>really</b>.")
    expect(trial.get_by_role("list", name="Scores")).to_contain_text("Insult")
    assert violations(page) == []
    words(page, "Banned words").fill("idiot*")
    page.get_by_role("button", name="Try it").click()
    expect(trial).to_contain_text("It would be rejected.")
    expect(trial).to_contain_text("Entry 1 of the banned words is “idiot*”.")
    words(page, "Banned words").fill("")
    page.get_by_label("Blocked authors").fill("name:Grace")
    page.get_by_role("textbox", name="by").fill("grace")
    page.get_by_role("textbox", name="A comment").fill("I read this twice.")
    page.get_by_role("button", name="Try it").click()
    expect(trial).to_contain_text("It would be rejected.")
    expect(trial).not_to_contain_text("banned words")
    with store.read() as session:
        assert session.scalars(select(Comment)).all() == []
    assert len(rows(store, PolicyVersion)) == 1


def test_what_two_people_change_at_once_is_all_saved(open_policy: Open, store: Store, site: CreatedSite) -> None:
    first, second = open_policy(), open_policy()
    words(first, "Banned words").fill("rotten")
    first.get_by_role("button", name="Save as version 2").click()
    expect(first.get_by_text("Saved as version 2.")).to_be_visible()
    words(second, "Suspect words").fill("fruit")
    second.keyboard.press("Control+Enter")
    expect(second.get_by_text("Saved as version 3.")).to_be_visible()
    assert violations(second) == []
    saved = in_force(store, site).document
    assert (saved["banned_words"], saved["suspect_words"]) == (["rotten"], ["fruit"])


def test_saving_leaves_one_where_one_is_and_loses_nothing_when_the_server_or_the_session_is_gone(
    open_policy: Open, store: Store, site: CreatedSite
) -> None:
    page = open_policy()
    page.evaluate("window.stays = true")
    words(page, "Banned words").fill("rotten")
    address, told = page.url, page.locator(".save [role=status]")
    place = "() => document.querySelector('#banned_words').getBoundingClientRect().top"
    before = page.evaluate(place)
    page.route(address, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.keyboard.press("Control+Enter")
    expect(told).to_have_text("The server cannot be reached. Try again in a moment.")
    page.unroute(address)
    save = page.get_by_role("button", name="Save as version 2")
    save.evaluate("button => { button.click(); button.click(); }")  # pressed twice it is saved once
    expect(page.get_by_text("Saved as version 2.")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Save as version 3")).to_be_visible()
    expect(page.get_by_text("Banned words: added “rotten”.")).to_be_attached()
    box = page.get_by_label("Banned words", exact=True)
    expect(box).to_be_focused()
    assert page.evaluate(place) == pytest.approx(before, abs=30), "a folded list has opened around it, no more"
    assert violations_in_light_and_dark(page) == []

    other = page.context.new_page()
    other.goto(address)
    other.get_by_role("button", name="Sign out").click()
    box.fill("rotten\nfruit*")
    page.keyboard.press("Control+Enter")
    expect(told).to_have_text("You are no longer signed in, so nothing was done. Sign in, and try again here.")
    sign_in(other, "ada")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    expect(page.locator("#policy .handle").first).to_be_enabled()  # its script goes on
    page.get_by_label("Preset").select_option("strict")
    field(page, "flag_at", "insult").fill("2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Nothing was saved. 1 field needs your attention")).to_be_in_viewport()
    assert page.evaluate("window.stays"), "it is the same page all the time"
    assert [row.document["banned_words"] for row in rows(store, PolicyVersion)][1:] == [
        ["rotten"],
        ["rotten", "fruit*"],
    ]
    assert in_force(store, site).version == 3


def test_times_and_languages_that_wait_or_have_a_preset_are_set_and_met_by_the_next_comments(
    open_policy: Open, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    page = open_policy()
    page.get_by_text(re.compile("Learnt: .* languages")).click()
    page.get_by_label(re.compile("^French")).select_option(label="Hold every comment")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    french = accept(store, queues, site, "Je trouve cet article très intéressant, merci beaucoup.", language="fr")
    english = accept(store, queues, site, "I find this article most interesting, thank you.", language="en")
    scorer.run_batch()
    assert [stored(store, one.id).status for one in (french, english)] == ["flagged", "published"]

    page.get_by_label(re.compile("^German")).select_option(label="Judge by the strict preset")
    page.get_by_role("button", name="Save as version 3").click()
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    expect(page.get_by_text("Languages: German is judged strictly.")).to_be_visible()
    german, english = (accept(store, queues, site, f"{text} insult=0.4") for text in ("Du und ich", "You and me"))
    scorer.run_batch()
    assert [stored(store, one.id).status for one in (german, english)] == ["flagged", "published"]

    page.get_by_label("Time zone").fill("Europe/Berlin")
    days = page.get_by_role("group", name="Time 1")
    for day in days.get_by_role("checkbox").all():
        day.check()
    days.get_by_label("from").fill("00:00")
    days.get_by_label("to").fill("24:00")
    page.get_by_role("button", name="Save as version 4").click()
    expect(page.get_by_text("Every comment waits now, until")).to_be_visible()
    at_night = accept(store, queues, site, "Nothing is wrong with this one either, I should think.")
    scorer.run_batch()
    assert [one["rule"] for one in stored(store, at_night.id).reasons or []][-1] == "scheduled_hold"
    page.get_by_role("link", name="Review queue").click()
    expect(page.get_by_text("holds every comment until")).to_be_visible()
    expect(page.locator(".card")).to_have_count(3)
    changed = [event.policy_version for event in rows(store, AuditEvent, action="policy.changed")]
    assert changed == [2, 3, 4]


def test_a_moderator_looks_and_tries_and_cannot_save(open_policy: Open, store: Store, site: CreatedSite) -> None:
    page = open_policy("mo")
    expect(page.get_by_text("Saving takes the role of an admin of this site.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Save|Restore|Undo"))).to_have_count(0)
    page.get_by_role("textbox", name="A comment").fill("I read this twice, and learnt something each time.")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".trial")).to_contain_text("It would be published.")


def test_the_list_of_reasons_and_the_shares_are_edited(open_policy: Open, store: Store, site: CreatedSite) -> None:
    from moderation.sites import site_settings  # noqa: PLC0415

    page = open_policy()
    page.get_by_role("link", name="Reasons and second looks").click()
    page.get_by_label("Reason 1", exact=True).fill("")
    page.get_by_label("Reason 11", exact=True).fill("Dull, and long")
    page.get_by_label("Label of reason 11", exact=True).select_option("Spam")
    page.get_by_label("Of the moderators' decisions").fill("250")
    page.get_by_label("The site is told after").fill("25")
    page.get_by_label("Authors may appeal").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Give a percentage from 0 to 100.")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Of the moderators' decisions").fill("2.5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds for decisions from now on.")).to_be_visible()
    with store.read() as session:
        found = site_settings.of_sites(session, {site.id})[site.id]
    assert [one.code for one in found.reasons] == [
        *(one.code for one in site_settings.REASONS[1:]),
        "dull_and_long",
    ]
    assert found.reason_of("dull_and_long").label == "spam"
    assert (found.second_look_automatic, found.second_look_moderators) == (0.0, 0.025)
    assert (found.grace_seconds, found.appeals, found.appeal_days) == (25, False, 180)


def test_the_thresholds_that_the_scorer_uses_are_those_of_the_page(classifier: ChosenScores) -> None:
    """The tests above lean on it: what a site sets itself holds over any classifier's presets."""
    document = policies.DEFAULT | {"thresholds": {"insult": {"flag_at": 0.999, "reject_at": 0.999}}}
    assert policies.thresholds(document, classifier.thresholds)["insult"].flag_at == 0.999


@pytest.mark.usefixtures("past")
def test_a_line_is_dragged_on_the_plot_and_a_test_that_a_new_word_breaks_is_asked_about(
    open_policy: Open, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    kept = accept(store, queues, site, "You are an idiot, really. insult=0.6")
    scorer.run_batch()
    page = open_policy()
    page.goto(f"{page.url.partition('/sites/')[0]}/comments/{kept.id}")
    page.get_by_role("button", name="Keep as a policy test").click()
    expect(page.get_by_text("Kept as a test of the site’s policy")).to_be_visible()
    page.get_by_role("link", name="Policy", exact=True).click()
    page.wait_for_load_state("networkidle")
    before = numbers(page)

    handle = page.get_by_role("slider", name="Reject from this score for insult")
    plot = page.locator(".on-plot").filter(has=handle).locator("svg")
    plot.evaluate("element => element.scrollIntoView({block: 'center'})")  # clear of the bar that saves
    box = plot.bounding_box()
    assert box is not None
    at = float(field(page, "reject_at", "insult").input_value())
    page.mouse.move(box["x"] + at * box["width"], box["y"] + 0.75 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.75 * box["height"], steps=4)
    page.mouse.up()
    assert float(field(page, "reject_at", "insult").input_value()) == pytest.approx(0.5, abs=0.01)
    assert int(numbers(page)["good_rejected"]) >= int(before["good_rejected"])
    assert int(numbers(page)["unseen_rejected"]) > int(before["unseen_rejected"])
    handle.press("End")  # by keys, to where nothing is rejected
    expect(field(page, "reject_at", "insult")).to_have_value("")
    expect(handle).to_have_attribute("aria-valuetext", "never")

    words(page, "Banned words").fill("idiot*")
    page.get_by_role("button", name="Save as version 2", exact=True).click()
    asks = page.get_by_role("alert").filter(has_text="Not saved yet")
    expect(asks).to_contain_text("1 test of yours would be decided otherwise than expected")
    expect(asks.get_by_role("row").nth(1)).to_have_text(
        re.compile(r"You are an idiot, .*\s*hold it\s*hold it\s*reject it")
    )
    assert violations(page) == []
    assert in_force(store, site).version == 1
    asks.get_by_role("button", name="Save anyway as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    saved = in_force(store, site).document
    assert (saved["banned_words"], saved["thresholds"]["insult"]["reject_at"]) == (["idiot*"], None)
    [event] = rows(store, AuditEvent, action="policy.changed")
    assert (event.detail, event.actor.partition(":")[0]) == ({"tests_failing": 1}, "user")
    page.get_by_role("button", name="Undo").click()  # what makes a test right again is not asked about
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
