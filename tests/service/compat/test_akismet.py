"""Akismet's protocol: published clients run unchanged, and nothing that went wrong is ever answered `false`."""

from __future__ import annotations

import codecs
import gzip
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, Feedback, ReviewItem
from tests.support import ROOT
from tests.support.akismet import Akismet
from tests.support.clock import Clock
from tests.support.comments import dump, rows, set_policy
from tests.support.compat import choose_scores

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

NPM = ROOT / "tests" / "support" / "npm"
THANKS = "Thanks for making the web a better place."
FLAGGED, REJECTED, SPAM, BLATANT = "toxicity=0.6", "toxicity=0.95", "spam=0.95", "spam=0.9995 http://pills.example"


@pytest.fixture
def blog(scored: Flask, site: CreatedSite) -> Akismet:
    return Akismet(scored.test_client(), site.compat_key)


def verdict(response: Any) -> tuple[str, str | None]:
    """The body, and X-akismet-error. Every answer has status 200, a length and a guid."""
    assert response.status_code == 200
    assert response.headers["X-akismet-guid"]
    assert response.headers["Content-Length"] == str(len(response.data))
    return response.text, response.headers.get("X-akismet-error")


# --- verdicts -----------------------------------------------------------------------------------------------------


def test_verdicts(blog: Akismet) -> None:
    assert verdict(blog.check("A thoughtful remark.")) == ("false", None)
    assert verdict(blog.check(SPAM)) == ("true", None)
    assert verdict(blog.check(REJECTED)) == ("true", None)


def test_a_slash_behind_a_call_changes_nothing(blog: Akismet) -> None:
    """An answer of `invalid` would tell the client to give its key up."""
    assert verdict(blog.call("comment-check/", comment_content=SPAM, comment_author="Ada")) == ("true", None)
    assert verdict(blog.call("verify-key/")) == ("valid", None)
    for call in ("submit-ham", "submit-spam", "deactivate", "get-subscription", "get-stats", "test"):
        with_slash, without = (blog.call(name, comment_content=SPAM) for name in (f"{call}/", call))
        assert (with_slash.text == "invalid") == (without.text == "invalid"), call


def test_only_blatant_spam_may_be_discarded_unseen(blog: Akismet) -> None:
    assert blog.check(BLATANT).headers["X-akismet-pro-tip"] == "discard"
    assert "X-akismet-pro-tip" in blog.check("spam=0.9995", POST_ak_hp_textarea="filled in").headers
    for text in (SPAM, f"{SPAM} http://pills.example", "spam=0.9995 words alone", "toxicity=0.9999", FLAGGED):
        assert "X-akismet-pro-tip" not in blog.check(text).headers


def test_what_was_decided_at_once_is_not_kept(blog: Akismet, store: Store) -> None:
    for text in ("A thoughtful remark.", SPAM, REJECTED):
        blog.check_as_wordpress(text)
    assert rows(store, Comment) == []
    assert "thoughtful" not in dump(store)


@pytest.mark.parametrize(
    "fields",
    [
        {"comment_author": "akismet-guaranteed-spam"},
        {"comment_author_email": "akismet-guaranteed-spam@example.com"},
        {"comment_author": "viagra-test-123"},
    ],
)
def test_guaranteed_spam_is_spam(blog: Akismet, fields: dict[str, str]) -> None:
    assert verdict(blog.check(**fields)) == ("true", None)
    assert verdict(blog.check(None, is_test="1", **fields)) == ("true", None)


def test_an_administrator_is_never_spam(blog: Akismet) -> None:
    assert verdict(blog.check(SPAM, user_role="administrator")) == ("false", None)
    assert verdict(blog.check(SPAM, user_role="editor, administrator")) == ("false", None)
    assert verdict(blog.check(SPAM, user_role="editor")) == ("true", None)


def test_a_test_is_not_counted_and_nothing_of_it_kept(blog: Akismet, store: Store) -> None:
    for is_test in ("1", "true", "True"):
        assert verdict(blog.check_as_wordpress(FLAGGED, is_test=is_test))[1] == "held-for-moderation"
        blog.submit("spam", FLAGGED, is_test=is_test)
    assert rows(store, Comment) == []
    assert rows(store, Feedback) == []
    assert usage(blog)["usage"] == 0


