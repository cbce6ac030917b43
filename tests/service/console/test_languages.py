"""The console in the moderator's language: what it shows is, and nothing that is stored, audited or told by the API."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent
from service.console.audit import events
from service.console.retold import retold
from tests.support.comments import scored, stored
from tests.support.signed_in import csrf_token, sign_in
from texts import translation
from texts.translation import LANGUAGES

pytestmark = pytest.mark.one_database

#: Language -> the queue's heading, and why the comment waits.
SHOWN = {
    "en": ("Review queue", "Insult 0.85 reaches this site's flag threshold of 0.50."),
    "de": ("Warteschlange", "Beleidigung 0,85 erreicht hier die Schwelle zum Zurückhalten von 0,50."),
    "fr": ("File d’attente", "Insulte 0,85 atteint ici le seuil de retenue de 0,50."),
    "es": ("Cola de revisión", "Insulto 0,85 alcanza aquí el umbral de retención de 0,50."),
    "pt": ("Fila de análise", "Insulto 0,85 atinge aqui o limiar de retenção de 0,50."),
    "it": ("Coda di revisione", "Insulto 0,85 raggiunge qui la soglia per trattenere di 0,50."),
    "pl": ("Kolejka", "Obelga 0,85 osiąga tu próg wstrzymania 0,50."),
    "ar": ("قائمة المراجعة", "إهانة: الدرجة 0.85 تبلغ عتبة الحجز في هذا الموقع 0.50."),
    "ur": ("جائزے کی قطار", "توہین 0.85 یہاں روکنے کی حد 0.50 تک پہنچتا ہے۔"),
}


def test_the_queue_is_in_each_language_and_what_is_decided_there_is_stored_in_english(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = scored(store, queues, scorer, site, "insult=0.85 no")
    mo = sign_in(app, store)
    assert set(SHOWN) == set(LANGUAGES)
    for language, (heading, why) in SHOWN.items():
        page = mo.get("/console/", headers={"Accept-Language": language}).text
        assert f'<html lang="{language}"' in page
        assert f"<h1>{heading}</h1>" in page
        assert why in page.replace("&#39;", "'")
    answer = mo.post(
        f"/console/comments/{comment.id}/decision",
        data={
            "csrf_token": csrf_token(mo, "/console/"),
            "action": "reject",
            "code": "insult",
            "version": comment.version,
        },
        headers={"Accept": "application/json", "Accept-Language": "de"},
    )
    assert answer.json is not None
    assert answer.json["message"] == "Abgelehnt: Beleidigt jemanden."
    decided = stored(store, comment.id)
    assert decided.reasons is not None
    assert decided.reasons[0]["message"] == "Insults somebody"
    with store.read() as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert "Insults somebody" in json.dumps(event.reasons)
    told = app.test_client().get(
        f"/api/v1/comments/{comment.id}",
        headers={"Authorization": f"Bearer {site.api_key}", "Accept-Language": "de"},
    )
    assert told.json is not None
    assert told.json["reasons"][0]["message"] == "Insults somebody"
    page = mo.get(f"/console/comments/{comment.id}", headers={"Accept-Language": "de"}).text
    assert "Beleidigt jemanden" in page
    assert "<strong>Abgelehnt</strong>" in page


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("campaigns", ["الحملات", "الترتيب", "لا توجد ثلاثة تعليقات بالمضمون نفسه تقريبًا."]),
        ("comments", ["كل التعليقات", "قراراتي", "إزالة النشر", "القرار: ", "أو &#34;عبارة&#34;"]),
        ("comments?author=nn&by=me", ["لم يُعثر على أي تعليق", "الكاتب nn", "القرار: أنا", "اسمه «"]),
        ("bulk?everything=comments&status=published", ["كل ما يجده هذا البحث: منشور", "الصفحات: ", "ما يرد من الآن"]),
        ("people", ["إدارة في كل المواقع", "البت في التعليقات أيضًا"]),
    ],
)
def test_a_page_for_many_comments_or_people_is_in_arabic(
    app: Flask, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, address: str, told: list[str]
) -> None:
    scored(store, queues, scorer, site, "fine", name="Ann")
    page = sign_in(app, store, role="admin").get(f"/console/{address}", headers={"Accept-Language": "ar"}).text
    assert '<html lang="ar" dir="rtl"' in page
    assert [sentence for sentence in told if sentence not in page] == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("This author is blocked on this site.", "Diese Person ist auf dieser Website blockiert."),
        ("It has 1 link; this site allows 0.", "Er enthält 1 Link; diese Website erlaubt 0."),
        ("It has 1,200 links; this site allows 3.", "Er enthält 1.200 Links; diese Website erlaubt 3."),
        (
            "Identity attack of the name or web site 0.90 reaches this site's reject threshold of 0.80.",
            "Angriff auf eine Gruppe im Namen oder in der Webadresse: 0,90, über der Schwelle zum Ablehnen von 0,80.",
        ),
        (
            "1,200 different authors wrote nearly the same on this site within the last week.",
            "1.200 verschiedene Personen haben auf dieser Website in der letzten Woche fast dasselbe geschrieben.",
        ),
        ("The classifier cannot judge its language (German).", "Der Klassifikator kann diese Sprache nicht beurteilen"
         " (Deutsch)."),
        (
            "This site holds every comment at these times until Monday 06:00 (Europe/Berlin).",
            "Diese Website hält zu diesen Zeiten jeden Kommentar zurück, bis Montag 06:00 (Europe/Berlin).",
        ),
        ("Its author is entry 3 of the list “a%(b)s”.", "Die Person ist Eintrag 3 der Liste „a%(b)s“."),
        ("Somebody wrote this by hand.", "Somebody wrote this by hand."),
        ("<b>This author is blocked on this site.</b>", "<b>This author is blocked on this site.</b>"),
    ],
)  # fmt: skip
def test_a_stored_sentence_is_told_in_the_readers_language(said: str, told: str) -> None:
    assert retold(said) == said
    with translation.in_language("de"):
        assert retold(said) == told


def test_what_rules_write_of_a_comment_is_known_where_it_is_told() -> None:
    rules = Path(translation.__file__).parent.parent / "moderation" / "policy" / "rules.py"
    whole = re.findall(r'\.reason\("([^"]+)"', rules.read_text())
    assert len(whole) > 8
    with translation.in_language("fr"):
        assert [sentence for sentence in whole if retold(sentence) == sentence] == []


@pytest.mark.parametrize(
    ("action", "detail", "said_in_german"),
    [
        (
            "list.entries_added",
            {"among_them": ["casino", "spins"], "entries": 2, "list": "Ours", "list_version": 3, "prolonged": 1},
            "Liste: Ours, Einträge: 2, darunter: casino, spins, Fassung der Liste: 3, jetzt länger gültig: 1",
        ),
        ("list.created", {"kind": "domains", "list": "Ours"}, "Liste: Ours, Art: Domains"),
        ("reports.dismissed", {"reports": [f"r_{'0' * 26}"] * 3, "closed": []}, "Kommentare: 0, Meldungen: 3"),
        (
            "author.standing_changed",
            {"standing": "ordinary", "was": {"status": "suspended"}},
            "Stand: gewöhnlich, vorher: gesperrt",
        ),
    ],
)
def test_the_details_of_an_audit_event_are_said_in_the_readers_language(
    action: str, detail: dict[str, object], said_in_german: str
) -> None:
    with translation.in_language("de"):
        assert events.summary(AuditEvent(action=action, detail=detail), {}) == said_in_german
