"""What Akismet's fields say of a comment: its words wherever they stand, its author, and what programs do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from service.compat.akismet import fields

app = Flask(__name__)
TEXT = {"comment_content": "Well said.", "comment_author": "Ada"}
LONG = "x" * 250


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (TEXT, "Well said."),
        (TEXT | {"comment_content": "  Well said.\n"}, "Well said."),
        # As WordPress adds backslashes, and without those that were written.
        (TEXT | {"comment_content": r"It\'s \"so\" \\"}, 'It\'s "so" \\'),
        (TEXT | {"comment_content": r"C:\new and it's"}, r"C:\new and it's"),
        (TEXT | {"comment_content": "a\0b\x07c\nd"}, "abc\nd"),
        # Nothing that can be seen is no text.
        ({}, ""),
        ({"comment_author": "Ada"}, ""),
        (TEXT | {"comment_content": " \u200b"}, ""),
        (TEXT | {"comment_content": "<p> </p>"}, ""),
        # A page's title belongs to the text, also alone.
        (TEXT | {"comment_type": "trackback"}, "Ada\nWell said."),
        (TEXT | {"comment_type": " Pingback "}, "Ada\nWell said."),
        ({"comment_author": "Cheap pills", "comment_type": "trackback"}, "Cheap pills"),
        # Who signs up has a name and no text.
        ({"comment_author": "Ada", "comment_type": "signup"}, "Ada"),
        (TEXT | {"comment_type": "signup"}, "Well said."),
        ({"comment_author": "Ada", "comment_type": "registration"}, "Ada"),
        ({"comment_author": " ", "comment_type": "signup"}, ""),
        # What would be cut or left out elsewhere is read as well.
        (TEXT | {"comment_author": LONG}, f"Well said.\n{LONG}"),
        (TEXT | {"comment_author": "x" * 200}, "Well said."),
        (TEXT | {"comment_author_email": "y" * 321}, f"Well said.\n{'y' * 321}"),
        (TEXT | {"comment_author_email": "y" * 320}, "Well said."),
        (
            TEXT | {"comment_author_url": "https://a.example/" + "z" * 2000},
            "Well said.\nhttps://a.example/" + "z" * 2000,
        ),
        (TEXT | {"comment_author_url": "https://a.example/"}, "Well said."),
        ({"comment_author": LONG}, LONG),
    ],
)
def test_the_text_is_all_that_readers_could_read(sent: dict[str, str], text: str) -> None:
    assert fields.text_of(sent) == text


@given(st.text(st.sampled_from("a'\"\\ \n")))
def test_whatever_was_slashed_is_unslashed_and_what_was_not_stays(text: str) -> None:
    slashed = "".join(f"\\{letter}" if letter in "'\"\\" else letter for letter in text)
    assert fields.unslashed(slashed) == text
    if "\\" not in text:
        assert fields.unslashed(text) == text


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ({}, {"name": "Anonymous", "email": None, "url": None, "ip": None, "user_id": None, "created_at": None}),
        ({"comment_author": " Ada \n Love "}, {"name": "Ada Love"}),
        ({"comment_author": LONG}, {"name": "x" * 200}),
        ({"comment_author_email": " ada@example.org "}, {"email": "ada@example.org"}),
        # An address that is none is no web site.
        ({"comment_author_url": "https://ada.example"}, {"url": "https://ada.example"}),
        ({"comment_author_url": "javascript:alert(1)"}, {"url": None}),
        ({"comment_author_url": "ada.example"}, {"url": None}),
        ({"comment_author_url": "https://a.example/" + "x" * 1983}, {"url": None}),
        # A comment belongs to its page, else to its blog.
        ({"permalink": "https://a.example/p", "blog": "https://a.example"}, {"thread": "https://a.example/p"}),
        ({"permalink": "", "blog": "https://a.example"}, {"thread": "https://a.example"}),
        ({"permalink": "https://a.example/p"}, {"thread_url": "https://a.example/p"}),
        ({"permalink": "p"}, {"thread": "p", "thread_url": None}),
        ({"user_ip": "::ffff:192.0.2.7"}, {"ip": "192.0.2.7"}),
        ({"user_ip": "unknown"}, {"ip": None}),
        ({"user_agent": "Mozilla/5.0 "}, {"user_agent": "Mozilla/5.0"}),
        # 0 is nobody in WordPress, which writes the field in capitals in some places.
        ({"user_id": "7"}, {"user_id": "7"}),
        ({"user_ID": " 7 "}, {"user_id": "7"}),
        ({"user_id": "0"}, {"user_id": None}),
        ({"user_id": "", "user_ID": "7"}, {"user_id": "7"}),
        ({"user_id": "x" * 300}, {"user_id": "x" * 200}),
        # A moment that has been, in UTC.
        ({"comment_date_gmt": "2019-05-04 12:00:00"}, {"created_at": datetime(2019, 5, 4, 12, tzinfo=UTC)}),
        ({"comment_date_gmt": "2019-05-04T14:00:00+02:00"}, {"created_at": datetime(2019, 5, 4, 12, tzinfo=UTC)}),
        ({"comment_date_gmt": "0000-00-00 00:00:00"}, {"created_at": None}),
        ({"comment_date_gmt": "1989-12-31"}, {"created_at": None}),
        ({"comment_date_gmt": "2999-01-01"}, {"created_at": None}),
        ({"comment_date_gmt": "yesterday"}, {"created_at": None}),
    ],
)
def test_a_comments_fields_are_what_they_can_be(sent: dict[str, str], known: dict[str, Any]) -> None:
    submission = fields.submission_of(sent, "Well said.")
    assert {name: getattr(submission, name) for name in known} == known
    assert submission.comment == "Well said."


SHOWN = "1790000000000"


@pytest.mark.parametrize(
    ("sent", "signals"),
    [
        ({}, {}),
        ({"comment_type": "forum-post"}, {"comment_type": "forum-post"}),
        # A field that people cannot see: filled in by programs only.
        ({"honeypot_field_name": "hp", "hp": "buy"}, {"honeypot": True}),
        ({"honeypot_field_name": "hp", "hp": " "}, {"honeypot": False}),
        ({"honeypot_field_name": "hp", "POST_hp": "buy"}, {"honeypot": True}),
        ({"POST_ak_hp_textarea": "buy"}, {"honeypot": True}),
        ({"POST_ak_hp_textarea": ""}, {"honeypot": False}),
        ({"honeypot_field_name": "hp"}, {}),
        # From showing the form to sending it, by one clock.
        ({"POST_ak_js": SHOWN, "POST_ak_bfs": str(int(SHOWN) + 12_340)}, {"seconds_on_page": 12.3}),
        ({"POST_ak_js": SHOWN, "POST_ak_bfs": SHOWN}, {"seconds_on_page": 0.0}),
        ({"POST_ak_js": SHOWN, "POST_ak_bfs": str(int(SHOWN) + 86_400_000)}, {"seconds_on_page": 86_400.0}),
        # A clock that was set, a page of yesterday, a number that is no moment.
        ({"POST_ak_js": SHOWN, "POST_ak_bfs": str(int(SHOWN) - 1000)}, {}),
        ({"POST_ak_js": SHOWN, "POST_ak_bfs": str(int(SHOWN) + 86_500_000)}, {}),
        ({"POST_ak_js": "12"}, {}),
        ({"POST_ak_js": "\u0661" * 13}, {}),
        ({"POST_ak_js": "9" * 17}, {}),
        ({"POST_ak_js": "-1790000000000"}, {}),
    ],
)
def test_what_programs_do_is_told_to_the_classifier(sent: dict[str, str], signals: dict[str, Any]) -> None:
    assert fields.signals_of(sent) == signals


@pytest.mark.parametrize(
    ("said", "languages"),
    [
        ("", []),
        ("en_US", ["en_US"]),
        ("en, de_DE ,,fr", ["en", "de_DE", "fr"]),
        (",".join(["en"] * 12), ["en"] * 10),
        ("x" * 50, ["x" * 35]),
    ],
)
def test_a_site_says_what_it_is_written_in(said: str, languages: list[str]) -> None:
    assert fields.languages_of({"blog_lang": said}) == languages


@pytest.mark.parametrize(
    ("value", "on"), [("1", True), ("true", True), ("yes", True), ("0", False), (" FALSE ", False), ("", False)]
)
def test_a_switch_is_on_unless_it_says_otherwise(value: str, on: bool) -> None:
    assert fields.is_set({"is_test": value}, "is_test") is on
    assert not fields.is_set({}, "is_test")


@pytest.mark.parametrize(
    ("said", "roles"),
    [("", set()), ("administrator", {"administrator"}), (" Editor, author,,", {"editor", "author"})],
)
def test_an_author_may_have_roles(said: str, roles: set[str]) -> None:
    assert fields.roles({"user_role": said}) == roles


KEY = "0123456789ab"


@pytest.mark.parametrize(
    ("sent", "host", "key"),
    [
        ({"api_key": f" {KEY} "}, "winnow.example", KEY),
        ({"key": KEY}, "winnow.example", KEY),
        ({"api_key": KEY, "key": "other"}, "winnow.example", KEY),
        # As the first label of the host, in older clients.
        ({}, f"{KEY}.winnow.example", KEY),
        ({}, f"{KEY}.winnow.example:8000", KEY),
        ({}, "winnow.example", ""),
        ({"api_key": "", "key": KEY}, "other.example", KEY),
    ],
)
def test_a_key_is_found_where_clients_put_it(sent: dict[str, str], host: str, key: str) -> None:
    with app.test_request_context("/", base_url=f"http://{host}"):
        assert fields.key_of(sent) == key
