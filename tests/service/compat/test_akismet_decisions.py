"""What follows a check in Akismet's protocol: the moderator's decision reaches WordPress, and WordPress's ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask

from moderation import actors, counters
from moderation.decisions import comments
from moderation.errors import NotFound
from moderation.intake.queues import Queues
from moderation.policy import policies
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, Feedback, ReviewItem, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import deliveries, endpoints
from moderation.webhooks.deliveries import PAUSES
from moderation.webhooks.endpoints import NotNow
from moderation.webhooks.sender import Sender
from tests.support.akismet import Akismet, WordPress
from tests.support.clock import Clock
from tests.support.comments import rows, stored
from tests.support.hearing import Told
from tests.support.receiver import Receiver

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

FLAGGED, REJECTED = "toxicity=0.6", "toxicity=0.95"
HELD = "held-for-moderation"


@pytest.fixture
def wordpress(receiver: Receiver, site: CreatedSite) -> WordPress:
    """A blog's server, which does not know any comment yet."""
    return WordPress(receiver, site.compat_key)


@pytest.fixture
def blog(scored: Flask, site: CreatedSite, wordpress: WordPress) -> Akismet:
    return Akismet(scored.test_client(), site.compat_key, wordpress.blog)


Deliver = Callable[..., list[str]]


def hold(blog: Akismet, store: Store, text: str = FLAGGED, **fields: Any) -> Comment:
    """A comment held for a moderator."""
    answer = blog.check_as_wordpress(text, **fields)
    assert answer.headers["X-akismet-error"] == HELD
    [comment] = rows(store, Comment, external_id=answer.headers["X-akismet-guid"])
    return comment


def decide(store: Store, comment: Comment, action: Any) -> None:
    with store.write() as session:
        comments.decide(session, comment.site_id, comment.id, action, actor="user:u_1")


# --- the callback -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "result"), [("publish", "false"), ("reject", "true")])
def test_a_moderators_decision_reaches_the_callback_in_akismets_words(
    blog: Akismet, store: Store, wordpress: WordPress, deliver: Deliver, action: str, result: str
) -> None:
    comment = hold(blog, store)
    assert deliver() == [], "that it is held was the answer"
    decide(store, comment, action)
    wordpress.guids.add(comment.external_id or "")
    assert deliver() == ["delivered"]
    [sent] = wordpress.receiver.requests
    assert sent.path == "/wp-json/akismet/v1/webhook"
    assert sent.headers["content-type"] == "application/json"
    assert sent.json == {
        "key": blog.key,
        "endpoint": "comment-check",
        "comments": [{"guid": comment.external_id, "result": result, "comment_post_ID": "1"}],
    }
    assert wordpress.told == {comment.external_id: result}


def test_a_site_that_publishes_first_hears_only_what_a_moderator_decides(
    blog: Akismet, store: Store, site: CreatedSite, wordpress: WordPress, deliver: Deliver
) -> None:
    with store.write() as session:
        policies.set_mode(session, site.id, "open", actor="site")
    answer = blog.check_as_wordpress(FLAGGED)
    assert answer.text == "false"
    assert deliver() == [], "that it is published was the answer"
    [comment] = rows(store, Comment)
    decide(store, comment, "reject")
    wordpress.guids.add(answer.headers["X-akismet-guid"])
    assert deliver() == ["delivered"]
    assert wordpress.told == {comment.external_id: "true"}


@pytest.mark.parametrize(
    ("permalink", "kept"),
    [
        ("http://blog.example/?p=1", "http://blog.example/?p=1"),
        ("javascript:alert(1)", None),
        ("http://blog.example/" + "x" * 2000, None),
    ],
)
def test_the_permalink_of_a_held_comment_is_where_its_page_is(
    blog: Akismet, store: Store, permalink: str, kept: str | None
) -> None:
    comment = hold(blog, store, permalink=permalink)
    assert ((comment.origin or {}).get("place") or {}).get("thread_url") == kept
    assert (comment.origin or {})["protocol"] == "akismet"


