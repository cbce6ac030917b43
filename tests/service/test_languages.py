"""Authors and readers are told in their language: statements, the API's and webhooks' reasons, the demo, signing in."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.decisions import comments, erasing
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import author_sentences, site_settings
from moderation.sites.site_settings import REASONS, RejectionReason, SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, WebhookDelivery
from moderation.webhooks import statement_links
from service.demo import article
from tests.conftest import client_of
from tests.support.comments import rows, scored, stored
from tests.support.signed_in import csrf_token, sign_in
from texts import translation

pytestmark = pytest.mark.one_database

Post = Callable[..., Comment]
GERMAN = {"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}
POLISH_OR_ASKED = {"author_language": "pl", "author_chooses": True}


@pytest.fixture
def post(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> Post:
    return partial(scored, store, queues, scorer, site_with_webhook)


@pytest.fixture
def choose(store: Store, site_with_webhook: CreatedSite) -> Callable[..., None]:
    def save(**chosen: Any) -> None:
        with store.write() as session:
            site_settings.save(session, site_with_webhook.id, SiteSettings(grace_seconds=0, **chosen), actor="operator")

    return save


def page_of(browser: FlaskClient, settings: Settings, comment: Comment, query: str = "", **options: Any) -> str:
    assert comment.decided_at is not None
    url = statement_links.address(settings, comment.id, comment.decided_at)
    assert url is not None
    page = browser.get(url.removeprefix(settings.public_url) + query, **options)
    assert page.status_code == 200
    return page.text


def told(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())


@pytest.mark.parametrize(
    ("chosen", "query", "headers", "spoken", "says"),
    [
        ({}, "?lang=de", GERMAN, "en", "Your comment was not published"),
        ({"author_language": "pl"}, "?lang=de", GERMAN, "pl", "Komentarz nie został opublikowany"),
        (POLISH_OR_ASKED, "", GERMAN, "de", "Ihr Kommentar wurde nicht veröffentlicht"),
        (POLISH_OR_ASKED, "?lang=ur", GERMAN, "ur", "آپ کا تبصرہ شائع نہیں ہوا"),
        (POLISH_OR_ASKED, "?lang=xx", {}, "pl", "Komentarz nie został opublikowany"),
        ({"author_chooses": True}, "", {"Accept-Language": "nl"}, "en", "Your comment was not published"),
        ({"author_language": "gone"}, "", {}, "en", "Your comment was not published"),
    ],
)
def test_a_statement_is_in_the_sites_language_or_in_the_readers_if_the_site_allows_it(
    anonymous: FlaskClient,
    settings: Settings,
    post: Post,
    choose: Callable[..., None],
    chosen: dict[str, Any],
    query: str,
    headers: dict[str, str],
    spoken: str,
    says: str,
) -> None:
    choose(**chosen)
    page = page_of(anonymous, settings, post("so insult=0.95 it is"), query, headers=headers)
    assert f'<html lang="{spoken}" dir="{translation.direction(spoken)}">' in page
    assert says in told(page)
    assert ("hreflang" in page) == bool(chosen.get("author_chooses"))
    assert translation.current() == "en", "what this thread does next is not in the author's language"


def test_a_statement_in_german_says_what_by_whom_on_what_ground_and_the_answer_to_an_appeal(
    store: Store, anonymous: FlaskClient, settings: Settings, post: Post, choose: Callable[..., None]
) -> None:
    choose(author_language="de")
    comment = post("so insult=0.95 it is")
    said = told(page_of(anonymous, settings, comment))
    assert "durch die automatische Prüfung" in said
    assert "für „Beleidigung“ den Wert 0,95; diese Website lehnt ab 0,9 ab." in said
    assert re.search(r"Entschieden am \d+\. \w+ 20\d\d, [\d:]+ Uhr UTC", said)
    url = statement_links.address(settings, comment.id, comment.decided_at)  # type: ignore[arg-type]
    path = str(url).removeprefix(settings.public_url)
    assert "Bitte schreiben Sie, warum" in anonymous.post(path, data={"text": " "}).text
    assert "Es hat 2.001 Zeichen; höchstens 2.000 sind möglich." in anonymous.post(path, data={"text": "x" * 2001}).text
    assert anonymous.post(path, data={"text": "Ein Zitat."}).status_code == 303
    with store.write() as session:
        comments.decide(session, None, comment.id, "reject", actor="user:u1", code="insult", reason="Bleibt dabei.")
    said = told(page_of(anonymous, settings, stored(store, comment.id)))
    assert "Die Antwort:" in said
    assert "Beleidigt jemanden: Bleibt dabei." in said
    assert not re.search(r"\b(the|your|comment|decided)\b", said.replace("The Site With a Webhook", ""), re.I), said


REASON = RejectionReason("rude", "Rude to the hosts", texts={"de": "Unhöflich", "pl": "Niegrzeczne"})


@pytest.mark.parametrize(
    ("reason", "language", "site_language", "text"),
    [
        (REASON, "de", "pl", "Unhöflich"),
        (REASON, "fr", "pl", "Niegrzeczne"),
        (REASON, "fr", "it", "Rude to the hosts"),
        (REASON, "en", "en", "Rude to the hosts"),
        (REASONS[0], "fr", "pl", "Insulte quelqu’un"),
        (REASONS[0], "en", "pl", "Insults somebody"),
        (RejectionReason("insult", "Insults somebody", texts={"fr": "Un gros mot"}), "fr", "fr", "Un gros mot"),
    ],
)
def test_a_reason_has_a_text_for_a_language_ours_the_sites_or_the_one_for_moderators(
    reason: RejectionReason, language: str, site_language: str, text: str
) -> None:
    assert reason.text_in(language, site_language) == text


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ({"code": "rude", "note": "Twice.", "message": "Rude to the hosts: Twice."}, "Unhöflich: Twice."),
        ({"code": "gone", "message": "What it once said"}, "What it once said"),
        ({"note": "Only this.", "message": "Only this."}, "Only this."),
        ({"message": "A moderator chose to reject it.", "action": "reject"}, "Die Moderation hat ihn abgelehnt."),
        ({"code": "rude", "message": erasing.GONE}, "Unhöflich"),
        ({"message": erasing.NOT_KEPT}, "Das wird nicht länger aufbewahrt."),
    ],
)
def test_a_moderators_reason_is_told_in_the_authors_language_and_their_note_as_it_is(
    reason: dict[str, Any], sentence: str
) -> None:
    with translation.in_language("de"):
        assert author_sentences.of({"rule": "moderator"} | reason, SiteSettings(reasons=(REASON,))) == sentence


def test_the_api_and_webhooks_tell_authors_once_the_site_has_chosen_a_language(
    app: Flask, store: Store, site_with_webhook: CreatedSite, post: Post, choose: Callable[..., None]
) -> None:
    before = post("one insult=0.95")
    client = client_of(app, site_with_webhook.api_key)
    assert "for_author" not in client.get(f"/api/v1/comments/{before.id}").text
    app.extensions["winnow_author_settings"].clear()  # what is remembered for some seconds
    choose(author_language="de")
    after = post("two insult=0.95")
    shown = client.get(f"/api/v1/comments/{after.id}").get_json()["reasons"][0]
    sentence = "Die automatische Prüfung gab ihm für „Beleidigung“ den Wert 0,95; diese Website lehnt ab 0,9 ab."
    assert shown == stored(store, after.id).reasons[0] | {"for_author": sentence}  # type: ignore[index]
    sent = {row.comment_id: row.payload["data"]["reasons"][0] for row in rows(store, WebhookDelivery)}
    assert sent[after.id] == shown
    assert "for_author" not in sent[before.id]
    assert "for_author" not in str(stored(store, after.id).reasons)
    checked = client.post("/api/v1/check", json={"name": "Ada", "comment": "insult=0.95"})
    assert "for_author" in checked.get_json()["reasons"][0]


def test_what_a_moderator_wrote_for_an_author_is_erased_with_the_comment() -> None:
    told_author = {"rule": "moderator", "message": "Rude: you", "note": "you", "for_author": "Unhöflich: you"}
    assert erasing.wordless([told_author]) == [{"rule": "moderator", "message": erasing.GONE}]


def test_an_admin_chooses_the_authors_language_and_writes_reasons_in_it(
    app: Flask, store: Store, site: CreatedSite
) -> None:
    browser = sign_in(app, store, "chief", "admin")
    address = f"/console/sites/{site.id}/settings"
    form = {
        "csrf_token": csrf_token(browser, address),
        "code": ["insult", ""],
        "text": ["Insults somebody", "Rude"],
        "label": ["insult", ""],
        "grace_seconds": "10",
        "second_look_automatic": "1",
        "second_look_moderators": "1",
        "appeal_days": "180",
        "author_language": "de",
        "author_chooses": "on",
        "author.de.insult": " Beleidigt die Gäste ",
        "author.xx.insult": "no language",
        "author.de.unknown": "no reason",
    }
    assert browser.post(address, data=form).status_code == 303
    with store.read() as session:
        saved = site_settings.of_sites(session, {site.id})[site.id]
    assert (saved.author_language, saved.author_chooses) == ("de", True)
    assert [dict(reason.texts) for reason in saved.reasons] == [{"de": "Beleidigt die Gäste"}, {}]
    page = browser.get(address).text
    assert 'value="Beleidigt die Gäste"' in page
    assert 'placeholder="Insulte quelqu’un"' in page
    refused = browser.post(address, data=form | {"author_language": "xx", "author.de.insult": "x" * 121})
    assert refused.status_code == 422
    assert "Choose one of the languages." in refused.text
    assert "At most 120 characters fit into a text for authors." in refused.text
    assert 'value="' + "x" * 121 in refused.text


@pytest.mark.parametrize("language", translation.LANGUAGES)
def test_the_demo_becomes_of_its_examples_what_it_says_in_every_language(app: Flask, language: str) -> None:
    browser = app.test_client()
    page = browser.get(f"/demo/?lang={language}")
    assert f'<html lang="{language}"' in page.text
    assert f"winnow_demo_language={language}" in page.headers["Set-Cookie"]
    kinds = []
    for name in article.EXAMPLES:
        with translation.in_language(language):
            text = translation.gettext(article.EXAMPLES[name].text)
        form = {"name": "Ada", "comment": text, "check": "yes"}
        answer = browser.post("/demo/", data=form, headers={"Accept": "application/json"}).get_json()
        kinds.append(answer["kind"])
        assert answer["advice"] == gettext_in(language, article._ADVICE[STATUS[answer["kind"]]][0])
    assert kinds == ["good", "wait", "wait", "bad"]


STATUS = {"good": "published", "wait": "flagged", "bad": "rejected"}


def gettext_in(language: str, sentence: str) -> str:
    with translation.in_language(language):
        return translation.gettext(sentence)


def test_the_demo_refuses_in_the_readers_language(app: Flask) -> None:
    answer = app.test_client().post("/demo/", data={"name": "", "comment": "x" * 20_001}, headers=GERMAN)
    assert "Bitte geben Sie hier Ihren Namen ein" in answer.text
    assert "Es hat 20.001 Zeichen; höchstens 20.000 sind möglich." in answer.text


def test_signing_in_and_every_page_of_the_console_are_in_the_persons_language(app: Flask, store: Store) -> None:
    browser = app.test_client()
    page = browser.get("/console/sign-in", headers=GERMAN).text
    assert '<html lang="de" dir="ltr">' in page
    assert "<h1>Anmelden</h1>" in page
    form = {"csrf_token": csrf_token(browser, "/console/sign-in"), "name": "", "password": "x"}
    assert "Bitte geben Sie Ihren Namen ein." in browser.post("/console/sign-in", data=form, headers=GERMAN).text
    browser = sign_in(app, store, "chief", "admin")
    chosen = browser.get("/console/you?lang=ar", headers=GERMAN)
    assert "winnow_language=ar" in chosen.headers["Set-Cookie"]
    queue = browser.get("/console/", headers=GERMAN).text
    assert '<html lang="ar" dir="rtl">' in queue
    assert '<main id="main" tabindex="-1">' in queue
    log = browser.get("/console/audit", headers=GERMAN).text
    assert '<html lang="ar" dir="rtl">' in log
    assert "قائمة المراجعة</a>" in log
    assert '<main id="main" tabindex="-1">' in log
    form = {"csrf_token": csrf_token(browser, "/console/")}
    out = browser.post("/console/sign-out", data=form, follow_redirects=True)
    assert "تم تسجيل خروجك." in out.text


def test_a_site_without_settings_for_authors_reads_as_before() -> None:
    assert site_settings.read({}) == SiteSettings()
    assert site_settings.read({"reasons": [{"code": "a", "text": "A"}]}).reasons == (RejectionReason("a", "A"),)
