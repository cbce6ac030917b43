"""What a card says of the comments that say nearly the same as its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation import clock
from moderation.review import campaigns, groups
from moderation.review.campaigns import Ruling
from moderation.tables import Comment, ReviewItem
from service.console import access
from texts import translation
from texts.translation import gettext, later, ngettext


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """Other comments that say nearly the same, on the sites that the person may see."""

    #: How many of them wait.
    waiting: int = 0
    #: How many readers of these sites see.
    seen: int = 0
    #: What people have decided on some of them, and the name of who did it last.
    ruling: Ruling | None = None
    ruled_by: str = ""

    @property
    def any(self) -> bool:
        return self.waiting > 0 or self.seen > 0

    @property
    def in_words(self) -> str:
        """How many there are."""
        if not self.waiting:
            return self._seen_in_words
        seen = [gettext("readers see %(number)s", number=_up_to(self.seen))] if self.seen > 0 else []
        return "; ".join([self._waiting_in_words, *seen])

    @property
    def ruling_in_words(self) -> str:
        """What people have decided on others."""
        rejected = self.ruling is not None and self.ruling.status == "rejected"
        sentence = later("%(name)s rejected the same.") if rejected else later("%(name)s published the same.")
        return gettext(sentence, name=self.ruled_by)

    @property
    def likewise_in_words(self) -> str:
        """What the button says that decides all of them likewise."""
        number = self.waiting + 1
        if self.ruling is not None and self.ruling.status == "rejected":
            return ngettext("Reject this one, too", "Reject these %(number)s, too", number)
        return ngettext("Publish this one, too", "Publish these %(number)s, too", number)

    @property
    def counted_at(self) -> str:
        """The moment up to which deciding likewise takes what came in."""
        return clock.now().isoformat()

    @property
    def _waiting_in_words(self) -> str:
        if self.waiting < groups.COUNT_UP_TO:
            return ngettext(
                "and %(number)s that says nearly the same", "and %(number)s that say nearly the same", self.waiting
            )
        most = translation.decimal(groups.COUNT_UP_TO)
        return gettext("and more than %(most)s that say nearly the same", most=most)

    @property
    def _seen_in_words(self) -> str:
        if self.seen < groups.COUNT_UP_TO:
            return ngettext(
                "readers see %(number)s that says nearly the same",
                "readers see %(number)s that say nearly the same",
                self.seen,
            )
        most = translation.decimal(groups.COUNT_UP_TO)
        return gettext("readers see more than %(most)s that say nearly the same", most=most)


def of_comments(session: Session, comments: Sequence[tuple[Comment, Sequence[ReviewItem]]]) -> Mapping[str, Lookalikes]:
    """Comment's id -> its look-alikes, for these comments. Who ruled on them has no name yet."""
    group_ids = {item.group_id for _, items in comments for item in items if item.group_id}
    waiting = groups.count(session, group_ids, access.in_use())
    seen = campaigns.seen(session, group_ids, access.in_use())
    held = [comment for comment, items in comments if items and comment.status == "flagged"]
    rulings = campaigns.rulings(session, [(comment.group_id, comment.site_id) for comment in held if comment.group_id])
    found = {}
    for comment, items in comments:
        own = comment.status == "published" and comment.group_id is not None
        found[comment.id] = Lookalikes(
            max((waiting.get(item.group_id or "", 1) for item in items), default=1) - 1,
            max((seen.get(item.group_id or "", 0) for item in items), default=0) - own,
            rulings.get((comment.group_id or "", comment.site_id)),
        )
    return found


def _up_to(number: int) -> str:
    if number < groups.COUNT_UP_TO:
        return translation.decimal(number)
    return gettext("more than %(most)s", most=translation.decimal(groups.COUNT_UP_TO))
