"""Who did something, as the audit and the decisions name them: `policy`, `site`, `operator`, or `user:<id>`."""

from __future__ import annotations

#: The site's policy, by what the classifier and its rules said.
POLICY = "policy"
#: The site's own back end, with its key.
SITE = "site"
#: Whoever has the command line.
OPERATOR = "operator"

_PERSON = "user:"
#: What SQL's LIKE finds people by.
PEOPLE = f"{_PERSON}%"


def of_user(user_id: str) -> str:
    """The actor that a user of the console is."""
    return f"{_PERSON}{user_id}"


def is_person(actor: str | None) -> bool:
    """Whether this is a user of the console."""
    return actor is not None and actor.startswith(_PERSON)


def user_id(actor: str) -> str:
    """The id of the user who is this actor. Raises ValueError when it is none."""
    if not is_person(actor):
        raise ValueError(f"{actor} is no user.")
    return actor.removeprefix(_PERSON)


def kind(actor: str) -> str:
    """`policy`, `site`, `operator` or `user`: all that a site is told, since which moderator is not its affair."""
    return actor.partition(":")[0]
