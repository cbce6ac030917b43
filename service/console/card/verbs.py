"""What the two decisions on a comment are called. The list for people is in docs/moderators.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from texts.translation import later


@dataclass(frozen=True, slots=True)
class Verb:
    """A decision in words: on its button, while it is sent, when it is done, and in a sentence with the author.

    `unchanged` is what is said where the comment stays as it is.
    """

    button: str
    doing: str
    done: str
    sentence: str
    unchanged: str


_AGREED_PUBLISHED = later("You agree with the decision before: it stays published.")
_AGREED_REJECTED = later("You agree with the decision before: it stays rejected.")
#: What waits and nobody sees, what readers see, and what an author appeals -> action -> its words.
_HELD: Mapping[str, Verb] = {
    "publish": Verb(
        later("Publish"),
        later("Publishing…"),
        later("Published"),
        later("Published the comment by %(name)s."),
        _AGREED_PUBLISHED,
    ),
    "reject": Verb(
        later("Reject"),
        later("Rejecting…"),
        later("Rejected"),
        later("Rejected the comment by %(name)s."),
        _AGREED_REJECTED,
    ),
}
_SEEN: Mapping[str, Verb] = {
    "publish": Verb(
        later("Keep up"),
        later("Keeping it up…"),
        later("Kept up"),
        later("Kept up the comment by %(name)s."),
        later("Kept up: it stays published."),
    ),
    "reject": Verb(
        later("Take down"),
        later("Taking it down…"),
        later("Taken down"),
        later("Took down the comment by %(name)s."),
        later("Taken down: it stays rejected."),
    ),
}
_APPEALED: Mapping[str, Verb] = {
    "publish": Verb(
        later("Reverse"),
        later("Reversing…"),
        later("Reversed"),
        later("Reversed the decision on the comment by %(name)s."),
        later("Reversed: it stays published."),
    ),
    "reject": Verb(
        later("Uphold"),
        later("Upholding…"),
        later("Upheld"),
        later("Upheld the decision on the comment by %(name)s."),
        later("Upheld: it stays rejected."),
    ),
}


def of(status: str, *, appealed: bool, blind: bool) -> Mapping[str, Verb]:
    """`publish` and `reject` -> their words. At a second look, `blind`, they do not tell what was decided before."""
    if blind:
        return _HELD
    if appealed:
        return _APPEALED
    return _SEEN if status == "published" else _HELD