def test_the_sites_policy_decides(blog: Akismet, store: Store, site: CreatedSite) -> None:
    set_policy(
        store,
        site,
        blocked_authors=["troll@example.org"],
        trusted_authors=["friend@example.org"],
        blocked_ips=["198.51.100.0/24"],
        banned_words=["pineapple"],
        max_links=1,
    )
    assert verdict(blog.check(comment_author_email="Troll@Example.org")) == ("true", None)
    assert verdict(blog.check(SPAM, comment_author_email="friend@example.org", user_id="7")) == ("false", None)
    assert verdict(blog.check(SPAM, comment_author_email="friend@example.org"))[0] == "true", "anybody can type it"
    assert verdict(blog.check(user_ip="198.51.100.9")) == ("true", None)
    assert verdict(blog.check("Put pineapple on it.")) == ("true", None)
    assert verdict(blog.check_as_wordpress("http://a.example http://b.example")) == ("false", "held-for-moderation")


def test_a_site_that_holds_everything_holds(blog: Akismet, store: Store, site: CreatedSite) -> None:
    set_policy(store, site, mode="hold")
    assert verdict(blog.check_as_wordpress("A thoughtful remark.")) == ("false", "held-for-moderation")


def test_a_site_that_publishes_first_keeps_what_a_moderator_should_see(
    blog: Akismet, store: Store, site: CreatedSite
) -> None:
    set_policy(store, site, mode="open")
    assert verdict(blog.check_as_wordpress(SPAM)) == ("false", None)
    assert [one.status for one in rows(store, Comment)] == ["published"]
    assert len(rows(store, ReviewItem)) == 1


def test_the_same_words_from_others_within_a_day_are_held(blog: Akismet) -> None:
    first = {"comment_author_email": "a@example.org", "permalink": "http://blog.example/1"}
    assert verdict(blog.check_as_wordpress("Great post, I learnt a lot from what you say of soil!", **first)) == (
        "false",
        None,
    )
    assert verdict(blog.check_as_wordpress("Great post, I learnt a lot from what you say of soil!", **first)) == (
        "false",
        None,
    ), "sent a second time"
    other = first | {"comment_author_email": "b@example.org"}
    assert verdict(
        blog.check_as_wordpress("great  POST, i learnt a l\u200bot from what you say of soil!", **other)
    ) == ("false", "held-for-moderation")


def test_signals_reach_the_classifier(blog: Akismet, store: Store) -> None:
    shown = int(time.time() * 1000) - 30_000
    blog.check_as_wordpress(
        FLAGGED, POST_ak_js=str(shown), POST_ak_bfs=str(shown + 1500), POST_ak_hp_textarea="filled in"
    )
    blog.check(f"{FLAGGED} too", honeypot_field_name="trap", trap="filled in", comment_type="reply", callback="x")
    first, second = rows(store, Comment)
    assert first.origin is not None
    assert first.origin["signals"] == {"honeypot": True, "seconds_on_page": 1.5, "comment_type": "comment"}
    assert second.origin is not None
    assert second.origin["signals"] == {"honeypot": True, "comment_type": "reply"}
    assert (first.email, first.ip, first.user_agent) == ("ada@example.org", "192.0.2.7", "Mozilla/5.0")


def test_a_page_that_links_here_is_judged_by_its_title_too(blog: Akismet) -> None:
    assert verdict(blog.check("[…] a quote […]", comment_author=SPAM, comment_type="trackback"))[0] == "true"


@pytest.mark.parametrize("field", ["comment_type", "content_type"])
def test_a_form_without_a_text_is_judged_by_its_name(blog: Akismet, field: str) -> None:
    """Discourse says by `content_type` that it asks about an account, which need have no text."""
    assert verdict(blog.check(None, comment_author=SPAM, **{field: "signup"}))[0] == "true"
    assert verdict(blog.check("", comment_author="ada", **{field: "signup"}))[0] == "false"


