"""An admin's task: make a list, try a file on past comments, import it, use it on a site, see its hits, mend it."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.decisions.scoring import Scorer
from moderation.history import tallies
from moderation.intake.queues import Queues
from moderation.policy import policies, shared_lists
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, SharedList, SharedListEntry, User
from tests.support.clock import Clock
from tests.support.comments import rows, scored
from tests.support.signed_in import csrf_token, sign_in, submit

pytestmark = pytest.mark.one_database


@pytest.fixture
def chief(app: Flask, store: Store) -> FlaskClient:
    return sign_in(app, store, "chief", "admin")


def said(answer: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def send(
    browser: FlaskClient, path: str, site: CreatedSite, content: bytes, action: str = "add", **more: str
) -> TestResponse:
    form = {"csrf_token": csrf_token(browser, "/console/you"), "site": site.id, "action": action, **more}
    return browser.post(f"{path}/entries", data={**form, "file": (io.BytesIO(content), "words.txt")})


def make(browser: FlaskClient, store: Store, kind: str = "words") -> str:
    answer = submit(browser, "/console/lists", "/console/lists", name="Casino spam", kind=kind)
    assert answer.status_code == 303
    return f"/console/lists/{rows(store, SharedList)[-1].id}"


def test_a_file_is_tried_imported_used_and_mended(
    chief: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    scored(store, queues, scorer, site, "a moonshot, nicely <said>")
    path = make(chief, store)
    content = "\n".join(["moonshot", " MOONSHOT", "# no remark", *(f"word{n}" for n in range(300))]).encode()
    tried = send(chief, path, site, content, "try")
    assert tried.status_code == 200
    assert "1 comment of the last 1 has an entry of it. 1 entry was found. Published: 1." in said(tried)
    assert "&lt;said&gt;" in tried.text
    assert rows(store, SharedListEntry) == []
    added = send(chief, path, site, content, until=f"{clock.now:%Y-%m-%d}")
    assert added.status_code == 303
    shown = said(chief.get(added.location))
    assert "302 entries were added. 1 line repeats another." in shown
    assert "Take out what was just added" in shown

    list_id = path.rpartition("/")[2]
    subscribe(store, site, {list_id: "reject"})
    assert scored(store, queues, scorer, site, "the moonshot again").status == "rejected"
    clock.advance(minutes=2)
    tallies.roll_up(store)
    hits = said(chief.get(f"{path}?order=hits"))
    assert re.search(r"moonshot entry 1 1 hit chief", hits)
    assert "word0 " not in hits
    assert "moonshot entry" not in said(chief.get(f"{path}?order=idle&q=moon"))

    submit(chief, f"{path}?q=word", f"{path}/remove", "found")
    assert [row.entry for row in rows(store, SharedListEntry)] == ["moonshot", "# no remark"]
    assert submit(chief, path, f"{path}/delete").status_code == 422
    subscribe(store, site, {})
    assert "Its 2 entries go with it, for good." in said(chief.get(path))
    assert submit(chief, path, f"{path}/delete").location == "/console/lists"
    assert "is deleted, with its 2 entries." in said(chief.get("/console/lists"))
    assert rows(store, SharedList) == []
    actors = {row.actor for row in rows(store, AuditEvent) if row.action.startswith("list.")}
    assert actors == {f"user:{rows(store, User)[0].id}"}


def subscribe(store: Store, site: CreatedSite, lists: dict[str, str]) -> None:
    with store.write() as session:
        policies.save(session, site.id, policies.DEFAULT | {"lists": lists}, actor="operator")


def test_bad_lines_are_told_with_their_numbers_and_nothing_is_added(
    chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    path = make(chief, store, "addresses")
    answer = send(chief, path, site, b"192.0.2.1\n999.1.1.1\n2001:db8::/32\n<b>\n", entries="192.0.2.7")
    assert answer.status_code == 422
    assert "Nothing was added. 2 lines cannot be entries" in said(answer)
    assert "Line 3, “999.1.1.1”" in said(answer)
    assert "192.0.2.7\n192.0.2.1\n999.1.1.1" in unescape(answer.text), "what was sent can be mended"
    for content in (b"\xff", b""):
        assert send(chief, path, site, content).status_code == 422
    for day in ("2001-01-01", "9999-12-31", "soon"):
        assert send(chief, path, site, b"192.0.2.1", until=day).status_code == 422
    too_much = {"csrf_token": csrf_token(chief, path), "action": "add", "entries": "x" * (5 * 1024 * 1024)}
    assert chief.post(f"{path}/entries", data=too_much).status_code == 413
    assert rows(store, SharedListEntry) == []


def test_what_was_just_added_or_ticked_goes_again(chief: FlaskClient, store: Store, site: CreatedSite) -> None:
    path = make(chief, store)
    send(chief, path, site, b"first\nsecond\nthird")
    added = send(chief, path, site, b"fourth\nfifth").location
    assert submit(chief, added, f"{path}/remove", "span").status_code == 303
    assert [row.number for row in rows(store, SharedListEntry)] == [1, 2, 3]
    submit(chief, path, f"{path}/remove", "ticked", number="on")
    assert len(rows(store, SharedListEntry)) == 3
    token = csrf_token(chief, path)
    chief.post(f"{path}/remove", data={"csrf_token": token, "number": ["1", "3", "x"], "action": "ticked"})
    assert [row.entry for row in rows(store, SharedListEntry)] == ["second"]
    submit(chief, path, f"{path}/name", name="Renamed")
    assert rows(store, SharedList)[0].name == "Renamed"


@pytest.mark.parametrize(
    ("role", "kind", "page", "change"),
    [
        ("moderator", "words", 200, 403),
        ("moderator", "authors", 403, 403),
        ("viewer", "words", 403, 403),
        ("admin", "authors", 200, 303),
    ],
)
def test_moderators_read_lists_admins_of_the_team_change_them(
    app: Flask, store: Store, site: CreatedSite, role: str, kind: str, page: int, change: int
) -> None:
    with store.write() as session:
        list_id = shared_lists.create(session, "Ours", kind, actor="operator").id
    path, browser = f"/console/lists/{list_id}", sign_in(app, store, role=role)
    assert browser.get(path).status_code == page
    assert send(browser, path, site, b"somebody").status_code == change
    if role == "moderator":
        assert send(browser, path, site, b"somebody", "try").status_code == page
    assert browser.get("/console/lists/l_none").status_code in {404, 403}


def test_a_site_reads_the_lists_and_subscribes_over_the_api(client: FlaskClient, store: Store) -> None:
    with store.write() as session:
        list_id = shared_lists.create(session, "Ours", "words", actor="operator").id
    assert client.put("/api/v1/rules", json={"lists": {list_id: "flag"}}).status_code == 200
    [listed] = client.get("/api/v1/lists").get_json()["lists"]
    assert (listed["id"], listed["kind"], listed["effect"], listed["entries"]) == (list_id, "words", "flag", 0)
    for wrong in ({list_id: "publish"}, {"l_none": "flag"}, {list_id: "hold"}, [list_id]):
        answer = client.put("/api/v1/rules", json={"lists": wrong})
        assert (answer.status_code, next(iter(answer.get_json()["errors"])).partition(".")[0]) == (422, "lists")


def test_what_a_comment_shows_is_added_to_a_shared_list_and_taken_out_again(
    app: Flask, chief: FlaskClient, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    text = "buy at https://evil.example/x now"
    comment = scored(store, queues, scorer, site, text, name="Eve", email="eve@evil.example", ip="192.0.2.7").id
    for kind in ("words", "authors", "addresses", "domains"):
        submit(chief, "/console/lists", "/console/lists", name=f"Our {kind}", kind=kind)
    assert f"/console/comments/{comment}/lists" in chief.get(f"/console/comments/{comment}").text
    page = chief.get(f"/console/comments/{comment}/lists?word=buy%20%22at%22")
    offered = re.findall(r'action="(/console/lists/[^"]+)".*?name="entries" value="([^"]*)"', page.text, re.DOTALL)
    assert [unescape(value) for _, value in offered] == ["192.0.2.7", "email:eve@evil.example", "evil.example",
                                                         'buy "at"']  # fmt: skip
    address, domain = offered[2]
    form = {"csrf_token": csrf_token(chief, "/console/you"), "entries": domain, "action": "add", "until": ""}
    added = chief.post(address, data=form)
    assert [entry.entry for entry in rows(store, SharedListEntry)] == ["evil.example"]
    [event] = rows(store, AuditEvent, action="list.entries_added")
    assert event.actor.startswith("user:")
    after = chief.get(added.headers["Location"]).text
    assert "Take out what was just added" in after
    mo = sign_in(app, store, "mo", "moderator")
    assert mo.get(f"/console/comments/{comment}/lists").status_code == 403
    assert "/lists" not in re.findall(r'class="to-lists"', mo.get(f"/console/comments/{comment}").text)
    assert chief.get("/console/comments/c_x/lists").status_code == 404
