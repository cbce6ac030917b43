"""The console's review queue: what a moderator sees of a comment, and deciding on it."""

from __future__ import annotations

import hashlib
import html
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.policy import policies
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, ReviewItem
from tests.support.clock import Clock
from tests.support.signed_in import csrf_token, sign_in

pytestmark = pytest.mark.one_database


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Poster:
    return Poster(store, queues, scorer, site.id)


class Poster:
    """Posts comments to one site and has them decided."""

    def __init__(self, store: Store, queues: Queues, scorer: Scorer, site_id: str) -> None:
        self.store, self.queues, self.scorer, self.site_id = store, queues, scorer, site_id

    def __call__(self, comment: str, name: str = "Ada", **known: Any) -> str:
        [outcome] = submissions.submit(
            self.store, self.queues, self.site_id, [Submission(name=name, comment=comment, **known)]
        )
        assert outcome.comment is not None
        self.scorer.run_batch()
        return outcome.comment.id


def test_a_flagged_comment_waits_with_its_scores_and_reasons(
    app: Flask, store: Store, site: CreatedSite, post: Poster
) -> None:
    with store.write() as session:
        policies.save(
            session, site.id, {"thresholds": {"insult": {"flag_at": 0.55, "reject_at": 0.85}}}, actor="operator"
        )
    post("so insult=0.73 and spam=0.2", "Ada", thread="/news/1")
    post("nice day")
    page = sign_in(app, store).get("/console/").text
    assert "1 waits" in page
    assert "Insult 0.73 reaches this site&#39;s flag threshold of 0.55." in page
    assert "<bdi>Ada</bdi>" in page
    assert "<bdi>The Site</bdi>" in page
    assert 'dir="auto" title="All that waits on this page">/news/1</a>' in page
    assert "nice day" not in page
    insult = re.search(r'<li class="flag">(.*?)</li>', page, re.DOTALL)
    assert insult
    assert 'class="fill" y="3" width="73.0"' in insult[1]
    assert "flags from 0.55; rejects from 0.85" in insult[1]


@pytest.mark.parametrize(
    ("decided", "summary", "shown"), [(0, "Who reported it", 0), (1, "and 4 more", 1), (4, "and 3 more", 2)]
)
def test_of_many_reports_a_card_has_the_telling_ones_and_the_rest_on_demand(
    app: Flask, store: Store, site: CreatedSite, post: Poster, decided: int, summary: str, shown: int
) -> None:
    comment_id, before = post("nice day"), post("a nice night")
    with store.write() as session:
        for number in range(decided):
            comments.report(session, site.id, before, reason="spam", note=None, reporter=f"r{4 - number}")
        if decided:
            comments.decide(session, site.id, before, "reject", actor="site")
        for number in range(5):
            comments.report(session, site.id, comment_id, reason="spam", note=f"No {number}", reporter=f"r{number}")
    page = sign_in(app, store).get("/console/").text
    readers, notes = page.partition('class="reporters small soft"')[2], page.partition('class="reports"')[2]
    first, _, rest = readers.partition(f"<details><summary>{summary}</summary>")
    assert (first.count("A reader"), rest.count("A reader")) == (shown, 5 - shown)
    assert first.count("1 upheld") == shown
    first, _, rest = notes.partition("<details><summary>and 2 more</summary>")
    assert [number for number in range(5) if f"No {number}" in first] == [0, 1, 2]
    assert [number for number in range(5) if f"No {number}" in rest] == [3, 4]


def test_the_words_that_moved_a_score_are_marked_in_place(app: Flask, store: Store, post: Poster) -> None:
    post("😀 a\n  b insult=0.73 c")
    page = sign_in(app, store).get("/console/").text
    mark = '<mark class="level-4" title="Counted most towards insult" data-counted="counted most">'
    assert f"😀 a\n  b {mark}insult=0.73</mark> c</div>" in page


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "<svg/onload=alert(1)>",
        "</div></article><style>*{display:none}</style>",
        "{{ config }} {% raw %}",
        "http://evil.example/ www.evil.example mailto:a@evil.example",
    ],
)
def test_hostile_text_stays_text(app: Flask, store: Store, post: Poster, hostile: str) -> None:
    post(f"{hostile} insult=0.73 {hostile}", hostile, thread=hostile)
    browser = sign_in(app, store)
    for path in ("/console/", "/console/comments"):
        page = browser.get(path).text
        assert hostile in html.unescape(page)
        assert html.escape(hostile, quote=False) in page.replace("&#34;", '"')
        assert all(target.startswith(("/", "#")) for target in re.findall(r'(?:href|src)="([^"]*)"', page))