# --- holding ------------------------------------------------------------------------------------------------------


def test_wordpress_keeps_a_flagged_comment_pending_until_it_is_called_back(blog: Akismet, store: Store) -> None:
    answer = blog.check_as_wordpress(f'It\'s "{FLAGGED}" in C:\\temp', comment_author="O\\'Neil")
    assert verdict(answer) == ("false", "held-for-moderation")
    assert "X-akismet-recheck-after" not in answer.headers
    assert "flag threshold" in answer.headers["X-winnow-held"]
    [comment] = rows(store, Comment)
    assert (comment.status, comment.external_id) == ("flagged", answer.headers["X-akismet-guid"])
    assert (comment.name, comment.comment) == ("O'Neil", f'It\'s "{FLAGGED}" in C:\\temp')
    assert comment.thread == "http://blog.example/hello/"
    [item] = rows(store, ReviewItem)
    assert (item.comment_id, item.kind) == (comment.id, "flag")


def test_who_cannot_be_called_back_gets_no_verdict_that_publishes(blog: Akismet) -> None:
    old = blog.check_as_wordpress(FLAGGED, callback=None)
    assert verdict(old) == ("held", "held-for-moderation"), "WordPress asks again about what is no verdict"
    assert verdict(blog.check(f"{FLAGGED} too")) == ("true", None), "others know two verdicts"


@pytest.mark.parametrize(
    "callback",
    [
        "http://elsewhere.example/wp-json/akismet/v1/webhook",
        "http://user:secret@blog.example/",
        "file:///etc/passwd",
        "nonsense",
        "http://[",
        "http://blog.example/" + "x" * 3000,
    ],
)
def test_a_callback_to_anywhere_but_the_blog_is_not_taken(blog: Akismet, store: Store, callback: str) -> None:
    assert verdict(blog.check_as_wordpress(FLAGGED, callback=callback)) == ("held", "held-for-moderation")
    [comment] = rows(store, Comment)
    assert comment.origin is not None
    assert "endpoint_id" not in comment.origin


def test_a_request_made_again_keeps_one_comment(blog: Akismet, store: Store) -> None:
    first, second = blog.check_as_wordpress(FLAGGED), blog.check_as_wordpress(FLAGGED)
    assert first.headers["X-akismet-guid"] == second.headers["X-akismet-guid"]
    assert verdict(first) == verdict(second)
    assert len(rows(store, Comment)) == len(rows(store, ReviewItem)) == 1


def test_a_comment_that_could_not_be_scored_is_held(blog: Akismet, store: Store) -> None:
    assert verdict(blog.check_as_wordpress("unscorable")) == ("false", "held-for-moderation")
    assert [one.status for one in rows(store, Comment)] == ["flagged"]


# --- keys and bad input -------------------------------------------------------------------------------------------


def test_a_key_may_be_in_the_body_or_the_first_label_of_the_host(scored: Flask, site: CreatedSite) -> None:
    client = scored.test_client()
    sent = {"blog": "http://blog.example", "user_ip": "192.0.2.7", "comment_content": "Hello"}
    for fields, host in (
        ({"api_key": site.compat_key.upper()}, "winnow.example"),
        ({"key": site.compat_key}, "winnow.example"),
        ({}, f"{site.compat_key}.winnow.example:8000"),
    ):
        assert client.post("/1.1/comment-check", data=sent | fields, headers={"Host": host}).text == "false"
    assert (
        client.post("/1.1/comment-check", data=sent, headers={"Host": "abcdefghijkl.winnow.example"}).text == "invalid"
    )


def test_verify_key(blog: Akismet, site: CreatedSite) -> None:
    assert verdict(blog.call("verify-key", api_key=None, key=site.compat_key)) == ("valid", None)
    assert verdict(blog.call("verify-key")) == ("valid", None)
    for wrong in ("000000000000", "", "é" * 12, "x" * 5000, site.api_key):
        answer = blog.call("verify-key", api_key=None, key=wrong)
        assert verdict(answer) == ("invalid", None)
        assert answer.headers["X-akismet-debug-help"]
    assert verdict(blog.call("verify-key", blog=None))[0] == "invalid"


