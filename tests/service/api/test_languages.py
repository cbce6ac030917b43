"""Which languages are judged, and what a site sets for each: over the API."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models.languages import GRADES
from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.support.classifier import shipped


@pytest.fixture
def client(app: Flask, site: CreatedSite) -> FlaskClient:
    found = app.test_client()
    found.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {site.api_key}"
    return found


def languages(client: FlaskClient) -> dict[str, dict[str, Any]]:
    answer = client.get("/api/v1/languages")
    assert answer.status_code == 200
    return {one["code"]: one for one in answer.get_json()["languages"]}


def test_every_language_has_its_names_its_grade_and_what_the_site_does(client: FlaskClient) -> None:
    found = languages(client)
    assert found.keys() == GRADES.keys()
    assert {code: one["grade"] for code, one in found.items()} == dict(shipped().languages)
    assert found["en"] == {
        "code": "en", "name": "English", "own_name": "English", "grade": "learnt", "judged": True, "treatment": "judge",
    }  # fmt: skip
    assert (found["uk"]["own_name"], found["uk"]["judged"], found["uk"]["treatment"]) == ("українська", False, "hold")


def test_what_a_site_has_set_stands_there(client: FlaskClient) -> None:
    document = client.get("/api/v1/policy").get_json()
    sent = {"languages": {"en-GB": "hold", "uk": "rules", "HI_latn": "hold"}, "flag_unknown_language": False}
    kept = {name: value for name, value in document.items() if name in {"mode", "preset", "thresholds"}}
    answer = client.put("/api/v1/policy", json=kept | sent)
    assert answer.get_json()["languages"] == {"en": "hold", "uk": "rules", "hi-Latn": "hold"}
    found = languages(client)
    assert {code: found[code]["treatment"] for code in ("en", "uk", "hi-Latn", "el")} == {
        "en": "hold", "uk": "rules", "hi-Latn": "hold", "el": "judge",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ("de", ["Give an object: language to one of judge, lenient, balanced, strict, hold, rules."]),
        (["de"], ["Give an object: language to one of judge, lenient, balanced, strict, hold, rules."]),
        ({"tlh": "hold"}, {"tlh": ["There is no such language here; GET /api/v1/languages has those that there are."]}),
        (
            {"xx-YY": "hold"},
            {"xx-YY": ["There is no such language here; GET /api/v1/languages has those that there are."]},
        ),
        ({"de": "publish"}, {"de": ["Give one of judge, lenient, balanced, strict, hold, rules."]}),
        ({"de": None}, {"de": ["Give one of judge, lenient, balanced, strict, hold, rules."]}),
        ({"de": ["hold"]}, {"de": ["Give one of judge, lenient, balanced, strict, hold, rules."]}),
        (
            {"pt-BR": "hold", "pt-PT": "judge"},
            {"pt-PT": ["It is said twice, and differently, what becomes of Portuguese."]},
        ),
    ],
)
def test_what_is_no_setting_is_refused_by_name(client: FlaskClient, sent: object, errors: object) -> None:
    answer = client.put("/api/v1/rules", json={"languages": sent})
    assert answer.status_code == 422
    found = answer.get_json()["errors"]
    flat = errors if isinstance(errors, list) else {f"languages.{key}": said for key, said in dict(errors).items()}  # type: ignore[call-overload]
    assert found == ({"languages": flat} if isinstance(flat, list) else flat)


@pytest.mark.parametrize("held", [True, False])
def test_a_policy_of_an_earlier_version_means_what_it_meant(
    client: FlaskClient, store: Store, site: CreatedSite, held: bool
) -> None:
    with store.write() as session:
        row = policies.current(session, site.id)
        row.document = {name: value for name, value in row.document.items() if name != "languages"} | {
            "flag_unknown_language": held
        }
    found = languages(client)
    assert (found["en"]["treatment"], found["el"]["treatment"]) == ("judge", "hold" if held else "judge")
