"""The console beside its queue: all comments and their export, a comment's history, authors, audit, statistics."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

import moderation
from moderation import audit, news
from moderation.decisions import appeals, bulk, comments, standing
from moderation.decisions.scoring import Scorer
from moderation.history import tallies
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts, members
from moderation.policy import policies
from moderation.policy.rules import LANGUAGE
from moderation.review import notes
from moderation.settings import Settings
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import (
    Appeal,
    AuditEvent,
    Comment,
    ReviewItem,
    User,
    WebhookDelivery,
)
from moderation.webhooks import afterwards, deliveries, endpoints
from moderation.webhooks.attempts import Failure
from moderation.webhooks.deliveries import Attempt
from service.console import exports, plots
from service.console.audit import events
from service.console.plots import Series
from service.console.statistics import statistics
from tests.conftest import client_of
from tests.support.browsing import HOSTILE
from tests.support.clock import Clock
from tests.support.signed_in import csrf_token, member, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

Post = Callable[..., str]


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Post:
    def one(comment: str, name: str = "Ada", *, on: str | None = None, **known: Any) -> str:
        [outcome] = submissions.submit(store, queues, on or site.id, [Submission(name=name, comment=comment, **known)])
        scorer.run_batch()
        assert outcome.comment is not None
        return outcome.comment.id

    return one


def listed(browser: FlaskClient, query: str = "") -> list[str]:
    page = browser.get(f"/console/comments{query}")
    assert page.status_code == 200
    return re.findall(r'<a href="/console/comments/(c_\w{26})"', page.text)


def export(browser: FlaskClient, path: str = "/console/comments/export", **fields: str) -> TestResponse:
    token = csrf_token(browser, "/console/comments")
    return browser.post(path, data={"csrf_token": token, "format": "ndjson"} | fields)


def said(page: str) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_comments_are_searched_by_what_they_say_and_filtered(app: Flask, store: Store, post: Post) -> None:
    nice, fool = post("A nice bridge", "Ada", thread="/a"), post("you fool insult=0.73", "Bo", ip="192.0.2.7")
    browser = sign_in(app, store)
    assert listed(browser) == [fool, nice]
    assert listed(browser, "?q=FOOL") == [fool]
    assert listed(browser, "?label=insult&score=0.7") == [fool]
    assert listed(browser, "?label=insult&score=0.8") == []
    assert listed(browser, "?thread=/a") == [nice]
    assert listed(browser, "?author=bo") == [fool]
    assert listed(browser, "?ip=192.0.2.7") == [fool]
    assert listed(browser, f"?q={nice}") == [nice]
    assert listed(browser, "?to=2001-01-01") == []
    assert listed(browser, "?from=2001-01-01") == [fool, nice]
    assert "1 comment found" in said(browser.get("/console/comments?q=fool").text)


@pytest.mark.parametrize(
    "query", ["from=x&to=2026-99-99", "label=x&score=nan", "score=7&label=insult", "q=%00&author=%00", "before=%00"]
)
def test_filters_that_make_no_sense_are_left_out(app: Flask, store: Store, post: Post, query: str) -> None:
    post("A nice bridge insult=0.9")
    assert len(listed(sign_in(app, store), f"?{query}")) == 1


def test_a_long_search_offers_to_look_further_back(
    app: Flask, store: Store, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = post("the needle")
    for number in range(9):
        post(f"hay {number}")
    monkeypatch.setattr("moderation.finding.search.find.__kwdefaults__", {"before": None, "look": 4})
    browser, path, pages = sign_in(app, store), "/console/comments?q=needle", 0
    found: list[str] = []
    while path:
        page, pages = html.unescape(browser.get(path).text), pages + 1
        found += re.findall(r'<a href="/console/comments/(c_\w{26})"', page)
        assert ("found nothing so far" in page) == (pages < 3)
        following = re.search(r'href="([^"]+)" rel="next">Look further back', page)
        path = following[1] if following else ""
    assert (found, pages) == ([wanted], 3)


def test_people_find_the_comments_of_their_sites_only(
    app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Post
) -> None:
    mine, theirs = post("mine", ip="192.0.2.1"), post("theirs", on=other_site.id, ip="192.0.2.1")
    browser = member(app, store, "nia", **{site.id: "viewer"})
    assert listed(browser) == [mine]
    assert listed(browser, "?q=theirs") == listed(browser, f"?q={theirs}") == []
    assert listed(browser, f"?site={other_site.id}") == [mine]
    assert browser.get(f"/console/comments/{theirs}").status_code == 404
    assert browser.get("/console/author", query_string={"site": other_site.id, "key": "ada"}).status_code == 404
    assert listed(browser, "?ip=192.0.2.1") == [], "addresses are for moderators"
    assert listed(member(app, store, "mia", **{site.id: "moderator"}), "?ip=192.0.2.1") == [mine]


def test_an_export_is_what_the_api_says_of_the_comments_that_the_page_finds(
    app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Post
) -> None:
    ids = [post(f"number {at} insult=0.{60 + at}", thread="/a") for at in range(12)]
    post("other")
    post("elsewhere insult=0.7", on=other_site.id)
    browser = sign_in(app, store)
    answer = export(browser, q="number", site=site.id)
    assert answer.status_code == 200
    assert answer.headers["X-Winnow-Total"] == "12"
    assert answer.headers["X-Winnow-Total-Is"] == "exact"
    assert re.fullmatch(r'attachment; filename="comments-[\d-]+\.ndjson"', answer.headers["Content-Disposition"])
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["id"] for row in rows] == ids[::-1]
    api = client_of(app, site.api_key)
    assert rows == [{"site": "The Site"} | api.get(f"/api/v1/comments/{row['id']}").get_json() for row in rows]

    table = list(csv.DictReader(io.StringIO(export(browser, q="number", format="csv").data.decode("utf-8-sig"))))
    assert [row["id"] for row in table] == ids[::-1]
    assert (table[0]["score_insult"], table[0]["thread"], table[0]["email"]) == ("0.71", "/a", "")
    assert table[0]["reasons"].startswith("Insult 0.71 reaches")


def test_an_export_is_read_in_pages(app: Flask, store: Store, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.finding.search.read_all.__kwdefaults__", {"step": 3, "look": 5})
    ids, browser = [post(f"number {at}") for at in range(11)], sign_in(app, store)
    for text in ("", "number"):
        assert [json.loads(line)["id"] for line in export(browser, q=text).text.splitlines()] == ids[::-1]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1+1", "\uff1d1", '=HYPERLINK("http://evil.example")', "\n=1"],
)
def test_no_cell_of_a_csv_is_a_formula(app: Flask, store: Store, post: Post, text: str) -> None:
    post(f"{text} insult=0.1", text)
    rows = list(csv.reader(io.StringIO(export(sign_in(app, store), format="csv").data.decode("utf-8-sig"), newline="")))
    assert len(rows) == 2
    assert all(len(row) == len(exports.COMMENT_COLUMNS) for row in rows)
    for cell in rows[1]:
        assert not cell.lstrip(" \xa0").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d")), cell
    assert f"'{text} insult=0.1" in rows[1]


def test_what_comments_hold_cannot_break_the_lines_of_an_export(app: Flask, store: Store, post: Post) -> None:
    for text in [*HOSTILE, 'a "quoted", line\r\nand another', "\u2028\u2029\x85"]:
        post(f"{text} insult=0.1", "x")
    browser = sign_in(app, store)
    rows = list(csv.reader(io.StringIO(export(browser, format="csv").data.decode("utf-8-sig"), newline="")))
    lines = export(browser).data.decode().rstrip("\n").split("\n")
    assert len(rows) - 1 == len(lines) == len(HOSTILE) + 2
    texts = [json.loads(line)["comment"] for line in lines]
    assert [row[exports.COMMENT_COLUMNS.index("comment")].removeprefix("'") for row in rows[1:]] == texts


def test_exporting_takes_a_moderator_and_leaves_a_trace(
    app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Post
) -> None:
    mine = post("mine by Ada", "Ada Lovelace")
    seen = post("seen", on=other_site.id)
    viewer = member(app, store, "vi", **{site.id: "viewer"})
    assert "Export" not in viewer.get("/console/comments").text
    assert export(viewer).status_code == 403
    half = member(app, store, "ha", **{site.id: "moderator", other_site.id: "viewer"})
    assert listed(half) == [seen, mine]
    assert [json.loads(line)["id"] for line in export(half, author="Ada Lovelace").text.splitlines()] == [mine]
    with store.read() as session:
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "comments.exported"))
    assert event.site_id == site.id
    assert event.detail == {"format": "ndjson", "filters": ["author"], "comments": 1, "all_counted": True}
    assert "Lovelace" not in json.dumps(event.detail), "the audit holds nobody's words"


def test_so_many_exports_run_at_a_time_and_no_more(app: Flask, store: Store, post: Post) -> None:
    post("one")
    browser, *others = (sign_in(app, store, f"mo {number}") for number in range(exports.AT_ONCE + 1))

    def begin(browser: FlaskClient) -> TestResponse:
        fields = {"csrf_token": csrf_token(browser, "/console/comments"), "format": "csv"}
        accept = {"Accept": "application/json"}
        return browser.post("/console/comments/export", data=fields, headers=accept, buffered=False)

    running = [begin(browser)]
    assert begin(browser).status_code == 503, "nobody takes the places of all others"
    running += map(begin, others[1:])
    refused = begin(others[0])
    assert refused.status_code == 503
    assert "Other exports are running" in refused.get_json()["message"]
    assert browser.get("/console/comments").status_code == 200
    running[0].close()  # somebody who goes away in the middle
    assert running[1].text.count("\n") == 2  # and somebody who reads to the end
    for _ in range(2 * exports.AT_ONCE):
        assert export(browser, format="xml").status_code == 400
    for _ in range(exports.AT_ONCE + 1):
        assert export(browser).text


def test_a_comments_history_has_all_that_happened_in_order(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite, post: Post, clock: Clock
) -> None:
    site_id = site_with_webhook.id
    which = post("you fool insult=0.73", on=site_id)
    browser = sign_in(app, store)
    with store.read() as session:
        mo = f"user:{session.scalars(select(User.id)).one()}"
    with store.write() as session:
        [first] = session.scalars(select(WebhookDelivery)).all()
        deliveries.record(
            session, [Attempt(first.id, first.endpoint_id, clock.now, 5000, None, Failure("timed_out", "It hung."))]
        )
    clock.advance(minutes=1)
    with store.write() as session:
        comments.report(session, site_id, which, reason="insult", note="He <b>calls</b> names.", reporter="r")
    clock.advance(minutes=1)
    with store.write() as session:
        comments.decide(session, None, which, "publish", actor=mo, reason="A quotation.")
    clock.advance(minutes=1)
    with store.write() as session:
        comments.edit(session, site_id, which, {"comment": "you great fool insult=0.99"})
    afterwards.tell(queues, news.of(session))
    clock.advance(minutes=1)
    scorer.run_batch()
    clock.advance(minutes=1)
    with store.write() as session:
        session.add(
            Appeal(
                id="p_1", site_id=site_id, comment_id=which, version=5, text="I <i>meant</i> it kindly.",
                created_at=clock.now, decided_at=clock.advance(minutes=1), outcome="reversed",
            )
        )  # fmt: skip
        session.add(
            ReviewItem(
                id="q_1", site_id=site_id, comment_id=which, kind="second_look", priority=1, due=0,
                opened_at=clock.advance(minutes=1), closed_at=clock.advance(minutes=1), closed_by=mo, outcome="publish",
            )
        )  # fmt: skip
    page = browser.get(f"/console/comments/{which}").text
    assert "<b>calls</b>" not in page
    assert "<i>meant</i>" not in page
    history = said(page.partition('id="history"')[2])
    order = [
        "Accepted by the site",
        "Held by the site's policy",
        "Insult 0.73 reaches",
        "insult 0.73",
        "classifier chosen-1 · policy version 1 · revision 1",
        "Webhook to 127.0.0.1: flagged",
        "Attempt 1, 5,000 ms. It hung.",
        "Will be tried again",
        "Reported: insult by a reader He <b>calls</b> names.",
        "Published by mo A quotation.",
        "Webhook to 127.0.0.1: published",
        "Edited by the site changed comment · revision 2",
        "Rejected by the site's policy",
        "insult 0.99",
        "revision 2 · version 5",
        "Appealed by the author I <i>meant</i> it kindly.",
        "Chosen for a second look by chance",
        "Second look: would publish it by mo",
    ]
    at = 0
    for part in order:
        assert part in history[at:], (part, history)
        at = history.index(part, at) + len(part)


def test_a_decision_that_was_taken_back_is_told_as_such(
    app: Flask, store: Store, site_with_webhook: CreatedSite, post: Post, clock: Clock
) -> None:
    which = post("you fool insult=0.73", on=site_with_webhook.id)
    with store.write() as session:
        [delivery] = session.scalars(select(WebhookDelivery)).all()
        delivery.next_attempt_at, delivery.cancelled_at = None, clock.advance(seconds=3)
        known = {"site_id": site_with_webhook.id, "comment_id": which, "version": 4}
        audit.record(session, [audit.row("comment.undone", actor="operator", **known)])
    history = said(sign_in(app, store).get(f"/console/comments/{which}").text)
    assert "Took the decision back by the operator" in history
    assert "Cancelled before anything left: the decision was taken back" in history


def test_the_audit_log_has_the_reason_of_a_report_in_words(
    app: Flask, store: Store, site: CreatedSite, post: Post
) -> None:
    with store.write() as session:
        comments.report(session, site.id, post("a remark"), reason="off_topic", note=None, reporter=None)
    page = said(sign_in(app, store).get("/console/audit").text)
    assert "reason: Off topic" in page
    assert "off_topic" not in page


def test_a_comment_is_shown_in_its_thread(app: Flask, store: Store, post: Post, clock: Clock) -> None:
    def later(text: str, **known: Any) -> str:
        clock.advance(minutes=1)
        return post(text, **known)

    before = later("the one before", thread="/a")
    parent = later("what it answers", thread="/a")
    which = later("the comment", thread="/a", parent_id=parent)
    later("in another thread", thread="/b")
    after = later("the one after", thread="/a")
    answer = later("an answer to it", thread="/a", parent_id=which)
    page = sign_in(app, store).get(f"/console/comments/{which}").text
    around = page.partition('id="around"')[2].partition('id="history"')[0]
    assert re.findall(r'href="/console/comments/(\w+)"', around) == [before, parent, answer, after]
    assert re.search(
        r"It answers · Ada.*what it answers.*This comment.*Answers it · Ada.*an answer to it", said(around)
    )


def test_an_authors_page_tells_their_record_and_what_the_policy_says_of_them(
    app: Flask, store: Store, site: CreatedSite, post: Post
) -> None:
    known = {"email": "ada@example.org", "ip": "192.0.2.7"}
    first = post("nice", "Ada", **known)
    flagged = post("fool insult=0.73", "Countess", **known)
    post("somebody else", "Bo", ip="192.0.2.7")
    with store.write() as session:
        lists = {"blocked_authors": ["ADA@example.org"], "trusted_ips": ["192.0.2.0/24"]}
        policies.save(session, site.id, policies.current(session, site.id).document | lists, actor="operator")
    browser = sign_in(app, store)
    link = re.search(r'href="(/console/author[^"]+)"', browser.get(f"/console/comments/{first}").text)
    assert link
    page = browser.get(html.unescape(link[1])).text
    told = said(page)
    assert re.search(r"Countess\s+The Site\s", told), "it says of which site it tells"
    assert "1 published 1 held 0 rejected" in told
    assert "This site blocks the author ADA@example.org." in told
    assert "This site trusts the address 192.0.2.0/24." in told
    assert re.search(r"Names (Ada 1× Countess 1×|Countess 1× Ada 1×) E-mail ada@example.org 2×", told)
    assert re.findall(r'<a href="/console/comments/(c_\w{26})"', page) == [flagged, first]
    assert page.count('class="flagged dot large"') == page.count('class="published dot large"') == 1
    viewer = sign_in(app, store, "vi", "viewer").get(html.unescape(link[1])).text
    assert "192.0.2.7" not in viewer


def test_the_audit_log_is_for_moderators_of_the_site_and_filtered(
    app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Post
) -> None:
    which = post("fool insult=0.73")
    post("elsewhere", on=other_site.id)
    admin = sign_in(app, store, "ad", "admin")
    with store.read() as session:
        ad = f"user:{session.scalars(select(User.id)).one()}"
    with store.write() as session:
        comments.decide(session, None, which, "reject", actor=ad, reason="No.")
    page = said(admin.get("/console/audit").text)
    assert "Signed in by ad" in page
    assert "Decided on a comment rejected by ad" in page
    assert (
        said(admin.get(f"/console/audit?person={ad}&action=comment.decided").text).count(
            "Decided on a comment rejected"
        )
        == 1
    )
    assert "Nothing in the log" in said(admin.get("/console/audit?to=2001-01-01").text)
    moderator = member(app, store, "mia", **{site.id: "moderator"})
    seen = said(moderator.get("/console/audit").text)
    assert "Decided on a comment rejected by ad" in seen
    assert "Signed in by" not in seen
    assert "The Other Site" not in seen
    assert "Exported the audit log by" not in seen
    assert export(moderator, "/console/audit/export").status_code in {403, 404}
    viewer = member(app, store, "vi", **{site.id: "viewer"})
    assert "Decided on a comment rejected" not in said(viewer.get("/console/audit").text)
    rows = [json.loads(line) for line in export(admin, "/console/audit/export", site=site.id).text.splitlines()]
    assert [row["action"] for row in rows] == ["comment.decided", "comment.decided", "site.created"]
    assert (rows[0]["actor_name"], rows[0]["comment"], rows[0]["status"]) == ("ad", which, "rejected")
    assert "Exported the audit log by ad" in said(admin.get("/console/audit").text)


def test_the_audit_log_and_its_csv_speak_english(
    app: Flask, store: Store, settings: Settings, site: CreatedSite, post: Post
) -> None:
    which = post("fool insult=0.73")
    admin = sign_in(app, store, "ad", "admin")
    nia = accounts.create_user(store, "nia", "viewer").id
    with store.read() as session:
        ad = f"user:{session.scalars(select(User.id).where(User.name == 'ad')).one()}"
    with store.write() as session:
        comments.decide(session, None, which, "reject", actor=ad, reason="No.")
        comments.report(session, site.id, which, reason="personal_data", note=None, reporter="r1")
        comments.edit(session, site.id, which, {"comment": "Sorry.", "name": "Ada"})
        members.set_role(session, nia, "moderator", actor=ad)
        members.set_site_role(session, nia, site.id, "admin", actor=ad)
        endpoints.add(session, settings, site.id, "https://example.org/hook", actor=ad)
        policies.set_mode(session, site.id, "hold", actor=ad)
    page, table = admin.get("/console/audit").text, export(admin, "/console/audit/export", format="csv").text
    for text in (re.sub(r"<script.*?</script>", "", said(page)), table):
        assert (
            re.findall(r"[{}\[\]]|(?<!\w)'|'(?!\w)|\b(?:comment|user|site|policy|webhook)\.[a-z]|None|True", text) == []
        )
        assert "before: held" in text
        assert "person: nia, before: viewer, now: moderator" in text
    assert "Decided on a comment rejected by ad" in said(page)
    assert "Changed the policy by ad" in said(page)


def test_the_audit_log_says_whose_comment_and_which_note_in_words_and_leads_there(
    app: Flask, store: Store, settings: Settings, site: CreatedSite, post: Post
) -> None:
    which = post("fool insult=0.73", name="Eve", user_id="7")
    admin, mo = sign_in(app, store, "ad", "admin"), sign_in(app, store, "mo", "moderator")
    with store.write() as session:
        by = f"user:{session.scalars(select(User.id).where(User.name == 'mo')).one()}"
        comment = session.get_one(Comment, which)
        kept = notes.write(session, comment, "Known <b>for</b> this.", by=by)
        gone = notes.write(session, comment, "A slip.", by=by, on_author=True)
        notes.remove(session, gone, by=by, is_admin=False)
        standing.warn(session, comment, "Please stay kind.", actor=by, grace=timedelta(0))
        endpoint, _ = endpoints.add(session, settings, site.id, "https://example.org/hook/secret", actor=by)
        job = bulk.create(session, {"comments": [which]}, "reject", actor=by, total=1)
    page = admin.get("/console/audit").text
    told = said(page)
    assert "Wrote a note on a comment by mo the comment by Eve note: “Known <b>for</b> this.”" in told
    assert "Removed a note from an author by mo the comment by Eve note: removed since" in told
    assert "Warned an author by mo the comment by Eve warning: “Please stay kind.”" in told
    assert "Added a webhook by mo webhook: example.org" in told
    assert "Known &lt;b&gt;for&lt;/b&gt; this." in page
    for address in (f"/comments/{which}", f"/sites/{site.id}/webhooks/{endpoint.id}", f"/bulk/jobs/{job.id}"):
        assert f'href="/console{address}"' in page
    assert not re.search(rf"{kept.id}|{gone.id}|hook/secret", page)
    seen = mo.get("/console/audit").text
    assert f'href="/console/sites/{site.id}/webhooks/{endpoint.id}"' not in seen, "it is an admin's page"
    assert "webhook: example.org" in said(seen)
    assert kept.id in export(admin, "/console/audit/export", format="csv").text, "a file is for programs"


def test_every_action_that_the_code_records_has_words(store: Store) -> None:
    code = "".join(path.read_text() for path in Path(moderation.__file__).parent.rglob("*.py"))
    recorded = set(re.findall(r'(?:audit\.row|row_about|audit_row|_record|_note)\([^"]{0,60}"([a-z]+\.[a-z_]+)"', code))
    assert len(recorded) > 25
    assert recorded <= events.ACTIONS.keys()


def test_the_audit_log_is_read_in_pages(app: Flask, store: Store, post: Post) -> None:
    for at in range(70):
        post(f"number {at}")
    browser, path, seen = sign_in(app, store, "ad", "admin"), "/console/audit?action=comment.decided", []
    while path:
        page = browser.get(path).text
        seen += re.findall(r'<a href="/console/comments/(c_\w{26})"', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = html.unescape(following[1]) if following else ""
    assert len(seen) == len(set(seen)) == 70


def test_the_statistics_show_what_was_decided(
    app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Post, clock: Clock
) -> None:
    browser = sign_in(app, store)
    with store.read() as session:
        mo = f"user:{session.scalars(select(User.id)).one()}"
    for at in range(12):
        which = post(f"fool {at} insult=0.73")
        clock.advance(seconds=20)
        with store.write() as session:
            comments.decide(session, None, which, "publish" if at < 3 else "reject", actor=mo)
    post("nice")
    post("elsewhere spam=0.99", on=other_site.id)
    tallies.sample_queue(store)
    clock.advance(minutes=2)
    while tallies.roll_up(store):
        pass
    page = said(browser.get("/console/statistics").text)
    assert "1 published, 12 held, 1 rejected." in page
    assert "3 published, 9 rejected." in page
    assert "12 decisions, 12 on a day with any. Median 19 sec from one to the next." in page
    assert "0.7-0.8 9 12 75%" in page, "the table beside the plot"
    assert "No second looks yet." in page
    svg = browser.get("/console/statistics").text
    assert "title>Scores 0.7-0.8: people rejected 9 of 12 (75%)</title" in svg
    sign_in(app, store, "ada")
    with store.write() as session:
        ada = session.scalars(select(User.id).where(User.name == "ada")).one()
        comments.decide(session, None, which, "publish", actor=f"user:{ada}")
    clock.advance(minutes=2)
    while tallies.roll_up(store):
        pass
    beside_each_other = browser.get("/console/statistics").text
    tops = re.findall(r"<h3>(ada|mo)</h3>.*?aria-hidden=\"true\"><span>(\d+)<", beside_each_other, re.DOTALL)
    assert dict(tops) == {"mo": "20", "ada": "20"}, "columns of one height are as many"
    assert " style=" not in svg
    only = said(browser.get(f"/console/statistics?site={other_site.id}&days=7").text)
    assert "0 published, 0 held, 1 rejected." in only
    assert "No person has decided anything in these days." in only
    hidden = member(app, store, "nia", **{other_site.id: "viewer"})
    assert "0 published, 0 held, 1 rejected." in said(hidden.get(f"/console/statistics?site={site.id}").text)


def test_an_author_is_found_by_name_where_the_site_knows_an_id(app: Flask, store: Store, post: Post) -> None:
    known, guest = post("one", "Dorothy Pratt", user_id="u-17"), post("two", "dorothy pratt")
    post("Dorothy Pratt is right", "Bo", user_id="u-18")
    third = post("three", "Dorothy Pratt Jr", user_id="u-19")
    browser = sign_in(app, store)
    assert listed(browser, "?author=Dorothy%20Pratt") == [guest, known]
    assert listed(browser, "?author=u-17") == [known]
    assert listed(browser, "?author=Dorothy") == listed(browser, "?author=*pratt*") == [third, guest, known]
    assert listed(browser, '?author="Dorothy"') == []
    assert known in export(browser, author="Dorothy Pratt").text


def test_a_comment_that_came_long_after_it_was_written_says_both(
    app: Flask, store: Store, post: Post, clock: Clock
) -> None:
    post("new")
    post("old", created_at=clock.now - timedelta(days=14))
    page = said(sign_in(app, store).get("/console/comments").text)
    assert "2 weeks ago came just now" in page
    assert page.count(" came just now") == 1


def test_the_answer_to_an_appeal_is_told_once_and_by_whom(app: Flask, store: Store, post: Post) -> None:
    which = post("you fool insult=0.73")
    with store.write() as session:
        appeals.lodge(session, comments.decide(session, None, which, "reject", actor="user:u_a"), "It was a joke.")
    with store.write() as session:
        comments.decide(session, None, which, "publish", actor="operator")
    history = said(sign_in(app, store).get(f"/console/comments/{which}").text.partition('id="history"')[2])
    assert history.count("appeal") == 1
    assert history.count("Appealed") == 1
    assert "Reversed the decision on appeal by the operator" in history


def test_scores_of_a_language_that_is_not_judged_are_said_to_say_little(app: Flask, store: Store, post: Post) -> None:
    which = post("well insult=0.73")
    browser = sign_in(app, store)
    assert "which say little" not in browser.get(f"/console/comments/{which}").text
    with store.write() as session:
        session.get_one(Comment, which).reasons = [LANGUAGE.reason("The classifier cannot judge it.").as_json()]
    for page in ("/console/", f"/console/comments/{which}"):
        assert "Scores, which say little in this language" in said(browser.get(page).text)


def test_the_result_of_saving_a_policy_is_at_the_top_although_it_was_tried_before(
    app: Flask, store: Store, site: CreatedSite
) -> None:
    page = sign_in(app, store, "ad", "admin").get(f"/console/sites/{site.id}/policy").text
    form = re.search(r'<form id="policy"[^>]*action="([^"]+)"', page)
    assert form is not None, "without an action, the form goes where the last answer came from: to what was tried"
    assert "#" not in form[1]


def test_the_statistics_begin_with_numbers_beside_those_of_the_week_before(
    app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Post, clock: Clock
) -> None:
    mia = member(app, store, "mia", **{site.id: "admin", other_site.id: "moderator"})
    mo = member(app, store, "mo", **{site.id: "moderator"})
    with store.read() as session:
        ids = dict(session.execute(select(User.name, User.id)).all())
    clock.advance(minutes=1)
    for number, on in ((2, site.id), (1, other_site.id)):
        for at in range(number):
            which = post(f"fool {at} insult=0.73", on=on)
            clock.advance(minutes=5)
            for action, name in (("reject", "mo"), ("publish", "mia")):
                with store.write() as session:
                    comments.decide(session, None, which, action, actor=f"user:{ids[name]}")  # type: ignore[arg-type]
        clock.advance(hours=24 * 7 if on == site.id else 0)
    clock.advance(minutes=2)
    while tallies.roll_up(store):
        pass
    hers = said(mia.get("/console/statistics").text)
    assert "Decided by people 2 before: 4" in hers
    assert "Time to decision 5.1 min before: 5.1 min" in hers
    assert "Overturned 50.0% before: 50.0%" in hers
    assert "mo 1 2 – – –" in hers, "hers is one of the two sites only, where nothing was decided this week"
    assert "mo 3 0 5.1 min 2 of 2 (100%) –" in said(mia.get("/console/statistics?days=30").text)
    his = said(mo.get("/console/statistics?days=30").text)
    assert "mo 2 0 5.1 min" in his
    assert "of 2 (" not in his
    file = list(csv.DictReader(io.StringIO(mia.get("/console/statistics/file?days=30").data.decode("utf-8-sig"))))
    of = {(row["part"], row["name"], row["of"], row["number"]): row["value"] for row in file}
    assert of["Headlines", "Overturned (share)", "this period", ""] == "0.5"
    assert of["Team", "mo", "this period", "Overturned by others"] == "2"
    assert of["Decisions a day", "By people", clock.now.date().isoformat(), "Published"] == "1"
    assert "Overturned by others" not in mo.get("/console/statistics/file?days=30").text


def test_second_looks_are_shown_once_there_are_any(
    app: Flask, store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No second looks yet." in sign_in(app, store).get("/console/statistics").text
    found = {"moderators": [("insult", 40, 0.81), ("spam", 3, None)], "policy": []}
    monkeypatch.setattr(statistics, "second_looks", lambda *_: found)
    nia = sign_in(app, store, "nia")
    assert "Insult 0.81 40 pairs" in said(nia.get("/console/statistics").text)
    file = nia.get("/console/statistics/file").data.decode("utf-8-sig")
    of = {(row["name"], row["number"]): row["value"] for row in csv.DictReader(io.StringIO(file))
          if (row["part"], row["of"]) == ("Second looks", "moderators’ decisions")}  # fmt: skip
    assert of == {("Insult", "Pairs"): "40", ("Insult", "Cohen’s kappa"): "0.81", ("Spam", "Pairs"): "3",
                  ("Spam", "Cohen’s kappa"): ""}  # fmt: skip


def test_second_looks_at_the_policys_own_decisions_are_counted(
    app: Flask, store: Store, site: CreatedSite, post: Post
) -> None:
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(second_look_automatic=1.0), actor="operator")
    good, bad = post("nice"), post("bad spam=0.99")
    browser = sign_in(app, store)
    with store.read() as session:
        mo = f"user:{session.scalars(select(User.id)).one()}"
    with store.write() as session:
        comments.decide(session, None, good, "reject", actor=mo)
        comments.decide(session, None, bad, "reject", actor=mo)
    page = said(browser.get("/console/statistics").text)
    assert "No second looks yet." not in page
    assert "Of 1 that the policy published, people would reject 1." in page
    assert "Of 1 that it rejected, people would publish 0." in page
    assert "Decision 0.00 2 pairs" in page


def test_statistics_of_nothing_are_empty_plots(app: Flask, store: Store) -> None:
    browser = sign_in(app, store)
    for days in ("", "?days=7", "?days=90", "?days=x"):
        assert "Nothing was scored in these days." in browser.get(f"/console/statistics{days}").text


@pytest.mark.parametrize("highest", [0, 1, 2, 3, 9, 10, 99, 100, 101, 1999, 123_456])
def test_an_axis_ends_at_a_round_number_that_holds_everything(highest: int) -> None:
    plot = plots.stacked("x", ["a"], [Series("One", "seen", [highest])], summary="")
    top, half, _ = (int(tick.replace(",", "")) for tick in plot.y_ticks)
    assert highest <= top <= max(2, 2.5 * highest)
    assert top == 2 * half


def test_a_line_is_broken_where_nothing_is_known() -> None:
    values = [1, 2, None, 3, None, 4, 5]
    plot = plots.line("x", list("abcdefg"), Series("One", "seen", values), summary="")
    assert [mark.path.count("L") for mark in plot.marks if "line" in mark.look.split()] == [1, 1]
    assert sum("dot" in mark.look for mark in plot.marks) == 5
    assert plot.rows == [["a", "1"], ["b", "2"], ["d", "3"], ["f", "4"], ["g", "5"]]


def test_a_person_without_any_site_sees_empty_pages(app: Flask, store: Store, post: Post) -> None:
    post("one")
    browser = member(app, store, "nobody")
    assert listed(browser) == []
    assert "Nothing was scored" in browser.get("/console/statistics").text
    assert browser.get("/console/audit").status_code == 403
    assert "The audit log takes the role of a moderator." in browser.get("/console/audit").text


@pytest.mark.parametrize("address", ["/console/polices", "/console/comments/x/y/z", "/console/sites/s_1/mode"])
def test_an_address_that_leads_nowhere_is_refused_within_the_console(app: Flask, store: Store, address: str) -> None:
    stranger = app.test_client().get(address)
    assert (stranger.status_code, "/console/sign-in" in stranger.location) == (303, True)
    answer = sign_in(app, store).get(address)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'href="/console/comments"' in answer.text, "the bar leads on"
    assert "api/docs" not in answer.text