def test_a_revoked_key_is_invalid(store: Store, settings: Settings, site: CreatedSite, blog: Akismet) -> None:
    first = sites.rotate_key(store, settings, site.id, "compat").compat_key
    sites.rotate_key(store, settings, site.id, "compat")
    assert verdict(blog.check()) == ("invalid", "invalid-key")
    assert verdict(blog.call("verify-key"))[0] == "invalid"
    assert first is not None
    assert verdict(blog.call("verify-key", api_key=first))[0] == "valid", "two are valid while a key is rotated"


@pytest.mark.parametrize("method", ["comment-check", "submit-spam", "submit-ham"])
def test_without_a_valid_key_it_is_invalid(blog: Akismet, method: str) -> None:
    for key in (None, "", "000000000000", "\x00", "ключ"):
        assert verdict(blog.call(method, api_key=key, comment_content="Hello")) == ("invalid", "invalid-key")


@pytest.mark.parametrize("method", ["comment-check", "submit-spam", "submit-ham"])
def test_required_fields(blog: Akismet, method: str) -> None:
    for lacking in (None, "", " "):
        answer = blog.call(method, comment_content="Hello", blog=lacking)
        assert verdict(answer) == ("Missing required field: blog", "missing-required-field")
        assert answer.headers["X-akismet-debug-help"] == "Missing required field: blog"


@pytest.mark.parametrize("address", ["", None])
def test_without_an_address_it_is_judged(blog: Akismet, store: Store, address: str | None) -> None:
    """Rakismet and Artalk leave out what is empty, and publish on everything but `true`."""
    assert verdict(blog.check(user_ip=address)) == ("false", None)
    assert verdict(blog.check(FLAGGED, user_ip=address)) == ("true", None)
    assert blog.submit("spam", "Hello", user_ip=address).text.startswith("Thanks")
    assert [one.ip for one in rows(store, Comment)] == [None]


def test_too_long_a_comment_is_held(blog: Akismet) -> None:
    for long in ("word " * 20_000, "x" * 2_000_000):
        answer = blog.check(long)
        assert verdict(answer) == ("true", None)
        assert "too l" in answer.headers["X-winnow-held"]
    assert verdict(blog.check_as_wordpress("word " * 20_000)) == ("error", "too-large")
    assert verdict(blog.check("word " * 13_000)) == ("false", None)


def test_over_the_limit_nothing_is_cleared(make_app: Callable[..., Flask], site: CreatedSite) -> None:
    app = make_app(rate_limit="3 per minute")
    choose_scores(app)
    blog = Akismet(app.test_client(), site.compat_key)
    assert [verdict(blog.check()) for _ in range(4)] == [("false", None)] * 3 + [("true", None)]
    assert verdict(blog.check_as_wordpress("A thoughtful remark.")) == ("error", "too-many-requests")
    assert verdict(blog.call("verify-key"))[0] not in {"valid", "invalid"}, "it would lose its key"
    assert verdict(blog.submit("spam", "Hello"))[0] != THANKS


