"""A site's settings: what a stored document means, also one of before, and in which words an author reads a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from moderation.errors import NotFound
from moderation.sites import site_settings
from moderation.sites.site_settings import KINDS, REASONS, RejectionReason, Retention, SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent
from tests.support.comments import rows


@pytest.mark.parametrize(
    ("document", "settings"),
    [
        ({}, SiteSettings()),
        ({"grace_seconds": 30}, SiteSettings(grace_seconds=30)),
        # What another version of Winnow knew is passed over.
        ({"colour": "green"}, SiteSettings()),
        # A list of before reasons had texts in other languages; a retention of before there were so many kinds.
        ({"reasons": [{"code": "a", "text": "A"}]}, SiteSettings(reasons=(RejectionReason("a", "A"),))),
        ({"reasons": []}, SiteSettings(reasons=())),
        ({"retention": {"text": 30}}, SiteSettings(retention=Retention(text=30))),
        ({"retention": {"text": 30, "colour": 7}}, SiteSettings(retention=Retention(text=30))),
    ],
)
def test_what_a_document_lacks_has_its_default(document: dict[str, Any], settings: SiteSettings) -> None:
    assert site_settings.read(document) == settings


@pytest.mark.parametrize(
    ("settings", "kind", "days"),
    [
        (SiteSettings(), "text", None),
        (SiteSettings(retention=Retention(text=10, identity=5)), "identity", 5),
        # Whoever answers an appeal has to read the text.
        (SiteSettings(retention=Retention(text=10), appeals=True, appeal_days=30), "text", 30),
        (SiteSettings(retention=Retention(text=90), appeals=True, appeal_days=30), "text", 90),
        (SiteSettings(retention=Retention(text=10), appeals=False, appeal_days=30), "text", 10),
        (SiteSettings(retention=Retention(identity=10), appeals=True, appeal_days=30), "identity", 10),
        (SiteSettings(retention=Retention(), appeals=True, appeal_days=30), "text", None),
    ],
)
def test_a_text_stays_while_its_author_can_appeal(settings: SiteSettings, kind: str, days: int | None) -> None:
    assert settings.days_kept(kind) == days


@pytest.mark.parametrize(("chosen", "language"), [(None, "en"), ("de", "de"), ("ar", "ar"), ("tlh", "en"), ("", "en")])
def test_authors_read_the_sites_language_where_we_have_it(chosen: str | None, language: str) -> None:
    assert SiteSettings(author_language=chosen).language == language


OURS = REASONS[0]
OWN = RejectionReason("rules", "Against rule 7", None, {"de": "Gegen Regel 7", "fr": "Contre la règle 7"})


@pytest.mark.parametrize(
    ("reason", "language", "site_language", "text"),
    [
        # What the site has written in the language; else ours, where it is one of those that a new site has.
        (OWN, "de", "en", "Gegen Regel 7"),
        (OURS, "en", "en", "Insults somebody"),
        (OURS, "de", "en", "Beleidigt jemanden"),
        (RejectionReason("insult", OURS.text, None, {"de": "Das beleidigt"}), "de", "en", "Das beleidigt"),
        # Else what it has written in its own language; else what moderators read.
        (OWN, "es", "fr", "Contre la règle 7"),
        (OWN, "es", "it", "Against rule 7"),
        (OWN, "en", "en", "Against rule 7"),
        (RejectionReason("rules", "Against rule 7"), "de", "fr", "Against rule 7"),
    ],
)
def test_an_author_reads_a_reason_in_the_best_words_that_there_are(
    reason: RejectionReason, language: str, site_language: str, text: str
) -> None:
    assert reason.text_in(language, site_language) == text


def test_a_reason_that_is_no_longer_on_the_list_stands_for_itself() -> None:
    settings = SiteSettings(reasons=(OWN,))
    assert settings.reason_of("rules") is OWN
    assert settings.reason_of("gone") == RejectionReason("gone", "gone")


def test_settings_are_kept_for_one_site_and_the_change_is_in_the_audit(
    store: Store, site: CreatedSite, other_site: CreatedSite
) -> None:
    chosen = SiteSettings(
        grace_seconds=45, reasons=(OWN,), author_language="pt", retention=Retention(text=30), require_reason=True
    )
    with store.write() as session:
        site_settings.save(session, site.id, chosen, actor="user:ad")
        before = site_settings.of_sites(session, {other_site.id})[other_site.id]
    with store.read() as session:
        found = site_settings.of_sites(session, {site.id, other_site.id, "s_none"})
        assert site_settings.author_languages(session, [site.id, other_site.id]) == {site.id: "pt"}
    assert found == {site.id: chosen, other_site.id: before}
    assert (found[site.id].grace, before.grace) != (before.grace, found[site.id].grace)
    assert found[site.id].grace == timedelta(seconds=45)
    [event] = rows(store, AuditEvent, action="site.settings_changed")
    assert (event.actor, event.site_id) == ("user:ad", site.id)
    with pytest.raises(NotFound, match="There is no site s_none"), store.write() as session:
        site_settings.save(session, "s_none", chosen, actor="user:ad")


def test_every_kind_of_what_is_kept_can_be_limited() -> None:
    settings = site_settings.read({"retention": dict.fromkeys(KINDS, 7), "appeals": False})
    assert {kind: settings.days_kept(kind) for kind in KINDS} == dict.fromkeys(KINDS, 7)
