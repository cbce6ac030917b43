"""Secrets: those that Winnow only checks are hashed, those that it must use itself are encrypted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from moderation.settings import Settings


class SealError(Exception):
    """A secret cannot be sealed or opened; the message says which setting is wrong."""


def seal(settings: Settings, secret: str) -> str:
    """Encrypt `secret` under the first key of `WINNOW_SECRET_KEY`."""
    return seal_under(settings.secret_keys, secret)


def unseal(settings: Settings, sealed: str) -> str:
    """Decrypt a secret that `seal` encrypted, with any key of `WINNOW_SECRET_KEY`.

    Raises:
        SealError: no key fits.
    """
    return unseal_under(settings.secret_keys, sealed)


def seal_under(secret_keys: Sequence[str], secret: str) -> str:
    """`seal`, for whoever has no more than the keys."""
    return _fernet(secret_keys).encrypt(secret.encode()).decode()


def unseal_under(secret_keys: Sequence[str], sealed: str) -> str:
    """`unseal`, for whoever has no more than the keys.

    Raises:
        SealError: no key fits.
    """
    try:
        return _fernet(secret_keys).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealError(
            "A stored secret was encrypted under another WINNOW_SECRET_KEY. "
            "Add the old key after the new one, separated by a comma."
        ) from None


def reseal(settings: Settings, sealed: str) -> str:
    """Encrypt a secret again under the first key, so that an old key can be taken away.

    Raises:
        SealError: no key fits.
    """
    return seal(settings, unseal(settings, sealed))


def new_token(prefix: str) -> tuple[str, str, str]:
    """A random token that is only ever checked: `(token, public_prefix, digest)`.

    The token is `<prefix>_<8 public characters>_<43 secret ones>`. Store only the public prefix and the digest.
    """
    public = f"{prefix}_{secrets.token_hex(4)}"
    token = f"{public}_{secrets.token_urlsafe(32)}"
    return token, public, digest(token)


def public_prefix(token: str) -> str:
    """The part of a token under which its digest is stored."""
    return "_".join(token.split("_", 2)[:2])


def digest(token: str) -> str:
    """SHA-256 in hexadecimal. Fit for random tokens, never for passwords."""
    return hashlib.sha256(token.encode()).hexdigest()


def matches(token: str, stored_digest: str) -> bool:
    """Whether `token` has that digest, in constant time."""
    return hmac.compare_digest(digest(token), stored_digest)


def signing_keys(settings: Settings, purpose: str) -> list[str]:
    """Keys to sign things for one purpose, in the order of WINNOW_SECRET_KEY: the first signs, all are accepted."""
    message = f"winnow {purpose} 1".encode()
    return [hmac.new(key.encode(), message, hashlib.sha256).hexdigest() for key in settings.secret_keys]


def _fernet(secret_keys: Sequence[str]) -> MultiFernet:
    if not secret_keys:
        raise SealError(
            "WINNOW_SECRET_KEY is not set, so no secret can be stored. "
            'Make one with `python3 -c "import secrets; print(secrets.token_urlsafe(32))"`.'
        )
    return MultiFernet([Fernet(_derive(key)) for key in secret_keys])


def _derive(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"winnow sealing 1\0" + key.encode()).digest())
