"""A site's page for its admins: its name, its mode and its keys."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.policy import policies
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite, create_site
from moderation.store import Store
from moderation.tables import AuditEvent, Site
from tests.conftest import client_of
from tests.support.comments import accept, rows
from tests.support.signed_in import PASSWORD, csrf_token, sign_in, submit, submit_sign_in

pytestmark = pytest.mark.one_database


@pytest.fixture
def chief(app: Flask, store: Store) -> FlaskClient:
    return sign_in(app, store, "chief", "admin")


def id_of(key: str) -> str:
    """What names an API key on its site's page: what stands before its secret part."""
    return "_".join(key.split("_")[:2])


def test_a_new_site_shows_keys_that_work_and_no_page_shows_them_again(
    app: Flask, store: Store, chief: FlaskClient
) -> None:
    answer = submit(chief, "/console/sites", "/console/sites", name="  The Herald ")
    assert answer.status_code == 201
    [made] = rows(store, Site, name="The Herald")
    key = re.search(r"wk_[\w-]+", answer.text)
    assert key is not None
    assert client_of(app, key[0]).get("/api/v1/comments").status_code == 200
    assert key[0] not in chief.get(f"/console/sites/{made.id}").text


@pytest.mark.parametrize("name", ["", "   ", "a" * 201])
def test_a_name_that_will_not_do_makes_and_renames_no_site(
    store: Store, chief: FlaskClient, site: CreatedSite, name: str
) -> None:
    made = submit(chief, "/console/sites", "/console/sites", name=name)
    path = f"/console/sites/{site.id}"
    renamed = submit(chief, path, f"{path}/name", name=name)
    for answer in (made, renamed):
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    assert [one.name for one in rows(store, Site)] == ["The Site"]


def test_no_two_sites_have_one_name(store: Store, chief: FlaskClient, site: CreatedSite) -> None:
    assert submit(chief, "/console/sites", "/console/sites", name=" the site").status_code == 422
    assert submit(chief, "/console/sites", "/console/sites", name="Herald").status_code == 201
    [made] = rows(store, Site, name="Herald")
    path = f"/console/sites/{made.id}"
    answer = submit(chief, path, f"{path}/name", name="The Site")
    assert answer.status_code == 422
    assert "There is a site The Site already." in answer.text
    assert submit(chief, path, f"{path}/name", name="HERALD").status_code == 303


def test_a_new_name_is_shown_and_on_record(store: Store, chief: FlaskClient, site: CreatedSite) -> None:
    path = f"/console/sites/{site.id}"
    answer = submit(chief, path, f"{path}/name", name="The <Herald>")
    assert answer.location == path
    assert "The &lt;Herald&gt;" in chief.get(path).text
    assert [one.site_id for one in rows(store, AuditEvent, action="site.renamed")] == [site.id]


def test_the_mode_is_changed_once_and_choosing_it_again_makes_no_version(
    store: Store, chief: FlaskClient, site: CreatedSite
) -> None:
    path = f"/console/sites/{site.id}"
    for _ in range(2):
        assert submit(chief, path, f"{path}/mode", mode="hold").status_code == 303
    with store.read() as session:
        row = policies.current(session, site.id)
    assert (row.document["mode"], row.version) == ("hold", 2)


@pytest.mark.parametrize(
    ("part", "form", "sentence"),
    [
        ("mode", {"mode": "off"}, "Choose one of the modes auto, hold, open, observe."),
        ("mode", {}, "Choose one of the modes auto, hold, open, observe."),
        ("keys", {"kind": "door"}, "Say which key: api or compat."),
        ("keys/revoke", {"key": "x"}, "Say which key: api, compat or browser."),
    ],
)
def test_a_choice_that_no_page_offers_is_refused_in_a_sentence(
    store: Store, chief: FlaskClient, site: CreatedSite, part: str, form: dict[str, str], sentence: str
) -> None:
    path = f"/console/sites/{site.id}"
    answer = chief.post(f"{path}/{part}", data=form | {"csrf_token": csrf_token(chief, path)})
    assert answer.status_code == 400
    assert sentence in answer.text


