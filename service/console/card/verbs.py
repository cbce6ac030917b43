"""What the two decisions on a comment are called. The list for people is in docs/moderators.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """A decision in words: on its button, while it is sent, when it is done, and in a sentence with the author."""

    button: str
    doing: str
    done: str
    sentence: str


#: What waits and nobody sees, what readers see, and what an author appeals -> action -> its words.
_HELD: Mapping[str, Verb] = {
    "publish": Verb("Publish", "Publishing…", "Published", "Published the comment by {}."),
    "reject": Verb("Reject", "Rejecting…", "Rejected", "Rejected the comment by {}."),
}
_SEEN: Mapping[str, Verb] = {
    "publish": Verb("Keep up", "Keeping it up…", "Kept up", "Kept up the comment by {}."),
    "reject": Verb("Take down", "Taking it down…", "Taken down", "Took down the comment by {}."),
}
_APPEALED: Mapping[str, Verb] = {
    "publish": Verb("Reverse", "Reversing…", "Reversed", "Reversed the decision on the comment by {}."),
    "reject": Verb("Uphold", "Upholding…", "Upheld", "Upheld the decision on the comment by {}."),
}


def of(status: str, *, appealed: bool, blind: bool) -> Mapping[str, Verb]:
    """`publish` and `reject` -> their words. At a second look, `blind`, they do not tell what was decided before."""
    if blind:
        return _HELD
    if appealed:
        return _APPEALED
    return _SEEN if status == "published" else _HELD