def test_without_redis_verdicts_are_given(make_app: Callable[..., Flask], site: CreatedSite) -> None:
    app = make_app(redis_url="redis://127.0.0.1:1")
    choose_scores(app)
    blog = Akismet(app.test_client(), site.compat_key)
    assert verdict(blog.check()) == ("false", None)
    assert verdict(blog.check_as_wordpress(FLAGGED)) == ("false", "held-for-moderation")
    assert verdict(blog.submit("spam", "Hello")) == (THANKS, None)


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("application/json", b'{"api_key": "KEY", "blog": "http://blog.example", "user_ip": "192.0.2.7"}'),
        ("application/json", b"{"),
        ("application/x-www-form-urlencoded", b'{"api_key": "KEY", "comment_content": "you & you"}'),
        ("application/x-www-form-urlencoded", "api_key=KEY&blog=b&user_ip=x&comment_content=x".encode("utf-16")),
        (
            "application/x-www-form-urlencoded",
            gzip.compress(b"api_key=KEY&blog=b&user_ip=x&comment_content=x", mtime=0),
        ),
        ("application/x-www-form-urlencoded", b'--x\r\nContent-Disposition: form-data; name="api_key"\r\n\r\nKEY\r\n'),
        ("application/x-www-form-urlencoded", b"%"),
        ("application/x-www-form-urlencoded", b"&&==&"),
    ],
)
@pytest.mark.parametrize("method", ["comment-check", "submit-spam", "verify-key"])
def test_a_body_that_is_no_form_does_not_say_that_its_key_is_wrong(
    scored: Flask, site: CreatedSite, method: str, content_type: str, data: bytes
) -> None:
    data = data.replace(b"KEY", site.compat_key.encode())
    answer = scored.test_client().post(f"/1.1/{method}", data=data, content_type=content_type)
    if method == "comment-check":
        assert verdict(answer) == ("true", None)
        assert "form-encoded" in answer.headers["X-winnow-held"]
    else:
        assert verdict(answer) == ("error", "malformed-request")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_that_lost_its_form_is_no_wrong_key_and_its_comment_is_held(scored: Flask, method: str) -> None:
    """A redirect to https makes a POST a GET without a body."""
    answer = scored.test_client().open("/1.1/comment-check", method=method)
    assert verdict(answer) == ("true", None)
    assert "does not redirect" in answer.headers["X-winnow-held"]
    assert verdict(scored.test_client().open("/1.1/verify-key", method=method)) == ("error", "malformed-request")


@pytest.mark.parametrize(("text", "body"), [("fine", "false"), (FLAGGED, "true")])
def test_a_call_is_read_from_its_address(scored: Flask, site: CreatedSite, text: str, body: str) -> None:
    """`akismet-go` asks by GET, also for reports."""
    sent = {"api_key": site.compat_key, "blog": "b", "comment_content": text}
    for call, answer in (("comment-check", body), ("submit-ham", THANKS), ("verify-key", "valid")):
        assert verdict(scored.test_client().get(f"/1.1/{call}", query_string=sent)) == (answer, None)


@pytest.mark.parametrize("content_type", ["text/plain;charset=UTF-8", "application/octet-stream", None])
@pytest.mark.parametrize("before", [b"", codecs.BOM_UTF8, b"\r\n", codecs.BOM_UTF8 + b" \n"])
def test_a_form_is_read_whatever_it_is_called(
    scored: Flask, site: CreatedSite, content_type: str | None, before: bytes
) -> None:
    data = before + f"api_key={site.compat_key}&blog=b&user_ip=x&comment_content={FLAGGED}".encode()
    answer = scored.test_client().post("/1.1/comment-check", data=data, content_type=content_type)
    assert verdict(answer) == ("true", None)
    assert "threshold" in answer.headers["X-winnow-held"]


@pytest.mark.parametrize("separator", ["&", "&amp;", ";"])
def test_a_form_is_read_whatever_php_puts_between_its_fields(scored: Flask, site: CreatedSite, separator: str) -> None:
    """`http_build_query` does as the server's `arg_separator.output` says."""
    fields = (f"api_key={site.compat_key}", "blog=b", "user_ip=x", f"comment_content={FLAGGED}+a+%26amp%3B+b%3B+c")
    answer = scored.test_client().post(
        "/1.1/comment-check", data=separator.join(fields), content_type="application/x-www-form-urlencoded"
    )
    assert verdict(answer) == ("true", None)
    assert "threshold" in answer.headers["X-winnow-held"]


def test_a_text_with_separators_in_it_ends_where_it_ends(scored: Flask, site: CreatedSite, store: Store) -> None:
    """As clients that encode too little send it: nothing of the text becomes a field by which a site vouches."""
    text = f"{FLAGGED}&amp;user_role=administrator;user_role=administrator"
    data = f"api_key={site.compat_key}&blog=b&user_ip=x&comment_content={text}"
    answer = scored.test_client().post("/1.1/comment-check", data=data, content_type="text/plain")
    assert verdict(answer) == ("true", None)
    [comment] = rows(store, Comment)
    assert comment.comment.startswith(FLAGGED)


