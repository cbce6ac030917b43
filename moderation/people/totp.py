"""The second step of signing in: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for its loss."""

from __future__ import annotations

import base64
import hmac
import re
import secrets

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.orm import Session

from moderation import actors, audit, clock, sealing
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import RecoveryCode, User

#: What every authenticator app assumes: six digits, a new code each half minute, SHA-1.
DIGITS, STEP_SECONDS = 6, 30
#: How many steps a phone's clock may be ahead or behind.
SKEW = 1
RECOVERY_CODES = 10
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_RECOVERY_LENGTH = 16  # 80 bits: a digest of it gives nothing away


def new_secret() -> str:
    """A random secret of 160 bits, in base32 as authenticator apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address(secret: str, name: str, issuer: str) -> str:
    """The `otpauth://` address that an authenticator app reads from a QR code."""
    # Some apps show a plus sign for a space. A real plus sign is %2B here, so it is safe.
    return _totp(secret).get_provisioning_uri(name, issuer).replace("+", "%20")


def code_at(secret: str, step: int) -> str:
    """The code of one time step."""
    return _totp(secret).generate(step * STEP_SECONDS).decode()


def step_of(secret: str, code: str) -> int | None:
    """The time step, around now, that has this code; the latest if two have it; None if none has."""
    current = int(clock.now().timestamp()) // STEP_SECONDS
    steps = range(current - SKEW, current + SKEW + 1)
    typed = code.encode()
    matching = [step for step in steps if hmac.compare_digest(code_at(secret, step).encode(), typed)]
    return max(matching, default=None)


def turn_on(store: Store, settings: Settings, user_id: str, secret: str, code: str) -> list[str] | None:
    """From now on ask this person for codes of `secret`. Returns their new recovery codes; None if `code` is wrong.

    Raises:
        SealError: there is no secret key to encrypt it under.
    """
    step = step_of(secret, _digits(code))
    if step is None:
        return None
    sealed = sealing.seal(settings, secret)
    with store.write() as session:
        user = session.get_one(User, user_id)
        user.totp_sealed, user.totp_step = sealed, step
        codes = _new_recovery_codes(session, user_id)
        audit.record(session, [audit.row("user.totp_turned_on", actor=actors.of_user(user_id))])
    return codes


def turn_off(session: Session, user_id: str, *, actor: str) -> bool:
    """Ask for the password alone again. False when there was nothing to turn off."""
    user = session.get_one(User, user_id)
    if user.totp_sealed is None:
        return False
    user.totp_sealed, user.totp_step = None, None
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    audit.record(session, [audit.row("user.totp_turned_off", actor=actor, detail={"user": user_id})])
    return True


def check(store: Store, settings: Settings, user: User, code: str) -> bool:
    """Whether this is the person's current code or one of their recovery codes. Either works once.

    Raises:
        SealError: their secret was encrypted under a secret key that is gone.
    """
    if user.totp_sealed is None:
        return False
    if is_recovery_code(code):
        return _use_recovery_code(store, user.id, code)
    step = step_of(sealing.unseal(settings, user.totp_sealed), _digits(code))
    return step is not None and _use_step(store, user, step)


def is_recovery_code(code: str) -> bool:
    """Whether it looks like a recovery code, and not like one of an authenticator."""
    return len(_digits(code)) != DIGITS


def renew_recovery_codes(store: Store, user_id: str) -> list[str]:
    """New recovery codes; those before no longer work."""
    with store.write() as session:
        codes = _new_recovery_codes(session, user_id)
        audit.record(session, [audit.row("user.recovery_codes_made", actor=actors.of_user(user_id))])
    return codes


def recovery_codes_left(session: Session, user_id: str) -> int:
    """How many recovery codes a person has not used."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
    return session.scalar(query) or 0


def _use_step(store: Store, user: User, step: int) -> bool:
    """Use up a time step, unless it or a later one was used before: a code that somebody overheard is worth nothing."""
    unused = or_(User.totp_step.is_(None), User.totp_step < step)
    query = update(User).where(User.id == user.id, User.totp_sealed == user.totp_sealed, unused)
    with store.write() as session:
        return _rows(session.execute(query.values(totp_step=step).execution_options(synchronize_session=False))) == 1


def _use_recovery_code(store: Store, user_id: str, code: str) -> bool:
    digest = _recovery_digest(user_id, code)
    query = delete(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.digest == digest)
    with store.write() as session:
        used = _rows(session.execute(query.execution_options(synchronize_session=False))) == 1
        if used:
            audit.record(session, [audit.row("user.recovery_code_used", actor=actors.of_user(user_id))])
    return used


def _new_recovery_codes(session: Session, user_id: str) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    plain = ["".join(secrets.choice(_LETTERS) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(user_id=user_id, digest=_recovery_digest(user_id, code), created_at=clock.now()) for code in plain
    )
    return ["-".join(re.findall("....", code)) for code in plain]


def _recovery_digest(user_id: str, code: str) -> str:
    return sealing.digest(f"{user_id} {re.sub('[^0-9a-z]', '', code.lower())}")


def _digits(code: str) -> str:
    """What was typed, without the gap that apps show in the middle."""
    plain = re.sub(r"[\s-]", "", code)
    return plain if plain.isascii() and plain.isdigit() else ""


def _totp(secret: str) -> TOTP:
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303  (HMAC-SHA-1, as the RFC has it)


def _rows(result: object) -> int:
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
