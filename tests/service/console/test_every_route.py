"""Every route of the console, from the map of addresses itself, and who may ask it: a new one is missed here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule

from moderation.alerts import channels
from moderation.decisions import bulk, comments, reports
from moderation.review import fingerprints, notes
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import Comment, Report, ReviewItem, User
from tests.service.console.test_roles import ADMIN, ALL, CHIEF, DECIDE, TEAM, VIEW, World, state_of, world
from tests.support.comments import rows
from tests.support.signed_in import csrf_token

__all__ = ["world"]
pytestmark = [pytest.mark.one_database, pytest.mark.slow]

NOBODY = frozenset[str]()
ADMINS = ADMIN | {"admin elsewhere"}
#: Method and endpoint -> who may. What is about people's own sites or themselves alone is everybody's; what of others
#: they do not see by it, test_roles.py says. What needs an object of one's own is nobody's here: all are of others.
MAY = {
    **dict.fromkeys(
        (
            *("GET show_queue", "GET list_comments", "GET list_campaigns", "GET list_sites", "GET show_changes"),
            *("GET stream_events", "GET show_places", "GET list_policies", "GET show_stats", "GET export_stats"),
            *(
                "GET show_you",
                "GET show_who",
                "GET show_alerts",
                "GET show_authenticator",
                "GET show_qr_code",
                "POST choose_density",
            ),
            *("POST go_on", "POST choose_languages", "POST change_password", "POST choose_wellbeing"),
            *("POST turn_authenticator_on", "POST change_authenticator", "POST add_alert_channel"),
            *("POST sign_out", "POST end_own_session", "POST end_other_sessions", "GET list_jobs", "POST save_filter"),
            *(
                "GET show_nothing",
                "POST export_comments",
                "GET preview_bulk",
                "POST start_bulk",
                "POST start_selection",
            ),
        ),
        ALL,
    ),
    **dict.fromkeys(
        (
            *("GET show_comment", "GET show_context", "GET show_row", "GET show_link", "GET show_place"),
            *("GET show_author", "GET show_group"),
        ),
        VIEW,
    ),
    **dict.fromkeys(
        (
            *("POST decide", "POST undo", "POST claim", "POST release", "POST skip", "POST assign", "POST put_off"),
            *("POST write_note", "POST warn_author", "POST add_to_list", "POST dismiss_reports"),
            *("GET show_policy", "POST sample_policy", "GET list_policy_tests", "POST add_policy_test"),
            *("POST keep_as_policy_test", "GET show_site_settings"),
        ),
        DECIDE,
    ),
    **dict.fromkeys(("GET show_audit_log", "GET list_lists", "GET show_list"), TEAM),
    **dict.fromkeys(
        (
            *("GET show_site", "POST rename_site", "POST set_site_mode", "POST rotate_site_key"),
            *("POST make_browser_key", "POST revoke_site_key", "POST restore_site_key", "POST archive_site"),
            *("POST change_policy", "POST restore_policy", "POST import_policy_tests", "POST remove_policy_test"),
            *("POST change_site_settings", "POST add_member", "POST change_member", "POST remove_note"),
            *(
                "GET list_webhooks",
                "POST add_webhook",
                "GET show_deliveries",
                "POST batch_webhook",
                "POST test_webhook",
            ),
            *("POST redeliver", "POST switch_webhook", "POST change_filter", "GET show_person", "POST disable_person"),
            *("POST enable_person", "POST make_person_link", "POST reset_person_authenticator"),
            *("POST end_person_sessions", "POST set_person_site_role"),
        ),
        ADMIN,
    ),
    **dict.fromkeys(
        (
            *("POST create_site", "POST delete_site", "GET list_people", "POST create_person", "POST set_person_role"),
            *("GET offer_lists", "POST create_list", "POST rename_list", "POST delete_list", "POST remove_entries"),
            *("POST add_entries", "GET show_job", "POST cancel_job", "POST undo_job"),
        ),
        CHIEF,
    ),
    "POST export_audit_log": ADMINS,
    **dict.fromkeys(
        (
            *("POST change_alert_channel", "POST remove_alert_channel", "POST test_alert_channel"),
            "POST undo_dismissal",
        ),
        NOBODY,
    ),
}
#: What is seen before one signs in.
BEFORE = {
    *("GET show_sign_in", "POST check_sign_in", "GET show_second_step", "POST check_second_step"),
    *("GET start_single_sign_on", "GET finish_single_sign_on", "GET welcome", "POST set_first_password", "GET static"),
}
#: What leads to a provider, which is none here.
OUTSIDE = {"GET start_single_sign_on", "GET finish_single_sign_on"}
FORM = {
    **{"action": "reject", "version": "2", "role": "admin", "mode": "hold", "name": "n", "kind": "api", "to": "me"},
    **{"text": "x", "span": "day", "about": "comment", "list": "banned_words", "word": "x", "entries": "x"},
    **{"format": "csv", "number": "1", "site": "{site}", "key": "{key}", "comments": "{comment}"},
    **{"select": "{comment}", "seen_version": "{comment}:2", "url": "https://example.org/", "events": "50"},
    **{"seconds": "2", "expected": "flag", "test": "1", "restore": "1", "kinds": "hold"},
}
#: What a route's form has in the place of these.
FORMS = {"POST add_entries": {"action": "add"}, "POST change_filter": {"action": "remove"}}
FORMS["POST change_policy"] = {"action": "save", "version": "1"}
#: What no page has in its links: numbers and days beyond all, NUL, what is no UTF-8, places that are none.
ODD = ("0", "-1", "9" * 15, "9" * 400, "0001-01-01", "9999-12-31", "%00", "%FF%ED%A0%80", f"{'9' * 16}-c_{'0' * 26}")


@pytest.fixture
def filled(world: World, store: Store, settings: Settings) -> World:
    """The world, and in it of that site whatever an address may name, each somebody else's."""
    site_id, comment_id, somebody = world.site.id, world.ids["comment"], "user:u_1"
    member, group = rows(store, User, id=world.ids["user"])[0], f"g_{'0' * 26}"
    with store.write() as session:
        for reader in ("r1", "r2"):
            comments.report(
                session, site_id, comment_id, reason="rude", note=None, reporter=reader, fingerprint=fingerprints.NONE
            )
        comment = session.get_one(Comment, comment_id)
        session.execute(update(ReviewItem).where(ReviewItem.comment_id == comment_id).values(group_id=group))
        target = channels.Target("chat", "a", {"url": "https://a.example"})
        made = {
            "note": notes.write(session, comment, "Hm", by=somebody).id,
            "job": bulk.create(session, {"site": site_id, "author": "x"}, "reject", actor=somebody, total=1).id,
            "dismissal": reports.dismiss_all(session, site_id, "r1", actor=somebody).id or "",
            "channel": channels.add(session, settings, member, target, channels.Choice(["hold"], None)).id,
        }
    made |= {"report": rows(store, Report, reporter="r2")[0].id, "group": group, "which": "page", "number": "0"}
    return World(world.site, world.browsers, world.ids | made)


