"""The page that states a decision to the comment's author, and the appeal that they may send from it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer

from moderation import actors, news, sealing
from moderation.decisions import comments, undoing
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Appeal, AuditEvent, Comment, ReviewItem, WebhookDelivery
from moderation.webhooks import afterwards, endpoints, statement_links
from moderation.webhooks.sender import Sender
from tests.conftest import client_of
from tests.support.clock import Clock
from tests.support.comments import dump, rows, scored, stored
from tests.support.delivering import deliver_all, deliver_once
from tests.support.receiver import Receiver
from tests.support.signed_in import csrf_token, sign_in

pytestmark = pytest.mark.one_database

Post = Callable[..., Comment]


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> Post:
    """Posts a comment and has it decided automatically."""
    return partial(scored, store, queues, scorer, site_with_webhook)


def path_of(settings: Settings, comment: Comment) -> str:
    assert comment.decided_at is not None
    url = statement_links.address(settings, comment.id, comment.decided_at)
    assert url is not None
    return url.removeprefix(settings.public_url)


def told(page: str) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())


def reject(store: Store, comment: Comment, **known: Any) -> Comment:
    with store.write() as session:
        return comments.decide(session, None, comment.id, "reject", **{"actor": "user:u1"} | known)


def publish(store: Store, comment: Comment, actor: str, **known: Any) -> Comment:
    with store.write() as session:
        return comments.decide(session, None, comment.id, "publish", actor=actor, **known)


def test_the_site_is_given_the_link_for_what_readers_do_not_see_and_for_nothing_else(
    app: Flask, site_with_webhook: CreatedSite, store: Store, settings: Settings, post: Post, receiver: Receiver
) -> None:
    client = client_of(app, site_with_webhook.api_key)
    for text, has_link in (("good", False), ("held toxicity=0.6", True), ("bad toxicity=0.95", True)):
        comment = post(text)
        shown = client.get(f"/api/v1/comments/{comment.id}").get_json()
        deliver_once(store, settings, Sender(settings.webhook_allow))
        sent = receiver.requests[-1].json["data"]
        assert sent["id"] == comment.id
        if has_link:
            assert shown["statement_url"].startswith("http://127.0.0.1:8000/statement/")
            assert sent["statement_url"] == shown["statement_url"]
            assert shown["statement_url"] == settings.public_url + path_of(settings, comment)
        else:
            assert shown["statement_url"] is None
            assert "statement_url" not in sent
    assert "/statement/" not in dump(store), "what is stored opens no page"
    assert all(one.delivered_at for one in rows(store, WebhookDelivery))


def test_an_automatic_rejection_is_stated_in_plain_words(
    anonymous: FlaskClient, settings: Settings, post: Post
) -> None:
    comment = post("so insult=0.95 it is", thread="/bridge")
    page = anonymous.get(path_of(settings, comment))
    said = told(page.text)
    assert page.status_code == 200
    assert "Your comment was not published" in said
    assert "a score of 0.95 for being insulting; this site rejects from 0.9." in said
    assert "It was checked automatically, and by no person." in said
    assert "Nobody had reported the comment" in said
    assert "The ground is the site's own rules" in said
    assert "Version chosen-1 of the automatic check, version 1 of the site's rules." in said
    assert "out-of-court dispute settlement" in said
    assert "<mark>insult=0.95</mark>" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_a_moderators_decision_is_stated_and_the_moderator_is_not(
    app: Flask, store: Store, anonymous: FlaskClient, settings: Settings, post: Post
) -> None:
    comment = post("hm insult=0.6")
    with store.write() as session:
        comments.report(session, comment.site_id, comment.id, reason="spam", note="who said it", reporter="r1")
    browser = sign_in(app, store, "Maureen")
    form = {"csrf_token": csrf_token(browser, "/console/"), "version": "2", "action": "reject", "reason": "Off topic."}
    browser.post(f"/console/comments/{comment.id}/decision", data=form)
    page = anonymous.get(path_of(settings, stored(store, comment.id))).text
    said = told(page)
    assert "Off topic." in said
    assert "An automatic check had held it back, and a person at the site decided." in said
    assert "Readers had reported the comment." in said
    assert "It was held for review automatically." in said
    assert "Another moderator than the one who decided will read it." in said
    for secret in ("Maureen", "user:", "u_", "r1", "who said it"):
        assert secret not in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hm insult=0.6", "after the automatic check had held it, for this reason:"),
        ("nice", "A person at the site rejected it and gave no reason."),
    ],
)
def test_a_rejection_without_a_reason_is_no_empty_statement(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post, text: str, expected: str
) -> None:
    said = told(anonymous.get(path_of(settings, reject(store, post(text)))).text)
    assert expected in said
    assert "A moderator chose to reject it" not in said


def test_a_held_comment_needs_no_appeal_and_the_link_later_states_what_followed(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post
) -> None:
    comment = post("hm insult=0.6")
    path = path_of(settings, comment)
    said = told(anonymous.get(path).text)
    assert "Your comment is held for review" in said
    assert "for being insulting; this site holds back from 0.5." in said
    assert "<textarea" not in anonymous.get(path).text
    assert anonymous.post(path, data={"text": "But why?"}).status_code == 409
    reject(store, comment)
    assert "Your comment was not published" in told(anonymous.get(path).text)
    assert anonymous.post(path, data={"text": "But why?"}).status_code == 303


def test_what_the_author_wrote_stays_text(anonymous: FlaskClient, settings: Settings, post: Post) -> None:
    comment = post("<script>alert(1)</script> insult=0.95", name="<b>Ada</b>", thread="<i>t</i>")
    page = anonymous.get(path_of(settings, comment)).text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>Ada" not in page
    assert "<i>t" not in page


def test_an_appeal_asks_somebody_else_once(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post
) -> None:
    comment = reject(store, post("hm insult=0.6"))
    path = path_of(settings, comment)
    assert anonymous.post(path, data={"text": "It was\r\na quotation."}).status_code == 303
    [appeal] = rows(store, Appeal)
    assert (appeal.comment_id, appeal.version, appeal.text) == (comment.id, 3, "It was\na quotation.")
    [item] = [one for one in rows(store, ReviewItem) if one.closed_at is None]
    assert (item.kind, item.not_for) == ("appeal", "user:u1")
    again = anonymous.post(path, data={"text": "Once more."})
    assert again.status_code == 409
    assert "an appeal was sent already" in told(again.text)
    assert len(rows(store, Appeal)) == 1
    assert "It was received. Another moderator" in told(anonymous.get(path).text)
    with store.write() as session, pytest.raises(comments.NotYours):
        comments.decide(session, None, comment.id, "publish", actor="user:u1")
    assert stored(store, comment.id).status == "rejected"


def test_upholding_changes_nothing_but_is_told_to_the_author_and_to_the_site(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post, receiver: Receiver
) -> None:
    comment = reject(store, post("hm insult=0.6", external_id="7"))
    path = path_of(settings, comment)
    anonymous.post(path, data={"text": "It was a quotation."})
    reject(store, comment, actor="user:u2", reason="Still an insult.")
    now = stored(store, comment.id)
    assert (now.version, now.decided_by) == (comment.version, "user:u1")
    deliver_once(store, settings, Sender(settings.webhook_allow))
    assert receiver.requests[-1].json["type"] == "appeal.decided"
    assert receiver.requests[-1].json["data"] == {
        "id": comment.id,
        "external_id": "7",
        "thread": None,
        "status": "rejected",
        "version": 3,
        "outcome": "upheld",
    }
    said = told(anonymous.get(path).text)
    assert "It was read, and the decision stands. The answer: Still an insult." in said
    assert anonymous.post(path, data={"text": "Again."}).status_code == 409
    actions = [one.action for one in rows(store, AuditEvent, comment_id=comment.id)]
    assert actions[-3:] == ["comment.appealed", "comment.appeal_upheld", "comment.confirmed"]


def test_reversing_publishes_and_is_told_to_the_author_and_to_the_site(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post
) -> None:
    comment = reject(store, post("hm insult=0.6"))
    path = path_of(settings, comment)
    anonymous.post(path, data={"text": "It was a quotation."})
    with store.write() as session:
        comments.decide(session, None, comment.id, "publish", actor="user:u2", reason="A quotation, you are right.")
    now = stored(store, comment.id)
    assert (now.status, now.version) == ("published", 4)
    events = [one for one in rows(store, WebhookDelivery) if one.comment_id == comment.id]
    assert [one.event for one in events][-2:] == ["appeal.decided", "comment.published"]
    assert events[-2].payload["data"]["outcome"] == "reversed"
    said = told(anonymous.get(path).text)
    assert "Your comment is published" in said
    assert "It was read, and the decision was changed. The answer: A quotation, you are right." in said
    assert "It was rejected by a person." in said


def test_a_decision_taken_back_within_its_grace_leaves_the_appeal_open_and_tells_nobody(
    app: Flask, store: Store, anonymous: FlaskClient, settings: Settings, post: Post, receiver: Receiver, clock: Clock
) -> None:
    sender = Sender(settings.webhook_allow)
    comment = reject(store, post("hm insult=0.6"))
    path = path_of(settings, comment)
    anonymous.post(path, data={"text": "It was a quotation."})
    deliver_all(store, settings, sender)
    receiver.requests.clear()
    reversed_ = publish(store, comment, "user:u2", grace=timedelta(seconds=10))
    clock.advance(seconds=9)
    assert deliver_once(store, settings, sender) == [], "how the appeal ended waits as the decision does"
    with store.write() as session:
        assert not undoing.undo(session, comment.id, reversed_.version, actor="user:u2").told
    clock.advance(days=1)
    assert deliver_once(store, settings, sender) == []
    [appeal] = rows(store, Appeal)
    assert (appeal.outcome, appeal.decided_at, appeal.version) == (None, None, 5)
    [item] = [one for one in rows(store, ReviewItem) if one.closed_at is None]
    assert (item.kind, item.not_for, item.about and item.about["version"]) == ("appeal", "user:u1", 5)
    said = told(anonymous.get(path).text)
    assert "It was received. Another moderator" in said
    assert anonymous.post(path, data={"text": "Once more."}).status_code == 409
    assert "It was held for review automatically." in said, "what came before the decision in force"
    for untrue in ("published by a person", "rejected by a person"):
        assert untrue not in said, "the decision in force came before nothing, and what was taken back does not count"

    history = told(sign_in(app, store).get(f"/console/comments/{comment.id}").text)
    assert "against version 3" in history, "the version at which it was sent"
    assert history.count("Appealed") == 1
    assert 'name="select"' not in sign_in(app, store, "vera").get(f"/console/comments/{comment.id}").text
    audit = told(sign_in(app, store, "ada", "admin").get("/console/audit").text)
    assert "by the author" in audit
    assert re.search("Took a decision back rejected again by ", audit)

    reject(store, comment, actor="user:u2")
    assert deliver_once(store, settings, sender) == ["delivered"]
    assert [one.json["type"] for one in receiver.requests] == ["appeal.decided"]
    assert receiver.requests[0].json["data"]["outcome"] == "upheld"
    assert (stored(store, comment.id).version, stored(store, comment.id).decided_by) == (5, "user:u1")


def test_an_upheld_appeal_is_taken_back_within_the_grace_time_and_then_no_more(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post, receiver: Receiver, clock: Clock
) -> None:
    sender, grace = Sender(settings.webhook_allow), timedelta(seconds=10)
    comment = reject(store, post("hm insult=0.6"))
    path = path_of(settings, comment)
    anonymous.post(path, data={"text": "It was a quotation."})
    deliver_all(store, settings, sender)
    receiver.requests.clear()

    reject(store, comment, actor="user:u2", reason="A slip.", grace=grace)
    clock.advance(seconds=9)
    assert deliver_once(store, settings, sender) == [], "that it was upheld can still be taken back"
    said = told(anonymous.get(path).text)
    assert "It was received. Another moderator" in said
    assert not any(one in said for one in ("the decision stands", "A slip.", "answered on"))
    with store.write() as session, pytest.raises(undoing.NotWhoDecided):
        undoing.undo_own(session, comment.id, comment.version, actor="user:u3")
    with store.write() as session:
        undone = undoing.undo_own(session, comment.id, comment.version, actor="user:u2")
    assert (undone.asked_again, undone.comment.version) == (frozenset({"appeal"}), comment.version)
    clock.advance(days=1)
    assert deliver_once(store, settings, sender) == []
    [appeal] = rows(store, Appeal)
    assert (appeal.outcome, appeal.decided_at, appeal.answer) == (None, None, None)
    [item] = [one for one in rows(store, ReviewItem) if one.closed_at is None]
    assert (item.kind, item.not_for) == ("appeal", "user:u1")
    said = told(anonymous.get(path).text)
    assert "It was received. Another moderator" in said
    assert "A slip." not in said

    reject(store, comment, actor="user:u2", grace=grace)
    clock.advance(seconds=10)
    assert "the decision stands" in told(anonymous.get(path).text)
    with store.write() as session, pytest.raises(undoing.NotUndoable, match="the author has been told"):
        undoing.undo_own(session, comment.id, comment.version, actor="user:u2")
    assert deliver_once(store, settings, sender) == ["delivered"]
    assert [one.outcome for one in rows(store, Appeal)] == ["upheld"]


def test_after_its_grace_how_an_appeal_ended_leaves_beside_the_decision(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post, receiver: Receiver, clock: Clock
) -> None:
    sender = Sender(settings.webhook_allow)
    comment = reject(store, post("hm insult=0.6"))
    anonymous.post(path_of(settings, comment), data={"text": "It was a quotation."})
    deliver_all(store, settings, sender)
    receiver.requests.clear()
    decided = publish(store, comment, "user:u2", grace=timedelta(seconds=10))
    clock.advance(seconds=3)
    with store.write() as session:
        comments.decide(session, None, comment.id, "reject", actor="user:u3", version=decided.version)
    assert deliver_once(store, settings, sender) == ["delivered"]
    clock.advance(seconds=7)
    assert deliver_once(store, settings, sender) == ["delivered"]
    sent = [(one.json["type"], one.json["data"].get("outcome")) for one in receiver.requests]
    assert sent == [("comment.rejected", None), ("appeal.decided", "reversed")], "a later decision does not unsay it"


def test_a_decision_that_settled_an_appeal_and_was_undone_after_it_left_is_corrected(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post, receiver: Receiver
) -> None:
    sender = Sender(settings.webhook_allow)
    comment = reject(store, post("hm insult=0.6"))
    anonymous.post(path_of(settings, comment), data={"text": "It was a quotation."})
    decided = publish(store, comment, "user:u2")
    deliver_all(store, settings, sender)
    receiver.requests.clear()
    with store.write() as session:
        assert undoing.undo(session, comment.id, decided.version, actor="user:u2").told
    assert deliver_once(store, settings, sender) == ["delivered"]
    assert [one.json["type"] for one in receiver.requests] == ["comment.rejected"]
    assert [one.outcome for one in rows(store, Appeal)] == [None]


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001])
def test_an_appeal_has_some_words_and_not_too_many(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post, text: str
) -> None:
    path = path_of(settings, post("bad toxicity=0.95"))
    answer = anonymous.post(path, data={"text": text})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert (text.strip() in answer.text) or not text.strip()
    assert rows(store, Appeal) == []


def test_erasing_the_comment_ends_the_link_and_takes_the_appeals_words(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post
) -> None:
    comment = post("bad toxicity=0.95")
    path = path_of(settings, comment)
    anonymous.post(path, data={"text": "A quotation from chapter nine."})
    with store.write() as session:
        comments.erase(session, comment.site_id, comment.id)
    answer = anonymous.get(path)
    assert answer.status_code == 410
    assert "The comment was erased" in told(answer.text)
    assert anonymous.post(path, data={"text": "Hello?"}).status_code == 410
    assert "chapter nine" not in dump(store)


def test_the_link_ends_when_the_sites_days_are_over(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post, clock: Clock
) -> None:
    comment = post("bad toxicity=0.95")
    with store.write() as session:
        site_settings.save(session, comment.site_id, SiteSettings(appeal_days=30), actor="operator")
    path = path_of(settings, comment)
    clock.advance(days=29, hours=23)
    assert anonymous.get(path).status_code == 200
    clock.advance(hours=2)
    assert anonymous.get(path).status_code == 410
    assert anonymous.post(path, data={"text": "Hello?"}).status_code == 410
    assert rows(store, Appeal) == []


def test_a_site_without_appeals_still_states_its_reasons(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post
) -> None:
    comment = post("bad toxicity=0.95")
    with store.write() as session:
        site_settings.save(session, comment.site_id, SiteSettings(appeals=False), actor="operator")
    path = path_of(settings, comment)
    said = told(anonymous.get(path).text)
    assert "a score of 0.95 for being hostile or disrespectful" in said
    assert "This site takes no appeals here" in said
    assert anonymous.post(path, data={"text": "Hello?"}).status_code == 409


def test_only_a_link_signed_for_this_purpose_opens_the_page(
    anonymous: FlaskClient, settings: Settings, post: Post
) -> None:
    comment = post("bad toxicity=0.95")
    token = path_of(settings, comment).removeprefix("/statement/")
    assert comment.decided_at is not None
    content = [comment.id, int(comment.decided_at.timestamp())]
    elsewhere = URLSafeSerializer(sealing.signing_keys(settings, "session"), salt="statement").dumps(content)
    other_key = replace(settings, secret_keys=("another key that is also long enough",))
    foreign = path_of(other_key, comment).removeprefix("/statement/")
    for wrong in (token[:-1], "x" + token, token.partition(".")[0], "x", elsewhere, foreign):
        assert anonymous.get(f"/statement/{wrong}").status_code == 404
        assert anonymous.post(f"/statement/{wrong}", data={"text": "Hello?"}).status_code in (404, 409)
    rotated = replace(settings, secret_keys=("a new key that is also long enough", *settings.secret_keys))
    assert statement_links.read(rotated, token) is not None, "an older key still opens what it signed"


def test_appeals_are_throttled(anonymous: FlaskClient, settings: Settings, post: Post) -> None:
    path = path_of(settings, post("bad toxicity=0.95"))
    answers = [anonymous.post(path, data={"text": ""}).status_code for _ in range(8)]
    assert answers[:6] == [422] * 6
    assert answers[6:] == [429] * 2


def test_an_edit_ends_an_open_appeal(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post, scorer: Scorer, queues: Queues
) -> None:
    comment = post("bad toxicity=0.95")
    path = path_of(settings, comment)
    anonymous.post(path, data={"text": "A quotation."})
    with store.write() as session:
        comments.edit(session, comment.site_id, comment.id, {"comment": "nice"})
    assert "Your comment is being checked" in told(anonymous.get(path).text)
    afterwards.tell(queues, news.of(session))
    scorer.run_batch()
    said = told(anonymous.get(path).text)
    assert "Your comment is published" in said
    assert "The comment has been decided anew since you sent it" in said


def test_a_retried_delivery_carries_the_same_link(
    store: Store, settings: Settings, post: Post, receiver: Receiver
) -> None:
    receiver.answer(500, 204)
    comment = post("bad toxicity=0.95")
    sender = Sender(settings.webhook_allow)
    deliver_once(store, settings, sender)
    [delivery] = rows(store, WebhookDelivery, comment_id=comment.id)
    with store.write() as session:
        endpoints.redeliver(session, comment.site_id, delivery.endpoint_id, delivery.id, actor=actors.SITE)
    deliver_once(store, settings, sender)
    first, second = receiver.requests
    assert first.body == second.body