def test_it_is_retried_until_wordpress_knows_the_comment(
    blog: Akismet, store: Store, wordpress: WordPress, deliver: Deliver, clock: Clock
) -> None:
    comment = hold(blog, store)
    decide(store, comment, "publish")
    assert deliver() == ["failed"]
    [attempt] = rows(store, WebhookAttempt)
    assert (attempt.status_code, attempt.error) == (200, "It answered: Could not find matching comment.")
    assert deliver() == [], "not before its pause is over"
    wordpress.guids.add(comment.external_id or "")
    clock.advance(seconds=PAUSES[0] * 1.2)
    assert deliver() == ["delivered"]
    assert wordpress.told == {comment.external_id: "false"}
    clock.advance(days=1)
    assert deliver() == []


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, b"", "not one to a decision"),
        (200, b"<html>Briefly unavailable</html>", "not one to a decision"),
        (200, b"[]", "not one to a decision"),
        (200, b'{"comments": {"GUID": "success"}}', "not one to a decision"),
        (200, b'{"comments": {"other": {"status": "success"}}}', "not one to a decision"),
        (
            200,
            b'{"comments": {"GUID": {"status": "error", "message": "Multiple comments matched request."}}}',
            "Multiple",
        ),
        (401, b"{}", "does not take this site's key"),
        (404, b"{}", "It answered 404."),
        (500, b'{"comments": {"GUID": {"status": "success"}}}', "It answered 500."),
        (301, b"", "Redirects are not followed"),
    ],
)
def test_any_other_answer_is_no_delivery(
    blog: Akismet, store: Store, receiver: Receiver, deliver: Deliver, status: int, body: bytes, says: str
) -> None:
    comment = hold(blog, store)
    decide(store, comment, "publish")
    receiver.answer(status, body=body.replace(b"GUID", (comment.external_id or "").encode()))
    assert deliver() == ["failed"]
    [attempt] = rows(store, WebhookAttempt)
    assert says in (attempt.error or "")


def test_a_later_decision_takes_the_place_of_one_that_has_not_arrived(
    blog: Akismet, store: Store, wordpress: WordPress, deliver: Deliver, clock: Clock
) -> None:
    comment = hold(blog, store)
    decide(store, comment, "publish")
    assert deliver() == ["failed"]
    decide(store, comment, "reject")
    wordpress.guids.add(comment.external_id or "")
    clock.advance(hours=1)
    assert deliver() == ["delivered"]
    assert deliver() == []
    assert wordpress.told == {comment.external_id: "true"}


def test_a_decision_overtaken_while_it_is_on_its_way_is_not_retried(
    blog: Akismet, store: Store, settings: Settings, wordpress: WordPress, deliver: Deliver, clock: Clock
) -> None:
    comment = hold(blog, store)
    decide(store, comment, "publish")
    [endpoint] = rows(store, WebhookEndpoint)
    with store.write() as session:
        [due] = deliveries.claim(session, endpoint.id)
    decide(store, comment, "reject")
    sent = deliveries.send(Sender(settings.webhook_allow), settings, due)  # not known yet: it fails
    with store.write() as session:
        deliveries.record(session, [sent])
    wordpress.guids.add(comment.external_id or "")
    clock.advance(hours=1)
    assert deliver() == ["delivered"]
    assert wordpress.told == {comment.external_id: "true"}


def test_a_private_address_is_not_called_back(blog: Akismet, store: Store, deliver: Deliver) -> None:
    comment = hold(blog, store)
    decide(store, comment, "publish")
    assert deliver(Sender((ip_network("10.0.0.0/8"),))) == ["refused"]
    [attempt] = rows(store, WebhookAttempt)
    assert "WINNOW_WEBHOOK_ALLOW" in (attempt.error or "")


@pytest.mark.parametrize("after", ["decided", "edited", "erased"])
def test_a_decision_that_holds_no_longer_is_not_sent_once_more(
    blog: Akismet, store: Store, wordpress: WordPress, deliver: Deliver, after: str
) -> None:
    """Its messages bear no version: WordPress would publish what is rejected now."""
    comment = hold(blog, store)
    wordpress.guids.add(comment.external_id or "")
    decide(store, comment, "publish")
    assert deliver() == ["delivered"]
    [first] = rows(store, WebhookDelivery)
    again = partial(endpoints.redeliver, actor=actors.SITE)
    with store.write() as session:
        again(session, comment.site_id, first.endpoint_id, first.id)
    assert deliver() == ["delivered"], "while it holds"
    if after == "decided":
        decide(store, comment, "reject")
        assert deliver() == ["delivered"]
    else:
        with store.write() as session:
            if after == "edited":
                comments.edit(session, comment.site_id, comment.id, {"comment": "Other words."})
            else:
                comments.erase(session, comment.site_id, comment.id)
    told = dict(wordpress.told)
    with store.write() as session, pytest.raises(NotNow, match="has changed since"):
        again(session, comment.site_id, first.endpoint_id, first.id)
    assert deliver() == []
    assert wordpress.told == told