def test_a_form_of_parts_is_read_too(scored: Flask, site: CreatedSite) -> None:
    sent = {"api_key": site.compat_key, "blog": "http://blog.example", "user_ip": "::1", "comment_content": SPAM}
    answer = scored.test_client().post("/1.1/comment-check", data=sent, content_type="multipart/form-data")
    assert verdict(answer) == ("true", None)


@pytest.mark.parametrize(
    "text",
    [
        "\u200f right to left",
        "zero\u200bwidth\u200d",
        "a\x00b",
        "א" * 100,
        "!" * 5000,
        "\\",
        "\\\\'",
        "<b>x</b>" * 500,
        "\ufffd",
    ],
)
def test_odd_texts_are_judged_and_can_be_kept(blog: Akismet, text: str) -> None:
    assert verdict(blog.check(text)) == ("false", None)
    held = f"{text} {FLAGGED}"
    odd = {"comment_author": text[:300], "comment_author_email": text[:400], "comment_author_url": text[:3000]}
    assert verdict(blog.check_as_wordpress(held, **odd, permalink=text)) == ("false", "held-for-moderation")
    assert verdict(blog.submit("ham", held, **odd)) == (THANKS, None)


def test_half_a_character_in_the_body_is_read_as_unreadable(scored: Flask, site: CreatedSite) -> None:
    body = (
        f"api_key={site.compat_key}&blog=http://b.example&user_ip=x&comment_content=a%ED%A0%80b%FF+{FLAGGED}".encode()
    )
    answer = scored.test_client().post(
        "/1.1/comment-check", data=body, content_type="application/x-www-form-urlencoded; charset=latin-1"
    )
    assert verdict(answer) == ("true", None)
    assert answer.headers["X-winnow-held"]


def test_a_thousand_unknown_fields_are_tolerated(blog: Akismet) -> None:
    many = {f"POST_field_{number}": "x" * 50 for number in range(1000)}
    assert verdict(blog.check_as_wordpress(SPAM, **many)) == ("true", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"comment_date_gmt": "yesterday"},
        {"comment_date_gmt": "9999-12-31 23:59:59"},
        {"comment_date_gmt": "2026-11-23T10:00:00+99:00"},
        {"blog": "http://["},
        {"blog": "not a URL"},
        {"user_ip": "not an address"},
        {"user_ip": "fe80::1%eth0"},
        {"comment_author_url": "javascript:alert(1)"},
        {"comment_type": "x" * 1000},
        {"POST_ak_js": "9" * 400},
        {"POST_ak_js": "١٢٣"},
        {"honeypot_field_name": "comment_content"},
        {"honeypot_field_name": ""},
        {"comment_post_ID": "1" * 1000},
        {"user_id": "x" * 1000},
        {"recheck_reason": "edit"},
        {"user_role": ",,,"},
    ],
)
def test_fields_that_make_no_sense_do_not_matter(blog: Akismet, fields: dict[str, str]) -> None:
    assert verdict(blog.check_as_wordpress(FLAGGED, **fields))[1] == "held-for-moderation"


@pytest.mark.parametrize(("method", "path"), [("GET", "/1.1/submit"), ("PUT", "/1.1/submit-ham"), ("POST", "/1.2/x/y")])
def test_calls_that_there_are_none_of_have_a_guid_too(scored: Flask, method: str, path: str) -> None:
    answer = scored.test_client().open(path, method=method)
    assert (answer.status_code, answer.text) == (404, "invalid")
    assert answer.headers["X-akismet-guid"]


