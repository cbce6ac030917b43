"""Actors: who did something, in the audit and in decisions: `policy`, `site`, `author`, `operator`, or `user:<id>`."""

from __future__ import annotations

#: The site's policy: the classifier's scores and the rules.
POLICY = "policy"
#: The site's own back end, with its key.
SITE = "site"
#: The comment's author, on the page that states a decision.
AUTHOR = "author"
#: Somebody at the command line.
OPERATOR = "operator"

_PERSON = "user:"
#: A pattern for SQL's LIKE that matches people.
PEOPLE = f"{_PERSON}%"


def of_user(user_id: str) -> str:
    """The actor of a user of the console."""
    return f"{_PERSON}{user_id}"


def is_person(actor: str | None) -> bool:
    """Whether this is a user of the console."""
    return actor is not None and actor.startswith(_PERSON)


def user_id(actor: str) -> str:
    """The user's id of a person's actor. Raises ValueError for any other actor."""
    if not is_person(actor):
        raise ValueError(f"{actor} is no user.")
    return actor.removeprefix(_PERSON)


def kind(actor: str) -> str:
    """`policy`, `site`, `operator` or `user`. A site is told no more: which moderator it was stays inside Winnow."""
    return actor.partition(":")[0]
