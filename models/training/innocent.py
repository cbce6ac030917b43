"""Innocent sentences that gullible filters stop (innocent.toml). Written for Winnow; never trained on.

Every second sentence of each kind is held out: it is looked at only when the final card is made.
"""

from __future__ import annotations

from models.package_data import read_lists


def innocent_sentences(*, held_out: bool) -> list[tuple[str, str]]:
    """Pairs of (kind, sentence): the half to develop with, or the half that is held out."""
    kinds = read_lists("models.training", "innocent.toml")
    return [(kind, sentence) for kind, sentences in kinds.items() for sentence in sentences[int(held_out) :: 2]]
