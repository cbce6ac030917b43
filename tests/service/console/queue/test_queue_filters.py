"""The review queue as a moderator filters it, and what a card tells and keeps to itself."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation import clock as winnow_clock
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.review import review_items, review_pages
from moderation.review.review_items import NewItem
from moderation.sites import site_settings
from moderation.sites.site_settings import RejectionReason, SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Appeal, Comment, Membership, ReviewItem, User
from service.console.queue.queue_filters import AGES
from tests.support.clock import Clock
from tests.support.comments import rows
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.one_database

Post = Callable[..., str]


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Post:
    """Posts a comment, to `site` unless another is named, and has it decided; gives its id."""

    def post(comment: str, name: str = "Ada", *, to: CreatedSite = site, **known: Any) -> str:
        comment += f" {secrets.token_hex(30)}"  # look-alikes would share a card
        [outcome] = submissions.submit(store, queues, to.id, [Submission(name=name, comment=comment, **known)])
        assert outcome.comment is not None
        scorer.run_batch()
        return outcome.comment.id

    return post


@pytest.fixture
def browser(app: Flask, store: Store) -> FlaskClient:
    return sign_in(app, store)


def shown(browser: FlaskClient, query: str = "") -> list[str]:
    """The comments of a page of the queue, in order."""
    answer = browser.get(f"/console/?{query}")
    assert answer.status_code == 200
    return re.findall(r'<article class="card" id="([^"]+)"', answer.text)


def said(browser: FlaskClient, path: str = "/console/") -> str:
    """What a page says, without its elements."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", browser.get(path).text)).split())


