"""How an e-mail or IP address is written where it is encrypted: the same each time, so that an index finds it.

A token is `~`, a letter for the key, and in base64 what AES-SIV (RFC 5297) makes of the text. Two tokens show whether
their texts are the same, and nothing else. Each purpose has keys of its own, so that tokens of two purposes do not show
even this.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import string
from collections.abc import Collection

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

MARK = "~"
#: The letters of keys: one, so that the address of a visitor fits into its column.
_LETTERS = string.ascii_letters + string.digits
_TOKEN = re.compile(rf"{MARK}[{_LETTERS}](?:[\w-]{{22,}}|\.[\w-]{{32}})", re.ASCII)
#: What may hold an e-mail or IP address, or a network.
_PERSONAL = re.compile(
    r"[^\s@]@[^\s@]|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|::|(?:[0-9A-Fa-f]{1,4}:){4,}[0-9A-Fa-f]"
)
#: Found in every text in which `_PERSONAL` finds something, also where the text is quoted: quicker to look for.
_PERHAPS = re.compile(r"@|\d\.\d{1,3}\.\d{1,3}\.\d|::|(?:[0-9A-Fa-f]{1,4}:){4}")
#: Characters of the part that is equal for texts that are compared as the same.
_SAME = 12
_PACKED = [b"address"]


class Stored(str):
    """A text exactly as it stands in a column."""

    __slots__ = ()


class Opened(str):
    """A text that was read, with the form in which it stands in its column."""

    __slots__ = ("stored",)
    stored: str

    @classmethod
    def of(cls, text: str, stored: str) -> Opened:
        """A text, and its form."""
        opened = cls(text)
        opened.stored = stored
        return opened


def is_token(text: str) -> bool:
    """Whether a text looks like a token."""
    return text[:1] == MARK and _TOKEN.fullmatch(text) is not None


def is_personal(text: str) -> bool:
    """Whether a text may hold an e-mail or IP address."""
    return _PERSONAL.search(text) is not None


def new_material() -> str:
    """A new key."""
    return secrets.token_hex(32)


def free_letter(taken: Collection[str]) -> str:
    """A letter for a key that no other has."""
    return secrets.choice([letter for letter in _LETTERS if letter not in taken])


def may_be_personal(shown: str) -> bool:
    """Whether a document, as `repr` shows it, may hold an e-mail or IP address."""
    return _PERHAPS.search(shown) is not None


class Key:
    """A key, which seals texts for each purpose under a key derived from it."""

    def __init__(self, letter: str, material: str) -> None:
        self.letter = letter
        self._material = bytes.fromhex(material)
        self._derived: dict[str, tuple[AESSIV, bytes]] = {}

    def seal(self, purpose: str, text: str, *, same: str | None = None, room: int | None = None) -> str:
        """The token of a text. One that would not fit into `room` characters cannot be opened again.

        With `same`, tokens of texts for which this is equal begin alike (`beginning`).
        """
        cipher, digests = self._keys(purpose)
        packed = _packed(text) if purpose == "ip" else None
        sealed = (
            cipher.encrypt(text.encode("utf-8", "surrogatepass"), None)
            if packed is None
            else (cipher.encrypt(packed, _PACKED))
        )
        token = (MARK + self.letter if same is None else self.beginning(purpose, same)) + _text(sealed)
        if room is not None and len(token) > room:
            one_way = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=digests, digest_size=24).digest()
            return f"{MARK}{self.letter}.{_text(one_way)}"
        return token

    def beginning(self, purpose: str, same: str) -> str:
        """What the tokens of texts begin with for which `same` is equal."""
        digests = self._keys(purpose)[1]
        digest = hashlib.blake2b(same.encode("utf-8", "surrogatepass"), key=digests, digest_size=9).digest()
        return MARK + self.letter + _text(digest)

    def unseal(self, purpose: str, token: str, *, has_same: bool) -> str | None:
        """The text of a token; None if it is none of this key, or cannot be opened."""
        cipher = self._keys(purpose)[0]
        body = token[2 + (_SAME if has_same else 0) :]
        try:
            sealed = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
            if purpose == "ip":
                try:
                    return str(ipaddress.ip_address(cipher.decrypt(sealed, _PACKED)))
                except InvalidTag:
                    pass
            return cipher.decrypt(sealed, None).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError):
            return None

    def _keys(self, purpose: str) -> tuple[AESSIV, bytes]:
        keys = self._derived.get(purpose)
        if keys is None:
            whole = hmac.digest(self._material, f"winnow identities {purpose} 1".encode(), "sha512")
            digests = hmac.digest(self._material, f"winnow identities {purpose} same 1".encode(), "sha512")
            keys = self._derived[purpose] = AESSIV(whole), digests
        return keys


def _packed(text: str) -> bytes | None:
    """The bytes of an address in its one spelling."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return address.packed if str(address) == text else None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
