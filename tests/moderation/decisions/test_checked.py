"""A comment that comes again is known by its words and addresses, whatever a client made of its markup."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from moderation.decisions import checked
from moderation.intake.submissions import Submission
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment


@pytest.mark.parametrize(
    ("sent", "again"),
    [
        ("Read <a href='https://example.org/'>this</a>", "Read <a href='https://example.org/' rel='nofollow'>this</a>"),
        ("one<br>two", "one\ntwo"),
        ("<p>one</p><p>two</p>", "one two"),
        ("x <!-- a note --> y", "x y"),
        ("Tea &amp; cake", "Tea & cake"),
        ("a < b and b > c", "a &lt; b and b &gt; c"),
        ("I <3 this", "I &lt;3 this"),
        ("it costs &#8364;5", "it costs €5"),
        ("&#" + "9" * 5000 + ";", "&#x" + "F" * 5000),
    ],
)
def test_only_the_markup_differs(sent: str, again: str) -> None:
    assert checked.have_the_same_words(sent, again)


@pytest.mark.parametrize(
    ("sent", "other"),
    [
        ("one two", "onetwo"),
        ("<b>yes</b>", "<b>no</b>"),
        ("I <3 this", "I <4 this"),
        ("never closed <a href=x", "never closed <a href=y"),
        ("&amp;lt;", "<"),
        ("Read <a href='https://example.org/'>this</a>", "Read <a href='https://example.net/'>this</a>"),
    ],
)
def test_the_words_or_the_addresses_differ(sent: str, other: str) -> None:
    assert not checked.have_the_same_words(sent, other)


@pytest.mark.parametrize(
    ("author", "again", "seconds", "is_known"),
    [
        ({"user_id": "7"}, {"user_id": "7"}, 5, True),
        ({"user_id": "7"}, {"user_id": "7"}, 30, False),
        ({"email": "ada@example.org"}, {"email": "ada@example.org"}, 5, True),
        ({"ip": "192.0.2.1"}, {"ip": "192.0.2.1"}, 5, True),
        ({"ip": "192.0.2.1"}, {"ip": "192.0.2.2"}, 5, False),  # anybody may write under the same name
        ({}, {}, 5, False),
    ],
)
def test_other_words_of_the_same_moment_are_known_by_who_wrote_them(
    store: Store, site: CreatedSite, author: dict[str, Any], again: dict[str, Any], seconds: int, is_known: bool
) -> None:
    def comment(text: str, fields: dict[str, Any]) -> Comment:
        submission = Submission(name="Ada", comment=text, thread="/a", **fields)
        return checked.new_comment(site.id, submission, origin={"guid": "g"})

    first, second = comment("as it was written", author), comment("as it was mended", again)
    second.created_at = first.created_at + timedelta(seconds=seconds)
    with store.write() as session:
        session.add(first)
        session.flush()
        found = checked.find_again(session, second, by_time=True)
        assert (found is first) == is_known
        assert checked.find_again(session, second, by_time=False) is None
