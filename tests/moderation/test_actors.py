"""Who did something: one spelling of it, for the audit, decisions and queries."""

from __future__ import annotations

import pytest

from moderation import actors


@pytest.mark.parametrize(
    ("actor", "is_person", "kind"),
    [
        (actors.POLICY, False, "policy"),
        (actors.SITE, False, "site"),
        (actors.OPERATOR, False, "operator"),
        (actors.of_user("u_1"), True, "user"),
        (None, False, None),
        ("users", False, "users"),
    ],
)
def test_only_users_are_people(actor: str | None, is_person: bool, kind: str | None) -> None:
    assert actors.is_person(actor) is is_person
    if actor is not None:
        assert actors.kind(actor) == kind


def test_a_users_id_comes_back_and_nothing_else_has_one() -> None:
    assert actors.user_id(actors.of_user("u_1")) == "u_1"
    with pytest.raises(ValueError, match="policy is no user"):
        actors.user_id(actors.POLICY)