def routes(app: Flask, *, methods: Collection[str] = ("GET", "POST")) -> Iterator[tuple[str, Rule]]:
    """Each method and endpoint of the console, and its rule."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("console."):
            for method in sorted((rule.methods or set()) & set(methods)):
                yield f"{method} {rule.endpoint.removeprefix('console.')}", rule


class Asked(ImmutableMultiDict[str, str]):
    """Parameters of an address that note which of them were asked for."""

    names: ClassVar[set[str]] = set()

    def get(self, key: str, *given: Any, **more: Any) -> Any:
        self.names.add(key)
        return super().get(key, *given, **more)

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return super().__contains__(key)


def address_of(world: World, rule: Rule) -> str:
    address = rule.rule
    for name in rule.arguments:
        address = re.sub(rf"<[^<>]*{name}>", world.ids.get(name.partition("_id")[0], "1"), address)
    return address


def ask(world: World, browser: FlaskClient, route: str, rule: Rule, token: str = "") -> int:
    """What a person is answered who asks a route about that site."""
    address = address_of(world, rule)
    if route.startswith("GET"):
        with browser.get(f"{address}?{_about(world)}") as answer:
            return answer.status_code
    form = {name: world.fill(value) for name, value in (FORM | FORMS.get(route, {})).items()}
    return browser.post(address, data=form | {"csrf_token": token}).status_code


def _about(world: World) -> str:
    return f"site={world.site.id}&key=name:quentin+author"


def test_it_is_said_of_every_route_who_may(app: Flask) -> None:
    there = {route for route, _ in routes(app, methods={"GET", "POST", "PUT", "PATCH", "DELETE"})}
    assert there - BEFORE == MAY.keys(), "say in MAY who may, or in BEFORE that it is for who has not signed in"
    assert there >= BEFORE


def test_every_route_refuses_who_may_not_and_changes_nothing(app: Flask, store: Store, filled: World) -> None:
    before, tokens = state_of(store), {who: csrf_token(filled.browsers[who], "/console/nowhere") for who in ALL}
    for route, rule in routes(app):
        for who in sorted(ALL - MAY.get(route, ALL)):
            status = ask(filled, filled.browsers[who], route, rule, tokens[who])
            assert status in {403, 404}, f"{who}: {route}: {status}"
    assert state_of(store) == before


def test_every_page_is_shown_to_who_may_do_least_of_those_that_may(app: Flask, filled: World) -> None:
    passed_over = {"GET stream_events", "GET show_nothing", "GET preview_bulk", "GET show_qr_code", *BEFORE}
    by_rights = ("nobody", "viewer here", "moderator here", "admin here", "admin everywhere")
    for route, rule in routes(app, methods={"GET"}):
        if route not in passed_over:
            who = next(one for one in by_rights if one in MAY[route])
            status = ask(filled, filled.browsers[who], route, rule)
            assert status == 200, f"{who}: {route}: {status}"


def test_no_route_answers_who_has_not_signed_in(app: Flask, store: Store, filled: World) -> None:
    before, stranger = state_of(store), app.test_client()
    token = csrf_token(stranger, "/console/sign-in")
    for route, rule in routes(app):
        if route not in BEFORE:
            assert ask(filled, stranger, route, rule, token) == 303, route
    assert state_of(store) == before


def test_no_parameter_of_an_address_makes_an_error_of_the_server(
    app: Flask, filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of what only scripts ask: whatever a page asks its address for has been each of these."""
    recording = type("Recording", (app.request_class,), {"parameter_storage_class": Asked})
    monkeypatch.setattr(app, "request_class", recording)
    for route, rule in routes(app, methods={"GET"}):
        if route not in {"GET stream_events", "GET static", "GET welcome", *OUTSIDE}:
            address = f"{address_of(filled, rule)}?{_about(filled)}"
            Asked.names.clear()
            filled.browsers["admin everywhere"].get(address)
            asked_for = sorted(Asked.names - {"site", "key", "csrf_token"})
            for odd in ODD if asked_for else ():
                sent = "".join(f"&{name}={odd}" for name in asked_for)
                status = filled.browsers["admin everywhere"].get(address + sent).status_code
                assert status < 500, f"{rule.rule}?{sent}"
