"""Akismet's protocol from within WordPress: our must-use plugin, in WordPress's own HTTP library, and who calls it.

Needs `php` and an unpacked WordPress, at WINNOW_TEST_WORDPRESS or where Debian's package puts it; no database.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.comments import rows
from tests.support.compat import choose_scores, listening

WORDPRESS = Path(os.environ.get("WINNOW_TEST_WORDPRESS", "/usr/share/wordpress"))
PHP = shutil.which("php")
_ASK = Path(__file__).parent / "wordpress" / "ask.php"

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.slow,
    pytest.mark.skipif(
        PHP is None or not (WORDPRESS / "wp-includes").is_dir(), reason="needs php and an unpacked WordPress"
    ),
]

FLAGGED, REJECTED = "toxicity=0.6", "toxicity=0.95"
NOWHERE = "http://127.0.0.1:1"
#: The agents and fields of: the Akismet plugin about a visitor's comment, bbPress, a form that borrows the plugin's
#: agent, BuddyPress. The second and the third are how Pirate Forms and bbPress name the host.
OWN = (
    "https://rest.akismet.com",
    "WordPress/6.8 | Akismet/5.5",
    {"comment_post_ID": "1", "akismet_comment_nonce": "x"},
)
BBPRESS = ("https://KEY.rest.akismet.com", "bbPress/2.6.9 | Akismet/5.5", {"comment_post_ID": "3"})
FORM = ("http://KEY.rest.akismet.com", "WordPress/6.8 | Akismet/5.5", {"comment_type": "contact-form"})
BUDDYPRESS = ("https://rest.akismet.com", "BuddyPress/14 | Akismet/5.5", {"akismet_comment_nonce": "passed"})
OTHERS = (BBPRESS, FORM, BUDDYPRESS)

Caller = tuple[str, str, dict[str, str]]


def asks(caller: Caller, key: str, text: str, *, as_array: bool = False, headers: str = "User-Agent") -> list[Any]:
    """What such a plugin gives to wp_remote_post."""
    address, agent, own = caller
    fields = own | {"blog": "https://blog.example", "user_ip": "192.0.2.7", "comment_content": text}
    if "KEY" not in address:
        fields["api_key"] = key
    body = urlencode(fields)
    host = address.replace("KEY", key).partition("//")[2]
    sent = {headers: agent, "Host": host, "Content-Length": str(len(body))}
    args = {"httpversion": "1.0", "headers": sent, "body": fields if as_array else body}
    return [f"{address.replace('KEY', key)}/1.1/comment-check", args]


def ask(url: str, *asked: list[Any]) -> list[tuple[int, dict[str, str], str]]:
    """Each answer as the plugin's caller sees it: status, headers, body."""
    assert PHP is not None
    known = {"WORDPRESS": str(WORDPRESS), "WINNOW_URL": url, "ASKED": json.dumps(asked)}
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run([PHP, _ASK], env=kept | known, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return [tuple(one) for one in json.loads(done.stdout)]


@pytest.mark.parametrize("as_array", [True, False])
@pytest.mark.parametrize("caller", OTHERS)
def test_the_key_is_found_wherever_it_stands_and_the_verdict_is_true_or_false(
    url: str, site: CreatedSite, caller: Caller, as_array: bool
) -> None:
    texts = ("fine & well", FLAGGED, REJECTED)
    answers = ask(url, *(asks(caller, site.compat_key, text, as_array=as_array) for text in texts))
    assert [(status, body) for status, _, body in answers] == [(200, "false"), (200, "true"), (200, "true")]
    assert not any("x-akismet-error" in headers or "x-akismet-debug-help" in headers for _, headers, _ in answers)


def test_what_is_sent_on_is_what_was_sent(url: str, site: CreatedSite, store: Store) -> None:
    ask(url, asks(BBPRESS, site.compat_key, f"{FLAGGED} 100 % & é"), asks(OWN, site.compat_key, f"{FLAGGED} too"))
    assert sorted(one.comment for one in rows(store, Comment)) == [f"{FLAGGED} 100 % & é", f"{FLAGGED} too"]


def test_wordpress_own_check_is_kept_waiting(url: str, site: CreatedSite) -> None:
    [(_, headers, body)] = ask(url, asks(OWN, site.compat_key, FLAGGED))
    assert (body, headers["x-akismet-error"]) == ("held", "held-for-moderation")


@pytest.mark.parametrize("headers", ["User-Agent", "user-agent"])
def test_while_winnow_cannot_be_reached_nobody_publishes(site: CreatedSite, headers: str) -> None:
    asked = (asks(caller, site.compat_key, "fine", headers=headers) for caller in (*OTHERS, OWN))
    *others, (status, told, body) = ask(NOWHERE, *asked)
    assert [(status, body) for status, _, body in others] == [(200, "true")] * 3
    assert (status, body, told["x-akismet-error"]) == (503, "error", "unreachable")


@pytest.mark.usefixtures("without_a_model")
def test_while_winnow_cannot_judge_nobody_publishes(app: Flask, site: CreatedSite) -> None:
    with listening(app) as url:
        *others, (_, _, own) = ask(url, *(asks(caller, site.compat_key, "fine") for caller in (*OTHERS, OWN)))
    assert ([body for _, _, body in others], own) == (["true"] * 3, "error")


@pytest.mark.parametrize("caller", OTHERS)
def test_a_wrong_key_publishes_nothing_either(url: str, caller: Caller) -> None:
    assert [body for _, _, body in ask(url, asks(caller, "000000000000", "fine"))] == ["true"]


def test_a_page_of_some_proxy_is_no_answer_of_winnows(make_app: Callable[..., Flask], site: CreatedSite) -> None:
    app = make_app()
    choose_scores(app)
    with listening(app) as url:
        others = ask(f"{url}/console", *(asks(caller, site.compat_key, "fine") for caller in OTHERS))
    assert [body for _, _, body in others] == ["true"] * 3


def test_other_requests_are_left_alone(url: str) -> None:
    answers = ask(url, [f"{url}/healthz", {"method": "GET"}], ["http://rest.akismet.com.evil.invalid/", {}])
    assert [status for status, _, _ in answers] == [200, 0]
