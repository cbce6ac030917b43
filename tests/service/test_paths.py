"""A slash too many in a drop-in protocol's address leads where the right address leads, and into the same lane."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from service.answering.turns import lane_of
from service.paths import tidy
from tests.service.compat.test_coral import request_of, signed

pytestmark = pytest.mark.one_database

#: With where a slash may come twice marked.
SCORING = ["/1.1/comment-check", "/v1/moderations", "/v1alpha1/comments:analyze", "/coral/phase"]


def spellings(path: str) -> list[str]:
    area, _, call = path[1:].partition("/")
    return [f"/{path}", f"/{area}//{call}", f"{path}/", f"{path}//", f"///{area}///{call}//"]


@pytest.mark.parametrize("path", SCORING)
def test_a_slash_too_many_changes_no_verdict(
    scored: Flask, store: Store, settings: Settings, site: CreatedSite, path: str
) -> None:
    with store.write() as session:
        sites.set_secret(session, settings, site.id, "coral", "secret")
    form = f"api_key={site.compat_key}&blog=b&comment_content=toxicity=0.95".encode()
    sent = {"input": "insult=0.9", "comment": {"text": "toxicity=0.95"}, "requestedAttributes": {"TOXICITY": {}}}
    of = {"/v1/moderations": ["input"], "/v1alpha1/comments:analyze": ["comment", "requestedAttributes"]}
    body = form if path.startswith("/1.") else json.dumps({name: sent[name] for name in of.get(path, [])}).encode()
    body = json.dumps(request_of("toxicity=0.95")).encode() if path == "/coral/phase" else body
    headers = {"Authorization": f"Bearer {site.compat_key}", "X-Coral-Signature": signed(body, "secret")}
    query = {"key": site.compat_key, "site": site.id}

    def answer(spelt: str) -> tuple[int, str]:
        said = scored.test_client().post(
            "/", environ_overrides={"PATH_INFO": spelt}, query_string=query, data=body, headers=headers,
            content_type="application/x-www-form-urlencoded" if body is form else "application/json",
        )  # fmt: skip
        return said.status_code, said.text.partition('"modr-')[2][32:] or said.text

    right = answer(path)
    assert right[0] == 200
    assert {answer(spelt) for spelt in spellings(path)} == {right}


@pytest.mark.parametrize("path", [*SCORING, "/api/v1/check"])
def test_a_slash_too_many_escapes_no_lane(path: str) -> None:
    def lane(spelt: str) -> object:
        scope = {"path": spelt, "method": "POST", "query_string": b"key=k&site=k", "headers": []}
        return lane_of(scope, lambda size: b"api_key=k"[:size])

    served = [f"/{path}"] if path.startswith("/api/") else spellings(path)
    assert {lane(spelt) for spelt in served} == {lane(path)}


@pytest.mark.parametrize("path", ["/api/v1/threads/https://a.example//b//comments", "/console/", "/v1", "/", "/1.1"])
def test_other_paths_stay_as_they_are(path: str) -> None:
    assert tidy(path) == path