def test_no_words_key_or_address_in_the_log(
    blog: Akismet, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level("DEBUG"):
        blog.check_as_wordpress(f"a secret {FLAGGED}")
        blog.check(f"a secret {FLAGGED}", callback="http://secret.example/")
        blog.submit("spam", "a secret")
    written = capfd.readouterr()
    logged = caplog.text + written.out + written.err
    for hidden in ("a secret", "ada@example.org", "192.0.2.7", blog.key, "secret.example"):
        assert hidden not in logged


# --- usage --------------------------------------------------------------------------------------------------------


def usage(blog: Akismet, name: str = "usage-limit", **query: str) -> Any:
    return blog.client.get(f"/1.2/{name}", query_string={"api_key": blog.key} | query).json


def test_usage_is_counted_for_each_blog_and_month(blog: Akismet, other_site: CreatedSite, clock: Clock) -> None:
    for text in ("Hello", SPAM, FLAGGED):
        blog.check(text)
    blog.submit("spam", "Hello")
    blog.submit("ham", SPAM)
    second = Akismet(blog.client, blog.key, "https://Second.example/news/")
    second.check("Good evening")
    month = f"{clock.now:%Y-%m}"
    listed = usage(blog, "key-sites")
    assert listed == {
        month: [
            {
                "site": "blog.example",
                "api_calls": 5,
                "spam": 1,
                "ham": 1,
                "missed_spam": 1,
                "false_positives": 1,
                "is_revoked": False,
            },
            {
                "site": "second.example/news",
                "api_calls": 1,
                "spam": 0,
                "ham": 1,
                "missed_spam": 0,
                "false_positives": 0,
                "is_revoked": False,
            },
        ],
        "limit": 500,
        "offset": 0,
        "total": 2,
    }
    assert [one["site"] for one in usage(blog, "key-sites", filter="second")[month]] == ["second.example/news"]
    assert [one["site"] for one in usage(blog, "key-sites", limit="1", offset="1")[month]] == ["second.example/news"]
    assert usage(blog, "key-sites", month="2001-01") == {"2001-01": [], "limit": 500, "offset": 0, "total": 0}
    table = blog.client.get(f"/1.2/key-sites?api_key={blog.key}&format=csv&limit=10").text.splitlines()
    assert table == [
        f"Active sites for {blog.key} during {month} (limit:10, offset: 0, total: 2)",
        "Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked",
        "blog.example,5,1,1,1,1,false",
        "second.example/news,1,0,1,0,0,false",
    ]
    Akismet(blog.client, blog.key, "=cmd|x").check()
    formula = blog.client.get(f"/1.2/key-sites?api_key={blog.key}&format=csv&filter=cmd").text.splitlines()[-1]
    assert formula == "'=cmd|x,1,0,1,0,0,false"
    assert usage(blog)["usage"] == 7
    assert usage(Akismet(blog.client, other_site.compat_key))["usage"] == 0


def test_the_last_months_are_summed_for_wordpresss_settings_page(blog: Akismet, clock: Clock) -> None:
    clock.advance(days=-(clock.now.day - 1))  # the first, so that a month is a month
    clock.advance(days=-40)
    blog.check(SPAM)
    clock.advance(days=40)
    blog.check(f"{SPAM} again")
    stats = [blog.call("get-stats", **{"from": since}).get_json()["spam"] for since in ("60-days", "6-months", "all")]
    assert stats == [1, 2, 2]


def test_akismets_own_sdk_is_told_of_the_account_and_of_all_blogs_of_a_key(blog: Akismet) -> None:
    """What its source takes: a date of billing that is false or a number, and counts that are numbers."""
    blog.check(SPAM)
    other = Akismet(blog.client, blog.key, blog="https://another.example")
    other.check(f"{SPAM} again")
    other.submit("ham", f"{SPAM} again")
    assert blog.call("get-subscription").get_json()["next_billing_date"] is False
    of_key = blog.client.post("/1.2/get-key-stats", data={"key": blog.key, "from": "6-months"}).get_json()
    of_blog = blog.call("get-stats", **{"from": "6-months"}).get_json()
    assert [(stats["spam"], stats["false_positives"], stats["accuracy"]) for stats in (of_key, of_blog)] == [
        (2, 1, 50.0),
        (1, 0, 100.0),
    ]


#: Blog -> what it had judged, in the order in which the blogs called.
CALLED = {
    "b.example": [SPAM, "Hello"],
    "A.example/News/": ["Hello there", "Good evening", "Good night"],
    "c.example": ["Good morning", SPAM + " too", SPAM + " once more"],
}


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        # The most calls first, and of as many by name.
        ({}, ["a.example/News", "c.example", "b.example"]),
        ({"order": "total"}, ["a.example/News", "c.example", "b.example"]),
        ({"order": "spam"}, ["c.example", "b.example", "a.example/News"]),
        ({"order": "ham"}, ["a.example/News", "b.example", "c.example"]),
        ({"order": "missed_spam"}, ["a.example/News", "b.example", "c.example"]),
        ({"order": "nonsense"}, ["a.example/News", "c.example", "b.example"]),
        ({"filter": "NEWS"}, ["a.example/News"]),
        ({"filter": "example"}, ["a.example/News", "c.example", "b.example"]),
        ({"filter": "nowhere"}, []),
        ({"limit": "2"}, ["a.example/News", "c.example"]),
        ({"limit": "2", "offset": "2"}, ["b.example"]),
        ({"offset": "3"}, []),
        ({"limit": "0"}, []),
    ],
)
def test_blogs_are_listed_in_the_order_and_part_that_is_asked_for(
    blog: Akismet, clock: Clock, query: dict[str, str], listed: list[str]
) -> None:
    for name, texts in CALLED.items():
        for text in texts:
            Akismet(blog.client, blog.key, f"https://{name}").check(text)
    found = usage(blog, "key-sites", **query)
    month = f"{clock.now:%Y-%m}"
    assert [one["site"] for one in found[month]] == listed
    assert found["total"] == (len(listed) if "filter" in query else 3), "of all that match, not of this page"


