"""Forms in other charsets, with bytes of none, encoded not at all: no field is lost, and nothing odd is stored."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from service.compat.akismet import fields as akismet_fields
from tests.support.akismet import WORDPRESS
from tests.support.comments import rows

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

ROUTE = "/api/v1/comments"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
FLAGGED = "toxicity=0.6"


def part(name: str, value: bytes, *, of: str = "") -> bytes:
    kind = f"Content-Type: {of}\r\n" if of else ""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n{kind}\r\n'.encode() + value + b"\r\n"


def parts(*fields: bytes) -> bytes:
    return b"".join(fields) + b"--x--\r\n"


NATIVE = [
    (FORM, b"name=Ren%C3%A9&comment=caf%C3%A9+100%25", ("René", "café 100%")),
    (FORM, b"name=Ren\xc3\xa9&comment=caf\xc3\xa9", ("René", "café")),
    (f"{FORM}; charset=utf8", b"name=Ada&comment=Tom+%26+Jerry", ("Ada", "Tom & Jerry")),
    (f'{FORM}; charset="UTF-8"', b"name=Ada&comment=x", ("Ada", "x")),
    (f"{FORM}; charset=us-ascii", b"name=Ada&comment=x", ("Ada", "x")),
    (
        PARTS,
        parts(part("name", "René".encode()), part("comment", b"caf\xc3\xa9\r\nau lait")),
        ("René", "café\nau lait"),
    ),
    (PARTS, parts(part("name", b"Ada", of="text/plain; charset=utf-8"), part("comment", b"x")), ("Ada", "x")),
    (FORM, b"name=Ada&comment=100%+sure+%zz+%", ("Ada", "100% sure %zz %")),
]


@pytest.mark.parametrize(("content_type", "body", "stored"), NATIVE)
def test_a_form_in_utf_8_is_stored_as_it_was_meant(
    client: FlaskClient, store: Store, content_type: str, body: bytes, stored: tuple[str, str]
) -> None:
    assert client.post(ROUTE, data=body, content_type=content_type).status_code == 202
    [comment] = rows(store, Comment)
    assert (comment.name, comment.comment.replace("\r\n", "\n")) == stored


@pytest.mark.parametrize(
    ("content_type", "body", "status", "says"),
    [
        (FORM, b"name=Ren%E9&comment=caf%E9+Kj%E6r", 415, '"name" has a byte, 0xE9, that cannot be read'),
        (FORM, b"name=Rene&comment=caf\xe9", 415, '"comment" has a byte, 0xE9, that cannot be read'),
        (FORM, b"name=Ada&comment=half%ED%A0%80", 415, '"comment" has a byte, 0xED'),
        (FORM, b"name=Ada&comment=long%C0%AF", 415, '"comment" has a byte, 0xC0'),
        (f"{FORM}; charset=windows-1254", b"name=Ada&comment=x", 415, 'the charset "windows-1254"'),
        (f"{FORM}; charset=utf-7", b"name=Ada&comment=x", 415, 'the charset "utf-7"'),
        (PARTS, parts(part("name", b"Ada"), part("comment", b"caf\xe9")), 415, '"comment" has a byte, 0xE9'),
        (PARTS, parts(part("name", b"Ada", of="text/plain; charset=latin-1")), 415, 'the charset "latin-1"'),
        (PARTS, b"nonsense", 400, "parts cannot be told apart"),
        ("multipart/form-data", parts(part("name", b"Ada")), 400, "parts cannot be told apart"),
        (FORM, b"na%FFme=x&name=Ada&comment=x", 422, "1 field is not valid"),
    ],
)
def test_a_form_that_is_not_utf_8_is_refused_by_name(
    client: FlaskClient, store: Store, content_type: str, body: bytes, status: int, says: str
) -> None:
    answer = client.post(ROUTE, data=body, content_type=content_type)
    assert answer.status_code == status
    assert says in answer.get_json()["detail"]
    assert not rows(store, Comment)


@pytest.mark.parametrize("letter", ["ж", "你", "\U0001f647"])
@pytest.mark.parametrize("escaped", ["JSON", "form"])
def test_the_longest_comment_fits_however_it_is_escaped(client: FlaskClient, letter: str, escaped: str) -> None:
    sent = {"name": letter * 200, "comment": letter * 20_000, "user_agent": letter * 1000, "user_id": letter * 200}
    answer = client.post(ROUTE, **{"json" if escaped == "JSON" else "data": sent})
    assert answer.status_code == 202


def checked(app: Flask, site: CreatedSite, text: bytes, content_type: str = FORM, **fields: Any) -> Any:
    """comment-check as WordPress sends it, of a text that is in the body as it is given here."""
    known = {"api_key": site.compat_key, "blog": "https://blog.example", "user_ip": "192.0.2.7"}
    of_wordpress = {"comment_post_ID": "3", "akismet_comment_nonce": "passed", "comment_author": "Ada"}
    sent = "&".join(f"{name}={quote_plus(value)}" for name, value in (known | of_wordpress | fields).items())
    return app.test_client().post(
        "/1.1/comment-check",
        data=sent.encode() + b"&comment_content=" + text,
        content_type=content_type,
        headers={"User-Agent": WORDPRESS},
    )


def kept(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Comment.comment)))


MEANT = f"café {FLAGGED}"


@pytest.mark.parametrize(
    ("content_type", "fields", "text", "read"),
    [
        (FORM, {}, b"caf%C3%A9+" + FLAGGED.encode(), MEANT),
        (FORM, {}, b"caf%FF%C3%A9+" + FLAGGED.encode(), MEANT),
        (FORM, {}, b"caf\xff\xc3\xa9+" + FLAGGED.encode(), MEANT),
        (FORM, {}, b"caf%C3%A9%ED%A0%80+" + FLAGGED.encode(), MEANT),
        (FORM, {}, b"caf\xe9 " + FLAGGED.encode(), f"caf {FLAGGED}"),
        (f"{FORM}; charset=utf8", {}, MEANT.encode(), MEANT),
        (f"{FORM}; charset=iso-8859-1", {}, b"caf%E9+" + FLAGGED.encode(), MEANT),
        (f"{FORM}; charset=latin1", {}, MEANT.encode("latin-1"), MEANT),
        (f"{FORM}; charset=ISO-8859-1", {}, b"%93caf%E9%94%81+" + FLAGGED.encode(), f"“café” {FLAGGED}"),
        (FORM, {"blog_charset": "windows-1251"}, quote(f"жук {FLAGGED}", encoding="cp1251").encode(), f"жук {FLAGGED}"),
        (FORM, {"blog_charset": "Shift_JIS"}, quote(f"虫 {FLAGGED}", encoding="cp932").encode(), f"虫 {FLAGGED}"),
        (FORM, {"blog_charset": "utf-7"}, quote(MEANT).encode(), MEANT),
        (FORM, {"blog_charset": "no such thing"}, quote(MEANT).encode(), MEANT),
        (f"{FORM}; charset=utf-8", {"blog_charset": "latin1"}, quote(MEANT).encode(), MEANT),
    ],
)
def test_akismet_judges_what_the_reader_will_see(
    scored: Flask,
    store: Store,
    site: CreatedSite,
    content_type: str,
    fields: dict[str, str],
    text: bytes,
    read: str,
) -> None:
    assert checked(scored, site, text, content_type, **fields).text == "held"
    assert kept(store) == [read]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (quote("Ты идиот, lol", encoding="cp1251"), "error"),
        (quote("Είσαι βλάκας :)", encoding="cp1253"), "error"),
        ("%c3%a9t%e9 is fine, na%efve caf%e9", "false"),
    ],
)
def test_letters_in_a_charset_that_nobody_names_are_not_taken_for_clean(
    scored: Flask, site: CreatedSite, text: str, verdict: str
) -> None:
    assert checked(scored, site, text.encode()).text == verdict


@pytest.mark.parametrize("key", ["{}", " {} ", "{}\r\n"])
def test_blanks_around_a_key_do_not_make_it_wrong(scored: Flask, site: CreatedSite, key: str) -> None:
    sent = {"key": key.format(site.compat_key), "blog": "https://b.example"}
    assert scored.test_client().post("/1.1/verify-key", data=sent).text == "valid"


def test_one_odd_byte_is_no_wrong_key(scored: Flask, site: CreatedSite) -> None:
    body = f"key={site.compat_key}&blog=https://blog.example&x=".encode() + b"\xe9"
    answer = scored.test_client().post("/1.1/verify-key", data=body, content_type=FORM)
    assert answer.text == "valid"


@pytest.mark.parametrize("content_type", [PARTS, "multipart/form-data"])
def test_a_broken_form_is_no_wrong_key(scored: Flask, content_type: str) -> None:
    assert (
        scored.test_client().post("/1.1/verify-key", data=b"--x\r\nnonsense", content_type=content_type).text == "error"
    )
    answer = scored.test_client().post("/1.1/comment-check", data=b"--x\r\nnonsense", content_type=content_type)
    assert answer.text == "true", "held by who takes everything else for clean"


def test_a_part_may_have_a_charset_of_its_own(scored: Flask, store: Store, site: CreatedSite) -> None:
    sent = {"api_key": site.compat_key, "blog": "https://b.example", "user_ip": "::1", "comment_author": "Ada"}
    fields = [part(name, str(value).encode()) for name, value in sent.items()]
    text = part("comment_content", MEANT.encode("latin-1"), of="text/plain; charset=iso-8859-1")
    answer = scored.test_client().post("/1.1/comment-check", data=parts(*fields, text), content_type=PARTS)
    assert answer.text == "true"
    assert kept(store) == [MEANT]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"Tom & Jerry &you are {FLAGGED}".encode(), f"Tom & Jerry &you are {FLAGGED}"),
        (f"Tom & Jerry&x={FLAGGED} !".encode(), f"Tom & Jerry&x={FLAGGED} !"),
        (f"a &amp; b && {FLAGGED}".encode(), f"a &amp; b && {FLAGGED}"),
        (f"fine&{FLAGGED[:8]} {FLAGGED}&comment_type=comment".encode(), f"fine&{FLAGGED[:8]} {FLAGGED}"),
        (b"fine+" + FLAGGED.encode() + b"&idiot", f"fine {FLAGGED}&idiot"),
        (b"fine+" + FLAGGED.encode() + b"&POST_x=1&REMOTE_ADDR=1&comment_context%5B0%5D=a&&", f"fine {FLAGGED}"),
        (b"fine+" + FLAGGED.encode() + b"&my_own_field=1", f"fine {FLAGGED}"),
    ],
)
def test_what_an_unencoded_sign_cut_off_belongs_to_the_text(
    scored: Flask, store: Store, site: CreatedSite, text: bytes, read: str
) -> None:
    assert checked(scored, site, text).text == "held"
    assert kept(store) == [read]


@pytest.mark.parametrize(
    "text",
    [
        f"Nice+article&comment_content={FLAGGED}",
        f"Nice+article&comment_author={FLAGGED}",
        f"{FLAGGED} &user_role=administrator",
        f"Nice &comment_author=x& you {FLAGGED}",
        f"Nice &comment_content=x& you {FLAGGED}",
        f"Nice &A=1& you {FLAGGED}",
        f"Nice &HI={FLAGGED}",
        f"Nice &is_test=0& you {FLAGGED}",
        f"Nice &HTTP_X=you {FLAGGED}",
        f"Nice &referrer=you {FLAGGED}",
        f"Nice one&api_key={FLAGGED}",
        f"Nice one&user_role=you {FLAGGED}",
    ],
)
def test_what_is_there_twice_or_was_typed_as_a_field_is_judged_too(scored: Flask, site: CreatedSite, text: str) -> None:
    assert checked(scored, site, text.encode()).text != "false"


@pytest.mark.parametrize(
    "rest",
    [
        "Nice+article&user_role=administrator",
        "Nice one&user_agent=Mozilla/5.0 (Windows NT 10.0; Win64) like Gecko&SERVER_SOFTWARE=Apache on Linux",
        "Nice one&HTTP_ACCEPT=text/html, */*;q=0.8&referrer=https://b.example/a&permalink=https://b.example/b",
        "Nice one&blog_lang=en, fr&user_id=7&user_role=editor&comment_context[]=a&comment_context[]=b",
    ],
)
def test_what_a_client_sends_after_a_text_stays_a_field(
    scored: Flask, store: Store, site: CreatedSite, rest: str
) -> None:
    assert checked(scored, site, rest.encode()).text == "false"


def test_a_text_of_nothing_but_ampersands_costs_little(app: Flask) -> None:
    began = time.process_time()
    with app.test_request_context(data=b"comment_content= " + b"&" * 300_000, content_type=FORM):
        assert len(akismet_fields.read()["comment_content"]) > 299_000
    assert time.process_time() - began < 3


def test_the_words_of_a_title_arrive_whole(scored: Flask, site: CreatedSite) -> None:
    body = f"api_key={site.compat_key}&blog=https://b.example&user_ip=::1&comment_content=fine&comment_author=A & B"
    assert scored.test_client().post("/1.1/comment-check", data=body.encode(), content_type=FORM).text == "false"