def test_a_blog_has_one_endpoint_which_speaks_the_key_it_used_last(
    blog: Akismet, store: Store, settings: Settings, site: CreatedSite, wordpress: WordPress, deliver: Deliver
) -> None:
    first = hold(blog, store)
    new = sites.rotate_key(store, settings, site.id, "compat").compat_key
    assert new is not None
    blog.key = wordpress.key = new
    second = hold(blog, store, f"{FLAGGED} again")
    assert len(rows(store, WebhookEndpoint)) == 1
    wordpress.guids |= {first.external_id or "", second.external_id or ""}
    decide(store, first, "publish")
    assert deliver() == ["delivered"]


def test_a_callback_hears_of_its_own_comments_only(
    blog: Akismet, scored: Flask, store: Store, site: CreatedSite, wordpress: WordPress, deliver: Deliver
) -> None:
    elsewhere = Akismet(scored.test_client(), site.compat_key, "http://localhost:9")
    theirs = hold(elsewhere, store, f"{FLAGGED} elsewhere")
    hold(blog, store)
    decide(store, theirs, "publish")
    deliver()
    assert wordpress.receiver.requests == []


def test_a_sites_own_webhooks_are_told_as_of_any_comment(
    scored: Flask, store: Store, site_with_webhook: CreatedSite, receiver: Receiver, deliver: Deliver
) -> None:
    blog = Akismet(scored.test_client(), site_with_webhook.compat_key)
    comment = hold(blog, store, callback=None)
    assert deliver() == ["delivered"]
    [sent] = receiver.requests
    assert (sent.json["type"], sent.json["data"]["external_id"]) == ("comment.flagged", comment.external_id)


def test_a_site_has_not_endlessly_many_callbacks(
    blog: Akismet, scored: Flask, store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "MOST_CALLBACKS", 1)
    hold(blog, store)
    one_more = Akismet(scored.test_client(), site.compat_key, "http://second.example")
    assert one_more.check_as_wordpress(f"{FLAGGED} too").text == "held"
    assert blog.check_as_wordpress(f"{FLAGGED} three").text == "false"


def test_an_erased_comment_is_not_told_of(blog: Akismet, store: Store, deliver: Deliver) -> None:
    comment = hold(blog, store)
    with store.write() as session:
        comments.erase(session, comment.site_id, comment.id)
    assert stored(store, comment.id).origin is None
    assert deliver() == []


def test_a_callback_takes_no_test_message(blog: Akismet, store: Store, site: CreatedSite) -> None:
    hold(blog, store)
    [endpoint] = rows(store, WebhookEndpoint)
    with store.write() as session, pytest.raises(NotFound, match="callback"):
        endpoints.test(session, site.id, endpoint.id, actor=actors.SITE)


# --- asking again -------------------------------------------------------------------------------------------------


def test_asked_again_a_held_comment_stays_held_and_one(blog: Akismet, store: Store) -> None:
    hold(blog, store, f'It\'s "{FLAGGED}"')
    answer = blog.recheck(f'It\'s "{FLAGGED}"')
    assert (answer.text, answer.headers["X-akismet-error"]) == ("held", HELD), "WordPress reads only the body here"
    assert len(rows(store, Comment)) == len(rows(store, ReviewItem)) == 1


@pytest.mark.parametrize(("action", "body"), [("publish", "false"), ("reject", "true")])
def test_asked_again_the_moderators_decision_is_the_answer(blog: Akismet, store: Store, action: str, body: str) -> None:
    decide(store, hold(blog, store, callback=None), action)
    assert blog.recheck(FLAGGED).text == body


def test_a_comment_is_known_again_although_wordpress_has_cleaned_its_markup(blog: Akismet, store: Store) -> None:
    comment = hold(blog, store, f'<a href="http://a.example/">{FLAGGED}</a>')
    decide(store, comment, "publish")
    assert blog.recheck(f'<a href="http://a.example/" rel="nofollow ugc">{FLAGGED}</a>').text == "false"


