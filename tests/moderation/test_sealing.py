"""Secrets: sealed under a key that rotates; tokens that are only ever checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation import sealing
from moderation.sealing import SealError
from moderation.settings import Settings

OLD, NEW = "the old key, long enough to be one", "the new key, long enough to be one"


def with_keys(*keys: str) -> Settings:
    return Settings(database_url="sqlite://", redis_url="unix:///nowhere", data_dir=Path(), secret_keys=keys)


def test_what_is_sealed_is_unsealed_and_unreadable_between() -> None:
    sealed = sealing.seal(with_keys(NEW), "whsec_grüße")
    assert sealing.unseal(with_keys(NEW), sealed) == "whsec_grüße"
    assert "whsec" not in sealed
    assert sealed != sealing.seal(with_keys(NEW), "whsec_grüße"), "equal secrets do not look equal"


def test_after_a_rotation_the_old_key_still_opens_and_the_new_one_seals() -> None:
    before = sealing.seal(with_keys(OLD), "secret")
    rotated = with_keys(NEW, OLD)
    assert sealing.unseal(rotated, before) == "secret"
    assert sealing.unseal(with_keys(NEW), sealing.seal(rotated, "secret")) == "secret"
    assert sealing.unseal(with_keys(NEW), sealing.reseal(rotated, before)) == "secret", "the old key may go"


def test_a_secret_under_a_key_that_is_gone_says_what_to_do() -> None:
    sealed = sealing.seal(with_keys(OLD), "secret")
    with pytest.raises(SealError, match="Add the old key after the new one, separated by a comma"):
        sealing.unseal(with_keys(NEW), sealed)


def test_a_tampered_secret_is_not_opened() -> None:
    sealed = sealing.seal(with_keys(OLD), "secret")
    with pytest.raises(SealError):
        sealing.unseal(with_keys(OLD), sealed[:20] + ("A" if sealed[20] != "A" else "B") + sealed[21:])


def test_without_a_key_nothing_is_sealed_and_the_message_says_how_to_make_one() -> None:
    with pytest.raises(SealError, match=r"WINNOW_SECRET_KEY is not set.*token_urlsafe"):
        sealing.seal(with_keys(), "secret")


def test_a_token_is_random_behind_a_public_prefix() -> None:
    tokens = [sealing.new_token("wk") for _ in range(200)]
    assert len({token for token, *_ in tokens}) == 200
    for token, public, digest in tokens:
        assert token.startswith(f"{public}_")
        assert sealing.public_prefix(token) == public, "whatever the secret part holds, underscores included"
        assert len(token) - len(public) - 1 == 43, "256 bits"
        assert sealing.matches(token, digest)
        assert not sealing.matches(token + "x", digest)
        assert token.removeprefix(f"{public}_") not in digest
