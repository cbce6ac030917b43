"""Browsers keep static files under the version that a page was made with, and only those."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import static_files

pytestmark = pytest.mark.one_database

PAGES = ["/console/sign-in", "/demo/", "/api/docs"]


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_kept_for_ever(client: FlaskClient, page: str) -> None:
    files = re.findall(r'(?:href|src)="([^"]*/static/[^"]*)"', client.get(page).text)
    assert files
    for file in files:
        kept = client.get(file)
        assert kept.status_code == 200, file
        assert {"public", "immutable", "max-age=31536000"} == set(re.split(", *", kept.headers["Cache-Control"])), file


def test_a_script_finds_its_neighbours_in_its_own_version(client: FlaskClient) -> None:
    script = f"/console/static/{static_files.version()}/queue/queue.js"
    for name in re.findall(r'from "(\.[^"]+)"', client.get(script).text):
        neighbour = client.get(urljoin(script, name))
        assert (neighbour.status_code, neighbour.cache_control.immutable) == (200, True), name


def test_a_file_of_another_version_is_sent_and_may_not_be_kept(client: FlaskClient) -> None:
    sent = client.get("/console/static/0123456789/queue/queue.js")
    assert sent.status_code == 200
    assert sent.headers["Cache-Control"] == "no-cache"


def test_a_file_that_is_missing_is_not_remembered_as_missing(client: FlaskClient) -> None:
    missing = client.get(f"/console/static/{static_files.version()}/queue/nothing.js")
    assert missing.status_code == 404
    assert "max-age" not in missing.headers.get("Cache-Control", "")


def test_static_files_are_logged_only_where_they_fail(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    client = app.test_client()
    client.get(f"/console/static/{static_files.version()}/times.js")
    assert capsys.readouterr().err == ""
    client.get(f"/console/static/{static_files.version()}/nothing.js")
    assert "status=404" in capsys.readouterr().err
