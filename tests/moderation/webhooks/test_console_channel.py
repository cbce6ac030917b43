"""What open consoles are told of a transaction, and that nothing else is taken for such a message."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import news
from moderation.news import Kind, News, Progress
from moderation.webhooks import console_channel
from moderation.webhooks.console_channel import MOST_COMMENTS, Message

JOB = Progress("b_1", "user:mo", "reject", "running", 9, 3, 1)


def test_what_happened_to_the_comments_of_a_site_is_one_message_in_order() -> None:
    told = News()
    told.happened("decided", "s_1", ["c_1", "c_2"])
    told.happened("opened", "s_1", ["c_3"])
    told.happened("decided", "s_2", ["c_4"])
    told.happened("decided", "s_1", ["c_5", "c_1"])  # a comment to which the same happens twice is named once
    told.progress["b_1"] = JOB
    assert list(console_channel.messages(told, "Mo")) == [
        Message("decided", "s_1", ["c_1", "c_2", "c_5"], "Mo"),
        Message("opened", "s_1", ["c_3"], "Mo"),
        Message("decided", "s_2", ["c_4"], "Mo"),
        Message("job", "", [], "Mo", JOB),
    ]
    assert list(console_channel.messages(News(), "Mo")) == []


@pytest.mark.parametrize(("number", "sizes"), [(1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_a_message_names_so_many_comments(number: int, sizes: list[int]) -> None:
    told = News()
    told.happened("decided", "s_1", [f"c_{at}" for at in range(number)])
    found = list(console_channel.messages(told, None))
    assert [len(message.comments) for message in found] == sizes
    assert max(sizes) <= MOST_COMMENTS
    assert [one for message in found for one in message.comments] == [f"c_{at}" for at in range(number)]


kinds = st.sampled_from([kind for kind in get_args(Kind) if kind != "job"])
messages = st.builds(
    Message, kinds, st.text(max_size=5), st.lists(st.text(max_size=5), max_size=3), st.none() | st.text(max_size=5)
)


@given(messages)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    assert console_channel.read(message.as_json().encode("utf-8", "surrogatepass")) == message


def test_a_jobs_progress_is_read_as_it_was_written() -> None:
    message = Message("job", "", [], None, JOB)
    assert console_channel.read(message.as_json().encode()) == message


GOOD: dict[str, Any] = {"kind": "decided", "site": "s_1", "comments": ["c_1"], "by": None, "job": None}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"\xff",
        b"[]",
        b"null",
        json.dumps({}).encode(),
        json.dumps(GOOD | {"kind": "exploded"}).encode(),
        json.dumps(GOOD | {"site": 7}).encode(),
        json.dumps(GOOD | {"comments": None}).encode(),
        # A job without its progress, and the other way round.
        json.dumps(GOOD | {"kind": "job"}).encode(),
        json.dumps(GOOD | {"job": asdict(JOB)}).encode(),
        # Of another version of Winnow.
        json.dumps(GOOD | {"kind": "job", "job": asdict(JOB) | {"speed": 9}}).encode(),
        json.dumps(GOOD | {"kind": "job", "job": {"id": "b_1"}}).encode(),
        json.dumps({name: value for name, value in GOOD.items() if name != "by"}).encode(),
    ],
)
def test_anything_else_is_no_message(data: bytes) -> None:
    assert console_channel.read(data) is None


def test_the_news_of_several_transactions_are_told_as_one() -> None:
    first, second = News(), News()
    first.decisions, second.decisions = [("published", "policy")], [("rejected", "user")]
    first.sites, second.sites = {"s_1"}, {"s_1", "s_2"}
    first.happened("decided", "s_1", ["c_1"])
    second.happened("decided", "s_1", ["c_2", "c_1"])
    first.started, second.started = ["b_1"], ["b_2"]
    second.progress["b_1"] = JOB
    whole = news.merged([first, second])
    assert whole.decisions == [("published", "policy"), ("rejected", "user")]
    assert whole.sites == {"s_1", "s_2"}
    assert list(whole.happenings) == [("decided", "s_1", "c_1"), ("decided", "s_1", "c_2")]
    assert (whole.started, whole.progress) == (["b_1", "b_2"], {"b_1": JOB})