def test_an_edited_comment_is_judged_anew(blog: Akismet, store: Store, clock: Clock) -> None:
    comment = hold(blog, store)
    written = clock.now.strftime("%Y-%m-%d %H:%M:%S")
    answer = blog.recheck("Milder now.", recheck_reason="edit", comment_date_gmt=written)
    assert answer.text == "false"
    now = stored(store, comment.id)
    assert (now.status, now.comment, now.revision) == ("published", "Milder now.", 2)
    assert [item.outcome for item in rows(store, ReviewItem)] == ["edit"]
    answer = blog.recheck(f"Worse: {FLAGGED}", recheck_reason="edit", comment_date_gmt=written)
    assert answer.text == "held"
    assert stored(store, comment.id).status == "flagged"
    assert len(rows(store, Comment)) == 1


def test_a_comment_that_a_moderator_rejected_is_held_after_an_edit(blog: Akismet, store: Store, clock: Clock) -> None:
    written = clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    comment = hold(blog, store, comment_date_gmt=written)
    decide(store, comment, "reject")
    assert blog.recheck("Milder now.", recheck_reason="edit", comment_date_gmt=written).text == "held"
    now = stored(store, comment.id)
    assert (now.status, [reason["rule"] for reason in now.reasons or ()]) == ("flagged", ["edited"])


def test_another_comment_of_the_same_author_is_not_taken_for_it(blog: Akismet, store: Store, clock: Clock) -> None:
    comment = hold(blog, store)
    clock.advance(seconds=15)
    written = clock.now.strftime("%Y-%m-%d %H:%M:%S")
    assert blog.recheck("Something else.", recheck_reason="edit", comment_date_gmt=written).text == "false"
    assert stored(store, comment.id).comment == FLAGGED


def test_another_authors_comment_is_not_taken_for_it(blog: Akismet, store: Store) -> None:
    decide(store, hold(blog, store), "publish")
    assert blog.recheck(FLAGGED, comment_author_email="other@example.org").text == "held"
    assert len(rows(store, Comment)) == 2


@pytest.mark.parametrize(("action", "answer"), [("publish", "false"), ("reject", "true")])
def test_what_a_moderator_decided_is_answered_so_hours_later_by_whatever_client(
    blog: Akismet, store: Store, clock: Clock, action: Any, answer: str
) -> None:
    decide(store, hold(blog, store), action)
    clock.advance(hours=7)
    assert blog.check_as_wordpress(FLAGGED).text == answer
    assert blog.recheck(FLAGGED).text == answer
    assert len(rows(store, Comment)) == len(rows(store, ReviewItem)) == 1


def test_what_waits_is_held_again_hours_later_and_waits_once(blog: Akismet, store: Store, clock: Clock) -> None:
    hold(blog, store)
    first = blog.check_as_wordpress(FLAGGED)
    clock.advance(hours=7)
    later = blog.check_as_wordpress(FLAGGED)
    assert later.headers["X-akismet-guid"] == first.headers["X-akismet-guid"]
    assert (later.text, later.headers["X-akismet-error"]) == ("false", "held-for-moderation")
    assert len(rows(store, Comment)) == len(rows(store, ReviewItem)) == 1


@pytest.mark.parametrize(
    "fields", [{"comment_author": "you stupid toxicity=0.9"}, {"comment_author_url": "http://b.example"}]
)
def test_what_readers_would_see_differently_is_judged_anew(blog: Akismet, store: Store, fields: dict[str, str]) -> None:
    comment = hold(blog, store)
    decide(store, comment, "publish")
    assert blog.recheck(FLAGGED, recheck_reason="edit", **fields).text in {"held", "true"}
    now = stored(store, comment.id)
    assert (now.status != "published", now.name, now.url) == (
        True,
        fields.get("comment_author", "Ada"),
        fields.get("comment_author_url"),
    )


def test_a_comment_that_was_never_kept_is_judged_when_asked_about(blog: Akismet, store: Store) -> None:
    assert blog.recheck("A thoughtful remark.").text == "false"
    assert blog.recheck(REJECTED).text == "true"
    assert blog.recheck(FLAGGED).text == "held"
    assert len(rows(store, Comment)) == 1


# --- reports ------------------------------------------------------------------------------------------------------


def examples(store: Store) -> list[tuple[str, str, float]]:
    return [(one.text, one.label, one.value) for one in rows(store, Feedback)]


