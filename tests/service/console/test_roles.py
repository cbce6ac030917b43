"""Who may do what in the console, as a table of action and role; and that no page tells of a site one may not see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from moderation import actors
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.people import accounts, members
from moderation.policy import list_imports, policies, shared_lists
from moderation.policy.list_kinds import KINDS
from moderation.review import saved_filters
from moderation.settings import Settings
from moderation.sites import site_keys
from moderation.sites.sites import CreatedSite, create_site
from moderation.store import Store
from moderation.tables import User
from moderation.webhooks import endpoints
from tests.support.comments import dump, rows
from tests.support.signed_in import csrf_token

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

#: Nobody but people of this site may read any of these.
SITE, TEXT, AUTHOR, MEMBER = "Alpha Herald", "zebrafinch", "Quentin Author", "wanda"
HOOK = "https://alpha.example/hook"
#: Who asks: their role on every site, on the site that is asked about, and on another.
PEOPLE = {
    "admin everywhere": ("admin", None, None),
    "moderator everywhere": ("moderator", None, None),
    "viewer everywhere": ("viewer", None, None),
    "admin here": ("none", "admin", None),
    "moderator here": ("none", "moderator", None),
    "viewer here": ("none", "viewer", None),
    "admin elsewhere": ("none", None, "admin"),
    "nobody": ("none", None, None),
}
ALL = frozenset(PEOPLE)
VIEW = ALL - {"admin elsewhere", "nobody"}
DECIDE = VIEW - {"viewer everywhere", "viewer here"}
TEAM = DECIDE | {"admin elsewhere"}
ADMIN = frozenset({"admin everywhere", "admin here"})
CHIEF = frozenset({"admin everywhere"})

#: Method, address, form, who may.
ACTIONS = [
    ("GET", "/console/", {}, ALL),
    ("GET", "/console/comments", {}, ALL),
    ("GET", "/console/comments/{comment}", {}, VIEW),
    ("GET", "/console/comments/{comment}/context", {}, VIEW),
    ("POST", "/console/filters/{filter}", {"action": "remove"}, ADMIN),
    ("POST", "/console/comments/{comment}/decision", {"action": "reject", "version": "2"}, DECIDE),
    ("GET", "/console/sites", {}, ALL),
    ("POST", "/console/sites", {"name": "New"}, CHIEF),
    ("GET", "/console/sites/{site}", {}, ADMIN),
    ("POST", "/console/sites/{site}/name", {"name": "Renamed"}, ADMIN),
    ("POST", "/console/sites/{site}/mode", {"mode": "hold"}, ADMIN),
    ("POST", "/console/sites/{site}/keys", {"kind": "api"}, ADMIN),
    ("POST", "/console/sites/{site}/browser-keys", {}, ADMIN),
    ("POST", "/console/sites/{site}/keys/revoke", {"kind": "api", "key": "{key}"}, ADMIN),
    ("POST", "/console/sites/{site}/members", {"name": "newcomer", "role": "viewer"}, ADMIN),
    ("POST", "/console/sites/{site}/members/{user}", {"role": "admin"}, ADMIN),
    ("GET", "/console/sites/{site}/webhooks", {}, ADMIN),
    ("POST", "/console/sites/{site}/webhooks", {"url": "https://example.org/"}, ADMIN),
    ("GET", "/console/sites/{site}/webhooks/{endpoint}", {}, ADMIN),
    ("POST", "/console/sites/{site}/webhooks/{endpoint}/switch", {"action": "off"}, ADMIN),
    ("POST", "/console/sites/{site}/webhooks/{endpoint}/batches", {"events": "50", "seconds": "2"}, ADMIN),
    ("POST", "/console/sites/{site}/webhooks/{endpoint}/test", {}, ADMIN),
    ("POST", "/console/sites/{site}/webhooks/{endpoint}/deliveries/{delivery}/redeliver", {}, ADMIN),
    ("GET", "/console/lists", {}, TEAM),
    ("POST", "/console/lists", {"name": "New", "kind": "words"}, CHIEF),
    ("GET", "/console/lists/{list}", {}, TEAM),
    ("POST", "/console/lists/{list}/entries", {"action": "add", "entries": "word"}, CHIEF),
    ("POST", "/console/lists/{list}/entries", {"action": "try", "entries": "word", "site": "{site}"}, DECIDE),
    ("POST", "/console/lists/{list}/remove", {"number": "1"}, CHIEF),
    ("POST", "/console/lists/{list}/name", {"name": "Other"}, CHIEF),
    ("POST", "/console/lists/{list}/delete", {}, CHIEF),
    ("GET", "/console/people", {}, CHIEF),
    ("POST", "/console/people", {"name": "newcomer", "role": "admin", "site": ""}, CHIEF),
    ("GET", "/console/people/{user}", {}, ADMIN),
    ("POST", "/console/people/{user}/role", {"role": "moderator"}, CHIEF),
    ("POST", "/console/people/{user}/site-role", {"site": "{site}", "role": "admin"}, ADMIN),
    ("POST", "/console/people/{user}/disable", {}, ADMIN),
    ("POST", "/console/people/{user}/enable", {}, ADMIN),
    ("POST", "/console/people/{user}/link", {}, ADMIN),
    ("POST", "/console/people/{user}/authenticator/reset", {}, ADMIN),
    ("POST", "/console/people/{user}/sessions/end", {}, ADMIN),
    ("GET", "/console/people/{moderator}", {}, CHIEF),
    ("POST", "/console/people/{moderator}/link", {}, CHIEF),
    ("POST", "/console/people/{moderator}/site-role", {"site": "{site}", "role": "admin"}, CHIEF),
    ("GET", "/console/you", {}, ALL),
    ("GET", "/console/you/authenticator", {}, ALL),
]
CHANGING = [one for one in ACTIONS if one[0] == "POST"]
#: What everybody does with their own sessions only.
OWN = re.compile(r"console\.(sign_out|end_own_session|end_other_sessions|check_sign_in|.*single_sign_on|static)")


@dataclass(frozen=True)
class World:
    """A site with a flagged comment, a webhook and a member, and people of every kind, signed in."""

    site: CreatedSite
    browsers: dict[str, FlaskClient]
    ids: dict[str, str]
    #: The tokens of forms, by who sends them.
    tokens: dict[str, str] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        return text.format(**self.ids)


@pytest.fixture
def world(app: Flask, store: Store, settings: Settings, queues: Queues, scorer: Scorer, site: CreatedSite) -> World:
    alpha = create_site(store, settings, SITE)
    places: dict[str, Any] = {
        "thread": "/alpha-thread",
        "thread_url": "https://alpha.example/thread",
        "url": "https://alpha.example/own",
    }
    sent = [Submission(name=AUTHOR, comment=f"{TEXT} insult=0.8", **places)]
    [outcome] = submissions.submit(store, queues, alpha.id, sent)
    assert outcome.comment is not None
    scorer.run_batch()
    with store.write() as session:
        endpoint, _ = endpoints.add(session, settings, alpha.id, HOOK, actor=actors.OPERATOR)
        session.flush()
        delivery = endpoints.test(session, alpha.id, endpoint.id, actor=actors.OPERATOR)
    with store.read() as session:
        key = site_keys.of_site(session, settings, alpha.id)[0].id
    wanda = accounts.create_user(store, MEMBER, "none", on_sites={alpha.id: "viewer"}).id
    browsers = {who: _sign_in(app, store, who, alpha.id, site.id) for who in PEOPLE}
    moderator = rows(store, User, name="moderator everywhere")[0].id
    with store.write() as session:
        shared = shared_lists.create(session, "Shared", "words", actor=actors.OPERATOR).id
    shared_lists.add(store, shared, list_imports.read(KINDS["words"], "casino"), until=None, actor=actors.OPERATOR)
    ids = {
        "list": shared,
        **{"comment": outcome.comment.id, "site": alpha.id, "endpoint": endpoint.id, "delivery": delivery.id},
        **{"user": wanda, "key": key, "moderator": moderator, "filter": _shared_filter(store, alpha.id, wanda)},
    }
    return World(alpha, browsers, ids)


def _shared_filter(store: Store, site_id: str, by: str) -> str:
    with store.write() as session:
        return saved_filters.save(session, SITE, {"site": site_id}, user_id=by, by="operator", shared=True).id


def _sign_in(app: Flask, store: Store, who: str, here: str, elsewhere: str) -> FlaskClient:
    everywhere, on_this, on_other = PEOPLE[who]
    on_sites = {site_id: role for site_id, role in ((here, on_this), (elsewhere, on_other)) if role}
    made = accounts.create_user(store, who, everywhere, on_sites=on_sites)
    browser = app.test_client()
    token = accounts.start_session(store, rows(store, User, id=made.id)[0])
    browser.set_cookie("winnow_session", token, path="/console")
    return browser


def state_of(store: Store) -> str:
    """All that can be changed, but for when who was seen."""
    return "\n".join(line for line in dump(store).splitlines() if not line.startswith("user_sessions"))


def _do(world: World, who: str, method: str, path: str, form: dict[str, str]) -> int:
    """What an action is answered with."""
    browser = world.browsers[who]
    if method == "GET":
        return browser.get(world.fill(path)).status_code
    data = {name: world.fill(value) for name, value in form.items()}
    if who not in world.tokens:
        world.tokens[who] = csrf_token(browser, "/console/nowhere")  # every page has one, and this has little else
    data["csrf_token"] = world.tokens[who]
    return browser.post(world.fill(path), data=data).status_code


def test_nobody_does_or_reads_what_their_roles_do_not_allow(store: Store, world: World) -> None:
    before = state_of(store)
    for method, path, form, may in ACTIONS:
        for who in sorted(ALL - may):
            status = _do(world, who, method, path, form)
            assert status in {403, 404}, f"{who}: {method} {path}: {status}"
        assert state_of(store) == before, f"somebody changed something by {method} {path}"


def test_what_is_read_is_shown_to_these_roles(world: World) -> None:
    for method, path, form, may in ACTIONS:
        for who in sorted(may) if method == "GET" else ():
            status = _do(world, who, method, path, form)
            assert status == 200, f"{who}: {path}: {status}"


@pytest.mark.parametrize(("path", "form", "may"), [one[1:] for one in CHANGING], ids=[one[1] for one in CHANGING])
def test_each_change_is_made_by_these_roles(world: World, path: str, form: dict[str, str], may: frozenset[str]) -> None:
    for who in sorted(may):
        status = _do(world, who, "POST", path, form)
        assert status in {200, 201, 303, 404, 409}, f"{who}: {status}"
        if who == min(may):
            assert status < 400, f"{who}: {status}"


def test_no_page_tells_of_a_site_to_who_has_no_role_there(app: Flask, world: World, store: Store) -> None:
    """Of every page of the console, whoever wrote it: with the ids of another's site it says nothing of it."""
    for who in ("admin elsewhere", "nobody"):
        for rule in _console_rules(app, "GET"):
            answer = world.browsers[who].get(_address(rule, world), query_string={"site": world.site.id, "q": TEXT})
            if answer.mimetype == "text/event-stream":
                answer.close()
                continue
            page = answer.text.replace(f'value="{TEXT}"', "").replace(f"q={TEXT}", "")
            for asked_for in (f"Text: <bdi>{TEXT}</bdi>", f"<bdi>“{TEXT}”</bdi>", f"author={TEXT}"):
                page = page.replace(asked_for, "")
            told = [secret for secret in (SITE, TEXT, AUTHOR, MEMBER, HOOK) if secret in page]
            assert told == [], f"{rule.rule} tells {who}: {page[page.index(told[0]) - 90 :][:200] if told else ''}"