def test_characters_that_hide_or_turn_text_are_named(app: Flask, store: Store, post: Poster) -> None:
    post("safe \u202egnp.exe\u200b insult=0.73")
    assert "right-to-left override, zero width space" in sign_in(app, store).get("/console/").text


def test_a_reply_shows_what_it_replies_to(app: Flask, store: Store, post: Poster) -> None:
    first = post("What a nice bridge", "Bo")
    post("insult=0.73", parent_id=first)
    assert re.search(
        r"In reply to <bdi>Bo</bdi>:\s+<q[^>]*><bdi>What a nice bridge", sign_in(app, store).get("/console/").text
    )


def test_the_heading_counts_the_sites_on_which_something_waits(
    app: Flask, store: Store, settings: Settings, post: Poster
) -> None:
    other, _empty = (sites.create_site(store, settings, name) for name in ("The Other", "The Empty"))
    client = sign_in(app, store)
    post("so insult=0.73")
    assert heading(client.get("/console/").text) == "1 waits"
    Poster(store, post.queues, post.scorer, other.id)("so insult=0.74")
    assert heading(client.get("/console/").text) == "2 wait on 2 sites"
    assert heading(client.get("/console/?label=insult").text) == "2 wait"
    assert heading(client.get("/console/?q=so").text) == "", "nobody counts what a search finds"


def heading(page: str) -> str:
    found = re.search(r'id="waiting">(.*?)</p>', page, re.DOTALL)
    assert found
    return found[1].strip()


def test_a_comment_that_was_flagged_and_reported_is_one_card(
    app: Flask, store: Store, site: CreatedSite, post: Poster
) -> None:
    comment_id = post("insult=0.73")
    for reporter in ("r1", "r2"):
        with store.write() as session:
            comments.report(session, site.id, comment_id, reason="off_topic", note="<b>no</b>", reporter=reporter)
    page = sign_in(app, store).get("/console/").text
    assert page.count("<article") == 1
    assert "Reported by readers" in page
    assert "Off topic: 2 readers" in page
    assert "“&lt;b&gt;no&lt;/b&gt;”" in page


def test_an_empty_queue_says_so(app: Flask, store: Store) -> None:
    assert "Nothing waits for you." in sign_in(app, store).get("/console/").text


