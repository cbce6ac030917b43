"""What a text quotes of others, in the ways that people and editors quote."""

from __future__ import annotations

from itertools import pairwise

import pytest

from texts import quotations

QUOTED = "you are an idiot"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (f"> {QUOTED}\n\nPlease stop.", "Please stop."),
        (f">{QUOTED}\n>> {QUOTED}\nPlease stop.", "Please stop."),
        (f"Look:\r\n  > {QUOTED}\r\nPlease stop.", "Look: Please stop."),
        (f"&gt; {QUOTED}<br>Please stop.", "<br>Please stop."),
        (f"<p>&gt; {QUOTED}</p><p>Please stop.</p>", "<p> </p><p>Please stop.</p>"),
        (f"<blockquote>{QUOTED}</blockquote><p>Please stop.</p>", "<p>Please stop.</p>"),
        (f'<BLOCKQUOTE class="a"><p>{QUOTED}</p>\n{QUOTED}</BLOCKQUOTE>Please stop.', "Please stop."),
        (f"<blockquote>a<blockquote>{QUOTED}</blockquote>b</blockquote>Please stop.", "Please stop."),
        (f"He says <q>{QUOTED}</q>. Please stop.", "He says . Please stop."),
        (f"[quote]{QUOTED}[/quote]Please stop.", "Please stop."),
        (f'[quote="Bob, post:3"]{QUOTED}[/quote]\nPlease stop.', "Please stop."),
        (f"[QUOTE=Bob][quote]{QUOTED}[/quote]x[/QUOTE]Please stop.", "Please stop."),
        (f"Bob wrote: {QUOTED}\n\nPlease stop.", "Please stop."),
        (f"Bob wrote:\n{QUOTED}\n{QUOTED}\n\nPlease stop.", "Please stop."),
        (f"On 3 May 2026 at 10:15, Bob Hill wrote:\n> {QUOTED}\n\nPlease stop.", "Please stop."),
        (f"<blockquote>{QUOTED}", ""),
        # no quotation
        (QUOTED, QUOTED),
        (f"a > b, {QUOTED}", f"a > b, {QUOTED}"),
        (f"{QUOTED}</blockquote>", f"{QUOTED}</blockquote>"),
        (f"I wrote nothing. {QUOTED}", f"I wrote nothing. {QUOTED}"),
        (f"<quotex>{QUOTED} <3", f"<quotex>{QUOTED} <3"),
    ],
)
def test_what_is_left_is_the_authors_own(text: str, own: str) -> None:
    assert " ".join(quotations.own_words(text).split()) == own


def test_spans_are_in_order_and_apart() -> None:
    text = f"> {QUOTED}\nx\n<blockquote>a\n> b</blockquote>\nBob wrote: [quote]c[/quote]\n\nend"
    found = quotations.spans(text)
    assert len(found) == 3
    assert all(start < end for start, end in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))
