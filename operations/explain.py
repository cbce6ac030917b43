"""Turns the errors that an operator can mend into a sentence."""

from __future__ import annotations

import redis
from sqlalchemy.exc import OperationalError, ProgrammingError

from models import ArtifactError
from moderation.errors import NotFound
from moderation.people.accounts import PersonError
from moderation.sealing import SealError
from moderation.settings import SettingsError
from operations.errors import OperatorError, is_full

_ALREADY_SENTENCES = (OperatorError, NotFound, SettingsError, SealError, PersonError, ArtifactError)


def explain(error: Exception) -> str | None:
    """The sentence for the operator; None for a fault of Winnow's own, which needs its traceback."""
    if isinstance(error, _ALREADY_SENTENCES):
        return str(error)
    if isinstance(error, redis.RedisError):
        return f"Redis failed: {error}. `winnow doctor` checks it."
    if isinstance(error, OperationalError | ProgrammingError):
        return f"The database failed: {str(error.orig).strip().splitlines()[0]}. `winnow doctor` checks it."
    if isinstance(error, OSError) and is_full(error):
        where = f" (writing {error.filename})" if error.filename else ""
        return f"The disk is full{where}. Free some space, and run it again."
    return None
