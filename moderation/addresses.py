"""IP addresses of visitors: one spelling for each, however a proxy, a library or a person writes it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from moderation.identities.tokens import is_token
from moderation.patterns import PatternError

_LONGEST = 1000
#: The networks of IPv6 that hold IPv4 addresses: mapped (RFC 4291), and made by translators (RFC 6052).
_WITH_IPV4 = (ipaddress.IPv6Network("::ffff:0:0/96"), ipaddress.IPv6Network("64:ff9b::/96"))
#: Private and local networks: in a list of proxies these are not a visitor's.
_HOUSE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")
_INSIDE = tuple(map(ipaddress.ip_network, (*_HOUSE, "::1", "fc00::/7", "fe80::/10")))
_BRACKETED = re.compile(r"\[([^\[\]]*)\](?::\d{0,5})?")
_WITH_PORT = re.compile(r"([\d.]+)(?::\d{0,5}|/32)")

#: An address of IPv4 in the one spelling.
_ONE_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}")
#: What stands between addresses: in X-Forwarded-For, in Forwarded (RFC 7239), in what people type.
_BETWEEN = re.compile(r"[,;\s]+")
#: What may stand around one: the name that Forwarded gives it; the length of a network of one, as databases write it.
_AROUND = re.compile(r"^for\s*=\s*|/128$", re.IGNORECASE)
_PADDING = re.compile(r"(?<!\d)0+(?=\d)")

_Address = IPv4Address | IPv6Address


def read(text: str | None) -> str | None:
    """The one spelling of an address; None for a text that holds no address.

    Ports, brackets, zones, quotes and leading zeros are left out, and IPv4 within IPv6 is IPv4. From a list, as in
    X-Forwarded-For or Forwarded, it takes the first address that is not of a private network.
    """
    if text is not None and _ONE_IPV4.fullmatch(text):
        return text
    addresses = [address for part in _BETWEEN.split((text or "")[:_LONGEST]) if (address := _read(part)) is not None]
    if len(addresses) == 1:
        return str(addresses[0])
    outside = (candidate for candidate in addresses if not any(candidate in network for network in _INSIDE))
    visitor = next(outside, addresses[0] if addresses else None)
    return None if visitor is None else str(visitor)


def client(address: str | None) -> str:
    """Whose attempts count together: those from one address, of IPv6 from one network of 64 bits.

    Whoever has an address of IPv6 has the whole network, and could come from another of its addresses each time.
    """
    parsed = _read(address or "")
    if isinstance(parsed, IPv6Address):
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return address or "" if parsed is None else str(parsed)


class AddressSet:
    """Addresses and networks, as `192.0.2.7` or `2001:db8::/32`.

    Raises:
        PatternError: an entry is neither.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self.entries = tuple(entries)
        #: Version and length of a network's prefix -> the prefix -> the first entry's number. So a look takes one step
        #: for each length, however many networks there are.
        self._prefixes: dict[tuple[int, int], dict[int, int]] = {}
        for number, entry in enumerate(self.entries):
            if is_token(entry):  # encrypted under a key that is lost
                continue
            network = _network(entry)
            prefixes = self._prefixes.setdefault((network.version, network.prefixlen), {})
            prefixes.setdefault(int(network.network_address) >> (network.max_prefixlen - network.prefixlen), number)

    def __contains__(self, address: str | None) -> bool:
        return bool(self.matches(address))

    def matches(self, address: str | None) -> list[int]:
        """The numbers of the entries, from 0, that hold the address. Of entries that mean the same, only the first."""
        parsed = _read(address) if address and self._prefixes else None
        if parsed is None:
            return []
        whole, bits = int(parsed), parsed.max_prefixlen
        rows = (
            prefixes.get(whole >> (bits - length))
            for (version, length), prefixes in self._prefixes.items()
            if version == parsed.version
        )
        return sorted(number for number in rows if number is not None)


def spelled(entry: str) -> str:
    """The one spelling of an address or a network.

    Raises:
        PatternError: it is neither.
    """
    network = _network(entry)
    return str(network.network_address if network.prefixlen == network.max_prefixlen else network)


def _read(text: str) -> _Address | None:
    plain = _AROUND.sub("", text.strip().strip("\"'")).strip(" \"'")
    bracketed, with_port = _BRACKETED.fullmatch(plain), _WITH_PORT.fullmatch(plain)
    plain = bracketed[1] if bracketed else with_port[1] if with_port else plain
    plain = plain.partition("%")[0].strip()
    try:
        address = ipaddress.ip_address(plain if ":" in plain else _PADDING.sub("", plain))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and any(address in network for network in _WITH_IPV4):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _network(entry: str) -> IPv4Network | IPv6Network:
    address = _read(entry)
    if address is not None:
        return ipaddress.ip_network(address)
    host, slash, length = entry.strip().rpartition("/")
    within = host.strip().strip("[]").partition("%")[0]
    try:
        written = ipaddress.ip_interface(f"{within}/{length.strip()}" if slash else entry.strip())
    except ValueError:
        what = "network" if slash else "address"
        said = f"{entry.strip()} is no {what}. Give an address or a network such as 192.0.2.0/24."
        raise PatternError(said) from None
    network = written.network
    if isinstance(network, IPv6Network) and any(written.ip in outer for outer in _WITH_IPV4):
        bits = network.prefixlen if network.prefixlen <= 32 else network.prefixlen - 96
        if bits < 0:
            raise PatternError(f"{entry.strip()} is more than IPv4. Give an address or a network such as 192.0.2.0/24.")
        return IPv4Network((int(written.ip) & 0xFFFFFFFF, bits), strict=False)
    return network
