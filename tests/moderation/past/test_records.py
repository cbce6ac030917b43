"""What is made of the parts of another system's comment: a name, an address, a page, a date; and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from moderation.past import records
from moderation.past.records import LONGEST_COMMENT, LeftOut, NotReadable, PastComment, Unreadable
from tests.support.clock import Clock

MOMENT = datetime(2019, 5, 4, 12, tzinfo=UTC)
PAST: dict[str, Any] = {
    "place": "Line 7",
    "key": "7",
    "parent_key": "6",
    "name": "Ada",
    "comment": "Well said.",
    "created_at": MOMENT,
    "why": "It was deleted.",
    "thread": "/bridge",
    "email": "ada@example.org",
    "url": "https://ada.example",
    "ip": "192.0.2.7",
    "user_id": "u1",
    "examples": {"spam": 1.0},
    "email_was_typed": True,
}


def test_of_what_was_deleted_only_its_place_in_the_thread_is_brought() -> None:
    """Perhaps its author deleted it."""
    brought = records.read("Line 7", lambda: PastComment(**PAST, status="erased"))
    assert isinstance(brought, PastComment)
    kept = {"place", "key", "parent_key", "created_at", "status", "why", "thread"}
    left = {name for name in brought.__slots__ if getattr(brought, name)}
    assert left == kept
    whole = records.read("Line 7", lambda: PastComment(**PAST, status="published"))
    assert whole == PastComment(**PAST, status="published")


def test_what_is_no_comment_is_passed_over_and_what_cannot_be_read_is_named() -> None:
    def refuse() -> PastComment:
        raise NotReadable("It has no id.")

    rating = LeftOut("are ratings")
    assert records.read("Line 7", lambda: rating) is rating
    assert records.read("Line 7", refuse) == Unreadable("Line 7", "It has no id.")


@pytest.mark.parametrize(
    ("text", "longest", "line"),
    [
        ("Ada", 10, "Ada"),
        ("  Ada ", 10, "Ada"),
        ("", 10, None),
        (None, 10, None),
        ("   ", 10, None),
        # Cut to what fits, without a space at the end.
        ("Ada Lovelace", 3, "Ada"),
        ("Ada Lovelace", 4, "Ada"),
        # Several lines are one; what nobody sees is left out.
        ("Ada\nLovelace", 20, "Ada Lovelace"),
        ("A\0da\x07", 10, "Ada"),
        ("Grüße", 3, "Grü"),
        ("\ud800Ada", 10, "\ufffdAda"),
    ],
)
def test_a_line_is_one_and_fits(text: str | None, longest: int, line: str | None) -> None:
    assert records.line(text, longest) == line


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada", "Ada"),
        (None, "Anonymous"),
        ("", "Anonymous"),
        ("anonymous", "Anonymous"),
        ("(guest)", "Anonymous"),
        ("\u200b", "Anonymous"),
        ("A" * 300, "A" * 200),
    ],
)
def test_whoever_has_no_name_is_anonymous(text: str | None, name: str) -> None:
    assert records.name(text) == name


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("ada@example.org", "ada@example.org"),
        (" ada@example.org\n", "ada@example.org"),
        ("ada", None),
        ("", None),
        (None, None),
        ("a" * 308 + "@example.org", "a" * 308 + "@example.org"),
        # Cut short it would be somebody else's.
        ("a" * 309 + "@example.org", None),
    ],
)
def test_an_address_is_whole_or_none(text: str | None, email: str | None) -> None:
    assert records.email(text) == email


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://ada.example/", "https://ada.example/"),
        ("http://ada.example", "http://ada.example"),
        ("javascript:alert(1)", None),
        ("nonsense", None),
        ("", None),
        (None, None),
        ("https://ada.example/" + "x" * 1980, "https://ada.example/" + "x" * 1980),
        ("https://ada.example/" + "x" * 1981, None),
    ],
)
def test_a_web_site_is_one_that_a_browser_opens(text: str | None, url: str | None) -> None:
    assert records.url(text) == url


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("https://blog.example/2019/bridge/", "/2019/bridge/"),
        ("https://blog.example", "/"),
        ("https://blog.example/?p=7", "/?p=7"),
        ("https://blog.example/a?b=1&c=2#comments", "/a?b=1&c=2"),
        (" /2019/bridge ", "/2019/bridge"),
        ("bridge", "bridge"),
        # What is no address is the page's name all the same: threads must not fall together.
        ("http://[broken", "http://[broken"),
        ("", None),
        ("  ", None),
        (None, None),
        ("https://blog.example/" + "x" * 600, "/" + "x" * 499),
    ],
)
def test_a_thread_is_called_by_its_pages_path(address: str | None, page: str | None) -> None:
    assert records.page(address) == page


@pytest.mark.parametrize(
    ("text", "ip"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("10.0.0.1, 192.0.2.7", "192.0.2.7"),
        # Systems that keep no addresses write these.
        ("0.0.0.0", None),
        ("::", None),
        ("127.0.0.1", "127.0.0.1"),
        ("unknown", None),
        (None, None),
    ],
)
def test_an_ip_address_is_one_that_somebody_came_from(text: str | None, ip: str | None) -> None:
    assert records.ip(text) == ip


@pytest.mark.parametrize(
    ("text", "status", "prose"),
    [
        ("  Well said. ", "published", "Well said."),
        ("Two\n\nlines", "flagged", "Two\n\nlines"),
        ("<p>Well said.</p>", "published", "<p>Well said.</p>"),
        ("Well\0 said\x08.", "rejected", "Well said."),
        # Whatever is written there: it was deleted.
        ("Well said.", "erased", ""),
        (None, "erased", ""),
        ("x" * LONGEST_COMMENT, "published", "x" * LONGEST_COMMENT),
        (f"  {'x' * LONGEST_COMMENT}  ", "published", "x" * LONGEST_COMMENT),
    ],
)
def test_a_comments_text_stays_as_it_was(text: str | None, status: Any, prose: str) -> None:
    assert records.prose(text, status) == prose


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "It has no text that can be seen."),
        ("", "It has no text that can be seen."),
        (" \u200b\n", "It has no text that can be seen."),
        ("<p> </p>", "It has no text that can be seen."),
        ("x" * (LONGEST_COMMENT + 1), "It has 65,536 characters; at most 65,535 fit."),
    ],
)
@pytest.mark.parametrize("status", ["published", "flagged", "rejected"])
def test_a_text_that_cannot_be_brought_says_why(text: str | None, why: str, status: Any) -> None:
    with pytest.raises(NotReadable) as refused:
        records.prose(text, status)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("text", "key"), [("7", "7"), (" 7 ", "7"), ("k" * 180, "k" * 180), ("a\nb", "a b")]
)  # fmt: skip
def test_an_id_is_kept_whole(text: str, key: str) -> None:
    assert records.key(text) == key


@pytest.mark.parametrize(
    ("text", "why"),
    [(None, "It has no id."), (" ", "It has no id."), ("k" * 181, "Its id has 181 characters; at most 180 fit.")],
)
def test_an_id_that_is_none_is_refused(text: str | None, why: str) -> None:
    with pytest.raises(NotReadable) as refused:
        records.key(text)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2019-05-04T12:00:00Z", MOMENT),
        ("2019-05-04 12:00:00", MOMENT),  # in UTC where it names no offset
        (" 2019-05-04T14:00:00+02:00\n", MOMENT),
        ("2019-05-04", MOMENT.replace(hour=0)),
        (1556971200, MOMENT),
        (1556971200.5, MOMENT + timedelta(milliseconds=500)),
        (MOMENT, MOMENT),
        (MOMENT.replace(tzinfo=None), MOMENT),
        (MOMENT.astimezone(timezone(timedelta(hours=-5))), MOMENT),
        ("1990-01-01T00:00:00Z", datetime(1990, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_in_each_form(value: Any, moment: datetime) -> None:
    assert records.moment(value) == moment
    assert records.moment(value).tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "It has no date."),
        ("", "Its date cannot be read: ''."),
        ("yesterday", "Its date cannot be read: 'yesterday'."),
        ("x" * 99, f"Its date cannot be read: '{'x' * 40}'."),
        ("0000-00-00 00:00:00", "Its date cannot be read: '0000-00-00 00:00:00'."),
        (1e300, "Its date cannot be read: '1e+300'."),
        (float("nan"), "Its date cannot be read: 'nan'."),
        # What a system writes that has lost it.
        (0, "It has no date."),
        ("1989-12-31T23:59:59Z", "It has no date."),
    ],
)
def test_a_date_that_is_none_is_refused(value: Any, why: str) -> None:
    with pytest.raises(NotReadable) as refused:
        records.moment(value)
    assert str(refused.value) == why


def test_a_clock_may_have_been_a_day_ahead_and_no_more(clock: Clock) -> None:
    ahead = clock.now + timedelta(days=1)
    assert records.moment(ahead) == ahead
    with pytest.raises(NotReadable, match=f"Its date lies in the future: {ahead:%Y-%m-%d}|future"):
        records.moment(ahead + timedelta(seconds=1))