def open_item(store: Store, comment_id: str, kind: str, **known: Any) -> None:
    with store.write() as session:
        comment = session.get_one(Comment, comment_id)
        wanted = NewItem(site_id=comment.site_id, comment_id=comment_id, priority=500, **known)
        review_items.open_items(session, [wanted], kind=kind)


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["spam", "insult", "report"]),
            ("label=spam", ["spam"]),
            ("label=insult&author=ada", ["insult"]),
            ("label=spam&author=ada", []),
            ("kind=report", ["report"]),
            ("rule=flag_threshold&language=de", ["insult"]),
            ("language=de", ["insult"]),
            ("author=%20Bo%20", ["spam"]),
            ("thread=/news/1", ["insult"]),
            ("q=GOOD+day", ["report"]),
            ("q=%00", ["spam", "insult", "report"]),
            ("order=oldest", ["insult", "spam", "report"]),
            ("order=newest", ["report", "spam", "insult"]),
            ("order=sideways&age=eternal", ["spam", "insult", "report"]),
            ("label=%00&rule=%FF&after=99999999999999999-q_00000000000000000000000000&order=newest", []),
        ],
    )
    def test_the_address_says_what_is_shown(
        self, browser: FlaskClient, store: Store, site: CreatedSite, post: Post, query: str, expected: list[str]
    ) -> None:
        made = {
            "insult": post("insult=0.6 und", thread="/news/1"),
            "spam": post("spam=0.85", "Bo"),
            "report": post("good day to you", "Cy"),
        }
        with store.write() as session:
            comments.report(session, site.id, made["report"], reason="spam", note=None, reporter="r")
            # Reports stand before a mild flag otherwise.
            session.query(ReviewItem).filter_by(kind="report").update({"due": 9_000_000_000_000})
        assert shown(browser, query) == [made[name] for name in expected]

    def test_an_age_finds_what_has_waited_as_long(self, browser: FlaskClient, post: Post, clock: Clock) -> None:
        made = {}
        for name, hours in (("ten days", 9 * 24), ("a day and two hours", 24), ("two hours", 2), ("now", 0)):
            made[name] = post("insult=0.6")
            clock.advance(hours=hours)
        found = {
            age: [name for name, comment_id in made.items() if comment_id in shown(browser, f"age={age}&order=oldest")]
            for age in AGES
        }
        assert found == {
            "hour": ["now"],
            "day": ["two hours", "now"],
            "over-hour": ["ten days", "a day and two hours", "two hours"],
            "over-day": ["ten days", "a day and two hours"],
            "over-week": ["ten days"],
        }

    def test_each_choice_says_how_many_there_are(self, browser: FlaskClient, post: Post) -> None:
        for text in ("insult=0.6", "insult=0.7 und", "spam=0.85"):
            post(text)
        page = browser.get("/console/?label=threat").text
        options = re.findall(r'<option value="(\w+)"( selected)?>([^<]+)<', page)
        assert ("insult", "", "Insult (2)") in options
        assert ("spam", "", "Spam (1)") in options
        assert ("threat", " selected", "Threat (0)") in options
        assert ("de", "", "German (1)") in options
        assert ("flag_threshold", "", "Score reaches the flag threshold (3)") in options
        assert "Nothing that waits matches this." in page

    def test_more_than_a_thousand_is_said_as_such(
        self, browser: FlaskClient, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("moderation.review.review_counts", "service.console.queue.queue_filters"):
            monkeypatch.setattr(f"{name}.COUNT_UP_TO", 1)
        for text in ("insult=0.6", "insult=0.7"):
            post(text)
        page = browser.get("/console/").text
        assert "Insult (1+)" in page
        assert "1+ wait" in page

    def test_the_next_page_keeps_what_was_chosen(
        self, browser: FlaskClient, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("service.console.queue.review_queue.PAGE", 2)
        made = [post(f"insult=0.{60 + number}") for number in range(5)]
        post("spam=0.6")
        seen, path = [], "/console/?label=insult&order=newest"
        while path:
            page = browser.get(path).text
            seen += re.findall(r'<article class="card" id="([^"]+)"', page)
            following = re.search(r'href="([^"]+)" rel="next"', page)
            path = html.unescape(following[1]) if following else ""
        assert seen == made[::-1]

    def test_a_search_that_stopped_says_how_far_it_looked_and_goes_on(
        self, browser: FlaskClient, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in {"COUNT_UP_TO": 1, "LOOKED_AT": 2, "_STEP": 2}.items():
            monkeypatch.setattr(review_pages, name, value)
        made = [post(f"insult=0.{80 - number} {'rare' if number == 3 else ''}") for number in range(4)]
        assert "Of the next 2 comments that wait, none match." in said(browser, "/console/?q=rare")
        following = re.search(r'href="([^"]+)" rel="next">Look further', browser.get("/console/?q=rare").text)
        assert following
        assert shown(browser, html.unescape(following[1]).partition("?")[2]) == [made[3]]

    def test_a_chosen_filter_can_be_taken_away(self, browser: FlaskClient, post: Post) -> None:
        post("insult=0.6", thread="/<b>")
        page = browser.get("/console/?thread=/%3Cb%3E&label=insult&order=oldest").text
        assert "Page: <bdi>/&lt;b&gt;</bdi>" in page
        assert 'href="/console/?order=oldest&amp;label=insult"' in page

    def test_somebody_sees_only_their_own_sites(
        self, app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Post
    ) -> None:
        own, _ = post("insult=0.6"), post("spam=0.6", to=other_site)
        viewer = sign_in(app, store, "vi", "viewer")
        with store.write() as session:
            user = session.query(User).filter_by(name="vi").one()
            user.role = "none"
            session.add(Membership(user_id=user.id, site_id=site.id, role="moderator"))
        assert shown(viewer) == [own]
        assert shown(viewer, f"site={other_site.id}") == [own]
        page = viewer.get("/console/").text
        assert "1 waits" in page
        assert "Spam (" not in page
        assert "The Other Site" not in page


class TestOrder:
    def test_sites_are_merged_in_one_order(
        self, app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Post
    ) -> None:
        here, there, also_here = post("insult=0.85"), post("insult=0.7", to=other_site), post("insult=0.52")
        viewer = sign_in(app, store, "vi", "none")
        with store.write() as session:
            user = session.query(User).filter_by(name="vi").one()
            for one in (site, other_site):
                session.add(Membership(user_id=user.id, site_id=one.id, role="viewer"))
        assert shown(viewer) == [here, there, also_here]
        assert shown(viewer, "order=newest") == [also_here, there, here]


class TestCard:
    def test_the_reasons_are_one_sentence(self, browser: FlaskClient, post: Post) -> None:
        post("toxicity=0.8 insult=0.7")
        assert "Toxicity 0.80 and insult 0.70 reach this site's flag threshold of 0.50." in said(browser)

    def test_a_disguised_word_is_shown_as_written_and_as_read(
        self, browser: FlaskClient, post: Post, classifier: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def explain(text: str, label: str, signals: object = None) -> object:
            spans = type("Spans", (), {})()
            spans.spans = [(4, 9, 1.0), (text.index("idiot"), text.index("idiot") + 5, 1.0)]
            return spans

        monkeypatch.setattr(classifier, "explain", explain)
        post("You m0r0n and idiot, insult=0.6")
        page = browser.get("/console/").text
        assert 'data-counted="counted most">m0r0n</mark><span class="reading" data-reading="read as “moron”">' in page
        assert 'data-counted="counted most">idiot</mark>, insult' in page

    def test_the_authors_record_and_the_last_decisions_are_told(
        self, app: Flask, store: Store, site: CreatedSite, post: Post, clock: Clock
    ) -> None:
        browser = sign_in(app, store)
        post("A kind word.", ip="192.0.2.7")
        clock.advance(seconds=1)
        rejected = post("insult=0.6", ip="192.0.2.7")
        post("Also kind.", "<i>Bo</i>", ip="192.0.2.7")
        with store.read() as session:
            mo = session.query(User).one()
        with store.write() as session:
            comments.decide(session, site.id, rejected, "reject", actor=f"user:{mo.id}")
        clock.advance(days=3)
        post("insult=0.7", ip="192.0.2.7")
        told = said(browser)
        assert "1 published 1 rejected first seen 3 days ago same address: <i>Bo</i>" in told
        assert "rejected by mo 3 days ago published by the policy 3 days ago" in told

    def test_what_a_site_lets_its_moderators_choose_is_in_the_form(
        self, browser: FlaskClient, store: Store, site: CreatedSite, post: Post
    ) -> None:
        with store.write() as session:
            reasons = (RejectionReason("rude", "Is <rude>"), RejectionReason("spam", "Sells something", "spam"))
            site_settings.save(session, site.id, SiteSettings(reasons=reasons), actor="operator")
        post("insult=0.6")
        buttons = re.findall(r'name="reject_for" value="(\w*)"[^>]*>([^<]*)<', browser.get("/console/").text)
        assert buttons == [("rude", "Is &lt;rude&gt;"), ("spam", "Sells something")]

    def test_a_card_carries_what_scripts_go_by(self, browser: FlaskClient, site: CreatedSite, post: Post) -> None:
        comment_id = post("insult=0.6", '"Ada"')
        page = browser.get("/console/").text
        attributes = re.search(rf'<article class="card" id="{comment_id}"([^>]*)>', page)
        assert attributes
        assert (
            f'data-site="{site.id}" data-version="2" data-author="name:&#34;ada&#34;" data-group="g_' in attributes[1]
        )
        assert f'<input type="checkbox" name="select" form="selection" value="{comment_id}"' in page
        assert '<div class="card-tools">' in page

    def test_an_appeal_shows_the_authors_words(self, browser: FlaskClient, store: Store, post: Post) -> None:
        comment_id = post("insult=0.99")
        with store.write() as session:
            comment = session.get_one(Comment, comment_id)
            known = {"site_id": comment.site_id, "comment_id": comment_id, "created_at": winnow_clock.now()}
            session.add(Appeal(id=winnow_clock.new_id("ap"), version=2, text="I was <quoting>.", **known))
        open_item(store, comment_id, "appeal")
        told = said(browser)
        assert "The author appeals: I was <quoting>." in told
        assert "Insult 0.99 reaches this site's reject threshold" in told


class TestSecondLook:
    def test_it_tells_nothing_of_the_first_decision(self, browser: FlaskClient, store: Store, post: Post) -> None:
        comment_id = post("insult=0.99 quite")
        open_item(store, comment_id, "second_look")
        assert shown(browser) == [comment_id]
        page = browser.get("/console/").text
        card = page[page.index("<article") : page.index("</article>")]
        assert "insult=0.99 quite" in card
        assert "A second look" in card
        for telling in ("<mark", "reject threshold", 'class="scores"', "Rejected", "status-flagged", "Readers see it"):
            assert telling not in card
        assert f'href="/console/comments/{comment_id}"' not in card

    def test_a_comment_that_readers_report_as_well_is_shown_whole(
        self, browser: FlaskClient, store: Store, site: CreatedSite, post: Post
    ) -> None:
        comment_id = post("A quiet remark.")
        open_item(store, comment_id, "second_look")
        with store.write() as session:
            comments.report(session, site.id, comment_id, reason="spam", note=None, reporter="r")
        page = browser.get("/console/").text
        assert shown(browser) == [comment_id]
        assert "Spam: 1 reader" in page
        assert "Readers see it" in page

    def test_who_made_the_first_decision_is_not_asked(self, app: Flask, store: Store, post: Post) -> None:
        comment_id = post("A quiet remark.")
        first, second = sign_in(app, store, "first"), sign_in(app, store, "second")
        [user] = rows(store, User, name="first")
        open_item(store, comment_id, "second_look", not_for=f"user:{user.id}")
        assert shown(first) == []
        assert "Nothing waits for you." in said(first)
        assert shown(second) == [comment_id]


class TestLinks:
    @pytest.mark.parametrize(
        ("written", "address"),
        [
            ("http://evil.example/a?b=c#d", "http://evil.example/a?b=c#d"),
            ("see (https://evil.example/a).", "https://evil.example/a"),
            ("WWW.evil.example!", "http://www.evil.example"),
            ("http://good.example@evil.example/", "http://evil.example/"),
            ("http://еvil.example/", "http://xn--vil-qdd.example/"),
            ("http://evil.example/\u202egnp", "http://evil.example/%E2%80%AEgnp"),
            ("http://[2001:db8::1]:8080/", None),
            ("http://evil.example:99999999/", None),
            ("http://-_/", "http://-_/"),
            ("javascript:alert(1) data:text/html,x ftp://evil.example", None),
            ("http://" + "a" * 300 + ".example/", None),
        ],
    )
    def test_a_link_opens_through_a_page_that_says_where_it_leads(
        self, browser: FlaskClient, post: Post, written: str, address: str | None
    ) -> None:
        comment_id = post(f"insult=0.6 {written}")
        page = browser.get("/console/").text
        for target in re.findall(r'(?:href|src|action)="([^"]*)"', page):
            assert target.startswith(("/", "#"))
        answer = browser.get(f"/console/comments/{comment_id}/links/0")
        if address is None:
            assert answer.status_code == 404
            assert "Open link" not in page
            return
        assert f'href="/console/comments/{comment_id}/links/0">Open link</a>' in page
        assert f"<code>{html.escape(address)}</code>" in answer.text
        leaving = re.search(r'<a class="button" href="([^"]*)" rel="([^"]*)"', answer.text)
        assert leaving
        assert html.unescape(leaving[1]) == address
        assert {"noreferrer", "noopener"} <= set(leaving[2].split())

    def test_the_authors_own_site_comes_first_and_each_is_told_once(self, browser: FlaskClient, post: Post) -> None:
        comment_id = post(
            "insult=0.6 http://c.example http://c.example", thread="https://a.example/news", url="http://b.example"
        )
        page = browser.get("/console/").text
        assert re.findall(r'<li><bdi>([^<]*)</bdi> <a class="open-link"', page) == [
            "http://b.example",
            "http://c.example",
        ], "to its page leads the arrow beside it"
        assert f'href="/console/comments/{comment_id}/place/page"' in page
        assert browser.get(f"/console/comments/{comment_id}/links/2").status_code == 404

    def test_a_link_of_a_site_that_one_may_not_see_is_not_shown(self, app: Flask, store: Store, post: Post) -> None:
        comment_id = post("insult=0.6 http://evil.example")
        stranger = sign_in(app, store, "no", "none")
        assert stranger.get(f"/console/comments/{comment_id}/links/0").status_code == 404
        assert sign_in(app, store).get("/console/comments/c_nothing/links/0").status_code == 404
