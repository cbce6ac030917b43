"""The second step: codes by RFC 6238 that work once, recovery codes, and secrets that are kept encrypted."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from moderation.people import accounts, totp
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import AuditEvent, RecoveryCode, User
from tests.support.clock import Clock
from tests.support.comments import dump, rows

pytestmark = pytest.mark.one_database

#: The appendix of RFC 6238: the secret in base32, and moments with their codes (the last six of eight digits).
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]


@pytest.fixture
def ada(store: Store) -> User:
    accounts.create_user(store, "ada", "moderator", "correct horse battery")
    return rows(store, User)[0]


def code(secret: str, clock: Clock, *, steps: int = 0) -> str:
    return totp.code_at(secret, int(clock.now.timestamp()) // 30 + steps)


def turn_on(store: Store, settings: Settings, user: User, clock: Clock) -> tuple[str, list[str], User]:
    """The secret, the recovery codes, and the user as they are now; two steps later."""
    secret = totp.new_secret()
    codes = totp.turn_on(store, settings, user.id, secret, code(secret, clock))
    assert codes is not None
    clock.advance(minutes=1)
    return secret, codes, rows(store, User, id=user.id)[0]


@pytest.mark.parametrize(("at", "expected"), RFC_CODES)
def test_codes_are_those_of_the_rfc(clock: Clock, at: int, expected: str) -> None:
    clock.now = datetime.fromtimestamp(at, UTC)
    assert totp.code_at(RFC_SECRET, at // 30) == expected
    assert totp.step_of(RFC_SECRET, expected) == at // 30


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_may_be_half_a_minute_off(
    store: Store, settings: Settings, ada: User, clock: Clock, steps: int, good: bool
) -> None:
    secret, _, user = turn_on(store, settings, ada, clock)
    clock.advance(minutes=5)
    assert totp.check(store, settings, user, code(secret, clock, steps=steps)) is good


def test_a_code_works_once_and_none_before_it_any_more(
    store: Store, settings: Settings, ada: User, clock: Clock
) -> None:
    secret, _, user = turn_on(store, settings, ada, clock)
    now, before = code(secret, clock), code(secret, clock, steps=-1)
    assert totp.check(store, settings, user, now)
    assert not totp.check(store, settings, user, now)
    assert not totp.check(store, settings, user, before)
    assert totp.check(store, settings, user, code(secret, clock, steps=1))


def test_the_code_that_turned_it_on_does_not_sign_in(store: Store, settings: Settings, ada: User, clock: Clock) -> None:
    secret = totp.new_secret()
    first = code(secret, clock)
    assert totp.turn_on(store, settings, ada.id, secret, first)
    assert not totp.check(store, settings, rows(store, User)[0], first)


@pytest.mark.parametrize("typed", ["{0} {1}", " {0}{1}\n", "{0}-{1}"])
def test_gaps_in_a_code_do_not_matter(store: Store, settings: Settings, ada: User, clock: Clock, typed: str) -> None:
    secret, _, user = turn_on(store, settings, ada, clock)
    plain = code(secret, clock)
    assert totp.check(store, settings, user, typed.format(plain[:3], plain[3:]))


@pytest.mark.parametrize("typed", ["", "000000", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "\0" * 6])
def test_anything_else_is_refused(store: Store, settings: Settings, ada: User, clock: Clock, typed: str) -> None:
    assert totp.turn_on(store, settings, ada.id, RFC_SECRET, typed) is None
    _, _, user = turn_on(store, settings, ada, clock)
    assert not totp.check(store, settings, user, typed)


def test_a_recovery_code_works_once_however_it_is_typed(
    store: Store, settings: Settings, ada: User, clock: Clock
) -> None:
    _, codes, user = turn_on(store, settings, ada, clock)
    assert len(set(codes)) == totp.RECOVERY_CODES
    assert totp.check(store, settings, user, f" {codes[0].upper().replace('-', ' ')} ")
    assert not totp.check(store, settings, user, codes[0])
    assert totp.check(store, settings, user, codes[1])
    with store.read() as session:
        assert totp.recovery_codes_left(session, user.id) == totp.RECOVERY_CODES - 2
    assert len(rows(store, AuditEvent, action="user.recovery_code_used")) == 2


def test_recovery_codes_are_their_owners_alone(store: Store, settings: Settings, ada: User, clock: Clock) -> None:
    _, codes, _ = turn_on(store, settings, ada, clock)
    accounts.create_user(store, "eve", "viewer", "correct horse battery")
    _, _, eve = turn_on(store, settings, rows(store, User, name="eve")[0], clock)
    assert not totp.check(store, settings, eve, codes[0])


def test_new_recovery_codes_replace_those_before(store: Store, settings: Settings, ada: User, clock: Clock) -> None:
    _, before, user = turn_on(store, settings, ada, clock)
    after = totp.renew_recovery_codes(store, user.id)
    assert not totp.check(store, settings, user, before[0])
    assert totp.check(store, settings, user, after[0])


def test_nothing_secret_is_kept_readable(store: Store, settings: Settings, ada: User, clock: Clock) -> None:
    secret, codes, _ = turn_on(store, settings, ada, clock)
    kept = dump(store)
    assert secret not in kept
    assert all(one not in kept and one.replace("-", "") not in kept for one in codes)


def test_turning_it_off_forgets_everything(store: Store, settings: Settings, ada: User, clock: Clock) -> None:
    _, codes, user = turn_on(store, settings, ada, clock)
    with store.write() as session:
        assert totp.turn_off(session, user.id, actor="operator")
        assert not totp.turn_off(session, user.id, actor="operator")
    assert rows(store, RecoveryCode) == []
    assert rows(store, User)[0].totp_sealed is None
    assert not totp.check(store, settings, rows(store, User)[0], codes[0])


def test_the_address_in_the_qr_code_is_what_apps_read() -> None:
    address = totp.address(RFC_SECRET, "ada+x", "Winnow (example.org)")
    assert "+" not in address, "some apps show it"
    parts = urlsplit(address)
    assert unquote(parts.path) == "/Winnow (example.org):ada+x"
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    told = parse_qs(parts.query)
    assert told["secret"] == [RFC_SECRET]
    assert told["issuer"] == ["Winnow (example.org)"]
    assert told["digits"] == ["6"]
    assert told["period"] == ["30"]
