"""After an erasure no file of `winnow up` holds a word of the comment or its author: not Redis' journal either."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import requests

from operations import embedded_redis
from tests.support.command_line import winnow
from tests.support.processes.installation import Installation
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

#: In no other place: the text, the name, the page, what came with the request.
TRACES = ("zqtext", "zqname", "zqmail", "zqsite", "203.0.113.177", "zqagent", "zquser", "zqquote")
FIELDS = {
    "name": "Zqname Person",
    "email": "zqmail@example.org",
    "url": "https://zqsite.example",
    "ip": "203.0.113.177",
    "user_agent": "Zqagent/1",
    "user_id": "zquser",
    "thread": "/page",
}
TEXT = "Zqtext, you are a stupid idiot"
COMPAT = {
    "comment_author": "Zqname Person",
    "comment_author_email": "zqmail@example.org",
    "comment_author_url": "https://zqsite.example",
    "user_ip": "203.0.113.177",
    "user_agent": "Zqagent/1",
    "comment_content": "Zqtext: > zqquote is an idiot, only an idiot could write something this stupid",
    "blog": "https://blog.example",
    "comment_post_ID": "3",
}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    made.start()
    yield made
    made.stop()


def found_in(directory: Path) -> dict[str, list[str]]:
    """File -> the traces that its bytes hold."""
    files = (path for path in [*directory.rglob("*"), directory.parent / "data.log"] if path.is_file())
    contents = {path.name: path.read_bytes().lower() for path in files}
    held = {name: [trace for trace in TRACES if trace.encode() in content] for name, content in contents.items()}
    return {name: traces for name, traces in held.items() if traces}


def test_no_file_of_the_data_folder_holds_what_was_erased(installation: Installation) -> None:
    site = f"{installation.url}/api/v1"
    made = json.loads(
        winnow("site", "create", "A blog", "--json", cwd=installation.data_dir.parent, **installation.environ).stdout
    )
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {made['api_key']}"
        sent = session.post(f"{site}/comments", json=FIELDS | {"comment": TEXT}, headers={"Prefer": "wait=10"})
        assert sent.ok, sent.text
        checked = requests.post(
            f"{installation.url}/1.1/comment-check", data=COMPAT | {"api_key": made["compat_key"]}, timeout=20
        )
        assert checked.text in {"true", "false", "held"}, checked.text
        report = session.post(
            f"{site}/comments/{sent.json()['id']}/reports", json={"reason": "offensive", "note": "zqquote"}
        )
        assert report.ok, report.text
        assert found_in(installation.data_dir), "before the erasure there is something to be found"
        with redis.Redis.from_url(embedded_redis.url(installation.data_dir)) as client:
            assert client.info("persistence")["aof_enabled"] == 1
            assert client.dbsize()
        listed = session.get(f"{site}/comments").json()["comments"]
        assert listed
        for comment in listed:
            assert session.delete(f"{site}/comments/{comment['id']}").status_code == 204
    eventually(lambda: not found_in(installation.data_dir), within=90, what="nothing of it is left")