def test_reports_become_labelled_examples_and_a_changed_mind_replaces_one(
    blog: Akismet, store: Store, site: CreatedSite
) -> None:
    blog.submit("spam", "It's here", comment_ID="7", reporter="editor")
    blog.submit("ham", "Fine words")
    assert sorted(examples(store)) == [("Fine words", "spam", 0.0), ("It's here", "spam", 1.0)]
    blog.submit("ham", "It\\'s here")
    assert sorted(examples(store)) == [("Fine words", "spam", 0.0), ("It's here", "spam", 0.0)]
    [first, _] = rows(store, Feedback)
    assert (first.site_id, first.source) == (site.id, "akismet")
    assert "editor" not in str([one.detail for one in rows(store, Feedback)])


@pytest.mark.parametrize(("what", "status"), [("spam", "rejected"), ("ham", "published")])
def test_a_report_settles_what_a_moderator_here_still_has_before_them(
    blog: Akismet, store: Store, what: str, status: str
) -> None:
    comment = hold(blog, store, f'It\'s "{FLAGGED}"')
    blog.submit(what, f'It\'s "{FLAGGED}"')
    now = stored(store, comment.id)
    assert (now.status, now.decided_by) == (status, "site")
    assert [item.closed_by for item in rows(store, ReviewItem)] == ["site"]


@pytest.mark.parametrize(
    ("page", "text", "status"),
    [
        ("https://board.example/viewtopic?p=7", FLAGGED, "published"),
        (None, FLAGGED, "published"),
        ("https://board.example/viewtopic?p=7", f"Other words, {FLAGGED}", "flagged"),
    ],
)
def test_a_report_names_the_page_that_its_check_could_not_yet(
    blog: Akismet, store: Store, page: str | None, text: str, status: str
) -> None:
    """phpBB asks about a post before it stores it."""
    of_the_post = {"comment_author_email": "ada@example.org", "comment_type": "forum-post"}
    assert blog.check(FLAGGED, **of_the_post).text == "true"
    blog.call("submit-ham", comment_content=text, comment_author="Ada", permalink=page, **of_the_post)
    assert [comment.status for comment in rows(store, Comment)] == [status]


def test_a_report_that_settles_one_is_counted_as_the_sites_decision(
    blog: Akismet, store: Store, queues: Queues
) -> None:
    hold(blog, store)
    blog.submit("spam", FLAGGED)
    assert counters.read(queues.redis).decisions == {("flagged", "policy"): 1, ("rejected", "site"): 1}


@pytest.mark.parametrize("moderator", [None, "publish", "reject"])
@pytest.mark.parametrize(
    ("words", "status", "answer"),
    [
        (("spam",), "rejected", "true"),
        (("ham",), "published", "false"),
        (("ham", "spam"), "rejected", "true"),
        (("spam", "ham"), "published", "false"),
        (("spam", "ham", "spam", "spam"), "rejected", "true"),
    ],
)
def test_the_last_human_word_counts(
    blog: Akismet, store: Store, moderator: Any, words: tuple[str, ...], status: str, answer: str
) -> None:
    comment = hold(blog, store)
    if moderator is not None:
        decide(store, comment, moderator)
    for word in words:
        blog.submit(word, FLAGGED)
    assert stored(store, comment.id).status == status
    assert blog.recheck(FLAGGED, recheck_reason="recheck").text == answer
    assert not [item for item in rows(store, ReviewItem) if item.is_open]


@pytest.mark.parametrize(
    ("text", "words", "about", "answer"),
    [
        (REJECTED, ("ham",), {}, "false"),
        ("A thoughtful remark.", ("spam",), {}, "true"),
        (REJECTED, ("ham", "spam"), {}, "true"),
        (REJECTED, ("ham",), {"comment_ID": "13"}, "true"),
        (REJECTED, ("ham",), {"comment_post_ID": "2"}, "true"),
        (REJECTED, ("ham",), {"comment_ID": None}, "true"),
        (REJECTED, ("ham",), {"recheck_reason": "edit"}, "true"),
        (REJECTED, ("ham",), {"comment_content": f"{REJECTED} and more"}, "true"),
    ],
)
def test_what_somebody_over_there_said_of_a_comment_that_was_never_kept_counts_when_it_is_asked_about_again(
    blog: Akismet, store: Store, text: str, words: tuple[str, ...], about: dict[str, Any], answer: str
) -> None:
    assert blog.check_as_wordpress(text).text in ("true", "false")
    for word in words:
        blog.submit(word, text, comment_ID="12")
    assert blog.recheck(text, **{"recheck_reason": "recheck_queue"} | about).text == answer
    assert not rows(store, Comment)


