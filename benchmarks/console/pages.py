"""The console: the server's time for a page of the review queue, with a thousand comments open and with a million."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from benchmarks.installation import Database, Installation, installed
from benchmarks.report import Report
from benchmarks.sizes import ID, MOMENT, NUMBERS, START_MS, compare
from moderation.people import accounts
from moderation.store import Store
from service.app import create_app
from service.console.access import SESSION_COOKIE
from service.console.queue import review_queue

FEW, MANY, TIMES = 1_000, 1_000_000, 50
#: A word that one in fifty of the comments has, as are of one label and one language: of a thousand a full page.
RARE = "winnowing"
PAGES = {
    "the first page": "",
    "from the middle": "after={middle}-q_",
    "one label": "label=spam",
    "one label of one language": "label=insult&language=de",
    "oldest first": "order=oldest",
    "text that one in fifty has": f"q={RARE}",
}
PASSWORD = "four unrelated words here"
#: Cards on a page, of which each request gets a full one.
CARDS = review_queue.PAGE


def run() -> Report:
    """Both databases."""
    report = Report(
        "console",
        "The console",
        f"The median of {TIMES} requests for the review queue's page of 20 cards, signed in, from WSGI to the whole "
        f"answer in one process, where {FEW:,} and where {MANY:,} items are open on four sites; by turns.",
    )
    databases: tuple[Database, ...] = ("sqlite", "postgresql")
    for database in databases:
        with installed(database) as few, installed(database) as many:
            browsers = [_filled(few, database, FEW), _filled(many, database, MANY)]
            for what, query in PAGES.items():
                asks = [
                    partial(_ask, browser, query.format(middle=START_MS + rows // 2 * 1000))
                    for browser, rows in zip(browsers, (FEW, MANY), strict=True)
                ]
                compare(report, f"{database}: {what}", *asks, times=TIMES)
    return report


def _ask(browser: FlaskClient, query: str) -> None:
    answer = browser.get(f"/console/?{query}")
    assert answer.status_code == 200
    assert answer.text.count("<article") == CARDS, query


def _filled(installation: Installation, database: Database, rows: int) -> FlaskClient:
    """A moderator's browser, on an installation where so many items are open."""
    sites = [installation.site.id, *(installation.add_site(f"Site {number}").id for number in range(2, 5))]
    numbers = NUMBERS[database].format(last=rows)
    for table, columns in _rows(database, sites).items():
        with installation.store.write() as session:
            row = ", ".join(columns.values())
            session.execute(text(f"INSERT INTO {table} ({', '.join(columns)}) {numbers} SELECT {row} FROM numbers"))
    with installation.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database == "sqlite" else "VACUUM ANALYZE"))
    accounts.create_user(installation.store, "mo", "moderator", PASSWORD)
    return sign_in(create_app(installation.settings), installation.store, "mo", PASSWORD)


def sign_in(app: Flask, store: Store, name: str, password: str) -> FlaskClient:
    """The browser of somebody who is known."""
    user = accounts.check_password(store, name, password)
    assert user is not None
    browser = app.test_client()
    browser.set_cookie(SESSION_COOKIE, accounts.start_session(store, user), path="/console")
    return browser


def _rows(database: Database, sites: list[str]) -> dict[str, Mapping[str, str]]:
    """Table -> column -> how it is made of `n`. Labels, languages, authors and threads as uneven as they are."""
    identifier, moment = ID[database], MOMENT[database]
    site = (
        f"CASE n % 10 WHEN 0 THEN '{sites[1]}' WHEN 1 THEN '{sites[2]}' WHEN 2 THEN '{sites[3]}' ELSE '{sites[0]}' END"
    )
    label = "CASE n % 20 WHEN 0 THEN 'spam' WHEN 1 THEN 'threat' WHEN 2 THEN 'insult' ELSE 'toxicity' END"
    rule = "CASE n % 30 WHEN 0 THEN 'links' WHEN 1 THEN 'repeated' ELSE 'flag_threshold' END"
    language = "CASE n % 50 WHEN 0 THEN 'fr' WHEN 2 THEN 'de' WHEN 22 THEN 'de' ELSE 'en' END"
    author = "'reader ' || (n % 997)"
    rare = f"CASE n % 50 WHEN 3 THEN ' {RARE}' ELSE '' END"
    words = f"'Only an idiot could write this about the bridge, number ' || n || {rare}"
    scores = {"toxicity": 0.94, "insult": 0.9, "profanity": 0.3, "threat": 0.01, "spam": 0.01}
    shared = {"site_id": site, "language": language, "author_key": author, "thread": "'/news/' || (n % 50)"}
    return {
        "comments": shared
        | {
            **{"id": f"'c_' || {identifier}", "name": author, "comment": words, "content_hash": identifier},
            **{"ip": "'198.51.100.' || (n % 250)", "status": "CASE n % 40 WHEN 7 THEN 'published' ELSE 'flagged' END"},
            **{"revision": "1", "version": "2", "decided_by": "'policy'", "scores": _json(scores)},
            **{"spans": _json({"toxicity": [[8, 13, 3.9]], "insult": [[8, 13, 3.7]]})},
            **{
                "reasons": _json(
                    [
                        {
                            **{"rule": "flag_threshold", "action": "flag", "label": "toxicity", "score": 0.94},
                            **{"threshold": 0.75, "message": "Toxicity 0.94 reaches this site's flag threshold."},
                        }
                    ]
                )
            },
            **dict.fromkeys(("created_at", "accepted_at", "updated_at", "decided_at"), moment),
        },
        "review_items": shared
        | {
            **{"id": f"'q_' || {identifier}", "comment_id": f"'c_' || {identifier}", "label": label, "rule": rule},
            **{"kind": "CASE n % 40 WHEN 7 THEN 'report' ELSE 'flag' END", "priority": "500", "opened_at": moment},
            **{"due": f"{START_MS} + n * 1000"},
        },
    }


def _json(value: object) -> str:
    return "'" + json.dumps(value).replace("'", "''").replace(":", r"\:") + "'"