def test_no_action_changes_a_site_for_who_has_no_role_there(app: Flask, world: World, store: Store) -> None:
    browser = world.browsers["admin elsewhere"]
    token = csrf_token(browser, "/console/you")
    mine = [*world.ids.values()]
    own = rows(store, User, name="admin elsewhere")[0].id

    def of_that_site() -> list[str]:
        return [line for line in state_of(store).splitlines() if any(one in line for one in mine) and own not in line]

    before = of_that_site()
    for rule in _console_rules(app, "POST"):
        form = {"csrf_token": token, "site": world.site.id, "comments": world.ids["comment"], "version": "2"}
        form |= {
            "action": "reject",
            "role": "admin",
            "mode": "hold",
            "name": "n",
            "key": world.ids["key"],
            "kind": "api",
        }
        browser.post(_address(rule, world), data=form)
        assert of_that_site() == before, rule.rule


def test_the_queue_shows_only_sites_that_one_may_see(world: World) -> None:
    for who, browser in world.browsers.items():
        assert (TEXT in browser.get("/console/").text) is (who in VIEW), who


@pytest.mark.parametrize(("view", "may"), [({"site": "{site}"}, ADMIN), ({"label": "spam"}, CHIEF), ({}, frozenset())])
def test_a_filter_is_shared_by_admins_of_what_it_is_about(
    world: World, view: dict[str, str], may: frozenset[str]
) -> None:
    for who, browser in world.browsers.items():
        token = csrf_token(browser, "/console/you")
        form = {name: world.fill(value) for name, value in view.items()} | {"csrf_token": token, "name": who}
        shared = browser.post("/console/filters", data=form | {"shared": "yes"}).status_code
        assert (shared == 303) is (who in may), f"{who}: {shared}"
        own = browser.post("/console/filters", data=form | {"name": f"{who}'s own"}).status_code
        sees = bool(view) and (who in VIEW or "site" not in view)
        assert (own == 303) is sees, f"{who}: {own}"


