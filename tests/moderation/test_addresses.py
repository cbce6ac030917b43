"""Addresses of visitors: one spelling for each, in lists and in what clients send."""

from __future__ import annotations

import pytest

from moderation import addresses
from moderation.addresses import AddressSet
from moderation.patterns import PatternError


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("255.249.199.0", "255.249.199.0"),
        ("203.0.113.5\n", "203.0.113.5"),
        (" 203.0.113.5\t", "203.0.113.5"),
        ("203.0.113.5:51234", "203.0.113.5"),
        ('"203.0.113.5"', "203.0.113.5"),
        ("203.0.113.5, 10.0.0.6", "203.0.113.5"),
        ("203.0.113.5,198.51.100.7", "203.0.113.5"),
        ("10.0.0.6, 203.0.113.5", "203.0.113.5"),
        ("unknown, 203.0.113.5:80", "203.0.113.5"),
        ("10.0.0.6, 127.0.0.1", "10.0.0.6"),
        ("127.0.0.1", "127.0.0.1"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("::FFFF:CB00:7105", "203.0.113.5"),
        ("[::ffff:203.0.113.5]:443", "203.0.113.5"),
        ("64:ff9b::203.0.113.5", "203.0.113.5"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[2001:DB8:0::1]", "2001:db8::1"),
        ("2001:db8::1%eth0", "2001:db8::1"),
        ("[fe80::1%eth0]:443", "fe80::1"),
        ("203.0.113.5/32", "203.0.113.5"),
        ("2001:db8::1/128", "2001:db8::1"),
        ("203.0.113.005", "203.0.113.5"),
        ("203.000.113.005:80", "203.0.113.5"),
        ("for=203.0.113.5", "203.0.113.5"),
        ('For="[2001:db8::1]:4711";proto=https;by=198.51.100.7', "2001:db8::1"),
        ("for=10.0.0.6, for=203.0.113.5;by=10.0.0.1", "203.0.113.5"),
        ("203.0.113.5;10.0.0.1", "203.0.113.5"),
        ("10.0.0.1 203.0.113.5", "203.0.113.5"),
        ("203.0.113.5/24", None),
        ("by=203.0.113.5", None),
        ("2001:db8::1/32", None),
        ("0203.0.113.0005x", None),
        ("unknown", None),
        ("192.168.123.456", None),
        ("", None),
        ("   ", None),
        (",", None),
        ("203.0.113.5.6", None),
        ("localhost", None),
        (None, None),
    ],
)
def test_an_address_is_read_however_a_proxy_writes_it(written: str | None, address: str | None) -> None:
    assert addresses.read(written) == address


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
        ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
        ("192.0.2.99/24", "192.0.2.1", "192.0.3.0"),  # a host with its network's length
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        (" 192.0.2.7 ", "::ffff:192.0.2.7", "::ffff:192.0.2.8"),
        ("0.0.0.0/0", "203.0.113.5", "2001:db8::1"),
        ("203.0.113.5", "::ffff:203.0.113.5", "::ffff:203.0.113.6"),
        ("::ffff:203.0.113.0/120", "203.0.113.5", "203.0.114.5"),
        ("::ffff:cb00:7105", "203.0.113.5", "203.0.113.6"),
        ("64:ff9b::cb00:7100/120", "203.0.113.5", "203.0.114.5"),
        ("203.0.113.5", "64:ff9b::203.0.113.5", "64:ff9b::203.0.113.6"),
        ("[2001:db8::1]:443", "2001:db8::1", "2001:db8::2"),
        ("203.0.113.5:51234", "203.0.113.5:80", "203.0.113.6:80"),
        ("fe80::1%eth0", "fe80::1%en1", "fe80::2"),
        ("::ffff:203.0.113.0/24", "203.0.113.5", "203.0.114.5"),
        ("::ffff:203.0.113.99/24", "203.0.113.5", "203.0.114.5"),
        ("64:ff9b::203.0.113.0/24", "203.0.113.5", "203.0.114.5"),
        ("::/0", "2001:db8::1", "203.0.113.5"),
        ("::ffff:0:0/96", "203.0.113.5", "2001:db8::1"),
        ("2001:db8::1/32", "2001:db8:1::1", "2001:db9::1"),
        ("203.0.113.5/32", "203.0.113.005", "203.0.113.6"),
        ("203.0.113.0 / 24", "203.0.113.5", "203.0.114.5"),
    ],
)
def test_addresses_and_networks(entry: str, inside: str, outside: str) -> None:
    addresses = AddressSet([entry])
    assert inside in addresses
    assert outside not in addresses


@pytest.mark.parametrize("address", [None, "", "localhost", "192.0.2", "unknown", "192.0.2.7x"])
def test_what_is_no_address_is_in_no_list(address: str | None) -> None:
    assert address not in AddressSet(["0.0.0.0/0", "::/0"])


@pytest.mark.parametrize("entry", ["192.0.2.256", "example.org", "192.0.2.0/33", "::ffff:0:0/95"])
def test_a_list_of_addresses_refuses_what_is_none_and_says_what_to_give(entry: str) -> None:
    with pytest.raises(PatternError) as refused:
        AddressSet([entry])
    is_known = {"192.0.2.0/33": "is no network", "::ffff:0:0/95": "is more than IPv4"}
    expected = f"{entry} {is_known.get(entry, 'is no address')}. Give an address or a network such as 192.0.2.0/24."
    assert str(refused.value) == expected, "in our words, and not in a library's"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a socket", "a socket"),
        ("", ""),
        (None, ""),
    ],
)
def test_attempts_from_one_network_of_ipv6_count_together(address: str | None, key: str) -> None:
    assert addresses.client(address) == key
