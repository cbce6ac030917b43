"""A verdict is never taken for a failure, and a failure never for "clean": who calls, what is wrong, what is answered.

What each client makes of these answers is in tests/clients/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, WebhookEndpoint
from tests.support.akismet import WORDPRESS, Akismet
from tests.support.compat import choose_scores

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

FLAGGED, REJECTED, SPAM = "toxicity=0.6", "toxicity=0.95", "spam=0.95"
#: The headers whose mere presence some client takes for a failure.
FAILURES = ("X-akismet-error", "X-akismet-debug-help")
#: What WordPress's plugin adds to its own check, beside the post.
OF_THE_CHECK = ({"callback": "http://blog.example/hook"}, {"akismet_comment_nonce": "passed"}, {"recheck_reason": "x"})
#: Agent and fields of callers that know two verdicts, and take everything but `true` for "not spam".
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("MyApp/1.0 | Akismet/1.0", {}),
    ("MyApp/1.0 | Akismet/1.0", {"callback": "http://blog.example/hook"}),
    ("MyApp/1.0 | Akismet/1.0", {"recheck_reason": "edit", "comment_post_ID": "3"}),
    ("bbPress/2.6.9 | Akismet/5.3", {"comment_post_ID": "3", "comment_type": "topic"}),
    ("bbPress/2.6.9 | Akismet/5.3", {"comment_post_ID": "3", "comment_type": "reply", "is_test": "1"}),
    ("BuddyPress/14.0 | Akismet/5.5", {"akismet_comment_nonce": "passed", "comment_type": "activity_update"}),
    (WORDPRESS, {"comment_type": "contact-form"}),
    (WORDPRESS, {"comment_type": "contact_form", "comment_post_ID": "7"}),
    ("WordPress/6.5; https://blog.example", {"comment_post_ID": "7", "callback": "http://blog.example/hook"}),
    ("not WordPress/6.5 | Akismet/5.5", {"comment_post_ID": "7", "callback": "http://blog.example/hook"}),
    ("", {"comment_post_ID": "7"}),
]


@pytest.fixture
def blog(scored: Flask, site: CreatedSite) -> Akismet:
    return Akismet(scored.test_client(), site.compat_key)


@pytest.fixture(params=["classifier", "database", "rate limit"])
def blind(request: pytest.FixtureRequest, make_app: Callable[..., Flask], site: CreatedSite) -> Akismet:
    """A blog whose Winnow cannot judge."""
    if request.param == "classifier":
        request.getfixturevalue("without_a_model")
        return Akismet(make_app().test_client(), site.compat_key)
    if request.param == "database":
        return Akismet(make_app(database_url="sqlite:////nowhere/winnow.db").test_client(), site.compat_key)
    app = make_app(rate_limit="1 per hour")
    choose_scores(app)
    limited = Akismet(app.test_client(), site.compat_key)
    limited.check()
    return limited


@pytest.mark.parametrize(("agent", "fields"), OTHERS)
@pytest.mark.parametrize(
    ("text", "body"), [("fine", "false"), (FLAGGED, "true"), (REJECTED, "true"), (SPAM, "true"), ("unscorable", "true")]
)
def test_a_verdict_has_no_header_that_a_client_takes_for_a_failure(
    blog: Akismet, agent: str, fields: dict[str, Any], text: str, body: str
) -> None:
    answer = blog.check(text, sender=agent, **fields)
    assert (answer.status_code, answer.text) == (200, body)
    assert not any(name in answer.headers for name in FAILURES)
    assert ("X-winnow-held" in answer.headers) == (text in (FLAGGED, "unscorable"))


@pytest.mark.parametrize(("agent", "fields"), OTHERS)
def test_who_does_not_wait_is_never_told_that_we_cannot_judge(
    blind: Akismet, agent: str, fields: dict[str, Any]
) -> None:
    answer = blind.check("fine", sender=agent, **fields)
    assert (answer.status_code, answer.text) == (200, "true")
    assert not any(name in answer.headers for name in FAILURES)
    assert answer.headers["X-winnow-held"]


@pytest.mark.parametrize("fields", OF_THE_CHECK)
def test_wordpress_own_check_waits_and_asks_again(blind: Akismet, fields: dict[str, str]) -> None:
    answer = blind.check("fine", sender=WORDPRESS, comment_post_ID="1", **fields)
    assert answer.text == "error"
    assert all(name in answer.headers for name in FAILURES)


@pytest.mark.parametrize("fields", OF_THE_CHECK)
def test_wordpress_own_check_of_a_flagged_comment_is_kept_pending(blog: Akismet, fields: dict[str, str]) -> None:
    answer = blog.check(FLAGGED, sender=WORDPRESS, comment_post_ID="1", **fields)
    assert answer.text == ("false" if "callback" in fields else "held")
    assert answer.headers["X-akismet-error"] == "held-for-moderation"
    assert "X-akismet-debug-help" not in answer.headers, "it is no failure"


def test_who_is_not_wordpress_is_not_called_back(blog: Akismet, store: Store) -> None:
    blog.check(FLAGGED, callback="http://blog.example/hook")
    with store.read() as session:
        assert session.scalars(select(Comment.status)).all() == ["flagged"]
        assert session.scalars(select(WebhookEndpoint.id)).all() == []


@pytest.mark.parametrize(
    ("home", "callback"),
    [
        ("https://müller.example", "https://xn--mller-kva.example/hook"),
        ("müller.example/blog", "https://xn--mller-kva.example/hook"),
        ("https://MÜLLER.example.", "https://XN--mller-kva.example/hook"),
        ("https://mu\u0308ller.example", "https://xn--mller-kva.example/hook"),
        ("https://xn--mller-kva.example", "https://xn--mller-kva.example:8443/hook"),
        ("https://straße.example", "https://xn--strae-oqa.example/hook"),
        ("https://straße.example", "https://strasse.example/hook"),
        ("https://हिन्दी.example/हिंदी", "https://xn--j2bd4cyah0f.example/hook"),
        ("https://example.com/हिंदी", "https://example.com/hook"),
        ("https://пример.испытание", "https://xn--e1afmkfd.xn--80akhbyknj4f/hook"),
    ],
)
def test_a_host_in_other_letters_is_the_same_host(blog: Akismet, home: str, callback: str) -> None:
    answer = blog.check_as_wordpress(FLAGGED, blog=home, callback=callback)
    assert (answer.text, answer.headers["X-akismet-error"]) == ("false", "held-for-moderation")


@pytest.mark.parametrize(
    ("home", "callback"),
    [
        ("https://müller.example", "https://xn--mller-kvb.example/hook"),
        ("https://müller.example", "https://muller.example/hook"),
        ("https://müller.example", "https://müller.example.evil.example/hook"),
        ("https://" + "ü" * 200 + ".example", "https://blog.example/hook"),
        ("https://..example", "https://blog.example/hook"),
    ],
)
def test_another_host_is_not(blog: Akismet, home: str, callback: str) -> None:
    assert blog.check_as_wordpress(FLAGGED, blog=home, callback=callback).text == "held"
