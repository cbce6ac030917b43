"""Akismet's protocol, from the client's side: what WordPress sends, and how it answers a callback."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.receiver import Receiver

WORDPRESS = "WordPress/7.1.4 | Akismet/5.7.2"


class Akismet:
    """Calls an app as a blog does that has this key and address."""

    def __init__(self, client: FlaskClient, key: str, blog: str = "http://blog.example") -> None:
        self.client, self.key, self.blog = client, key, blog

    def call(self, method: str, *, sender: str = "Client/1.0", **fields: Any) -> TestResponse:
        """A form-encoded call; a field that is None is not sent."""
        sent = {"api_key": self.key, "blog": self.blog, "user_ip": "192.0.2.7"} | fields
        sent = {name: value for name, value in sent.items() if value is not None}
        return self.client.post(f"/1.1/{method}", data=sent, headers={"User-Agent": sender})

    def check(self, text: str | None = "A thoughtful remark.", **fields: Any) -> TestResponse:
        """comment-check, as a client that knows two verdicts sends it."""
        return self.call("comment-check", **{"comment_content": text, "comment_author": "Ada"} | fields)

    def check_as_wordpress(self, text: str, **fields: Any) -> TestResponse:
        """comment-check with the fields that WordPress sends with a visitor's comment, backslashes included."""
        sent = self._of_wordpress(text) | {
            "comment_content": _slashed(text),
            "callback": f"{self.blog}/wp-json/akismet/v1/webhook",
            "user_ID": "0",
            "akismet_comment_nonce": "passed",
            "POST_author": "Ada",
            "POST_comment": _slashed(text),
            "POST_ak_hp_textarea": "",
            "REQUEST_URI": "/wp-comments-post.php",
            "REMOTE_ADDR": "192.0.2.7",
            "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.5",
            "comment_context[0]": "gardening",
            "comment_context[1]": "soil",
        }
        return self.call("comment-check", sender=WORDPRESS, **sent | fields)

    def recheck(self, text: str, **fields: Any) -> TestResponse:
        """comment-check as WordPress asks again about a stored comment: no backslashes, no callback."""
        sent = self._of_wordpress(text) | {"recheck_reason": "retry", "comment_ID": "12"}
        return self.call("comment-check", sender=WORDPRESS, **sent | fields)

    def submit(self, what: str, text: str, **fields: Any) -> TestResponse:
        """submit-spam or submit-ham as WordPress does: the text without backslashes, and no guid."""
        return self.call(f"submit-{what}", sender=WORDPRESS, **self._of_wordpress(text) | fields)

    def _of_wordpress(self, text: str) -> dict[str, str]:
        return {
            "comment_post_ID": "1",
            "comment_author": "Ada",
            "comment_author_email": "ada@example.org",
            "comment_author_url": "",
            "comment_content": text,
            "comment_type": "comment",
            "comment_parent": "0",
            "user_id": "0",
            "user_agent": "Mozilla/5.0",
            "referrer": f"{self.blog}/hello",
            "permalink": f"{self.blog}/hello/",
            "blog_lang": "en_US",
            "blog_charset": "UTF-8",
        }


class WordPress:
    """A receiver that answers callbacks as WordPress does: it knows some guids, or refuses the key."""

    def __init__(self, receiver: Receiver, key: str) -> None:
        self.receiver, self.key = receiver, key
        self.guids: set[str] = set()
        #: guid -> the result that it was last told.
        self.told: dict[str, str] = {}
        receiver.behave(self._answer)

    @property
    def blog(self) -> str:
        return self.receiver.url.removesuffix("/hook")

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        sent = self.receiver.requests[-1].json
        if sent["key"].lower() != self.key.lower():
            return _send(handler, 401, {"code": "rest_forbidden"})
        answers = {}
        for comment in sent["comments"]:
            guid = comment["guid"]
            if guid not in self.guids:
                answers[guid] = {"status": "error", "message": "Could not find matching comment."}
                continue
            if isinstance(comment["result"], str):  # WordPress compares with texts, and ignores anything else
                self.told[guid] = comment["result"]
            answers[guid] = {"status": "success"}
        return _send(handler, 200, {"comments": answers})


def _send(handler: BaseHTTPRequestHandler, status: int, content: Any) -> None:
    body = json.dumps(content).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json; charset=UTF-8")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _slashed(text: str) -> str:
    return "".join(f"\\{character}" if character in "'\"\\" else character for character in text)