def test_the_list_of_sites_has_those_whose_admin_one_is(world: World) -> None:
    for who, browser in world.browsers.items():
        page = browser.get("/console/sites").text
        assert (SITE in page) is (who in ADMIN), who
        assert ("The Site" in page) is (who in CHIEF | {"admin elsewhere"}), who


def test_a_site_admin_makes_nobody_an_admin_of_another_site(world: World, store: Store, site: CreatedSite) -> None:
    browser = world.browsers["admin here"]
    form = {"csrf_token": csrf_token(browser, "/console/you"), "site": site.id, "role": "admin"}
    assert browser.post(world.fill("/console/people/{user}/site-role"), data=form).status_code == 404
    with store.read() as session:
        assert members.find(session, world.ids["user"]).on_sites == {world.site.id: "viewer"}


def test_a_site_admin_cannot_take_over_who_may_do_more(world: World, store: Store, site: CreatedSite) -> None:
    with store.write() as session:
        members.set_site_role(session, world.ids["user"], site.id, "viewer", actor="operator")
    browser = world.browsers["admin here"]
    form = {"csrf_token": csrf_token(browser, "/console/you")}
    for action in ("link", "disable", "authenticator/reset", "sessions/end"):
        path = world.fill("/console/people/{user}/") + action
        assert browser.post(path, data=form).status_code == 404, action