def test_a_key_is_replaced_without_a_gap_and_a_revoked_one_can_be_restored(
    make_app: Callable[..., Flask], store: Store, chief: FlaskClient, site: CreatedSite
) -> None:
    path = f"/console/sites/{site.id}"
    answer = submit(chief, path, f"{path}/keys", "api")
    assert answer.status_code == 201
    found = re.search(r"wk_[\w-]+", answer.text)
    assert found is not None
    both = (site.api_key, found[0])

    def statuses() -> list[int]:
        fresh = make_app()  # a web process remembers a key for five seconds
        return [client_of(fresh, key).get("/api/v1/comments").status_code for key in both]

    assert statuses() == [200, 200]
    old = id_of(site.api_key)
    assert submit(chief, path, f"{path}/keys/revoke", old).location == f"{path}#keys"
    assert statuses() == [401, 200]
    assert submit(chief, path, f"{path}/keys/restore", old).location == f"{path}#keys"
    assert statuses() == [200, 200]
    assert [row.action for row in rows(store, AuditEvent, site_id=site.id) if "key" in row.action] == [
        "site.key_rotated",
        "site.key_revoked",
        "site.key_restored",
    ]


def test_a_third_key_is_not_made_valid_again(store: Store, chief: FlaskClient, site: CreatedSite) -> None:
    path, first = f"/console/sites/{site.id}", id_of(site.api_key)
    for _ in range(2):
        assert submit(chief, path, f"{path}/keys", "api").status_code == 201
    submit(chief, path, f"{path}/keys/restore", first)
    assert "2 keys of this kind are valid, and no more can be." in chief.get(path).text


@pytest.mark.parametrize("part", ["revoke", "restore"])
@pytest.mark.parametrize("key", ["", "nothing", "\0"])
def test_a_key_that_the_site_has_not_is_not_found(chief: FlaskClient, site: CreatedSite, part: str, key: str) -> None:
    path = f"/console/sites/{site.id}"
    form = {"csrf_token": csrf_token(chief, path), "kind": "api", "key": key}
    assert chief.post(f"{path}/keys/{part}", data=form).status_code == 404


def test_a_site_that_was_never_used_is_deleted_and_no_other(
    app: Flask, store: Store, queues: Queues, chief: FlaskClient, site: CreatedSite
) -> None:
    accept(store, queues, site, "One.")
    submit(chief, "/console/sites", "/console/sites", name="Pedalfroum")
    [slip] = rows(store, Site, name="Pedalfroum")
    path = f"/console/sites/{slip.id}"
    page = chief.get(f"/console/sites/{site.id}").text
    assert "Delete this site" not in page
    token = csrf_token(chief, path)
    kept = chief.post(f"/console/sites/{site.id}/deletion", data={"csrf_token": token})
    assert (kept.status_code, "Comments came to this site" in kept.text) == (409, True)
    accounts.create_user(store, "pia", "none", PASSWORD, on_sites={slip.id: "admin"})
    other = app.test_client()
    submit_sign_in(other, "pia", PASSWORD)
    refused = other.post(f"{path}/deletion", data={"csrf_token": csrf_token(other, path)})
    assert (refused.status_code, "Delete this site" in other.get(path).text) == (403, False)
    gone = submit(chief, path, f"{path}/deletion")
    assert "The site Pedalfroum is deleted" in chief.get(gone.location).text
    assert [one.name for one in rows(store, Site)] == ["The Site"]
    [event] = rows(store, AuditEvent, action="site.deleted")
    assert (event.detail, event.actor.partition(":")[0]) == ({"site": slip.id, "name": "Pedalfroum"}, "user")
    assert "Pedalfroum" in chief.get("/console/audit").text
    assert submit(chief, "/console/sites", "/console/sites", name="Pedalfroum").status_code == 201


def test_a_site_that_only_a_drop_in_protocol_speaks_with_is_in_use(
    app: Flask, store: Store, settings: Settings, chief: FlaskClient
) -> None:
    made = create_site(store, settings, "Blog")
    path = f"/console/sites/{made.id}"
    token = csrf_token(chief, path)
    app.test_client().post("/1.1/verify-key", data={"key": made.compat_key, "blog": "https://blog.example"})
    asked = {
        "blog": "https://blog.example",
        "user_ip": "192.0.2.7",
        "comment_content": "Hm.",
        "comment_type": "comment",
    }
    app.test_client().post("/1.1/comment-check", data=asked | {"api_key": made.compat_key})
    assert "Delete this site" not in chief.get(path).text
    assert chief.post(f"{path}/deletion", data={"csrf_token": token}).status_code == 409
