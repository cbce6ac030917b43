"""Examples that we made up, so that words which are only near abuse do not count as abuse.

Terms for people get plain sentences beside the hostile ones that the data is full of, and hostile ones with each term
alike, so that the term itself says nothing. Words that merely contain a rude one get plain sentences, too. Wares are
advertised and spoken of, so that neither they nor an address are spam by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, product

import numpy as np
from numpy.typing import NDArray

from models.labels import COLUMN, CORE_LABELS, SPAM
from models.package_data import read_lists
from models.training.datasets import UNKNOWN, Examples

_LISTS = read_lists("models.training", "made_up.toml") | read_lists("models.training", "everyday.toml")
IDENTITY_TERMS = tuple(_LISTS["identity_terms"])
_WEIGHT = 0.5  # of a sentence of ours beside a comment that somebody wrote: at 1 they cost real comments' ranking
_EVERYDAY = 2.5  # beside these: people say such things short, and few of the comments learnt from are
_ADVERT = 0.4  # beside these; at 1 comments under videos are ranked worse
# The data speaks of these mostly in abuse, so that it takes more plain sentences to make up for it.
_MALIGNED = {"gay": 420.0, "homosexual": 64.0}
_MALIGNED |= dict.fromkeys(("queer", "lesbian", "black", "jewish", "muslim", "bisexual", "asian"), 16.0)


def made_up_examples() -> Examples:
    """All of them, as a set called "made_up"."""
    of_terms = product(_LISTS["plain"], IDENTITY_TERMS)
    plain = [
        *((pattern.format(term), _MALIGNED.get(term, 2.0)) for pattern, term in of_terms),
        *_filled("about_words", "near_rude", 0.5),
        *_filled("with_links", "addresses", 0.5),
        *_filled("quoting", "insults", 0.75),
        *((sentence, 1.0) for sentence in _LISTS["ordinary_business"]),
        *_filled("reporting", "at_somebody", 1.5),
        *_filled("about_people", "named", 1.0),
        *_filled("about_things", "dishes_and_creatures", 1.0),
        *_filled("about_asses", "asses", 1.0),
        *_filled("about_places", "places", 1.0),
        *_filled("about_papers", "papers", 1.0),
        *_filled("about_wares", "wares", 0.75),
    ]
    good = np.zeros(len(CORE_LABELS), dtype=np.float32)
    advert = good.copy()
    advert[COLUMN[SPAM]] = 1.0
    kinds = [
        (plain, good),
        (list(_filled("hostile", "identity_terms", 1.0)), _bad(toxicity=1.0, identity_attack=1.0, spam=0.0)),
        (list(_filled("quoted_at", "at_somebody", 1.0)), _bad(toxicity=1.0, insult=1.0, threat=0.0, spam=0.0)),
        ([(text, _ADVERT) for text in _adverts()], advert),
    ]
    return _together(kinds)


def everyday_examples() -> Examples:
    """Abuse in short forms and slang, and what looks like it (everyday.toml), as a part of "made_up".

    The reader that understands does not learn these: other languages would be judged worse.
    """
    insults = [*_filled("called", "names", _EVERYDAY), *_filled("sent_off", "dismissals", _EVERYDAY)]
    harmless = [*_filled("announced", "plans", _EVERYDAY), *((text, 2.0) for text in _LISTS["harmless"])]
    kinds = [
        (insults, _bad(toxicity=1.0, insult=1.0, threat=0.0)),
        (list(_filled("told", "harm_to_oneself", _EVERYDAY)), _bad(toxicity=1.0)),
        (list(_filled("announced", "harms", _EVERYDAY)), _bad(toxicity=1.0, threat=1.0)),
        (harmless, np.zeros(len(CORE_LABELS), dtype=np.float32)),
    ]
    return _together(kinds)


def _together(kinds: Sequence[tuple[Sequence[tuple[str, float]], NDArray[np.float32]]]) -> Examples:
    """Sentences with their weights, and the labels of each kind."""
    rows = [row for kind, _ in kinds for row in kind]
    return Examples(
        [text for text, _ in rows],
        np.array([target for kind, target in kinds for _ in kind]),
        np.array([weight * _WEIGHT for _, weight in rows], dtype=np.float32),
        np.full(len(rows), "made_up"),
        np.full(len(rows), "train"),
        np.full(len(rows), -1),
    )


def _filled(patterns: str, gaps: str, weight: float) -> Iterator[tuple[str, float]]:
    """Each pattern of a list with each entry of another in its gap, and the weight of all of them."""
    return ((pattern.format(gap), weight) for pattern, gap in product(_LISTS[patterns], _LISTS[gaps]))


def _adverts() -> Iterator[str]:
    """Each ware offered in each way, each time with another shop's address; and whole advertisements."""
    shops = cycle(_LISTS["shops"])
    for offer, ware in product(_LISTS["offers"], _LISTS["wares"]):
        yield f"{offer.format(ware)} {next(shops).format(ware.split()[-1].lower())}".strip()
    yield from _LISTS["adverts"]


def _bad(**known: float) -> NDArray[np.float32]:
    row = np.full(len(CORE_LABELS), UNKNOWN, dtype=np.float32)
    for label, value in known.items():
        row[COLUMN[label]] = value
    return row