@pytest.mark.parametrize(
    ("checked", "missed", "wrong", "accuracy"),
    [
        ([], 0, 0, 100.0),
        ([SPAM, "Hello"], 0, 0, 100.0),
        ([SPAM, "Hello", "Good morning"], 1, 0, 66.67),
        ([SPAM, "Hello", "Good morning"], 1, 1, 33.33),
        ([SPAM], 0, 3, 0.0),
    ],
)
def test_the_settings_page_says_how_often_people_agreed(
    blog: Akismet, checked: list[str], missed: int, wrong: int, accuracy: float
) -> None:
    for text in checked:
        blog.check(text)
    for number in range(missed):
        blog.submit("spam", f"Hello {number}")
    for number in range(wrong):
        blog.submit("ham", f"{SPAM} {number}")
    stats = blog.call("get-stats").get_json()
    assert (stats["missed_spam"], stats["false_positives"], stats["accuracy"]) == (missed, wrong, accuracy)


@pytest.mark.parametrize("query", [{"month": "2026-13"}, {"month": "nonsense"}])
def test_usage_of_no_month(blog: Akismet, query: dict[str, str]) -> None:
    assert verdict(blog.client.get("/1.2/key-sites", query_string={"api_key": blog.key} | query))[0] == "invalid"


@pytest.mark.parametrize("name", ["usage-limit", "key-sites"])
def test_usage_needs_a_key(blog: Akismet, name: str) -> None:
    for query in ({}, {"api_key": "000000000000"}):
        assert verdict(blog.client.get(f"/1.2/{name}", query_string=query))[0] == "invalid"
    answer = blog.client.get(f"/1.2/{name}", headers={"Host": f"{blog.key}.winnow.example"})
    assert answer.json is not None


def test_limits_that_are_no_numbers_are_the_usual_ones(blog: Akismet) -> None:
    for odd in ("-1", "x", "9" * 50, "١"):
        assert usage(blog, "key-sites", limit=odd, offset=odd)["limit"] == 500


def test_what_wordpress_asks_undocumented(blog: Akismet) -> None:
    blog.check_as_wordpress(SPAM)
    assert verdict(blog.call("deactivate"))[0] == "deactivated"
    assert blog.call("get-subscription").get_json()["status"] == "active"
    assert blog.client.get("/1.1/test").text == "connected"
    assert blog.client.get("/1.2/compatible-plugins").json == []
    stats = blog.call("get-stats", **{"from": "6-months"}).get_json()
    assert (stats["spam"], stats["ham"], stats["accuracy"]) == (1, 0, 100.0)
    for method in ("deactivate", "get-subscription", "get-stats", "token"):
        assert verdict(blog.call(method, api_key="000000000000"))[0] == "invalid"