#: Of whom a site says nothing, and what it may say in a name's place.
NOBODY = {"comment_author_email": ""}


@pytest.mark.parametrize("name", ["", "Anonymous", "Guest", " anonymous "])
def test_a_word_about_one_nameless_comment_never_reaches_another(
    blog: Akismet, store: Store, clock: Clock, name: str
) -> None:
    written = clock.now.strftime("%Y-%m-%d %H:%M:%S")
    nobody = NOBODY | {"comment_author": name, "comment_date_gmt": written}
    threat = hold(blog, store, **nobody)
    blog.submit("ham", "Other harmless words.", **nobody)
    assert blog.recheck("Other harmless words.", recheck_reason="edit", **nobody).text == "false"
    assert (stored(store, threat.id).status, stored(store, threat.id).comment) == ("flagged", FLAGGED)
    blog.submit("ham", FLAGGED, **nobody | {"user_ip": "198.51.100.9"})
    assert stored(store, threat.id).status == "flagged", "somebody else wrote the same"
    blog.submit("spam", FLAGGED, **nobody)
    assert stored(store, threat.id).status == "rejected", "the same words from the same address on the same page"


def test_a_word_about_a_namesakes_comment_never_reaches_another(blog: Akismet, store: Store, clock: Clock) -> None:
    written = clock.now.strftime("%Y-%m-%d %H:%M:%S")
    threat = hold(blog, store, comment_author="Bob", comment_author_email="", comment_date_gmt=written)
    other = {
        "comment_author": "Bob",
        "comment_author_email": "",
        "comment_date_gmt": written,
        "user_ip": "198.51.100.9",
    }
    blog.submit("ham", "Other harmless words.", **other)
    assert stored(store, threat.id).status == "flagged"


def test_a_report_without_a_text_is_thanked_for(blog: Akismet, store: Store) -> None:
    assert blog.submit("spam", "", comment_author="").text == "Thanks for making the web a better place."
    assert examples(store) == []


def test_deliveries_hold_nobodys_details(blog: Akismet, store: Store) -> None:
    decide(store, hold(blog, store), "publish")
    [delivery] = rows(store, WebhookDelivery)
    assert sorted(delivery.payload) == ["comment_post_ID", "guid", "result"]


# --- what open consoles hear --------------------------------------------------------------------------------------


def test_open_consoles_hear_of_what_is_held_asked_about_again_and_settled_over_there(
    blog: Akismet, store: Store, site: CreatedSite, clock: Clock, queues: Queues, told: Told
) -> None:
    written = clock.now.isoformat()
    comment = hold(blog, store, comment_date_gmt=written)
    assert told.happenings() == [("opened", [comment.id], None)]
    assert told.sites() == [], "nobody has to be told that it is held: that was the answer"
    blog.recheck(f"Worse: {FLAGGED}", recheck_reason="edit", comment_date_gmt=written)
    assert told.happenings() == [("decided", [comment.id], None), ("opened", [comment.id], None)]
    assert queues.length()["waiting"] == 0, "what is decided does not wait to be scored"
    blog.recheck(FLAGGED, recheck_reason="edit", comment_date_gmt=written, is_test="1")
    assert told.happenings() == []
    blog.submit("spam", f"Worse: {FLAGGED}", comment_date_gmt=written)
    assert told.happenings() == [("decided", [comment.id], None)]
    assert counters.read(queues.redis).decisions == {("flagged", "policy"): 2, ("rejected", "site"): 1}


def test_a_recheck_that_settles_a_held_comment_takes_it_off_open_queues(
    blog: Akismet, store: Store, clock: Clock, told: Told
) -> None:
    written = clock.now.isoformat()
    comment = hold(blog, store, comment_date_gmt=written)
    told.happenings()
    assert blog.recheck("Milder now.", recheck_reason="edit", comment_date_gmt=written).text == "false"
    assert stored(store, comment.id).status == "published"
    assert told.happenings() == [("decided", [comment.id], None)]