@pytest.mark.slow
def test_the_queue_is_read_in_pages_without_gaps_or_repeats(app: Flask, store: Store, post: Poster) -> None:
    texts = (hashlib.sha256(str(number).encode()).hexdigest() for number in range(45))  # look-alikes share a card
    expected = {post(f"insult=0.{60 + number % 30} {text}") for number, text in enumerate(texts)}
    browser, path, seen = sign_in(app, store), "/console/", []
    while path:
        page = browser.get(path).text
        seen += re.findall(r'<article class="card" id="([^"]+)"', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = html.unescape(following[1]) if following else ""
    assert len(seen) == 45
    assert set(seen) == expected


@pytest.mark.parametrize("query", ["site=%00", "site=s_nothing", "after=%00&site=%FF"])
def test_a_site_that_is_none_means_all(app: Flask, store: Store, post: Poster, query: str) -> None:
    post("insult=0.73")
    browser = sign_in(app, store)
    assert "<article" in browser.get(f"/console/?{query}").text
    assert browser.get(f"/console/comments?{query}&status=%00&before=%00").status_code == 200


@pytest.mark.parametrize("after", ["", "x", "1-2-3", "9999-99999999999999999-q_" + "z" * 26, "<script>"])
def test_an_address_that_no_page_wrote_shows_a_page_all_the_same(app: Flask, store: Store, after: str) -> None:
    assert sign_in(app, store).get("/console/", query_string={"after": after}).status_code == 200


def test_the_queue_of_one_site_can_be_chosen(
    app: Flask, store: Store, site: CreatedSite, other_site: CreatedSite, post: Poster
) -> None:
    post("insult=0.73")
    browser = sign_in(app, store)
    assert "<article" in browser.get(f"/console/?site={site.id}").text
    assert "Nothing waits for you." in browser.get(f"/console/?site={other_site.id}").text


@pytest.mark.parametrize(("action", "status"), [("publish", "published"), ("reject", "rejected")])
def test_a_decision_is_recorded_with_its_reason_and_who_made_it(
    app: Flask, store: Store, post: Poster, action: str, status: str
) -> None:
    comment_id = post("insult=0.73")
    browser = sign_in(app, store)
    answer = decide(browser, comment_id, action, reason="It is a quotation.", back="/console/?site=x")
    assert answer.headers["Location"] == "/console/?site=x"
    page = browser.get("/console/").text
    assert f"{status.capitalize()} the comment by Ada." in page
    assert "<article" not in page
    with store.read() as session:
        comment = session.get(Comment, comment_id)
        assert comment is not None
        assert (comment.status, comment.version) == (status, 3)
        said = {"message": "It is a quotation.", "note": "It is a quotation."}
        assert comment.reasons == [{"rule": "moderator", "action": action} | said]
        assert comment.decided_by == session.query(AuditEvent).filter_by(action="user.signed_in").one().actor
        item = session.query(ReviewItem).one()
        assert (item.outcome, item.closed_by) == (action, comment.decided_by)


def test_a_stale_decision_changes_nothing_and_tells_who_was_quicker(
    app: Flask, store: Store, post: Poster, clock: Clock
) -> None:
    comment_id = post("insult=0.73")
    slow, quick = sign_in(app, store, "slow"), sign_in(app, store, "quick")
    stale = form(slow, comment_id)
    decide(quick, comment_id, "reject", reason="Not here.")
    clock.advance(minutes=2)
    answer = slow.post(f"/console/comments/{comment_id}/decision", data=stale | {"action": "publish"})
    assert answer.status_code == 409
    assert "quick rejected this comment 2 minutes ago, after you loaded the page. Reason: Not here." in answer.text
    assert "Your decision was not recorded." in answer.text
    script = slow.post(
        f"/console/comments/{comment_id}/decision",
        data=stale | {"action": "publish"},
        headers={"Accept": "application/json"},
    )
    assert script.status_code == 409
    assert "quick rejected" in script.get_json()["message"]
    with store.read() as session:
        assert session.get_one(Comment, comment_id).status == "rejected"


def test_a_comment_that_was_edited_meanwhile_is_not_decided_unread(
    app: Flask, store: Store, site: CreatedSite, post: Poster
) -> None:
    comment_id = post("insult=0.73")
    browser = sign_in(app, store)
    seen = form(browser, comment_id)
    with store.write() as session:
        comments.edit(session, site.id, comment_id, {"comment": "something else"})
    answer = browser.post(f"/console/comments/{comment_id}/decision", data=seen | {"action": "publish"})
    assert answer.status_code == 409
    assert "is being scored again" in answer.text


def test_an_erased_comment_cannot_be_decided(app: Flask, store: Store, site: CreatedSite, post: Poster) -> None:
    comment_id = post("insult=0.73")
    browser = sign_in(app, store)
    seen = form(browser, comment_id)
    with store.write() as session:
        comments.erase(session, site.id, comment_id)
    answer = browser.post(f"/console/comments/{comment_id}/decision", data=seen | {"action": "publish"})
    assert answer.status_code == 410
    assert "insult=" not in browser.get(f"/console/comments/{comment_id}").text


def test_a_viewer_may_look_and_not_decide(app: Flask, store: Store, post: Poster) -> None:
    comment_id = post("insult=0.73")
    seen = form(sign_in(app, store, "mo", "moderator"), comment_id)
    viewer = sign_in(app, store, "vi", "viewer")
    page = viewer.get("/console/").text
    assert "insult=0.73" in page
    assert 'value="publish"' not in page
    token = csrf_token(viewer, "/console/")
    answer = viewer.post(
        f"/console/comments/{comment_id}/decision", data=seen | {"action": "publish", "csrf_token": token}
    )
    assert answer.status_code == 403
    assert "You can look at comments, but not decide on them." in answer.text
    with store.read() as session:
        assert session.get_one(Comment, comment_id).status == "flagged"


def test_nobody_decides_without_signing_in(app: Flask, store: Store, post: Poster) -> None:
    comment_id = post("insult=0.73")
    stranger = app.test_client()
    token = csrf_token(stranger, "/console/sign-in")
    fields = {"csrf_token": token, "version": "2", "action": "publish"}
    path = f"/console/comments/{comment_id}/decision"
    assert stranger.post(path, data=fields).headers["Location"] == "/console/sign-in"
    assert stranger.post(path, data=fields, headers={"Accept": "application/json"}).status_code == 401
    with store.read() as session:
        assert session.get_one(Comment, comment_id).status == "flagged"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"action": "approve"}, 400),
        ({"action": ""}, 400),
        ({"version": ""}, 400),
        ({"version": "2; drop"}, 400),
        ({"version": "٢"}, 400),
        ({"reason": "x" * 501}, 422),
    ],
)
def test_a_form_that_no_page_made_is_refused(
    app: Flask, store: Store, post: Poster, changed: dict[str, str], code: int
) -> None:
    comment_id = post("insult=0.73")
    browser = sign_in(app, store)
    fields = form(browser, comment_id) | {"action": "publish"} | changed
    assert browser.post(f"/console/comments/{comment_id}/decision", data=fields).status_code == code