def test_a_lower_role_counts_at_once(world: World, store: Store) -> None:
    browser = world.browsers["admin here"]
    assert browser.get(world.fill("/console/sites/{site}")).status_code == 200
    user = rows(store, User, name="admin here")[0]
    with store.write() as session:
        members.set_site_role(session, user.id, world.site.id, "moderator", actor="operator")
    assert browser.get(world.fill("/console/sites/{site}")).status_code == 403


def test_who_did_what_is_on_record(world: World, store: Store) -> None:
    browser = world.browsers["admin here"]
    actor = f"user:{rows(store, User, name='admin here')[0].id}"
    token = csrf_token(browser, "/console/you")
    for path, form in (
        ("name", {"name": "Renamed"}),
        ("mode", {"mode": "hold"}),
        ("keys", {"kind": "compat"}),
        ("members", {"name": "newcomer", "role": "viewer"}),
        ("webhooks", {"url": "https://example.org/"}),
    ):
        browser.post(f"/console/sites/{world.site.id}/{path}", data={"csrf_token": token, **form})
    with store.read() as session:
        assert policies.current(session, world.site.id).created_by == actor
    told = [line for line in dump(store).splitlines() if line.startswith("audit_events") and actor in line]
    actions = [match[1] for line in told if (match := re.search(r"'action': '([a-z._]+)'", line))]
    assert sorted(set(actions) - {"user.signed_in"}) == [
        *("policy.changed", "site.key_rotated", "site.renamed", "user.created", "webhook.added"),
    ]


def _console_rules(app: Flask, method: str) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and method in (rule.methods or ()) and not OWN.fullmatch(rule.endpoint)
    ]


def _address(rule: Rule, world: World) -> str:
    known = {name.removesuffix("_id"): name for name in rule.arguments}
    address = rule.rule
    for short, name in known.items():
        address = re.sub(rf"<[^<>]*{name}>", world.ids.get(short, "1"), address)
    return address
