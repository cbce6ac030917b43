"""The OpenAPI document, and the page made from it."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient


def test_every_route_of_the_api_is_in_the_document(app: Flask, anonymous: FlaskClient) -> None:
    document = anonymous.get("/api/openapi.json").get_json()
    documented = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert documented == served
    assert document["openapi"].startswith("3.1")


def test_what_is_required_and_how_long_it_may_be_is_in_the_document(anonymous: FlaskClient) -> None:
    submission = anonymous.get("/api/openapi.json").get_json()["components"]["schemas"]["Submission"]
    assert submission["required"] == ["name", "comment"] or set(submission["required"]) == {"name", "comment"}
    assert submission["properties"]["comment"]["maxLength"] == 20_000
    assert submission["additionalProperties"] is False


def test_the_page_tells_of_every_operation_and_problem(anonymous: FlaskClient) -> None:
    document = anonymous.get("/api/openapi.json").get_json()
    page = anonymous.get("/api/docs").get_data(as_text=True)
    for methods in document["paths"].values():
        for operation in methods.values():
            assert f'<article id="{operation["operationId"]}">' in page
    problem = anonymous.get("/api/v1/policy").get_json()["type"]
    assert problem.startswith("/api/docs#")
    assert f'id="{problem.partition("#")[2]}"' in page


def test_the_page_needs_no_network_and_no_inline_script(anonymous: FlaskClient) -> None:
    response = anonymous.get("/api/docs")
    page = response.get_data(as_text=True)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page)
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    for asset in set(re.findall(r'(?:src|href)="(/[^"#]+)"', page)):
        with anonymous.get(asset) as answer:
            assert answer.status_code == 200


def test_the_page_and_the_document_are_made_once(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may ask for them, and making them takes 20 ms and more."""
    first = {path: client.get(path).data for path in ("/api/docs", "/api/openapi.json")}
    monkeypatch.delattr("service.docs.reading.sections")
    monkeypatch.delattr("service.docs.json")
    assert {path: client.get(path).data for path in first} == first
