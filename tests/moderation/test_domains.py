"""Domains in lists: one spelling for each, and a host that belongs to one is found, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.domains import DomainSet, spelled
from moderation.patterns import PatternError


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("example.com", "example.com"),
        (" Example.COM\n", "example.com"),
        # What people copy from an address bar, from a certificate, from a zone file.
        ("https://example.com/", "example.com"),
        ("HTTP://www.Example.com", "example.com"),
        ("gemini+tls://example.com", "example.com"),
        ("*.example.com", "example.com"),
        ("https://*.example.com/", "example.com"),
        ("example.com.", "example.com"),
        ("www.example.com", "example.com"),
        # Only a whole label `www` is left out, and not where it is the domain.
        ("wwww.example.com", "wwww.example.com"),
        ("www.www.example.com", "example.com"),
        ("www.com", "www.com"),
        ("www.www.com", "www.com"),
        ("shop.www.example.com", "shop.www.example.com"),
        # As the DNS has it.
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("ｅｘａｍｐｌｅ.com", "example.com"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        # Labels that are no host names, but stand in the DNS and in spam.
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("3com.com", "3com.com"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example"),
        ("1.2.3.4.example", "1.2.3.4.example"),
    ],
)
def test_a_domain_has_one_spelling(written: str, domain: str) -> None:
    assert spelled(written) == domain
    assert spelled(domain) == domain


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("example.com/path", "without a path"),
        ("https://example.com/path/", "without a path"),
        ("example.com:8080", "a port"),
        ("me@example.com", "an address before it"),
        # Not a domain of anybody's: all of `com` at once would be meant.
        ("com", "It is no domain"),
        ("", "It is no domain"),
        (".", "It is no domain"),
        ("example..com", "It is no domain"),
        (".example.com", "It is no domain"),
        ("exa mple.com", "It is no domain"),
        ("-example.com", "It is no domain"),
        ("example-.com", "It is no domain"),
        ("exam*ple.com", "It is no domain"),
        # An address belongs in the other list.
        ("192.0.2.1", "It is no domain"),
        ("example.1", "It is no domain"),
        (f"{'a' * 64}.example", "It is no domain"),
        (".".join(["a" * 50] * 5), "It is no domain"),
        # What cannot be written in ASCII.
        ("ä" * 70 + ".example", "It is no domain"),
    ],
)
def test_what_is_no_domain_is_refused_and_why(written: str, said: str) -> None:
    with pytest.raises(PatternError, match=said):
        spelled(written)


LISTED = DomainSet(["evil.example", "co.example", "deep.co.example", "www.Evil.example/", "bücher.example"])


@pytest.mark.parametrize(
    ("hosts", "numbers"),
    [
        (["evil.example"], {0}),
        (["EVIL.example."], {0}),
        (["www.evil.example"], {0}),
        (["a.b.c.evil.example"], {0}),
        # A host that only ends with the same letters is somebody else's.
        (["notevil.example"], set()),
        (["evil.example.org"], set()),
        (["example"], set()),
        ([""], set()),
        # Below two that are listed: both are named.
        (["x.deep.co.example"], {1, 2}),
        (["other.co.example"], {1}),
        # In either spelling.
        (["bücher.example"], {4}),
        (["xn--bcher-kva.example"], {4}),
        (["shop.bücher.example"], {4}),
        # Several at once, and none.
        (["evil.example", "harmless.example", "co.example"], {0, 1}),
        ([], set()),
        # What the DNS cannot have is compared as it is, and is found nowhere.
        (["ä" * 70 + ".harmless.example"], set()),
        # A host that hides behind many labels is found by its end.
        ([".".join(["a"] * 60) + ".evil.example"], {0}),
    ],
)
def test_a_host_belongs_to_what_it_is_below(hosts: list[str], numbers: set[int]) -> None:
    assert LISTED.matches(hosts) == numbers


labels = st.text("abc-_0", min_size=1, max_size=3).filter(lambda label: label.strip("-") == label)
domains = (
    st.lists(labels, min_size=2, max_size=4).map(".".join).filter(lambda name: not name.rpartition(".")[2].isdigit())
)


@given(st.lists(domains, max_size=4), domains)
def test_it_agrees_with_comparing_the_ends_one_by_one(listed: list[str], host: str) -> None:
    spellings = [spelled(one) for one in listed]
    expected = {spellings.index(one) for one in spellings if host == one or host.endswith(f".{one}")}
    assert DomainSet(listed).matches([host]) == expected
