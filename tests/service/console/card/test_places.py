"""Where a comment stands, as a card leads there: on the site's own host at once, elsewhere by way of the address."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation import actors
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Article
from tests.support.comments import scored
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.one_database

OWN = "https://blog.example"


@pytest.fixture
def browser(app: Flask, store: Store, site: CreatedSite) -> FlaskClient:
    with store.write() as session:
        settings = SiteSettings(address=OWN, read_titles=True)
        site_settings.save(session, site.id, settings, actor=actors.OPERATOR)
        session.add(Article(site_id=site.id, thread="/read", title="Read <from> the page", tries=1, due_at=None))
    return sign_in(app, store)


@pytest.mark.parametrize(
    ("fields", "shown", "href", "leads"),
    [
        ({"thread": "/read"}, "Read <from> the page", f"{OWN}/read", None),
        ({"thread": "/read", "thread_title": "Sent"}, "Sent", f"{OWN}/read", None),
        ({"thread": "/a", "comment_url": f"{OWN}/a#c7"}, "/a", f"{OWN}/a#c7", None),
        ({"thread_title": "Alone"}, "Alone", None, None),
        ({"thread": "a-slug"}, "a-slug", None, None),
        ({"thread": "//evil.example/"}, "//evil.example/", None, None),
        ({"thread": "/a b?q=“x”"}, "/a b?q=“x”", f"{OWN}/a%20b?q=%E2%80%9Cx%E2%80%9D", None),
        ({"thread": "https://else.example/x"}, "https://else.example/x", "page", "https://else.example/x"),
        ({"comment_url": "https://blog.example.evil.example/"}, None, "comment", "https://blog.example.evil.example/"),
        ({"comment_url": f"{OWN}@evil.example/"}, None, "comment", "https://evil.example/"),
        ({"thread_url": "https://аррӏе.example/", "thread": "x"}, "x", "page", "https://xn--80ak6aa92e.example/"),
    ],
)
def test_the_title_and_the_way_there(
    browser: FlaskClient,
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site: CreatedSite,
    fields: dict[str, str],
    shown: str | None,
    href: str | None,
    leads: str | None,
) -> None:
    comment = scored(store, queues, scorer, site, "insult=0.7", **fields)
    page = browser.get("/console/").text
    thread = re.search(r'<span class="thread">.*?(?:<bdi>|<a [^>]*dir="auto"[^>]*>)(.*?)</', page)
    assert (html.unescape(thread[1]) if thread else None) == shown
    way = re.search(r'<a class="way" href="(.*?)"', page)
    inside = f"/console/comments/{comment.id}/place/{href}"
    assert (html.unescape(way[1]) if way else None) in ({inside} if href in {"page", "comment"} else {href})
    if leads is not None:
        assert f"<code>{leads}</code>" in browser.get(inside).text
