"""What may be done once is done once, also where two do it at the same moment: a double click, or two people."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy.orm import Session

from moderation import actors
from moderation.people import accounts, single_sign_on
from moderation.people.accounts import PersonError
from moderation.people.single_sign_on import Identity
from moderation.policy import shared_lists
from moderation.policy.shared_lists import SharedListError
from moderation.settings import Settings
from moderation.sites import sites
from moderation.store import Store
from moderation.tables import SharedList, Site, User
from tests.support.comments import rows

PASSWORD = "correct horse battery"


def meanwhile(store: Store, first: Callable[[Session], object], second: Callable[[], object]) -> list[object]:
    """What `second` returns or raises that begins when `first` is done, and not yet committed."""
    outcome: list[object] = []

    def try_it() -> None:
        try:
            outcome.append(second())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=try_it)
    with store.write() as session:
        first(session)
        thread.start()
        thread.join(0.5)
        assert not outcome, "it waits until it is known what became of the first"
    thread.join(60)
    return outcome


def test_a_person_s_name_is_taken_once(store: Store) -> None:
    [refused] = meanwhile(
        store,
        lambda session: accounts.add_user(session, "ada", "viewer", actor=actors.OPERATOR),
        lambda: accounts.create_user(store, "ada", "viewer"),
    )
    assert isinstance(refused, PersonError)
    assert len(rows(store, User, name="ada")) == 1


def test_a_person_of_the_provider_becomes_one_user(store: Store) -> None:
    ada = Identity("https://id.example", "1", "ada")

    def let_in() -> str:
        with store.write() as session:
            return single_sign_on.link(session, ada, "viewer").name

    assert meanwhile(store, lambda session: single_sign_on.link(session, ada, "viewer"), let_in) == ["ada"]
    assert len(rows(store, User, name="ada")) == 1


def test_a_site_s_name_is_taken_once(store: Store, settings: Settings) -> None:
    other = sites.create_site(store, settings, "B")
    [refused] = meanwhile(
        store,
        lambda session: sites.rename(session, other.id, "A", actor=actors.OPERATOR),
        lambda: sites.create_site(store, settings, "a"),
    )
    assert isinstance(refused, ValueError)
    assert [site.name for site in rows(store, Site)] == ["A"]


def test_a_list_s_name_is_taken_once(store: Store) -> None:
    def create() -> SharedList:
        with store.write() as session:
            return shared_lists.create(session, "Words", "words", actor=actors.OPERATOR)

    [refused] = meanwhile(
        store, lambda session: shared_lists.create(session, "words", "words", actor=actors.OPERATOR), create
    )
    assert isinstance(refused, SharedListError)


def test_a_one_time_link_works_once(store: Store) -> None:
    token = accounts.create_user(store, "ada", "viewer").setup_token
    assert token is not None

    def use(session: Session) -> None:
        user = accounts.for_setup(session, token, to_use=True)
        assert user is not None
        user.setup_digest = None

    assert meanwhile(store, use, lambda: accounts.set_password(store, token, PASSWORD)) == [None]
