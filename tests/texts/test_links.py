"""What a link is, on every side that looks for them."""

from __future__ import annotations

import time

import pytest

from models.reading import tokens
from models.scoring import signals
from moderation.tables import Comment
from service.console.card import links as card_links
from texts import links


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("nothing here", 0),
        ("http://a.example and HTTPS://b.example", 2),
        ("see www.a.example", 1),
        ('<a href="x">x</a>', 1),
        ("[url=x]x[/url] [URL]y[/URL]", 2),
        ("the swww.tide and aa < a", 0),
        ("joinedhttp://a.example", 1),
        ("http://www.a.example", 1),
        ('<a href="http://a.example">a</a>', 1),
        ("[url]http://a.example[/url] [url=http://b.example]www.b.example[/url]", 2),
        ('<a href="http://a.example">http://www.a.example</a>, <A HREF=www.b.example>b</A>', 2),
        ("http://a.example,http://b.example;www.c.example", 3),
        ("<a " * 6000, 6000),
        ("[url" * 5000, 5000),
        ("http://" * 3000, 3000),
    ],
)
def test_links_are_counted_however_they_are_written(text: str, number: int) -> None:
    assert links.count(text) == number


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nothing here, nor in a.example", []),
        ("see http://a.example/x?y=1 and www.b.example", ["http://a.example/x?y=1", "www.b.example"]),
        ('<a href="https://a.example/(x)">a</a>', ["https://a.example/(x)"]),
        ("HTTP://A.example, WWW.b.example", ["HTTP://A.example,", "WWW.b.example"]),
        ("the swww.tide.example", []),
    ],
)
def test_the_addresses_of_a_text(text: str, found: list[str]) -> None:
    assert links.addresses(text) == found


@pytest.mark.parametrize("text", ["http://a.example", "https://a.example:8443/x?y=1#z", "http://[2001:db8::1]/"])
def test_a_whole_address(text: str) -> None:
    assert links.is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "www.a.example",
        "ftp://a.example",
        "http://",
        "http:///x",
        "http://a.example:0/",
        "http://a.example:x/",
        "http://[a/",
        "http://a.example/ x",
        "http://a.example/<x>",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_whole_address(text: str) -> None:
    assert not links.is_address(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("nothing here", 0),
        ("and so on ... etc.", 0),
        ("see http://a.example/x", 1),
        ("see www.a.example", 1),
        ("https://a.example/1 https://a.example/2 www.b.example", 3),
        ('<a href="http://a.example">here</a>', 1),
        ("joinedhttp://a.example", 1),
        ("the swww.tide and more", 0),
        ("看这里www.a.example", 1),
    ],
)
def test_the_rule_the_card_and_the_classifiers_signals_agree(text: str, number: int) -> None:
    """Of different addresses in lower case: a signal regards case, and counts the same address once."""
    assert links.count(text) == number
    assert len(links.addresses(text)) == number
    assert len(card_links.of_comment(Comment(comment=text))) == number
    assert len(signals._links(text)) == number


@pytest.mark.parametrize("address", ["http://a.example/x", "https://a.example", "www.a.example"])
def test_what_is_a_link_is_an_address_to_the_classifiers_tokens(address: str) -> None:
    assert links.addresses(address) == [address]
    assert tokens.is_address(address)


@pytest.mark.parametrize("unit", ["a.", "a.b.c.d.e.f.g.h.i.", "a._", "1.", "a.com.", "com.."])
def test_dots_cost_little_more_than_words(unit: str) -> None:
    """They are counted while a client waits: linear is not enough."""
    hostile, ordinary = (unit * 70_000)[:70_000], ("an ordinary text. " * 4_000)[:70_000]
    costs = []
    for text in (hostile, ordinary):
        began = time.process_time()
        links.count(text)
        costs.append(time.process_time() - began)
    assert costs[0] < 20 * costs[1] + 0.1


#: A text -> the hosts that it leads to.
HOSTS = {
    "http://A.example/x and https://b.example:8443": {"a.example", "b.example"},
    "see www.a.example:8080/x?y": {"www.a.example"},
    "ftp://f.example, custom+x://g.example": {"f.example", "g.example"},
    "see http://a.example, https://b.example! (www.c.example) “http://d.example”": {
        *("a.example", "b.example", "www.c.example", "d.example")
    },
    "http://ex%61mple.org/%2e": {"example.org"},  # a browser reads it so
    "http:\\\\a.example\\b": {"a.example"},  # a browser takes a backslash for a slash
    "mail a@b.example or mailto:c@d.example": {"b.example", "d.example"},
    "http://user:secret@c.example/, http://good.example%2F@d.example/x": {"c.example", "d.example"},
    "[a](http://m.example) <a href='//p.example'>p</a>": {"m.example", "p.example"},
    "a.b.c.d.com.": {"a.b.c.d.com"},
    "foo.рф, xn--80ak6aa92e.com, a.community": {"foo.рф", "xn--80ak6aa92e.com", "a.community"},
    "evil.Com": {"evil.com"},
    # written so that no machine sees it
    "example[.]com, b(dot)org, c {.} net": {"example.com", "b.org", "c.net"},
    "http://a.example%2ecom": {"a.example.com"},
    "a.example\u3002com a\u200bb.com d\uff0ecom": {"a.example.com", "ab.com", "d.com"},
    "&#104;ttp://e.example": {"e.example"},
    # a number is a host with a port or a path
    "10.0.0.1:80/x 10.0.0.2/index": {"10.0.0.1", "10.0.0.2"},
    "10.0.0.1, 10.0.0.0/24, v1.2.3.4, 1.2.3.4.5/x": set(),
    # the end of a sentence, a file, an abbreviation, half an address
    "done.So we go, e.g. this, i.e. that": set(),
    "x.py, readme.md, run.sh, see.how it is": set(),
    "x.py/a read.me?x now.call/": {"x.py", "read.me", "now.call"},
    "a@b, @a.com, a.com-b, a-.com, .com, a..com": set(),
    "nothing here": set(),
}


@pytest.mark.parametrize("text", HOSTS)
def test_the_hosts_that_a_text_leads_to(text: str) -> None:
    assert links.hosts(text) == HOSTS[text]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a.com, b.org and c.net/x", 3),
        ("mailto:a@b.example a@b.example", 2),
        ("[x](a.com) [y](www.b.example)", 2),
        ("ftp://x.example", 1),
        ("example[.]com", 1),
        ("it ended.So what, e.g. this", 0),
        ("10.0.0.1:80 10.0.0.1/24 10.0.0.1/245", 2),
        ("a.example。com", 1),
    ],
)
def test_a_link_counts_without_a_scheme_too(text: str, number: int) -> None:
    assert links.count(text) == number
