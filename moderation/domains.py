"""Domains in lists: one spelling for each, and whether a host belongs to a listed one, however many are listed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from moderation.patterns import PatternError
from texts.folding import normalized

#: What a browser adds before a domain: left out, unless it is the domain itself, as of www.com.
_WWW = re.compile(r"^(?:www\.)+(?=[^.]+\.)")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
#: Labels of a host that are looked at: a name in the DNS has at most 127, of which spam uses a few.
_MOST_LABELS = 20


def spelled(entry: str) -> str:
    """The one spelling of a domain: in lower case and ASCII, without a scheme, `*.`, `www.` or a last dot.

    Raises:
        PatternError: it is no domain.
    """
    plain = normalized("NFKC", entry.strip()).lower()
    plain = re.sub(r"^[a-z][a-z0-9+.-]*://", "", plain).removesuffix("/").removeprefix("*.")
    if "/" in plain or "@" in plain or ":" in plain:
        raise PatternError("Give a domain such as example.com, without a path, a port or an address before it.")
    host = _WWW.sub("", _in_ascii(plain.removesuffix(".")))
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        raise PatternError("It is no domain. Give one such as example.com; its subdomains are meant with it.")
    return host


class DomainSet:
    """A list of domains. A host is in it if it is one of them, or below one.

    Raises:
        PatternError: an entry is no domain.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._numbers: dict[str, int] = {}
        for number, entry in enumerate(entries):
            self._numbers.setdefault(spelled(entry), number)

    def matches(self, hosts: Iterable[str]) -> set[int]:
        """The numbers of the entries, from 0, to which one of these hosts belongs."""
        domains = set()
        for host in hosts:
            labels = _in_ascii(host.lower().strip(".")).split(".")[-_MOST_LABELS:]
            for at in range(len(labels)):
                number = self._numbers.get(".".join(labels[at:]))
                if number is not None:
                    domains.add(number)
        return domains


def _in_ascii(host: str) -> str:
    """A host's name as the DNS has it; as it is where it cannot be written so."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
