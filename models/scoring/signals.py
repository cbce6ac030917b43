"""What speaks for or against spam beside a comment's words: the one list, which docs/classifier.md repeats.

Each weight is a logarithm of how much likelier the observation is from spam than from a reader, and is added to the
logit. Those of the text were set with the YouTube comments in view; what is known beside it, no public data holds, so
those are set by judgement. Without anything beside the text the score stands on the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.labels import SPAM
from texts import links

Known = Mapping[str, object]

_LINK = re.compile(rf"{links.BEGINNING}([^\s\"'<>]*)")
_WORD = re.compile(r"\w+")
_HIDDEN_ADDRESS = re.compile(r"[\[({]\.[\])}] ?\w| \. ?(?:com|net|org)\b|\. (?:com|net|org)\b| dot (?:com|net|org)\b")
#: What an address in disguise has at the least.
_HINTS = (*(f"{before}{name}" for name in ("com", "net", "org") for before in (" .", ". ", "dot ")), ".]", ".)", ".}")
_SOLD = re.compile(
    r"https?:|www\.|\.(?:com|net|ru|info)\b|\b(?:seo|casino|viagra|loans?|pills?|cheap|escorts?|betting|crypto|bitcoin)\b",
    re.IGNORECASE,
)
#: What no person is called. Of the words of trade it takes two, since people are called Seo, Loan, Pill and Cheap.
_ADVERTISED = re.compile(
    r"https?:|www\.|\.(?:com|net|org|ru|info|biz|shop|xyz)\b|\b(?:viagra|cialis|escorts)\b", re.IGNORECASE
)
_TRADE = re.compile(
    r"\b(?:seo|casinos?|loans?|pills?|cheap|betting|crypto|bitcoin|online|buy|best|services?|agency|payday|discount|"
    r"price|sale|shop|store|company|experts?|marketing|slots?|poker|bonus|free)\b",
    re.IGNORECASE,
)
_PROGRAM = re.compile(r"curl|python|wget|libwww|go-http|java", re.IGNORECASE)
#: Characters of a text in which signals are looked for, and below which a text may be one of few words.
LOOKED_AT, SHORT = 2000, 60
FEW_WORDS = 2
#: A text of so many pieces or more repeats itself where less than one in `ONE_IN` of them differs from the others.
MANY_PIECES, ONE_IN = 15, 3


@dataclass(frozen=True, slots=True)
class Signal:
    """Something seen of a comment. `seen` is asked with its text in lower case and what is known beside it."""

    name: str
    weight: float
    seen: Callable[[str, Known], bool]


def _hides_an_address(text: str, _known: Known) -> bool:
    hinted = "com" in text or "net" in text or "org" in text or ".]" in text or ".)" in text or ".}" in text
    return hinted and any(hint in text for hint in _HINTS) and _HIDDEN_ADDRESS.search(text) is not None


def _links(text: str) -> set[str]:
    """The different addresses in a text; a link of HTML often shows the one that it leads to."""
    return set(_LINK.findall(text)) if "://" in text or "www." in text else set()


def _many_hosts(text: str, _known: Known) -> bool:
    links = _links(text)
    return len(links) > 1 and len({re.split("[/?#:]", its.removeprefix("www."), maxsplit=1)[0] for its in links}) > 1


def _few_words(text: str, _known: Known) -> bool:
    return len(text) < SHORT and "." not in text.strip(" .") and len(_WORD.findall(text)) <= FEW_WORDS


def _repeats_itself(text: str, _known: Known) -> bool:
    pieces = text.split()
    return len(pieces) >= MANY_PIECES and ONE_IN * len(set(pieces)) < len(pieces)


def _too_quick(_text: str, known: Known) -> bool:
    seconds = known.get("seconds_on_page")
    return isinstance(seconds, int | float) and 0 <= seconds < 3


def _name_sells(_text: str, known: Known) -> bool:
    name = known.get("name")
    if not isinstance(name, str):
        return False
    name = name[:LOOKED_AT]
    return _ADVERTISED.search(name) is not None or len(set(map(str.lower, _TRADE.findall(name)))) > 1


def _address_sells(_text: str, known: Known) -> bool:
    url = known.get("url")
    return isinstance(url, str) and _SOLD.search(re.sub(r"^\w+://|\.com|\.net", "", url.strip())) is not None


def _by_a_program(_text: str, known: Known) -> bool:
    agent = known.get("user_agent")
    return isinstance(agent, str) and _PROGRAM.match(agent) is not None


_OF_THE_TEXT = (
    Signal("more than 3 links", 1.0, lambda text, _: len(_links(text)) > 3),
    Signal("links to different hosts", 0.5, _many_hosts),
    Signal("an address in disguise", 1.0, _hides_an_address),
    Signal("the same words over and over", 0.5, _repeats_itself),
    Signal("two words at most", -1.5, _few_words),
)
SIGNALS = (
    *_OF_THE_TEXT,
    Signal("honeypot filled in", 4.0, lambda _, known: bool(known.get("honeypot"))),
    Signal("sent within 3 seconds", 1.5, _too_quick),
    Signal("name advertises", 2.0, _name_sells),
    Signal("author's address advertises", 1.5, _address_sells),
    Signal("sent by a program", 1.0, _by_a_program),
)


def weigh(text: str, known: Known) -> dict[str, dict[str, float]]:
    """The weights of a comment's signals on labels' logits: label -> signal name -> weight."""
    text = text[:LOOKED_AT].lower()
    weights = {
        signal.name: signal.weight for signal in (SIGNALS if known else _OF_THE_TEXT) if signal.seen(text, known)
    }
    return {SPAM: weights} if weights else {}