def test_a_comment_that_nobody_knows_is_not_found(app: Flask, store: Store) -> None:
    browser = sign_in(app, store)
    assert browser.get("/console/comments/c_nothing").status_code == 404
    assert browser.get("/console/comments/c_%00").status_code == 404
    fields = {"csrf_token": csrf_token(browser, "/console/"), "version": "1", "action": "publish"}
    assert browser.post("/console/comments/c_nothing/decision", data=fields).status_code == 404


def test_a_comments_page_tells_its_history(app: Flask, store: Store, post: Poster) -> None:
    comment_id = post("insult=0.73")
    browser = sign_in(app, store)
    decide(browser, comment_id, "publish", reason="Fine.")
    page = browser.get(f"/console/comments/{comment_id}").text
    said = re.sub(r"<[^>]+>|\s+", " ", page)
    assert re.search(r"Accepted.*Held\s+by\s+the site&#39;s policy\s+Insult 0.73.*Published\s+by\s+mo\s+Fine\.", said)


def test_all_comments_of_a_site_are_listed_newest_first_by_status(app: Flask, store: Store, post: Poster) -> None:
    ids = [post(text) for text in ("one", "two insult=0.73", "three insult=0.99", "four")]
    browser = sign_in(app, store)

    def listed(query: str) -> list[str]:
        return re.findall(r'<a href="/console/comments/(c_\w+)"', browser.get(f"/console/comments{query}").text)

    assert listed("") == ids[::-1]
    assert listed("?status=published") == [ids[3], ids[0]]
    assert listed("?status=rejected") == [ids[2]]
    assert listed(f"?before={ids[2]}") == [ids[1], ids[0]]
    assert listed("?status=nonsense&site=nonsense&before=nonsense") == ids[::-1]


def form(browser: FlaskClient, comment_id: str) -> dict[str, str]:
    """The fields of a comment's decision, as its page has them."""
    page = browser.get(f"/console/comments/{comment_id}").text
    fields = re.search(r'<form class="decision".*?</form>', page, re.DOTALL)
    assert fields, page
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', fields[0]))


def decide(browser: FlaskClient, comment_id: str, action: str, **fields: str) -> TestResponse:
    """Press a button on a comment's page."""
    data = form(browser, comment_id) | {"action": action} | fields
    return browser.post(f"/console/comments/{comment_id}/decision", data=data)


def test_every_key_does_one_thing(app: Flask, store: Store, site: CreatedSite, post: Poster) -> None:
    post("so insult=0.73")
    page = sign_in(app, store).get("/console/").text
    [listed] = re.findall(r'<dialog id="keys".*?</dialog>', page, re.DOTALL)
    keys = re.findall(r"<kbd>(.*?)</kbd>", "".join(re.findall(r"<dt>.*?</dt>", listed)))
    assert "p" in keys
    assert sorted(keys) == sorted(set(keys))
